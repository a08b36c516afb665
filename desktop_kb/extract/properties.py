"""What a note or a page says of itself -> metadata and tags.

A head is YAML ('---'), TOML ('+++'), JSON, or bare `key: value` lines (Hexo, Pelican). People write heads
by hand, and note apps read what no YAML parser accepts ('title: A note: with a colon', tags with '#',
tabs, [[links]]): where the whole does not parse, each key is read by itself. Values stay as they are
written ('007', '1.10', '12:30'); comparisons read them.
"""

from __future__ import annotations

import datetime
import json
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import yaml

from desktop_kb.language.dates import DATE_KEYS, dated
from desktop_kb.records import Value

LONGEST: Final = 1_000  # characters of a title or a metadata value
#: Leaves every value a string. libyaml's is several times as fast; not every PyYAML has it.
_LOADER: Final[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_LONGEST_TAG = 200
MOST = 4_000  # values and tags of one head
_EOL = r"[ \t]*(?:\r\n|\n|\r|\Z)"
_FENCED: Final = re.compile(
    rf"\s*(?:---(?:ya?ml)?{_EOL}(?P<yaml>(?:.*?(?:\r\n|\n|\r))??)(?:---|\.\.\.){_EOL}"
    rf"|\+\+\+{_EOL}(?P<toml>(?:.*?(?:\r\n|\n|\r))??)\+\+\+{_EOL})",
    re.DOTALL,
)
_BARE: Final = re.compile(
    rf"(?=(?:title|layout|标题)\s*[:：](?!:))(?P<yaml>(?:[^\r\n]+(?:\r\n|\n|\r))+?)(?P<rule>---+{_EOL})?(?(rule)|{_EOL})",
    re.IGNORECASE,
)
_BARE_KEYS: Final = frozenset(
    {"date", "tags", "tag", "author", "slug", "category", "categories", "日期", "标签"}
)
_BREAK: Final = re.compile(r"\r\n|\n|\r")
_ENTRY: Final = {
    ":": re.compile(
        r"[\"']?([^\s:：#\"'\[{-][^:：]{0,80}?)[\"']?[ \t]*(?:：|:(?!//|:)(?=\s|$|[^\s\d/]))[ \t]*(.*)"
    ),
    "=": re.compile(r"[\"']?([^\s=#\"'\[{][^=]{0,80}?)[\"']?[ \t]*=[ \t]*(.*)"),
}
#: YAML would take these for a comment, a tag, a reserved sign or a list.
_UNQUOTED: Final = re.compile(
    r"^(\s*(?:- +)?(?:[^\s:#][^:\n]*: +)?)(#[^\s#].*|!(?!!).*|[@%`].*|\{\{.*|\[\[[^\[\]]+\]\].*)$"
)
_WIKI_LINK: Final = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]+)\]\]")
#: A bare date in TOML; quoted, it stays as it is written.
_TOML_DATE: Final = re.compile(
    r"(=[ \t]*)(\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)(?=[ \t]*(?:#|$))", re.M
)
_INTEGER: Final = re.compile(r"0|-?[1-9]\d{0,17}")
#: A tag in running text: #composting, #garden/soil, #读书笔记, #[[two words]].
TAG: Final = re.compile(
    r"#(?:\[\[(?P<pages>[^\[\]\n]+)\]\]|(?P<name>[\w/\-\u2600-\u27bf\U0001f300-\U0001faff]+))"
)
_OPENS: Final = re.compile(r"[\s(\[{\"'“‘\u3001-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]")
_LETTER: Final = re.compile(r"[^\W\d_]|[\u2600-\u27bf\U0001f300-\U0001faff]")
_COLOUR: Final = re.compile(r"(?=.*\d)[0-9a-fA-F]{3,8}$")
_TAG_KEYS: Final = frozenset({"tags", "tag", "标签"})


@dataclass(frozen=True, slots=True)
class Head:
    """What a head says, its own text `text[start:stop]` and where the note begins."""

    values: Mapping[Any, Any]
    start: int = 0
    stop: int = 0
    end: int = 0


def head_of(text: str) -> Head:
    """The head at the start of a note; one without values and length if there is none."""
    if found := _FENCED.match(text):
        if found["toml"] is not None:
            values = _toml(found["toml"])
            return Head(values or {}, *found.span("toml"), found.end()) if values is not None else Head({})
        values = _yaml(found["yaml"])
        return Head(values, *found.span("yaml"), found.end()) if values is not None else Head({})
    if text[:1] == "{":
        return _json(text)
    if found := _BARE.match(text):
        values = _yaml(found["yaml"])
        if values and (found["rule"] or _BARE_KEYS & {str(key).lower() for key in values}):
            return Head(values, *found.span("yaml"), found.end())
    return Head({})


def described(values: Mapping[Any, Any]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Metadata with lower-case keys, and tags. Nested keys are joined by a dot, lists by commas."""
    metadata: dict[str, Value] = {}
    tags: list[str] = []
    for key, value in islice(_leaves(values, ""), MOST):
        if key.rpartition(".")[2] in _TAG_KEYS:
            tags += tags_in(value)
        elif written := _written(value):
            metadata[key] = int(written) if _INTEGER.fullmatch(written) else written
    if "year" not in metadata and (year := _year(metadata)):
        metadata["year"] = year
    return metadata, tuple(dict.fromkeys(tags))[:MOST]


def tags_in(value: Any) -> list[str]:
    """The tags in a list, or in text where commas or blanks stand between them."""
    if isinstance(value, list):
        return [tag for item in islice(_flat(value), MOST) if (tag := _tag(item))]
    text = _plain(str(value if value is not None else ""))
    if re.search("[,，、;；]", text):
        parts = re.split(r"[,，、;；]", text)
        pieces = [p for part in parts for p in (part.split() if "#" in part else [part])]
    else:
        pieces = text.split()
    return [tag for piece in pieces if (tag := _tag(piece))]


def is_tag(found: re.Match[str]) -> bool:
    """Whether a match of `TAG` is one, as note apps decide it: at the start of a word, no number; and no
    colour as in style sheets."""
    before = found.string[found.start() - 1 : found.start()] if found.start() else ""
    if before and not _OPENS.match(before):
        return False
    name = found["name"]
    if len(found[0]) > _LONGEST_TAG:
        return False
    return name is None or (_LETTER.search(name) is not None and _COLOUR.match(name) is None)


def hash_tags(text: str) -> list[str]:
    """The tags in running text."""
    found = (mark for mark in TAG.finditer(text) if is_tag(mark))
    return [(mark["pages"] or mark["name"]).strip("/- ") for mark in islice(found, MOST)]


def _tag(text: str) -> str:
    return _plain(text).strip("#\"' \t")[:LONGEST]


def _year(metadata: Mapping[str, Value]) -> int:
    for key in DATE_KEYS:
        if date := dated(str(metadata.get(key, ""))):
            return int(date[:4])
    return 0


def _plain(text: str) -> str:
    """A value without the marks of its links."""
    return _WIKI_LINK.sub(r"\1", text).strip()


def _leaves(mapping: Mapping[Any, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        name = f"{prefix}{key}".strip().lower()[:200]
        if isinstance(value, dict):
            if depth < 4:  # a YAML alias may refer to its own parent
                yield from _leaves(value, f"{name}.", depth + 1)
        elif name:
            yield name, value


def _flat(value: list[Any], depth: int = 0) -> Iterator[str]:
    for item in value:
        if isinstance(item, list):
            if depth < 3:
                yield from _flat(item, depth + 1)
        elif not isinstance(item, dict):
            yield _written(item)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(item for item in islice(_flat(value), LONGEST) if item)[:LONGEST]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    text = "" if value is None else _plain(str(value))
    return "" if text in ("~", "null") else text[:LONGEST]


# --- the kinds of heads ----------------------------------------------------------------------


def _yaml(text: str) -> dict[Any, Any] | None:
    """A YAML mapping, or what of it can be read key by key; None if these are no keys and values."""
    lines = [line.replace("\t", "  ") for line in _BREAK.split(text)]
    lines = [_UNQUOTED.sub(_quoted, line) for line in textwrap.dedent("\n".join(lines)).split("\n")]
    try:
        values = yaml.load("\n".join(lines), _LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        values = ""
    if isinstance(values, dict):
        return values
    return {} if not any(line.strip() for line in lines) else _by_key(lines, ":", _yaml_value)


def _quoted(found: re.Match[str]) -> str:
    return found[1] + "'" + found[2].rstrip().replace("'", "''") + "'"


def _yaml_value(text: str) -> Any:
    value = yaml.load(text, _LOADER)
    if isinstance(value, dict) and not text.lstrip().startswith("{"):
        raise ValueError("a colon inside a value")
    return value


def _toml(text: str) -> dict[Any, Any] | None:
    text = _TOML_DATE.sub(r"\1'\2'", "\n".join(_BREAK.split(text)))
    try:
        return tomllib.loads(text, parse_float=str)
    except ValueError:
        return _by_key(text.split("\n"), "=", _toml_value)


def _toml_value(text: str) -> Any:
    return tomllib.loads(f"x = {text}", parse_float=str)["x"]


def _json(text: str) -> Head:
    try:
        values, end = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode(text)
    except (ValueError, RecursionError):
        return Head({})
    rest = text[end : end + 1]
    return Head(values, 0, end, end) if isinstance(values, dict) and rest in ("\n", "\r") else Head({})


def _by_key(lines: list[str], sign: str, parse: Callable[[str], Any]) -> dict[Any, Any] | None:
    """Each key with its value parsed alone, or as it stands where that fails too."""
    entries: list[tuple[str, list[str]]] = []
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        if found := _ENTRY[sign].match(line):
            entries.append((found[1].strip(), [found[2]]))
        elif entries and line[0] in " -]}":
            entries[-1][1].append(line)
        elif not line.startswith("["):  # a table of TOML: its keys are read as if they were the head's
            return None
    values: dict[Any, Any] = {}
    for key, rows in entries:
        try:
            values[key] = parse("\n".join(rows))
        except (yaml.YAMLError, ValueError, RecursionError):
            values[key] = _raw(rows)
    return values or None


def _raw(rows: list[str]) -> Any:
    rows = [row.strip() for row in rows if row.strip()]
    first = rows[0] if rows else ""
    if first.startswith("- ") or (len(rows) > 1 and rows[1].startswith("- ")):
        return [_unquoted(row.removeprefix("-")) for row in rows]
    whole = " ".join(rows)
    if whole.startswith("[") and whole.endswith("]") and not whole.startswith("[["):
        return [_unquoted(item) for item in whole[1:-1].split(",")]
    return _unquoted(whole)


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
