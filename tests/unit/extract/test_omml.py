from __future__ import annotations

import pytest

from desktop_kb.extract.omml import tex
from desktop_kb.extract.xml_tree import parse


def r(text: str) -> str:
    return f"<m:r><m:rPr><m:sty/></m:rPr><m:t>{text}</m:t></m:r>"


def part(name: str, **arguments: str) -> str:
    held = "".join(f"<m:{key}>{value}</m:{key}>" for key, value in arguments.items())
    return f"<m:{name}>{held}</m:{name}>"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (part("f", num=r("a"), den=r("b+c")), r"\frac{a}{b+c}"),
        (part("f", fPr='<m:type m:val="lin"/>', num=r("a"), den=r("b")), "a/b"),
        (r("π") + part("sSup", e=r("r"), sup=r("2")), "πr^{2}"),
        (part("sSubSup", e=r("x"), sub=r("i"), sup=r("n")), "x_{i}^{n}"),
        (part("rad", deg="", e=r("x")), r"\sqrt{x}"),
        (part("rad", deg=r("3"), e=r("x")), r"\sqrt[3]{x}"),
        (part("nary", naryPr='<m:chr m:val="∑"/>', sub=r("i=1"), sup=r("n"), e=r("i")), "∑_{i=1}^{n} i"),
        (part("nary", sub="", sup="", e=r("f")), "∫ f"),
        (part("d", e=r("a")), "(a)"),
        (part("d", dPr='<m:begChr m:val="["/><m:endChr m:val=""/>', e=r("a")), "[a"),
        (part("func", fName=part("limLow", e=r("lim"), lim=r("n→∞")), e=r("a")), "lim_{n→∞} a"),
        ("<m:m><m:mr><m:e>" + r("a") + "</m:e><m:e>" + r("b") + "</m:e></m:mr></m:m>", "a & b"),
        (part("acc", accPr="<m:chr/>", e=r("x")), "x"),
    ],
)
def test_formulas(formula: str, text: str) -> None:
    assert tex(parse(f'<m:oMath xmlns:m="m">{formula}</m:oMath>'.encode())) == text
