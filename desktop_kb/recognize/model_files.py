"""Where the models of PP-OCRv6 small (Apache-2.0) lie: in the folder of the package that brings them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from desktop_kb import paths
from desktop_kb.errors import Problem

_PACKAGE: Final = "rapidocr"
_FOLDER: Final = "models"
DETECTOR: Final = "PP-OCRv6_det_small.onnx"
READER: Final = "PP-OCRv6_rec_small.onnx"


def model_file(name: str) -> Path:
    """The path of a model.

    Raises:
        Problem: it is not aboard ('recognition-missing').
    """
    for folder in paths.package(_PACKAGE):
        if (found := folder / _FOLDER / name).is_file():
            return found
    raise Problem("recognition-missing", name=name)


def are_aboard() -> bool:
    """Whether both are there."""
    try:
        return all(map(model_file, (DETECTOR, READER)))
    except Problem:
        return False
