from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.extract import subtitles
from desktop_kb.reading import Reading, read


def said(text: str) -> list[str]:
    found = subtitles.read(text.encode(), Path("film.srt"))
    assert found.text == text.lstrip("\ufeff")
    return [line.strip() for line in read(found.text, found.layout.edits).split("\n") if line.strip()]


SRT = """1
00:00:01,000 --> 00:00:03,500
The ferry leaves at <i>seven</i>,
and it does not wait

2
00:00:03,600 --> 00:00:05,000
for anyone who is late.

3
00:00:06,000 --> 00:00:07,000 X1:100 X2:200
{\\an8}- Is it far?
- No.

4
00:00:08,000 --> 00:00:09,000
1999

5
00:00:10,000 --> 00:00:12,000
石阶被江水磨得发亮
摆渡人把船推到水里
"""


@pytest.mark.parametrize("text", [SRT, SRT.replace("\n", "\r\n"), "\ufeff" + SRT])
def test_what_is_said(text: str) -> None:
    assert said(text) == [
        "The ferry leaves at seven, and it does not wait for anyone who is late.",
        *("- Is it far?", "- No.", "1999", "石阶被江水磨得发亮", "摆渡人把船推到水里"),
    ]


def test_webvtt() -> None:
    text = """WEBVTT - The ferry
Kind: captions

NOTE made by hand
on two lines

STYLE
::cue { color: red }

intro
00:01.000 --> 00:03.000 line:0 align:start
<v Ann>The <c.loud>ferry</c> is <00:00:02.000>late.</v>

00:00:04.000 --> 00:00:05.000
We wait.
"""
    assert said(text) == ["Ann: The ferry is late.", "We wait."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\n0:00:01.0 --> 0:00:02.0\nShort forms\n", ["Short forms"]),
        (
            "00:00:01,000 --> 00:00:02,000\nNo number\n00:00:03,000 --> 00:00:04,000\nNo blank\n",
            ["No number", "No blank"],
        ),
        (
            "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\na < b and c > d\n",
            ["a < b and c > d"],
        ),
        ("no subtitles at all\nbut text", ["no subtitles at all but text"]),
    ],
)
def test_as_they_are_found(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@given(
    st.lists(
        st.sampled_from(
            ["1", "00:00:01,000 --> 00:00:02,000", "Text,", "goes on", "", "<i>x</i>", "NOTE", "中"]
        )
    )
)
def test_offsets_are_those_of_the_file(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = subtitles.read(text.encode(), Path("a.srt"))
    whole = Reading(text, found.layout.edits)
    for offset, character in enumerate(whole.text):
        assert character in " \n" or text[whole.start(offset)] == character
