"""Cards: what is marked in them, how they are gathered, and that drawing holds any passage."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QStyleOptionViewItem

from desktop_kb.gui.search.card_text import CardText, best_in_shown, word_spans
from desktop_kb.gui.search.hits import HitDelegate, HitModel, Row, place, reasons, rows_of
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


def test_weak_hits_come_last_below_a_divider() -> None:
    rows = rows_of([hit(), hit("Other.", weak=True), hit("Third one.", document="f")], {})
    assert [row.hit.text if row.hit else None for row in rows] == [
        "One two. Three four.",
        "Third one.",
        None,
        "Other.",
    ]


def test_a_card_says_how_many_copies_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    painter = QPainter(canvas := QPixmap(600, 200))
    monkeypatch.setattr(QPainter, "drawText", lambda *arguments: said.append(arguments[-1]))
    copies = (Copy("e", "/e.md", 0, 9, None, True), Copy("f", "/f.md", 0, 9, "2024", False))
    for some in (copies, copies[:1], ()):
        HitDelegate._title(painter, QRectF(canvas.rect()), Row(None), hit(copies=some), QColor("black"))
    painter.end()
    assert [text.partition(" · ")[0] for text in said[::2]][:2] == ["and 2 copies", "and 1 copy"]
    assert "cop" not in "".join(said[4:])


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
    model.show(rows_of([drawn], {}))
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
