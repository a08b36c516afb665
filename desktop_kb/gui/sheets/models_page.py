"""The page of models: which are installed or available, which run on which device, and changing them.

Installing or importing a model here also makes the library use it, because that is why people install
one. Slow work runs on the bridge's threads; a timer polls its progress.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from desktop_kb.errors import Cancelled, Problem
from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.indexing import DEVICES, read_anew, second_reading
from desktop_kb.gui.translation import bracketed, comma, say, tr
from desktop_kb.gui.widgets import Scroll, button, empty, fit_screen, label, rule
from desktop_kb.kb import Status, import_model, install_model, needed_bytes
from desktop_kb.records import ModelRecord, ModelUse
from desktop_kb.sentences import size_text
from desktop_kb.settings import Settings

_REFRESH_MS: Final = 400
LANGUAGES: Final = {"*": "many languages", "en": "English", "zh": "Chinese"}
#: The dimensions of the largest models in the catalogue.
_DIMENSIONS: Final = 1024
READERS: Final = {
    "both": "The English and the multilingual model",
    "multilingual": "The multilingual model alone",
    "english": "The English model alone",
}
#: What takes longer is asked before it is done.
_SHORT_S: Final = 60.0
_NO_RERANKER: Final = "late interaction"


class ModelsPage(QDialog):
    """The models of one library. Closing the page cancels a download, but not the re-encoding."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._cancelled = threading.Event()
        self._bytes: tuple[int, int] | None = None
        self._doing = ""
        self.setWindowTitle(tr("Models"))
        fit_screen(self, theme.px(700), theme.px(660))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        self.now = label("", "quiet", wrap=True)
        column.addWidget(self.now)
        column.addSpacing(6)
        self._list = QWidget()
        rows = QVBoxLayout(self._list)
        rows.setContentsMargins(0, 0, 8, 0)
        rows.setSpacing(6)
        column.addWidget(Scroll(self._list, tr("Models")), 1)
        self.said = label("", "quiet", wrap=True)
        column.addWidget(self.said)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.bar.hide()
        column.addWidget(self.bar)
        column.addLayout(self._buttons())
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._poll)
        bridge.failed.connect(self._failed)
        self.refresh()
        self._timer.start()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.folder = button(tr("Import a folder"), self._import_folder)
        self.archive = button(tr("Import a zip file"), self._import_archive)
        self.cancel = button(tr("Cancel"), self._cancel)
        self.cancel.hide()
        row.addWidget(self.folder)
        row.addWidget(self.archive)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(button(tr("Close"), self.close, "primary"))
        return row

    # --- the list

    def refresh(self) -> None:
        """Reload the models and show them."""
        kb = self._bridge.kb
        self._bridge.call(
            lambda: (kb.models.list(), kb.status(), kb.models.settings), lambda found: self._show(*found)
        )

    def _show(self, records: list[ModelRecord], status: Status, settings: Settings) -> None:
        self.now.setText(what_runs_where(status))
        empty(self._list)
        column = self._list.layout()
        assert isinstance(column, QVBoxLayout)
        for task, heading, explains in (
            (
                "embed",
                tr("Embedding models"),
                tr("They read documents and questions and compare their meaning.") + _price(status),
            ),
            ("rerank", tr("Rerankers"), tr("They read the best hits again together with the question.")),
        ):
            column.addWidget(label(heading, "strong"))
            column.addWidget(label(explains, "quiet", wrap=True))
            if task == "embed":
                column.addWidget(self._choice(settings.readers))
                column.addWidget(label(tr(_help("readers")), "quiet", wrap=True))
            for record in records:
                if record.task == task:
                    column.addWidget(self._row(record))
            column.addSpacing(12)
        column.addStretch(1)

    def _choice(self, readers: str) -> QComboBox:
        """Which of the two models read the library; a choice applies at once."""
        combo = QComboBox()
        combo.setAccessibleName(tr("Reading models"))
        for code, name in READERS.items():
            combo.addItem(tr(name), code)
        combo.setCurrentIndex(combo.findData(readers))
        combo.activated.connect(lambda at: self.read_by(combo.itemData(at)))
        return combo

    def _row(self, record: ModelRecord) -> QWidget:
        row = QWidget()
        row.setObjectName(record.id)
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        line = QHBoxLayout()
        column.addLayout(line)
        column.addWidget(rule())
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(record.id))
        words.addWidget(label(_facts(record), "quiet", wrap=True))
        line.addLayout(words, 1)
        if record.in_use and record.task == "rerank":
            made = button(tr("Stop using"), lambda: self.use(_NO_RERANKER))
        elif record.in_use:
            made = button(tr("In use"), lambda: None)
            made.setEnabled(False)
        elif record.installed:
            made = button(tr("Use"), lambda: self.use(record.id))
        else:
            made = button(tr("Install and use"), lambda: self._install(record))
        made.setAccessibleName(f"{made.text()} {record.id}")
        made.setEnabled(made.isEnabled() and not self._doing)
        line.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)
        return row

    # --- actions

    def read_by(self, readers: str) -> None:
        """Have the library read by both models or by one of them."""
        if readers != self._bridge.kb.models.settings.readers:
            models = self._bridge.kb.models
            self._do(
                tr(READERS[readers]),
                lambda: models.price(readers=readers),
                lambda _price: models.read_by(readers),
            )

    def use(self, id: str) -> None:
        """Make the library use an installed model."""
        self._use(tr("Trying {model} out", model=id), lambda: id)

    def _install(self, record: ModelRecord) -> None:
        kb = self._bridge.kb
        where = kb.settings.hub.partition("://")[2]
        size = size_text(record.size_bytes) if record.size_bytes else tr("size not known yet")
        asked = QMessageBox.question(
            self,
            tr("Install a model"),
            tr(
                "Download {model} ({size}) from {where}? Nothing else is sent there, and you can cancel.",
                model=record.id,
                size=size,
                where=where,
            ),
        )
        if asked == QMessageBox.StandardButton.Yes:
            self.install(record.id)

    def install(self, id: str) -> None:
        """Download a model from the hub, install it and use it."""
        settings, cancelled = self._bridge.kb.settings, self._cancelled
        self.cancel.show()
        self._use(
            tr("Downloading {model}", model=id),
            lambda: install_model(id, settings, progress=self._count, cancelled=cancelled),
        )

    def _import_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("The folder of the model"))
        if chosen:
            self.import_from(Path(chosen))

    def _import_archive(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, tr("The zip file of the model"), filter="*.zip")
        if chosen:
            self.import_from(Path(chosen))

    def import_from(self, source: Path) -> None:
        """Install a model from a folder or zip file and use it."""
        doing = tr("Importing {model}", model=source.name)
        self._use(doing, lambda: import_model(source, progress=self._count))

    def _use(self, doing: str, get: Callable[[], str]) -> None:
        """Run `get` (it installs a model and returns its id) and use that model."""
        models = self._bridge.kb.models
        self._do(doing, lambda: models.price(get()), lambda price: models.use(price.id))

    def _do(self, doing: str, price: Callable[[], ModelUse], choose: Callable[[ModelUse], ModelUse]) -> None:
        """Find out what it takes, and run `choose`, which has other models read the library. One such task
        at a time."""
        if self._doing:
            return
        self._begin(doing)

        def work() -> ModelUse | None:
            try:
                return price()
            except Cancelled:
                return None

        self._bridge.call(work, lambda found: self._priced(found, choose))

    def _begin(self, doing: str) -> None:
        self._doing, self._bytes = doing, None
        self._cancelled.clear()
        self._enable(False)

    def _priced(self, price: ModelUse | None, choose: Callable[[ModelUse], ModelUse]) -> None:
        """Go on, if the person agrees where it takes more than a minute."""
        if price is None:
            self._ended(tr("Cancelled; nothing was kept."))
        elif price.seconds < _SHORT_S or self._agreed(price):
            self._bridge.call(lambda: choose(price).id, self._done)
        else:
            self._ended("")

    def _agreed(self, price: ModelUse) -> bool:
        asked = QMessageBox.question(self, tr("Models"), say(price.price))
        return asked == QMessageBox.StandardButton.Yes

    def _cancel(self) -> None:
        """Cancel the download, or the re-encoding; the library then keeps its current models."""
        if self._doing:
            self._cancelled.set()
        else:
            models = self._bridge.kb.models
            self._begin(tr("Cancelling"))
            self._bridge.call(lambda: models.keep().id, self._done)

    def _count(self, done: int, total: int) -> None:
        """Record the progress of a download. Called on a thread of the bridge."""
        self._bytes = (done, total)

    def _done(self, id: str) -> None:
        self._ended(tr("{model} is in use", model=id) if id else "")
        self._bridge.kb.start_indexing()

    def _failed(self, failed: Problem) -> None:
        if self._doing:
            self._ended(say(failed))

    def _ended(self, said: str) -> None:
        self._doing = ""
        self.bar.hide()
        self.cancel.hide()
        self._enable(True)
        self.said.setText(said)
        self.refresh()

    def _enable(self, on: bool) -> None:
        for widget in (self.folder, self.archive):
            widget.setEnabled(on)
        self._list.setEnabled(on)

    # --- progress

    def _poll(self) -> None:
        if self._doing:
            self._draw(self._bytes)
            size = " ".join(map(size_text, self._bytes[:1])) if self._bytes else ""
            self.said.setText(f"{self._doing} {size}")
        else:
            models = self._bridge.kb.models
            self._bridge.call(
                lambda: (models.building(), models.progress()), lambda found: self._built(*found)
            )

    def _built(self, building: str | None, progress: tuple[int, int] | None) -> None:
        if self._doing:
            return
        was = self.bar.isVisible()
        if progress is not None:
            self._draw(progress)
            done, documents = progress
            if building:
                until = tr("until then the model before answers")
                self.said.setText(f"{read_anew(done, documents)} · {until}")
            else:
                self.said.setText(second_reading(done, documents))
            self.cancel.setVisible(building is not None)
        elif was:
            self.bar.hide()
            self.cancel.hide()
            self.said.setText("")
            self.refresh()

    def _draw(self, progress: tuple[int, int] | None) -> None:
        done, total = progress or (0, 0)
        self.bar.setRange(0, 1000 if total else 0)
        self.bar.setValue(round(1000 * done / total) if total else 0)
        self.bar.show()

    def done(self, result: int) -> None:
        """Qt calls this for Esc, 'Close' and the button of the window frame."""
        self._cancelled.set()
        self._timer.stop()
        super().done(result)


def what_runs_where(status: Status) -> str:
    """The embedders and the reranker with their devices, and the notice about them if there is one."""
    readers = [bracketed(one.id, _device(one.device)) for one in status.readers]
    reader = bracketed(status.model, _device(status.device)) if status.model else ""
    named = " + ".join(readers) or reader or tr("none: search works by words")
    lines = [tr("Reading by {model}", model=named)]
    if status.reranker:
        named = bracketed(status.reranker, _device(status.reranker_device))
        lines.append(tr("Reranking by {model}", model=named))
    else:
        lines.append(tr("Reranking by {model}", model=tr("the embedding model itself")))
    if status.building:
        lines.append(tr("Read anew for {model}", model=status.building))
    return "\n".join([" · ".join(lines), *([say(status.notice)] if status.notice else [])])


def _price(status: Status) -> str:
    """The time and disk space that changing the embedder would cost; shown before one is chosen."""
    if not status.chunks:
        return ""
    size = size_text(needed_bytes(status.chunks, _DIMENSIONS))
    said = tr(
        "Another one reads all documents anew; meanwhile that takes up to {size} more of the disk.", size=size
    )
    return f" {said}"


def _device(device: str) -> str:
    return DEVICES.get(device) or tr("not loaded")


def _help(setting: str) -> str:
    return next(str(f.metadata["help"]) for f in dataclasses.fields(Settings) if f.name == setting)


def _facts(record: ModelRecord) -> str:
    languages = comma().join(tr(LANGUAGES[code]) for code in record.languages or () if code in LANGUAGES)
    size = size_text(record.size_bytes) if record.size_bytes else ""
    known = [languages, size, record.licence or ""]
    return " · ".join(part for part in (tr(record.who) if record.who else "", *known) if part)
