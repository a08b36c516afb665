"""Finds a graphics card that this installation cannot use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from desktop_kb.records import Finding

#: The first is made by NVIDIA's driver if there is a card (driver README, 'proc interface'), the second by
#: WSL.
_DRIVER: Final = (Path("/proc/driver/nvidia/gpus"), Path("/usr/lib/wsl/lib/nvidia-smi"))


def unused_card() -> Finding | None:
    """If torch has no CUDA: a finding that there is an NVIDIA card, with how this program was installed as
    its reason, since that decides what to install instead.

    Linux only: PyPI has no torch with CUDA for other systems.
    """
    if sys.platform != "linux" or not any(place.exists() for place in _DRIVER):
        return None
    return Finding("unused-card", {"reason": "package" if getattr(sys, "frozen", False) else "source"})
