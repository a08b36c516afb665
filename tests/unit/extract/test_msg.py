from __future__ import annotations

import struct
from pathlib import Path

import pytest
from compounds import Storage, compound

from desktop_kb.errors import Problem
from desktop_kb.extract import msg
from desktop_kb.records import Extracted

PROPERTIES = "__properties_version1.0"
MAY = 133274094720000000  # 2023-05-01 10:11 in 100 ns since 1601


def of(storage: Storage) -> Extracted:
    return msg.read(compound(storage), Path("mail.msg"))


def message(head: int = 32, *, codepage: int = 0, **texts: bytes | str) -> dict[str, bytes | Storage]:
    """A message's streams; a text is kept in UTF-16, bytes as 8-bit text."""
    short = struct.pack("<IIQ", 0x0039 << 16 | 0x40, 6, MAY)
    short += struct.pack("<IIQ", 0x3FFD << 16 | 3, 6, codepage) + struct.pack(
        "<IIQ", 0x3FDE << 16 | 3, 6, codepage
    )
    names = {
        "subject": "0037",
        "sender": "0C1A",
        "smtp": "5D01",
        "to": "0E04",
        "cc": "0E03",
        "body": "1000",
        "html": "1013",
    }
    streams: dict[str, bytes | Storage] = {PROPERTIES: b"\0" * head + short}
    for name, text in texts.items():
        kind = "001F" if isinstance(text, str) else "0102" if name == "html" else "001E"
        data = text.encode("utf-16-le") if isinstance(text, str) else text
        streams[f"__substg1.0_{names[name]}{kind}"] = data
    return streams


MAIL = message(
    subject="新水泵", sender="Ann", smtp="ann@a.example", to="Bob; 王明", body="It runs.\r\n\r\nAnn\r\n"
)


def test_a_message() -> None:
    found = of(MAIL)
    assert found.title == "新水泵"
    assert dict(found.metadata) == {
        "from": "Ann <ann@a.example>",
        "to": "Bob; 王明",
        "date": "2023-05-01 10:11",
        "author": "Ann",
        "year": 2023,
    }
    assert found.text.split("\n", 5)[:5] == [
        "新水泵",
        "From: Ann <ann@a.example>",
        "To: Bob; 王明",
        "Date: 2023-05-01 10:11",
        "It runs.\r",
    ]
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "新水泵")]


@pytest.mark.parametrize("codepage", [936, 0, 1252])
def test_8_bit_text_in_its_code_page_or_in_a_wrong_one(codepage: int) -> None:
    said = "水泵年度维护合同，请您在五月之前签字并寄回公司。"
    found = of(message(codepage=codepage, subject=said.encode("gb18030"), body=said.encode("gb18030")))
    assert found.title == said
    assert found.text.endswith(f"{said}\n")


def test_8_bit_text_of_a_message_that_names_the_code_page_of_the_net_alone() -> None:
    streams = message(subject="автоматически".encode("cp1251"))
    head = b"\0" * 32
    streams[PROPERTIES] = head + struct.pack("<IIQ", 0x3FDE0003, 6, 1251)
    assert of(streams).title == "автоматически"


def test_a_body_that_is_a_page() -> None:
    found = of(
        message(codepage=65001, subject="s", html="<h1>价格</h1><table><tr><td>a<td>b</table>".encode())
    )
    assert found.text.endswith("价格\na | b\n")


def test_a_body_that_is_rich_text_alone() -> None:
    text = rb"{\rtf1\ansi\ansicpg936 \'cb\'ae\'b1\'c3 runs.}"
    packed = struct.pack("<IIII", len(text) + 12, len(text), 0x414C454D, 0) + text
    assert of({**message(subject="s"), "__substg1.0_10090102": packed}).text.endswith("水泵 runs.\n")


def test_attachments_are_named_and_messages_in_it_are_read() -> None:
    inner = message(24, subject="inner", body="The words of the inner mail.")
    found = of(
        {
            **MAIL,
            "__attach_version1.0_#00000000": {
                "__substg1.0_3707001F": "报告.docx".encode("utf-16-le"),
                PROPERTIES: b"\0" * 8,
            },
            "__attach_version1.0_#00000001": {"__substg1.0_3701000D": inner, PROPERTIES: b"\0" * 8},
        }
    )
    assert "Attachment: 报告.docx" in found.text
    assert found.text.endswith("The words of the inner mail.\n")
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "新水泵"), (2, "inner")]
    assert found.holds_files


def test_attachments_are_parts() -> None:
    name = {"__substg1.0_3707001F": "报告.txt".encode("utf-16-le"), "__substg1.0_37010102": b"words"}
    hidden = {**name, PROPERTIES: b"\0" * 8 + struct.pack("<IIQ", 0x7FFE000B, 6, 1)}
    inner = {**message(24, subject="inner"), "__attach_version1.0_#00000000": name}
    data = compound(
        {
            **MAIL,
            "__attach_version1.0_#00000000": name,
            "__attach_version1.0_#00000001": hidden,
            "__attach_version1.0_#00000002": {"__substg1.0_3701000D": inner},
        }
    )
    assert [(p.name, p.read()) for p in msg.parts(data, Path("a.msg"), None)] == [("报告.txt", b"words")] * 2
    assert msg.read(data, Path("a.msg")).holds_files


def test_attachments_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(msg, "_MOST_ATTACHED", 2)
    attached = {
        f"__attach_version1.0_#{n}": {"__substg1.0_3707001F": f"{n}.txt".encode("utf-16-le")}
        for n in range(5)
    }
    found = of({**MAIL, **attached})
    assert (found.holds_files, found.parts_left_out) == (True, 3)


@pytest.mark.parametrize("data", [b"no file", compound({"WordDocument": b"x" * 5000}), compound({})[:700]])
def test_what_is_no_message_is_damaged(data: bytes) -> None:
    with pytest.raises(Problem, match="damaged"):
        msg.read(data, Path("a.msg"))


def test_a_mail_written_as_a_page_or_in_rich_text_tells_its_looks() -> None:
    rich = rb"{\rtf1\ansi Some {\b bold} words.\par}"
    packed = struct.pack("<II4sI", len(rich) + 12, len(rich), b"MELA", 0) + rich
    page = message(subject="S", html=b"<p>Some <b>bold</b> words.</p>")
    for mail in (page, {**message(subject="S"), "__substg1.0_10090102": packed}):
        found = of(mail)
        assert [(found.text[one.start : one.end].strip(), one.kind) for one in found.looks] == [
            ("bold", "bold")
        ]
