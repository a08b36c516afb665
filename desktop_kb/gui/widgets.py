"""Small widgets and dialogs that all views use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF, QSize, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QWidget,
)

from desktop_kb.formats import format_of
from desktop_kb.gui import theme
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.translation import tr

#: The most space that a window's frame and title bar take; their real size is known only once it is shown.
_FRAME: Final = QSize(24, 60)
#: What a label that may be short keeps of its text, in pixels.
_SHORT: Final = 40


def fit_screen(window: QWidget, width: int, height: int) -> None:
    """Resize a window to this size, at most to the screen's, and move it so that all of it is visible."""
    screen = (window.parentWidget() or window).screen().availableGeometry()
    window.resize(QSize(width, height).boundedTo(screen.size() - _FRAME))
    if window.isVisible():
        frame = window.frameGeometry()
        frame.moveRight(min(frame.right(), screen.right()))
        frame.moveBottom(min(frame.bottom(), screen.bottom()))
        frame.moveLeft(max(frame.left(), screen.left()))
        frame.moveTop(max(frame.top(), screen.top()))
        window.move(frame.topLeft())


def bring_forward(window: QWidget) -> None:
    """Show a window in front of the others, also a minimised or closed one."""
    # show() alone does not restore a minimised window; showNormal() would un-maximise a maximised one.
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()


class Scroll(QScrollArea):
    """A scroll area that is as high as its content if there is room."""

    def __init__(self, inner: QWidget, name: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(inner)
        self._inner = inner
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def measure(self) -> None:
        """Recalculate the size after the content has changed; Qt would do it later."""
        layout = self._inner.layout()
        if layout is not None:
            layout.activate()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """The size of the whole content plus the width of the scroll bar."""
        return self._inner.sizeHint() + QSize(self.verticalScrollBar().sizeHint().width(), 0)

    def heightForWidth(self, width: int) -> int:
        """The height of the whole content, never -1 (which tells Qt that any height will do)."""
        inner = self._inner
        return inner.heightForWidth(width) if inner.hasHeightForWidth() else inner.sizeHint().height()


def label(text: str = "", style: str = "", *, wrap: bool = False) -> QLabel:
    """A label; `style` is a property of window.qss: quiet, strong, heading, section, attention."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if style:
        made.setProperty(style, True)
    return made


class ShortLabel(QLabel):
    """A label that may be narrower than its text, which then ends in '…'; it is heard whole."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty(style, True)

    def minimumSizeHint(self) -> QSize:
        whole = super().minimumSizeHint()
        return QSize(min(whole.width(), theme.px(_SHORT)), whole.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, box = QPainter(self), self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, box.width())
        align, role = self.alignment(), self.foregroundRole()
        self.style().drawItemText(painter, box, align, self.palette(), self.isEnabled(), shown, role)


def literal(text: str) -> str:
    """A text for a menu, a button, or a label that names a field: there '&' would mark the letter after it."""
    return text.replace("&", "&&")


class Button(QPushButton):
    """A button that Enter presses while it has the focus, as Space does. Qt's own would first become the
    default button of its dialog, and so would the first one of a dialog without any."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def button(text: str, clicked: Callable[[], object], style: str = "", name: str = "") -> QPushButton:
    """A button.

    Args:
        style: a property of window.qss: primary, link, quietlink, attentionlink, chip.
        name: what a sign or a short word does: its tool tip, and what a screen reader says.
    """
    made = Button(text)
    made.clicked.connect(lambda _checked=False: clicked())
    if name:
        made.setToolTip(name)
        made.setAccessibleName(name)
    if style:
        made.setProperty(style, True)
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setAutoDefault(False)
    made.setDefault(style == "primary")  # Enter presses it where it is in a dialog
    return made


def rule(*, vertical: bool = False) -> QFrame:
    """A thin line."""
    made = QFrame()
    made.setProperty("rule", True)
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


def empty(widget: QWidget) -> None:
    """Delete all widgets in a widget's layout."""
    layout = widget.layout()
    while layout is not None and layout.count():
        item = layout.takeAt(0)
        inner = item.widget() if item else None
        if inner is not None:
            inner.hide()
            inner.deleteLater()


def ask_line(
    parent: QWidget, title: str, question: str, *, text: str = "", hidden: bool = False
) -> str | None:
    """Ask for one line of text; None if cancelled.

    Args:
        text: what it is at first.
        hidden: show dots instead of letters, for a password.
    """
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(question)
    dialog.setInputMode(QInputDialog.InputMode.TextInput)  # creates the QLineEdit used below
    dialog.setTextValue(text)
    if hidden:
        dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
    for line in dialog.findChildren(QLineEdit):
        CopiesDrops(line)
    agreed = dialog.exec()
    dialog.deleteLater()
    return dialog.textValue() if agreed else None


def ask_new_file(parent: QWidget, title: str, kinds: Mapping[str, str], name: str) -> Path | None:
    """Ask where to save a file; None if cancelled. The dialog confirms before replacing a file, and adds
    the suffix of the chosen kind to a name without one.

    Args:
        kinds: suffix -> what is saved so; the first is chosen at first.
    """
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    filters = {f"{kind} (*{suffix})": suffix for suffix, kind in kinds.items()}
    dialog.setNameFilters(list(filters))
    dialog.setDefaultSuffix(next(iter(kinds)))
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(filters[chosen]))
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog.setDirectory(documents if Path(documents).is_dir() else str(Path.home()))
    dialog.selectFile(name)
    agreed = dialog.exec()
    dialog.deleteLater()
    return Path(dialog.selectedFiles()[0]) if agreed else None


def ask_whether(parent: QWidget, question: str, explanation: str, act: str) -> bool:
    """Ask for confirmation of something that cannot be undone; `act` is the text of the button that does it."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Desktop KB", question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(explanation)
    does = box.addButton(act, QMessageBox.ButtonRole.DestructiveRole)
    leaves = box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leaves)
    box.exec()
    box.deleteLater()
    return box.clickedButton() is does


def ask_which(parent: QWidget, question: str, explanation: str, first: str, second: str) -> bool | None:
    """Ask which of two things is to be done: True for the first, which Enter does; None where it was cancelled."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Desktop KB", question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(explanation)
    one = box.addButton(first, QMessageBox.ButtonRole.AcceptRole)
    other = box.addButton(second, QMessageBox.ButtonRole.AcceptRole)
    box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(one)
    box.exec()
    box.deleteLater()
    if box.clickedButton() is one:
        return True
    return False if box.clickedButton() is other else None


def ask_for_menu() -> None:
    """Ask the widget that has the focus for its menu. Qt does so for the Menu key, which many keyboards lack,
    but on X11 not for Shift+F10."""
    focused = QApplication.focusWidget()
    if focused is not None:
        place = QRectF(focused.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle)).toRect().center()
        asks = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, focused.mapToGlobal(place))
        QApplication.sendEvent(focused, asks)


def types(event: QKeyEvent) -> bool:
    """Whether a key writes a letter, a digit or a sign; a space scrolls or presses what has the focus."""
    with_control = event.modifiers() & ~(
        Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
    )
    return event.text().isprintable() and bool(event.text().strip()) and not with_control


def draw_elided(
    painter: QPainter, box: QRectF, text: str, where: Qt.TextElideMode = Qt.TextElideMode.ElideRight
) -> None:
    """Draw one line of text in a box, elided if it does not fit."""
    shown = QFontMetricsF(painter.font()).elidedText(text, where, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def not_opened(path: str) -> str:
    """What to say when `open_outside` did not open a document."""
    return tr(
        "'{name}' could not be opened: it is gone, or no program here opens it. It can be read in this window.",
        name=Path(path).name,
    )


def open_outside(path: Path) -> bool:
    """Open a document in the system's viewer; False if it is missing or not of a supported format.

    A library may come from a stranger and name programs, shortcuts or scripts, and opening those would run
    them. So only formats that the library can read and no system runs are opened.
    """
    format = format_of(path)
    if format is None or format.runs or not path.is_file():
        return False
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
