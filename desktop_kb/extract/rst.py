"""reStructuredText -> its layout. The text is the file; its markup is not read: lines under titles, directives and
their options, roles, links' targets, marks of emphasis (https://docutils.sourceforge.io/docs/ref/rst)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import wcwidth

from desktop_kb.extract.decoding import decode
from desktop_kb.extract.plain import marked_up
from desktop_kb.extract.properties import LONGEST, described
from desktop_kb.records import Edit, Extracted, Heading

_RULE: Final = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*\r?$")
_FIELD: Final = re.compile(r"^:?([A-Za-z][\w -]{0,30}):[ \t]+(\S[^\n]*)\n", re.MULTILINE)
#: Directives whose content is no text of the page; of others only the mark is not read.
_WITHOUT: Final = (
    "toctree|image|figure|include|literalinclude|highlight|contents|raw|autosummary|auto\\w+|currentmodule|module|index"
    "|meta|tabularcolumns|only|role|default-role|sectnum|header|footer|class|rst-class|csv-table-file|replace|unicode"
)
_BLOCK: Final = r"(?:\n(?:[ \t]*\r?(?=\n)|[ \t]+[^\n]*))*"
#: Whole blocks: such directives, comments, targets, substitutions.
_UNREAD: Final = re.compile(
    rf"^[ \t]*\.\.(?:[ \t]+(?:\|[^|\n]+\|[ \t]+)?(?:{_WITHOUT})::[^\n]*{_BLOCK}|[ \t]+_[^\n]*"
    rf"|(?:[ \t]+(?![\w:.+-]+::|\[|_|\|)[^\n]*)?{_BLOCK})(?:\n|\Z)",
    re.MULTILINE,
)
#: The marks of other directives, with a code block's language, and of footnotes; rules of tables.
_MARK: Final = re.compile(
    r"^[ \t]*\.\.[ \t]+(?:(?:code|code-block|sourcecode)::[^\n]*|[\w:.+-]+::[ \t]*|(?=\[))", re.MULTILINE
)
_TABLE_RULE: Final = re.compile(r"^[ \t]*(?:=+(?:[ \t]+=+)+|\+(?:[-=]+\+)+)[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
#: What stands deeper below '::' or a code directive.
_LITERAL: Final = re.compile(
    rf"^[^\n]*(?:\S::|\.\. (?:code|code-block|sourcecode)::[^\n]*)[ \t]*\r?(?P<code>{_BLOCK})", re.MULTILINE
)
_OPTION: Final = re.compile(r"^[ \t]+:[\w-]+:(?:[ \t][^\n]*)?\r?(?:\n|\Z)", re.MULTILINE)
_INLINE: Final = re.compile(
    r"``(?P<code>[^`\n]+(?:\n[^`\n]+)?)``"
    r"|(?P<role>:[\w:.+-]+:)?`(?P<said>[^`<]*?(?:\n[^`<]*?)?)(?P<target>\s*<[^<>`]+>)?`(?P<link>__?)?(?P<after>:[\w:.+-]+:(?!\w))?"
    r"|(?<![\w*])\*\*(?=\S)(?P<strong>[^*\n]+?)(?<=\S)\*\*(?!\w)|(?<![\w*])\*(?=\S)(?P<em>[^*\n]+?)(?<=\S)\*(?![\w*])"
    r"|(?<!\w)[^\W_]\w*?(?P<reference>__?)(?=[\s.,;:!?)]|$)"
)


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: not-text.
    """
    text = decode(data)
    headings, edits = _titles(text)
    for lines in (_UNREAD, _TABLE_RULE):
        edits += [Edit(*found.span()) for found in lines.finditer(text)]
    for found in _MARK.finditer(text):
        edits.append(Edit(*found.span()))
        after = text.find("\n", found.end()) + 1
        while after and (option := _OPTION.match(text, after)):
            edits.append(Edit(*option.span()))
            after = option.end() if option.end() > after else 0
    edits += [
        Edit(found.start(1), found.start(1) + 1) for found in re.finditer(r"\S(::)[ \t]*\r?$", text, re.M)
    ]
    for found in _INLINE.finditer(text):
        edits += _inline(found)
    code = [found.span("code") for found in _LITERAL.finditer(text)]
    values = _fields(text, headings, edits)
    title = str(values.pop("title", ""))
    metadata, tags = described(values)
    return marked_up(text, edits, headings, verbatim=code, title=title, metadata=metadata, tags=tags)


def _titles(text: str) -> tuple[list[Heading], list[Edit]]:
    """The titles, each with a line of signs below it and perhaps above; the kinds of lines give the levels."""
    headings: list[Heading] = []
    edits: list[Edit] = []
    kinds: list[str] = []
    spans, at = [], 0
    for line in text.splitlines(keepends=True):
        spans.append((at, at + len(line)))
        at += len(line)
    for number, (start, end) in enumerate(spans[:-1]):
        below = text[slice(*spans[number + 1])].rstrip("\n")
        title = text[start:end].strip()
        if not title or _RULE.match(title) or not _RULE.match(below):
            continue
        if len(below.strip()) < wcwidth.width(title) or (text[start:end][:1] in " \t" and number == 0):
            continue
        above = text[slice(*spans[number - 1])].rstrip("\n") if number else ""
        over = bool(_RULE.match(above)) and above[0] == below[0]
        if number and above.strip() and not over:
            continue  # the last line of a paragraph, or of a table
        kind = below[0] * (1 + over)
        if kind not in kinds:
            kinds.append(kind)
        begin = start + len(text[start:end]) - len(text[start:end].lstrip())
        said = _INLINE.sub(lambda found: next(filter(None, map(found.group, _SAID)), ""), title)
        headings.append(Heading(begin, begin + len(title), kinds.index(kind) + 1, said[:LONGEST]))
        edits.append(Edit(*spans[number + 1]))
        if over:
            edits.append(Edit(*spans[number - 1]))
    return headings, edits


_SAID: Final = ("code", "said", "strong", "em")


def _inline(found: re.Match[str]) -> list[Edit]:
    """Keep what inline markup says; a link without words is its target."""
    name = next((name for name in _SAID if found[name]), "")
    if not name:
        if found["reference"]:
            return [Edit(*found.span("reference"))]
        if found["target"]:
            start = found.start("target") + found["target"].index("<") + 1
            return [Edit(found.start(), start), Edit(found.end("target") - 1, found.end())]
        return []
    start, end = found.span(name)
    if found["role"] and found["said"].startswith(("~", "!")):
        start += 1
    return [Edit(found.start(), start), Edit(end, found.end())]


def _fields(text: str, headings: Sequence[Heading], edits: list[Edit]) -> dict[str, Any]:
    """What the list of fields at the beginning, or below the title, says of the file."""
    values: dict[str, Any] = {}
    starts = [0]
    if headings and not text[: headings[0].start].strip("=-~ \r\n"):
        starts.append(text.find("\n", text.find("\n", headings[0].end) + 1) + 1)
    for start in starts:
        at = start + len(text[start:]) - len(text[start:].lstrip())
        # A list of fields has colons before them too; a PEP has none.
        while (field := _FIELD.match(text, at)) and (
            text[at] == ":" or values or field[1] in ("PEP", "Title")
        ):
            values.setdefault(field[1].lower(), field[2].strip())
            edits.append(Edit(*field.span()))
            at = field.end()
    return values
