from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.extract import webpage


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<mi>x</mi><mo>=</mo><mn>2</mn>", "x = 2"),
        ("<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "E = mc^2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", r"\frac{a + b}{2}"),
        ("<msqrt><mi>x</mi><mo>-</mo><mn>1</mn></msqrt>", r"\sqrt{x - 1}"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", r"\sqrt[3]{x}"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>",
            "∑_{i = 1}^n",
        ),
        ("<msubsup><mi>a</mi><mi>i</mi><mn>10</mn></msubsup>", "a_i^{10}"),
        ("<msup><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow><mn>2</mn></msup>", "{(x)}^2"),
        ("<mover><mi>v</mi><mo>→</mo></mover><mover><mi>y</mi><mo>^</mo></mover>", r"\vec{v}\hat{y}"),
        ("<mi>sin</mi><mo>&#8289;</mo><mi>x</mi><mtext>if</mtext><mi>y</mi>", "sin x if y"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        (
            "<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd>c</mtd></mtr></mtable>",
            r"a & b \\ c",
        ),
        ("<semantics><mi>x</mi><annotation encoding='MathML-Content'>no</annotation></semantics>", "x"),
        ("<mfrac><mi>a</mi></mfrac>", r"\frac{a}{}"),
        ("<mover><mi>y</mi>" * 40 + "<mi>x</mi>" + "</mover>" * 40, "y^{" * 39 + "y^x" + "}" * 39),
        ("<mrow>" * 300 + "<mi>x</mi>" + "</mrow>" * 300, "x"),
    ],
)
def test_mathml_is_read_as_tex(written: str, meant: str) -> None:
    found = webpage.read(f"<p>so <math>{written}</math>.</p>".encode(), Path("a.html"))
    assert found.text == f"so {meant}."
