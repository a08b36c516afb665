from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.extract import webpage
from desktop_kb.records import Extracted


def of(message: str, encoding: str = "utf-8") -> Extracted:
    return webpage.read(message.encode(encoding), Path("page.mhtml"))


PAGE = """From: <Saved by Blink>
Snapshot-Content-Location: https://a.b/bridge
Subject: =?utf-8?Q?Bridge=20closed?=
Date: Mon, 1 May 2023 10:11:12 -0000
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="B"

--B
Content-Type: text/html
Content-ID: <frame-1@mhtml.blink>
Content-Transfer-Encoding: quoted-printable
Content-Location: https://a.b/bridge

<html><body><h1>Closed</h1><p>The old bridge is closed until =E2=80=93 May=
 and later.</p><iframe src=3D"cid:frame-2@mhtml.blink"></iframe></body></html>
--B
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-Location: https://a.b/x.png

iVBORw0KGgo=
--B
Content-Type: text/html
Content-ID: <frame-2@mhtml.blink>
Content-Transfer-Encoding: base64

PHA+SW4gdGhlIGZyYW1lLjwvcD4=
--B--
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_page_saved_by_a_browser_as_one_file(newline: str) -> None:
    found = of(PAGE.replace("\n", newline))
    assert found.text == "Closed\nThe old bridge is closed until – May and later.\nIn the frame."
    assert found.title == "Closed"
    assert found.metadata["source"] == "https://a.b/bridge"


@pytest.mark.parametrize(
    ("part", "encoding"),
    [
        ("Content-Type: text/html; charset=gb2312\nContent-Transfer-Encoding: 8bit", "gb18030"),
        ("Content-Type: text/html\nContent-Transfer-Encoding: 8bit", "utf-8"),
        ('Content-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: binary', "utf-8"),
        ("Content-Type: text/html; charset=nonsense", "utf-8"),
    ],
)
def test_how_the_page_is_written(part: str, encoding: str) -> None:
    head = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=B\n\n"
    assert (
        of(f"{head}--B\n{part}\n\n<p>大桥关闭了，五月再开。</p>\n--B--\n", encoding).text
        == "大桥关闭了，五月再开。"
    )


def test_the_page_that_the_archive_starts_with() -> None:
    parts = "".join(
        f"--B\nContent-Type: text/html\nContent-ID: <{n}>\n\n<p>{n}</p>\n" for n in ("one", "two")
    )
    message = (
        f'MIME-Version: 1.0\nContent-Type: multipart/related; boundary=B; start="<two>"\n\n{parts}--B--\n'
    )
    assert of(message).text == "two"


def test_a_page_that_is_one_part() -> None:
    assert of("Content-Type: text/html; charset=utf-8\n\n<p>Alone: yes</p>").text == "Alone: yes"


@pytest.mark.parametrize(
    "page", ["<p>Content-Type: x</p>", "Content-Type: text/plain\n\nno page", "Note: a\n<p>b</p>"]
)
def test_what_is_no_archive_is_a_page(page: str) -> None:
    assert of(page).text


def test_files_saved_with_a_page_are_parts_and_what_it_is_shown_with_is_not() -> None:
    held = """Content-Type: application/pdf
Content-Location: https://a.b/files/Tide%20table?x=1
Content-Transfer-Encoding: base64

JVBERg==
--B
Content-Type: text/plain; name="notes.txt"
Content-Disposition: attachment; filename="notes.txt"

Low water.
--B
Content-Type: text/css
Content-Location: https://a.b/page.css

p {}
--B
"""
    data = PAGE.replace("--B\nContent-Type: image/png", f"--B\n{held}Content-Type: image/png").encode()
    assert webpage.read(data, Path("page.mhtml")).holds_files
    assert [(part.name, part.read()) for part in webpage.parts(data, Path("page.mhtml"), None)] == [
        ("Tide table.pdf", b"%PDF"),
        ("notes.txt", b"Low water."),
    ]
    assert not of(PAGE).holds_files
