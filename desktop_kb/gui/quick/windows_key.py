"""A key registered with Windows (RegisterHotKey), by a thread that waits for it.

Windows tells it to the queue of a thread. Qt's queue would hand it on only through a filter that sees every message of
the program.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from ctypes import byref
from typing import Any, Final

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.quick.global_key import KeyProblem, held

_WM_QUIT, _WM_HOTKEY = 0x0012, 0x0312
_NO_REPEAT: Final = 0x4000
_ALREADY_REGISTERED: Final = 1409

_Mod = Qt.KeyboardModifier
_MODIFIERS: Final = {
    _Mod.AltModifier: 1,
    _Mod.ControlModifier: 2,
    _Mod.ShiftModifier: 4,
    _Mod.MetaModifier: 8,
}
#: Virtual keys that are no letters or digits (WinUser.h).
_CODES: Final = {
    Qt.Key.Key_Backspace: 0x08,
    Qt.Key.Key_Tab: 0x09,
    Qt.Key.Key_Return: 0x0D,
    Qt.Key.Key_Enter: 0x0D,
    Qt.Key.Key_Pause: 0x13,
    Qt.Key.Key_Escape: 0x1B,
    Qt.Key.Key_Space: 0x20,
    Qt.Key.Key_PageUp: 0x21,
    Qt.Key.Key_PageDown: 0x22,
    Qt.Key.Key_End: 0x23,
    Qt.Key.Key_Home: 0x24,
    Qt.Key.Key_Left: 0x25,
    Qt.Key.Key_Up: 0x26,
    Qt.Key.Key_Right: 0x27,
    Qt.Key.Key_Down: 0x28,
    Qt.Key.Key_Print: 0x2C,
    Qt.Key.Key_Insert: 0x2D,
    Qt.Key.Key_Delete: 0x2E,
    Qt.Key.Key_Menu: 0x5D,
}
_F1: Final = 0x70


def code_of(key: Qt.Key, sign: Callable[[int], int]) -> int:
    """The virtual key of one of Qt's keys; 0 if there is none.

    Args:
        sign: the virtual key that writes a character, with what must be held in its second byte; -1 for none.
    """
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F24:
        return _F1 + key - Qt.Key.Key_F1
    if Qt.Key.Key_A <= key <= Qt.Key.Key_Z or Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
        return int(key)
    if key in _CODES:
        return _CODES[key]
    found = sign(key) if key < 0x10000 else -1
    return found & 0xFF if found & 0xFFFF != 0xFFFF else 0


class WindowsKey(QObject):
    """Holds the key as long as its thread runs."""

    #: from its thread
    _told = Signal()

    failed: Callable[[KeyProblem], object]

    def __init__(self, key: QKeyCombination, pressed: Callable[[], object]) -> None:
        super().__init__()
        self.problem: KeyProblem = ""
        library = vars(ctypes)["WinDLL"]  # Windows alone has it
        self._user, self._kernel = library("user32", use_last_error=True), library("kernel32")
        self._told.connect(pressed, Qt.ConnectionType.QueuedConnection)
        self._modifiers = held(key, _MODIFIERS)
        self._code = code_of(Qt.Key(key.key()), self._user.VkKeyScanW)
        self._id = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="key", daemon=True)
        self._thread.start()
        self._ready.wait()

    def bring(self, window: QWidget) -> None:
        """Windows lets the program that a key was told take the focus."""

    def release(self) -> None:
        """Give the key back."""
        self._user.PostThreadMessageW(self._id, _WM_QUIT, 0, 0)
        self._thread.join(2)

    def _run(self) -> None:
        self._id = self._kernel.GetCurrentThreadId()
        wanted = self._code, self._modifiers | _NO_REPEAT
        if not self._code:
            self.problem = "no-such-key"
        elif not self._user.RegisterHotKey(None, 1, wanted[1], wanted[0]):
            self.problem = "taken" if _last_error() == _ALREADY_REGISTERED else "not-offered"
        message = _message()
        self._user.PeekMessageW(byref(message), None, 0, 0, 0)  # makes the queue that WM_QUIT is posted to
        self._ready.set()
        while not self.problem and self._user.GetMessageW(byref(message), None, 0, 0) > 0:
            if message.message == _WM_HOTKEY:
                self._told.emit()
        self._user.UnregisterHotKey(None, 1)


def _last_error() -> int:
    return int(vars(ctypes)["get_last_error"]())


def _message() -> Any:
    from ctypes import wintypes

    return wintypes.MSG()
