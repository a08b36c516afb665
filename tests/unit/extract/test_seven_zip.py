from __future__ import annotations

import pytest
from seven_zips import PACKINGS, seven_zipped

from desktop_kb.errors import Problem
from desktop_kb.extract.seven_zip import SevenZip

FILES = {
    "报告/第一份.txt": b"first" * 1_000,
    "folder/": b"",
    "empty.txt": b"",
    "b.md": bytes(range(256)) * 50,
}
LARGEST = 2**20


def held(data: bytes) -> dict[str, bytes]:
    archive = SevenZip(data, LARGEST)
    return {file.name: archive.read(file) for file in archive.files()}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("pack_header", [True, False])
def test_files_however_they_are_packed(packing: str, pack_header: bool) -> None:
    data = seven_zipped(FILES, PACKINGS[packing], pack_header=pack_header)
    assert held(data) == {name: content for name, content in FILES.items() if not name.endswith("/")}


def test_a_filter_before_the_first_lzma_keeps_no_bytes_back() -> None:
    """liblzma's filters hold the last bytes until an end that this LZMA does not mark."""
    (lzma, pack), content = PACKINGS["LZMA"], b"\x90" * 5_001
    packing = ([("03030103", b""), *lzma], pack)
    assert held(seven_zipped({"a.bin": content}, packing)) == {"a.bin": content}


@pytest.mark.parametrize(
    ("coder", "code"), [("06f10701", "encrypted"), ("030401", "other-packing"), ("0303011b", "other-packing")]
)
def test_what_is_not_read_is_said(coder: str, code: str) -> None:
    archive = SevenZip(seven_zipped(FILES, ([(coder, b"")], bytes)), LARGEST)
    with pytest.raises(Problem, match=code):
        archive.read(archive.files()[0])


def test_a_folder_too_large_is_not_unpacked() -> None:
    archive = SevenZip(seven_zipped({"a.txt": bytes(2 * LARGEST)}), LARGEST)
    with pytest.raises(Problem, match="unpacks-too-large"):
        archive.read(archive.files()[0])


def test_damage_is_found() -> None:
    data = bytearray(seven_zipped(FILES, PACKINGS["Copy"]))
    data[40] ^= 1
    archive = SevenZip(bytes(data), LARGEST)
    with pytest.raises(Problem, match="damaged"):
        archive.read(archive.files()[0])
    assert archive.read(archive.files()[-1]) == FILES["b.md"]  # another file of the same folder
    with pytest.raises(ValueError, match="header"):
        SevenZip(bytes(data[:-1]), LARGEST)
