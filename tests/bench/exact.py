"""Notes for what words alone are sure of: titles, and numbers that stand in one note only.

240 notes named by a date, a person or a code, asked by just that; and 150 numbers, each in one Chinese
note of a library that is half English, asked alone and within a question. All text is made up here.
"""

from __future__ import annotations

import random

_EACH = 80
_NUMBERS = 150
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


def paragraph(random_: random.Random, language: str) -> str:
    """A paragraph of no particular meaning, 'en' or 'zh'."""
    return _text(random_, _CHINESE, _DINGE) if language == "zh" else _text(random_, _ENGLISH, _THINGS)


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
