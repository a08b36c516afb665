"""The plain values that records are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

#: A metadata value: an integer, else an ISO date, else any string (both as `str`).
Value = int | str
Json = dict[str, Any]
PathLike = str | Path
