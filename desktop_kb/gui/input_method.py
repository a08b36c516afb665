"""The choice of Qt's input method module, so that Chinese can be typed.

The PySide6 wheels contain only the modules for IBus and for compose keys. A desktop set up for fcitx
names fcitx's module (`QT_IM_MODULE=fcitx`), which they lack. Qt then silently falls back to compose
keys, and pinyin stays Latin. fcitx 5 also implements IBus's interface, so IBus's module serves both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: What Qt tries after the modules that were asked for, in this order: the text input of a Wayland
#: compositor (a window on X11 has none), then IBus's interface. Qt skips a module that it cannot load or
#: connect, and ends at compose keys (qplatforminputcontextfactory.cpp, qwaylandintegration.cpp in qtbase).
_NEXT: Final = ("wayland", "ibus")
#: 'none' switches Qt's input methods off.
_OFF: Final = "none"


def modules(environment: Mapping[str, str]) -> str:
    """The value of QT_IM_MODULES for this environment; '' leaves the choice to Qt.

    The module that the person asked for stays first, and Qt uses it if it has it.
    """
    several = [name for name in environment.get("QT_IM_MODULES", "").split(";") if name]
    one = environment.get("QT_IM_MODULE", "")
    asked = several or ([one] if one else [])
    if _OFF in asked or not (asked or _named(environment.get("XMODIFIERS", ""))):
        return ";".join(several)
    return ";".join([*asked, *(name for name in _NEXT if name not in asked)])


def _named(modifiers: str) -> bool:
    """Whether XMODIFIERS names an input method, such as '@im=fcitx'."""
    found = re.search(r"@im=([^@]+)", modifiers)
    return found is not None and found[1].lower() not in (_OFF, "local")
