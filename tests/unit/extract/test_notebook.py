from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pdfs import reading

from desktop_kb.errors import Problem
from desktop_kb.extract import notebook
from desktop_kb.records import Extracted

NAME = Path("tides.ipynb")


def of(*cells: dict[str, Any], **more: Any) -> Extracted:
    book = {"nbformat": 4, "metadata": {"kernelspec": {"name": "python3"}}, "cells": list(cells), **more}
    return notebook.read(json.dumps(book).encode(), NAME)


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": list(outputs)}


def note(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source}


TABLE = {
    "output_type": "execute_result",
    "data": {"text/html": "<table><tr><td>7</td></table>", "text/plain": "   height\n0     1.2"},
}


def test_the_cells_are_read_from_top_to_bottom_with_what_they_printed() -> None:
    found = of(
        note("---\n# Tides of *Port Ellen*\n\nHigh water is **late**. #sea"),
        code(
            "import tides\ntides.fit(2019)",
            {"output_type": "stream", "name": "stdout", "text": ["fitted \x1b[31m37\x1b[0m constituents\n"]},
            {
                "output_type": "display_data",
                "data": {
                    "text/plain": ["<Figure size 640x480 with 1 Axes>"],
                    "image/png": "iVBORw0KGgo" * 99,
                },
            },
        ),
        note("## Residuals\n\n潮汐的残差"),
        code("frame.head()", TABLE),
        code("1/0", {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero"}),
    )
    assert found.title == "Tides of Port Ellen"
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "Tides of Port Ellen"),
        (2, "Residuals"),
    ]
    assert [found.text[h.start : h.end] for h in found.layout.headings][1] == "Residuals"
    said = reading(found)
    assert "High water is late." in said
    assert "import tides\ntides.fit(2019)\n\nfitted 37 constituents" in said
    assert "潮汐的残差" in said
    assert "   height\n0     1.2" in said
    assert "ZeroDivisionError: division by zero" in said
    assert not any(mark in said for mark in ("**", "Figure", "iVBOR", "[31m", "<td>", "\x1b"))
    assert found.tags == ("sea",)


def test_the_third_version_of_the_format() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Whales"]},
        {"cell_type": "code", "input": ["sing()"], "outputs": [{"output_type": "pyout", "text": "loud"}]},
    ]
    found = notebook.read(json.dumps({"worksheets": [{"cells": cells}]}).encode(), NAME)
    assert reading(found) == "Whales\n\nsing()\n\nloud"
    assert [(h.level, h.title) for h in found.layout.headings] == [(2, "Whales")]


def test_a_table_that_is_only_html_is_read() -> None:
    html = "<table><tr><th>port</th></tr><tr><td>Oban</td></tr></table>"
    found = of(code("show()", {"output_type": "display_data", "data": {"text/html": [html]}}))
    assert "Oban" in reading(found)


def test_a_long_log_is_cut() -> None:
    found = of(code("train()", {"output_type": "stream", "text": "loss 0.1\n" * 100_000}))
    assert 1_000 < len(found.text) < 25_000


@pytest.mark.parametrize("data", [b"{", b"[1]", b"7", b'{"cells": [' + b"[" * 100_000])
def test_what_is_no_notebook_is_damaged(data: bytes) -> None:
    with pytest.raises(Problem) as caught:
        notebook.read(data, NAME)
    assert caught.value.code == "damaged"


@pytest.mark.parametrize(
    "cells",
    [
        *(None, 3, [7, None], [{"source": 3, "outputs": {"a": 1}}]),
        [{"cell_type": "code", "source": "x", "outputs": [3, {"data": 4}]}],
    ],
)
def test_odd_cells_are_passed_over(cells: Any) -> None:
    assert notebook.read(json.dumps({"cells": cells}).encode(), NAME).text.strip() in ("", "x")
