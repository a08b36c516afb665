"""What the apps' own files hold besides what the person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.extract import markdown
from desktop_kb.reading import read
from desktop_kb.records import Extracted

UUID = "63a1b2c3-d4e5-4f60-8a7b-0123456789ab"


def of(text: str, name: str = "note.md") -> Extracted:
    return markdown.read(text.encode(), Path(name))


def reading(text: str, name: str = "note.md") -> str:
    found = of(text, name)
    assert found.text == text
    return "\n".join(filter(None, map(str.strip, read(found.text, found.layout.edits).splitlines())))


BREAD = f"""title:: Bread baking
tags:: [[kitchen]], sourdough
public:: true

- Feed the starter at night. #fermentation
  id:: {UUID}
  collapsed:: true
\t- Use #[[rye flour]] and (({UUID})) water
\t  :LOGBOOK:
\t  CLOCK: [2023-01-02 Mon 10:00:00]--[2023-01-02 Mon 11:00:00] =>  01:00:00
\t  :END:
\t\t- {{{{query (and [[bread]] (task todo))}}}}
\t\t- {{{{embed [[Oven notes]]}}}} and [the page]([[Some page]]) and {{{{cloze hidden word}}}}
- author:: Ann Baker
- #+BEGIN_QUOTE
  Bread is patience.
  #+END_QUOTE
- #+BEGIN_QUERY
  {{:query [:find ?b]}}
  #+END_QUERY
- TODO Bake
"""


def test_a_logseq_page() -> None:
    found = of(BREAD)
    assert found.title == "Bread baking"
    assert found.tags == ("kitchen", "sourdough", "fermentation", "rye flour")
    assert reading(BREAD) == reading(BREAD.replace("\n", "\r\n")).replace("\r", "")
    assert reading(BREAD).splitlines() == [
        "- Feed the starter at night. fermentation",
        "- Use rye flour and  water",
        "-",
        "- Oven notes and the page and hidden word",
        "- author:: Ann Baker",
        "Bread is patience.",
        "- TODO Bake",
    ]


@pytest.mark.parametrize(
    ("text", "name", "title", "tags", "said"),
    [
        ("- alias:: Loaf\n  tags:: #a, [[b c]]\n- x", "p.md", "", ("a", "b c"), {"alias": "Loaf"}),
        ("- written today", "pages/Projects___Oven%3A new.md", "Projects/Oven: new", (), {}),
        (
            "type:: book\nauthor:: [[Ibn Khaldun]]\nyear:: 1377\n\n- x",
            "p.md",
            "",
            (),
            {"author": "Ibn Khaldun", "year": 1377},
        ),
        (
            "created:: 2022/05/06\n\nDataview's fields.",
            "p.md",
            "",
            (),
            {"created": "2022/05/06", "year": 2022},
        ),
    ],
)
def test_properties_of_a_page(
    text: str, name: str, title: str, tags: tuple[str, ...], said: dict[str, object]
) -> None:
    found = of(text, name)
    assert (found.title, found.tags) == (title, tags)
    assert said.items() <= dict(found.metadata).items()
    assert "::" not in reading(text, name)


def test_what_logseq_notes_beside_tasks_and_pictures() -> None:
    text = (
        "- DONE Water the beds\n  done:: 1614350275750\n  created_at:: 1614350275750\n"
        "- ![a b.png](../assets/one year here.png){:height 560, :width 960} The heap\n"
        "- phone:: 1234567\n- [a page](other page.md) and ![](<x y.png>)"
    )
    assert [line.strip() for line in reading(text).splitlines()] == [
        *(
            "- DONE Water the beds",
            "-  The heap",
            "- phone:: 1234567",
            "- [a page](other page.md) and",
        ),
    ]


def test_what_code_shows_stays() -> None:
    text = "Write\n\n```\nid:: 1234\n{{query x}}\n:LOGBOOK:\n:END:\n```\n\nor `{{query y}}` and `collapsed:: true`."
    assert reading(text).splitlines() == [
        *("Write", "id:: 1234", "{{query x}}", ":LOGBOOK:", ":END:", "or {{query y}} and collapsed:: true."),
    ]
    assert (
        reading("Templates: {{ page.title }} and std::vector<int>")
        == "Templates: {{ page.title }} and std::vector<int>"
    )


DRAWING = """---
excalidraw-plugin: parsed
tags: [plans]
---
==⚠  Switch to EXCALIDRAW VIEW in the MORE OPTIONS menu of this document. ⚠==

Why we need it.

# Excalidraw Data

## Text Elements
Inlet valve ^aB3dE6fG

Outlet to
tank ^hJ7_L9mN

## Embedded Files
0123456789abcdef: [[photo.png]]

%%
## Drawing
```compressed-json
N4KAkARALgngDgUwgLgAQQQDwMYEMA2AlgCYBOuA7hADTgQBuCpAzoQPYB2KqATLZMzYBXUtiRoIACyhQ4zZAHoFAc0JRJQgEYA6bGwC2CgF7N6hbEcK4OCtptbErHALRY8RMpWdx8Q1TdIEfARcZgRmBShcZQUebQAGbR4aOiCEfQQOKGZuAG1wMFAwYogSbghGAC0hACEAaQAFAGVUwAGAA==
```
%%
"""


@pytest.mark.parametrize(
    "text",
    [
        DRAWING,
        DRAWING.replace("\n", "\r\n"),
        DRAWING.replace("## Text", "# Text")
        .replace("# Excalidraw Data\n\n", "")
        .replace("%%\n## Draw", "# Draw"),
        DRAWING.replace("## Embedded Files\n0123456789abcdef: [[photo.png]]\n\n", ""),
        DRAWING.replace("compressed-json", "json"),
    ],
)
def test_a_drawing_is_read_by_its_words(text: str) -> None:
    found = of(text, "pump.excalidraw.md")
    assert reading(text).split() == ["Why", "we", "need", "it.", "Inlet", "valve", "Outlet", "to", "tank"]
    assert (found.title, found.tags, found.layout.headings) == ("", ("plans",), ())


def test_a_drawing_without_words_says_nothing() -> None:
    assert (
        reading(
            "---\nexcalidraw-plugin: parsed\n---\n# Excalidraw Data\n## Text Elements\n%%\n# Drawing\nabc\n%%"
        )
        == ""
    )


def test_the_fields_at_the_end_of_a_note_from_joplin() -> None:
    text = (
        "Tomato blight\n\nSpray in June.\n\nid: 0123456789abcdef0123456789abcdef\nparent_id: \n"
        "created_time: 2020-06-07T08:09:10.000Z\nauthor: Ann\nsource_url: https://a.b/c\nis_todo: 0\ntype_: 1"
    )
    found = of(text)
    assert reading(text) == "Tomato blight\nSpray in June."
    assert found.title == "Tomato blight"
    assert dict(found.metadata) == {
        "created": "2020-06-07T08:09:10.000Z",
        "author": "Ann",
        "source": "https://a.b/c",
        "year": 2020,
    }


@pytest.mark.parametrize(
    "more", ["note_id: 00\ntag_id: 11\ntype_: 6", f"body_diff: {'x' * 9_000}\ntype_: 13"]
)
def test_what_is_no_note_of_joplin_says_nothing(more: str) -> None:
    assert not reading(
        f"id: 0123456789abcdef0123456789abcdef\ncreated_time: 2020-06-07T08:09:10.000Z\n{more}"
    ).strip()


def test_a_page_from_notion() -> None:
    name = "Reading list 0123456789abcdef0123456789abcdef.md"
    text = "# Reading list\n\nCreated: October 8, 2023 10:11 AM\nTags: books, to read\nStatus: Open\n\nFirst: a novel."
    found = of(text, name)
    assert (found.title, found.tags) == ("Reading list", ("books", "to read"))
    assert {"status": "Open", "year": 2023}.items() <= dict(found.metadata).items()
    assert "Status: Open" in reading(text, name)
    assert of("No heading here.", name).title == "Reading list"
    assert not of(text).tags
    row = of(
        text.partition("\n\nFirst")[0], name
    )  # of a table: nothing but properties, and no line break at the end
    assert {"status": "Open", "year": 2023}.items() <= dict(row.metadata).items()
    assert "Status: Open" in reading(row.text)


def test_a_chinese_page_from_notion() -> None:
    name = "会议 fedcba9876543210fedcba9876543210.md"
    text = "# 会议\n\n创建时间: 2024年3月5日 09:00\n标签: 周会, 预算\n\n- [ ] 发纪要\n- [x] 订会议室"
    found = of(text, name)
    assert (found.title, found.tags, found.metadata["year"]) == ("会议", ("周会", "预算"), 2024)
    assert "发纪要" in reading(text, name)


def test_a_page_from_notion_with_an_aside_and_a_page_below_it() -> None:
    name = "Trip 00112233445566778899aabbccddeeff.md"
    text = (
        "# Trip\n\nOwner: Lena\n\n<aside>\n💡 Take the early train.\n\n</aside>\n\n"
        "[Packing](Packing%2000112233445566778899aabbccddeeff.md)"
    )
    found, shown = of(text, name), reading(text, name)
    assert (found.title, found.metadata["owner"]) == ("Trip", "Lena")
    assert "Take the early train." in shown
    assert "Packing" in shown
    assert "aside" not in shown
    assert "00112233" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: Only a head\nstatus: seldom read\n---\n",
        "+++\ntitle = 'Only a head'\nstatus = 'seldom read'\n+++",
        "title:: Only a head\nstatus:: seldom read\n",
        "---\ntitle: Only a head\nstatus: seldom read\n---\n\n![](x.png)\n",
        "---\r\ntitle: Only a head\r\nstatus: seldom read\r\n---\r\n\r\n<!-- -->\r\n",
    ],
)
def test_a_note_of_properties_only_is_read_by_them(text: str) -> None:
    assert of(text).title == "Only a head"
    assert "seldom read" in reading(text)
    assert "---" not in reading(text)
    assert "seldom" not in reading(text + "\n\nBody")
