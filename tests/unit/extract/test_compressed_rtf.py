from __future__ import annotations

import struct

import pytest

from desktop_kb.errors import Problem
from desktop_kb.extract.compressed_rtf import unpack

#: The examples of [MS-OXRTFCP], 3.
EXAMPLES = [
    (
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
        b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
    ),
    ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
]


@pytest.mark.parametrize(("packed", "text"), EXAMPLES)
def test_the_specifications_examples(packed: str, text: bytes) -> None:
    assert unpack(bytes.fromhex(packed)) == text


def test_what_is_not_compressed() -> None:
    assert unpack(struct.pack("<IIII", 9, 5, 0x414C454D, 0) + b"{abc}more") == b"{abc}"


def test_a_cut_one_gives_what_precedes_the_cut() -> None:
    whole = bytes.fromhex(EXAMPLES[0][0])
    assert EXAMPLES[0][1].startswith(unpack(whole[:-8]))


@pytest.mark.parametrize("data", [b"", b"x" * 15, b"x" * 40])
def test_anything_else_is_damaged(data: bytes) -> None:
    with pytest.raises(Problem, match="damaged"):
        unpack(data)
