"""OpenDocument texts, spreadsheets and presentations -> what their reader finds: text, tables, boxes, notes,
comments, lists' numbers, charts. Deleted text, running heads and pictures are not read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from desktop_kb.errors import Problem
from desktop_kb.extract.dressing import Dressing, undressed
from desktop_kb.extract.odf_lists import Lists
from desktop_kb.extract.package import Package, passing_over_damage
from desktop_kb.extract.properties import LONGEST
from desktop_kb.extract.sheets import Cell, write_rows
from desktop_kb.extract.titles import is_title
from desktop_kb.extract.writer import Writer
from desktop_kb.extract.xml_tree import attribute, below, child, local, number, parse
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Extracted, LookKind

_CONTENT, _STYLES, _META, _MANIFEST = "content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml"
#: What is not read: text that was deleted, forms, and what only defines something.
_UNREAD: Final = frozenset(
    {
        *("tracked-changes", "forms", "sequence-decls", "variable-decls", "user-field-decls", "settings"),
        *(
            "dde-connection-decls",
            "named-expressions",
            "database-ranges",
            "content-validations",
            "calculation-settings",
        ),
        *(
            "ruby-text",
            "annotation-end",
            "change",
            "change-start",
            "change-end",
            "bookmark",
            "event-listeners",
        ),
        *("header-decl", "footer-decl", "date-time-decl"),
    }
)
#: Lists of what stands elsewhere in the document; a bibliography does not.
_CONTENTS: Final = frozenset(
    {
        "table-of-content",
        "alphabetical-index",
        "illustration-index",
        "table-index",
        "object-index",
        "user-index",
    }
)
#: What stands beside the line of its paragraph.
_ASIDE: Final = frozenset(
    {
        *("frame", "custom-shape", "g", "rect", "line", "ellipse", "polygon", "path", "connector", "caption"),
        *("note", "annotation", "control"),
    }
)
_FURNITURE: Final = frozenset({"date-time", "footer", "page-number", "header"})
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_RAISED: Final = re.compile(r"[1-9]\d*(\.\d+)?%")
_DEEPEST_STYLE: Final = 10
_MOST_BLANKS = 100
_MOST_REPEATED = 100  # cells or rows; a file of 1 KB can repeat a row a million times


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: encrypted, damaged, unpacks-too-large.
    """
    package = Package(data)
    if _MANIFEST in package and b"encryption-data" in package.read(_MANIFEST):
        raise Problem("encrypted")
    title, said = _properties(package)
    content = parse(package.read(_CONTENT))
    styles = parse(package.read(_STYLES)) if _STYLES in package else None
    document = _Document(package, [root for root in (styles, content) if root is not None])
    body = next(below(content, "body"), None)
    if body is None:
        raise Problem("damaged")
    for kind in body:
        document.blocks(kind, document.writer)
    headings = document.writer.headings
    first = headings[0].title if headings and document.has_slides else ""
    return document.writer.extracted(title or document.title or first, said)


def _properties(package: Package) -> tuple[str, dict[str, object]]:
    said: dict[str, object] = {}
    title, keywords = "", []
    for element in parse(package.read(_META)).iter() if _META in package else ():
        name, text = local(element), " ".join((element.text or "").split())
        if not text:
            continue
        if name == "title" and is_title(text):
            title = text
        elif name == "keyword":
            keywords.append(text)
        elif name == "creation-date" and (date := iso_date(text)):
            said["date"] = date
        elif name == "initial-creator" or (name == "creator" and "author" not in said):
            said["author"] = text
        elif name in ("subject", "language"):
            said[{"language": "lang"}.get(name, name)] = text
    return title, {**said, **({"keywords": ", ".join(keywords)} if keywords else {})}


class _Document:
    """Reads one document into `writer`."""

    def __init__(self, package: Package, roots: list[Any]) -> None:
        self.writer = Writer()
        self.title = ""
        self._slides = 0
        self._package = package
        self._lists = Lists(roots)
        styles = [style for root in roots for style in below(root, "style")]
        self._parents = {attribute(style, "name"): attribute(style, "parent-style-name") for style in styles}
        self._list_styles = {attribute(s, "name"): attribute(s, "list-style-name") for s in styles}
        self._looks = {attribute(style, "name"): _looks_of(style) for style in styles}
        self._dressing = Dressing()
        self._waiting: list[Any] = []  # what stands beside the paragraph that is being read
        self._is_read = True

    @property
    def has_slides(self) -> bool:
        """Whether it is a presentation."""
        return self._slides > 0

    def blocks(self, parent: Iterable[Any], writer: Writer) -> None:
        """Write the paragraphs, lists and tables in an element."""
        for element in parent:
            match local(element):
                case "p" | "h":
                    self._paragraph(element, writer)
                case "list":
                    self._list(element, writer, "", 1)
                case "table":
                    self._table(element, writer)
                case "page":
                    self._slide(element, writer)
                case "annotation":
                    self._comment(element, writer)
                case "object":
                    self._object(element, writer)
                case "image":
                    writer.holds_picture()
                    name = attribute(element, "href").removeprefix("./")
                    writer.picture(name if name in self._package else "")
                case name if name in _CONTENTS:
                    self._contents(element, writer)
                case name if name and name not in _UNREAD:
                    self.blocks(element, writer)

    # --- paragraphs

    def _paragraph(self, paragraph: Any, writer: Writer, mark: str = "", depth: int = 0) -> None:
        before, self._waiting = self._waiting, []
        text = self._line(paragraph)
        waiting, self._waiting = self._waiting, before
        level = number(paragraph, "outline-level", 1) if local(paragraph) == "h" else 0
        if text:
            style = attribute(paragraph, "style-name")
            if not self.title and "Title" in (style, self._parents.get(style)):
                self.title, level = " ".join(undressed(text)[0].split())[:LONGEST], 1
            if level and not mark and local(paragraph) == "h":
                mark = self._lists.count("", level)
            line = f"{mark} {text}" if mark else text
            writer.line(line, max(level, 0), is_read=self._is_read, depth=depth, mark=mark)
        for element in waiting:
            if local(element) == "note":
                held = child(element, "note-body")
                writer.line(self._joined(held) if held is not None else "")
            else:
                self.blocks([element], writer)

    def _line(self, paragraph: Any) -> str:
        """The text of a paragraph. Blanks and breaks in the XML are one blank; others are elements."""
        lines = "".join(self._inline(paragraph)).split("\v")
        return "\n".join(_BLANKS.sub(" ", line).strip() for line in lines).replace("\x1c", "\t").strip()

    def _inline(self, element: Any) -> Iterator[str]:
        yield element.text or ""
        for one in element:
            name = local(one)
            if name == "s":
                yield " " * min(number(one, "c", 1), _MOST_BLANKS)
            elif name == "tab":
                yield "\x1c"
            elif name == "line-break":
                yield "\v"
            elif name in _ASIDE:
                self._waiting.append(one)
            elif name == "page-number" and self.has_slides:  # a text's may be a reference
                pass
            elif name in ("span", "a"):
                yield self._dressed("".join(self._inline(one)), one)
            elif name and name not in _UNREAD:
                yield from self._inline(one)
            yield one.tail or ""

    def _dressed(self, text: str, element: Any) -> str:
        """The text of a span or of a link as it looks."""
        if local(element) == "a":
            address = attribute(element, "href")
            return text if address.startswith("#") else self._dressing.dressed(text, "link", address)
        name, looks = attribute(element, "style-name"), dict[LookKind, bool]()
        for _ in range(_DEEPEST_STYLE):
            looks = {**self._looks.get(name, {}), **looks}
            name = self._parents.get(name, "")
        for kind in sorted(kind for kind, is_so in looks.items() if is_so):
            text = self._dressing.dressed(text, kind)
        return text

    def _joined(self, element: Any) -> str:
        return " ".join(line for p in below(element, "p", "h") if (line := " ".join(self._line(p).split())))

    def _comment(self, comment: Any, writer: Writer) -> None:
        author = next((one.text or "" for one in comment if local(one) == "creator"), "")
        if text := self._joined(comment):
            writer.comment(text, author)

    def _contents(self, element: Any, writer: Writer) -> None:
        self._is_read = False
        self.blocks(element, writer)
        self._is_read = True

    # --- lists and tables

    def _list(self, element: Any, writer: Writer, style: str, depth: int) -> None:
        """Write a list; only its first paragraph in an item has the number."""
        style = attribute(element, "style-name") or style
        if (
            depth == 1
            and attribute(element, "continue-numbering") != "true"
            and not attribute(element, "continue-list")
        ):
            self._lists.restart(style)
        for item in element:
            marked = local(item) != "list-item"  # the head of a list has none
            for one in item:
                if local(one) == "list":
                    self._list(one, writer, style, depth + 1)
                elif local(one) in ("p", "h") and not marked:
                    start = number(item, "start-value", -1)
                    mark = self._lists.count(style, depth, start if start >= 0 else None)
                    self._paragraph(one, writer, mark, depth)
                    marked = True
                elif local(one) == "p":
                    self._paragraph(one, writer, "", depth)
                else:
                    self.blocks([one], writer)

    def _table(self, table: Any, writer: Writer) -> None:
        parent = table.getparent()
        if parent is not None and local(parent) == "spreadsheet":
            self._sheet(table, writer)
            return
        for row in _rows(table):
            cells = [cell for cell in row if local(cell) in ("table-cell", "covered-table-cell")]
            held = [self._cell(cell) for cell in cells]
            writer.row_or_lines([cell.text for cell in held])
            for picture in (picture for cell in held for picture in cell.pictures):
                writer.picture(picture)

    def _cell(self, cell: Any) -> Writer:
        inner = Writer(keeps_signs=True)
        self.blocks(cell, inner)
        return inner

    # --- sheets, slides and objects

    def _sheet(self, table: Any, writer: Writer) -> None:
        name = attribute(table, "name")
        writer.page(name)
        aside: list[Any] = []
        write_rows(writer, name, self._cells(table, aside))
        self.blocks(aside, writer)
        for shapes in (one for one in table if local(one) == "shapes"):
            self.blocks(shapes, writer)

    def _cells(self, table: Any, aside: list[Any]) -> Iterator[list[Cell]]:
        for row in _rows(table):
            cells: list[Cell] = []
            column = 0
            for cell in row:
                if local(cell) not in ("table-cell", "covered-table-cell"):
                    continue
                repeated = number(cell, "number-columns-repeated", 1)
                text = " ".join(undressed(self._line(p))[0] for p in cell if local(p) in ("p", "h"))
                aside += [one for one in cell if local(one) in _ASIDE]
                is_text = attribute(cell, "value-type") == "string"
                if text.strip():
                    cells += [Cell(column + n, text, is_text) for n in range(min(repeated, _MOST_REPEATED))]
                column += max(repeated, 1)
            aside += self._waiting
            self._waiting = []
            if cells:
                for _ in range(min(number(row, "number-rows-repeated", 1), _MOST_REPEATED)):
                    yield cells

    def _slide(self, page: Any, writer: Writer) -> None:
        self._slides += 1
        writer.page(str(self._slides))
        for shape in sorted(page, key=lambda shape: attribute(shape, "class") != "title"):
            if attribute(shape, "class") == "title":
                writer.line(self._joined(shape), 1)
                continue
            parts = shape if local(shape) == "notes" else [shape]
            self.blocks((one for one in parts if attribute(one, "class") not in _FURNITURE), writer)

    def _object(self, element: Any, writer: Writer) -> None:
        """A chart: its titles and the table that it shows. What else is embedded is not read."""
        folder = attribute(element, "href").removeprefix("./").rstrip("/")
        name = f"{folder}/{_CONTENT}"
        if not self._package.once(name):
            return
        chart: Any = None
        with passing_over_damage():
            chart = next(below(parse(self._package.read(name)), "chart"), None)
        for part in below(chart, "title", "subtitle", "footer", "table") if chart is not None else ():
            if local(part) == "table":
                for row in _rows(part):
                    writer.row(self._joined(cell) for cell in row if local(cell) == "table-cell")
            else:
                writer.line(self._joined(part))


def _looks_of(style: Any) -> dict[LookKind, bool]:
    """How letters of a style look, and do not look; what it does not say, its parent may."""
    said = child(style, "text-properties")
    looks: dict[LookKind, bool] = {}
    if weight := attribute(said, "font-weight"):
        looks["bold"] = weight in ("bold", "600", "700", "800", "900")
    if slant := attribute(said, "font-style"):
        looks["italic"] = slant in ("italic", "oblique")
    if line := attribute(said, "text-line-through-style"):
        looks["struck"] = line != "none"
    if place := attribute(said, "text-position"):
        looks["raised"] = place.startswith("super") or _RAISED.match(place) is not None
        looks["lowered"] = place.startswith(("sub", "-"))
    return looks


def _rows(table: Any) -> Iterator[Any]:
    """The rows of a table, also of its head and its groups."""
    for one in table:
        if local(one) == "table-row":
            yield one
        elif local(one) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(one)
