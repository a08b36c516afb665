"""Presentations (pptx) -> the slides in their order, each a page: its title, texts, tables, charts, diagrams, the
speaker's notes and comments. Slide numbers, footers and what a master shows on all slides are not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from desktop_kb.extract import embedded
from desktop_kb.extract.ooxml import (
    Part,
    alternatives,
    opened,
    paragraphs,
    properties,
    relation,
    words_of,
    write_graphics,
)
from desktop_kb.extract.package import passing_over_damage
from desktop_kb.extract.slide_numbers import SlideNumbers
from desktop_kb.extract.writer import Writer
from desktop_kb.extract.xml_tree import attribute, below, child, local
from desktop_kb.records import Extracted

_TITLES: Final = frozenset({"title", "ctrTitle"})
_FURNITURE: Final = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})

parts: Final = embedded.parts


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: encrypted, damaged, unpacks-too-large.
    """
    main = opened(data)
    title, said = properties(main.package)
    authors = _authors(main)
    writer = Writer()
    for number, slide in enumerate(_slides(main), 1):
        writer.page(str(number))
        with passing_over_damage():
            _write_slide(writer, slide, authors)
    first = next((h.title for h in writer.headings), "")
    return embedded.offering(writer.extracted(title or first, said), data)


def _slides(main: Part) -> Iterator[Part]:
    for entry in below(main.root, "sldId"):
        slide = main.by_id(relation(entry))
        if slide is not None and main.package.once(slide.name):
            yield slide


def _write_slide(writer: Writer, slide: Part, authors: dict[str, str]) -> None:
    tree = next(below(slide.root, "spTree"), ())
    shapes = list(tree)
    shapes.sort(key=lambda shape: _kind(shape) not in _TITLES)
    _write_shapes(writer, shapes, slide)
    for notes in slide.by_kind("notesSlide"):
        for shape in below(notes.root, "sp"):
            if _kind(shape) == "body":
                _write_text(writer, shape)
    for comments in slide.by_kind("comments"):
        _write_comments(writer, comments.root, authors)


def _write_shapes(writer: Writer, shapes: Iterable[Any], slide: Part) -> None:
    for shape in shapes:
        kind = _kind(shape)
        match local(shape):
            case "sp" if kind in _TITLES:
                writer.line(" ".join(" ".join(paragraphs(shape)).split()), 1)
            case "sp" if kind not in _FURNITURE:
                _write_text(writer, shape)
            case "grpSp":
                _write_shapes(writer, shape, slide)
            case "AlternateContent":
                _write_shapes(writer, alternatives(shape), slide)
            case "graphicFrame":
                for row in below(shape, "tr"):
                    writer.row("\n".join(paragraphs(cell)) for cell in row if local(cell) == "tc")
                write_graphics(writer, shape, slide)
            case "pic":
                writer.holds_picture()
                blip = next(below(shape, "blip"), None)
                part = slide.by_id(relation(blip, "embed")) if blip is not None else None
                writer.picture(part.name if part is not None else "")


def _write_text(writer: Writer, shape: Any) -> None:
    numbers = SlideNumbers()
    for paragraph in below(shape, "p"):
        if (text := words_of(paragraph)).strip():
            writer.line(numbers.before(paragraph) + text)


def _kind(shape: Any) -> str:
    """Which placeholder a shape fills; '' if it fills none."""
    if local(shape) != "sp":
        return ""
    return attribute(next(below(shape, "ph"), None), "type")


def _authors(main: Part) -> dict[str, str]:
    return {
        attribute(author, "id"): attribute(author, "name")
        for part in main.by_kind("commentAuthors", "authors")
        for author in part.root
        if local(author)
    }


def _write_comments(writer: Writer, root: Any, authors: dict[str, str]) -> None:
    """Comments of both kinds, the newer with the answers to them."""
    for comment in below(root, "cm", "reply"):
        held = child(comment, "text")
        body = child(comment, "txBody")
        text = (
            (held.text or "") if held is not None else " ".join(paragraphs(body) if body is not None else ())
        )
        if text.strip():
            writer.comment(text.strip(), authors.get(attribute(comment, "authorId"), ""))
