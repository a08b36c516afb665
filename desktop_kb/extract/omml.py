"""Formulas of Office (OMML, ECMA-376 part 1, 22.1) -> TeX, as formulas of web pages are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from desktop_kb.extract.xml_tree import attribute, child, local

#: What marks the argument of an operator that names none.
_INTEGRAL: Final = "∫"
_PROPERTIES: Final = frozenset({"rPr", "ctrlPr"})


def tex(element: Any) -> str:
    """A formula or a part of one. Letters and signs stay as they are."""
    match local(element):
        case "t":
            return str(element.text or "")
        case "f":
            above, below = _argument(element, "num"), _argument(element, "den")
            return (
                f"{above}/{below}"
                if _value(element, "fPr", "type") == "lin"
                else f"\\frac{{{above}}}{{{below}}}"
            )
        case "sSup" | "sSub" | "sSubSup":
            return _argument(element, "e") + _scripts(element)
        case "sPre":
            return _scripts(element) + _argument(element, "e")
        case "rad":
            degree = _argument(element, "deg")
            return f"\\sqrt{f'[{degree}]' if degree else ''}{{{_argument(element, 'e')}}}"
        case "nary":
            sign = _value(element, "naryPr", "chr") or _INTEGRAL
            return f"{sign}{_scripts(element)} {_argument(element, 'e')}"
        case "limLow":
            return f"{_argument(element, 'e')}_{{{_argument(element, 'lim')}}}"
        case "limUpp":
            return f"{_argument(element, 'e')}^{{{_argument(element, 'lim')}}}"
        case "func":
            return f"{_argument(element, 'fName')} {_argument(element, 'e')}"
        case "d":
            return _delimited(element)
        case "m":
            rows = (" & ".join(_children(row, "e")) for row in element if local(row) == "mr")
            return " \\\\ ".join(rows)
        case "eqArr":
            return " \\\\ ".join(_children(element, "e"))
        case name if name.endswith("Pr") or name in _PROPERTIES:
            return ""
    return "".join(map(tex, element))


def _children(element: Any, name: str) -> Iterable[str]:
    return ("".join(map(tex, one)) for one in element if local(one) == name)


def _argument(element: Any, name: str) -> str:
    return "".join(_children(element, name))


def _scripts(element: Any) -> str:
    low, high = _argument(element, "sub"), _argument(element, "sup")
    return (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")


def _value(element: Any, properties: str, name: str) -> str:
    return attribute(child(element, properties, name), "val")


def _delimited(element: Any) -> str:
    """Arguments in brackets; a missing sign is the usual one, an empty one is none."""
    signs = {"begChr": "(", "sepChr": "|", "endChr": ")"}
    for name in signs:
        found = child(element, "dPr", name)
        if found is not None:
            signs[name] = attribute(found, "val")
    return signs["begChr"] + signs["sepChr"].join(_children(element, "e")) + signs["endChr"]
