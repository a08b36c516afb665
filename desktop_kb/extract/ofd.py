"""OFD (GB/T 33190), China's format of fixed pages: invoices, official papers -> text by page.

A ZIP package of XML: a page has its own objects and those of its templates, and annotations may lie on it.
Invoices name their fields apart from the pages: as data of the file, as tags that refer to text objects, or
in an attached file; they are read as lines 'name: value' too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from desktop_kb import reading
from desktop_kb.errors import Problem
from desktop_kb.extract import headings, ofd_fields
from desktop_kb.extract.furniture import furniture
from desktop_kb.extract.layout import Compounds, Line, between_scripts, flow, invisible, settle
from desktop_kb.extract.ofd_page import Text, box_of, corner_of, lines_of, said, texts_of
from desktop_kb.extract.ooxml import resolved
from desktop_kb.extract.package import Package, passing_over_damage
from desktop_kb.extract.parts import Part
from desktop_kb.extract.properties import LONGEST, described
from desktop_kb.extract.titles import is_title
from desktop_kb.extract.writer import CELL
from desktop_kb.extract.xml_tree import attribute, below, child, local, parse
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Edit, Extracted, Layout, Page, PageState

_ENTRANCE: Final = "OFD.xml"
_ENCRYPTED: Final = "encryptions.xml"
_SAID: Final = {"Author": "author", "Subject": "subject", "Abstract": "description"}
_NARROWEST = 13  # letter heights, as of pages of PDF


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: damaged, encrypted, unpacks-too-large, too-much-text.
    """
    package = Package(data)
    if any(name.lower().endswith(_ENCRYPTED) for name in package.names):
        raise Problem("encrypted")
    return _File(package).extracted()


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The files attached to its documents."""
    package = Package(data)
    for one in _File(package).attached():
        yield Part(one.name, 0, partial(package.read, one.entry))


class _Attached(NamedTuple):
    """A file in an OFD file: what it is called and its name in the package."""

    name: str
    entry: str


@dataclass(slots=True)
class _Pages:
    """What was read so far."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    pages: list[Page] = field(default_factory=list)
    lines: list[list[Line]] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float] | None] = field(default_factory=list)
    states: list[PageState] = field(default_factory=list)


class _File:
    def __init__(self, package: Package) -> None:
        self._package = package
        self._root = parse(package.read(_ENTRANCE))
        self._read = _Pages()
        self._seen: set[str] = set()  # places of pages
        self._objects: dict[str, str] = {}  # the characters of text objects by their identity

    def extracted(self) -> Extracted:
        bodies = self._bodies()
        if not bodies:
            raise Problem("damaged")
        fields: dict[str, str] = {}
        attached: list[_Attached] = []
        for body in bodies:
            folder, document = self._document(body)
            self._read_pages(folder, document)
            attached += self._attached(folder, document)
            fields |= self._fields(body, folder, document, attached)
        title, about = _about(bodies[0])
        return self._laid_out(title, about, fields, bool(_offered(attached)))

    def attached(self) -> list[_Attached]:
        """The files in it that are offered."""
        return _offered(one for body in self._bodies() for one in self._attached(*self._document(body)))

    def _bodies(self) -> list[Any]:
        return [body for body in self._root if local(body) == "DocBody"]

    def _document(self, body: Any) -> tuple[str, Any]:
        root = child(body, "DocRoot")
        place = resolved("", (root.text or "").strip()) if root is not None else ""
        return place.rpartition("/")[0], parse(self._package.read(place))

    def _part(self, folder: str, place: str) -> tuple[str, Any] | None:
        """A part by its place, which counts from a folder, and the folder of it; None if it is not there."""
        name = resolved(folder, place.strip())
        if name not in self._package:
            return None
        found: tuple[str, Any] | None = None
        with passing_over_damage():
            found = name.rpartition("/")[0], parse(self._package.read(name))
        return found

    def _read_pages(self, folder: str, document: Any) -> None:
        common = child(document, "CommonData")
        area = child(common, "PageArea") if common is not None else None
        templates = {
            attribute(one, "ID"): attribute(one, "BaseLoc") for one in below(document, "TemplatePage")
        }
        notes = dict(self._annotations(folder, document))
        pages = child(document, "Pages")
        entries = len(self._package.names)
        for one in pages if pages is not None else ():
            place = attribute(one, "BaseLoc")
            if len(self._seen) > entries:
                raise Problem("damaged")  # more pages than there are entries for them
            if place in self._seen:  # a hostile file may name one page thousands of times
                continue
            self._seen.add(place)
            found = self._part(folder, place)
            root = found[1] if found else None
            texts: list[Text] = []
            if root is not None:
                for template in below(root, "Template"):
                    drawn = self._part(folder, templates.get(attribute(template, "TemplateID"), ""))
                    texts += texts_of(drawn[1]) if drawn else ()
                texts += texts_of(root)
                for each in below(root, "TextObject"):
                    self._objects[attribute(each, "ID")] = said(each)
            texts += notes.get(attribute(one, "ID"), ())
            box = box_of(root) if root is not None else None
            shows = root is not None and next(below(root, "ImageObject", "PathObject"), None) is not None
            self._add(texts, box or (box_of(area) if area is not None else None), shows=shows)

    def _add(
        self, texts: Sequence[Text], box: tuple[float, float, float, float] | None, *, shows: bool
    ) -> None:
        read = self._read
        text, lines = lines_of(texts, len(read.pages), read.length)
        read.pages.append(Page(read.length, read.length + len(text), str(len(read.pages) + 1)))
        read.lines.append(lines)
        read.boxes.append(box)
        read.states.append("text" if text else "none" if shows else "blank")
        read.parts.append(text)
        read.length += len(text)

    def _annotations(self, folder: str, document: Any) -> Iterator[tuple[str, list[Text]]]:
        """By page what lies on it: stamps, notes, watermarks."""
        for one in below(document, "Annotations"):
            listed = self._part(folder, one.text or "")
            for page in below(listed[1], "Page") if listed else ():
                place = child(page, "FileLoc")
                found = self._part(listed[0], place.text or "") if listed and place is not None else None
                texts: list[Text] = []
                for appearance in below(found[1], "Appearance") if found else ():
                    texts += texts_of(appearance, *corner_of(appearance))
                yield attribute(page, "PageID"), texts

    def _attached(self, folder: str, document: Any) -> Iterator[_Attached]:
        for one in below(document, "Attachments"):
            listed = self._part(folder, one.text or "")
            for attachment in below(listed[1], "Attachment") if listed else ():
                place = child(attachment, "FileLoc")
                entry = (
                    resolved(listed[0], (place.text or "").strip()) if listed and place is not None else ""
                )
                if entry in self._package:
                    yield _Attached(_called(attachment, entry), entry)

    def _fields(self, body: Any, folder: str, document: Any, attached: Sequence[_Attached]) -> dict[str, str]:
        """The fields of an invoice by their Chinese names."""
        fields = dict(ofd_fields.of_data(body))
        for one in below(document, "CustomTags"):
            listed = self._part(folder, one.text or "")
            for place in below(listed[1], "FileLoc") if listed else ():
                tagged = self._part(listed[0], place.text or "") if listed else None
                for name, value in ofd_fields.of_tags(tagged[1], self._objects) if tagged else ():
                    fields.setdefault(name, value)
        for one in attached:
            if ofd_fields.is_invoice(one.entry):
                for name, value in ofd_fields.of_tags(parse(self._package.read(one.entry)), {}):
                    fields.setdefault(name, value)
        return fields

    def _laid_out(
        self, title: str, about: dict[str, object], fields: dict[str, str], attached: bool
    ) -> Extracted:
        read = self._read
        lines = [line for page in read.lines for line in page]
        text = "".join(read.parts)
        dropped = furniture(text, read.lines, read.boxes)
        kept = [line for line in lines if line not in dropped]
        found = headings.by_size(kept, text, lambda group: _reading(text, group))
        title = title or headings.largest(kept, lambda group: _reading(text, group)).partition(CELL)[0]
        edits = [Edit(line.start, line.end + 1) for line in lines if line in dropped]
        edits += flow(
            text,
            kept,
            narrowest=_NARROWEST,
            hyphenated=Compounds(text),
            mixed=between_scripts(text),
            heading_of=headings.members(kept, found),
        )
        edits = [edit for edit in edits if edit.text != "\n"] + invisible(text)
        text += "".join(f"{name}: {value}\n" for name, value in fields.items())
        if read.pages and fields:
            read.pages[-1] = replace(read.pages[-1], end=len(text))
        metadata, tags = described({**about, **ofd_fields.of_whole(fields)})
        layout = Layout(tuple(read.pages), tuple(found), settle(edits))
        states = tuple(read.states)
        return Extracted(text, title[:LONGEST], layout, metadata, tags, states, holds_files=attached)


def _reading(text: str, lines: Sequence[Line]) -> str:
    return reading.read(" ".join(text[line.start : line.end] for line in lines), ())


def _offered(attached: Iterable[_Attached]) -> list[_Attached]:
    """The files without those whose fields are read."""
    return [one for one in attached if not ofd_fields.is_invoice(one.entry)]


def _called(attachment: Any, entry: str) -> str:
    """What an attachment is called; its name may lack the suffix, which the entry or its format has."""
    name = attribute(attachment, "Name") or entry.rpartition("/")[2]
    suffix = entry.rpartition("/")[2].rpartition(".")[2].lower() or attribute(attachment, "Format").lower()
    return name if not suffix or name.lower().endswith(f".{suffix}") else f"{name}.{suffix}"


def _about(body: Any) -> tuple[str, dict[str, object]]:
    """The title, '' if it has none, and what else the file says of itself."""
    title = ""
    found: dict[str, object] = {}
    info = child(body, "DocInfo")
    for one in info if info is not None else ():
        name, text = local(one), " ".join("".join(one.itertext()).split())
        if name == "Title" and is_title(text):
            title = text
        elif name == "CreationDate" and (date := iso_date(text)):
            found["date"] = date
        elif name == "Keywords" and len(one):
            found["keywords"] = ", ".join(word.text or "" for word in one)
        elif name in _SAID and text:
            found[_SAID[name]] = text
    return title, found
