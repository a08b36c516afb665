"""Seconds to add text against what it cannot do without: one pass of the encoder, or of jieba.

    python tests/bench/ingest.py TEXTS... [--characters 1000000] [--chinese] [--notes 0]

The texts in these folders are repeated, their sentences in another order each time, until there are
enough characters, in files of 60,000. The encoder's pass is over the same windows, sorted by length and
32 a batch, in the same child; for Chinese, which the embedded model does not read, jieba's pass is
the yardstick. With `--notes N` the files are N notes of a paragraph.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from synthetic import texts

from desktop_kb import chunking, language
from desktop_kb.inference import find_embedder
from desktop_kb.kb import KnowledgeBase
from desktop_kb.passages import windows_of
from desktop_kb.records import Extracted

_FILE_CHARACTERS = 60_000
_NOTE_CHARACTERS = 300


def files(sources: list[Path], characters: int, code: str, size: int) -> Iterator[str]:
    """Files of `size` characters of one language, together `characters`; no two alike."""
    chance = random.Random(1)
    pool = [text for text in texts(sources) if language.language_of(text) == code]
    paragraphs = [p for text in pool for p in text.split("\n") if len(p) > 40]
    made = 0
    while made < characters:
        text = ""
        while len(text) < size:
            paragraph = chance.choice(paragraphs)
            sentences = [paragraph[start:end] for start, end in language.sentence_spans(paragraph)]
            chance.shuffle(sentences)
            text += (" " if code == "en" else "").join(sentences) + "\n\n"
        made += len(text)
        yield text


def bare(written: list[str], code: str) -> float:
    """Seconds of the pass alone."""
    if code == "zh":
        began = time.perf_counter()
        for text in written:
            language.words(text)
        return time.perf_counter() - began
    embedder = find_embedder()
    assert embedder is not None
    windows = []
    for text in written:
        sentences = chunking.split(Extracted(text, "text", ""), embedder.measure)
        windows += [[sentences[i].text for i in window] for window in windows_of(sentences, embedder)]
    windows.sort(key=lambda window: -sum(map(len, window)))
    embedder.encode_query("ready")
    began = time.perf_counter()
    for first in range(0, len(windows), 32):
        embedder.encode_windows(windows[first : first + 32])
    spent = time.perf_counter() - began
    embedder.close()
    return spent


def added(folder: Path, library: Path) -> float:
    """Seconds of adding a folder to a new library, the model loaded before."""
    with KnowledgeBase(library) as kb:
        kb.load_model()
        language.prepare()
        began = time.perf_counter()
        reports = list(kb.follow(kb.add([folder])))
        spent = time.perf_counter() - began
        failed = [report for report in reports if report.status != "indexed"]
        assert not failed, failed[:3]
        status = kb.status()
    taken = sum(path.stat().st_size for path in library.rglob("library.sqlite*"))
    characters = sum(len(path.read_text(encoding="utf-8")) for path in folder.iterdir())
    print(
        f"  {len(reports)} files, {characters} characters, {status.chunks} passages, "
        f"{taken / characters:.1f} bytes on disk a character",
        flush=True,
    )
    return spent


def main() -> None:
    """Print what was added, its seconds, the pass's, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--chinese", action="store_true")
    parser.add_argument("--notes", type=int, default=0)
    options = parser.parse_args()
    code = "zh" if options.chinese else "en"
    size = _NOTE_CHARACTERS if options.notes else _FILE_CHARACTERS
    characters = options.notes * size or options.characters
    written = list(files(options.texts, characters, code, size))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        for number, text in enumerate(written):
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")
        alone = bare(written, code)
        spent = added(folder, Path(scratch) / "library")
    print(
        f"  add {spent:.1f} s, {'jieba' if code == 'zh' else 'encoder'} alone {alone:.1f} s, ratio {spent / alone:.2f}"
    )


if __name__ == "__main__":
    main()
