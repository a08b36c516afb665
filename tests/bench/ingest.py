"""Seconds until files are found against what that cannot do without: one pass of the encoder, or of PDFium.

    python tests/bench/ingest.py TEXTS... [--characters 1000000] [--chinese] [--notes 0]
    python tests/bench/ingest.py --pdfs FOLDER [--pages 1000]

The texts in these folders are repeated, their sentences in another order each time, until there are
enough characters, in files of 60,000; each run of Chinese characters is joined anew from two halves,
as what repeats would be cut into words once. The encoder's pass is that of the model that reads the
language first, over the same windows, sorted by length and 32 a batch, in the same child; the seconds until
the other model has read everything too are said after that. With `--notes N` the files are N notes of a
paragraph. The PDFs of FOLDER are repeated, a comment at their end, and added without a model; PDFium's pass
is the text of every page.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import math
import random
import re
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pypdfium2
from synthetic import texts

from desktop_kb import chunking, language
from desktop_kb.inference import catalogue, find_embedder
from desktop_kb.ingest.passages import windows_of
from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.records import Extracted

_FILE_CHARACTERS = 60_000
_NOTE_CHARACTERS = 300
_HAN = re.compile("[\u4e00-\u9fff]+")


def files(sources: list[Path], code: str, size: int) -> Iterator[str]:
    """Files of about `size` characters of one language, no two alike, without end."""
    chance = random.Random(1)
    pool = [text for text in texts(sources) if language.language_of(text) == code]
    paragraphs = [p for text in pool for p in text.split("\n") if len(p) > 40]
    runs = [run for paragraph in paragraphs for run in _HAN.findall(paragraph)]

    def spliced(match: re.Match[str]) -> str:
        run, other = str(match[0]), str(chance.choice(runs))
        return run[: chance.randint(1, len(run))] + other[chance.randrange(len(other)) :]

    for number in itertools.count():
        text = f"{number}\n\n"
        while len(text) < size:
            paragraph = chance.choice(paragraphs)
            sentences = [paragraph[start:end] for start, end in language.sentence_spans(paragraph)]
            chance.shuffle(sentences)
            for sentence in sentences[: None if size > len(paragraph) else 2]:
                text += _HAN.sub(spliced, sentence) if code == "zh" else f"{sentence} "
            text += "\n\n"
        yield text


def bare(written: list[str], code: str) -> tuple[float, float]:
    """Seconds of the pass alone, by the clock and of the processor."""
    embedder = find_embedder(name=(catalogue.ENGLISH if code == "en" else catalogue.MULTILINGUAL).id)
    assert embedder is not None
    windows = []
    for text in written:
        sentences = chunking.split(Extracted(text, ""), embedder.measure)
        windows += [[sentences[i].text for i in window] for window in windows_of(sentences, embedder)]
    windows.sort(key=lambda window: -sum(map(len, window)))
    embedder.encode_query("ready")
    before, began = processor(), time.perf_counter()
    for first in range(0, len(windows), 32):
        embedder.encode_windows(windows[first : first + 32])
    spent = time.perf_counter() - began, processor() - before
    embedder.close()
    return spent


def processor() -> float:
    """Seconds of processor time that this process and its children have taken."""
    own = psutil.Process()
    return float(sum(sum(one.cpu_times()[:2]) for one in (own, *own.children(recursive=True))))


@dataclass
class Added:
    """Seconds by the clock and of the processor until all is found, and until all models have read it."""

    spent: float
    cpu: float
    passages: int
    size: int = 0
    by_all: tuple[float, float] = (0.0, 0.0)


def added(folder: Path, library: Path, *, with_model: bool = True) -> Added:
    """Add a folder to a new library, the models loaded before."""
    parts = Parts() if with_model else Parts(open_embedder=lambda **_options: None)
    with KnowledgeBase(library, parts=parts) as kb:
        kb.load_model()
        language.prepare()
        before, began = processor(), time.perf_counter()
        reports = list(kb.follow(kb.add([folder])))
        spent, cpu = time.perf_counter() - began, processor() - before
        failed = [report for report in reports if report.status != "indexed"]
        assert not failed, failed[:3]
        found = Added(spent, cpu, kb.status().chunks)
        if with_model:
            deque(kb.follow_model(), maxlen=0)
        found.by_all = time.perf_counter() - began, processor() - before
    found.size = sum(path.stat().st_size for path in library.rglob("library.sqlite*"))
    return found


def pages(source: Path, count: int, folder: Path) -> tuple[int, float]:
    """Write files with `count` pages or more in all; their number, and PDFium's seconds for their text."""
    made, number, known = 0, 0, []
    for path in sorted(source.glob("*.pdf")):
        with (
            contextlib.suppress(pypdfium2.PdfiumError),
            contextlib.closing(pypdfium2.PdfDocument(path)) as pdf,
        ):
            text = "".join(page.get_textpage().get_text_range() for page in pdf)
            if any(map(str.isalnum, text)):
                known.append((path, len(pdf)))
    while made < count:
        for path, length in known:
            (folder / f"{number}-{path.name}").write_bytes(path.read_bytes() + b"\n%% %d\n" % number)
            made, number = made + length, number + 1
    began = time.perf_counter()
    for path in sorted(folder.iterdir()):
        with contextlib.closing(pypdfium2.PdfDocument(path)) as pdf:
            for page in pdf:
                page.get_textpage().get_text_range()
    return made, time.perf_counter() - began


def main() -> None:
    """Print what was added, its seconds, the pass's, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="*")
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--chinese", action="store_true")
    parser.add_argument("--notes", type=int, default=0)
    parser.add_argument("--pdfs", type=Path)
    parser.add_argument("--pages", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        library = Path(scratch) / "library"
        if options.pdfs:
            made, alone = pages(options.pdfs, options.pages, folder)
            found = added(folder, library, with_model=False)
            print(
                f"  {made} pages, {found.passages} passages: add {found.spent:.1f} s, "
                f"{made / found.spent:.0f} pages a second, {found.cpu:.1f} s of the processor"
            )
            print(
                f"  PDFium alone {alone:.1f} s, {made / alone:.0f} pages a second, "
                f"ratio {found.spent / alone:.2f}"
            )
            return
        code = "zh" if options.chinese else "en"
        size = _NOTE_CHARACTERS if options.notes else _FILE_CHARACTERS
        count = options.notes or math.ceil(options.characters / size)
        written = list(itertools.islice(files(options.texts, code, size), count))
        for number, text in enumerate(written):
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")
        characters = sum(map(len, written))
        alone, alone_cpu = bare(written, code)
        found = added(folder, library)
        print(
            f"  {len(written)} files, {characters} characters, {found.passages} passages, "
            f"{found.size / characters:.1f} bytes on disk a character, {found.size / found.passages:.0f} a passage"
        )
        print(
            f"  found after {found.spent:.1f} s, {found.spent / len(written):.4f} s a document; encoder alone "
            f"{alone:.1f} s, ratio {found.spent / alone:.2f}; of the processor {found.cpu:.1f} s, "
            f"{alone_cpu:.1f} s, {found.cpu / alone_cpu:.2f}"
        )
        print("  read by all after {:.1f} s, of the processor {:.1f} s".format(*found.by_all))


if __name__ == "__main__":
    main()
