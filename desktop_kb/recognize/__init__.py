"""The picture of a page -> its lines, with the place of every character.

The models run in a child process of their own, which opens no file: `recognition_client` starts it and sends it
grey pixels, `recognition_worker` runs in it. There `boxes` finds where lines stand (with the shapes of
`outlines`), `lines` reads them, and `networks` holds the two models of `model_files`;
onnxruntime is imported nowhere else.
"""

from __future__ import annotations

import importlib.util
from typing import Final

from desktop_kb.recognize.model_files import are_aboard
from desktop_kb.recognize.recognition_client import Recognizer

__all__ = ["VERSION", "Recognizer", "is_available"]

#: Raise it when pages are to be recognized anew; stored with each recognized page.
VERSION: Final = 1


def is_available() -> bool:
    """Whether the models are aboard and can be run: onnxruntime has no wheel for some systems (macOS 13)."""
    return importlib.util.find_spec("onnxruntime") is not None and are_aboard()
