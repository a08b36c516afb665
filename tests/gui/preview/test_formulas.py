"""Formulas are read as lines of text, and each sign of them knows what of the file it stands for."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_kb.extract import markdown, tex, webpage
from desktop_kb.formats import HTML, MARKDOWN, TEX
from desktop_kb.gui.preview.formulas import pieces
from desktop_kb.gui.preview.text_preview import TextPreview
from desktop_kb.records import Extracted


def shown(formula: str) -> str:
    """What is shown, what is raised or lowered behind '^' and '_'."""
    marks = {"raised": "^", "lowered": "_"}
    said, before = "", ""
    for piece in pieces(formula):
        mark = marks.get(piece.face, "") if piece.text else before
        said += (mark if mark != before else "") + piece.text
        before = mark
    return said


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("$E = mc^2$", "E = mc²"),
        (r"$$\int_0^1 x dx$$", "∫₀¹ x dx"),
        (r"\(x=-1\)", "x = −1"),
        (r"\frac{a+b}{2c} + \frac12", "(a + b)/(2c) + 1/2"),
        (r"\sqrt{x+1} - \sqrt[3]{y}", "√(x + 1) − ³√y"),
        (r"\sum_{i=1}^{n} a_i", "∑_i=1ⁿ a_i"),
        (r"e^{-x^2/2}", "e^−x^2/2"),
        (r"a_{ij} \leq -b_{12}", "a_ij ≤ −b₁₂"),
        (r"\lim_{x \to 0} \frac{\sin x}{x}", "lim_x → 0 (sin x)/x"),
        (r"\mathcal{L}(\theta), \mathbb{R}^n", "ℒ(θ), ℝⁿ"),
        (r"\hat{y} \not\in \overline{AB}", "y\u0302 ∈\u0338 AB\u0305"),
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "(a b; c d)"),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", "a = b\n= c"),
        (
            r"f = \begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{else} \end{cases}",
            "f = { 1 if x > 0; 0 else",
        ),
        (r"\left. \frac{x}{y} \right|_{0}", "x/y|₀"),
        (r"\text{速度} = \frac{\text{路程}}{\text{时间}}", "速度 = 路程/时间"),
        (r"O(n\log n) \label{eq:1} \tag{7}", "O(n log n) (7)"),
        (r"\frac{1}{2}mv^2 + \frac{a}{b} c", "(1/2)mv² + a/b c"),
        (r"P(A \mid B) = |x|", "P(A | B) = |x|"),
        (r"\binom{n}{k} a'", "C(n, k) a′"),
        (r"\unknown{x} 50\%", r"\unknown{x} 50%"),
    ],
)
def test_what_is_shown_of_a_formula(written: str, meant: str) -> None:
    assert shown(written) == meant


def test_any_formula_is_shown_whole_and_in_order() -> None:
    signs = [
        r"\frac",
        "{",
        "}",
        "^",
        "_",
        "x",
        "+",
        " ",
        r"\\",
        "&",
        r"\begin{cases}",
        r"\end{cases}",
        "$",
        r"\left(",
    ]
    signs += [
        r"\right.",
        r"\text",
        "12",
        "=",
        r"\hat",
        r"\foo",
        "'",
        "\\",
        r"\sqrt[",
        "]",
        r"\begin{array}{cc}",
        "𝑥",
    ]
    dice = random.Random(2)
    made = ["".join(dice.choice(signs) for _ in range(dice.randrange(1, 25))) for _ in range(3_000)]
    for formula in (*made, "{" * 3_000, "^" * 3_000, r"\frac" * 700, "x" * 9_000):
        found = pieces(formula)
        edges = [piece.start for piece in found] + [found[-1].end]
        assert (edges[0], edges[-1], edges) == (0, len(formula), sorted(edges))
        assert all(before.end == after.start for before, after in pairwise(found))


@pytest.fixture
def preview(qtbot: QtBot) -> TextPreview:
    made = TextPreview()
    qtbot.addWidget(made)
    made.resize(640, 700)
    made.show()
    return made


def _math(found: Extracted) -> list[str]:
    return [found.text[one.start : one.end].strip() for one in found.looks if one.kind == "math"]


def test_prices_and_code_are_no_formulas(preview: TextPreview) -> None:
    note = "`$x^2$` from $5 to 10$ or $6, $n$ and $a_i$.\n\n$$\na = b\\\\\nc\n$$\n\n"
    note += "| $x^2$ | b |\n|---|---|\n| c | $\\pi$ |\n"
    found = markdown.read(note.encode(), Path("a.md"))
    preview.show_text(found.text, found.layout, format=MARKDOWN)
    text = preview.toPlainText()
    assert "$x^2$ from $5 to 10$ or $6, n and ai." in text
    assert "a = b" in text
    assert "$$" not in text
    assert "x²" in text
    assert "π" in text


def test_formulas_of_pages_and_office_texts_are_told(preview: TextPreview) -> None:
    page = (
        '<p>So <math alttext="E = mc^2"><mi>E</mi></math> and <math><mi>x</mi></math>,'
        ' <img class="tex" alt="\\pi"/>.</p>'
    )
    found = webpage.read(page.encode(), Path("a.html"))
    assert found.text == "So E = mc^2 and x, \\pi."
    assert _math(found) == ["E = mc^2", "x", "\\pi"]
    preview.show_text(found.text, found.layout, (0, 11), (3, 11), HTML, looks=found.looks)
    assert (preview.passage_text(), preview.best_text()) == ("So E = mc²", "E = mc²")


def test_formulas_of_tex_stand_in_their_lines(preview: TextPreview) -> None:
    file = (
        "\\begin{document}So $E = mc^2$ and \\[ \\int_0^1 x \\] then\n\\begin{align}\\label{e} a &= \\sqrt{b} \\\\\n"
        "c &= 1 \\end{align}\nEnd \\(x\\), $open.\\end{document}\n"
    )
    found = tex.read(file.encode(), Path("a.tex"))
    preview.show_text(found.text, found.layout, format=TEX, looks=found.looks)
    assert [line.strip() for line in preview.toPlainText().split("\n")] == [
        "So E = mc² and ∫₀¹ x then", "a = √b", "c = 1", "End x, $open.",
    ]  # fmt: skip


def test_a_selection_in_a_formula_is_of_its_signs(preview: TextPreview) -> None:
    text = r"So $\alpha^{10} \leq b$ ends."
    found = markdown.read(text.encode(), Path("a.md"))
    preview.show_text(found.text, found.layout, format=MARKDOWN)
    for words, raw in (
        ("α", r"\alpha"),
        ("α¹⁰", r"\alpha^{10"),
        ("≤ b", r"\leq b"),
        ("b ends", "b$ ends"),
        ("So", "So"),
    ):
        cursor = preview.document().find(words)
        preview.setTextCursor(cursor)
        span = preview.selection()
        assert span is not None
        assert text[slice(*span)].strip() == raw
        preview.show_text(found.text, found.layout, span, span, MARKDOWN)
        assert preview.passage_text() == words
