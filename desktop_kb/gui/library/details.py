"""The pane beside the table: what is known of the selected documents, to be read and corrected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFormLayout, QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from desktop_kb.formats import can_be_edited
from desktop_kb.gui import theme
from desktop_kb.gui.actions import keys_of
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.library.changes import LOCKED
from desktop_kb.gui.library.document_model import STATES, state_of, trouble_of
from desktop_kb.gui.search.said import kind
from desktop_kb.gui.search.search_box import Completions
from desktop_kb.gui.translation import bracketed, comma, plural, say, tr
from desktop_kb.gui.widgets import ask_line, button, label, literal
from desktop_kb.records import Document, PageState, Value, is_of_others
from desktop_kb.sentences import size_text

#: The values that every document has a field for, and their names in English.
FIELDS: Final = {"title": "Title", "author": "Author", "year": "Year", "date": "Date"}
#: What pages are, in English.
PAGES: Final[dict[PageState, str]] = {
    "text": "with text",
    "recognized": "read from pictures",
    "waiting": "waiting to be read",
    "garbled": "garbled",
    "drawn": "only drawings",
    "blank": "blank",
    "none": "without text",
}
_PLAIN: Final[PageState] = "text"
#: Of so many documents the common values are looked for; of more they are not told.
_COMPARED: Final = 1_000
#: What stands between two tags.
_BETWEEN: Final = " ,，"
_ESCAPE: Final = (QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape)


class Details(QFrame):
    """Shows what is known of the selected documents. A field that is changed is said once Enter is pressed in it
    or it is left; Esc takes the change back."""

    #: the values that were changed, '' for one that was emptied
    valued = Signal(object)
    #: tags given, tags taken away
    tagged = Signal(object, object)
    #: of this document tags are to be suggested
    suggestions_wanted = Signal(str)
    #: the id of an action that a button stands for
    act_requested = Signal(str)
    #: the person is done with a field
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("details")
        self._documents: Sequence[Document] = ()
        self._fields: dict[str, _Field] = {}
        self._known_tags: Sequence[str] = ()
        self._suggested: list[str] = []
        self._suggestions = QVBoxLayout()
        self._extra: list[str] = []  # keys that the person has just added
        self.body = QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        scroll = QScrollArea()
        scroll.setAccessibleName(tr("Details"))
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.body)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column.addWidget(scroll)
        self.setMinimumWidth(theme.px(220))
        self._scroll = scroll

    def show_documents(
        self, documents: Iterable[Document], tags: Iterable[str] = (), *, removed: bool = False
    ) -> None:
        """Show these documents; `tags` are those that the library knows."""
        chosen = list(islice(documents, _COMPARED + 1))
        same = [one.document for one in chosen] == [one.document for one in self._documents]
        self._documents = chosen
        self._known_tags = sorted(tags)
        if same and any(field.hasFocus() and field.changed for field in self._fields.values()):
            return  # it is being written in
        if not same:
            self._extra = []
        self._draw(removed)

    def edit(self, key: str = "") -> None:
        """Go to a field, at first the first one that can be changed; among the tags to a new one."""
        fields = [self._fields[key]] if key in self._fields else list(self._fields.values())
        field = next((one for one in fields if one.isEnabled() and not one.isReadOnly()), None)
        if field is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            if key == "tag":
                field.begin_word()
            else:
                field.selectAll()

    def suggest(self, document: str, tags: Sequence[str]) -> None:
        """Offer tags for the document that is shown; each is taken by its button, the first by a key."""
        if [one.document for one in self._documents] != [document]:
            return
        self._suggested = [tag for tag in tags if tag not in self._shared]
        for tag in self._suggested:
            made = button(literal(f"+ {tag}"), partial(self._take, tag), "quietlink")
            made.setAccessibleName(tr("Tag with {tag}", tag=tag))
            self._suggestions.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
        if self._suggested:
            keys = tr("{keys} takes the first", keys=keys_of("take-tag"))
            self._suggestions.insertWidget(
                0, label(tr("Tags of documents like it") + " · " + keys, "quiet", wrap=True)
            )

    def take_suggestion(self) -> None:
        """Take the first tag that is suggested."""
        if self._suggested:
            self._take(self._suggested[0])

    def _take(self, tag: str) -> None:
        self._suggested = []  # until it is known what fits beside it
        self.tagged.emit([tag], [])

    def shown(self) -> Mapping[str, str]:
        """The fields as they stand, by their keys; the tags are under 'tag'."""
        return {key: field.text() for key, field in self._fields.items()}

    # --- drawing

    def _draw(self, removed: bool) -> None:
        had = next((key for key, field in self._fields.items() if field.hasFocus()), "")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(theme.px(14), 2, theme.px(6), theme.px(14))
        column.setSpacing(theme.px(8))
        self._fields, self._suggested = {}, []
        if self._documents:
            many = len(self._documents) > 1
            if many:
                column.addWidget(label(self._how_many(), "strong", wrap=True))
            else:
                self._say_trouble(column, removed)
            if not removed:
                column.addLayout(self._form())
                self._suggestions = QVBoxLayout()
                column.addLayout(self._suggestions)
                if not many and self._documents[0].status == "ready":
                    self.suggestions_wanted.emit(self._documents[0].document)
                more = button(tr("Add a detail"), self._add_detail, "link")
                column.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)
            self._tell_facts(column)
        column.addStretch(1)
        self._scroll.setWidget(body)
        self.body = body
        if had in self._fields:
            self.edit(had)

    def _how_many(self) -> str:
        if len(self._documents) > _COMPARED:
            return tr("More than {n} documents", n=f"{_COMPARED:,}")
        return plural(len(self._documents), "{n} document", "{n} documents")

    def _say_trouble(self, column: QVBoxLayout, removed: bool) -> None:
        """Why the document failed, or where its file is not, with what can be done about it."""
        (document,) = self._documents
        for one in trouble_of(document, removed=removed):
            column.addWidget(label(say(one), "attention", wrap=True))
        if removed:
            return
        if document.error is not None:
            locked = document.error_code in LOCKED
            self._offer(column, tr("Enter the password") if locked else tr("Read again"), "read-again")
        elif document.has_unread_pages:
            self._offer(column, tr("Read again"), "read-again")
        elif document.gone:
            self._offer(column, tr("Look again"), "read-again")
        if document.error is not None or document.standing:
            self._offer(column, tr("Remove from the library"), "remove")

    def _offer(self, column: QVBoxLayout, text: str, action: str) -> None:
        made = button(text, lambda: self.act_requested.emit(action), "link")
        column.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setSpacing(theme.px(6))
        many = len(self._documents) > 1
        others = sorted({key for document in self._documents for key in document.metadata} - FIELDS.keys())
        for key in (*FIELDS, *others, *(key for key in self._extra if key not in others)):
            if key == "title" and many:
                continue
            text = self._common(lambda document, key=key: _value(document, key))  # type: ignore[misc]
            field = _Field(text, lambda new, key=key: self.valued.emit({key: _typed(new)}), self.left.emit)  # type: ignore[misc]
            if key == "title" and can_be_edited(self._documents[0].type, part=bool(self._documents[0].part)):
                field.setReadOnly(True)
                field.setToolTip(tr("The first line of a note is its title."))
            self._add(form, key, tr(FIELDS[key]) if key in FIELDS else key, field)
        tags = self._common(lambda document: ", ".join(document.tags))
        shared = set.intersection(*(set(document.tags) for document in self._documents))
        field = _Field(
            tags if tags is not None else ", ".join(sorted(shared)), self._tags_changed, self.left.emit
        )
        field.setPlaceholderText(tr("Tags, with commas between them"))
        field.complete(lambda: [tag for tag in self._known_tags if tag not in self._shared])
        self._shared = shared
        self._add(form, "tag", tr("Tags"), field)
        return form

    def _add(self, form: QFormLayout, key: str, name: str, field: _Field) -> None:
        field.setAccessibleName(name)
        self._fields[key] = field
        named = label(literal(name), "quiet")
        named.setBuddy(field)
        form.addRow(named, field)

    def _add_detail(self) -> None:
        name = ask_line(self, tr("Add a detail"), tr("Its name, such as publisher or price"))
        key = "".join((name or "").split()).lower().strip(":<>=＝：")
        if key:
            self._extra.append(key)
            self._draw(removed=False)
            self.edit(key)

    def _common(self, value_of: Callable[[Document], str]) -> str | None:
        """What all of them have; None where they differ, or are too many to be compared."""
        if len(self._documents) > _COMPARED:
            return None
        values = {value_of(document) for document in self._documents}
        return values.pop() if len(values) == 1 else None

    def _tags_changed(self, text: str) -> None:
        wanted = [tag for part in text.replace("，", ",").split(",") if (tag := part.strip().lstrip("#"))]
        given = [tag for tag in dict.fromkeys(wanted) if tag not in self._shared]
        taken = sorted(self._shared - set(wanted))
        if given or taken:
            self.tagged.emit(given, taken)

    def _tell_facts(self, column: QVBoxLayout) -> None:
        facts = QFormLayout()
        facts.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        facts.setSpacing(theme.px(4))
        for name, told in self._facts():
            value = label(told, wrap=True)
            value.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            value.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            facts.addRow(label(name, "quiet"), value)
        column.addLayout(facts)
        if len(self._documents) == 1:
            self._offer(column, tr("Show in folder"), "show-in-folder")

    def _facts(self) -> Iterable[tuple[str, str]]:
        if len(self._documents) > 1:
            kinds = Counter(kind(document.type) for document in self._documents)
            yield (
                tr("Type"),
                comma().join(bracketed(name, f"{count:,}") for name, count in kinds.most_common()),
            )
            yield tr("Size"), size_text(sum(document.size_bytes for document in self._documents))
            return
        (one,) = self._documents
        yield tr("Type"), kind(one.type)
        yield tr("State"), tr(STATES[state_of(one)])
        if one.pages:
            yield tr("Pages"), pages_told(one)
        if one.chunks:
            yield tr("Passages"), f"{one.chunks:,}"
        yield tr("Size"), size_text(one.size_bytes)
        yield tr("Added"), _local(one.added)
        if one.modified:
            yield tr("Changed"), _local(one.modified)
        for place in one.places:
            state = "gone" if place in one.missing_places else "away" if place in one.away_places else ""
            if state == "away" and is_of_others(place):
                state = "elsewhere"
            inside = f"{place} › {one.part}" if one.part and place == one.path else place
            shown = inside.replace("/", "/\u200b").replace("\\", "\\\u200b")  # so that it can be broken
            yield tr("Location"), bracketed(shown, tr(STATES[state])) if state else shown
        if one.changes:
            told = (f"{change.when}  {say(change.finding)}" for change in reversed(one.changes))
            yield tr("History"), "\n".join(told)


def pages_told(document: Document) -> str:
    """How many pages it has, and in which states where not all hold text."""
    states = {state: count for state, count in document.page_states.items() if count}
    if not states or set(states) == {_PLAIN}:
        return f"{document.pages:,}"
    told = comma().join(
        tr("{n} {what}", n=f"{count:,}", what=tr(PAGES[state])) for state, count in states.items()
    )
    return f"{document.pages:,}: {told}"


def _value(document: Document, key: str) -> str:
    if key == "title":
        return document.title
    value = document.metadata.get(key, "")
    return str(value or (document.date or "" if key == "date" else ""))


def _local(time: str) -> str:
    """A stored time, which is UTC, as the clock here shows it."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")


def _typed(text: str) -> Value:
    return int(text) if text.isdecimal() and len(text) < 10 and str(int(text)) == text else text


class _Field(QLineEdit):
    """A line that tells a change once, and takes it back on Esc."""

    def __init__(
        self, text: str | None, changed: Callable[[str], object], left: Callable[[], object]
    ) -> None:
        """`text` is None where several documents differ."""
        super().__init__(text or "")
        self._was = text or ""
        self._tell_change, self._left = changed, left
        self._words: Callable[[], Sequence[str]] = list
        self._offered: Completions | None = None
        if text is None:
            self.setPlaceholderText(tr("(several)"))
        self.setCursorPosition(0)
        CopiesDrops(self)
        self.editingFinished.connect(self._tell)

    def complete(self, words: Callable[[], Sequence[str]]) -> None:
        """Offer what could stand after the last comma."""
        self._words, self._offered = words, Completions(self)
        self._offered.chosen.connect(self._take)
        self.textEdited.connect(self._offer)

    def _offer(self, text: str) -> None:
        last = text.replace("，", ",").rpartition(",")[2].strip().casefold()
        starting = [word for word in self._words() if word.casefold().startswith(last)] if last else []
        if self._offered is not None:
            self._offered.offer(starting)

    def _take(self, word: str) -> None:
        before = self.text().replace("，", ",").rpartition(",")[0]
        self.setText(f"{before}, {word}" if before else word)

    def begin_word(self) -> None:
        """Make ready for one more word after those that are there."""
        words = self.text().rstrip(_BETWEEN)
        self.setText(f"{words}, " if words else "")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self._offered is not None:
            self._offered.hide()
            self.setText(self.text().rstrip(_BETWEEN))
        super().focusOutEvent(event)

    @property
    def changed(self) -> bool:
        """Whether it holds what was not told yet."""
        return self.text().strip() != self._was

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and (event.type(), event.key()) == _ESCAPE:
            event.accept()  # the window must not handle it
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        offered = self._offered
        if offered is not None and offered.isVisible() and offered.steer(Qt.Key(event.key())):
            return
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._was)
            self._left()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            self._left()
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        if self.changed and not self.isReadOnly():
            self._was = self.text().strip()
            self._tell_change(self._was)
