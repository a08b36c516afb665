"""A key that the desktop binds, asked for through its portal: on Wayland no program sees another one's keys.

The portal is org.freedesktop.portal.GlobalShortcuts (version 1). Calls that may open a dialog of the desktop are
answered later, by a signal; all of it is read on the window's thread when the bus has sent something.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    Properties,
    message_bus,
    new_method_call,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from PySide6.QtCore import QKeyCombination, QSocketNotifier, Qt
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.quick.global_key import KeyProblem
from desktop_kb.gui.translation import tr

log = logging.getLogger(__name__)

_NAME, _PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
_SHORTCUTS: Final = DBusAddress(_PATH, bus_name=_NAME, interface="org.freedesktop.portal.GlobalShortcuts")
#: A bus that answers no sooner has none for us; the portal may have to be started.
_ANSWER_S: Final = 2.0
_REGISTRY: Final = DBusAddress(_PATH, bus_name=_NAME, interface="org.freedesktop.host.portal.Registry")
#: The name of the program's desktop file. Some portals bind keys only for programs that have one.
_PROGRAM: Final = "desktop-kb"
_ID: Final = "quick-find"
_Mod = Qt.KeyboardModifier
_MODIFIERS: Final = {
    _Mod.ControlModifier: "CTRL",
    _Mod.AltModifier: "ALT",
    _Mod.ShiftModifier: "SHIFT",
    _Mod.MetaModifier: "LOGO",
}


def is_there() -> bool:
    """Whether this desktop's portal binds keys."""
    try:
        with open_dbus_connection() as bus:
            asked = bus.send_and_get_reply(Properties(_SHORTCUTS).get("version"), timeout=_ANSWER_S)
    except (OSError, KeyError, ValueError) as error:  # no bus, none named, or a name that is none
        log.info("no portal for keys: %s", type(error).__name__)
        return False
    return bool(asked.header.message_type is MessageType.method_return)


def trigger_of(key: QKeyCombination) -> str:
    """The key as the portal has it (XDG shortcuts specification), '' where only the person can say it."""
    name, code = "", Qt.Key(key.key())
    if Qt.Key.Key_F1 <= code <= Qt.Key.Key_F35:
        name = f"F{code - Qt.Key.Key_F1 + 1}"
    elif code == Qt.Key.Key_Space:
        name = "space"
    elif code < 0x80 and chr(code).isalnum():
        name = chr(code).lower()
    modifiers = [word for one, word in _MODIFIERS.items() if key.keyboardModifiers() & one]
    return "+".join([*modifiers, name]) if name else ""


class PortalKey:
    """Asks the desktop to bind the key. The person may choose another one there, or none."""

    failed: Callable[[KeyProblem], object]

    def __init__(self, key: QKeyCombination, pressed: Callable[[], object]) -> None:
        self.problem: KeyProblem = ""
        self._pressed, self._trigger = pressed, trigger_of(key)
        self._session = ""
        self._waits: dict[str, Callable[[dict[str, Any]], None]] = {}  # by the path of a request
        self._calls: set[int] = set()
        self._notifier: QSocketNotifier | None = None
        try:
            self._bus: DBusConnection = open_dbus_connection()
        except (OSError, KeyError, ValueError):
            self.problem = "not-offered"
            return
        self._notifier = QSocketNotifier(self._bus.sock.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._read)
        for interface in ("Request", "GlobalShortcuts", "Session"):
            rule = MatchRule(type="signal", sender=_NAME, interface=f"org.freedesktop.portal.{interface}")
            self._bus.send(message_bus.AddMatch(rule))  # heeded before what is sent after it
        # A portal older than 1.20 does not know it, and needs it not.
        self._bus.send(new_method_call(_REGISTRY, "Register", "sa{sv}", (_PROGRAM, {})))
        self._ask("CreateSession", "", (), {"session_handle_token": ("s", _token())}, self._bind)

    def release(self) -> None:
        """Give the key back; the portal does, when the connection ends."""
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._bus.close()

    def bring(self, window: QWidget) -> None:
        """Nothing: Qt activates the window with the token that came with the key."""

    def _ask(
        self,
        method: str,
        signature: str,
        given: tuple[Any, ...],
        options: dict[str, Any],
        then: Callable[[dict[str, Any]], None],
    ) -> None:
        """Call a method whose answer is a signal of its request."""
        token = _token()
        sender = self._bus.unique_name.lstrip(":").replace(".", "_")
        self._waits[f"{_PATH}/request/{sender}/{token}"] = then
        body = (*given, {**options, "handle_token": ("s", token)})
        serial = next(self._bus.outgoing_serial)
        self._calls.add(serial)
        self._bus.send(new_method_call(_SHORTCUTS, method, f"{signature}a{{sv}}", body), serial=serial)

    def _bind(self, answer: dict[str, Any]) -> None:
        self._session = str(answer["session_handle"][1])
        wanted = {"description": ("s", tr("Quick find"))}
        if self._trigger:
            wanted["preferred_trigger"] = ("s", self._trigger)
        given = (self._session, [(_ID, wanted)], "")
        self._ask("BindShortcuts", "oa(sa{sv})s", given, {}, lambda _bound: None)

    def _read(self) -> None:
        try:
            while True:
                self._take(self._bus.receive(timeout=0))
        except TimeoutError:
            return  # that was all
        except OSError:
            self._fail("the bus has gone")

    def _take(self, message: Message) -> None:
        fields = message.header.fields
        path, member = fields.get(HeaderFields.path), fields.get(HeaderFields.member)
        if message.header.message_type is MessageType.error:
            if fields.get(HeaderFields.reply_serial) in self._calls:
                self._fail(str(fields.get(HeaderFields.error_name)))
        elif member == "Response" and path in self._waits:
            then, (code, answer) = self._waits.pop(path), message.body
            if code:
                self._fail(f"answer {code}")
            else:
                then(answer)
        elif member == "Activated" and message.body[:2] == (self._session, _ID):
            # Qt's platform for Wayland activates the next window with it.
            if token := message.body[3].get("activation_token"):
                os.environ["XDG_ACTIVATION_TOKEN"] = token[1]
            self._pressed()
        elif member == "Closed" and path == self._session:
            self._fail("the session was closed")

    def _fail(self, why: str) -> None:
        log.info("the portal binds no key: %s", why)
        if self._notifier is not None:
            self._notifier.setEnabled(False)
        self.problem = "not-offered"
        self.failed(self.problem)


def _token() -> str:
    return f"desktop_kb_{uuid4().hex}"
