"""Styles and lists of a Word document: which paragraph is a heading, and which number stands before it.

Numbers are not in the text: they are counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from desktop_kb.extract.numbering import LONGEST_MARK, Counters, Level, NumberedList
from desktop_kb.extract.titles import TITLE_STYLES, heading_level
from desktop_kb.extract.xml_tree import attribute, child, local, number

_CONTENTS: Final = re.compile(r"(?:toc|目录|目錄) ?\d|table of figures", re.IGNORECASE)
_STEPS = 20  # styles that a style may be based on, one on the other
_BODY = 9  # the outline level of what is no heading


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    based_on: str
    outline: int | None
    list: tuple[str, int] | None


class Styles:
    """The styles and lists of one document. It counts: ask it for the paragraphs in their order."""

    def __init__(self, styles: Any, numbering: Any) -> None:
        """Args:
        styles, numbering: the roots of these parts; None if there is none.
        """
        self._styles = {attribute(e, "styleId"): _style(e) for e in _named(styles, "style")}
        self._default = next(
            (
                attribute(e, "styleId")
                for e in _named(styles, "style")
                if attribute(e, "default") in ("1", "true") and attribute(e, "type") == "paragraph"
            ),
            "",
        )
        self._lists = _lists(numbering)
        self._counters = Counters(self._lists)

    def level(self, paragraph: Any) -> int:
        """The level of a heading from 1; 0 if the paragraph is none."""
        own = child(paragraph, "pPr", "outlineLvl")
        if own is not None:
            return _outline(own)
        for style in self._chain(self._style_of(paragraph)):
            if found := heading_level(style.name):
                return found
            if style.outline is not None:
                return style.outline
        return 0

    def is_title(self, paragraph: Any) -> bool:
        """Whether it has the style of a document's title."""
        return any(style.name.lower() in TITLE_STYLES for style in self._chain(self._style_of(paragraph)))

    def is_contents(self, paragraph: Any) -> bool:
        """Whether it is a line of a table of contents."""
        return any(_CONTENTS.match(style.name) for style in self._chain(self._style_of(paragraph)))

    def count(self, paragraph: Any) -> tuple[str, int]:
        """Count a paragraph; returns what stands before it ('第一条', '1.2', '•'), '' if nothing does, and how deep in
        its list it stands, from 1."""
        identity, level = self._list_of(paragraph)
        return self._counters.count(identity, level), level + 1

    def _list_of(self, paragraph: Any) -> tuple[str, int]:
        own = _list(paragraph)
        style = self._style_of(paragraph)
        by_style = next((one.list for one in self._chain(style) if one.list is not None), None)
        if own is not None and own[0]:
            return own
        if by_style is None:
            return "", 0
        identity, depth = by_style
        held = self._lists.get(identity)
        # A level that belongs to a style names it; the style does not say which level that is.
        named = next((n for n, level in held.levels.items() if level.style == style), None) if held else None
        return identity, own[1] if own is not None else named if named is not None else depth

    def _style_of(self, paragraph: Any) -> str:
        style = child(paragraph, "pPr", "pStyle")
        return attribute(style, "val") if style is not None else self._default

    def _chain(self, identity: str) -> list[_Style]:
        chain: list[_Style] = []
        while identity in self._styles and len(chain) < _STEPS:
            chain.append(self._styles[identity])
            identity = chain[-1].based_on
        return chain


def _named(root: Any, name: str) -> list[Any]:
    return [element for element in root if local(element) == name] if root is not None else []


def _style(element: Any) -> _Style:
    outline = child(element, "pPr", "outlineLvl")
    return _Style(
        attribute(child(element, "name"), "val"),
        attribute(child(element, "basedOn"), "val"),
        _outline(outline) if outline is not None else None,
        _list(element),
    )


def _outline(element: Any) -> int:
    level = number(element, "val", _BODY)
    return level + 1 if 0 <= level < _BODY else 0


def _list(element: Any) -> tuple[str, int] | None:
    """The list that a paragraph or a style names, and the level in it."""
    found = child(element, "pPr", "numPr")
    if found is None:
        return None
    return attribute(child(found, "numId"), "val"), number(child(found, "ilvl"), "val")


def _lists(root: Any) -> dict[str, NumberedList]:
    abstract = {attribute(e, "abstractNumId"): e for e in _named(root, "abstractNum")}
    by_style = {
        attribute(link, "val"): key
        for key, e in abstract.items()
        if (link := child(e, "styleLink")) is not None
    }
    lists: dict[str, NumberedList] = {}
    for element in _named(root, "num"):
        key = attribute(child(element, "abstractNumId"), "val")
        linked = child(abstract[key], "numStyleLink") if key in abstract else None
        if linked is not None:  # the list's levels stand where its style is defined
            key = by_style.get(attribute(linked, "val"), key)
        held = NumberedList(key, {number(e, "ilvl"): _level(e) for e in _named(abstract.get(key), "lvl")})
        for override in _named(element, "lvlOverride"):
            depth = number(override, "ilvl")
            if (level := child(override, "lvl")) is not None:
                held.levels[depth] = _level(level)
            if (start := child(override, "startOverride")) is not None:
                held.overridden[depth] = number(start, "val", 1)
        lists[attribute(element, "numId")] = held
    return lists


def _level(element: Any) -> Level:
    values = {local(one): one for one in element}
    for alternative in (one for one in element if local(one) == "AlternateContent"):
        values |= {local(one): one for choice in alternative for one in choice}
    restart = values.get("lvlRestart")
    return Level(
        attribute(values["numFmt"], "val") if "numFmt" in values else "decimal",
        attribute(values.get("lvlText"), "val")[:LONGEST_MARK],
        number(values.get("start"), "val", 1),
        attribute(values.get("pStyle"), "val"),
        number(restart, "val") if restart is not None else None,
        "isLgl" in values,
    )
