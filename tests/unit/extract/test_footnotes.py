from __future__ import annotations

import pytest
from pdfs import LEADING, NAME, column, drawn, reading

from desktop_kb.extract import pdf
from desktop_kb.reading import Reading

FIRST = [
    "The harbour commission was founded in the year of the great flood and kept its",
    "offices on the quay for a century. Its first engineer believed that the sandbank",
    "could be moved by the river itself if the",
]
SECOND = [
    "northern channel were narrowed by a third. The experiment took eleven years and was",
    "called a success by those who had paid for it. The sandbank moved a little.",
]
WHOLE = "could be moved by the river itself if the northern channel were narrowed by a third."
NOTES = [
    "1 His notebooks lie in the town archive, box four.",
    "2 The salt works were closed soon afterwards.",
]


def _notes(notes: list[str], y: float = 80, x: float = 72) -> list[tuple[float, float, float, str]]:
    return [(x, y - 11 * n, 8.0, note) for n, note in enumerate(notes)]


@pytest.mark.parametrize(
    "notes", [NOTES, ["* A rough guess."], ["[3] See above, in the", "second chapter of this book."]]
)
def test_a_sentence_is_whole_and_the_notes_follow_it(notes: list[str]) -> None:
    found = pdf.read(drawn([[*column(FIRST), *_notes(notes)], column(SECOND)]), NAME)
    text = reading(found)
    assert WHOLE in text
    assert text.index(WHOLE) < text.index(notes[0]) < text.index("The experiment took")
    assert text.count("northern channel") == text.count(notes[0]) == 1
    whole = Reading(found.text, found.layout.edits)
    start, end = whole.span(text.index(notes[0]), text.index(notes[0]) + len(notes[0]))
    assert found.text[start:end] == notes[0]


def test_a_sentence_goes_on_over_its_notes_in_the_next_column() -> None:
    left = [line[:38] for line in FIRST]
    page = [
        *column(left, x=50),
        *_notes(["1 A note."], x=50),
        *column(["channel were narrowed. Then it was done."], x=310),
    ]
    text = reading(pdf.read(drawn([page]), NAME))
    assert text.index("channel were narrowed.") < text.index("1 A note.") < text.index("Then it was done.")


def test_chinese_sentences_are_whole_too() -> None:
    first = ["海港委员会成立于大洪水那一年，在码头上办公了整整一百年。第一任工程师相信，"]
    page = [*column(first), *_notes(["1 笔记在镇上的档案馆里。"])]
    found = pdf.read(
        drawn([page, column(["沙洲可以由河水自己移走。试验用了十一年。"])], font="STSong-Light"), NAME
    )
    text = reading(found)
    assert "工程师相信，沙洲可以由河水自己移走。" in text
    assert text.index("自己移走。") < text.index("1 笔记") < text.index("试验用了")


@pytest.mark.parametrize(
    "second",
    [
        ["The next page begins a sentence of its own, and so nothing is moved at all."],
        ["northern channel " + "and the southern one " * 3] * 9,  # no end in sight
    ],
)
def test_notes_that_interrupt_nothing_stay_where_they_are(second: list[str]) -> None:
    text = reading(pdf.read(drawn([[*column(FIRST), *_notes(NOTES)], column(second)]), NAME))
    assert text.index(NOTES[0]) < text.index(second[0][:16].strip())


def test_small_text_that_is_no_note_stays() -> None:
    small = [
        (72.0, 700 - LEADING * n, 8.0, line)
        for n, line in enumerate(["photograph of the quay", "in the morning"])
    ]
    text = reading(pdf.read(drawn([[*column(FIRST), *small], column(SECOND)]), NAME))
    assert text.index("photograph") < text.index("northern channel")
