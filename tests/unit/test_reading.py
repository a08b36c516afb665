from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.reading import Reading, read
from desktop_kb.records import Edit

# Raw characters and the characters of edits are kept apart, so that a test can tell them.
_RAW = st.text(alphabet="abc 𝑥中\r\n😀", max_size=60)
_NEW = st.text(alphabet="XYZ", max_size=3)


@st.composite
def _edited(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text and sorted edits that do not overlap."""
    text = draw(_RAW)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    if draw(st.booleans()):  # some of them touch
        pairs = list(itertools.pairwise(cuts))
    return text, [Edit(start, end, draw(_NEW)) for start, end in pairs]


def _expected(text: str, edits: list[Edit]) -> str:
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@given(_edited())
def test_a_reading_is_the_text_with_its_edits_applied(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    assert read(text, edits) == _expected(text, edits)


@given(_edited(), st.data())
def test_every_copied_character_maps_to_the_same_character(
    case: tuple[str, list[Edit]], data: st.DataObject
) -> None:
    text, edits = case
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    reading = Reading(text, edits, start, end)
    for offset, character in enumerate(reading.text):
        raw = reading.start(offset)
        if character not in "XYZ":
            assert text[raw] == character
            assert reading.end(offset + 1) == raw + 1
        else:
            assert any(e.start == raw and e.end == reading.end(offset + 1) for e in edits)
        assert start <= raw < end


@given(_edited(), st.data())
def test_a_span_of_the_reading_reads_as_itself_again(
    case: tuple[str, list[Edit]], data: st.DataObject
) -> None:
    text, edits = case
    whole = Reading(text, edits)
    start = data.draw(st.integers(0, len(whole.text)))
    end = data.draw(st.integers(start, len(whole.text)))
    raw_start, raw_end = whole.span(start, end)
    if start < end:
        assert raw_start < raw_end
        again = read(text, edits, raw_start, raw_end)
        # An edit's own text is one piece: touching it takes all of it.
        assert whole.text[start:end] in again
        assert again.strip("XYZ") == whole.text[start:end].strip("XYZ")


@given(_edited())
def test_places_grow_with_the_offset(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    reading = Reading(text, edits)
    starts = [reading.start(offset) for offset in range(len(reading.text) + 1)]
    assert starts == sorted(starts)
    assert starts[-1] == len(text)


def test_a_dropped_range_behind_a_replacement_is_not_part_of_its_span() -> None:
    reading = Reading("a\n\n#b", [Edit(1, 2, " "), Edit(2, 4)])
    assert reading.text == "a b"
    assert reading.span(1, 2) == (1, 2)


def test_an_edit_over_the_border_is_dropped_from_a_part() -> None:
    assert read("one\ntwo", [Edit(2, 5, "E ")], 0, 4) == "on"
    assert read("one\ntwo", [Edit(2, 5, "E ")], 4) == "wo"


def test_nothing_read_has_a_place_too() -> None:
    reading = Reading("---", [Edit(0, 3)])
    assert reading.text == ""
    assert reading.span(0, 0) == (3, 3)


@given(_edited())
def test_every_copied_character_is_found_again_in_the_reading(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    reading = Reading(text, edits)
    kept = [at for at in range(len(text)) if not any(edit.start <= at < edit.end for edit in edits)]
    assert all(reading.text[reading.offset(at)] == text[at] for at in kept)
    assert all(reading.start(reading.offset(at)) == at for at in kept)
