"""Which of Qt's input method modules the window speaks through, so that Chinese can be typed.

Qt's own wheels carry the modules of IBus and of compose keys alone. Desktops set up for fcitx name
its module (`QT_IM_MODULE=fcitx`), which is not there, and Qt then takes compose keys without a
word: pinyin stays Latin. fcitx 5 answers on IBus's interface too, so IBus's module serves both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: What Qt tries after the modules that were asked for, in this order: the text input of a Wayland
#: compositor (a window on X11 has none), then IBus's interface. Qt passes over what it cannot load or
#: reach, and ends at compose keys (qplatforminputcontextfactory.cpp, qwaylandintegration.cpp in qtbase).
_NEXT: Final = ("wayland", "ibus")
#: 'none' switches Qt's input methods off.
_OFF: Final = "none"


def modules(environment: Mapping[str, str]) -> str:
    """The value of QT_IM_MODULES for this environment; '' leaves the choice to Qt.

    What the person asked for stays first, and is taken where this Qt has it.
    """
    several = [name for name in environment.get("QT_IM_MODULES", "").split(";") if name]
    one = environment.get("QT_IM_MODULE", "")
    asked = several or ([one] if one else [])
    if _OFF in asked or not (asked or _named(environment.get("XMODIFIERS", ""))):
        return ";".join(several)
    return ";".join([*asked, *(name for name in _NEXT if name not in asked)])


def _named(modifiers: str) -> bool:
    """Whether X11 is told of an input method: '@im=fcitx'."""
    found = re.search(r"@im=([^@]+)", modifiers)
    return found is not None and found[1].lower() not in (_OFF, "local")
