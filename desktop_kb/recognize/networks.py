"""The two models of PP-OCRv6 small (Apache-2.0), on one core of the processor; in the recognition child only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime

from desktop_kb.recognize.model_files import DETECTOR, READER, model_file
from desktop_kb.records import Floats

_ERRORS_ONLY = 3


class Networks:
    """Both models, loaded.

    Attributes:
        characters: what the reader's classes stand for; the first is 'none'.
    """

    def __init__(self) -> None:
        self._detector = _session(model_file(DETECTOR))
        self._reader = _session(model_file(READER))
        listed = self._reader.get_modelmeta().custom_metadata_map["character"].splitlines()
        self.characters: Final = ("", *listed, " ")

    def detect(self, picture: Floats) -> Floats:
        """A picture (1, 3, h, w) of -1..1 -> how likely each pixel belongs to a line, (h, w)."""
        return np.asarray(_run(self._detector, picture)[0, 0])

    def read(self, lines: Floats) -> Floats:
        """Pictures of lines (n, 3, 48, w) of -1..1 -> the share of each class at each step, (n, steps, classes)."""
        return _run(self._reader, lines)


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # An arena keeps the memory of the widest line for ever: 580 MB instead of 380.
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _run(session: onnxruntime.InferenceSession, values: Floats) -> Floats:
    name = session.get_inputs()[0].name
    return np.asarray(session.run(None, {name: np.ascontiguousarray(values)})[0], np.float32)
