from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desktop_kb.errors import Problem
from desktop_kb.extract import canvas
from desktop_kb.records import Extracted


def of(content: Any) -> Extracted:
    return canvas.read(json.dumps(content).encode(), Path("plan.canvas"))


def test_a_canvas_is_read_from_top_to_bottom() -> None:
    found = of(
        {
            "nodes": [
                {"id": "b", "type": "text", "text": "**Second** [[card|one]] #garden/soil", "x": 0, "y": 200},
                {"id": "a", "type": "text", "text": "# First\n- item", "x": 0, "y": 100},
                {"id": "g", "type": "group", "label": "Plans for spring", "x": -10, "y": -10},
                {"id": "f", "type": "file", "file": "Notes/Compost.md", "x": 300, "y": 100},
                {"id": "l", "type": "link", "url": "https://a.b/c", "x": 0, "y": 300},
            ],
            "edges": [{"id": "e", "fromNode": "a", "toNode": "b", "label": "leads to"}],
        }
    )
    assert found.text.split("\n\n")[:-1] == [
        *(
            "Plans for spring",
            "First\n- item",
            "Notes/Compost.md",
            "Second one garden/soil",
            "https://a.b/c",
            "leads to",
        ),
    ]
    assert found.tags == ("garden/soil",)
    assert [(h.title, found.text[h.start : h.end]) for h in found.layout.headings] == [
        ("Plans for spring",) * 2
    ]


def test_a_drawing_is_read_by_its_text_elements() -> None:
    found = of(
        {
            "type": "excalidraw",
            "elements": [
                {"type": "rectangle", "x": 0, "y": 0},
                {
                    "type": "text",
                    "text": "Inlet *valve*",
                    "originalText": "Inlet *valve*",
                    "fontSize": 20,
                    "x": 0,
                    "y": 5,
                },
                {"type": "text", "text": "gone", "isDeleted": True, "fontSize": 20, "x": 0, "y": 6},
                {"type": "text", "text": "Outlet\nto tank", "fontSize": 20, "x": 9, "y": 5},
                {"type": "frame", "name": "Pump", "x": 0, "y": 90},
            ],
            "files": {"a": {"dataURL": "data:image/png;base64,AAAA"}},
        }
    )
    assert found.text.split("\n\n")[:-1] == ["Inlet *valve*", "Outlet\nto tank", "Pump"]


@pytest.mark.parametrize(
    "content", [{}, {"nodes": [1, None, {"type": "text"}, {"text": 5}], "edges": {}}, {"nodes": None}]
)
def test_a_canvas_without_words(content: Any) -> None:
    assert of(content).text == ""


@pytest.mark.parametrize("data", [b"[1]", b"{broken", b'"text"', b"[" * 100_000])
def test_what_is_no_canvas_is_damaged(data: bytes) -> None:
    with pytest.raises(Problem, match="damaged"):
        canvas.read(data, Path("plan.canvas"))
