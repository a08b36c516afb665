"""What a page holds: text, a picture of a page, drawn letters, nothing, or text that is none.

A font without a character map gives letters that are not those it draws. They are found by language
statistics: such a text is as uneven as a language, but its frequent letters are not the frequent ones.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterator, Sequence
from math import sqrt
from string import ascii_lowercase, punctuation
from typing import Any, Final

import pypdfium2.raw as pdfium

from desktop_kb.extract import text_layer
from desktop_kb.extract.layout import Box, Line
from desktop_kb.records import PageState

#: Up to that many letters a page is looked at for a picture under them.
_FEW_LETTERS = 80
_ENOUGH = 1_000  # characters in which more are found, if there are more
_STAMP_LINES = 2
_STAMP_MARGIN = 0.16  # of the page's height
_PAGE_SIZED = 0.6  # of the page's area: a scan
_PICTURE = 0.02  # of the page's area; smaller ones are marks
_DRAWN_POINTS = 60  # of its lines and curves; a frame or a rule has fewer
_MOST_OBJECTS = 4_000

_INVISIBLE: Final = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)

_ODD: Final = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd]")
_ODD_SHARE = 0.3
_FEWEST_LETTERS, _MANY_LETTERS = 40, 80
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA: Final = re.compile("[\u3040-\u30ff]")
#: The hundred most frequent characters, simplified and traditional: more than a third of any Chinese text.
_COMMON_HAN: Final = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好"
    "都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长這國個說們為時會過學對裡後來麼沒"
    "還發當無開見經頭動兩長從與其法第民分二五市月部及高工等合者水年位理应由"
)
_COMMON_SHARE = 0.06
#: How often the letters a to z come, in percent: the mean of ten European languages.
_USUAL: Final = (
    *(9.6, 1.4, 2.9, 4.5, 13.0, 1.3, 1.7, 1.8, 8.4, 0.6, 1.5, 4.7, 2.9),
    *(7.7, 6.4, 2.6, 0.5, 7.1, 6.6, 6.6, 3.6, 1.6, 0.7, 0.2, 1.1, 1.0),
)
_LIKE, _LIKE_IF_FEW = 0.3, 0.05  # correlation with them; another order of the letters has 0 ± .2
_UNEVEN = 0.052, 0.12  # chance that two letters are the same: languages have .065, chance .038, 'XXXX' more
_WORD: Final = re.compile("[a-z]{3,}")
_ALPHABET = 8  # different letters at least; a DNA sequence has four


def state_of(page: Any, text: str, lines: Sequence[Line], box: Box | None) -> PageState:
    """What PDFium's page holds, whose text has been read."""
    if is_garbled(text):
        return "garbled"
    letters = sum(map(str.isalnum, text[:_ENOUGH]))
    if letters > _FEW_LETTERS:
        return "text"
    pictures, points = _drawings(page, box)
    if letters == 0 or (pictures >= _PAGE_SIZED and _is_stamp(lines, box)):
        if pictures >= _PICTURE:
            return "none"
        return "drawn" if points >= _DRAWN_POINTS else "blank"
    return "text"


def has_doubtful_layer(page: Any, text: str, box: Box | None) -> bool:
    """Whether the page is a picture, and the text that is laid over it where nobody sees it is not what it says."""
    area = _area(box)
    pictures, count, hidden = 0.0, 0, 0
    things = list(_things(page))
    if all(kind != pdfium.FPDF_PAGEOBJ_IMAGE for kind, *_ in things):  # as of most pages: no text is asked
        return False
    for kind, thing, outer in things:
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            count += 1
            hidden += pdfium.FPDFTextObj_GetTextRenderMode(thing) in _INVISIBLE
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures += (share := _covered(outer, area))
            if share >= _PAGE_SIZED:
                hidden = count  # the picture is drawn over them
    return pictures >= _PAGE_SIZED and 2 * hidden > count and text_layer.is_doubtful(text)


def _is_stamp(lines: Sequence[Line], box: Box | None) -> bool:
    """A line at the margin, as scanner programs write it on their pictures."""
    if box is None or len(lines) > _STAMP_LINES:
        return False
    _, top, _, bottom = box
    margin = _STAMP_MARGIN * (bottom - top)
    return all(
        top <= line.top
        and line.bottom <= bottom
        and (line.bottom <= top + margin or line.top >= bottom - margin)
        for line in lines
    )


def _drawings(page: Any, box: Box | None) -> tuple[float, int]:
    """The share of the page that pictures cover, and how many points its lines and curves have."""
    area = _area(box)
    pictures, points = 0.0, 0
    for kind, thing, outer in _things(page):
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            points += max(0, pdfium.FPDFPath_CountSegments(thing))
        elif kind == pdfium.FPDF_PAGEOBJ_SHADING:
            points += _DRAWN_POINTS
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures += _covered(outer, area)
    return pictures, points


def _area(box: Box | None) -> float:
    return (box[2] - box[0]) * (box[3] - box[1]) if box else 0.0


def _covered(thing: Any, area: float) -> float:
    """The share of a page of this area that an object covers."""
    edges = [ctypes.c_float() for _ in range(4)]
    if area <= 0 or not pdfium.FPDFPageObj_GetBounds(thing, *map(ctypes.byref, edges)):
        return 0.0
    left, bottom, right, top = (edge.value for edge in edges)
    return max(0.0, right - left) * max(0.0, top - bottom) / area


def _things(page: Any) -> Iterator[tuple[int, Any, Any]]:
    """The kinds of the page's objects and they, each with the one on the page that holds it: a form holds others."""
    kind_of = pdfium.FPDFPageObj_GetType
    count = min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS)
    left = _MOST_OBJECTS
    for number in range(count):
        outer = pdfium.FPDFPage_GetObject(page, number)
        within = [(outer, 0)]
        while within and left > 0:
            thing, depth = within.pop()
            left -= 1
            kind = kind_of(thing)
            if kind != pdfium.FPDF_PAGEOBJ_FORM:
                yield kind, thing, outer
            elif depth < 5:
                inside = min(max(0, pdfium.FPDFFormObj_CountObjects(thing)), left)
                within += [(pdfium.FPDFFormObj_GetObject(thing, n), depth + 1) for n in range(inside)]


# --- garbled text ----------------------------------------------------------------------------


def is_garbled(text: str) -> bool:
    """The letters are not those that the page shows."""
    letters = "".join(text.split())
    if not letters.isascii():
        if len(_ODD.findall(letters)) > _ODD_SHARE * len(letters):
            return True
        han = _HAN.findall(letters)
        if len(han) >= _FEWEST_LETTERS and len(han) > 0.4 * len(letters):
            kana = len(_KANA.findall(letters))
            return kana < 0.05 * len(han) and sum(c in _COMMON_HAN for c in han) < _COMMON_SHARE * len(han)
        letters = unicodedata.normalize("NFKD", letters)
    elif len(_ODD.findall(letters)) > _ODD_SHARE * max(1, len(letters)):
        return True
    letters = letters.lower()
    counts = [letters.count(c) for c in ascii_lowercase]
    total = sum(counts)
    if 2 * total < len(letters):
        return _is_punctuation(letters)
    if total < _FEWEST_LETTERS or not _is_permuted(counts, total):
        return False
    # Squares of a board, codes of parts: letters, but no words.
    return 2 * sum(map(len, _WORD.findall(text.lower()))) > total


def _is_permuted(counts: Sequence[int], total: int) -> bool:
    """These numbers of a to z are as uneven as in a language, and those of no language."""
    shares = [count / total for count in counts]
    if sum(map(bool, counts)) < _ALPHABET or not _UNEVEN[0] <= sum(s * s for s in shares) <= _UNEVEN[1]:
        return False
    return _correlation(shares, _USUAL) < (_LIKE if total >= _MANY_LETTERS else _LIKE_IF_FEW)


def _is_punctuation(letters: str) -> bool:
    """Most of it is punctuation, of many kinds."""
    counts = [count for c in punctuation if (count := letters.count(c))]
    total = sum(counts)
    return (
        total >= _MANY_LETTERS
        and total > 0.5 * len(letters)
        and len(counts) >= _ALPHABET
        and max(counts) < 0.4 * total
    )


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    x, y = sum(a) / len(a), sum(b) / len(b)
    over = sum((p - x) * (q - y) for p, q in zip(a, b, strict=True))
    under = sqrt(sum((p - x) ** 2 for p in a) * sum((q - y) ** 2 for q in b))
    return over / under if under else 0.0
