"""Whatever a file holds, what its reader finds passes the checks on this side of the child."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import UnidentifiedImageError

from desktop_kb import reading
from desktop_kb.errors import Problem
from desktop_kb.extract.extraction_client import _checked
from desktop_kb.extract.extraction_worker import _header
from desktop_kb.extract.parts import reader_of
from desktop_kb.formats import FORMATS, PDF, Format
from desktop_kb.worker import Message

_PIECES = st.sampled_from(
    [
        *(
            "text",
            "第一章",
            "Chapter 1",
            "BOOK II",
            "\n",
            "\n\n",
            "\r\n",
            " ",
            "\t",
            "#tag",
            "#" + "长" * 300,
            "==========\n",
        ),
        *(
            "- Your Highlight on page 1 | x\n",
            "《书》\n",
            "3个笔记\n",
            "◆ ",
            "-- 来自微信读书",
            "1\n",
            "00:00:01,000 --> 00:00:02,000\n",
        ),
        *(
            "WEBVTT\n\n",
            "<v " + "x" * 3_000 + ">",
            '{"nodes": [',
            '{"type": "text", "text": "a"}',
            "]}",
            '"\\ud800"',
            "def f(x):\n",
            "[a]\n",
        ),
        *(
            "<en-export><note><title>t</title>",
            "<content>",
            "<![CDATA[",
            "]]>",
            "</content></note></en-export>",
            "<h1>",
            "</h1>",
        ),
        *(
            "<div class='memo'><div class='time'>",
            "<math>",
            "<iframe srcdoc='",
            "'>",
            "MIME-Version: 1.0\n",
            "Content-Type: text/html\n\n",
        ),
        *(
            "---\n",
            "+++\n",
            "title: " + "t" * 3_000 + "\n",
            "tags: [" + "a, " * 5_000 + "]\n",
            "k" * 3_000 + ": v\n",
            "key:: " + "v" * 3_000 + "\n",
        ),
        *(
            "# Excalidraw Data\n",
            "## Text Elements\n",
            "[[a|b]]",
            "> [!n] ",
            "\x1b[31m",
            "N\x08N",
            "\ufeff",
            "\ud7ff",
            "😀",
            "\u2028",
        ),
        "id: " + "0" * 32 + "\ntype_: 1",
        "第一卷\n",
        "目录\n",
        ",",
        '"',
        "\\u4e2d",
        "A" * 700,
    ]
)
#: What libraries raise for pictures and archives that are none, which the child calls damaged.
_DAMAGED = (UnidentifiedImageError, tarfile.TarError)
_TEXT_FORMATS = [format for format in FORMATS if format is not PDF]


@pytest.mark.parametrize("format", _TEXT_FORMATS, ids=lambda format: format.type)
@given(st.lists(_PIECES, max_size=14))
def test_what_a_reader_finds_passes_the_checks(format: Format, pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        read = reader_of(format)[0]
        found = read(text.encode("utf-8", "replace"), Path(f"note{format.suffixes[0]}"), None)
    except (Problem, *_DAMAGED):
        return
    answer = Message(_header(found), (found.text.encode("utf-8"), found.layout.seen))
    checked = _checked(answer, 10_000_000)
    assert checked.text == found.text
    shown = reading.read(checked.text, checked.layout.edits)
    for heading in checked.layout.headings:
        assert reading.read(checked.text, checked.layout.edits, heading.start, heading.end) in shown
