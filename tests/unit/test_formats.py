"""One table says what can be read; everything that depends on a kind of file follows it."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

import pytest

from desktop_kb import formats
from desktop_kb.errors import DocumentProblem
from desktop_kb.formats import FORMATS, GROUPS
from desktop_kb.sentences import Language, say

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_suffix_a_type_and_a_mime_type_name_one_format() -> None:
    for names in (
        [format.type for format in FORMATS],
        [suffix for format in FORMATS for suffix in format.suffixes],
        [mime for format in FORMATS for mime in format.mime],
    ):
        assert max(Counter(names).values()) == 1
    assert all(s.startswith(".") and s == s.lower() for s in formats.SUFFIXES)
    assert all(set(format.linewise) <= set(format.suffixes) for format in FORMATS)
    assert set(GROUPS) == {format.group for format in FORMATS}


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.type)
def test_each_format_has_its_reader(format: formats.Format) -> None:
    reader = importlib.import_module(f"desktop_kb.extract.{format.reader}")
    assert callable(reader.read)


@pytest.mark.parametrize(
    ("name", "type"),
    [("a.pdf", "pdf"), ("b.PDF", "pdf"), ("c.md", "markdown"), ("d.txt", "text"), ("e.htm", "html")],
)
def test_a_file_is_known_by_its_suffix(name: str, type: str) -> None:
    found = formats.format_of(Path(name))
    assert found is not None
    assert found.type == type


@pytest.mark.parametrize("name", ["a", "a.exe", ".pdf", "pdf", "a.pdf.lzh"])
def test_any_other_file_is_not(name: str) -> None:
    assert formats.format_of(Path(name)) is None


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("pdf", ("pdf",)),
        ("PDF", ("pdf",)),
        ("text", ("text",)),
        ("md", ("markdown",)),
        ("csv", ("text",)),
        ("docs", ("docs",)),
    ],
)
def test_what_a_person_calls_a_type(name: str, types: tuple[str, ...]) -> None:
    assert formats.types_named(name) == types


@pytest.mark.parametrize("name", ["note", "Notes"])
def test_a_group_is_all_its_types(name: str) -> None:
    notes = formats.types_named(name)
    assert {"markdown", "text"} <= set(notes)
    assert "pdf" not in notes


def test_a_type_that_is_not_in_the_table_is_shown_as_text_and_not_read() -> None:
    shown = formats.shown_as("hologram")
    assert (shown.preview, shown.label, shown.editable) == ("text", "hologram", False)
    with pytest.raises(KeyError):
        formats.by_type("hologram")


def test_the_readme_names_every_suffix() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [suffix for suffix in formats.SUFFIXES if f"`{suffix}`" not in readme] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_brings_another_file_hears_what_can_be_read(language: Language) -> None:
    said = say(DocumentProblem("unsupported", path="/a.xyz"), language)
    assert all(format.suffixes[0] in said for format in FORMATS)
