"""Markdown -> text and layout.

The text is the file itself; edits drop its markup (front matter, heading and emphasis marks, link
targets, comments, table rules). markdown-it-py decides what is markup: its inline rules are wrapped to
record which characters each consumes.
"""

from __future__ import annotations

import datetime
import html
import re
import string
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from desktop_kb.extract.layout import glue, invisible, newlines, settle
from desktop_kb.extract.plain import decode
from desktop_kb.extract.webpage import DATA_URI, TAG
from desktop_kb.records import Edit, Extracted, Heading, Layout, Value

_FRONT: Final = re.compile(
    r"---[ \t]*(?:\r\n|\n|\r)((?:.*?(?:\r\n|\n|\r))??)(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.DOTALL
)
_BREAK: Final = re.compile(r"\r\n|\n|\r")  # what Markdown calls a line
_CELL_BORDER: Final = re.compile(r"[ \t]*(?<!\\)\|[ \t]*")
_ATX: Final = re.compile(r"[^#]*#{1,6}[ \t]*")
_LONGEST = 1_000  # characters of a metadata value


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Markdown as it is written today: CommonMark, tables, strike-through, YAML front matter.

    Raises:
        Problem: not-text.
    """
    text = decode(data)
    front, body = _front_matter(text)
    marks = _Marks(text, body)
    if body:
        marks.edits.append(Edit(0, body))
    metadata, tags = _flattened(front)
    first = next((h.title for h in marks.headings if h.level == 1), "")
    title = str(metadata.pop("title", "")) or first
    uris = [Edit(m.start(), m.end()) for m in DATA_URI.finditer(text)]
    layout = Layout(
        (), tuple(marks.headings), settle([*marks.edits, *uris, *invisible(text), *newlines(text)])
    )
    return Extracted(text, title[:_LONGEST], layout, metadata, tags)


class _Marks:
    """The headings of a Markdown text, and the edits that drop its markup.

    Args:
        text: the whole file.
        body: where the front matter ends and the Markdown begins.
    """

    def __init__(self, text: str, body: int) -> None:
        self.text = text
        self.edits: list[Edit] = []
        self.headings: list[Heading] = []
        self._lines = _line_spans(text, body)
        self._md = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        self._md.core.ruler.enableOnly(["normalize", "block"])
        self._md.inline.ruler2.disable("fragments_join")  # each delimiter stays its own token
        self._watch = _Watch(self._md)
        self._env: dict[str, Any] = {}
        tokens = self._md.parse(text[body:], self._env)
        for index, token in enumerate(tokens):
            self._block(token, tokens[index - 1], tokens)
        for reference in [*self._env.get("references", {}).values(), *self._env.get("duplicate_refs", ())]:
            self._drop_lines(*reference["map"])

    def _block(self, token: Token, before: Token, tokens: list[Token]) -> None:
        if token.map is None:
            return
        first, last = token.map
        if token.type == "inline":
            self._inline(token, before)
        elif token.type == "fence":
            self._drop_lines(first, first + 1)
            if last - first > 1 and self._line(last - 1).strip(" \t>").startswith(token.markup):
                self._drop_lines(last - 1, last)
        elif token.type == "html_block":
            start, end = self._lines[first][0], self._lines[last - 1][1]
            self.edits += [Edit(m.start(), m.end()) for m in TAG.finditer(self.text, start, end)]
        elif token.type == "hr":
            self._drop_lines(first, last)
        elif token.type == "table_open":
            self._table(first, last)
        elif token.type == "blockquote_open":
            for row in range(first, last):
                start, end = self._lines[row]
                if mark := re.compile(r"[ \t]*>[ \t]?").match(self.text, start, end):
                    self.edits.append(Edit(mark.start(), mark.end()))

    def _inline(self, token: Token, before: Token) -> None:
        """One run of inline Markdown: find its rows in the file, then drop its markup."""
        assert token.map is not None
        first, last = token.map
        if before.type in ("td_open", "th_open"):
            return  # `_table` handles cells
        rows = token.content.split("\n")
        places: list[int] = []  # offset in the file of each row of the content
        for row, content in enumerate(rows):
            line = first + row
            at = self._find(line, content, before) if line < last else None
            if at is None:
                return  # markdown-it changed the row (it expands tabs): keep the markup
            places.append(at)
        self._edit(token.content, rows, places, joined=True)
        if before.type == "heading_open":
            self._heading(before, places[0], places[-1] + len(rows[-1].rstrip()))

    def _find(self, line: int, content: str, before: Token) -> int | None:
        start, end = self._lines[line]
        raw = self.text[start:end]
        if before.type == "heading_open" and before.markup.startswith("#"):
            mark = _ATX.match(raw)
            at = raw.find(content, mark.end() if mark else 0)
        else:
            at = raw.rfind(content.rstrip())
        return start + at if at >= 0 else None

    def _edit(self, content: str, rows: list[str], places: list[int], *, joined: bool) -> None:
        starts = [0]
        for content_row in rows[:-1]:
            starts.append(starts[-1] + len(content_row) + 1)

        def raw(at: int) -> int:
            row = bisect_right(starts, at) - 1
            return places[row] + at - starts[row]

        dropped = self._watch.marks(content, self._env)
        self.edits += [Edit(raw(e.start), raw(e.end - 1) + 1, e.text) for e in dropped]
        if not joined:
            return
        hidden = {i for e in dropped for i in range(e.start, e.end)}
        for row in range(len(rows) - 1):
            border = starts[row + 1] - 1
            if border in hidden:
                continue  # the line break is inside markup
            before = self._visible(content, range(border - 1, -1, -1), hidden)
            after = self._visible(content, range(border + 1, len(content)), hidden)
            backslash = rows[row].endswith("\\") and border - 1 in hidden
            hard = backslash or rows[row].endswith("  ")
            head = (rows[row][:-1] if backslash else rows[row]).rstrip()
            start = places[row] + len(head)
            tail = rows[row + 1]
            end = places[row + 1] + len(tail) - len(tail.lstrip())
            self.edits.append(Edit(start, end, "\n" if hard else glue(before, after)))

    @staticmethod
    def _visible(content: str, where: range, hidden: set[int]) -> str:
        return next((content[i] for i in where if i not in hidden and not content[i].isspace()), "")

    def _heading(self, opening: Token, start: int, end: int) -> None:
        assert opening.map is not None
        first, last = opening.map
        line_start = self._lines[first][0]
        if opening.markup.startswith("#"):
            self.edits += [Edit(line_start, start), Edit(end, self._lines[last - 1][1])]
        else:
            self._drop_lines(last - 1, last)
        inner = [e for e in settle(self.edits[-200:]) if start <= e.start and e.end <= end]
        title = _applied(self.text, inner, start, end)
        if title:
            self.headings.append(Heading(start, end, int(opening.tag[1:]), title[:_LONGEST]))

    def _table(self, first: int, last: int) -> None:
        """A row is read as its cells with ' | ' between them."""
        self._drop_lines(first + 1, first + 2)
        for row in [first, *range(first + 2, last)]:
            start, end = self._lines[row]
            borders = list(_CELL_BORDER.finditer(self.text, start, end))
            cells = [start, *(m.end() for m in borders)]
            ends = [*(m.start() for m in borders), end]
            for m in borders:
                outer = m.start() == start or m.end() == end
                self.edits.append(Edit(m.start(), m.end(), "" if outer else " | "))
            for at, stop in zip(cells, ends, strict=True):
                if content := self.text[at:stop]:
                    self._edit(content, [content], [at], joined=False)

    def _line(self, row: int) -> str:
        start, end = self._lines[row]
        return self.text[start:end]

    def _drop_lines(self, first: int, last: int) -> None:
        start = self._lines[first][0]
        end = self._lines[last][0] if last < len(self._lines) else len(self.text)
        self.edits.append(Edit(start, end))


def _applied(text: str, edits: list[Edit], start: int, end: int) -> str:
    parts, at = [], start
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return " ".join("".join([*parts, text[at:end]]).split())


def _line_spans(text: str, body: int) -> list[tuple[int, int]]:
    """The lines from `body` on, without their line breaks."""
    spans, at = [], body
    for found in _BREAK.finditer(text, body):
        spans.append((at, found.start()))
        at = found.end()
    return [*spans, (at, len(text))]


class _Watch:
    """Learns from markdown-it's inline rules which characters are markup.

    markdown-it's inline tokens have no offsets, but each rule consumes a known range of the source, so
    every rule is wrapped to record that range.
    """

    def __init__(self, md: MarkdownIt) -> None:
        self._md = md
        self._depth = 0
        self._seen: list[Edit] = []
        self._delimiters: list[tuple[int, Token, str]] = []
        for rule in md.inline.ruler.__rules__:
            if rule.name in _RULES:
                rule.fn = self._watched(rule.name, rule.fn)

    def marks(self, content: str, env: dict[str, Any]) -> list[Edit]:
        """Edits that turn Markdown `content` into what it says, sorted and not overlapping."""
        self._seen, self._delimiters, self._depth = [], [], 0
        self._md.inline.parse(content, self._md, env, [])
        for at, token, mark in self._delimiters:
            if token.content != mark:  # it found its partner
                self._seen.append(Edit(at, at + len(mark)))
        return list(settle(self._seen))

    def _watched(self, name: str, rule: Callable[[StateInline, bool], bool]) -> Any:
        def run(state: StateInline, silent: bool) -> bool:
            start = state.pos
            self._depth += name == "image"  # its text is parsed as a document of its own
            try:
                matched = rule(state, silent)
            finally:
                self._depth -= name == "image"
            if matched and not silent and not self._depth:
                self._note(name, state, start, state.pos)
            return matched

        return run

    def _note(self, name: str, state: StateInline, start: int, end: int) -> None:
        source = state.src[start:end]
        if name in ("emphasis", "strikethrough"):
            at, tokens = end, reversed(state.tokens)
            while at > start:
                token = next(tokens)
                at -= len(token.content)
                self._delimiters.append((at, token, token.content))
        elif name in ("link", "image"):
            opening = 2 if name == "image" else 1
            label_end = state.md.helpers.parseLinkLabel(state, start + opening - 1, name == "link")
            self._seen += [Edit(start, start + opening), Edit(label_end, end)]
        elif name == "backticks":
            if source.strip("`"):  # else they found no partner
                marks = len(source) - len(source.lstrip("`"))
                self._seen += [Edit(start, start + marks), Edit(end - marks, end)]
        elif name == "autolink":
            self._seen += [Edit(start, start + 1), Edit(end - 1, end)]
        elif name == "escape" and source[1] in _ESCAPABLE:
            self._seen.append(Edit(start, start + 1))
        elif name == "html_inline":
            self._seen.append(Edit(start, end, "\n" if source[:3].lower() == "<br" else ""))
        elif name == "entity":
            self._seen.append(Edit(start, end, html.unescape(source)))


# A backslash before anything else is a backslash (CommonMark 2.4): C:\Windows, \d, \frac.
_ESCAPABLE: Final = frozenset(string.punctuation + "\n")
_RULES: Final = frozenset(
    {"emphasis", "strikethrough", "link", "image", "backticks", "autolink", "escape", "html_inline", "entity"}
)


# --- front matter ----------------------------------------------------------------------------


def _front_matter(text: str) -> tuple[Mapping[Any, Any], int]:
    """The YAML at the start of a note and where the rest begins; anything but a valid mapping is ignored."""
    found = _FRONT.match(text)
    if found is None:
        return {}, 0
    try:
        front = yaml.safe_load(found.group(1))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, 0
    if front is None:
        front = {}
    return (front, found.end()) if isinstance(front, dict) else ({}, 0)


def _flattened(front: Mapping[Any, Any]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Metadata with lower-case keys, and tags. Nested keys are joined by a dot, lists by commas."""
    metadata: dict[str, Value] = {}
    tags: list[str] = []
    for key, value in _leaves(front, ""):
        if key in ("tags", "tag"):
            listed = value if isinstance(value, list) else re.split(r"[,，、]\s*|\s+", str(value or ""))
            tags += [tag for item in listed if (tag := str(item).strip().lstrip("#")[:_LONGEST])]
        elif isinstance(value, list):
            if joined := ", ".join(str(_value(item)) for item in value if not isinstance(item, list | dict)):
                metadata[key] = joined[:_LONGEST]
        elif value is not None and value != "":
            metadata[key] = _value(value)
    if "year" not in metadata and (year := re.match(r"(\d{4})-\d\d-\d\d$", str(metadata.get("date", "")))):
        metadata["year"] = int(year.group(1))
    return metadata, tuple(dict.fromkeys(tags))


def _leaves(mapping: Mapping[Any, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        name = f"{prefix}{key}".strip().lower()[:200]
        if isinstance(value, dict):
            if depth < 4:  # a YAML alias may refer to its own parent
                yield from _leaves(value, f"{name}.", depth + 1)
        elif name:
            yield name, value


def _value(value: Any) -> Value:
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()[:_LONGEST]
