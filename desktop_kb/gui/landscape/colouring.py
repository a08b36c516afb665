"""What the colours of the dots mean: a tag, a year, a kind of file or a language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from PySide6.QtCore import QLocale
from PySide6.QtGui import QColor

from desktop_kb.formats import shown_as
from desktop_kb.gui import theme
from desktop_kb.gui.translation import tr
from desktop_kb.records import ColouredBy, Ints, Landscape

#: Their names in English.
COLOURED_BY: Final[dict[ColouredBy, str]] = {
    "tag": "Tag",
    "year": "Year",
    "type": "Kind of file",
    "language": "Language",
}
#: What the dots are called that have none.
_WITHOUT: Final[dict[ColouredBy, str]] = {
    "tag": "No tag",
    "year": "No year",
    "type": "Unknown",
    "language": "Unknown",
}
_OTHERS: Final = "Others"


@dataclass(frozen=True, slots=True)
class ColourGroup:
    """What one colour stands for."""

    label: str
    color: QColor


@dataclass(frozen=True, slots=True, eq=False)
class Colouring:
    """The groups, and of each passage its group's position, int32 (n,); whether any dot has a value."""

    groups: tuple[ColourGroup, ...]
    of_passage: Ints
    tells: bool


def colouring(landscape: Landscape, by: ColouredBy) -> Colouring:
    """The colours of a landscape. The most frequent values have a colour of their own; years, which have an order, are
    shades of one."""
    rows = landscape.passages
    if by == "language":
        values, of = [language_name(code) for code in rows.codes], rows.languages
    else:
        values, of = _values(landscape, by), rows.owner
    sizes = Counter[str]()
    for value, size in zip(values, np.bincount(of, minlength=len(values)).tolist(), strict=True):
        sizes[value] += size
    if by == "year":
        named = _ranges(sizes)
        values = [named.get(value, "") for value in values]
        order = list(dict.fromkeys(named.values()))
        colours: Sequence[QColor] = theme.shades(len(order))
    else:
        colours = theme.categories()
        order = [value for value, _ in sizes.most_common() if value][: len(colours)]
        if by == "tag":
            colours = theme.like_their_dots(order)
    groups = [ColourGroup(label, color) for label, color in zip(order, colours, strict=False)]
    numbers = {label: at for at, label in enumerate(order)}
    others = any(value and value not in numbers for value in values)
    if others:
        groups.append(ColourGroup(tr(_OTHERS), theme.mixed(theme.current().ink, theme.current().muted, 0.3)))
    for value in values:
        numbers.setdefault(value, len(groups) - 1 if value else len(groups))
    if "" in values:
        groups.append(ColourGroup(tr(_WITHOUT[by]), theme.current().muted))
    of_value = np.array([numbers[value] for value in values], np.int32)
    return Colouring(tuple(groups), of_value[of] if len(of) else np.zeros(0, np.int32), bool(order))


def language_name(code: str) -> str:
    """A language as its speakers call it; Qt's name for Chinese is that of one of its scripts."""
    return tr("Chinese") if code == "zh" else QLocale(code).nativeLanguageName() if code else ""


def _values(landscape: Landscape, by: ColouredBy) -> list[str]:
    """Of each document its tag, year or kind; '' for none. Of several tags it has the one that is most used."""
    if by == "type":
        return [tr(shown_as(one.type).label) for one in landscape.documents]
    if by == "year":
        return [one.year for one in landscape.documents]
    used = Counter(chain.from_iterable(one.tags for one in landscape.documents))
    return [max(one.tags, key=lambda tag: (used[tag], tag), default="") for one in landscape.documents]


def _ranges(sizes: Mapping[str, int]) -> dict[str, str]:
    """Year -> the range that it is shown in, the earliest first: as many passages in each as can be."""
    years = sorted(year for year in sizes if year)
    most = theme.MOST_SHADES
    if len(years) <= most:
        return {year: year for year in years}
    total, passed = sum(sizes[year] for year in years), 0
    parts = [list[str]() for _ in range(most)]
    for year in years:
        parts[min(most - 1, passed * most // total)].append(year)
        passed += sizes[year]
    return {year: part[0] if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts for year in part}
