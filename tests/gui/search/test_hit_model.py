"""Cards: what is marked in them, how they are gathered, and that drawing holds any passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QStyleOptionViewItem

from desktop_kb.gui.search.card_text import CardText, best_in_shown, word_spans
from desktop_kb.gui.search.hit_delegate import HitDelegate
from desktop_kb.gui.search.hit_model import WEAK, HitModel, Row, rows_of
from desktop_kb.gui.search.said import place, reasons
from desktop_kb.records import Copy, Hit, Leg, LegWhy, Why


def hit(text: str = "One two. Three four.", best: tuple[int, int] = (0, 8), **changes: object) -> Hit:
    made = Hit(
        1, "d", "/n/a.md", ("/n/a.md",), "A", "markdown", ("A", "Part"), 3, (3, 3), "iii", 0, len(text), text,
        text, best, 0.5, False, Why((LegWhy(Leg.WORDS, 1, 0.4, ("two", "四")),), None, ()),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_sentence_is_found_though_lines_and_hyphens_went() -> None:
    raw = "Before it. The har-\nvest is modest this\nyear. After."
    shown = "Before it. The harvest is modest this year. After."
    start, end = best_in_shown(hit(raw, (11, 45)), shown) or (0, 0)
    assert shown[start:end] == "The harvest is modest this year."


def test_the_whole_passage_is_not_marked() -> None:
    assert best_in_shown(hit("One two.", (0, 8)), "One two.") is None


def test_words_are_whole_in_latin_and_anywhere_in_chinese() -> None:
    text = "Two twofold 二四两 two"
    spans = word_spans(text, ("two", "四"))
    assert [text[start:end] for start, end in spans] == ["Two", "四", "two"]
    assert word_spans("新款X1", ("新款", "X1")) == [(0, 4)]


def _shown(rows: Sequence[Row]) -> list[str]:
    return [row.hit.text if row.hit else row.words for row in rows]


def test_weak_hits_stand_behind_one_line() -> None:
    hits = [hit(), hit("Other.", weak=True), hit("Third one.", document="f")]
    folded = rows_of(hits, {})
    assert _shown(folded) == ["One two. Three four.", "Third one.", "1 weaker match"]
    opened = rows_of(hits, {}, opened=frozenset((WEAK,)))
    assert _shown(opened) == ["One two. Three four.", "Third one.", "Other."]
    assert [row.heads_weak for row in opened] == [0, 0, 1]  # drawn above the card, no row of its own
    # Where nothing else was found they are shown.
    assert _shown(rows_of(hits[1:2], {})) == ["Other."]


def test_the_passages_of_a_document_stand_under_its_first_one() -> None:
    book = [hit(f"Passage {number}.", document="b", start=number) for number in range(6)]
    hits = [book[0], hit("Else.", document="e"), *book[1:]]
    rows = rows_of(hits, {}, grouped=True)
    assert _shown(rows) == ["Passage 0.", "Passage 1.", "Passage 2.", "3 more passages", "Else."]
    assert [row.under for row in rows] == [False, True, True, True, False]
    assert [row.count for row in rows] == [6, 6, 6, 3, 1]
    every = rows_of(hits, {}, grouped=True, opened=frozenset((rows[0].fold,)))
    assert _shown(every) == [*(f"Passage {number}." for number in range(6)), "Else."]
    # A line that would save a single card is not worth it.
    assert len(rows_of(book[:4], {}, grouped=True)) == 4
    assert _shown(rows_of(hits, {})) == [one.text for one in hits]


def test_a_card_says_in_how_many_places_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    painter = QPainter(canvas := QPixmap(600, 200))
    monkeypatch.setattr(QPainter, "drawText", lambda *arguments: said.append(arguments[-1]))
    copies = (Copy("e", "/e.md", 0, 9, None, True), Copy("f", "/f.md", 0, 9, "2024", False))
    for some in (copies, copies[:1], ()):
        HitDelegate._title(painter, QRectF(canvas.rect()), Row(None), hit(copies=some), QColor("black"))
    painter.end()
    assert [text for text in said if "places" in text] == ["in 3 places", "in 2 places"]


def test_a_heading_that_is_the_title_is_not_said_twice() -> None:
    assert place(hit()) == "Part, p. iii"
    assert place(hit(part="3/b.md")) == "a.md › 3/b.md, Part, p. iii"
    assert place(hit(type="pptx")) == "Part, slide iii"
    assert place(hit(type="xlsx", heading=("Part",))) == "Part, sheet iii"


def test_what_the_question_names_is_the_first_reason() -> None:
    named = hit(why=replace(hit().why, exact="title"))
    assert reasons(named)[0] == ("you named", "its title")
    assert reasons(named)[1:] == reasons(hit())


@given(st.text(min_size=1, max_size=900), st.data())
def test_any_passage_can_be_drawn(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    drawn = hit(text, (start, end))
    model, delegate, view = HitModel(), HitDelegate(), QListView()
    model.show([drawn], {})
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 360, 400)
    size = delegate.sizeHint(option, model.index(0, 0))
    assert 60 < size.height() < 260
    canvas = QPixmap(360, size.height())
    painter = QPainter(canvas)
    option.rect = QRect(0, 0, 360, size.height())
    delegate.paint(painter, option, model.index(0, 0))
    painter.end()
    view.deleteLater()


@pytest.mark.parametrize("text", ["😀" * 600, "字" * 900, "x" * 900, "a b " * 300])
def test_long_passages_end_in_an_ellipsis(text: str) -> None:
    card = CardText(hit(text, (0, 3)), 330)
    assert card.lines == 4
    assert card.layout.lineCount() == 4
    assert card.text.endswith("…")
