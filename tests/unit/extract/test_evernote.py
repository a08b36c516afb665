from __future__ import annotations

import base64
from pathlib import Path

import pytest

from desktop_kb.errors import Problem
from desktop_kb.extract import evernote
from desktop_kb.records import Extracted


def of(*notes: str) -> Extracted:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE en-export SYSTEM "http://a.b/evernote-export3.dtd">'
    )
    return evernote.read(f"{head}<en-export>{''.join(notes)}</en-export>".encode(), Path("notes.enex"))


def note(title: str, body: str, more: str = "") -> str:
    page = f'<?xml version="1.0"?><!DOCTYPE en-note SYSTEM "http://a.b/enml2.dtd"><en-note>{body}</en-note>'
    return f"<note><title>{title}</title><content><![CDATA[{page}]]></content>{more}</note>"


COMPOST = note(
    "堆肥 &amp; soil",
    "<div>Kitchen waste turns&nbsp;into humus.</div><h1>Turning</h1><div><en-todo checked='true'/>Turn the heap</div>"
    "<en-media type='image/png' hash='a'/><en-crypt>c2VjcmV0</en-crypt>",
    "<created>20231008T101112Z</created><tag>garden/soil</tag><tag>堆肥</tag><note-attributes><author>Ann</author>"
    "<source-url>https://a.b/c</source-url></note-attributes><resource><data encoding='base64'>AAAA</data></resource>",
)


def test_a_note() -> None:
    found = of(COMPOST)
    assert found.text == "堆肥 & soil\nKitchen waste turns into humus.\nTurning\nTurn the heap"
    assert (found.title, found.tags) == ("堆肥 & soil", ("garden/soil", "堆肥"))
    assert dict(found.metadata) == {
        "created": "2023-10-08",
        "author": "Ann",
        "source": "https://a.b/c",
        "year": 2023,
    }
    shown = [(h.level, h.title, found.text[h.start : h.end]) for h in found.layout.headings]
    assert shown == [(1, "堆肥 & soil", "堆肥 & soil"), (2, "Turning", "Turning")]


def test_many_notes_each_under_its_title() -> None:
    found = of(
        COMPOST,
        note("Two", "<div>second</div>", "<tag>b</tag>"),
        note("", "untitled"),
        "<note><title>Empty</title></note>",
    )
    assert found.title == ""
    assert found.tags == ("garden/soil", "堆肥", "b")
    assert "year" not in found.metadata
    assert [found.text[h.start : h.end] for h in found.layout.headings] == [
        "堆肥 & soil",
        "Turning",
        "Two",
        "Empty",
    ]
    assert "second\n\nuntitled" in found.text


def test_a_cut_export_gives_the_notes_before_the_cut() -> None:
    whole = f"<en-export>{COMPOST}{note('Two', 'second')}".encode()
    assert "humus" in evernote.read(whole[:-60], Path("a.enex")).text


@pytest.mark.parametrize(
    "data", [b"", b"no xml", b"<html><body>page</body></html>", b"<en-export></en-export>"]
)
def test_what_is_no_export_is_damaged(data: bytes) -> None:
    with pytest.raises(Problem, match="damaged"):
        evernote.read(data, Path("a.enex"))


def test_entities_bring_nothing_in() -> None:
    head = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname"><!ENTITY b "bb">]>'
    found = evernote.read(
        f"{head}<en-export><note><title>t&a;</title></note></en-export>".encode(), Path("a.enex")
    )
    assert found.text.strip() == "t"


def test_attached_files_are_parts_and_pictures_are_not() -> None:
    def resource(kind: str, name: str, content: bytes) -> str:
        data = base64.encodebytes(content).decode()
        about = f"<resource-attributes><file-name>{name}</file-name></resource-attributes>"
        return f"<resource><data encoding='base64'>{data}</data><mime>{kind}</mime>{about}</resource>"

    held = resource("application/pdf", "报告.pdf", b"%PDF" * 99) + resource("image/png", "a.png", b"PNG")
    data = f"<en-export>{note('One', 'first', held)}{note('Two', 'second', held)}</en-export>".encode()
    assert evernote.read(data, Path("notes.enex")).holds_files
    offered = list(evernote.parts(data, Path("notes.enex"), None))
    assert [(part.name, part.read()) for part in offered] == [("报告.pdf", b"%PDF" * 99)] * 2


def test_tasks_stand_where_the_note_has_their_group() -> None:
    group = (
        "<div style='--en-task-group:true; --en-id:{};color:#868686'><div>Content not supported</div>"
        "<div>This block is a placeholder for Tasks.</div></div>"
    )
    task = "<task><title>{}</title><sortWeight>{}</sortWeight><taskGroupNoteLevelID>{}</taskGroupNoteLevelID></task>"
    found = of(
        note(
            "Garden",
            f"<div>before</div>{group.format('0b-1')}<div>between</div>{group.format('0b-2')}<div>after</div>",
            task.format("翻堆", "Q", "0b-1")
            + task.format("Water the beds", "C", "0b-1")
            + task.format("Buy seeds", "C", "0b-2")
            + task.format("Nowhere", "C", "gone"),
        ),
        f"<note><title>No page</title>{task.format('Alone', 'C', '')}</note>",
    )
    assert [line for line in found.text.splitlines() if line] == [
        *("Garden", "before", "Water the beds", "翻堆", "between", "Buy seeds", "after", "Nowhere"),
        *("No page", "Alone"),
    ]


def test_a_large_attached_file_is_read_and_so_are_the_notes_behind_it() -> None:
    held = "AAAA" * (11 * 2**20 // 4)  # libxml2's limit of one text is 10 MB
    large = f"<resource><data encoding='base64'>{held}</data><mime>application/pdf</mime></resource>"
    export = (
        f"<en-export>{note('One', '<div>first</div>', large)}{note('Two', '<div>second</div>')}</en-export>"
    )
    found = evernote.read(export.encode(), Path("notes.enex"))
    assert [h.title for h in found.layout.headings] == ["One", "Two"]
    (part,) = evernote.parts(export.encode(), Path("notes.enex"), None)
    assert len(part.read()) == len(held) * 3 // 4
