"""A key that works everywhere on the desktop, where the system offers that.

`x11_key`, `windows_key`, `mac_key` and `portal_key` (Wayland) are one class each, made of a key and what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, Literal, Protocol

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.actions import keys_text
from desktop_kb.gui.translation import tr

#: Why a key does nothing: another program has it, the keyboard lacks it, or there are none on this desktop.
KeyProblem = Literal["", "taken", "no-such-key", "not-offered"]

#: By the name of Qt's platform: the module and its class.
_SYSTEMS: Final = {
    "xcb": ("x11_key", "X11Key"),
    "windows": ("windows_key", "WindowsKey"),
    "cocoa": ("mac_key", "MacKey"),
    "wayland": ("portal_key", "PortalKey"),
}


class GlobalKey(Protocol):
    """A key that was bound, or could not be.

    Attributes:
        problem: why it does nothing, '' if it works.
        failed: called with the problem when it works no longer, on the window's thread.
    """

    problem: KeyProblem
    failed: Callable[[KeyProblem], object]

    def bring(self, window: QWidget) -> None:
        """Give the focus to a window that the key has shown, where the system asks for more than Qt does."""

    def release(self) -> None:
        """Give the key back."""


class _None:
    """No key: none was chosen, or none can be bound."""

    failed: Callable[[KeyProblem], object]

    def __init__(self, problem: KeyProblem = "") -> None:
        self.problem = problem

    def bring(self, window: QWidget) -> None:
        pass

    def release(self) -> None:
        pass


def parsed(keys: str) -> QKeyCombination | None:
    """The key of a setting; None for none."""
    sequence = QKeySequence(keys, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1:
        return None
    first: QKeyCombination = sequence[0]  # type: ignore[index]  # missing in PySide6's stubs
    return first if first.key() != Qt.Key.Key_unknown else None


def held(key: QKeyCombination, bits: Mapping[Qt.KeyboardModifier, int]) -> int:
    """What must be held with a key, in the bits that a system has for it."""
    return sum(bit for name, bit in bits.items() if key.keyboardModifiers() & name)


def bind(
    keys: str,
    pressed: Callable[[], object],
    failed: Callable[[KeyProblem], object] = lambda _problem: None,
) -> GlobalKey:
    """Have `pressed` called, on the window's thread, whenever the key is pressed in any program, and `failed` if that
    ends later."""
    combination, system = parsed(keys), offered()
    if not keys:
        return _None()
    if system is None or combination is None:
        return _None("not-offered" if system is None else "no-such-key")
    module, name = system
    made: GlobalKey = getattr(import_module(f"{__package__}.{module}"), name)(combination, pressed)
    made.failed = failed
    return made


def offered() -> tuple[str, str] | None:
    """The module and class for this desktop; None if it offers no such keys."""
    platform = QGuiApplication.platformName().partition("-")[0]
    if platform == "wayland" and not _portal_is_there():
        return None
    return _SYSTEMS.get(platform)


def _portal_is_there() -> bool:
    from desktop_kb.gui.quick import portal_key

    return portal_key.is_there()


def try_out(keys: str) -> KeyProblem:
    """Why this key would do nothing; it is not kept."""
    system = offered()
    if system == _SYSTEMS["wayland"]:
        return ""  # the desktop itself asks the person, when the key is bound
    bound = bind(keys, lambda: None)
    bound.release()
    return bound.problem


def said(problem: KeyProblem, keys: str) -> str:
    """A problem in words, with what to do."""
    key = keys_text((keys,))
    match problem:
        case "taken":
            return tr(
                "Another program has {key}, so it does not open quick find. Choose another key in the settings.",
                key=key,
            )
        case "no-such-key":
            return tr(
                "This keyboard has no {key}. Choose another key for quick find in the settings.", key=key
            )
        case "not-offered":
            return tr(
                "This desktop offers programs no keys that work everywhere. Bind the command 'desktop-kb quick' to a "
                "key in its settings."
            )
        case _:
            return ""
