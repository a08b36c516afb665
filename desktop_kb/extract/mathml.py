"""Formulas of web pages (MathML 3) -> TeX, where their author's TeX is not told: letters alone say neither what is a
fraction nor what is raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from desktop_kb.extract.xml_tree import local

#: Signs between two sides; blanks stand around them.
_BETWEEN: Final = frozenset("=<>≤≥≠≈≡∼≃≅∝∈∉⊂⊆⊃⊇→←↔⇒⇐⇔↦+-−±∓×÷·∪∩∧∨∖⊕⊗:")
_UNSEEN: Final = dict.fromkeys((0x2061, 0x2062, 0x2063, 0x2064))
_ACCENTS: Final = {
    **dict.fromkeys(("^", "ˆ", "\u0302"), "hat"),
    **dict.fromkeys(("~", "˜", "\u0303"), "tilde"),
    **dict.fromkeys(("¯", "‾", "_", "\u0304"), "bar"),
    **dict.fromkeys(("→", "⃗"), "vec"),
    **{"˙": "dot", "¨": "ddot"},
}
_HIDDEN: Final = frozenset(("mphantom", "annotation", "annotation-xml"))
_DEEPEST = 60


def tex(element: Any, depth: int = 0) -> str:
    """A formula or a part of one."""
    if depth > _DEEPEST:  # a hostile page
        return " ".join("".join(element.itertext()).split())
    name = local(element).lower()
    held = [one for one in element if local(one) and local(one).lower() not in _HIDDEN]

    def part(number: int) -> str:
        return tex(held[number], depth + 1).strip() if number < len(held) else ""

    match name:
        case "mi" | "mn" | "mtext" | "ms" | "mo":
            return _sign(name, element)
        case "mspace":
            return " "
        case "mfrac":
            return f"\\frac{{{part(0)}}}{{{part(1)}}}"
        case "msqrt":
            return f"\\sqrt{{{_joined(held, depth)}}}"
        case "mroot":
            return f"\\sqrt[{part(1)}]{{{part(0)}}}"
        case "msup":
            return f"{_base(part(0))}{_script('^', part(1))}"
        case "msub" | "munder":
            return f"{_base(part(0))}{_script('_', part(1))}"
        case "mover":
            base, over = part(0), part(1)
            accent = _ACCENTS.get(over)
            return f"\\{accent}{{{base}}}" if accent else f"{_base(base)}{_script('^', over)}"
        case "msubsup" | "munderover":
            return f"{_base(part(0))}{_script('_', part(1))}{_script('^', part(2))}"
        case "mfenced":
            parts = (tex(one, depth + 1).strip() for one in held)
            return f"{element.get('open', '(')}{', '.join(parts)}{element.get('close', ')')}"
        case "mtable":
            return " \\\\ ".join(tex(row, depth + 1).strip() for row in held)
        case "mtr" | "mlabeledtr":
            return " & ".join(tex(cell, depth + 1).strip() for cell in held)
        case "semantics" | "maction":
            return part(0)
    return _joined(held, depth) if held else (element.text or "").strip()


def _joined(parts: Sequence[Any], depth: int) -> str:
    return "".join(tex(one, depth + 1) for one in parts)


def _sign(name: str, element: Any) -> str:
    """A letter, a number, a word or a sign, with the blanks that it has on a page."""
    text = " ".join("".join(element.itertext()).translate(_UNSEEN).split())
    if name == "mo":
        return f" {text} " if text in _BETWEEN else f"{text} " if text in (",", ";") else text
    return f" {text} " if name in ("mi", "mtext") and len(text) > 1 else text


def _base(text: str) -> str:
    return text if len(text) < 2 or text.isalnum() else f"{{{text}}}"


def _script(mark: str, text: str) -> str:
    return f"{mark}{text}" if len(text) == 1 else f"{mark}{{{text}}}" if text else ""
