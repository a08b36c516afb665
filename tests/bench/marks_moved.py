"""Marks through edits: how many stand where they should when files are changed elsewhere, and none on other words.

    PYTHONPATH=. .venv/bin/python tests/bench/marks_moved.py

Two hundred marks in ten kinds of file; each file is edited in five ways as other programs do it, and read again by the
program's own readers. A mark is right if it stands on its words, or on what they were edited to, and if it is adrift
where its words were deleted; on any other words it is wrong.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from desktop_kb.anchoring import Change, anchor
from desktop_kb.extract.extraction_worker import read
from desktop_kb.formats import format_of

_SUBJECTS: Final = (
    *("The cluster", "A forager", "The queen", "Every drone", "The old keeper", "A swarm", "The hive", "Wax"),
    *("蜂王", "工蜂", "采集蜂", "养蜂人"),
)
_DOES: Final = (
    *("shivers to keep warm", "dances on the comb", "counts the frames", "waits for the first warm day"),
    *(
        "carries water when it is hot",
        "is sold by the pound",
        "takes the same way home",
        "sleeps through frost",
    ),
)
_TUT: Final = ("在冬天抱成一团取暖", "每天往返许多次", "在蜂房里跳舞", "等待第一个暖和的日子")


def sentences(chance: random.Random, count: int) -> list[str]:
    """Sentences of which some say nearly the same."""
    made = []
    for number in range(count):
        subject = chance.choice(_SUBJECTS)
        chinese = subject[0] > "⺀"
        said = chance.choice(_TUT if chinese else _DOES)
        more = f"第{number % 37}号" if chinese else f" on day {number % 37} of the season"
        made.append(
            f"{subject}{'' if chinese else ' '}{said}{'，' if chinese else ','}{more}{'。' if chinese else '.'}"
        )
    return made


def wrapped(kind: str, lines: list[str]) -> str:
    """A file of this kind that says these lines, a paragraph each."""
    match kind:
        case "md":
            return "# Bees\n\n" + "\n\n".join(lines) + "\n"
        case "html":
            return (
                "<html><head><title>Bees</title></head><body>"
                + "".join(f"<p>{line}</p>" for line in lines)
                + "</body></html>"
            )
        case "org":
            return "* Bees\n\n" + "\n\n".join(lines) + "\n"
        case "rst":
            return "Bees\n====\n\n" + "\n\n".join(lines) + "\n"
        case "tex":
            return "\\documentclass{article}\\begin{document}\n" + "\n\n".join(lines) + "\n\\end{document}\n"
        case "csv":
            return "n,said\n" + "\n".join(f'{n},"{line}"' for n, line in enumerate(lines)) + "\n"
        case "srt":
            return "".join(
                f"{n}\n00:00:{n % 60:02},000 --> 00:00:{n % 60:02},900\n{line}\n\n"
                for n, line in enumerate(lines, 1)
            )
        case "json":
            return json.dumps({"said": lines}, ensure_ascii=False, indent=1)
        case "rtf":
            body = "\\par ".join(
                "".join(c if ord(c) < 128 else f"\\u{ord(c)}?" for c in line) for line in lines
            )
            return "{\\rtf1\\ansi " + body + "}"
        case _:
            return "\n\n".join(lines) + "\n"


KINDS: Final = ("md", "txt", "html", "org", "rst", "tex", "csv", "srt", "json", "rtf")


def edits(chance: random.Random, lines: list[str]) -> dict[str, tuple[list[str], dict[int, str | None]]]:
    """Five ways in which a file is edited: the new lines, and what became of each old one (None: it was deleted)."""
    kept: dict[int, str | None] = dict(enumerate(lines))
    front = [f"Preface number {n} was written later." for n in range(5)]
    moved = lines[20:] + lines[:20]
    gone = set(chance.sample(range(len(lines)), len(lines) // 5))
    fewer = [line for n, line in enumerate(lines) if n not in gone]
    reworded = [_reworded(line) if n % 3 == 0 else line for n, line in enumerate(lines)]
    between = [one for line in lines for one in (line, f"Added in between, {chance.randrange(10**6)}.")]
    return {
        "before": (front + lines, kept),
        "between": (between, kept),
        "moved": (moved, kept),
        "deleted": (fewer, {n: None if n in gone else line for n, line in enumerate(lines)}),
        "reworded": (front[:1] + reworded, dict(enumerate(reworded))),
    }


def _reworded(line: str) -> str:
    """One word in the middle is another."""
    if line[0] > "⺀":
        return line.replace("，", "（据说），")
    words = line.split(" ")
    words[len(words) // 2] = "surely"
    return " ".join(words)


def measure(seed: int = 1) -> Counter[str]:
    """How many marks are right, adrift though their words are there, and wrong."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            lines = sentences(chance, 60)
            old = _read(folder, kind, lines)
            marked = chance.sample(range(len(lines)), 20)
            for way, (new_lines, became) in edits(chance, lines).items():
                new = _read(folder, kind, new_lines)
                change = Change(old, new)
                for number in marked:
                    start = _nth(old, lines, number)
                    place = change.find(anchor(old, start, start + len(lines[number])))
                    said = None if place is None else "".join(new[slice(*place)].split())
                    wanted = became[number]
                    right = said == (None if wanted is None else "".join(wanted.split()))
                    name = "right" if right else "adrift" if said is None else "wrong"
                    found[name] += 1
                    found[f"{way} {name}"] += 1
                    if name == "wrong":
                        print(kind, way, repr(lines[number]), repr(said), file=sys.stderr)
    return found


def _read(folder: str, kind: str, lines: list[str]) -> str:
    path = Path(folder, f"bees.{kind}")
    path.write_text(wrapped(kind, lines), encoding="utf-8")
    format = format_of(path)
    assert format is not None, kind
    return read(path, format.type).text


def _nth(text: str, lines: list[str], number: int) -> int:
    """Where the line of this number stands, which others may equal."""
    at = -1
    for _ in range(lines[: number + 1].count(lines[number])):
        at = text.index(lines[number], at + 1)
    return at


if __name__ == "__main__":
    for name, count in sorted(measure().items()):
        print(f"{name:20} {count}")
