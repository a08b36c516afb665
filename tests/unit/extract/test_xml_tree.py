from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.errors import Problem
from desktop_kb.extract.xml_tree import attribute, below, child, clear, local, number, parse, stream


def test_names_without_namespaces() -> None:
    root = parse(b'<w:a xmlns:w="x"><!-- no --><w:b w:n="7" m="y"/><?no?><w:b n="x"/></w:a>')
    assert (local(root), [local(one) for one in root]) == ("a", ["b", "b"])
    assert (attribute(root[0], "n"), attribute(root[0], "m"), attribute(root[0], "o")) == ("7", "y", "")
    assert (number(root[0], "n"), number(root[1], "n", 3)) == (7, 3)
    assert child(root, "b") is root[0]
    assert child(root, "c") is None
    nested = parse(b'<a><b/><b><c n="far"/></b><d><c n="near"/></d></a>')
    assert child(nested, "d", "c") is nested[2][0]
    assert child(nested, "b", "c") is None
    assert attribute(child(nested, "x", "c"), "n") == ""
    assert number(child(nested, "x"), "n", 4) == 4
    assert child(child(nested, "x"), "c") is None
    assert len(list(below(root, "b"))) == 2


def test_entities_are_not_replaced_and_nothing_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", "utf-8")
    root = parse(
        f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY f "inner">]><a>1&e;2&f;3</a>'.encode()
    )
    assert "".join(root.itertext(tag="a")).startswith("1")
    assert "secret" not in "".join(root.itertext())
    assert [local(one) for one in root] == ["", ""]


def test_entities_that_grow_are_refused() -> None:
    grown = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE a [<!ENTITY a "ha ha ha ha ha">{grown}]><a b="&j;"/>'.encode()
    with pytest.raises(Problem, match="damaged"):
        parse(bomb)


def test_what_is_damaged_is_read_as_far_as_it_goes() -> None:
    assert "".join(parse(b"<a><b>fish & chips\x01</b><b>more").itertext()).startswith("fish")
    for nothing in (b"", b"no xml", b"\x00" * 9):
        with pytest.raises(Problem, match="damaged"):
            parse(nothing)


def test_deeper_than_any_document() -> None:
    depth, element = 0, parse(b"<a>" * 100_000 + b"</a>" * 100_000)
    while len(element):
        depth, element = depth + 1, element[0]
    assert depth <= 256


def test_one_element_after_the_other() -> None:
    data = b"<s>" + b"".join(b"<row><c>%d</c></row>" % n for n in range(1_000)) + b"<row><c>torn"
    found = []
    for row in stream(data, "row"):
        found.append(row[0].text)
        clear(row)
    assert found[:1000] == [str(n) for n in range(1_000)]
