from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.extract.properties import described, head_of, tags_in


def said(head: str, body: str = "Body") -> tuple[dict[str, Any], tuple[str, ...]]:
    """The metadata and tags of a note whose head is left out and whose body stays."""
    text = head + body
    found = head_of(text)
    assert text[found.end :].lstrip("\n") == body
    assert 0 <= found.start <= found.stop <= found.end
    return described(found.values)


def test_a_head_is_metadata_and_tags() -> None:
    metadata, tags = said(
        "---\nTitle: A --- B\ntags: [x, '#y', x]\nYear: 2022\nwhen: 2023-05-04\nat: 2023-05-04 10:00:00\n"
        "on: true\nsize: 1.5\nnested: {a: 1, b: [1, two]}\nnothing:\nnull: ~\nhuge: 99999999999999999999\n---\n"
    )
    assert tags == ("x", "y")
    assert metadata == {
        "title": "A --- B",
        "year": 2022,
        "when": "2023-05-04",
        "at": "2023-05-04 10:00:00",
        "on": "true",
        "size": "1.5",
        "nested.a": 1,
        "nested.b": "1, two",
        "huge": "99999999999999999999",
    }


@pytest.mark.parametrize(
    "value", ["007", "1.10", "12:30", "0x1F", "1_000", "1e3", "+5", "yes", "2023/10/08", "-0"]
)
def test_values_stay_as_they_are_written(value: str) -> None:
    for head in (f"---\nx: {value}\n---\n", f"---\nx: '{value}'\n---\n", f"---\n[: y\nx: {value}\n---\n"):
        metadata, _ = described(head_of(head).values)
        assert str(metadata.get("x", value if "[:" in head else "")) == value


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("title: A note: with a colon", "title", "A note: with a colon"),
        ("title: [译] 为什么猫会打呼噜", "title", "[译] 为什么猫会打呼噜"),
        ("title: @home and away", "title", "@home and away"),
        ("title: {{date}} diary", "title", "{{date}} diary"),
        ("title: {{title}}", "title", "{{title}}"),
        ("title: `code` first", "title", "`code` first"),
        ("title: *Important* thing", "title", "*Important* thing"),
        ("title: !important thing", "title", "!important thing"),
        ("title: % of all", "title", "% of all"),
        ('title: "Quoted" and more', "title", '"Quoted" and more'),
        ("title: it's: a 'thing'", "title", "it's: a 'thing'"),
        ("标题：全角冒号", "标题", "全角冒号"),
        ("author: [[Ibn Khaldun]]", "author", "Ibn Khaldun"),
        ("author: [[Ibn Khaldun|Khaldun]], [[Al-Biruni]]", "author", "Khaldun, Al-Biruni"),
        ('author: "[[Ibn Khaldun]]"', "author", "Ibn Khaldun"),
        ('author:\n  - "[[Ibn Khaldun]]"\n  - Bo', "author", "Ibn Khaldun, Bo"),
        ("related: [[[A]], [[B]]]", "related", "A, B"),
        ("url: https://a.b/c?d=e", "url", "https://a.b/c?d=e"),
        ("quote: C:\\Users", "quote", "C:\\Users"),
    ],
)
def test_what_no_yaml_parser_accepts_is_read_key_by_key(line: str, key: str, value: str) -> None:
    metadata, tags = said(f"---\n{line}\ntags: [a, b]\ndate: 2019/3/4\n---\n")
    assert (metadata[key], metadata["year"], tags) == (value, 2019, ("a", "b"))


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ("tags: #reading #history", ("reading", "history")),
        ("tags: [#a, #b/c]", ("a", "b/c")),
        ("tags: a, b c，d、e", ("a", "b c", "d", "e")),
        ("tags: one two", ("one", "two")),
        ("tags:\n- #x\n- 'y z'\n- [[Q]]", ("x", "y z", "Q")),
        ("\ttags:\n\t\t- one\n\t\t- two", ("one", "two")),
        ("tags:\n\t- one\n\t- two\ntitle: a: b", ("one", "two")),
        ('tags: ["#a", "[[b]]"]', ("a", "b")),
        ("tag: 单个", ("单个",)),
        ("标签：甲，乙", ("甲", "乙")),
        ("tags:", ()),
        ("taxonomies:\n  tags: [z]", ("z",)),
    ],
)
def test_tags_in_every_form(lines: str, tags: tuple[str, ...]) -> None:
    assert said(f"---\n{lines}\n---\n")[1] == tags


@pytest.mark.parametrize(
    "head",
    [
        '+++\ntitle = "T"\ndate = 2021-03-04T10:00:00Z\ntags = ["a", \'b\']\nversion = 1.10\n[params]\nx = 1\n+++\n',
        "+++\ntitle = T\ndate = 2021-03-04T10:00:00Z\ntags = [a, b]\nversion = 1.10\n+++\n",
        '{\n "title": "T", "date": "2021-03-04T10:00:00Z", "tags": ["a", "b"], "version": 1.10\n}\n\n',
        "title: T\ndate: 2021-03-04T10:00:00Z\ntags:\n- a\n- b\nversion: 1.10\n---\n",
        "Title: T\nDate: 2021-03-04T10:00:00Z\nTags: a, b\nVersion: 1.10\n\n",
        "---yaml\ntitle: T\ndate: 2021-03-04T10:00:00Z\ntags: a b\nversion: 1.10\n...\n",
        "\n---\r\ntitle: T\r\ndate: 2021-03-04T10:00:00Z\r\ntags: a b\r\nversion: 1.10\r\n---\r\n",
    ],
)
def test_every_kind_of_head(head: str) -> None:
    metadata, tags = said(head)
    shown = {key: metadata[key] for key in ("title", "date", "version", "year")}
    assert shown == {"title": "T", "date": "2021-03-04T10:00:00Z", "version": "1.10", "year": 2021}
    assert tags == ("a", "b")


@pytest.mark.parametrize(
    ("lines", "year"),
    [
        ("created: 2022-05-06 10:11\npublished: 2021-04-03", 2022),
        ("published: 2021-04-03\nlecture: 2023-04-02T09:15", 2021),
        ("date: 2023/10/08\ncreated: 2020", 2023),
        ("创建时间: 2019年3月4日", 2019),
        ("Created time: October 8, 2018 10:11 AM", 2018),
        ("date: '[[2017-01-02]]'", 2017),
        ("date: someday\ncreated: 20160102", 2016),
        ("year: 1999\ndate: 2023-01-01", 1999),
        ("modified: 2023-01-01", None),
    ],
)
def test_the_year_of_a_note(lines: str, year: int | None) -> None:
    assert said(f"---\n{lines}\n---\n")[0].get("year") == year


@pytest.mark.parametrize(
    "text",
    [
        "---\njust text\n---\nBody",
        "---\nNote: this is text.\nMore text follows it.\n---\nBody",
        "---\nno end\nBody",
        "{ a set }\n\nBody",
        '{"key": 1} is JSON\n\nBody',
        "Title: only a line\n\nBody",
        "http://a.b/c\n\nBody",
        "title: x and no end",
    ],
)
def test_what_is_no_head_is_text(text: str) -> None:
    found = head_of(text)
    assert (dict(found.values), found.end) == ({}, 0)


def test_an_alias_that_holds_itself_ends() -> None:
    said("---\na: &a\n  b: 1\n  c: *a\n---\n")
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert said(f"---\n{bomb}---\n")[0]["a"] == "x, x"


def test_tags_of_odd_values() -> None:
    assert tags_in(None) == []
    assert tags_in([["a"], {"b": 1}, "c"]) == ["a", "c"]


_LINES = st.sampled_from(
    [
        *(
            "---",
            "+++",
            "...",
            "a: b",
            "a: [",
            "- x",
            "\t- y",
            "tags: #a",
            "k = 'v'",
            "x: {{y}}",
            "",
            "#c",
            "&a *a",
        ),
        *(
            '"q": 1',
            "z: |",
            "  deep",
            "{",
            "}",
            "[t]",
            "title: t",
            "date: 2020",
            "!!python/object:os.system x",
        ),
    ]
)


@given(st.lists(_LINES | st.text(alphabet="ab:-=[]{}'\"#|>&*!%@`\t 中", max_size=12), max_size=12))
def test_whatever_is_written_a_head_ends_inside_the_text(lines: list[str]) -> None:
    text = "\n".join(["---", *lines, "---", "Body"])
    found = head_of(text)
    assert 0 <= found.start <= found.stop <= found.end <= len(text)
    metadata, tags = described(found.values)
    assert all(len(str(value)) <= 1_000 for value in [*metadata.values(), *tags])
