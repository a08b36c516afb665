"""Marks what is read in a preview: highlights and comments, quotations with their source, and the list of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QMenu, QVBoxLayout

from desktop_kb.gui import theme
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.citations import as_note, with_source
from desktop_kb.gui.marks.marks_pane import MarksPane
from desktop_kb.gui.preview.painted import Painted
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import ask_line
from desktop_kb.kb.sources import page_of, source_of
from desktop_kb.records import COLOURS, Colour, Document, Hit, Mark

_DOT: Final = 12


class Marker(QObject):
    """The marks of the document that a preview shows. Each change is said by `done` once it is made."""

    #: a sentence, what undoes it, whether the person cannot see it where they are
    done = Signal(str, object, bool)
    #: marks were made, changed or taken away, or that was undone
    changed = Signal()

    def __init__(self, bridge: Bridge, preview: Preview) -> None:
        super().__init__(preview)
        self._bridge, self._preview = bridge, preview
        self._document = ""
        self.marks: list[Mark] = []
        self.colour: Colour = COLOURS[0]
        self.pane = MarksPane()
        self.pane.chosen.connect(self._go)
        self.pane.removed.connect(lambda mark: self._remove([mark]))
        self.pane.edited.connect(self._comment)
        column = preview.layout()
        assert isinstance(column, QVBoxLayout)
        column.addWidget(self.pane)
        self._colours = QMenu(preview)
        for colour in COLOURS:
            self._colours.addAction(_dot(colour), tr(colour), partial(self._choose, colour))
        self.action_set = ActionSet(
            "preview",
            preview,
            {
                "mark": self.mark,
                "mark-comment": self.mark_with_comment,
                "unmark": self.unmark,
                "share-mark": partial(self._share, with_others=True),
                "take-mark-back": partial(self._share, with_others=False),
                "quote": self.quote,
                "marks": self.toggle_pane,
            },
            Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        for id in ("share-mark", "take-mark-back"):
            self.action_set[id].setEnabled(bridge.kb.is_teams)
        preview.offer(self.action_set, {"mark-colour": self._colours})
        preview.source_requested.connect(self.copy_with_source)
        preview.shown_otherwise.connect(self._paint)

    # --- showing

    def show(self, document: str) -> None:
        """The preview shows this document: paint its marks."""
        self._document = document
        self._take([])
        self.reload()

    def reload(self, _made: object = None) -> None:
        """Look its marks up again."""
        document = self._document
        kb = self._bridge.kb

        def arrived(marks: list[Mark]) -> None:
            if document == self._document:
                self._take(marks)

        self._bridge.call(lambda: kb.marks(documents=[document]), arrived)

    def _renew(self, _made: object = None) -> None:
        self.reload()
        self.changed.emit()

    def _take(self, marks: list[Mark]) -> None:
        self.marks = marks
        self._paint()
        self.pane.show_marks(marks)

    def _paint(self) -> None:
        shown = self._preview.reader.shown
        if shown is not None:
            shown.show_marks(
                [
                    Painted((m.start, m.end), m.colour)
                    for m in self.marks
                    if m.start is not None and m.end is not None
                ]
            )

    def toggle_pane(self) -> None:
        """Show the list of marks, or hide it; the keys go there, and back to what is read."""
        had_focus = self.pane.list.hasFocus()
        self.pane.setVisible(self.pane.isHidden())
        if self.pane.isVisible():
            self.pane.list.setFocus()
        elif had_focus:
            self._preview.reader.take_focus()

    def _go(self, mark: Mark) -> None:
        if mark.start is not None and mark.end is not None:
            self._preview.reader.leap_to_words((mark.start, max(mark.end, mark.start + 1)))

    # --- marking

    def mark(self) -> None:
        """Highlight what is selected, in the colour chosen last; what is highlighted already gets this colour."""
        self._mark(self._selected_marks())

    def mark_with_comment(self) -> None:
        """Highlight what is selected, and write something to it."""
        if self._selection() is None:
            self._preview.say(tr("Select the words that you want to highlight."))
            return
        there = self._selected_marks()[:1]  # what is said of one replaces nothing that was said of others
        before = there[0].comment if there else ""
        comment = ask_line(self._preview, tr("Comment"), tr("What do you want to say about it?"), text=before)
        if comment is not None:
            self._mark(there, comment)

    def _mark(self, there: Sequence[Mark], comment: str | None = None) -> None:
        kb, document, colour = self._bridge.kb, self._document, self.colour
        if there:
            self._change(there, lambda one: kb.change_mark(one.uid, colour=colour, comment=comment))
            return
        if (span := self._selection()) is None:
            self._preview.say(tr("Select the words that you want to highlight."))
            return

        def made(mark: Mark) -> None:
            undo = partial(self._bridge.call, partial(kb.unmark, [mark.uid]), self._renew)
            self.done.emit(tr("Highlighted"), undo, False)
            self._renew()

        self._bridge.call(lambda: kb.mark(document, *span, comment=comment or "", colour=colour), made)

    def unmark(self) -> None:
        """Remove the highlights that are selected, or where the caret is."""
        if there := self._selected_marks():
            self._remove(there)
        else:
            self._preview.say(tr("There is no highlight of yours here."))

    def _remove(self, marks: Sequence[Mark]) -> None:
        kb = self._bridge.kb

        def removed(were: list[Mark]) -> None:
            undo = partial(self._bridge.call, partial(kb.put_marks_back, were), self._renew)
            self.done.emit(tr("The highlight is removed."), undo, True)
            self._renew()

        self._bridge.call(lambda: kb.unmark([mark.uid for mark in marks if mark.is_mine]), removed)

    def _share(self, *, with_others: bool) -> None:
        """Let the others of a team's library see the highlights that are selected, or none of them any more."""
        uids = [mark.uid for mark in self._selected_marks() if mark.shared != with_others]
        if not uids:
            self._preview.say(tr("There is no highlight of yours here."))
            return
        kb = self._bridge.kb
        ways = (kb.take_marks_back, kb.share_marks)

        def made(_made: object) -> None:
            undo = partial(self._bridge.call, partial(ways[not with_others], uids), self._renew)
            said = tr("The others see the highlight.") if with_others else tr("Only you see the highlight.")
            self.done.emit(said, undo, False)
            self._renew()

        self._bridge.call(partial(ways[with_others], uids), made)

    def _choose(self, colour: Colour) -> None:
        self.colour = colour
        self.mark()

    def _comment(self, mark: Mark) -> None:
        comment = ask_line(
            self._preview, tr("Comment"), tr("What do you want to say about it?"), text=mark.comment
        )
        if comment is not None:
            self._change([mark], lambda one: self._bridge.kb.change_mark(one.uid, comment=comment))

    def _change(self, marks: Sequence[Mark], change: Callable[[Mark], object]) -> None:
        """Change marks, and let what they were come back."""
        kb = self._bridge.kb

        def back() -> None:
            for mark in marks:
                kb.change_mark(mark.uid, comment=mark.comment, colour=mark.colour)

        def changed(_made: object) -> None:
            self.done.emit(
                tr("The highlight is changed."), partial(self._bridge.call, back, self._renew), False
            )
            self._renew()

        self._bridge.call(lambda: [change(mark) for mark in marks], changed)

    def _selection(self) -> tuple[int, int] | None:
        shown = self._preview.reader.shown
        return shown.selection() if shown is not None else None

    def _selected_marks(self) -> list[Mark]:
        """The person's marks that what is selected touches."""
        if (span := self._selection()) is None:
            return []
        return [
            mark
            for mark in self.marks
            if mark.is_mine and mark.start is not None and mark.end is not None
            if mark.start < span[1] and span[0] < mark.end
        ]

    # --- quoting

    def copy_with_source(self, start: int, end: int) -> None:
        """Copy a passage with its citation and a link back."""
        kb = self._bridge.kb

        def copied(found: tuple[Hit, Document]) -> None:
            hit, document = found
            source = source_of(hit, document, page_of(hit))
            link = kb.link(hit.document, start=start, end=end)
            QGuiApplication.clipboard().setText(with_source(hit.shown, source, kb.settings.citation, link))

        self._bridge.call(partial(self._passage, start, end), copied)

    def quote(self) -> None:
        """Make a note of what is selected, or of the passage, with its source."""
        if (chosen := self._preview.chosen()) is None:
            self._preview.say(tr("Select the words that you want to quote."))
            return
        start, end = chosen
        kb = self._bridge.kb

        def work() -> str:
            hit, document = self._passage(start, end)
            link = kb.link(hit.document, start=start, end=end)
            text = as_note(hit.shown, source_of(hit, document, page_of(hit)), kb.settings.citation, link)
            batch = kb.add_text(text, title=tr("Quotation: {title}", title=hit.title))
            kb.start_indexing()
            return next(iter(kb.follow(batch))).path

        self._bridge.call(work, self._preview.edit_requested.emit)

    def _passage(self, start: int, end: int) -> tuple[Hit, Document]:
        kb, document = self._bridge.kb, self._document
        return kb.passage(document, start, end), kb.document(document)


def _dot(colour: Colour) -> QIcon:
    """A square of a colour."""
    square = QPixmap(theme.px(_DOT), theme.px(_DOT))
    square.fill(QColor(theme.MARKS[colour][theme.current().dark]))
    return QIcon(square)
