"""Marks found again in texts that were edited."""

from __future__ import annotations

import pytest

from desktop_kb.anchoring import Change, anchor

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
