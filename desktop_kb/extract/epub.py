"""Books (EPUB 2 and 3) -> their chapters in the order of the spine, with headings.

A chapter without a heading has its name from the book's table of contents. A chapter is read once, however
often the spine names it. Only fonts may be encrypted: what sellers protect cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html.entities import html5
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from desktop_kb.errors import Problem
from desktop_kb.extract import webpage
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.ooxml import resolved
from desktop_kb.extract.package import Package, passing_over_damage
from desktop_kb.extract.writer import Writer
from desktop_kb.extract.xml_tree import attribute, below, child, local, parse, parse_strictly
from desktop_kb.formats import HTML, format_of
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Extracted, Heading, Look

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
#: Ways to hide fonts from copying; no text is encrypted so.
_OF_FONTS: Final = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_SAID: Final = {"creator": "author", "language": "lang", "publisher": "publisher", "subject": "keywords"}
#: XML has no other names of characters than these five.
_ENTITY: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_BEFORE: Final = re.compile(r"\s*(?:<\?xml[^>]*\?>)?\s*(?:<!DOCTYPE[^>\[]*>)?", re.IGNORECASE)
_MOST_NAMES = 50  # of authors or subjects
_NAME_WITHIN = 3  # lines of a chapter, in which its name stands


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: protected, encrypted, damaged, unpacks-too-large.
    """
    package = Package(data)
    place = next((attribute(e, "full-path") for e in below(parse(package.read(_CONTAINER)), "rootfile")), "")
    book = parse(package.read(place))
    folder = place.rpartition("/")[0]
    chapters = list(_chapters(book, folder, package))
    if _is_protected(package, frozenset(chapters)):
        raise Problem("protected")
    names = _contents(book, folder, package)
    writer = Writer()
    for chapter in chapters:
        found = Extracted("", "")
        with passing_over_damage():
            found = _with_pictures(_chapter(package.read(chapter)), chapter.rpartition("/")[0], package)
        name = names.get(chapter.lower(), "")
        if found.text and name and not found.layout.headings:
            _write_named(writer, found, name)
        elif found.text:
            writer.include(found)
    title, said = _properties(book)
    return writer.extracted(title, said)


def _items(book: Any) -> Iterator[Any]:
    manifest = child(book, "manifest")
    return (item for item in manifest if local(item) == "item") if manifest is not None else iter(())


def _chapters(book: Any, folder: str, package: Package) -> Iterator[str]:
    """The names of the chapters in the package, each once."""
    items = {attribute(item, "id"): item for item in _items(book)}
    for reference in below(book, "itemref"):
        item = items.get(attribute(reference, "idref"))
        if item is None:
            continue
        name = _target(folder, attribute(item, "href"))
        if attribute(item, "media-type") not in HTML.mime and format_of(Path(name)) is not HTML:
            continue
        if "nav" not in attribute(item, "properties").split() and package.once(name):
            yield name


def _target(folder: str, reference: str) -> str:
    return resolved(folder, unquote(reference.partition("#")[0]))


def _is_protected(package: Package, chapters: frozenset[str]) -> bool:
    if _ENCRYPTION not in package:
        return False
    for data in below(parse(package.read(_ENCRYPTION)), "EncryptedData"):
        method = next((attribute(e, "Algorithm") for e in below(data, "EncryptionMethod")), "")
        target = next((attribute(e, "URI") for e in below(data, "CipherReference")), "")
        if method not in _OF_FONTS and _target("", target) in chapters:
            return True
    return False


def _chapter(data: bytes) -> Extracted:
    """A chapter as a page of which all is read. It is XML, in which an empty element may be short ('<title/>'),
    as it may not in HTML; where it is none, it is read as browsers would."""
    source = decode(data, html=True)
    root = _tree(source)
    if root is None:
        root = webpage.parse(source)
    return webpage.read_tree(root, whole=True).extracted() if root is not None else Extracted("", "")


def _with_pictures(found: Extracted, folder: str, package: Package) -> Extracted:
    """The chapter with its pictures by their names in the book."""

    def named(look: Look) -> Look:
        name = _target(folder, look.detail) if look.kind == "image" else ""
        return look._replace(kind="figure", detail=name) if name in package else look

    return replace(found, looks=tuple(map(named, found.looks)))


def _tree(source: str) -> Any:
    """The tree of a page in XHTML, its names without the namespace; None if it is no XML."""
    source = _ENTITY.sub(lambda name: html5.get(f"{name[1]};", ""), _BEFORE.sub("", source, count=1))
    try:
        root = parse_strictly(source.encode("utf-8", "replace"))
    except Problem:
        return None
    for element in root.iter():
        element.tag = local(element) or element.tag
    return root


def _contents(book: Any, folder: str, package: Package) -> dict[str, str]:
    """The names of chapters in the book's table of contents, of either kind, by their files' names."""
    names: dict[str, str] = {}
    for item in _items(book):
        kind, name = attribute(item, "media-type"), _target(folder, attribute(item, "href"))
        is_nav = "nav" in attribute(item, "properties").split()
        if not (is_nav or "ncx" in kind) or name not in package:
            continue
        entries: Iterable[Any] = ()
        with passing_over_damage():
            entries = below(parse(package.read(name)), "a", "navPoint")
        beside = name.rpartition("/")[0]
        for entry in entries:
            if local(entry) == "a":
                target, text = attribute(entry, "href"), "".join(entry.itertext())
            else:
                held = child(entry, "navLabel")
                target = attribute(child(entry, "content"), "src")
                text = "".join(held.itertext()) if held is not None else ""
            if target and text.strip():
                names.setdefault(_target(beside, target).lower(), " ".join(text.split()))
    return names


def _write_named(writer: Writer, found: Extracted, name: str) -> None:
    """Write a chapter that has no heading: its name stands in its first lines, or is put before them."""
    at = 0
    for line in found.text.split("\n")[:_NAME_WITHIN]:
        if " ".join(line.split()).casefold() == name.casefold():
            writer.headings.append(
                Heading(writer.length + at, writer.length + at + len(line.rstrip()), 1, name)
            )
            break
        at += len(line) + 1
    else:
        writer.line(name, 1)
    writer.include(found)


def _properties(book: Any) -> tuple[str, dict[str, object]]:
    said: dict[str, list[str]] = {}
    title = ""
    dates: dict[str, str] = {}
    held = child(book, "metadata")
    for element in held.iter() if held is not None else ():
        name, text = local(element), " ".join((element.text or "").split())
        if not text or "purl.org/dc" not in str(element.tag):
            continue
        if name == "title":
            title = title or text
        elif name == "date" and (date := iso_date(text)):
            dates.setdefault(attribute(element, "event"), date)
        elif name in _SAID:
            said.setdefault(_SAID[name], []).append(text)
    values: dict[str, object] = {
        key: ", ".join(dict.fromkeys(texts[:_MOST_NAMES])) for key, texts in said.items()
    }
    if dates:
        values["date"] = dates.get("publication") or next(iter(dates.values()))
    return title, values
