"""How often the language of a passage is right, how often 'English or not', and what it costs.

    python tests/bench/languages.py FOLDER...

A folder has a file CODE.txt for each language, such as 'de.txt' or 'pt-br.txt', its passages parted by blank
lines. Prints a line for each language and folder, and the passages that are wrong with `--wrong N`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from desktop_kb.language import language_of, reads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--wrong", type=int, default=0, metavar="N", help="print N wrong ones a language")
    options = parser.parse_args()
    for folder in options.folders:
        print(f"{folder.name}: language, passages, right, English or not right, us a passage")
        sums = [0.0] * 4
        for file in sorted(folder.glob("*.txt")):
            code = file.stem.partition("-")[0]
            passages = [text for text in file.read_text(encoding="utf-8").split("\n\n") if text.strip()]
            began = time.process_time()
            found = [language_of(text) for text in passages]
            seconds = time.process_time() - began
            right = sum(one == code for one in found)
            told = sum(reads(("en",), text) == (code == "en") for text in passages)
            print(_line(file.stem, len(passages), right, told, seconds))
            sums = [sum(pair) for pair in zip(sums, (len(passages), right, told, seconds), strict=True)]
            wrong = [pair for pair in zip(found, passages, strict=True) if pair[0] != code]
            for one, text in wrong[: options.wrong]:
                print(f"    {one}: {text[:160]}")
        count, right, told, seconds = sums
        print(_line("all", int(count), int(right), int(told), seconds))


def _line(name: str, count: int, right: int, told: int, seconds: float) -> str:
    share = max(1, count)
    return f"{name:<8} {count:>6} {right / share:.4f} {told / share:.4f} {seconds / share * 1e6:>5.0f}"


if __name__ == "__main__":
    main()
