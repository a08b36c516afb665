"""The command palette: all that can be done now, found by a few letters of its name in either language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop_kb.gui import theme
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.announce import announce
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.translation import tr
from desktop_kb.kb import typed_sounds

_WIDTH: Final = 520
_ROW: Final = 34
#: Rows that are seen at once, and how many commands are kept as used last.
_MOST: Final = 9
_RECENT: Final = 20
#: The chosen command is said to a screen reader once nothing was typed for this time.
_SETTLED_MS: Final = 700
_ROLE: Final = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done: its name in English, and the action that does it."""

    english: str
    action: QAction

    @property
    def name(self) -> str:
        """Its name in the window's language."""
        return self.action.text()


def fits(typed: str, name: str) -> float | None:
    """How well a name fits what was typed: all its letters in this order, best at the beginnings of words and
    side by side. None if it does not fit."""
    letters = "".join(typed.casefold().split())
    text = name.casefold()
    score, at, before = 0.0, 0, -2
    for letter in letters:
        begins = next((i for i in range(at, len(text)) if text[i] == letter and _begins(text, i)), -1)
        found = at if text[at : at + 1] == letter and before == at - 1 else begins
        found = found if found >= 0 else text.find(letter, at)
        if found < 0:
            return None
        beside = before >= 0 and not text[before + 1 : found].strip()  # 'backup' in 'Back up' too
        score += 3 if beside else 2 if _begins(text, found) else 0
        before, at = found, found + 1
    return score + len(letters) / max(1, len(text))


def _begins(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum() or not text[at].isascii()


def ranked(
    typed: str, commands: Sequence[Command], recent: Sequence[str], sounds: Mapping[str, Sequence[str]]
) -> list[Command]:
    """The commands that fit, the best first; of those that fit alike, and where nothing was typed, the ones used
    last come first.

    Args:
        recent: English names, the last one first.
        sounds: how each name may be typed by its sounds.
    """
    used = {name: number for number, name in enumerate(reversed(recent), 1)}
    found = []
    for command in commands:
        names = (command.name, command.english, *sounds.get(command.name, ()))
        scores = [score for name in names if (score := fits(typed, name)) is not None]
        if scores:
            found.append((round(max(scores), 1), used.get(command.english, 0), command))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [command for _, _, command in found]


def commands_of(sets: Sequence[ActionSet], others: Sequence[Command]) -> list[Command]:
    """What these sets offer, and others, each name once: as the first that has it means it."""
    found = [Command(*one) for action_set in sets for one in action_set.commands()]
    return list({command.english: command for command in reversed([*found, *others])}.values())[::-1]


class Palette(QFrame):
    """A box over the window; closes when something was chosen, on Esc, and when the focus goes elsewhere.

    A part of the window and not a popup: input methods place their candidates by the window that has the focus.
    """

    def __init__(self, bridge: Bridge, recent: Sequence[str], window: QWidget) -> None:
        super().__init__(window)
        self._bridge = bridge
        self.recent = list(recent)
        self._commands: Sequence[Command] = ()
        self.sounds: Mapping[str, Sequence[str]] = {}
        self._before: QWidget | None = None
        self.setObjectName("palette")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(6)
        self.line = QLineEdit()
        self.line.setPlaceholderText(tr("What do you want to do?"))
        self.line.setAccessibleName(tr("Command"))
        CopiesDrops(self.line)
        self.line.textChanged.connect(self._list)
        self.line.returnPressed.connect(self._run)
        self.line.installEventFilter(self)
        column.addWidget(self.line)
        self.list = QListWidget()
        self.list.setObjectName("commands")
        self.list.setAccessibleName(tr("Commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda _item: self._run())
        column.addWidget(self.list)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(self._tell)
        self.hide()

    def open(self, commands: Sequence[Command]) -> None:
        """Offer these."""
        self._commands = [one for one in commands if one.action.isEnabled()]
        self._before = self.window().focusWidget()
        self.line.clear()
        self._list()
        window = self.window()
        width = min(theme.px(_WIDTH), window.width() - 40)
        rows = theme.px(_ROW) * _MOST
        height = min(self.line.sizeHint().height() + rows + 40, window.height() - 120)
        self.setGeometry((window.width() - width) // 2, 70, width, height)
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        names = [command.name for command in commands if not command.name.isascii()]
        if not set(names) <= self.sounds.keys():
            self._bridge.call(lambda: {name: typed_sounds(name) for name in names}, self.take_sounds)

    def take_sounds(self, sounds: Mapping[str, Sequence[str]]) -> None:
        """How names may be typed by their sounds; comes later, as the dictionary takes a second to load."""
        self.sounds = sounds
        if self.isVisible():
            self._list()

    @property
    def names(self) -> list[str]:
        """The names that are offered, the best first."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def close_palette(self) -> None:
        """Close, and give the focus back."""
        self.hide()
        if self._before is not None and isValid(self._before):
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _list(self) -> None:
        self.list.clear()
        for command in ranked(self.line.text(), self._commands, self.recent, self.sounds):
            item = QListWidgetItem(command.name)
            item.setData(_ROLE, command)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._settled.start()

    def _tell(self) -> None:
        """Say which command is chosen: the focus stays in the line."""
        if not self.isVisible():
            return
        if not self.list.count():
            announce(self.line, tr("not found"))
            return
        item = self.list.currentItem()
        place = tr("{at} of {of}", at=self.list.currentRow() + 1, of=self.list.count())
        announce(self.line, "; ".join(filter(None, (item.text(), _keys_of(item.data(_ROLE)), place))))

    def _run(self) -> None:
        if not self.list.count():
            return
        command: Command = self.list.currentItem().data(_ROLE)
        rest = [name for name in self.recent if name != command.english]
        self.recent = [command.english, *rest][:_RECENT]
        self.close_palette()
        command.action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        elif event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._steer(Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def _steer(self, key: Qt.Key) -> bool:
        if key == Qt.Key.Key_Escape:
            self.close_palette()
            return True
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _MOST, Qt.Key.Key_PageUp: -_MOST}
        if key not in step:
            return False
        self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step[key])))
        self._settled.stop()
        self._tell()
        return True


def _keys_of(command: Command) -> str:
    return command.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


class _Delegate(QStyledItemDelegate):
    """Draws a name, and its keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, theme.px(_ROW))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        command: Command = index.data(_ROLE)
        colours, box = theme.current(), QRectF(option.rect).adjusted(0, 1, 0, -1)
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            chosen = option.state & QStyle.StateFlag.State_Selected
            painter.setBrush(colours.accent_ground if chosen else colours.selection)
            painter.drawRoundedRect(box, theme.RADIUS_ROW, theme.RADIUS_ROW)
        text = box.adjusted(12, 0, -12, 0)
        painter.setFont(theme.font())
        painter.setPen(colours.ink)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, command.name)
        painter.setFont(theme.font(theme.SECONDARY))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(text, right, _keys_of(command))
        painter.restore()
