from __future__ import annotations

import struct

import pytest
from compounds import compound, summary

from desktop_kb.extract.compound import Compound


def facts(properties: bytes) -> tuple[str, dict[str, object]]:
    return Compound(compound({"\x05SummaryInformation": properties})).facts()


def test_what_a_document_says_of_itself() -> None:
    said = facts(summary("水泵手册", "Ann", 133274094720000000))
    assert said == ("水泵手册", {"author": "Ann", "date": "2023-05-01"})


def values(*held: tuple[int, bytes], codepage: int = 936) -> bytes:
    """A set with these values, each with its type."""
    held = ((1, struct.pack("<IHH", 2, codepage, 0)), *held)
    at, table, body = 8 + 8 * len(held), b"", b""
    for number, value in held:
        table += struct.pack("<II", number, at + len(body))
        body += value.ljust(-(-len(value) // 4) * 4, b"\0")
    section = struct.pack("<II", at + len(body), len(held)) + table + body
    return struct.pack("<HHI16sI16sI", 0xFFFE, 0, 2, b"", 1, b"", 48) + section


def narrow(text: bytes, length: int = 0) -> bytes:
    return struct.pack("<II", 0x1E, length or len(text) + 1) + text + b"\0"


def test_a_text_ends_at_its_zero_whatever_its_length_says() -> None:
    said = values((2, narrow("期末考试".encode("gbk"), 60)), (4, narrow(b"Jeff")), (5, narrow(b"x")))
    assert facts(said) == ("期末考试", {"author": "Jeff", "keywords": "x"})


@pytest.mark.parametrize("codepage", [936, 1252, 0])
def test_a_text_in_another_code_page_than_is_said(codepage: int) -> None:
    said = values((2, narrow("期中考试试题".encode("gbk"))), codepage=codepage)
    assert facts(said)[0] == "期中考试试题"


def test_texts_in_utf_16() -> None:
    wide = struct.pack("<II", 0x1F, 5) + "水泵手册\0".encode("utf-16-le")
    assert facts(values((2, wide)))[0] == "水泵手册"
    assert facts(values((2, narrow("水泵手册\0".encode("utf-16-le"))), codepage=1200))[0] == "水泵手册"


def test_a_date_that_a_program_made_up_is_none() -> None:
    assert facts(values((12, struct.pack("<IQ", 0x40, 1)))) == ("", {})


def test_a_set_that_is_cut_off_or_none() -> None:
    whole = summary("水泵手册", "Ann")
    for length in range(0, len(whole), 5):
        assert facts(whole[:length])[0] in ("", "水泵手册", "水泵手", "水泵", "水")
    assert facts(b"\xff" * 200) == ("", {})
