"""The key of quick find by the desktop's portal, against one that stands in for it on a bus of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from desktop_kb.gui.quick import global_key

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None, reason="needs a bus of Linux"
)
if sys.platform == "linux":
    from jeepney import (
        DBusAddress,
        HeaderFields,
        MessageType,
        message_bus,
        new_error,
        new_method_return,
        new_signal,
    )
    from jeepney.io.blocking import open_dbus_connection

    from desktop_kb.gui.quick import portal_key

PATH, BASE = "/org/freedesktop/portal/desktop", "org.freedesktop.portal"


class Portal:
    """Answers as xdg-desktop-portal does, on a thread.

    Attributes:
        bound: what was asked to be bound.
        code: what the person says to that: 0 yes, 1 no.
    """

    def __init__(self, *, offers: bool = True, code: int = 0) -> None:
        self.bound: list[tuple[Any, ...]] = []
        self.code, self._offers = code, offers
        self.session, self._asker = "", ""
        self._bus = open_dbus_connection()
        self._bus.send_and_get_reply(message_bus.RequestName(f"{BASE}.Desktop"))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while True:
            try:
                message = self._bus.receive()
            except OSError:
                self._bus.close()
                return  # the bus has ended
            fields = message.header.fields
            if message.header.message_type is not MessageType.method_call:
                continue
            member = fields[HeaderFields.member]
            if not self._offers or member == "Register":
                self._bus.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))
            elif member == "Get":
                self._bus.send(new_method_return(message, "v", (("u", 1),)))
            else:
                self._answer(message, member)

    def _answer(self, message: Any, member: str) -> None:
        self._asker = message.header.fields[HeaderFields.sender]
        own = self._asker.lstrip(":").replace(".", "_")
        options = message.body[-1]
        request = f"{PATH}/request/{own}/{options['handle_token'][1]}"
        self._bus.send(new_method_return(message, "o", (request,)))
        answer: dict[str, Any] = {}
        if member == "CreateSession":
            self.session = f"{PATH}/session/{own}/{options['session_handle_token'][1]}"
            answer = {"session_handle": ("s", self.session)}
        else:
            self.bound += message.body[1]
        self.tell(request, "Request", "Response", "ua{sv}", (self.code if answer == {} else 0, answer))

    def tell(self, path: str, interface: str, name: str, signature: str, body: tuple[Any, ...]) -> None:
        """Send a signal to who asked."""
        signal = new_signal(DBusAddress(path, interface=f"{BASE}.{interface}"), name, signature, body)
        signal.header.fields[HeaderFields.destination] = self._asker
        self._bus.send(signal)

    def press(self, session: str) -> None:
        """The key was pressed."""
        body = (session, "quick-find", 7, {"activation_token": ("s", "token-7")})
        self.tell(PATH, "GlobalShortcuts", "Activated", "osta{sv}", body)


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Portal]]:
    """Makes the portal of a bus of this test; without a call there is none on it."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert daemon.stdout is not None
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "wayland")
    made: list[Portal] = []

    def make(**options: Any) -> Portal:
        made.append(Portal(**options))
        return made[-1]

    yield make
    daemon.terminate()
    daemon.wait()
    daemon.stdout.close()
    for one in made:
        one.thread.join()


def test_the_portal_binds_the_key_and_tells_when_it_is_pressed(
    qtbot: QtBot, portal: Callable[..., Portal]
) -> None:
    desktop = portal()
    pressed: list[bool] = []
    key = global_key.bind("Ctrl+Alt+K", lambda: pressed.append(True))
    assert key.problem == ""
    qtbot.waitUntil(lambda: len(desktop.bound) == 1)
    name, wanted = desktop.bound[0]
    assert name == "quick-find"
    assert wanted == {"description": ("s", "Quick find"), "preferred_trigger": ("s", "CTRL+ALT+k")}
    desktop.press(f"{PATH}/session/other")  # another program's
    desktop.press(desktop.session)
    qtbot.waitUntil(lambda: bool(pressed))
    qtbot.wait(50)
    assert pressed == [True]
    key.release()


def test_a_desktop_that_binds_none_has_the_command_told(portal: Callable[..., Portal]) -> None:
    for make in (lambda: None, lambda: portal(offers=False)):
        make()
        key = global_key.bind("Ctrl+Alt+K", lambda: None)
        assert key.problem == "not-offered"
        key.release()
    assert global_key.try_out("Ctrl+Alt+K") == "not-offered"


def test_a_key_that_is_refused_is_told_later(qtbot: QtBot, portal: Callable[..., Portal]) -> None:
    desktop = portal(code=2)
    told: list[str] = []
    key = global_key.bind("Ctrl+Alt+K", lambda: None, told.append)
    qtbot.waitUntil(lambda: told == ["not-offered"])
    assert key.problem == "not-offered"
    assert desktop.bound
    key.release()


def test_trying_a_key_out_asks_the_person_nothing(qtbot: QtBot, portal: Callable[..., Portal]) -> None:
    desktop = portal()
    assert global_key.try_out("Ctrl+Alt+K") == ""
    qtbot.wait(100)
    assert desktop.bound == []
    assert desktop.session == ""


@pytest.mark.parametrize(
    ("keys", "trigger"),
    [("Ctrl+Alt+K", "CTRL+ALT+k"), ("Meta+F5", "LOGO+F5"), ("Ctrl+Space", "CTRL+space"), ("Media Play", "")],
)
def test_a_key_is_named_as_the_portal_has_it(keys: str, trigger: str) -> None:
    key = global_key.parsed(keys)
    assert key is not None
    assert key.keyboardModifiers() != Qt.KeyboardModifier.NoModifier or not trigger
    assert portal_key.trigger_of(key) == trigger
