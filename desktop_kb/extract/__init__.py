"""Files -> text with pages, headings and offsets.

The readers run in a child process, since a file may be hostile: `extraction_client` starts it and checks
its answers, `extraction_worker` runs in it and picks the reader by the file's format. No reader library
is imported outside the child.
"""

from __future__ import annotations

from typing import Final

from desktop_kb.extract.extraction_client import ExtractionLimits, Extractor
from desktop_kb.extract.folders import find_files
from desktop_kb.extract.ignored import Passing

__all__ = ["VERSION", "ExtractionLimits", "Extractor", "Passing", "find_files"]

#: Raise it when the readers change (text, headings, edits); stored with each document they read.
VERSION: Final = 6
