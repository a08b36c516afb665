"""A key registered with macOS (Carbon's RegisterEventHotKey, which needs no permission and has no successor)."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import POINTER, Structure, byref, c_int32, c_uint32, c_void_p
from typing import Any, Final

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.quick.global_key import KeyProblem, held

_CARBON: Final = "/System/Library/Frameworks/Carbon.framework/Carbon"
_SIGNATURE: Final = int.from_bytes(b"DKBq")
_KEYBOARD, _HOT_KEY_PRESSED = int.from_bytes(b"keyb"), 5
_EXISTS: Final = -9878  # eventHotKeyExistsErr

_Mod = Qt.KeyboardModifier
#: Qt's Control is Cmd on a Mac, its Meta is Control (Events.h).
_MODIFIERS: Final = {
    _Mod.ControlModifier: 1 << 8,
    _Mod.ShiftModifier: 1 << 9,
    _Mod.AltModifier: 1 << 11,
    _Mod.MetaModifier: 1 << 12,
}
#: Where keys lie on the American keyboard (kVK_… of Events.h).
_LETTERS: Final = dict(
    zip(
        "ASDFHGZXCVBQWERYT123465=97-80]OU[IPLJ'K;\\,/NM.",
        (*range(10), *range(11, 36), *range(37, 48)),
        strict=True,
    )
)
_CODES: Final = {
    Qt.Key.Key_Return: 36,
    Qt.Key.Key_Tab: 48,
    Qt.Key.Key_Space: 49,
    Qt.Key.Key_Escape: 53,
    Qt.Key.Key_F1: 122,
    Qt.Key.Key_F2: 120,
    Qt.Key.Key_F3: 99,
    Qt.Key.Key_F4: 118,
    Qt.Key.Key_F5: 96,
    Qt.Key.Key_F6: 97,
    Qt.Key.Key_F7: 98,
    Qt.Key.Key_F8: 100,
    Qt.Key.Key_F9: 101,
    Qt.Key.Key_F10: 109,
    Qt.Key.Key_F11: 103,
    Qt.Key.Key_F12: 111,
}


class _Kind(Structure):
    _fields_ = [("eventClass", c_uint32), ("eventKind", c_uint32)]


class _Id(Structure):
    _fields_ = [("signature", c_uint32), ("id", c_uint32)]


_Handler: Any = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, c_void_p)


def code_of(key: Qt.Key) -> int | None:
    """The code of one of Qt's keys; None if it has none here."""
    return _CODES.get(key, _LETTERS.get(chr(key)) if key < 0x100 else None)


class MacKey(QObject):
    """Holds the key until it is given back."""

    #: later, when macOS' own call is over
    _told = Signal()

    failed: Callable[[KeyProblem], object]

    def __init__(self, key: QKeyCombination, pressed: Callable[[], object]) -> None:
        super().__init__()
        self._told.connect(pressed, Qt.ConnectionType.QueuedConnection)
        self._carbon: Any = ctypes.CDLL(_CARBON)
        self._carbon.GetEventDispatcherTarget.restype = c_void_p
        self._carbon.InstallEventHandler.argtypes = [
            c_void_p, _Handler, c_uint32, POINTER(_Kind), c_void_p, POINTER(c_void_p),
        ]  # fmt: skip
        self._carbon.RegisterEventHotKey.argtypes = [
            c_uint32, c_uint32, _Id, c_void_p, c_uint32, POINTER(c_void_p),
        ]  # fmt: skip
        self._carbon.UnregisterEventHotKey.argtypes = self._carbon.RemoveEventHandler.argtypes = [c_void_p]
        self._handler, self._key = c_void_p(), c_void_p()
        self._call = _Handler(self._pressed)  # kept, as macOS calls it later
        self.problem = self._register(key)

    def _register(self, key: QKeyCombination) -> KeyProblem:
        code = code_of(Qt.Key(key.key()))
        if code is None:
            return "no-such-key"
        target = self._carbon.GetEventDispatcherTarget()
        kind = _Kind(_KEYBOARD, _HOT_KEY_PRESSED)
        installed = self._carbon.InstallEventHandler(
            target, self._call, 1, byref(kind), None, byref(self._handler)
        )
        modifiers = held(key, _MODIFIERS)
        failed = installed or self._carbon.RegisterEventHotKey(
            code, modifiers, _Id(_SIGNATURE, 1), target, 0, byref(self._key)
        )
        return "" if not failed else "taken" if failed == _EXISTS else "not-offered"

    def bring(self, window: QWidget) -> None:
        """Qt activates the program with its window."""

    def release(self) -> None:
        """Give the key back."""
        if self._key:
            self._carbon.UnregisterEventHotKey(self._key)
        if self._handler:
            self._carbon.RemoveEventHandler(self._handler)

    def _pressed(self, _next: object, _event: object, _data: object) -> int:
        self._told.emit()
        return 0
