"""Forms in XFA: a PDF that holds them shows 'Please wait' in its only page, and the form in XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from desktop_kb.extract.xml_tree import below, local

_MOST_LINES = 20_000


def said_by_form(parts: Sequence[bytes]) -> list[str]:
    """The texts of the form, one a line, each field's caption with its value; then values without a field.

    Args:
        parts: the XML of the form's template and its data, each by itself or all in one.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    trees = [tree for part in parts if (tree := etree.fromstring(part, parser)) is not None]
    values: dict[str, list[str]] = {}
    for tree in trees:
        for data in below(tree, "data"):
            for name, value in _values(data):
                values.setdefault(name, []).append(value)
    lines = []
    for tree in trees:
        for template in [tree] if local(tree) == "template" else list(below(tree, "template")):
            lines += list(_texts(template, values))
    lines += [f"{name}: {value}" for name, rest in values.items() for value in rest]
    return lines[:_MOST_LINES]


def _texts(template: etree._Element, values: dict[str, list[str]]) -> Iterator[str]:
    for element in template.iter():
        if local(element) == "draw":
            if said := _said(element):
                yield said
        elif local(element) in ("field", "exclGroup"):
            name = element.get("name", "")
            captions = [said for child in element if local(child) == "caption" and (said := _said(child))]
            own = [said for child in element if local(child) == "value" and (said := _said(child))]
            given = values.get(name)
            value = given.pop(0) if given else (own or [""])[0]
            caption = (captions or [""])[0].rstrip(" :：")
            if given == []:
                del values[name]
            if caption or value:
                yield f"{caption or name}: {value}" if value else caption


def _values(data: etree._Element) -> Iterator[tuple[str, str]]:
    for element in data.iter():
        if len(element) == 0 and isinstance(element.tag, str) and (said := _said(element)):
            yield local(element), said


def _said(element: etree._Element) -> str:
    """The text in an element; that of scripts is none."""
    parts = [
        part
        for within in element.iter()
        if local(within) not in ("script", "event", "items", "bind") and isinstance(within.tag, str)
        for part in (within.text, within.tail if within is not element else None)
        if part
    ]
    return " ".join(" ".join(parts).split())
