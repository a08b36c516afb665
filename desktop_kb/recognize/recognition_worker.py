"""The recognition child: reads the pictures of pages that arrive as grey pixels, and treats each as hostile.

It loads the models and then gives up all files, its own ones too (see `sandbox`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from desktop_kb.errors import Problem
from desktop_kb.recognize.boxes import Detector
from desktop_kb.recognize.lines import LineReader, Reader
from desktop_kb.records import Floats, pack_lines
from desktop_kb.sandbox import confine
from desktop_kb.worker import Message, serve


def main() -> None:
    """Serve until the parent closes our stdin."""
    handler = _ready()
    confine(reading=False, last=True)
    serve({"recognize": handler})


def _ready() -> Callable[[Message], Message]:
    """The handler of pages; where the models cannot be loaded, one that says so."""
    try:
        reader = _reader()
    except (ImportError, Problem) as error:
        missing = str(error.details["name"]) if isinstance(error, Problem) else "onnxruntime"

        def refuse(_: Message) -> Message:
            raise Problem("recognition-missing", name=missing)

        return refuse

    def recognize(request: Message) -> Message:
        grey = np.frombuffer(request.blobs[0], np.uint8).reshape(
            request.header["height"], request.header["width"]
        )
        return Message({}, (pack_lines(reader.page(grey)),))

    return recognize


def _reader() -> LineReader:
    # onnxruntime has no wheel for every system that this program runs on.
    from desktop_kb.recognize.networks import Networks

    networks = Networks()
    _try(networks.detect, networks.read, networks.characters)
    return LineReader(networks.detect, networks.read, networks.characters)


def _try(detect: Detector, read: Reader, characters: Sequence[str]) -> None:
    """Read a page with one line, so that what Python and the libraries load at the first use is loaded now."""

    def one_line(picture: Floats) -> Floats:
        found = detect(picture)
        found[10:30, 20:200] = 1.0
        return found

    LineReader(one_line, read, characters).page(np.full((256, 256), 255, np.uint8))
