"""Files in files, by a reader that takes them from JSON: {name: text or such an object}."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pypdf
import pytest
from packages import tarred
from pdfs import PROSE, column, drawn

from desktop_kb.errors import Problem
from desktop_kb.extract import archive, extraction_worker, json_text
from desktop_kb.extract.extraction_worker import read
from desktop_kb.extract.parts import DEEPEST, LARGEST, MOST_PARTS, Part, named, offered
from desktop_kb.records import Extracted


@pytest.fixture(autouse=True)
def _nothing_open() -> Iterator[None]:
    extraction_worker._last.clear()
    yield
    extraction_worker._last.clear()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Any], Path]:
    """Writes such a file and has it read so."""

    def read_json(data: bytes, path: Path, password: str | None = None) -> Extracted:
        return Extracted("", "", holds_files=True)

    def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
        for name, content in json.loads(data).items():
            said = content if isinstance(content, str) else json.dumps(content)
            yield Part(name, len(said.encode()), partial(said.encode))

    monkeypatch.setattr(json_text, "read", read_json)
    monkeypatch.setattr(json_text, "parts", parts, raising=False)

    def write(content: Any) -> Path:
        path = tmp_path / "all.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


def test_what_can_be_read_is_a_part_and_the_rest_is_counted_but_for_what_is_hidden(
    held: Callable[[Any], Path],
) -> None:
    path = held(
        {"a.txt": "Bees.", "3/报告.md": "# 蜜蜂", "b.unknown": "-", ".x.txt": "-", "__MACOSX/a.txt": "-"}
    )
    found = read(path, "json")
    assert (found.text, found.parts, found.parts_left_out) == ("", ("a.txt", "3/报告.md"), 1)
    assert read(path, "json", part="a.txt").text == "Bees."
    assert read(path, "json", part="3/报告.md").title == "蜜蜂"


def test_parts_of_parts_down_to_a_depth(held: Callable[[Any], Path]) -> None:
    content: Any = {"last.txt": "Too deep."}
    for _ in range(DEEPEST):
        content = {"in/a.json": content, "note.txt": "A note."}
    path = held(content)
    part = ""
    for depth in range(DEEPEST):
        assert read(path, "json", part=part).parts == ("in/a.json", "note.txt"), depth
        assert read(path, "json", part=f"{part}/note.txt".lstrip("/")).text == "A note."
        part = f"{part}/in/a.json".lstrip("/")
    deepest = read(path, "json", part=part)
    assert (deepest.parts, deepest.parts_left_out) == ((), 1)
    with pytest.raises(Problem) as caught:
        read(path, "json", part=f"{part}/last.txt")
    assert caught.value.code == "part-vanished"


@pytest.mark.parametrize("part", ["no.txt", "../a.txt", "a.txt/b.txt", "a", "/"])
def test_a_part_that_is_not_there(held: Callable[[Any], Path], part: str) -> None:
    path = held({"a.txt": "Bees."})
    with pytest.raises(Problem) as caught:
        read(path, "json", part=part)
    assert caught.value.code in ("part-vanished", "damaged")


def test_a_file_that_has_changed_is_opened_again(held: Callable[[Any], Path]) -> None:
    path = held({"a.txt": "Bees."})
    assert read(path, "json", part="a.txt").text == "Bees."
    assert read(held({"a.txt": "Whales sing."}), "json", part="a.txt").text == "Whales sing."


def test_a_file_is_unpacked_once_for_itself_and_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = gzip.compress(tarred(dict.fromkeys(("a.txt", "b.txt", "b.unknown"), b"Bees.")))
    path = _written(tmp_path / "all.tar.gz", data)
    unpacked: list[int] = []

    def counting(*given: Any, **options: Any) -> bytes:
        unpacked.append(1)
        return unpack(*given, **options)

    unpack = archive._unpacked
    monkeypatch.setattr(archive, "_unpacked", counting)
    found = read(path, "archive")
    assert (found.parts, found.parts_left_out) == (("a.txt", "b.txt"), 1)
    assert [read(path, "archive", part=part).text for part in found.parts] == ["Bees."] * 2
    assert len(unpacked) == 1


def test_more_parts_than_may_be_are_counted(
    held: Callable[[Any], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_kb.extract.parts.MOST_PARTS", 2)
    found = read(held({f"{n}.txt": "Bees." for n in range(5)}), "json")
    assert (found.parts, found.parts_left_out) == (("0.txt", "1.txt"), 3)


def test_a_scan_is_read_for_what_is_attached_to_it(tmp_path: Path) -> None:
    """Nobody may ever recognize its pages."""

    def scan(attached: str) -> Path:
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn([[], []])))
        writer.add_attachment(attached, b"Owls hunt at night.")
        writer.write(tmp_path / "scan.pdf")
        return tmp_path / "scan.pdf"

    found = read(scan("owls.txt"), "pdf")
    assert (found.page_states, found.parts) == (("blank", "blank"), ("owls.txt",))
    assert read(tmp_path / "scan.pdf", "pdf", part="owls.txt").text == "Owls hunt at night."
    with pytest.raises(Problem) as caught:
        read(scan("owls.exe"), "pdf")
    assert caught.value.code == "no-text"


def test_names_are_only_names() -> None:
    names = ("../../etc/a.txt", "C:\\b.txt", "/c.txt", "c.txt", "x\x00\n.txt", "", "...", "c.txt")
    given = named(Part(name, 0, bytes) for name in names)
    assert tuple(given) == (
        "etc/a.txt",
        "C:/b.txt",
        "c.txt",
        "c (2).txt",
        "x\ufffd\ufffd.txt",
        "\ufffd",
        "\ufffd (2)",
        "c (3).txt",
    )


def test_twenty_thousand_of_one_name() -> None:
    given = named(Part("a.txt", 0, bytes) for _ in range(MOST_PARTS))
    assert (len(given), list(given)[-1]) == (MOST_PARTS, f"a ({MOST_PARTS}).txt")


def test_limits() -> None:
    many = named(Part(f"{n}.txt", 0, bytes) for n in range(MOST_PARTS + 5))
    assert len(offered(many, 0)) == MOST_PARTS
    sized = named([Part("large.txt", LARGEST + 1, bytes), Part("small.txt", LARGEST, bytes)])
    assert offered(sized, 0) == ("small.txt",)
    assert offered(sized, DEEPEST) == ()
    assert len(offered(named(Part(f"{n}.txt", LARGEST, bytes) for n in range(99)), 0)) == 64


def test_a_part_that_states_too_small_a_size(
    held: Callable[[Any], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_kb.extract.parts.LARGEST", 10)
    monkeypatch.setattr(json_text, "parts", lambda *_: [Part("a.txt", 3, lambda: b"a" * 11)])
    with pytest.raises(Problem) as caught:
        read(held({"a.txt": "-"}), "json", part="a.txt")
    assert caught.value.code == "too-large"


def test_a_part_that_cannot_be_opened_is_damaged(
    held: Callable[[Any], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_text, "parts", lambda *_: [Part("a.txt", 3, partial(bytes.fromhex, "?"))])
    path = held({"a.txt": "-"})
    assert read(path, "json").parts == ("a.txt",)
    with pytest.raises(Problem) as caught:
        read(path, "json", part="a.txt")
    assert caught.value.code == "damaged"


def test_a_pdf_attached_to_a_locked_pdf(tmp_path: Path) -> None:
    inner = pypdf.PdfWriter(clone_from=_written(tmp_path / "inner.pdf", drawn([column(["Whales sing."])])))
    inner.add_attachment("deep.txt", b"Owls hunt at night.")
    inner.write(tmp_path / "inner.pdf")
    outer = pypdf.PdfWriter(clone_from=_written(tmp_path / "outer.pdf", drawn([column(PROSE)])))
    outer.add_attachment("inner.pdf", (tmp_path / "inner.pdf").read_bytes())
    outer.add_attachment("tool.exe", b"MZ")
    outer.encrypt("bees")
    outer.write(tmp_path / "outer.pdf")
    path = tmp_path / "outer.pdf"
    found = read(path, "pdf", "bees")
    assert (found.parts, found.parts_left_out) == (("inner.pdf",), 1)
    assert read(path, "pdf", "bees", "inner.pdf").text == "Whales sing."
    assert read(path, "pdf", "bees", "inner.pdf").parts == ("deep.txt",)
    assert read(path, "pdf", "bees", "inner.pdf/deep.txt").text == "Owls hunt at night."


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
