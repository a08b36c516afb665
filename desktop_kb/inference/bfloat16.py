"""Whether this processor computes faster in bfloat16 than in float32: measured once, and kept. Imports torch.

The vectors of both kinds have cosines of .9999 with each other, so a library may hold both, as it may hold those of
a graphics card, which computes in bfloat16 too: no model's fingerprint says which it was.
"""

from __future__ import annotations

import time
from typing import Final

import torch

from desktop_kb import paths
from desktop_kb.inference import bert, networks
from desktop_kb.inference.batch import remember, remembered
from desktop_kb.inference.q4 import Shape

#: Below this gain it stays with float32, whose vectors are the same on every machine.
_GAIN: Final = 1.2
#: A layer of the models that come with the program, and four windows of 254 tokens.
_SHAPE: Final = Shape(
    hidden=384, layers=1, heads=12, inner=1536, vocabulary=1, positions=1, types=1, epsilon=1e-12
)
_BATCH: Final = (4, 256, 384)
_ROUNDS: Final = 5


def is_faster() -> bool:
    """Whether to compute in bfloat16 here. A processor without instructions for it is not asked: it would have to
    imitate them."""
    about = torch.cpu.get_capabilities()
    if not (about.get("avx512_bf16") or about.get("amx_bf16")):
        return False
    file = paths.cache_dir() / "bfloat16.json"
    key = f"{about.get('cpu_name')}, torch {torch.__version__}"
    percent = remembered(file, key)
    if percent is None:
        percent = max(1, round(100 * gain()))
        remember(file, key, percent)
    return percent >= 100 * _GAIN


def gain() -> float:
    """How many times as fast a layer is in bfloat16: the fastest of some passes each, in turn (.3 s)."""
    chance = torch.Generator().manual_seed(1)
    timed = []
    for dtype in (torch.float32, torch.bfloat16):
        network: torch.nn.Module = torch.nn.Sequential(bert.Layer(_SHAPE)).to(dtype=dtype)
        if networks.packs(dtype):
            networks.pack(network)
        timed.append((network, torch.randn(_BATCH, generator=chance).to(dtype)))
    spent = [[_seconds(network, values) for network, values in timed] for _ in range(_ROUNDS)]
    return min(whole for whole, _ in spent) / min(half for _, half in spent)


def _seconds(network: torch.nn.Module, values: torch.Tensor) -> float:
    with torch.inference_mode():
        began = time.perf_counter()
        network(values)
        return time.perf_counter() - began
