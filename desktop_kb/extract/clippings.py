"""What reading devices and apps export as plain text: Kindle's 'My Clippings.txt', notes of WeRead.

Each clipping is headed by its book and its place, so that a hit says where it comes from.
"""

from __future__ import annotations

import re
from typing import Final

from desktop_kb.extract.layout import invisible, newlines, settle
from desktop_kb.records import Edit, Extracted, Heading, Layout

_LONGEST = 1_000  # characters of a title
_KINDLE_RULE: Final = re.compile(r"^={10}[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
#: 'Your Highlight on page 12 | Location 123-125 | Added on …', '您在位置 #123-125的标注 | 添加于 …', with a dash in
#: Russian; when it was added stands last, in any language, and has a time.
_KINDLE_PLACE: Final = re.compile(
    r"[-–—]\s*(?P<place>(?=.*(?:\||#\d|\d)).*?)\s*"
    r"(?:\|(?:[^|]*\d{1,2}[:.]\d{2}|\s*(?:Added|添加于|添加於|新增於|Hinzugefügt|Ajouté|Añadido|Aggiunto|Adicionado|追加日))[^|]*)?$"
)
_WEREAD_END: Final = re.compile(r"^\s*-{1,2}\s*来自微信读书\s*$", re.MULTILINE)
_WEREAD_COUNT: Final = re.compile(r"^\s*\d+\s*个?(?:条)?笔记\s*$", re.MULTILINE)
_MARKED: Final = re.compile(r"^[ \t]*(?:◆|>+|•)[ \t]*", re.MULTILINE)
_QUOTED: Final = re.compile(r"^[ \t]*>>[ \t]*", re.MULTILINE)  # then a ◆ stands before chapters


def read(text: str) -> Extracted | None:
    """The export's reading, or None if the text is none."""
    if text.count("==========") > 0 and (layout := _kindle(text)):
        return Extracted(text, "", layout)
    if _WEREAD_END.search(text) or (text.lstrip()[:1] == "《" and _WEREAD_COUNT.search(text[:2_000])):
        return _weread(text)
    return None


def _kindle(text: str) -> Layout | None:
    headings: list[Heading] = []
    edits: list[Edit] = []
    at = clippings = 0
    for rule in _KINDLE_RULE.finditer(text):
        lines = _lines(text, at, rule.start())
        place = _KINDLE_PLACE.match(text[slice(*lines[1])]) if len(lines) > 1 else None
        if place is not None:
            clippings += 1
            (start, end), (second, stop) = lines[0], lines[1]
            headings.append(Heading(start, end, 1, _title(text[start:end])))
            headings.append(Heading(second, stop, 2, _title(place["place"])))
            edits.append(Edit(second, second + place.start("place")))
        edits.append(Edit(rule.start(), rule.end(), "\n"))
        at = rule.end()
    if 2 * clippings <= text.count("=========="):
        return None  # the rules of another text
    return Layout(headings=tuple(headings), edits=settle([*edits, *invisible(text), *newlines(text)]))


def _weread(text: str) -> Extracted:
    """《Book》, author, how many notes; then chapters, each with its marked lines."""
    lines = _lines(text, 0, len(text))
    counts = [n for n, span in enumerate(lines) if _WEREAD_COUNT.match(text[slice(*span)])]
    first = next((n for n in counts if n < 6), 0)
    heads = {n for count in counts for n in range(max(0, count - 3), count) if text[lines[n][0]] == "《"} | {
        0
    }
    several = len(heads) > 1
    author = text[slice(*lines[1])].strip() if first > 1 and not several else ""
    book_title = "" if several else text[slice(*lines[0])].strip("《》")
    headings: list[Heading] = []
    quoted = _QUOTED.search(text) is not None
    marked = _QUOTED if quoted else _MARKED
    book = 0
    for number, ((start, end), following) in enumerate(zip(lines, [*lines[1:], (0, 0)], strict=True)):
        if number in heads:
            book = number
            if text[start] == "《":
                headings.append(Heading(start, end, 1, _title(text[start:end].strip("《》"))))
        if number <= next((n for n in counts if book < n <= book + 5), book):
            continue  # who wrote it, and how many notes there are
        if quoted and text[start] == "◆":
            title = text[start + 1 : end].strip()
            headings += [Heading(end - len(title), end, 2, _title(title))] if title else []
            continue
        is_marked, next_marked = (marked.match(text, at) is not None for at in (start, following[0]))
        if not is_marked and next_marked and following[1] and text[end - 1] not in "。！？”：":
            headings.append(Heading(start, end, 2, _title(text[start:end])))
    edits = [Edit(*found.span()) for found in _MARKED.finditer(text)]
    edits += [Edit(*found.span()) for found in _WEREAD_END.finditer(text)]
    layout = Layout(headings=tuple(headings), edits=settle([*edits, *invisible(text), *newlines(text)]))
    return Extracted(text, book_title[:_LONGEST], layout, {"author": author} if author else {})


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of a part, without blanks around them and without blank ones."""
    spans = []
    for found in re.finditer(r"[^\r\n]+", text[start:end]):
        raw = found[0].strip("\ufeff \t\u3000")
        if raw:
            first = start + found.start() + found[0].index(raw[0])
            spans.append((first, first + len(raw)))
    return spans or [(start, start)]


def _title(text: str) -> str:
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())[:_LONGEST]
