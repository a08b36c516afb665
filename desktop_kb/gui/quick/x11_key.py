"""A key grabbed from the X server, over a connection of its own.

Qt's connection would deliver the key only through a filter that sees every event of the program. libxcb is there
wherever Qt's platform xcb is.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterator
from ctypes import POINTER, Structure, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from typing import Any, Final

from PySide6.QtCore import QKeyCombination, QSocketNotifier, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.quick.global_key import KeyProblem, held

_PRESS, _RELEASE, _CLIENT_MESSAGE, _MAPPING = 2, 3, 33, 34
_ASYNC: Final = 1
_BAD_ACCESS: Final = 10
#: SubstructureNotify and SubstructureRedirect: how a window manager is spoken to.
_TO_MANAGER: Final = 1 << 19 | 1 << 20
#: In _NET_ACTIVE_WINDOW: the person asked for it, not the program (EWMH).
_BY_PERSON: Final = 2

_Mod = Qt.KeyboardModifier
_MODIFIERS: Final = {
    _Mod.ShiftModifier: 1,
    _Mod.ControlModifier: 4,
    _Mod.AltModifier: 8,
    _Mod.MetaModifier: 64,
}
#: Caps Lock and Num Lock may be on.
_LOCKS: Final = (0, 2, 16, 18)

#: Key symbols that are no letters (X11/keysymdef.h).
_SYMBOLS: Final = {
    Qt.Key.Key_Escape: 0xFF1B,
    Qt.Key.Key_Tab: 0xFF09,
    Qt.Key.Key_Backspace: 0xFF08,
    Qt.Key.Key_Return: 0xFF0D,
    Qt.Key.Key_Enter: 0xFF8D,
    Qt.Key.Key_Insert: 0xFF63,
    Qt.Key.Key_Delete: 0xFFFF,
    Qt.Key.Key_Pause: 0xFF13,
    Qt.Key.Key_Print: 0xFF61,
    Qt.Key.Key_Home: 0xFF50,
    Qt.Key.Key_Left: 0xFF51,
    Qt.Key.Key_Up: 0xFF52,
    Qt.Key.Key_Right: 0xFF53,
    Qt.Key.Key_Down: 0xFF54,
    Qt.Key.Key_PageUp: 0xFF55,
    Qt.Key.Key_PageDown: 0xFF56,
    Qt.Key.Key_End: 0xFF57,
    Qt.Key.Key_Menu: 0xFF67,
}
_F1: Final = 0xFFBE


class _Cookie(Structure):
    _fields_ = [("sequence", ctypes.c_uint)]


class _Screens(Structure):
    _fields_ = [("data", POINTER(c_uint32)), ("rem", c_int), ("index", c_int)]


def _library() -> Any:
    xcb = ctypes.CDLL("libxcb.so.1")
    for name, result, *arguments in (
        ("connect", c_void_p, c_char_p, POINTER(c_int)),
        ("connection_has_error", c_int, c_void_p),
        ("disconnect", None, c_void_p),
        ("get_file_descriptor", c_int, c_void_p),
        ("get_setup", c_void_p, c_void_p),
        ("setup_roots_iterator", _Screens, c_void_p),
        ("screen_next", None, POINTER(_Screens)),
        ("get_keyboard_mapping", _Cookie, c_void_p, c_uint8, c_uint8),
        ("get_keyboard_mapping_reply", c_void_p, c_void_p, _Cookie, c_void_p),
        ("grab_key_checked", _Cookie, c_void_p, c_uint8, c_uint32, c_uint16, c_uint8, c_uint8, c_uint8),
        ("ungrab_key", _Cookie, c_void_p, c_uint8, c_uint32, c_uint16),
        ("request_check", c_void_p, c_void_p, _Cookie),
        ("poll_for_event", c_void_p, c_void_p),
        ("intern_atom", _Cookie, c_void_p, c_uint8, c_uint16, c_char_p),
        ("intern_atom_reply", c_void_p, c_void_p, _Cookie, c_void_p),
        ("send_event", _Cookie, c_void_p, c_uint8, c_uint32, c_uint32, c_char_p),
        ("flush", c_int, c_void_p),
    ):
        function = getattr(xcb, f"xcb_{name}")
        function.restype, function.argtypes = result, arguments
    return xcb


def symbol_of(key: Qt.Key) -> int:
    """The key symbol of one of Qt's keys; of letters the small one."""
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35:
        return _F1 + key - Qt.Key.Key_F1
    return _SYMBOLS.get(key, ord(chr(key).lower()) if key < 0x100 else 0)


class X11Key:
    """Grabs the key on the root window, and again when the keyboard's layout changes."""

    failed: Callable[[KeyProblem], object]

    def __init__(self, key: QKeyCombination, pressed: Callable[[], object]) -> None:
        self.problem: KeyProblem = ""
        self._pressed = pressed
        self._symbol = symbol_of(Qt.Key(key.key()))
        self._modifiers = held(key, _MODIFIERS)
        self._code = self._time = 0
        self._released = -1  # when; a held key is released and pressed at one time, again and again
        self._xcb = _library()
        self._free = ctypes.CDLL(None).free
        self._free.argtypes = [c_void_p]
        screen = c_int(0)
        self._connection = self._xcb.xcb_connect(None, ctypes.byref(screen))
        if self._xcb.xcb_connection_has_error(self._connection):
            self.problem = "not-offered"
            return
        self._setup = self._xcb.xcb_get_setup(self._connection)
        screens = self._xcb.xcb_setup_roots_iterator(self._setup)
        for _ in range(screen.value):
            self._xcb.xcb_screen_next(ctypes.byref(screens))
        self._root = screens.data[0]
        self._grab()
        self._notifier = QSocketNotifier(
            self._xcb.xcb_get_file_descriptor(self._connection), QSocketNotifier.Type.Read
        )
        self._notifier.activated.connect(self._read)
        self._read()  # what came with the replies tells the notifier nothing

    def release(self) -> None:
        """Give the key back; the server does, when the connection ends."""
        if not self._xcb.xcb_connection_has_error(self._connection):
            self._notifier.setEnabled(False)
        self._xcb.xcb_disconnect(self._connection)

    def bring(self, window: QWidget) -> None:
        """Have the window manager give a window the focus as by the key: of a program in which nothing was
        pressed for a while many keep it back."""
        QGuiApplication.sync()  # it is to know the window first
        name = b"_NET_ACTIVE_WINDOW"
        asked = self._xcb.xcb_intern_atom(self._connection, 0, len(name), name)
        reply = self._xcb.xcb_intern_atom_reply(self._connection, asked, None)
        if not reply:
            return
        (atom,) = struct.unpack_from("I", ctypes.string_at(reply, 12), 8)
        self._free(reply)
        data = (_BY_PERSON, self._time, 0, 0, 0)
        message = struct.pack("BBHII5I", _CLIENT_MESSAGE, 32, 0, int(window.winId()), atom, *data)
        self._xcb.xcb_send_event(self._connection, 0, self._root, _TO_MANAGER, message)
        self._xcb.xcb_flush(self._connection)

    def _grab(self) -> None:
        if self._code:
            self._xcb.xcb_ungrab_key(self._connection, self._code, self._root, 0x8000)
        self._code = self._find()
        self.problem = "" if self._code else "no-such-key"
        for locks in _LOCKS if self._code else ():
            grabbed = self._xcb.xcb_grab_key_checked(
                self._connection, 1, self._root, self._modifiers | locks, self._code, _ASYNC, _ASYNC
            )
            error = self._xcb.xcb_request_check(self._connection, grabbed)
            if error:
                self.problem = "taken" if ctypes.string_at(error, 2)[1] == _BAD_ACCESS else "not-offered"
                self._free(error)

    def _find(self) -> int:
        """The code of the key with this symbol, at best without another key held; 0 if none has it."""
        first, last = ctypes.string_at(self._setup, 36)[34:36]
        asked = self._xcb.xcb_get_keyboard_mapping(self._connection, first, last - first + 1)
        reply = self._xcb.xcb_get_keyboard_mapping_reply(self._connection, asked, None)
        if not reply or not self._symbol:
            return 0
        each = ctypes.string_at(reply, 2)[1]
        (length,) = struct.unpack("I", ctypes.string_at(reply + 4, 4))
        symbols = struct.unpack(f"{length}I", ctypes.string_at(reply + 32, 4 * length))
        self._free(reply)
        found = [at for at, symbol in enumerate(symbols) if symbol == self._symbol]
        return first + min(found, key=lambda at: at % each) // each if found else 0

    def _events(self) -> Iterator[bytes]:
        while event := self._xcb.xcb_poll_for_event(self._connection):
            yield ctypes.string_at(event, 32)
            self._free(event)

    def _read(self) -> None:
        for event in self._events():
            kind, (time,) = event[0] & 0x7F, struct.unpack_from("I", event, 4)
            if kind == _MAPPING:
                self._grab()
                if self.problem:
                    self.failed(self.problem)
            elif kind == _RELEASE:
                self._released = time
            elif kind == _PRESS and time != self._released:
                self._time = time
                self._pressed()
