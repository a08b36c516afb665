"""Whether what words alone are sure of comes first: titles, and numbers that stand in one note only.

    python tests/bench/exact.py

240 notes named by a date, a person or a code, asked by just that; and 150 numbers, each in one Chinese
note of a library that is half English, asked alone and within a question. All text is made up here;
the model is the one that comes along. Takes about two minutes on two cores.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from pathlib import Path

from measures import table

from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import SearchOptions

_EACH = 80
_NUMBERS = 150
_WAYS = {
    "default": SearchOptions(limit=10),
    "rerank off": SearchOptions(limit=10, rerank="off"),
    "words": SearchOptions(limit=10, mode="words", rerank="off"),
}
_FIRST = [
    "Anna",
    "Bruno",
    "Clara",
    "David",
    "Elena",
    "Felix",
    "Greta",
    "Hugo",
    "Irene",
    "Jonas",
    "Karin",
    "Leo",
]
_LAST = [
    "Berger",
    "Costa",
    "Duval",
    "Ekman",
    "Ferrari",
    "Gruber",
    "Hansen",
    "Jansen",
    "Keller",
    "Lopez",
    "Meyer",
]
_THINGS = [
    "the ferry to the island", "the roof of the barn", "the choir on Sunday", "a walk along the dyke",
    "the baker and his oven", "the old printing press", "a storm in the harbour", "the apple harvest",
    "the clock in the tower", "a letter from the coast", "the bill for the heating", "the garden wall",
    "a bicycle with a flat tyre", "the meeting about the budget", "the piano that needs tuning",
    "the train that came late", "a recipe for plum cake", "the neighbour's dog", "the new library card",
]  # fmt: skip
_ENGLISH = [
    "We talked about {a} and then about {b}.", "Nobody had an answer, so {a} has to wait.",
    "In the evening I read about {a} for an hour.", "{b} took most of the morning.",
    "Remember to ask about {a} next week.", "It rained, and {b} was put off.",
    "There were {n} people who wanted to hear about {a}.", "I wrote down what was said about {b}.",
]  # fmt: skip
_DINGE = [
    "去岛上的渡船", "谷仓的屋顶", "星期天的合唱团", "沿着堤坝散步", "面包师和他的烤炉", "旧印刷机", "港口的风暴",
    "苹果的收成", "塔楼上的钟", "海边寄来的信", "取暖的账单", "花园的围墙", "爆胎的自行车", "预算会议",
]  # fmt: skip
_CHINESE = [
    "我们先谈了{a}，后来又谈了{b}。", "没有人知道答案，所以{a}只好再等等。", "晚上读了一个小时关于{a}的书。",
    "{b}花了大半个上午。", "下周记得问一下{a}。", "下雨了，{b}推迟了。", "有{n}个人想听{a}的事。",
]  # fmt: skip
_HOLDING = [
    "维修师傅的号码是{number}，周末不接。", "单据编号{number}，放在抽屉里。", "型号为{number}，保修两年。",
    "参考号：{number}。",
]  # fmt: skip
_ASKING = [
    "{number}是什么",
    "号码 {number}",
    "哪里写着{number}？",
    "what is {number}",
    "who has the number {number}?",
]


def _text(random_: random.Random, sentences: list[str], things: list[str]) -> str:
    chosen = [random_.choice(sentences) for _ in range(random_.randint(3, 7))]
    return " ".join(
        one.format(a=random_.choice(things), b=random_.choice(things), n=random_.randint(2, 90))
        for one in chosen
    )


def titles() -> dict[str, list[str]]:
    """By kind, the names that notes have."""
    random_ = random.Random(1)
    dates = [f"{2020 + n // 28}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(_EACH)]
    persons = [f"{first} {last}" for first in _FIRST for last in _LAST]
    letters = "ABCDEFGHKMNPRSTVWX"
    codes = {"".join(random_.sample(letters, 2)) + f"-{random_.randint(1000, 9999)}" for _ in range(_EACH)}
    return {"dates": dates, "persons": random_.sample(persons, _EACH), "codes": sorted(codes)}


def named_notes() -> tuple[dict[str, str], dict[str, list[tuple[str, str]]]]:
    """Notes by name; by kind, what is asked and which note that is. Every other note names another one."""
    random_ = random.Random(2)
    kinds = titles()
    every = [title for some in kinds.values() for title in some]
    notes = {title: _text(random_, _ENGLISH, _THINGS) for title in every}
    for title in every[::2]:
        notes[title] += f" See also {random_.choice(every)}."
    return notes, {kind: [(title, title) for title in some] for kind, some in kinds.items()}


def numbered_notes() -> tuple[dict[str, str], dict[str, list[tuple[str, str]]]]:
    """As many English notes, with numbers of their own, as Chinese ones, each with one number to be asked."""
    random_ = random.Random(3)
    numbers = random_.sample(range(10**5, 10**9), 2 * _NUMBERS)
    notes = {f"en{n}": _text(random_, _ENGLISH, _THINGS) + f" The number is {number}." for n, number in
             enumerate(numbers[_NUMBERS:])}  # fmt: skip
    asked: dict[str, list[tuple[str, str]]] = {"numbers": [], "numbers in a question": []}
    for n, number in enumerate(numbers[:_NUMBERS]):
        parts = [_text(random_, _CHINESE, _DINGE), random_.choice(_HOLDING).format(number=number)]
        random_.shuffle(parts)
        notes[f"zh{n}"] = "".join(parts)
        asked["numbers"].append((str(number), f"zh{n}"))
        asked["numbers in a question"].append((random_.choice(_ASKING).format(number=number), f"zh{n}"))
    return notes, asked


def firsts(notes: Mapping[str, str], asked: Mapping[str, list[tuple[str, str]]]) -> list[list[str]]:
    """A row for each kind: how often the right note is first, and how often a right first one is weak."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "notes"
        folder.mkdir()
        for title, text in notes.items():
            (folder / f"{title}.md").write_text(text, encoding="utf-8")
        with KnowledgeBase(Path(name) / "library") as kb:
            for report in kb.follow(kb.add([folder])):
                assert report.status in ("indexed", "duplicate"), report
            for kind, questions in asked.items():
                row = [kind]
                for options in _WAYS.values():
                    hits = [kb.search(question, options).hits[:1] for question, _ in questions]
                    right = [
                        some[0]
                        for some, (_, wanted) in zip(hits, questions, strict=True)
                        if some and Path(some[0].path).stem == wanted
                    ]
                    weak = sum(hit.weak for hit in right)
                    row.append(f"{len(right)} of {len(questions)}" + (f" ({weak} weak)" if weak else ""))
                rows.append(row)
    return rows


def main() -> None:
    rows = [row for library in (named_notes(), numbered_notes()) for row in firsts(*library)]
    print(table(["right note first", *_WAYS], rows))


if __name__ == "__main__":
    main()
