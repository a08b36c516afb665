"""Followed folders in the window: what becomes of their files while it is open, and one quiet line that says so."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge, Task
from desktop_kb.gui.indexing.intake import Intake
from desktop_kb.gui.notice import Notice
from desktop_kb.gui.side_bar import SideBar
from desktop_kb.gui.translation import tr
from desktop_kb.kb import FolderWatch
from desktop_kb.records import FolderEvent, FolderEventKind, FollowedFolder

#: When the window has begun and its first question may have been asked; and when it begins anew after a failure.
_SOON_MS: Final = 3_000
_AGAIN_MS: Final = 10_000
#: After so long without a failure the same one is news: looking through all folders is over by then.
_WELL_S: Final = 120.0
#: News is gathered so long before it is said.
_GATHER_MS: Final = 1_500
#: What is said of so many files, in this order.
NEWS: Final[dict[FolderEventKind, str]] = {
    "new": "{n} new",
    "changed": "{n} changed",
    "moved": "{n} moved",
    "back": "{n} back",
    "gone": "{n} gone",
    "failed": "{n} cannot be read",
}


class News:
    """What has become of files since it was said and read, each file once."""

    def __init__(self) -> None:
        self._of: dict[str, FolderEventKind] = {}

    def hear(self, event: FolderEvent) -> None:
        """Add an event; one that undoes another takes it away."""
        before = self._of.pop(event.from_ or event.path, None)
        kind = event.event
        if kind == "gone" and before == "new":
            return
        if before in ("new", "moved") and kind in ("changed", "moved"):
            kind = before
        if (before, kind) != ("gone", "back"):
            self._of[event.path] = kind

    def forget(self) -> None:
        """It was read."""
        self._of.clear()

    def words(self) -> str:
        """One line, with what to do; '' where nothing is to be said."""
        counts = Counter(self._of.values())
        said = [tr(text, n=f"{counts[kind]:,}") for kind, text in NEWS.items() if counts[kind]]
        if not said:
            return ""
        words = [tr("In followed folders: {what}.", what=tr(", ").join(said))]
        if counts["gone"]:
            words.append(tr("What is gone stays in the library until you remove it: see 'File gone'."))
        if counts["failed"]:
            words.append(tr("'Failed' says why."))
        return " ".join(words)


class Follower(QObject):
    """Follows the folders of a library on a thread of its own, from `watch` on.

    Attributes:
        running: whether it does.
    """

    #: documents have come, gone or changed, or other folders are followed
    changed = Signal()
    _heard = Signal(object)

    def __init__(self, bridge: Bridge, notice: Notice, intake: Intake, side_bar: SideBar) -> None:
        super().__init__(side_bar)
        self._bridge, self._notice = bridge, notice
        self._news, self._said = News(), ""
        self._watch: FolderWatch | None = None
        self._failed, self._began = "", 0.0
        self._timer = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._timer.timeout.connect(self._say)
        self._heard.connect(self._hear)
        intake.follow_requested.connect(self.follow)
        intake.looked_again.connect(self.look_again)
        side_bar.follow_requested.connect(self.follow)
        side_bar.unfollow_requested.connect(self.unfollow)

    @property
    def running(self) -> bool:
        """Whether the folders are followed."""
        return self._watch is not None

    def watch(self) -> None:
        """Begin soon, for as long as the library is open."""
        QTimer.singleShot(_SOON_MS, self, self._begin)

    def look_again(self) -> None:
        """Look through all followed folders now."""
        if self._watch is not None:
            self._watch.look_again()

    def follow(self, folder: Path | str) -> None:
        """Follow a folder; what is in it is added."""
        self._bridge.call(lambda: self._bridge.kb.follow_folder(folder), self._followed)

    def unfollow(self, folder: str) -> None:
        """Follow a folder no longer; its documents stay."""
        self._bridge.call(lambda: self._bridge.kb.unfollow_folder(folder), self._unfollowed)

    def _followed(self, folder: FollowedFolder) -> None:
        said = tr("'{name}' is followed: what changes in it is taken over by itself.", name=_name(folder))
        self._notice.say(said, lambda: self.unfollow(folder.path))
        self.changed.emit()

    def _unfollowed(self, folder: FollowedFolder) -> None:
        said = tr("'{name}' is followed no longer; its documents stay.", name=_name(folder))
        self._notice.say(said, lambda: self.follow(folder.path))
        self.changed.emit()

    # --- the thread

    def _begin(self) -> None:
        task = Task(self._run)
        task.failed.connect(self._stopped)
        self._bridge.begin(task)

    def _run(self, task: Task) -> None:
        self._began = time.monotonic()
        watch = self._watch = self._bridge.kb.folder_watch(task.cancelled)
        for event in watch.events():
            self._heard.emit(event)

    def _stopped(self, problem: Problem) -> None:
        """Say it once for as long as it lasts, and begin anew: the library's folder may be back by then."""
        self._watch = None
        if problem.code == "read-only":
            return  # for searching only
        if problem.code != self._failed or time.monotonic() - self._began > _WELL_S:
            self._failed = problem.code
            self._bridge.failed.emit(problem)
        QTimer.singleShot(_AGAIN_MS, self, self._begin)

    # --- news

    def _hear(self, event: FolderEvent) -> None:
        if self._said and not self._is_said():
            self._news.forget()  # it was read, and its line closed
            self._said = ""
        self._news.hear(event)
        if not self._timer.isActive():
            self._timer.start()

    def _is_said(self) -> bool:
        return self._notice.isVisible() and self._notice.words.text() == self._said

    def _say(self) -> None:
        self.changed.emit()
        words = self._news.words()
        if words:
            self._said = words
            self._notice.say(words)
        elif self._said and self._is_said():
            self._notice.hide()


def _name(folder: FollowedFolder) -> str:
    return Path(folder.path).name or folder.path
