"""A landscape as a picture (SVG): hills with contour lines, passages as dots, the names of topics, a legend."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from desktop_kb.records import ColouredBy, Floats, Hills, Landscape, PlacedDocument, Topic

#: The longer side of the map, and the height of the legend below it, in pixels.
_SIDE: Final = 1200
_LEGEND: Final = 44
#: More dots than these cannot be told from each other: every n-th is drawn.
_MOST_DOTS: Final = 60_000
_GROUND: Final = "#F6F6F4"
_LINE: Final = "#9DB8AC"
_INK: Final = "#1E1E1C"
_MUTED: Final = "#6F6E69"
#: The lowest hill and the highest, red, green and blue.
_LOW: Final = (235, 240, 235)
_HIGH: Final = (180, 206, 191)
#: Of dots; told from each other with a weakness for red and green too (Okabe & Ito 2008).
_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B58900", "#56B4E9", "#7A4FA3")
_OTHER: Final = "#9C9B95"
_FONT: Final = "Noto Sans, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
_LETTERS: Final = 15
#: What languages call themselves.
_LANGUAGES: Final = {"en": "English", "zh": "中文"}

_Places = Callable[[Floats], Floats]


def draw(landscape: Landscape, color: ColouredBy = "language", language: str = "en") -> str:
    """The picture of a landscape.

    Args:
        color: what the dots are coloured by.
        language: of the topics' names, where they have one in it.
    """
    frame = landscape.hills.frame
    scale = _SIDE / max(frame.right - frame.left, frame.bottom - frame.top)
    width, height = (frame.right - frame.left) * scale, (frame.bottom - frame.top) * scale

    def at(points: Floats) -> Floats:
        return np.asarray((points - np.array([frame.left, frame.top])) * scale, np.float32)

    values = _values(landscape, color)
    names = [value for value, _ in Counter(filter(None, values)).most_common(len(_COLOURS))]
    colours = dict(zip(names, _COLOURS, strict=False))
    whole = f'width="{width:.0f}" height="{height + _LEGEND:.0f}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {whole} font-family="{_FONT}">',
            f'<rect {whole} fill="{_GROUND}"/>',
            *_hills(landscape.hills, at),
            *_dots(at(landscape.passages.places), values, colours),
            *_names(landscape.topics, at, language, width),
            *_legend(names, colours, height),
            "</svg>\n",
        )
    )


def _values(landscape: Landscape, color: ColouredBy) -> list[str]:
    """What each passage is coloured by; '' where nothing is known."""
    rows = landscape.passages
    if color == "language":
        names = [_LANGUAGES.get(code, code) for code in rows.codes]
        return [names[code] for code in rows.languages.tolist()]
    values = [_value(document, color) for document in landscape.documents]
    return [values[owner] for owner in rows.owner.tolist()]


def _value(document: PlacedDocument, color: ColouredBy) -> str:
    if color == "tag":
        return min(document.tags, default="")
    return document.year if color == "year" else document.type


def _hills(hills: Hills, at: _Places) -> list[str]:
    """The hills from the lowest line to the highest; all lines of a level are one shape, so that a hollow is one."""
    paths = []
    for level in sorted({line.level for line in hills.contours}):
        lines = (at(line.points) for line in hills.contours if line.level == level)
        shape = "".join(f"M{'L'.join(f'{x:.1f},{y:.1f}' for x, y in line.tolist())}Z" for line in lines)
        share = math.sqrt(level)
        red, green, blue = (round(low + share * (high - low)) for low, high in zip(_LOW, _HIGH, strict=True))
        fill = f'fill="rgb({red},{green},{blue})" fill-rule="evenodd"'
        paths.append(f'<path d="{shape}" {fill} stroke="{_LINE}" stroke-width=".7"/>')
    return paths


def _dots(places: Floats, values: Sequence[str], colours: Mapping[str, str]) -> list[str]:
    """A dot for each passage, smaller where there are many; those of a colour together."""
    every = max(1, -(-len(places) // _MOST_DOTS))
    radius = min(4.0, max(1.0, 60 / math.sqrt(max(1, len(places)))))
    of_colour: dict[str, list[str]] = {}
    for (x, y), value in zip(places[::every].tolist(), values[::every], strict=True):
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
        of_colour.setdefault(colours.get(value, _OTHER), []).append(dot)
    return [
        f'<g fill="{colour}" fill-opacity=".75">{"".join(dots)}</g>' for colour, dots in of_colour.items()
    ]


def _names(topics: Sequence[Topic], at: _Places, language: str, width: float) -> list[str]:
    """The names of the topics over their peaks, the largest first; one that would lie on another is left out."""
    texts, taken = [], list[tuple[float, float, float]]()
    for topic in sorted(topics, key=lambda one: -one.passages):
        name = topic.name.get(language) or next(iter(topic.name.values()), "")
        half = _LETTERS * 0.3 * sum(1 + (ord(letter) > 0x2E80) * 0.9 for letter in name) + 4
        x, y = at(np.array([topic.x, topic.y], np.float32)).tolist()
        x = min(max(x, half), max(half, width - half))
        near = any(
            abs(x - other) < half + wide and abs(y - down) < 1.3 * _LETTERS for other, down, wide in taken
        )
        if name and not near:
            taken.append((x, y, half))
            where = f'x="{x:.0f}" y="{y:.0f}" font-size="{_LETTERS}" text-anchor="middle"'
            edge = f'fill="none" stroke="{_GROUND}" stroke-width="4" stroke-linejoin="round"'
            texts.append(f"<text {where} {edge}>{escape(name)}</text>")
            texts.append(f'<text {where} font-weight="600" fill="{_INK}">{escape(name)}</text>')
    return texts


def _legend(names: Sequence[str], colours: Mapping[str, str], height: float) -> list[str]:
    parts, x = [], 16.0
    for name in names:
        middle = height + _LEGEND / 2
        parts.append(f'<circle cx="{x:.0f}" cy="{middle:.0f}" r="5" fill="{colours[name]}"/>')
        where = f'x="{x + 12:.0f}" y="{middle + 4:.0f}" font-size="12.5" fill="{_MUTED}"'
        parts.append(f"<text {where}>{escape(name)}</text>")
        x += 36 + 7.5 * sum(1 + (ord(letter) > 0x2E80) * 0.8 for letter in name)
    return parts
