"""Conversion between Python's code points and Qt's UTF-16 code units, in this one place.

A character beyond U+FFFF is one code point and two code units (a surrogate pair).
"""

from __future__ import annotations


def utf16_offset(text: str, index: int) -> int:
    """The offset of code point `index` of `text` in UTF-16 code units."""
    return index if text.isascii() else len(text[:index].encode("utf-16-le", "surrogatepass")) // 2


def code_point_offset(text: str, index: int) -> int:
    """The index of the code point that UTF-16 code unit `index` belongs to. The second unit of a surrogate
    pair belongs to the same code point as the first."""
    if text.isascii():
        return min(index, len(text))
    units = text.encode("utf-16-le", "surrogatepass")[: index * 2]
    return len(units.decode("utf-16-le", "ignore"))
