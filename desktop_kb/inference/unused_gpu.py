"""A graphics card that this installation cannot use: whether there is one, and what would use it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from desktop_kb.records import Finding

#: Written by NVIDIA's driver for each of its cards (driver README, 'proc interface'); the other is WSL's.
_DRIVER: Final = (Path("/proc/driver/nvidia/gpus"), Path("/usr/lib/wsl/lib/nvidia-smi"))


def unused_card() -> Finding | None:
    """For a torch without CUDA: that there is an NVIDIA card, and what would use it, by how this program
    was installed.

    On Linux only: the public index has no torch with CUDA for any other system.
    """
    if sys.platform != "linux" or not any(place.exists() for place in _DRIVER):
        return None
    return Finding("unused-card", {"reason": "package" if getattr(sys, "frozen", False) else "source"})
