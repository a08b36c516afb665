"""The small pieces every view is put together from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF, QSize, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontMetricsF, QPainter
from PySide6.QtWidgets import (
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
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.translation import tr

#: What a window's frame and title bar take of the screen, at most; they are known only once it is shown.
_FRAME: Final = QSize(24, 60)


def fit_screen(window: QWidget, width: int, height: int) -> None:
    """Make a window this large, or as large as the screen has room for, and keep all of it in sight."""
    screen = (window.parentWidget() or window).screen().availableGeometry()
    window.resize(QSize(width, height).boundedTo(screen.size() - _FRAME))
    if window.isVisible():
        frame = window.frameGeometry()
        frame.moveRight(min(frame.right(), screen.right()))
        frame.moveBottom(min(frame.bottom(), screen.bottom()))
        frame.moveLeft(max(frame.left(), screen.left()))
        frame.moveTop(max(frame.top(), screen.top()))
        window.move(frame.topLeft())


class Scroll(QScrollArea):
    """As high as what it holds where there is room for that, else scrolled."""

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
        """What it holds has changed: its size counts now, not when Qt comes to it."""
        layout = self._inner.layout()
        if layout is not None:
            layout.activate()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """What it holds, whole, and beside it room for the bar."""
        return self._inner.sizeHint() + QSize(self.verticalScrollBar().sizeHint().width(), 0)

    def heightForWidth(self, width: int) -> int:
        """What it holds, whole; -1 would stand for any height."""
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


def button(text: str, clicked: Callable[[], object], style: str = "") -> QPushButton:
    """A button; `style` is a property of window.qss: primary, link, quietlink, attentionlink."""
    made = QPushButton(text)
    made.clicked.connect(lambda _checked=False: clicked())
    if style:
        made.setProperty(style, True)
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setAutoDefault(False)
    return made


def rule(*, vertical: bool = False) -> QFrame:
    """A hairline."""
    made = QFrame()
    made.setProperty("rule", True)
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


def empty(widget: QWidget) -> None:
    """Take everything out of a widget's layout."""
    layout = widget.layout()
    while layout is not None and layout.count():
        item = layout.takeAt(0)
        inner = item.widget() if item else None
        if inner is not None:
            inner.hide()
            inner.deleteLater()


def ask_line(parent: QWidget, title: str, question: str, *, hidden: bool = False) -> str | None:
    """Ask for one line; None where it was cancelled.

    Args:
        hidden: it is a password.
    """
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(question)
    dialog.setInputMode(QInputDialog.InputMode.TextInput)  # makes the line, which it has not before
    if hidden:
        dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
    for line in dialog.findChildren(QLineEdit):
        CopiesDrops(line)
    agreed = dialog.exec()
    dialog.deleteLater()
    return dialog.textValue() if agreed else None


def ask_new_file(parent: QWidget, title: str, kind: str, name: str) -> Path | None:
    """Ask where to save; None where it was cancelled. Whether a file that is there is to be replaced,
    the dialog asks, and a name without a suffix gets that of `name`."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    suffix = Path(name).suffix
    dialog.setNameFilter(f"{kind} (*{suffix})")
    dialog.setDefaultSuffix(suffix)
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog.setDirectory(documents if Path(documents).is_dir() else str(Path.home()))
    dialog.selectFile(name)
    agreed = dialog.exec()
    dialog.deleteLater()
    return Path(dialog.selectedFiles()[0]) if agreed else None


def ask_whether(parent: QWidget, question: str, explanation: str, act: str) -> bool:
    """Ask before something that cannot be undone; the button that does it is called `act`."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Desktop KB", question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(explanation)
    does = box.addButton(act, QMessageBox.ButtonRole.DestructiveRole)
    leaves = box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leaves)
    box.exec()
    box.deleteLater()
    return box.clickedButton() is does


def draw_elided(
    painter: QPainter, box: QRectF, text: str, where: Qt.TextElideMode = Qt.TextElideMode.ElideRight
) -> None:
    """One line of text in a box, cut where there is no room for it."""
    shown = QFontMetricsF(painter.font()).elidedText(text, where, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def open_outside(path: Path) -> bool:
    """Open a document in the system's viewer; False where it is not there.

    Only what the library can read: a library may come from a stranger, and to 'open' the programs
    and shortcuts that it could name is to run them.
    """
    if format_of(path) is None or not path.is_file():
        return False
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
