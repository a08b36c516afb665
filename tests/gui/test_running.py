"""Files and links that the system hands to the running program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from desktop_kb.gui.running import Application

LINK = "desktop-kb:0123456789abcdef/s?q=%E8%9C%82+a%26b"


def test_what_the_system_opens_waits_for_the_window_and_is_passed_on(
    qapp: QApplication, tmp_path: Path
) -> None:
    assert isinstance(qapp, Application)
    taken: list[tuple[list[Path], str]] = []

    def take(files: Sequence[Path], link: str) -> None:
        taken.append((list(files), link))

    def hand(event: QFileOpenEvent) -> None:
        QCoreApplication.postEvent(qapp, event)
        QCoreApplication.sendPostedEvents(qapp)

    hand(QFileOpenEvent(QUrl(LINK)))
    assert taken == []
    qapp.pass_to(take)
    assert taken == [([], LINK)]
    hand(QFileOpenEvent(str(tmp_path / "a b.pdf")))
    hand(QFileOpenEvent(QUrl("https://example.org/a.pdf")))
    assert taken[1:] == [([tmp_path / "a b.pdf"], "")]
    qapp.pass_to(None)
    hand(QFileOpenEvent(QUrl(LINK)))
    assert len(taken) == 2
    qapp.pass_to(take)
    assert taken[2:] == [([], LINK)]
    qapp.pass_to(None)
