"""Hostile files and odd names in one `add`: each ends read or refused with its sentence, in time, and
the rest of the batch does not notice."""

from __future__ import annotations

import io
import json
import os
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from limits_of_wine import under_wine
from test_program import complaints, run

from desktop_kb import settings
from desktop_kb.paths import config_dir

GOOD = "The harbour master weighed seven barrels of cider before the frost came."
SECONDS = 8  # a file may take
#: Bytes, as names are; with what no system, or only one, minds.
LINUX_NAMES = [
    b"new\nline.txt",
    "emoji-🐝👨‍👩‍👧.md".encode(),
    b"x" * 251 + b".txt",
    "字".encode() * 83 + b".txt",
    b"latin-\xe9-1.txt",
    b"CON.txt",
    b"aux.md",
    b"a<b>c:d|e?.txt",
    b"back\\slash.txt",
    b"trailing. .txt",
    b"-rf.txt",
    b"'; drop table documents; --.txt",
    b"%s%n${HOME}.txt",
    "annual\u202efdp.txt".encode(),
    "e\u0301.txt".encode(),
    "é.txt".encode(),
    b"\x1b[31mred.txt",
    b"tab\t.html",
    b"UPPER.TXT",
]
WINDOWS_NAMES = [
    "emoji-🐝👨‍👩‍👧.md",
    "x" * 76 + ".txt",
    "字" * 76 + ".txt",
    "-rf.txt",
    "'; drop table documents; --.txt",
    "%PATH%%s%n${HOME}.txt",
    "a & b ^ c! @d (e).txt",
    "annual\u202efdp.txt",
    "e\u0301.txt",
    "é.txt",
    " leading.txt",
    "trailing. .txt",
    "CONSOLE.txt",
    "LONGNA~1.TXT",
    "[brackets]{braces}=+,;`.txt",
    *([] if under_wine() else ["half\ud83d.txt"]),  # which Linux' file system beneath does not take
]
NAMES = [os.fsdecode(name) for name in LINUX_NAMES] if sys.platform == "linux" else WINDOWS_NAMES


def _pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    return bytes(out + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, at))


def _stream(filters: bytes, data: bytes) -> bytes:
    return b"<</Length %d/Filter%b>>\nstream\n%b\nendstream" % (len(data), filters, data)


def _bomb() -> bytes:
    """A page whose content is 4 GB of zeros, deflated twice."""
    block = zlib.compressobj(9)
    once = b"".join(block.compress(b"\0" * 2**22) for _ in range(1024)) + block.flush()
    return _pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        _stream(b"[/FlateDecode/FlateDecode]", zlib.compress(once, 9)),
    )


def _zipped(depth: int) -> bytes:
    """An archive in an archive in an archive, of zeros."""
    data = b"\0" * 2**20
    for _ in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
            for number in range(10):
                zipped.writestr(f"{number}.zip", data)
        data = out.getvalue()
    return data


def _hostile() -> dict[str, bytes]:
    circle = b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>"
    many = b"<</Type/Pages/Kids[" + b"3 0 R " * 200_000 + b"]/Count 2147483647>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    deep = b"[" * 100_000 + b"]" * 100_000
    return {
        "bomb.pdf": _bomb(),
        "circle.pdf": _pdf(b"<</Type/Catalog/Pages 2 0 R>>", circle),
        "pages-without-end.pdf": _pdf(b"<</Type/Catalog/Pages 2 0 R>>", many, page),
        "deep.pdf": _pdf(b"<</Type/Catalog/Pages 2 0 R/X " + deep + b">>", circle),
        "outline-in-a-circle.pdf": _pdf(
            b"<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            page,
            b"<</First 5 0 R/Last 5 0 R/Count 1>>",
            b"<</Title(x)/Parent 4 0 R/Next 5 0 R/First 5 0 R>>",
        ),
        "archive.pdf": _zipped(3),
        "archive.txt": _zipped(3),
        "zeros.txt": b"\0" * 5_000_000,
        "one-line.txt": b"a" * 5_000_000,
        "quotes.md": b"> > " * 20_000 + b"x",
        "lazy-quotes.md": b"> > x\ny\n" * 4_000,
        "brackets.md": b"![" * 50_000,
        "front.md": b"---\na: " + b"[" * 50_000 + b"\n---\nx",
        "laughs.md": b"---\na: &a [x,x]\n"
        + b"".join(b"%c: &%c [*%c,*%c,*%c]\n" % (98 + i, 98 + i, 97 + i, 97 + i, 97 + i) for i in range(24))
        + b"---\nx",
        "nested.html": b"<div>" * 200_000 + b"x",
        "entities.html": b'<!DOCTYPE x [<!ENTITY a "'
        + b"z" * 1000
        + b'"><!ENTITY b "&a;&a;&a;&a;">]><p>&b;&b;</p>',
        "outside.html": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><p>words &e;</p>',
    }


@contextmanager
def _irregular(folder: Path) -> Iterator[dict[str, str]]:
    """What has a file's name and is none, leads in a circle or cannot be opened, with what becomes of it."""
    if sys.platform == "win32":
        import _winapi  # how Outlook opens its files: for itself alone

        (folder / "open elsewhere.txt").write_text(GOOD, encoding="utf-8")
        elsewhere = str(folder / "open elsewhere.txt")
        handle = _winapi.CreateFile(elsewhere, _winapi.GENERIC_READ, 0, 0, _winapi.OPEN_EXISTING, 0, 0)
        for name in ("con.txt", "nul.txt"):  # from an archive, or Linux
            Path(rf"\\?\{folder}\{name}").write_text(GOOD, encoding="utf-8")
        # Newer ones open a device's name that has a suffix.
        opens = Path(folder, "nul.txt").is_file()
        device = "indexed" if opens else "failed"
        yield {"con.txt": device, "nul.txt": device, "open elsewhere.txt": "failed"}
        _winapi.CloseHandle(handle)
        return
    os.mkfifo(folder / "pipe.txt")
    (folder / "device.txt").symlink_to("/dev/zero")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "nowhere.pdf").symlink_to(folder / "not-there.pdf")
    (folder / "circle").mkdir()
    (folder / "circle" / "again").symlink_to(folder)
    yield dict.fromkeys(("pipe.txt", "device.txt", "loop.txt", "nowhere.pdf", "again"), "skipped")


@pytest.mark.skipif(sys.platform == "darwin", reason="makes what Linux and Windows have")
def test_what_is_no_file_or_cannot_be_opened_does_not_disturb_the_others(tmp_path: Path) -> None:
    folder, library = tmp_path / "files", tmp_path / "library"
    folder.mkdir()
    library.mkdir(mode=0o700)
    (folder / "good.txt").write_text(GOOD, encoding="utf-8")
    with _irregular(folder) as irregular:
        code, reports, errors = run(library, "add", "--json", str(folder))
        assert (code, "Traceback" in errors) == (int("failed" in irregular.values()), False)
        found = {Path(report["path"]).name: report["status"] for report in reports}
        assert found == {"good.txt": "indexed", **irregular}
        assert "bug" not in {report["error_code"] for report in reports}
    if sys.platform == "win32":  # what another program had is read once it has closed it
        _, reports, _ = run(library, "add", "--json", str(folder))
        read = [report for report in reports if report["status"] in ("indexed", "duplicate")]
        assert [Path(report["path"]).name for report in read] == ["open elsewhere.txt"]
    assert not complaints(library)


def test_hostile_files_do_not_disturb_the_others(tmp_path: Path) -> None:
    folder, library = tmp_path / "files", tmp_path / "library"
    folder.mkdir()
    library.mkdir(mode=0o700)
    settings.save(config_dir() / "settings.json", {"read_seconds": SECONDS, "read_memory_mib": 512})
    hostile = _hostile()
    for number, (name, data) in enumerate(hostile.items()):
        (folder / name).write_bytes(data)
        (folder / f"{name}-{number}-good.txt").write_text(f"{GOOD} Number{number}.")
    began = time.monotonic()
    code, reports, errors = run(library, "add", "--json", str(folder))
    seconds = time.monotonic() - began
    assert "Traceback" not in errors
    assert code == 1
    by_name = {Path(report["path"]).name: report for report in reports}
    assert set(by_name) >= set(hostile)
    for name, report in by_name.items():
        if name.endswith("good.txt"):
            assert report["status"] == "indexed", report
        else:
            assert report["status"] in ("indexed", "failed"), report
            assert report["error"] or report["status"] == "indexed"
            assert report["error_code"] != "bug", report
        assert report["seconds"] < SECONDS + 15, report
    assert seconds < 170
    _, (found,), _ = run(library, "search", "--json", "--copies", "--limit", "99", "--mode", "words", "cider")
    assert len({hit["path"] for hit in found["hits"]}) == len(hostile)
    _, (leak,), _ = run(library, "search", "--json", "--mode", "words", "root bin daemon")
    assert not [hit for hit in leak["hits"] if hit["path"].endswith("outside.html")]
    assert not complaints(library)


@pytest.mark.skipif(sys.platform == "darwin", reason="Linux' names and Windows'")
def test_odd_names_are_added_found_listed_saved_exported_and_removed(tmp_path: Path) -> None:
    folder, library = tmp_path / "files", tmp_path / "library"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        (folder / name).write_text(f"{GOOD} Number{number}.", encoding="utf-8")
    code, reports, errors = run(library, "add", "--json", str(folder))
    assert code == 0, (reports, errors)
    assert {report["path"] for report in reports} == {str(folder / name) for name in NAMES}
    assert {report["status"] for report in reports} == {"indexed"}
    for number, name in enumerate(NAMES):
        query = f"number{number}"
        _, (found,), _ = run(library, "search", "--json", "--mode", "words", query)
        assert found["hits"][0]["path"] == str(folder / name)
    code, exported, errors = run(library, "export", "--json", str(tmp_path / "out"))
    assert (code, errors) == (0, "")
    assert {record["status"] for record in exported} == {"exported"}
    assert len(list((tmp_path / "out" / "files").iterdir())) == len(NAMES)
    json.loads((tmp_path / "out" / "documents.json").read_text())
    code, (saved,), _ = run(library, "backup", "--json", str(tmp_path / "saved.zip"))
    assert (code, saved["documents"]) == (0, len(NAMES))
    assert run(tmp_path / "other", "restore", "--json", str(tmp_path / "saved.zip"))[0] == 0
    assert {r["path"] for r in run(tmp_path / "other", "list", "--json")[1]} == {r["path"] for r in reports}
    code, removed, _ = run(library, "remove", "--json", "--yes", str(folder))
    assert (code, len(removed)) == (0, len(NAMES))
    assert not complaints(library)


def test_a_file_that_becomes_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    from desktop_kb.files import regular

    if sys.platform == "win32":
        import _winapi

        names = [rf"\\.\pipe\desktop-kb-{os.getpid()}", "NUL"]
        _winapi.CreateNamedPipe(names[0], _winapi.PIPE_ACCESS_DUPLEX, 0, 1, 100, 100, 0, 0)
    else:
        names = [str(tmp_path / "pipe"), os.devnull]
        os.mkfifo(names[0])
    for name in names:
        with pytest.raises(OSError, match="no ordinary file"):
            open(name, "rb", opener=regular)  # noqa: SIM115
