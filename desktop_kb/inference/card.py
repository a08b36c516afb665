"""A graphics card that this installation cannot use: whether there is one, and what would use it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

#: Written by NVIDIA's driver for each of its cards (driver README, 'proc interface'); the other is WSL's.
_DRIVER: Final = (Path("/proc/driver/nvidia/gpus"), Path("/usr/lib/wsl/lib/nvidia-smi"))

_SEEN: Final = "There is an NVIDIA graphics card, but what is installed computes on the processor"
NOTICES: Final = {
    "frozen": f"{_SEEN}. The package desktop-kb-gpu uses the card.",
    "source": f"{_SEEN}. 'python3 packaging/dev.py setup --flavour gpu' installs what uses the card (3 GB).",
}


def unused_card() -> str:
    """For a torch without CUDA: a sentence for people if there is an NVIDIA card, else ''.

    On Linux only: the public index has no torch with CUDA for any other system.
    """
    if sys.platform != "linux" or not any(place.exists() for place in _DRIVER):
        return ""
    return NOTICES["frozen" if getattr(sys, "frozen", False) else "source"]
