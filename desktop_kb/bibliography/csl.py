"""Reads CSL JSON, as Zotero and pandoc write it (https://docs.citationstyles.org)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from desktop_kb.bibliography.reference import Reference, keywords, made

_KEYS: Final[Mapping[str, str]] = {
    "citekey": "id",
    "journal": "container-title",
    "publisher": "publisher",
    "volume": "volume",
    "number": "issue",
    "pages": "page",
    "doi": "DOI",
    "isbn": "ISBN",
    "url": "URL",
}
#: An item has its type and one of these; other programs' JSON has not.
_MARKS: Final = ("issued", "container-title", "author", "DOI", "editor")


def begins(text: str) -> bool:
    """Whether a text, cut anywhere, begins as a list of items."""
    head = text[:20_000]
    return bool(
        re.match(r"\s*(\[|\{\s*\"items\"\s*:\s*\[)\s*\{", head)
        and re.search(r"\"type\"\s*:\s*\"[a-z_-]+\"", head)
        and re.search(r"\"title\"\s*:", head)
        and any(f'"{mark}"' in head for mark in ("issued", "container-title", "DOI"))
    )


def read(text: str) -> list[Reference]:
    """The references of a .json file."""
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(items, dict):
        items = items.get("items")
    if not isinstance(items, list):
        return []
    return [_reference(item) for item in items if _is_item(item)]


def _is_item(item: object) -> bool:
    return (
        isinstance(item, dict) and isinstance(item.get("type"), str) and any(mark in item for mark in _MARKS)
    )


def _reference(item: Mapping[str, Any]) -> Reference:
    values = {name: _said(item.get(key)) for name, key in _KEYS.items()}
    values["author"] = "; ".join(filter(None, map(_name, _listed(item.get("author") or item.get("editor")))))
    values["date"] = _date(item.get("issued"))
    words = item.get("keyword")
    tags = words if isinstance(words, list) else [words]
    files = item.get("file") or item.get("attachments") or ()
    named = [
        one if isinstance(one, str) else _said(one.get("path") or one.get("localPath"))
        for one in ([files] if isinstance(files, str) else _listed(files))
        if isinstance(one, str | dict)
    ]
    return made(
        re.sub(r"</?[a-z][^>]*>", "", _said(item.get("title"))),
        values,
        keywords(map(_said, tags)),
        [(path,) for path in named if path],
    )


def _said(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(one: object) -> str:
    if not isinstance(one, dict):
        return ""
    family = " ".join(filter(None, (_said(one.get("non-dropping-particle")), _said(one.get("family")))))
    given = " ".join(filter(None, (_said(one.get("given")), _said(one.get("dropping-particle")))))
    chinese = any(ord(sign) >= 0x2E80 for sign in family + given)
    if chinese:
        return family + given
    return ", ".join(filter(None, (family, given))) or _said(one.get("literal"))


def _date(issued: object) -> str:
    if not isinstance(issued, dict):
        return ""
    parts = issued.get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    numbers = [str(part) for part in first if str(part).isdecimal()]
    return "-".join(part.zfill(2) for part in numbers) or _said(issued.get("raw") or issued.get("literal"))
