from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from packages import zipped
from seven_zips import seven_zipped

from desktop_kb.errors import Problem
from desktop_kb.extract import archive, extraction_worker
from desktop_kb.extract.parts import named


def tarred(entries: Mapping[str, bytes], encoding: str = "utf-8") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT, encoding=encoding) as file:
        for name, data in entries.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    return buffer.getvalue()


def held(data: bytes, name: str = "a.zip") -> dict[str, bytes]:
    return {one: part.read() for one, part in named(archive.parts(data, Path(name), None)).items()}


FILES = {"报告/第一份.txt": b"first", "b.md": b"second"}


def test_a_zip_is_its_files() -> None:
    data = zipped({**FILES, "folder/": b""})
    assert held(data) == FILES
    found = archive.read(data, Path("a.zip"))
    assert (found.text, found.holds_files) == ("", True)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_of_a_zip_that_do_not_say_their_encoding(encoding: str) -> None:
    raw = "报告/年度总结材料.txt".encode(encoding)
    data = zipped({"x" * len(raw): b"words"}).replace(b"x" * len(raw), raw)
    assert held(data) == {"报告/年度总结材料.txt": b"words"}


def test_a_name_that_stands_in_an_extra_field() -> None:
    entry = zipfile.ZipInfo("__.txt")
    name = "总结.txt".encode()
    entry.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, 0) + name
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(entry, b"words")
    assert held(buffer.getvalue()) == {"总结.txt": b"words"}


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [(".tar", bytes), (".tar.gz", gzip.compress), (".tbz2", bz2.compress), (".tar.xz", lzma.compress)],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_tar_is_its_files_without_links(suffix: str, pack: Callable[[bytes], bytes], encoding: str) -> None:
    assert held(pack(tarred(FILES, encoding)), f"a{suffix}") == FILES


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_is_one_part(pack: Callable[[bytes], bytes]) -> None:
    assert held(pack(b"words"), "notes.txt.gz") == {"notes.txt": b"words"}


def test_a_part_is_read_by_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"in/b.zip": zipped({"c.md": b"# Pumps\n\nThey run."})}))
    found = extraction_worker.read(path, "archive", None, "in/b.zip/c.md")
    assert found.title == "Pumps"


def test_what_is_encrypted_or_too_large_is_that_part_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(zipped({"a.txt": b"x", "b.txt": b"y"}))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    parts = named(archive.parts(bytes(data), Path("a.zip"), None))
    with pytest.raises(Problem, match="encrypted"):
        parts["a.txt"].read()
    assert parts["b.txt"].read() == b"y"
    monkeypatch.setattr(archive, "LARGEST", 100)
    bomb = zipped({"a.txt": b"0" * 10_000})
    assert len(next(iter(archive.parts(bomb, Path("a.zip"), None))).read()) == 101
    with pytest.raises(Problem, match="unpacks-too-large") as caught:
        next(iter(archive.parts(gzip.compress(b"0" * 10_000), Path("a.txt.gz"), None))).read()
    assert caught.value.details == {"limit_mib": 0}  # its own, of 100 bytes


def test_a_tar_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MOST_UNPACKED", 5_000)
    with pytest.raises(Problem, match="unpacks-too-large"):
        list(archive.parts(gzip.compress(tarred(FILES)), Path("a.tgz"), None))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", b"no archive"),
        ("a.zip", b"PK\x03\x04 cut"),
        ("a.gz", gzip.compress(b"x" * 999)[:12]),
        ("a.tar", b"x" * 999),
    ],
)
def test_what_is_none_is_damaged(name: str, data: bytes) -> None:
    with pytest.raises(Problem, match="damaged"):
        [part.read() for part in archive.parts(data, Path(name), None)]


def test_a_7z_is_its_files(tmp_path: Path) -> None:
    path = tmp_path / "a.7z"
    path.write_bytes(seven_zipped({**FILES, "c.md": b"# Pumps\n\nThey run."}))
    assert extraction_worker.read(path, "archive").parts == (*FILES, "c.md")
    assert extraction_worker.read(path, "archive", None, "c.md").title == "Pumps"


@pytest.mark.parametrize("name", ["a.rar", "a.zip"])
def test_rar_is_refused_whatever_it_is_called(name: str) -> None:
    with pytest.raises(Problem, match="rar"):
        list(archive.parts(b"Rar!\x1a\x07\x01\0 and more", Path(name), None))


@pytest.mark.parametrize("packed", [True, False])
def test_a_zip_whose_directory_is_cut_off_has_its_files_still(packed: bool) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as file:
        for name, data in FILES.items():
            file.writestr(name, data)
    cut = buffer.getvalue()[: buffer.getvalue().index(b"PK\x01\x02")]
    assert held_and_lost(cut) == (FILES, 1)
    files, lost = held_and_lost(cut[:-2])
    assert (list(files), lost) == (["报告/第一份.txt"], 1 + 1)


def test_a_zip_written_to_a_pipe_has_its_sizes_behind_each_file() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in FILES.items():
            file.writestr(name, data)
    data = pipe.getvalue()
    assert held_and_lost(data[: data.index(b"PK\x01\x02")]) == (FILES, 1)


def test_one_damaged_entry_is_that_entry_alone() -> None:
    data = bytearray(zipped(FILES))
    data[data.index(b"PK\x01\x02") + 16] ^= 1  # its checksum does not fit
    assert held_and_lost(bytes(data)) == ({"b.md": b"second"}, 1)


def test_a_tar_with_a_damaged_head_has_its_other_files() -> None:
    data = bytearray(tarred({**FILES, "c.md": b"third"}))
    at = data.index(b"b.md")
    data[at + 100] ^= 0xFF
    assert held_and_lost(bytes(data), "a.tar") == ({"报告/第一份.txt": b"first", "c.md": b"third"}, 1)
    assert held_and_lost(bytes(data[:1024]) + tarred({"d.md": b"x"}), "a.tar") == (
        {"报告/第一份.txt": b"first", "d.md": b"x"},
        0,
    )


def test_a_compressed_tar_that_was_cut_off_has_what_came_before() -> None:
    data = gzip.compress(tarred({"a.md": b"first", "b.md": random.Random(7).randbytes(200_000)}))
    files, lost = held_and_lost(data[:100_000], "a.tar.gz")
    assert (files, lost > 0) == ({"a.md": b"first"}, True)


def held_and_lost(data: bytes, name: str = "a.zip") -> tuple[dict[str, bytes], int]:
    """The files that can be read, and how many are said to be there and cannot."""
    files, lost = {}, 0
    for one, part in named(archive.parts(data, Path(name), None)).items():
        try:
            files[one] = part.read()
        except (Problem, zipfile.BadZipFile, tarfile.TarError):
            lost += 1
    return files, lost


def test_a_packing_that_is_not_read_is_said() -> None:
    data = bytearray(zipped({"a.txt": b"x"}))
    data[data.index(b"PK\x01\x02") + 10] = 9  # Deflate64
    data[8] = 9
    with pytest.raises(Problem, match="other-packing"):
        next(iter(archive.parts(bytes(data), Path("a.zip"), None))).read()
