"""Damage files at random, read each as the indexer would, and look at what the program does.

    python tests/bench/fuzz.py FOLDER [--minutes 20] [--seed 1] [--keep DIR]

FOLDER holds the files to begin with (PDF, Markdown, HTML, text). A PDF is also taken with its
streams inflated, as a change inside a compressed stream seldom reaches more than the inflater.
Every mutant must end read or refused with a sentence, within its time limit, and what was read
must be cut into passages in this process. A reader that crashes or hangs is contained by the
child and counted; the mutant is kept in DIR. Exits 1 where anything else was raised, or where
this process took longer over a text than the child may over the file.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import pypdf
from pypdf.generic import StreamObject

from desktop_kb.errors import DocumentProblem
from desktop_kb.extract import ExtractionLimits, Extractor
from desktop_kb.formats import format_of
from desktop_kb.ingest.passages import passages_of

_LIMITS = ExtractionLimits(timeout_s=20, memory_bytes=2**30, text_chars=5_000_000)
_LARGEST = 600_000
#: Contained by the child, yet worth a look.
_FINDINGS = ("reader-crashed", "took-too-long", "too-much-memory")
#: What the formats are made of, and numbers at the borders of their types.
_TOKENS = [
    *(b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"startxref", b"%%EOF", b"<<", b">>"),
    *(b"/Kids[1 0 R]", b"/Parent 1 0 R", b"/Length 99999999", b"/Type/Pages", b"/Count -1", b"/Prev 0"),
    *(b"/Filter[/FlateDecode/FlateDecode]", b"/ObjStm", b"/ToUnicode", b"/Encrypt", b"/Outlines", b"/Next"),
    *(b"-1", b"0", b"65536", b"2147483648", b"4294967295", b"1e308", b"99999999999999999999", b"NaN"),
    *(
        b"---\n",
        b"[",
        b"]" * 50,
        b"![",
        b"](",
        b"> " * 50,
        b"```",
        b"- " * 50,
        b"\t" * 50,
        b"|" * 50,
        b"`" * 99,
    ),
    *(
        b"<table>",
        b"<script>",
        b"<!--",
        b"<" * 50,
        b"</p>",
        b"&#x110000;",
        b"<![CDATA[",
        b"<a" * 50,
        b"&amp;" * 9,
    ),
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\x0c", "\u2028\u202e𝑥的".encode()),
]


def inflated(data: bytes) -> bytes | None:
    """The same PDF with its Flate streams written out; None where pypdf cannot."""
    try:
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
        for item in writer._objects:
            if isinstance(item, StreamObject) and item.get("/Filter") == "/FlateDecode":
                plain = item.get_data()
                item.pop("/Filter")
                item.pop("/DecodeParms", None)
                item._data = plain  # it is a DecodedStreamObject now
                item.__class__ = StreamObject
        written = io.BytesIO()
        writer.write(written)
    except Exception:  # a bench: what pypdf cannot inflate is fuzzed as it stands
        return None
    return written.getvalue()


def seeds(folder: Path) -> list[tuple[str, bytes]]:
    """Suffix and bytes of every file that can be read, and of PDFs inflated."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or format_of(path) is None or path.stat().st_size > _LARGEST:
            continue
        data = path.read_bytes()
        found.append((path.suffix.lower(), data))
        plain = inflated(data) if path.suffix.lower() == ".pdf" else None
        if plain is not None and len(plain) <= 4 * _LARGEST:
            found.append((".pdf", plain))
    return found


def mutate(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One to twelve changes: bits, bytes, numbers, tokens, blocks cut, moved, repeated or foreign."""
    mutant = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 12))):
        size = len(mutant)
        if not size:
            break
        at = chance.randrange(size)
        length = min(size - at, int(2 ** chance.uniform(0, 13)))
        match chance.randrange(9):
            case 0:
                mutant[at] ^= 1 << chance.randrange(8)
            case 1:
                mutant[at : at + length] = chance.randbytes(min(length, 64))
            case 2:
                del mutant[at : at + length]
            case 3:
                block = mutant[at : at + length]
                mutant[at:at] = block * chance.choice((1, 2, 50, 1 if length > 999 else 2000))
            case 4:
                other = chance.choice(others)
                start = chance.randrange(len(other) or 1)
                mutant[at : at + chance.choice((0, length))] = other[start : start + length]
            case 5 | 6:
                mutant[at : at + chance.choice((0, 3))] = chance.choice(_TOKENS)
            case 7:
                numbers = list(re.finditer(rb"\d+", mutant[:_LARGEST]))
                if numbers:
                    spot = chance.choice(numbers)
                    mutant[spot.start() : spot.end()] = str(
                        chance.choice((0, 1, 9, 255, 2**31, 10**12))
                    ).encode()
            case 8:
                del mutant[chance.randrange(size) :]
        del mutant[4 * _LARGEST :]
    return bytes(mutant)


class Fuzz:
    """Counts how mutants end and keeps those worth a look."""

    def __init__(self, keep: Path) -> None:
        self.keep = keep
        self.ends: Counter[str] = Counter()
        self.bad = 0
        self.slowest = 0.0
        self._extractor = Extractor(_LIMITS)

    def try_one(self, path: Path) -> str:
        """Read it, and cut what was read; how that ended."""
        began = time.monotonic()
        try:
            extracted = self._extractor.extract(path)
            read_at = time.thread_time()  # others may want this core too
            passages_of(extracted, None, "semantic")
            end = "read"
            if time.thread_time() - read_at > _LIMITS.timeout_s:
                end = "cutting took too long"
        except DocumentProblem as problem:
            end = problem.code
        except Exception:
            traceback.print_exc()
            end = "raised"
        seconds = time.monotonic() - began
        self.slowest = max(self.slowest, seconds)
        self.ends[end] += 1
        if seconds > _LIMITS.timeout_s / 2 or end in (*_FINDINGS, "raised", "cutting took too long"):
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / f"{end.replace(' ', '-')}-{self.ends[end]}{path.suffix}").write_bytes(
                path.read_bytes()
            )
            self.bad += end in ("raised", "cutting took too long")
        return end

    def close(self) -> None:
        self._extractor.close()


def main() -> int:
    """Mutants until the time is over."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    files = seeds(options.folder)
    if not files:
        parser.error("the folder holds no file that can be read")
    others = [data for _, data in files]
    fuzz, began, tried = Fuzz(options.keep), time.monotonic(), 0
    with tempfile.TemporaryDirectory() as scratch:
        while time.monotonic() - began < 60 * options.minutes:
            suffix, data = chance.choice(files)
            path = Path(scratch) / f"mutant{suffix}"
            path.write_bytes(mutate(data, others, chance))
            fuzz.try_one(path)
            tried += 1
            if tried % 500 == 0:
                print(f"{tried} mutants: {dict(fuzz.ends)}, slowest {fuzz.slowest:.1f} s", flush=True)
        fuzz.close()
    print(
        f"{len(files)} seeds, {tried} mutants in {(time.monotonic() - began) / 60:.1f} min: {dict(fuzz.ends)}"
    )
    print(f"slowest {fuzz.slowest:.1f} s, {fuzz.bad} that the program did not hold")
    return 1 if fuzz.bad else 0


if __name__ == "__main__":
    sys.exit(main())
