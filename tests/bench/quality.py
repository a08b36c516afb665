"""How good search and passages are: every stage of it, on collections, with intervals.

    python tests/bench/quality.py COLLECTIONS [--only PART...] [--set NAME=VALUE...] [--keep DIR]
                                  [--json FILE] [--against FILE] [--worst] [--every N] [--results FILE]

COLLECTIONS holds `xquad-en` and `xquad-zh` (`passages.jsonl`: id, text; `queries.jsonl`: query,
relevant {id: gain}; line i of one is the translation of line i of the other), `cisi` (as these, with
long topical questions that many passages answer) and `chunking` (texts `*.md`; `questions.jsonl`:
corpus, question, references [[start, end]]).

Each library is made by the program, a passage a note, and kept in DIR with what the models said
(`kept.py`): a second run makes anew only what the code or the settings changed, and takes minutes.
`--set` takes any of the program's settings, such as `threads=1`. `--json` keeps every question's
value; `--against` compares with such a file, question by question; `--worst` shows the questions that
did worst, or lost most. Parts, of `parts.py`:

    xquad      questions on passages of their own language
    across     questions on passages of the other language
    mixed      even articles in English, odd ones in Chinese, every question in both
    mostly     the same with nine of ten articles in one language
    halves     each passage half Chinese, half English
    cisi       a library of one field
    weak       what is called weak: right answers, and the best hit when the answers are taken away
    exact      notes asked by their titles: dates, persons, codes; numbers that stand in one note
    few        libraries of one note and of two
    passages   recall of answers within the first characters read, by passage
    sentences  the same by sentence
    twice      every text twice: how much is read again, and what is found if each text counts once
    twice-long the long texts of `passages` twice

and of `ablation.py`, which switch off what the program does within a stage, so that they fit the
program beside them only:

    legs       what each part of the words' index, and the best sentence, adds
    prototype  the recipe that the program began with
    cuts       ways to cut passages
    levels     time of a search on two levels over that on one
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import parts
import report
from kept import Shelf, settings

#: Imported only where they are asked for: they reach into the program.
_ABLATIONS = ("legs", "prototype", "cuts", "levels")


def measured(options: argparse.Namespace, shelf: Shelf, about: dict[str, Any]) -> list[str]:
    """The parts, one after the other, as sections."""
    then, before = report.load(options.against) if options.against else ({}, {})
    scores: list[parts.Score] = []
    sections: list[str] = []
    began = time.perf_counter()
    for name in options.only:
        if name in parts.PARTS:
            scores += parts.run(name, options.collections, shelf)
        else:
            import ablation

            sections.append(ablation.PARTS[name](options.collections, shelf))
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        if options.json:
            report.save(options.json, about, scores)
    if then:
        sections.insert(0, f"Gained over {then['commit']}, {' '.join(then['settings']) or 'as it is'}.")
    sections[1 if then else 0 : 0] = report.tables(scores, before)
    if options.worst:
        for what, lines in report.worst(scores, before):
            sections.append("\n".join((f"### Worst: {what}\n", *(f"- {line}" for line in lines))))
    return sections


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s COLLECTIONS ...",
    )
    every = [*parts.PARTS, *_ABLATIONS]
    parser.add_argument("collections", type=Path)
    parser.add_argument("--only", nargs="+", choices=every, default=list(parts.PARTS))
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", dest="changes")
    parser.add_argument("--keep", type=Path, default=Path.home() / ".cache" / "desktop-kb-bench")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--worst", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="ask every so-manieth question only")
    parser.add_argument("--results", type=Path, help="write the tables there, above its line `---`")
    options = parser.parse_args()
    began = time.perf_counter()
    about = {
        "commit": _commit(),
        "settings": options.changes,
        "every": options.every,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": platform.machine(),
    }
    with Shelf(options.keep, settings(options.changes), options.every).opened() as shelf:
        sections = measured(options, shelf, about)
    minutes = (time.perf_counter() - began) / 60
    text = (
        f"Commit {about['commit']}, {about['date']}, {about['machine']}, "
        f"{' '.join(options.changes) or 'settings as they are'}; {minutes:.1f} minutes. In brackets 95 % intervals by "
        "(paired) bootstrap over questions; a gain in bold is one that leaves out zero."
    )
    text = "\n\n".join(["# Quality", text, *sections]) + "\n"
    if options.results is None:
        print(text)
        return
    kept = ""
    if options.results.exists():
        _, line, notes = options.results.read_text("utf-8").partition("\n---\n")
        kept = line + notes
    options.results.write_text(text + kept, encoding="utf-8")


def _commit() -> str:
    """Of the program that is measured, which need not be the one beside this file."""
    import desktop_kb

    described = ["git", "describe", "--always", "--dirty"]
    folder = Path(desktop_kb.__file__).parent
    done = subprocess.run(described, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
