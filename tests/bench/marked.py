"""Whether passages are marked exactly where they stand in what the window shows of a document.

    python tests/bench/marked.py FILE_OR_FOLDER... [--most 40] [--pictures FOLDER]

Of each file spans of one to six sentences are marked, and what is marked on the laid-out page is held against their
reading, letter by letter. Needs no display. `--pictures` saves what the first passage of each file looks like.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from desktop_kb.errors import Problem
from desktop_kb.extract.extraction_worker import read
from desktop_kb.formats import Format, format_of
from desktop_kb.gui import theme
from desktop_kb.gui.preview.note_pictures import load_pictures, pictures_among
from desktop_kb.gui.preview.text_preview import TextPreview
from desktop_kb.reading import read as reading_of
from desktop_kb.records import Extracted

_SPANS: Final = 60
_ITEM: Final = re.compile(r"^\s*(?:[-*+•☐☑]|\d+[.)])\s+(?:\[[ xX]\]\s+)?", re.MULTILINE)
_SENTENCE: Final = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")


def files_in(places: list[str], most: int) -> Iterator[tuple[Path, Format]]:
    """The files to look at, at most so many of each place."""
    for place in map(Path, places):
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        known = [(one, format) for one in found if one.is_file() and (format := format_of(one))]
        chosen = [one for one in known if one[1].preview in ("text", "marked")]
        yield from random.Random(7).sample(chosen, min(most, len(chosen)))


def letters(text: str) -> str:
    """What of a text is compared: blanks, and the bullets and numbers of items, are shown otherwise."""
    text = _ITEM.sub("", text)
    return "".join(c for c in text if c.isalnum())


def spans_of(found: Extracted) -> list[tuple[int, int]]:
    """Sentences, and runs of up to six of them."""
    sentences = [one.span() for one in _SENTENCE.finditer(found.text) if letters(one[0])]
    dice = random.Random(5)
    starts = dice.sample(range(len(sentences)), min(_SPANS, len(sentences)))
    return [
        (sentences[at][0], sentences[min(at + dice.randrange(6), len(sentences) - 1)][1])
        for at in sorted(starts)
    ]


def wrong_in(preview: TextPreview, found: Extracted, file: Path, format: Format) -> tuple[int, int]:
    """How many spans are marked wrong, of how many."""
    text, layout = found.text, found.layout
    wrong = count = 0
    for start, end in spans_of(found):
        wanted = letters(reading_of(text, layout.edits, start, end))
        if not wanted:
            continue
        count += 1
        pictures = (
            load_pictures(text, layout.edits, file.parent, start, 100_000)
            if format.preview == "marked"
            else pictures_among(found.looks, file.parent, start, 100_000)
        )
        preview.show_text(text, layout, (start, end), (start, end), format, pictures, found.looks)
        if letters(preview.passage_text()) != wanted or letters(preview.best_text()) != wanted:
            wrong += 1
            print(f"  {file.name} {start}: {preview.passage_text()[:80]!r} for {wanted[:80]!r}")
    return wrong, count


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("places", nargs="+")
    parser.add_argument("--most", type=int, default=40)
    parser.add_argument("--pictures", type=Path)
    asked = parser.parse_args()
    app = QApplication([])
    theme.apply(app, False)
    preview = TextPreview()
    preview.resize(720, 900)
    wrong = count = 0
    for file, format in files_in(asked.places, asked.most):
        try:
            found = read(file, format.type)
        except Problem as problem:
            print(f"{file.name}: {problem.code}")
            continue
        bad, all_of_it = wrong_in(preview, found, file, format)
        wrong, count = wrong + bad, count + all_of_it
        print(f"{file.name}: {bad} wrong of {all_of_it}", flush=True)
        if asked.pictures is not None:
            asked.pictures.mkdir(parents=True, exist_ok=True)
            preview.grab().save(str(asked.pictures / f"{file.stem[:60]}.png"))
    print(f"{wrong} wrong of {count}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
