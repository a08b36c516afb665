"""XML of a file that may be hostile -> its elements, by their local names.

Nothing is fetched and no entity is replaced. libxml2's own limits stay: 256 levels (so a reader may call
itself for each level), 10 MB in one text, and no entities that grow.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from desktop_kb.errors import Problem

_SAFELY: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def parse(data: bytes) -> Any:
    """The root of a document; of a damaged one, what can be read of it.

    Raises:
        Problem: damaged.
    """
    try:
        return parse_strictly(data)
    except Problem:
        # Programs write control characters and bare '&', which their own readers pass over.
        try:
            root = etree.fromstring(data, etree.XMLParser(recover=True, **_SAFELY))
        except etree.XMLSyntaxError as error:
            raise Problem("damaged") from error
        if root is None:
            raise Problem("damaged") from None
        return root


def parse_strictly(data: bytes) -> Any:
    """The root of a document.

    Raises:
        Problem: damaged: it is not wholly XML.
    """
    try:
        return etree.fromstring(data, etree.XMLParser(**_SAFELY))
    except etree.XMLSyntaxError as error:
        raise Problem("damaged") from error


def stream(data: bytes, *names: str, long_texts: bool = False) -> Iterator[Any]:
    """Each element with one of these local names, when it is complete; the caller `clear`s it. For parts that
    are too large for a tree; of a damaged one, what precedes the damage.

    Args:
        long_texts: one text may be longer than 10 MB, as a file in base64 is.
    """
    tags = [f"{{*}}{name}" for name in names]
    options = {**_SAFELY, "huge_tree": long_texts}
    try:
        for _, element in etree.iterparse(
            io.BytesIO(data), events=("end",), tag=tags, recover=True, **options
        ):
            yield element
    except etree.XMLSyntaxError:
        return


def clear(element: Any) -> None:
    """Forget an element that has been read, and its siblings before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def local(element: Any) -> str:
    """An element's name without its namespace; '' for an entity."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str) -> str:
    """The value of the attribute with this local name; '' if there is none, or no element."""
    if element is None:
        return ""
    if (value := element.get(name)) is not None:
        return str(value)
    ending = f"}}{name}"
    return next((value for key, value in element.attrib.items() if key.endswith(ending)), "")


def number(element: Any, name: str, otherwise: int = 0) -> int:
    """The same as a number."""
    try:
        return int(attribute(element, name))
    except ValueError:
        return otherwise


def child(element: Any, *path: str) -> Any:
    """The first child with this local name, then its first with the next name; None if one of them is missing, or
    there is no element."""
    for name in path:
        if element is None:
            return None
        element = next((one for one in element if local(one) == name), None)
    return element


def below(element: Any, *names: str) -> Iterator[Any]:
    """All elements below with these local names, in their order."""
    return (one for one in element.iter() if local(one) in names)
