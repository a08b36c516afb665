"""Jupyter notebooks (nbformat 3 and 4): the words of their cells from top to bottom, what code printed behind it.

Of what a cell put out its text is read; pictures and widgets are passed over, and so is a table in HTML, whose
text stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from desktop_kb.extract import markdown, plain
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.json_text import loaded
from desktop_kb.extract.layout import settle
from desktop_kb.extract.properties import LONGEST
from desktop_kb.extract.webpage import parse, read_tree
from desktop_kb.formats import HTML, MARKDOWN, TEXT
from desktop_kb.records import Edit, Extracted, Heading, Layout, Value

_APART: Final = "\n\n"
_LONGEST_OUTPUT: Final = 20_000  # characters; a log of a training run says little
#: What an output can be shown as, best first.
_SHOWN: Final = (MARKDOWN.mime[0], "text/latex", TEXT.mime[0], HTML.mime[0])
_NO_TEXT: Final = ("<Figure size ", "<IPython.core.display.", "<matplotlib.", "<Axes", "[<matplotlib.")


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: not-text, damaged.
    """
    book = loaded(decode(data).lstrip("\ufeff"))
    texts: list[str] = []
    headings: list[Heading] = []
    edits: list[Edit] = []
    tags: list[str] = []
    metadata: dict[str, Value] = {}
    at = 0
    for part in _parts(book, path):
        layout = part.layout
        headings += [Heading(h.start + at, h.end + at, h.level, h.title) for h in layout.headings]
        edits += [Edit(e.start + at, e.end + at, e.text) for e in layout.edits]
        tags += part.tags
        metadata = {**part.metadata, **metadata}
        texts.append(part.text + _APART)
        at += len(texts[-1])
    about = book.get("metadata")
    named = about.get("title") if isinstance(about, dict) else ""
    title = named if isinstance(named, str) else ""
    title = title or next((h.title for h in headings if h.level == 1), "")
    text = "".join(texts).removesuffix(_APART)
    found = Layout(headings=tuple(headings), edits=settle(edits))
    return Extracted(text, title[:LONGEST], found, metadata, tuple(dict.fromkeys(tags)))


def _parts(book: dict[str, Any], path: Path) -> Iterator[Extracted]:
    for cell in _cells(book):
        source, kind = _text(cell.get("source", cell.get("input"))), cell.get("cell_type")
        if not source.strip():
            continue
        if kind == MARKDOWN.type:
            yield markdown.read(source.encode("utf-8", "replace"), path)
        elif kind == "heading":  # of nbformat 3
            level, title = cell.get("level"), " ".join(source.split())
            depth = level if isinstance(level, int) and 1 <= level <= 6 else 1
            heading = Heading(0, len(title), depth, title[:LONGEST])
            yield Extracted(title, "", Layout(headings=(heading,)))
        else:
            yield plain.laid_out(source, linewise=True)
        for said in _outputs(cell):
            yield plain.laid_out(said[:_LONGEST_OUTPUT], linewise=True)


def _cells(book: dict[str, Any]) -> Iterator[dict[str, Any]]:
    sheets = book.get("worksheets")  # of nbformat 3
    for holder in [book, *(sheets if isinstance(sheets, list) else [])]:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        yield from (cell for cell in (cells if isinstance(cells, list) else []) if isinstance(cell, dict))


def _outputs(cell: dict[str, Any]) -> Iterator[str]:
    """What a cell put out, each as text."""
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        if output.get("output_type") in ("error", "pyerr"):
            said = f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"
        else:
            said = _text(output.get("text")) or _shown(output.get("data", output))
        if said.strip() and not said.lstrip().startswith(_NO_TEXT):
            yield said


def _shown(data: Any) -> str:
    """An output as text, by the best of its forms."""
    if not isinstance(data, dict):
        return ""
    form = next((form for form in _SHOWN if _text(data.get(form)).strip()), "")
    said = _text(data.get(form))
    if form not in HTML.mime:
        return said
    page = parse(said)
    return read_tree(page).text if page is not None else ""


def _text(value: Any) -> str:
    """A text, which may be written as a list of its lines."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))
