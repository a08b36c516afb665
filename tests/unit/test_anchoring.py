"""Marks found again in texts that were edited."""

from __future__ import annotations

import random
from difflib import SequenceMatcher

import pytest

from desktop_kb import anchoring
from desktop_kb.anchoring import Change, anchor, matching_blocks

TEXT = """# Bees

Bees keep their brood at 35 degrees. They shiver to warm the hive in winter.

In summer they fan their wings at the entrance. Water is brought in when fanning is not enough.

| month | hives | honey |
|---|---|---|
| May | 12 | 30 kg |
| June | 14 | 45 kg |
| July | 14 | 52 kg |

蜜蜂在冬天抱成一团取暖。外层的蜜蜂和里层的蜜蜂不断交换位置。

The end comes early. Note it.

The end comes early. Note it.
"""


def found(new: str, quote: str, old: str = TEXT, nth: int = 0) -> str | None:
    start = -1
    for _ in range(nth + 1):
        start = old.index(quote, start + 1)
    place = Change(old, new).find(anchor(old, start, start + len(quote)))
    return None if place is None else new[slice(*place)]


WINTER = "They shiver to warm the hive in winter."


def test_a_mark_keeps_its_words_and_what_is_around_them_without_blanks_at_its_ends() -> None:
    start = TEXT.index(WINTER)
    mark = anchor(TEXT, start - 1, start + len(WINTER) + 2)
    assert (mark.start, mark.end, mark.quote) == (start, start + len(WINTER), WINTER)
    assert mark.before.endswith("35 degrees. ")
    assert mark.after.startswith("\n\nIn summer")


@pytest.mark.parametrize(
    "new",
    [
        "A preface.\n\n" + TEXT,
        TEXT + "\nMore.",
        "A preface.\n\n" + TEXT.replace("early", "late"),
        TEXT.replace("\n", "\r\n").replace("# Bees", "# All about bees"),
        TEXT.replace("shiver to warm", "shiver\nto   warm").replace("brood", "young"),
        TEXT.replace(WINTER, "").replace("The end", f"{WINTER} The end", 1),  # moved
    ],
)
def test_what_was_not_edited_is_found_wherever_it_is_now(new: str) -> None:
    assert "".join((found(new, WINTER) or "").split()) == "".join(WINTER.split())


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("shiver to warm the hive", "shiver in order to warm the whole hive"),
        ("They shiver", "All of them shiver"),
        ("in winter.", "when it is cold."),
        ("hive in winter", "hive, each winter"),
    ],
)
def test_an_edited_quote_is_found_with_what_it_says_now(was: str, now: str) -> None:
    new = "Preface.\n" + TEXT.replace(was, now).replace("early", "late")
    assert found(new, WINTER) == WINTER.replace(was, now)


def test_what_was_deleted_is_not_found_in_its_neighbours() -> None:
    edited = TEXT.replace("# Bees", "# All about bees").replace("The end comes early", "It ends")
    for gone in (WINTER, "| June | 14 | 45 kg |", "外层的蜜蜂和里层的蜜蜂不断交换位置。"):
        assert found(edited.replace(gone, ""), gone) is None


def test_chinese_is_found_edited() -> None:
    new = "前言。\n" + TEXT.replace("不断交换位置", "会轮流交换位置").replace("early", "late")
    assert found(new, "外层的蜜蜂和里层的蜜蜂不断交换位置。") == "外层的蜜蜂和里层的蜜蜂会轮流交换位置。"


def test_of_equal_passages_each_stays_what_it_was() -> None:
    new = TEXT.replace("# Bees", "# All about bees") + "More."
    for nth in (0, 1):
        start = TEXT.index("Note it.", TEXT.index("Note it.") + 1) if nth else TEXT.index("Note it.")
        place = Change(TEXT, new).find(anchor(TEXT, start, start + 8))
        assert place is not None
        assert new[: place[0]].count("Note it.") == nth


def test_one_of_two_equal_passages_is_not_taken_for_the_other_that_was_deleted() -> None:
    many = "\n\n".join(f"Part {n}. It was a long and quiet day at the river. Birds {n}." for n in range(9))
    quote = "It was a long and quiet day at the river."
    start = many.index(quote, many.index("Part 4"))
    new = ("X" + many).replace(many[start - 8 : start + len(quote) + 9], "") + "Y"
    assert Change(many, new).find(anchor(many, start, start + len(quote))) is None


def test_a_short_quote_needs_its_surroundings() -> None:
    assert found("# Wasps\n\nThey sting. See May.\n", "May") is None
    assert found("A preface.\n" + TEXT.replace("early", "late"), "35 degrees") == "35 degrees"


def test_what_is_adrift_comes_back_with_its_own_words_only() -> None:
    start = TEXT.index(WINTER)
    mark = anchor(TEXT, start, start + len(WINTER))
    other = TEXT.replace(WINTER, "They shiver all the time.")
    assert (
        Change(other, other.replace("all the time", "to warm it in winter")).find(mark, adrift=True) is None
    )
    assert Change(other, TEXT).find(mark, adrift=True) == (start, start + len(WINTER))


def test_it_is_found_without_knowing_the_text_before() -> None:
    start = TEXT.index(WINTER)
    mark = anchor(TEXT, start, start + len(WINTER))
    new = "Preface.\n" + TEXT.replace("early", "late")
    assert Change(None, new).find(mark) == (start + 9, start + 9 + len(WINTER))
    assert Change(None, "Nothing of it.").find(mark) is None
    assert Change(None, "").find(mark) is None


def test_a_long_quote_is_compared_in_parts_and_found_edited() -> None:
    """Letter by letter the 20,000 letters of one took 40 s."""
    chance = random.Random(3)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(2_000)]
    before, quoted, after = (chance.choices(words, k=count) for count in (3_000, 3_500, 3_000))
    old = " ".join([*before, *quoted, *after])
    quote = " ".join(quoted)
    start = len(" ".join(before)) + 1
    edited = " ".join("changed" if number % 40 == 20 else word for number, word in enumerate(quoted))
    new = f"Preface. {old.replace(quote, edited)} End."
    compared: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anchoring, "SequenceMatcher", _counting(compared))
        place = Change(old, new).find(anchor(old, start, start + len(quote)))
    assert place is not None
    assert new[slice(*place)] == edited
    assert max(compared) < 500_000  # letters of one times letters of the other
    assert sum(compared) < 5_000_000


def _counting(compared: list[int]) -> type[SequenceMatcher[str]]:
    class Counting(SequenceMatcher[str]):
        def __init__(self, isjunk: None, a: str, b: str, autojunk: bool = True) -> None:
            compared.append(len(a) * len(b))
            super().__init__(isjunk, a, b, autojunk)

    return Counting


def test_what_two_long_texts_have_in_common_is_found_in_order() -> None:
    lines = [f"{number * 7919 % 10007} line that says {number}. " for number in range(400)]
    a = "".join(lines)
    b = "".join(line for number, line in enumerate(lines) if number % 50) + "More."
    blocks = matching_blocks(a, b)
    assert all(a[at : at + size] == b[there : there + size] for at, there, size in blocks)
    assert sum(size for *_, size in blocks) >= len(b) - 5
    assert blocks == sorted(blocks)
    assert matching_blocks("x" * 5_000, "y" * 5_000) == [(5_000, 5_000, 0)]


def test_of_thousands_of_equal_words_only_those_beside_the_same_letters_are_compared() -> None:
    """Each of 20,000 numbers in a table was compared, in 3.5 s."""
    old = "".join(
        f"row {number} | {number * 7919 % 100_003} | 12 | {number * 104_729 % 100_019}\n"
        for number in range(3_000)
    )
    start = old.index("| 12 |", len(old) // 2) + 2
    new = "x " + old.replace("row", "line") + " z"
    compared: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anchoring, "SequenceMatcher", _counting(compared))
        place = Change(old, new).find(anchor(old, start, start + 2))
    assert place is not None
    assert new.count("12", 0, place[0]) == old.count("12", 0, start)
    assert len(compared) < 1_100
    same = "a" * 30_000
    assert Change(same, f"b{same}c").find(anchor(same, 1_000, 6_000)) is None
