"""A model's files -> its network on the CPU, in float32; and what makes it fast and small there. Imports torch."""

from __future__ import annotations

import ctypes
import platform
import sys
from pathlib import Path
from typing import Final

import torch

from desktop_kb.inference import bert
from desktop_kb.inference.catalogue import Model

#: Batch size on the CPU, padding included. No trial is needed: all-MiniLM-L6-v2 computes 7,000 to 7,200
#: tokens a second (one thread) with any size from 300 to 4,096, and 6,000 with 8,192.
CPU_TOKENS: Final = 2048
#: Layers that oneDNN computes; other kinds of linear layers do more than it knows.
_LINEAR: Final = (torch.nn.Linear, bert.Activated, bert.Added)


def load(model: Model, folder: Path) -> tuple[torch.nn.Module, bool]:
    """The network, and whether it takes token types.

    Raises:
        ModelProblem: a weight is not in the files: it would be random.
    """
    if model.packed or model.package:
        return bert.load(model, folder), False
    from desktop_kb.inference import published  # only now: it imports transformers

    network = published.load(model, folder)
    return network, published.has_types(model, folder, network)


class _Packed(torch.nn.Module):
    """A linear layer computed by oneDNN with prepacked weights, and what follows it in the same pass. These are the
    operators that torch's compiler uses for it (torch/_inductor/mkldnn_lowerings.py; torch is pinned)."""

    def __init__(self, layer: torch.nn.Linear) -> None:
        super().__init__()
        self._bias = layer.bias
        self._weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), CPU_TOKENS)
        self._after = "gelu" if isinstance(layer, bert.Activated) else "none"

    def forward(self, values: torch.Tensor, before: torch.Tensor | None = None) -> torch.Tensor:
        answer: torch.Tensor
        if before is None:
            answer = torch.ops.mkldnn._linear_pointwise(
                values, self._weight, self._bias, self._after, [], "none"
            )
        else:
            answer = torch.ops.mkldnn._linear_pointwise.binary(
                values, before, self._weight, self._bias, "add"
            )
        return answer


def packs(dtype: torch.dtype = torch.float32) -> bool:
    """Whether `pack` works here. In bfloat16 oneDNN refuses processors that would have to imitate it."""
    there: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if not there or platform.machine() not in ("x86_64", "AMD64"):
        return False
    return dtype == torch.float32 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def pack(network: torch.nn.Module) -> None:
    """Let oneDNN compute the linear layers, instead of the MKL that torch is built with, in float32 or bfloat16.

    On an AMD processor MKL reaches 104 billion operations a second, oneDNN 244. Packed, all-MiniLM-L6-v2
    computes 1.75 times as many tokens a second and a query takes 5.0 ms instead of 8.4 (CPU seconds of one
    thread), with the same vectors to 2e-7; with GELU and sums computed in the same pass
    1.2 times as many again, with the same bits. ONNX Runtime reaches 1.85 times, and with int8 weights 3.3 times
    at the cost of .0018 nDCG@10 and cosines down to .986; but it is another 78 MB to install and needs a
    conversion of every model.
    """
    embedded = {m.weight.data_ptr() for m in network.modules() if isinstance(m, torch.nn.Embedding)}
    with torch.inference_mode():
        for module in list(network.modules()):
            for name, layer in list(module.named_children()):
                if not isinstance(layer, torch.nn.Linear) or type(layer) not in _LINEAR:
                    continue
                # A decoder's last layer shares its weights with the embedding: packing would copy them.
                if layer.weight.data_ptr() not in embedded:
                    setattr(module, name, _Packed(layer))


def trim() -> None:
    """Give back the memory that was freed while a network was loaded and packed, 83 MB of
    multilingual-e5-small's: glibc keeps it otherwise (malloc_trim(3))."""
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
