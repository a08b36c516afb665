from __future__ import annotations

import io
import os
import zipfile

import pytest
from packages import zipped

from desktop_kb.errors import Problem
from desktop_kb.extract import package
from desktop_kb.extract.package import Package, passing_over_damage


def code_of(data: bytes, *names: str) -> str:
    def reading() -> None:
        held = Package(data)
        for name in names:
            held.read(name)

    with pytest.raises(Problem) as raised:
        reading()
    return raised.value.code


def test_entries_by_their_names() -> None:
    held = Package(zipped({"Word/Document.xml": "text", "/b": "c", "d\\e": "f", "B": "second"}))
    assert held.names == ("Word/Document.xml", "/b", "d/e" if os.name == "nt" else "d\\e")
    assert held.read("d/e") == b"f"
    assert "word/document.XML" in held
    assert (held.read("WORD/document.xml"), held.read("b")) == (b"text", b"c")


def test_an_entry_is_read_once_where_that_is_asked() -> None:
    held = Package(zipped({"A": "text"}))
    assert [held.once(name) for name in ("a", "A", "b", "b")] == [True, False, False, False]


def test_what_is_no_package_or_damaged() -> None:
    whole = zipped({"a": "the words of a document, again and again"})
    assert code_of(b"") == "damaged"
    assert code_of(whole[:40]) == "damaged"
    assert code_of(whole, "b") == "damaged"
    torn = bytearray(whole)
    torn[33:37] = b"\xff\xff\xff\xff"
    assert code_of(bytes(torn), "a") == "damaged"


def test_only_damage_is_passed_over() -> None:
    with passing_over_damage():
        Package(b"")
    with pytest.raises(Problem, match="unpacks-too-large"), passing_over_damage():
        raise Problem("unpacks-too-large")


def test_encrypted_as_a_whole_or_in_its_entries() -> None:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert code_of(compound) == "encrypted"
    locked = bytearray(zipped({"a": "b"}))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert code_of(bytes(locked), "a") == "encrypted"


def test_sizes_are_counted_whatever_the_package_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_OF_ENTRY", 2_000_000)
    monkeypatch.setattr(package, "MOST_OF_PACKAGE", 5_000_000)
    assert code_of(zipped({"a": b"0" * 2_300_000}), "a") == "unpacks-too-large"
    assert code_of(zipped({"a": b"0" * 1_900_000}), "a", "a", "a") == "unpacks-too-large"
    assert len(Package(zipped({"a": b"0" * 2_300_000})).read("a", streamed=True)) == 2_300_000


def test_more_entries_than_any_document_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "_MOST_ENTRIES", 9)
    assert code_of(zipped({str(n): "" for n in range(10)})) == "unpacks-too-large"


def test_a_compression_that_is_not_known() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as made:
        made.writestr("a", "b")
    odd = bytearray(held.getvalue())
    odd[odd.index(b"PK\x01\x02") + 10] = 97
    odd[8] = 97
    assert code_of(bytes(odd), "a") == "damaged"
