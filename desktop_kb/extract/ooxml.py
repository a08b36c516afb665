"""What the office formats of ECMA-376 share: relations between parts, properties, charts and diagrams.

Elements are told by their local names: the strict kind of these files (ISO/IEC 29500) has other namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from desktop_kb.errors import Problem
from desktop_kb.extract.omml import tex
from desktop_kb.extract.package import Package, passing_over_damage
from desktop_kb.extract.titles import is_title
from desktop_kb.extract.writer import Writer
from desktop_kb.extract.xml_tree import attribute, below, child, local, number, parse, stream
from desktop_kb.language.dates import iso_date

#: What a document says of itself, by the names of its core properties.
_SAID: Final = {
    "creator": "author",
    "subject": "subject",
    "keywords": "keywords",
    "category": "category",
    "language": "lang",
}
#: When the templates of Office and of libraries were made; their users' files keep it.
_TEMPLATES: Final = ("2006-09-16T00:00:00", "2013-12-23T23:15:00", "2013-01-27T09:14:16")
_NOBODY: Final = frozenset({"python-docx", "openpyxl", "unknown", "author", "user", "administrator"})
_MOST_POINTS = 2_000  # of a series of a chart


class Part:
    """A part of an office file, and the parts that it refers to. Links out of the file are not followed.

    Args:
        name: its name in the package; '' stands for the package itself.
    """

    def __init__(self, package: Package, name: str = "") -> None:
        self.package = package
        self.name = name
        self._related: dict[str, tuple[str, str]] = {}
        self.addresses: dict[str, str] = {}  # of what is out of the file
        folder, _, file = name.rpartition("/")
        relations = f"{folder}/_rels/{file}.rels".lstrip("/") if name else "_rels/.rels"
        if relations in package:
            for relation in parse(package.read(relations)):
                if isinstance(relation.tag, str) and relation.get("TargetMode") == "External":
                    self.addresses[relation.get("Id", "")] = relation.get("Target", "")
                elif isinstance(relation.tag, str):
                    kind = relation.get("Type", "").rpartition("/")[2]
                    target = resolved(folder, unquote(relation.get("Target", "")))
                    self._related[relation.get("Id", "")] = (kind, target)

    @property
    def root(self) -> Any:
        """Its root element."""
        return parse(self.data)

    @property
    def sound_root(self) -> Any:
        """The same; None if the part is damaged."""
        root: Any = None
        with passing_over_damage():
            root = self.root
        return root

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return self.package.read(self.name)

    def elements(self, *names: str) -> Iterator[Any]:
        """Its elements with these names one after the other, of a part that is too large for a tree; the caller
        clears them."""
        return stream(self.package.read(self.name, streamed=True), *names)

    def by_id(self, identity: str) -> Part | None:
        """The part that it calls so; None if there is none."""
        name = self._related.get(identity, ("", ""))[1]
        return Part(self.package, name) if name in self.package else None

    def by_kind(self, *kinds: str) -> Iterator[Part]:
        """The parts of these kinds that it refers to."""
        for kind, name in self._related.values():
            if kind in kinds and name in self.package:
                yield Part(self.package, name)


def resolved(folder: str, target: str) -> str:
    """A target that stands in a part of `folder` as a name in the package; it never leads out of it."""
    steps: list[str] = []
    for step in (target if target.startswith("/") else f"{folder}/{target}").split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def opened(data: bytes) -> Part:
    """The main part of an office file.

    Raises:
        Problem: encrypted, damaged, unpacks-too-large.
    """
    package = Package(data)
    main = next(Part(package).by_kind("officeDocument"), None)
    if main is None:
        raise Problem("damaged")
    return main


def properties(package: Package) -> tuple[str, dict[str, object]]:
    """The title of an office file, '' if it has none, and what else it says of itself."""
    said: dict[str, object] = {}
    title = ""
    part = next(Part(package).by_kind("core-properties"), None)
    for element in part.root if part else ():
        name, text = local(element), " ".join((element.text or "").split())
        if name == "title" and is_title(text):
            title = text
        elif name == "created" and not text.startswith(_TEMPLATES) and (date := iso_date(text)):
            said["date"] = date
        elif name in _SAID and text and text.lower() not in _NOBODY:
            said[_SAID[name]] = text
    return title, said


def relation(element: Any, name: str = "id") -> str:
    """The attribute in the namespace of relations, by which an element calls another part."""
    ending = "/relationships}" + name
    return next((value for key, value in element.attrib.items() if key.endswith(ending)), "")


# --- text in drawings --------------------------------------------------------------------------


def paragraphs(element: Any) -> Iterator[str]:
    """The paragraphs of DrawingML below an element."""
    for paragraph in below(element, "p"):
        if (text := words_of(paragraph)).strip():
            yield text


def words_of(paragraph: Any) -> str:
    """The text of a paragraph of DrawingML, its formulas as TeX."""
    return "".join(_words(paragraph))


def _words(element: Any) -> Iterator[str]:
    for piece in element:
        match local(piece):
            case "t":
                yield piece.text or ""
            case "br":
                yield "\n"
            case "tab":
                yield "\t"
            case "oMath":
                yield tex(piece)
            case "AlternateContent":
                yield from _words(alternatives(piece))
            case _:
                yield from _words(piece)


def write_graphics(writer: Writer, frame: Any, part: Part) -> None:
    """Write the charts and diagrams in a frame, which `part` refers to."""
    for element in below(frame, "chart", "relIds"):
        is_chart = local(element) == "chart"
        found = part.by_id(relation(element) if is_chart else relation(element, "dm"))
        if found is None or not part.package.once(found.name):
            continue
        if (root := found.sound_root) is not None:
            (_write_chart if is_chart else _write_diagram)(writer, root)


def _write_diagram(writer: Writer, root: Any) -> None:
    for point in below(root, "pt"):
        if attribute(point, "type") != "pres":  # how another point is shown
            for text in paragraphs(point):
                writer.line(text)


class _Series(NamedTuple):
    name: str
    labels: dict[int, str]
    values: dict[int, str]


def _write_chart(writer: Writer, root: Any) -> None:
    """A chart is written as its title, its axes and a table with a row for each category."""
    for title in below(root, "title"):
        if text := " ".join(" ".join(paragraphs(title)).split()):
            writer.line(text)
    for one in below(root, "series"):  # the newer kind of charts
        writer.row(text.text or "" for text in below(one, "v"))
    for data in below(root, "data"):
        for dimension in data:
            writer.row(text.text or "" for text in islice(below(dimension, "pt"), _MOST_POINTS))
    series = [_series(one) for one in below(root, "ser")]
    if not series:
        return
    writer.row(["", *(one.name for one in series)])
    places = sorted({place for one in series for place in (*one.labels, *one.values)})
    for place in places:
        label = next((one.labels[place] for one in series if place in one.labels), "")
        writer.row([label, *(one.values.get(place, "") for one in series)])


def _series(element: Any) -> _Series:
    name = next(iter(_points(element, "tx").values()), "")
    labels = _points(element, "cat") or _points(element, "xVal")
    return _Series(name, labels, _points(element, "val") or _points(element, "yVal"))


def _points(series: Any, name: str) -> dict[int, str]:
    """The texts of one of a series' lists by their places; those of several levels joined, outermost first."""
    found: dict[int, list[str]] = {}
    held = child(series, name)
    if held is None:
        return {}
    for point in islice(below(held, "pt"), _MOST_POINTS):
        value = child(point, "v")
        if value is not None and value.text:
            found.setdefault(number(point, "idx"), []).insert(0, _rounded(value.text))
    if not found and (value := next(below(held, "v"), None)) is not None and value.text:
        return {0: value.text}
    return {place: " ".join(texts) for place, texts in found.items()}


def _rounded(text: str) -> str:
    """A number without the digits that only its binary form has."""
    try:
        return f"{float(text):.12g}" if len(text) > 15 and "." in text else text
    except ValueError:
        return text


def alternatives(element: Any) -> Sequence[Any]:
    """What to read of an AlternateContent: its choice, or what stands in for it where the choice has no text."""
    choice = child(element, "Choice")
    if choice is not None and any(text.text for text in below(choice, "t")):
        return list(choice)
    if choice is not None and next(below(choice, "chart", "relIds"), None) is not None:
        return list(choice)
    fallback = child(element, "Fallback")
    return list(fallback) if fallback is not None else list(choice if choice is not None else ())
