"""Word documents (docx) -> what a reader of the page finds: text, tables, text boxes, notes, comments, lists'
numbers, charts. Deleted text, instructions of fields, running heads and pictures are not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from desktop_kb.errors import Problem
from desktop_kb.extract import embedded, webpage
from desktop_kb.extract.docx_lists import Styles
from desktop_kb.extract.dressing import Dressing, address_of, undressed
from desktop_kb.extract.omml import tex
from desktop_kb.extract.ooxml import Part, alternatives, opened, properties, relation, write_graphics
from desktop_kb.extract.properties import LONGEST
from desktop_kb.extract.writer import Writer
from desktop_kb.extract.xml_tree import attribute, below, child, local
from desktop_kb.records import Extracted, LookKind

#: Elements whose text is not on the page: what was deleted or moved away, instructions, the reading of ruby.
_UNREAD: Final = frozenset(
    {
        "pPr",
        "rPr",
        "instrText",
        "del",
        "delText",
        "moveFrom",
        "delInstrText",
        "fldChar",
        "rt",
        "sdtPr",
        "tabs",
    }
)
#: Elements around paragraphs and tables that are passed through.
_AROUND: Final = frozenset(
    {"sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "txbxContent", "body", "textbox", "txbx"}
)
_LETTERS: Final = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
#: Check boxes of the font Wingdings, the symbols that forms are filled in with.
_BOXES: Final = {0xF0FE: "☑", 0xF052: "☑", 0xF0FD: "☒", 0xF054: "☒", 0xF0A8: "☐", 0xF06F: "☐", 0xF0FC: "✓"}
_PRIVATE: Final = range(0xE000, 0xF900)
_HALVES: Final = range(0xD800, 0xE000)  # of characters
#: How a run looks, by the elements that say so, unless they say no.
_LOOKS: Final[dict[str, LookKind]] = {"b": "bold", "i": "italic", "strike": "struck", "dstrike": "struck"}
_POSITIONS: Final[dict[str, LookKind]] = {"superscript": "raised", "subscript": "lowered"}
_OFF: Final = frozenset({"0", "false", "off", "none"})
_NOTES: Final = ("footnotes", "endnotes", "comments")
_REFERENCES: Final = frozenset({"footnoteReference", "endnoteReference", "commentReference"})
_SEPARATORS: Final = frozenset({"separator", "continuationSeparator", "continuationNotice"})

parts: Final = embedded.parts


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: encrypted, damaged, unpacks-too-large.
    """
    main = opened(data)
    title, said = properties(main.package)
    document = _Document(main)
    root = main.root
    body = child(root, "body")
    document.blocks(root if body is None else body, document.writer)
    document.end(document.writer)
    document.write_comments(document.unread_comments, document.writer)
    return embedded.offering(document.writer.extracted(title or document.title, said), data)


@dataclass(slots=True)
class _Field:
    """A field that has begun: before which piece of its paragraph, and what it is told to do."""

    start: int
    instruction: str = ""


class _Document:
    """Reads one document into `writer`."""

    def __init__(self, main: Part) -> None:
        self.writer = Writer()
        self.title = ""
        self._main = main
        self._dressing = Dressing()
        self._addresses = {"document": main.addresses} | {
            kind: part.addresses for kind in _NOTES for part in main.by_kind(kind)
        }
        self._styles = Styles(_root(main, "styles"), _root(main, "numbering"))
        self._notes = {  # and comments, to which no paragraph has referred yet
            (kind, attribute(one, "id")): one
            for kind in ("footnote", "endnote", "comment")
            for one in _elements(_root(main, f"{kind}s"))
            if attribute(one, "type") not in _SEPARATORS
        }
        self._begun = ""  # the large first letter of the next paragraph
        self._waiting: list[Any] = []  # notes, comments, boxes and charts of the paragraph that is being read

    @property
    def unread_comments(self) -> list[Any]:
        """Comments that no paragraph refers to."""
        return [one for (kind, _), one in self._notes.items() if kind == "comment"]

    def blocks(self, parent: Iterable[Any], writer: Writer) -> None:
        """Write the paragraphs and tables in an element."""
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element, writer)
            elif name == "tbl":
                self._table(element, writer)
            elif name == "AlternateContent":
                self.blocks(alternatives(element), writer)
            elif name == "altChunk":
                self._included(element, writer)
            elif name in _AROUND:
                self.blocks(element, writer)

    def end(self, writer: Writer) -> None:
        """Write a large first letter behind which there is no paragraph."""
        writer.line(self._begun)
        self._begun = ""

    def write_comments(self, comments: Iterable[Any], writer: Writer) -> None:
        """Write comments, each with who wrote it."""
        for comment in comments:
            if text := self._joined(comment):
                writer.comment(text, attribute(comment, "author"))

    def _paragraph(self, paragraph: Any, writer: Writer) -> None:
        before, self._waiting = self._waiting, []
        text = self._inline(paragraph)
        waiting, self._waiting = self._waiting, before
        text, self._begun = self._begun + text, ""
        if _is_drop_cap(paragraph):
            self._begun = text.strip()
        else:
            mark, depth = self._styles.count(paragraph)  # what shows a picture alone, or nothing, counts too
            if text.strip():
                line = f"{mark} {text.strip()}" if mark else text
                self._named(paragraph, text)
                is_read = not self._styles.is_contents(paragraph)
                level = self._styles.level(paragraph)
                writer.line(line, level, is_read=is_read, depth=depth if mark else 0, mark=mark)
        for element in waiting:
            self._aside(element, writer)

    def _named(self, paragraph: Any, text: str) -> None:
        """Keep the first paragraph with the style of a title."""
        if not self.title and self._styles.is_title(paragraph):
            self.title = " ".join(undressed(text)[0].split())[:LONGEST]

    def _aside(self, element: Any, writer: Writer) -> None:
        """Write what belongs to a paragraph, but does not stand in its line."""
        match local(element):
            case "footnote" | "endnote":
                writer.line(self._joined(element))
            case "comment":
                self.write_comments([element], writer)
            case "blip" | "imagedata":
                writer.picture(self._picture(element))
            case "graphicData":
                write_graphics(writer, element, self._main)
            case _:
                self.blocks(element, writer)

    def _joined(self, element: Any) -> str:
        """The paragraphs of a note as one line."""
        return " ".join(text for p in below(element, "p") if (text := " ".join(self._inline(p).split())))

    def _inline(self, parent: Iterable[Any]) -> str:
        """The text of a paragraph; what stands aside of it is kept in `_waiting`."""
        pieces: list[str] = []
        fields: list[_Field] = []
        for element in parent:
            name = local(element)
            if name == "t":
                pieces.append(element.text or "")
            elif name == "oMath":
                pieces.append(self._dressing.dressed(tex(element), "math"))
            elif name in _LETTERS:
                pieces.append(_LETTERS[name])
            elif name == "sym":
                pieces.append(_symbol(element))
            elif name in _UNREAD:
                continue
            elif name in _REFERENCES:
                aside = self._notes.pop((name.removesuffix("Reference"), attribute(element, "id")), None)
                self._waiting += [aside] if aside is not None else []
            elif name == "AlternateContent":
                pieces.append(self._inline(alternatives(element)))
            elif name == "r":
                self._field(element, pieces, fields)
                pieces.append(self._run(element))
            elif name == "fldSimple":
                address = address_of(attribute(element, "instr"))
                pieces.append(self._dressing.dressed(self._inline(element), "link", address))
            elif name == "hyperlink":
                pieces.append(self._dressing.dressed(self._inline(element), "link", self._address(element)))
            elif name in ("blip", "imagedata") or (
                name in ("txbxContent", "graphicData") and self._stands_aside(element, name)
            ):
                self._waiting.append(element)
            elif len(element):
                pieces.append(self._inline(element))
        return "".join(pieces)

    def _field(self, run: Any, pieces: list[str], fields: list[_Field]) -> None:
        """What a run tells of the fields of its paragraph: what one shows that ends here is a link, if it is one."""
        for one in run:
            name = local(one)
            if name == "instrText" and fields:
                fields[-1].instruction += one.text or ""
            elif name == "fldChar" and (kind := attribute(one, "fldCharType")) == "begin":
                fields.append(_Field(len(pieces)))
            elif name == "fldChar" and kind == "end" and fields:
                field = fields.pop()
                if address := address_of(field.instruction):
                    shown = "".join(pieces[field.start :])
                    pieces[field.start :] = [self._dressing.dressed(shown, "link", address)]

    def _picture(self, element: Any) -> str:
        """The name of a picture in the file; '' if it is not in it."""
        kind = local(element.getroottree().getroot())
        part = next((one for note in _NOTES if note == kind for one in self._main.by_kind(note)), self._main)
        found = part.by_id(relation(element, "embed") or relation(element))
        return found.name if found is not None else ""

    def _address(self, link: Any) -> str:
        """Where a link leads: each part numbers its own."""
        return self._addresses.get(local(link.getroottree().getroot()), {}).get(relation(link), "")

    def _run(self, run: Any) -> str:
        """A run of letters that look alike."""
        text = self._inline(run)
        looks = child(run, "rPr")
        if looks is None or not text.strip():
            return text
        for one in looks:
            name, value = local(one), attribute(one, "val")
            kind = _POSITIONS.get(value) if name == "vertAlign" else _LOOKS.get(name)
            if kind is not None and value not in _OFF:
                text = self._dressing.dressed(text, kind)
        return text

    @staticmethod
    def _stands_aside(element: Any, name: str) -> bool:
        """A box, a picture, or a graphic that is a chart or a diagram; other graphics hold boxes."""
        if name == "graphicData":
            return next(below(element, "chart", "relIds"), None) is not None
        return name in ("txbxContent", "blip", "imagedata")

    def _table(self, table: Any, writer: Writer) -> None:
        for row in _children(table, "tr"):
            if child(row, "trPr", "del") is not None:
                continue
            cells = [self._cell(cell) for cell in _children(row, "tc")]
            writer.row_or_lines([cell.text for cell in cells])
            for name in (name for cell in cells for name in cell.pictures):
                writer.picture(name)

    def _cell(self, cell: Any) -> Writer:
        """The lines of a cell; a table in it is lines too."""
        inner = Writer(keeps_signs=True)
        self.blocks(cell, inner)
        self.end(inner)
        return inner

    def _included(self, element: Any, writer: Writer) -> None:
        """A web page that Word would show as a part of the document; programs write whole documents so."""
        part = self._main.by_id(relation(element))
        if part is None or b"<" not in part.data[:2_000]:
            return
        try:
            found = webpage.read(part.data, Path(part.name))
        except Problem:  # it is no text; the rest of the document is sound
            return
        writer.include(found)


def _root(main: Part, kind: str) -> Any:
    """The root of the part of this kind; None if there is none, or it is damaged."""
    return next((part.sound_root for part in main.by_kind(kind)), None)


def _elements(root: Any) -> Iterator[Any]:
    return (element for element in root if local(element)) if root is not None else iter(())


def _children(element: Any, name: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row; controls and insertions around them are passed through."""
    for one in element:
        if local(one) == name:
            yield one
        elif local(one) in _AROUND:
            yield from _children(one, name)


def _is_drop_cap(paragraph: Any) -> bool:
    """A first letter as high as several lines is a paragraph of its own."""
    return attribute(child(paragraph, "pPr", "framePr"), "dropCap") not in ("", "none")


def _symbol(element: Any) -> str:
    try:
        code = int(attribute(element, "char"), 16)
    except ValueError:
        return ""
    if code in _PRIVATE:
        return _BOXES.get(code, "")
    return chr(code) if code < 0x110000 and code not in _HALVES else ""
