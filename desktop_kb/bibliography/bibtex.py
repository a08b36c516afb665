"""Reads BibTeX and BibLaTeX, as Zotero, JabRef, Mendeley and people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from desktop_kb.bibliography.reference import Reference, keywords, made
from desktop_kb.bibliography.tex import plain

_ENTRY: Final = re.compile(r"@\s*(?P<kind>[A-Za-z]+)\s*(?P<open>[{(])")
_NAME: Final = re.compile(r"\s*(?P<name>[^\s=,{}\"#()]+)\s*=\s*")
_PLAIN: Final = re.compile(r"[^\s,#{}\"()]+")
_KEY: Final = re.compile(r"[^,{}@=]*(?=,)")
_SIGN: Final = re.compile(r"\\.|(?P<sign>[{}\"])", re.DOTALL)
#: What begins behind a value that nobody closed: another field, or another entry on a line of its own.
_NEXT: Final = re.compile(r"[,\n][^\S\n]*[A-Za-z][\w-]*\s*=\s*[{\"\w]|\n[ \t]*@\s*[A-Za-z]+\s*[{(]")
#: What may stand behind one that is closed.
_GOES_ON: Final = re.compile(r"[\s,]*(?:[#})]|[A-Za-z][\w-]*\s*=)")
_LONGEST_VALUE: Final = 50_000  # characters; what is closed later is closed by another entry's brace
#: Nothing of a document is in these.
_NO_ENTRY: Final = frozenset(("comment", "preamble", "xdata", "set"))
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: Where a value comes from: the first of these fields that is there.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("date",),
    "year": ("year",),
    "journal": ("journal", "journaltitle"),
    "booktitle": ("booktitle",),
    "publisher": ("publisher", "institution", "school", "organization"),
    "volume": ("volume",),
    "number": ("number", "issue"),
    "pages": ("pages",),
    "doi": ("doi",),
    "isbn": ("isbn",),
    "url": ("url",),
}
#: Their signs mean themselves.
_VERBATIM: Final = frozenset(("doi", "url", "isbn"))


def read(text: str) -> list[Reference]:
    """The references of a .bib file."""
    macros = {month: str(number) for number, month in enumerate(_MONTHS, 1)}
    found = []
    for kind, key, fields in _entries(text, macros):
        if kind == "string":
            macros |= fields
        elif kind not in _NO_ENTRY:
            found.append(_reference(key, fields))
    return found


def _reference(key: str, fields: Mapping[str, str]) -> Reference:
    values = {"citekey": key, "author": "; ".join(_names(fields.get("author") or fields.get("editor") or ""))}
    for name, sources in _FIELDS.items():
        written = next((fields[source] for source in sources if fields.get(source)), "")
        values[name] = written.replace("\\", "") if name in _VERBATIM else plain(written)
    title = plain(fields.get("title", ""))
    if subtitle := plain(fields.get("subtitle", "")):
        title = f"{title}: {subtitle}"
    words = [plain(fields.get(name, "")) for name in ("keywords", "keyword", "mendeley-tags")]
    return made(title, values, keywords(words), files_in(fields.get("file", "")))


def _entries(text: str, macros: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Kind, key and fields of each entry; what cannot be read on ends its entry, and the next '@' begins another."""
    at, braces = 0, _braces(text)
    while (begun := _ENTRY.search(text, at)) is not None:
        kind, at = begun["kind"].lower(), begun.end()
        if kind in _NO_ENTRY:
            continue
        key = ""
        if kind != "string" and (named := _KEY.match(text, at)) is not None:
            key, at = named[0].strip(), named.end()
        fields: dict[str, str] = {}
        while True:
            at = _past(text, at, ",")
            name = _NAME.match(text, at)
            if name is None:
                break
            value, at = _value(text, name.end(), macros, braces)
            fields.setdefault(name["name"].lower(), value)
        yield kind, key, fields


def _past(text: str, at: int, signs: str) -> int:
    """Behind blanks and these signs."""
    while at < len(text) and (text[at].isspace() or text[at] in signs):
        at += 1
    return at


def _braces(text: str) -> dict[int, int]:
    """Where each brace is closed. Looked for once: what nobody closed would be looked through for each value in it."""
    closed: dict[int, int] = {}
    opened: list[int] = []
    for found in _SIGN.finditer(text):
        if found["sign"] == "{":
            opened.append(found.start())
        elif found["sign"] == "}" and opened:
            closed[opened.pop()] = found.start()
    return closed


def _value(text: str, at: int, macros: Mapping[str, str], braces: Mapping[int, int]) -> tuple[str, int]:
    """A value, of parts that '#' joins, and where it ends."""
    parts = []
    while True:
        at = _past(text, at, "")
        if text[at : at + 1] in ("{", '"'):
            part, at = _enclosed(text, at, braces)
            parts.append(part)
        elif (word := _PLAIN.match(text, at)) is not None:
            parts.append(macros.get(word[0].lower(), word[0]))
            at = word.end()
        after = _past(text, at, "")
        if text[after : after + 1] != "#":
            return "".join(parts), at
        at = after + 1


def _enclosed(text: str, start: int, braces: Mapping[int, int]) -> tuple[str, int]:
    """What stands between the braces or quotation marks that open at `start`, and where the entry goes on. One that
    nobody closed would end at a brace of a later entry, if at all: it ends where the next field or entry begins."""
    closed = braces.get(start) if text[start] == "{" else _quoted(text, start, braces)
    if closed is not None and closed - start >= _LONGEST_VALUE:
        closed = None
    end = len(text) if closed is None else closed
    ahead = _NEXT.search(text, start, end)
    if ahead is not None and (closed is None or _GOES_ON.match(text, end + 1) is None):
        left = text[start + 1 : ahead.start()].rstrip(", \t\r\n")
        return left.removesuffix('"') if text[start] == '"' else left, ahead.start()
    return text[start + 1 : end], min(len(text), end + 1)


def _quoted(text: str, start: int, braces: Mapping[int, int]) -> int | None:
    """Where the quotation mark at `start` is closed, which it is by none in braces; None if it is not."""
    at = start + 1
    while found := _SIGN.search(text, at, start + _LONGEST_VALUE):
        at = found.end()
        if found["sign"] == '"':
            return found.start()
        if found["sign"] == "}" or (found["sign"] == "{" and found.start() not in braces):
            return None
        if found["sign"] == "{":
            at = braces[found.start()] + 1
    return None


def _names(written: str) -> Iterator[str]:
    """The names that 'and' parts outside of braces, as 'Family, Given'; 'others' is none."""
    depth, begun = 0, 0
    parts = []
    for found in re.finditer(r"[{}]|\sand\s", written):
        if found[0] in "{}":
            depth += 1 if found[0] == "{" else -1
        elif depth <= 0:
            parts.append(written[begun : found.start()])
            begun = found.end()
    for part in (*parts, written[begun:]):
        name = " ".join(part.split())
        whole = name.startswith("{") and name.endswith("}") and "}" not in name[1:-1]
        name = plain(name)
        if name and name.lower() != "others":
            yield name.replace(";", ",") if whole else _turned(name)


def _turned(name: str) -> str:
    """'Ludwig van Beethoven' as 'van Beethoven, Ludwig'; 'Family, Jr, Given' without the middle."""
    parts = [part.strip() for part in name.split(",") if part.strip()]
    if len(parts) > 1:
        return f"{parts[0]}, {parts[-1]}"
    words = name.split()
    if len(words) < 2 or any(ord(sign) >= 0x2E80 for sign in name):
        return name
    small = next((at for at, word in enumerate(words[:-1]) if at and word[0].islower()), len(words) - 1)
    return f"{' '.join(words[small:])}, {' '.join(words[:small])}"


def files_in(field: str) -> list[tuple[str, ...]]:
    """The paths of a `file` field, each as its possible readings: Zotero and JabRef write 'description:path:type', and
    several with ';' between; others write only paths. A backslash may part folders or hide the sign behind it."""
    found = []
    for part in re.split(r"(?<!\\);", field.replace("$\\backslash$", "\\")):
        if not part.strip():
            continue
        pieces = re.split(r"(?<!\\):", part.strip())
        readings = [":".join(pieces[1:-1]), pieces[-2]] if len(pieces) >= 3 else []
        readings.append(part.strip())
        found.append(tuple(dict.fromkeys(one for reading in readings for one in _unescaped(reading))))
    return found


def _unescaped(path: str) -> Iterator[str]:
    """A path without the backslashes that hide signs, and as it is written."""
    path = path.strip()
    if not path:
        return
    bare = re.sub(r"\\([\\:;{}_&%#$ ~^])", r"\1", path)
    yield bare
    yield path
    if "{" in bare:
        yield plain(bare)
