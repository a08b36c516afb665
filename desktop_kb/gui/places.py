"""The rows of the side bar: all, kinds, what needs the person, tags, folders, smart groups, saved searches."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from operator import attrgetter
from pathlib import PurePath
from typing import Final

from desktop_kb.formats import GROUPS, shown_as
from desktop_kb.gui import theme
from desktop_kb.gui.targets import EVERYTHING, FAILED, GONE, MARKED, TRASH, Target
from desktop_kb.gui.translation import tr
from desktop_kb.records import Document, Filter, is_of_others

RECENT_DAYS: Final = 7
#: How many tags are listed, the most used first; and how many folders.
_TAGS: Final = 30
_FOLDERS: Final = 500


@dataclass(frozen=True, slots=True)
class SideBarEntry:
    """A row.

    Attributes:
        target: what the window shows when it is chosen; None for a heading, which cannot be chosen.
        dot: index of its colour in the theme's `TAG_DOTS`.
        depth: of a folder, in how many of the folders before it.
        opens: whether folders stand in it.
        query: of what the person has saved, so that it can be forgotten.
        folder: the path of a folder; `followed` if it is one of those.
    """

    label: str
    target: Target | None
    count: int | None = None
    dot: int | None = None
    depth: int = 0
    opens: bool = False
    query: str = ""
    folder: str = ""
    followed: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents are what. Counting 100,000 takes 200 ms, so it is done on the thread that loads them.

    Attributes:
        recent: those that were added `since` that day.
        tags: the most used first.
        folders: how many stand in each folder itself.
        tree: the rows of the folders.
    """

    documents: int
    since: str
    recent: int
    kinds: Mapping[str, int]
    failed: int
    gone: int
    tags: Sequence[tuple[str, int]]
    folders: Mapping[str, int]
    tree: Sequence[SideBarEntry]


def counted(documents: Sequence[Document]) -> Counts:
    """Count these documents."""
    since = (datetime.now(UTC) - timedelta(days=RECENT_DAYS)).date().isoformat()
    kinds = Counter[str]()
    for type_, count in Counter(map(attrgetter("type"), documents)).items():
        kinds[shown_as(type_).group] += count
    tags = Counter(chain.from_iterable(map(attrgetter("tags"), documents)))
    folders = Counter(os.path.dirname(document.path) for document in documents)  # noqa: PTH120 - 100,000 of them
    for folder in [one for one in folders if is_of_others(f"{one}/")]:
        del folders[folder]
    return Counts(
        len(documents),
        since,
        sum(map(since.__le__, map(attrgetter("added"), documents))),
        kinds,
        Counter(map(attrgetter("status"), documents))["failed"],
        sum(document.gone for document in documents),
        sorted(tags.items(), key=lambda pair: (-pair[1], pair[0])),
        folders,
        tuple(_folders(folders)),
    )


def entries_of(
    counts: Counts,
    saved: Sequence[str] = (),
    trash: int = 0,
    *,
    groups: Mapping[str, int] | None = None,
    names: Mapping[str, str] | None = None,
    followed: Sequence[str] = (),
    marked: int = 0,
) -> list[SideBarEntry]:
    """The rows for a library.

    Args:
        saved: queries that the person saved.
        trash: how many documents are in the trash.
        groups: of those of `saved` that are filters and nothing else, how many documents they let through.
        names: those of `saved` that the person has named.
        followed: the paths of the followed folders.
        marked: how many documents have marks.
    """
    rows = [
        SideBarEntry(tr("All"), EVERYTHING, counts.documents),
        SideBarEntry(tr("Recent"), Target("filter", f"added>={counts.since}"), counts.recent),
    ]
    for kind, label in GROUPS.items():
        if count := counts.kinds.get(kind):
            rows.append(SideBarEntry(tr(label), Target("filter", f"type:{kind}"), count))
    for label, target, count in (
        (tr("With marks"), MARKED, marked),
        (tr("Failed"), FAILED, counts.failed),
        (tr("File gone"), GONE, counts.gone),
        (tr("Trash"), TRASH, trash),
    ):
        if count:
            rows.append(SideBarEntry(label, target, count))
    rows += _saved(saved, groups or {}, names or {})
    rows += _tags(counts.tags)
    rows += _followed(followed, counts.folders)
    if len(counts.tree) > 1:
        rows += [SideBarEntry(tr("Folders"), None), *counts.tree[:_FOLDERS]]
    return rows


def _tags(tags: Sequence[tuple[str, int]]) -> Iterator[SideBarEntry]:
    if tags:
        yield SideBarEntry(tr("Tags"), None)
    for tag, count in tags[:_TAGS]:
        yield SideBarEntry(tag, Target("filter", Filter.written("tag", tag)), count, theme.dot_of(tag))
    if len(tags) > _TAGS:
        yield SideBarEntry(tr("{n} more: type tag:", n=f"{len(tags) - _TAGS:,}"), None)


def _saved(
    saved: Sequence[str], groups: Mapping[str, int], names: Mapping[str, str]
) -> Iterator[SideBarEntry]:
    if groups:
        yield SideBarEntry(tr("Smart groups"), None)
    for query in saved:
        if query in groups:
            name = names.get(query) or told(query)
            yield SideBarEntry(name, Target("filter", query), groups[query], query=query)
    if len(groups) < len(saved):
        yield SideBarEntry(tr("Saved searches"), None)
    for query in saved:
        if query not in groups:
            yield SideBarEntry(names.get(query) or query, Target("question", query), query=query)


def told(query: str) -> str:
    """A filter as people read it."""
    return query.replace(">=", " ≥ ").replace("<=", " ≤ ").replace(":", ": ").replace('"', "")


# --- folders


@dataclass(slots=True)
class _Folder:
    own: int = 0
    total: int = 0
    inside: dict[str, _Folder] = field(default_factory=dict)


def _folders(counts: Mapping[str, int]) -> Iterator[SideBarEntry]:
    """The folders as a tree, in its order; those that hold nothing but one folder are joined with it."""
    root = _Folder()
    for path, count in counts.items():
        folder = root
        folder.total += count
        for name in PurePath(path).parts:
            folder = folder.inside.setdefault(name, _Folder())
            folder.total += count
        folder.own += count
    base = ""
    while not root.own and len(root.inside) == 1:
        (name, inside), *_ = root.inside.items()
        if inside.own or not inside.inside:
            break
        base, root = os.path.join(base, name), inside  # noqa: PTH118 - `base` may be empty
    yield from _below(root, base, 0)


def _followed(paths: Sequence[str], counts: Mapping[str, int]) -> Iterator[SideBarEntry]:
    if paths:
        yield SideBarEntry(tr("Followed folders"), None)
    for path in sorted(paths, key=lambda path: PurePath(path).name.casefold()):
        below = os.path.join(path, "")  # noqa: PTH118 - with a separator at its end
        count = sum(number for folder, number in counts.items() if folder == path or folder.startswith(below))
        target = Target("filter", Filter.written("path", below))
        yield SideBarEntry(PurePath(path).name or path, target, count, folder=path, followed=True)


def _below(folder: _Folder, base: str, depth: int) -> Iterator[SideBarEntry]:
    for name, inside in sorted(folder.inside.items(), key=lambda pair: pair[0].casefold()):
        while not inside.own and len(inside.inside) == 1:
            (further, inside), *_ = inside.inside.items()
            name = f"{name}{os.sep}{further}"
        path = os.path.join(base, name)  # noqa: PTH118 - `base` may be empty
        target = Target("filter", Filter.written("path", f"{path}{os.sep}"))
        opens = bool(inside.inside)
        yield SideBarEntry(name, target, inside.total, depth=depth, opens=opens, folder=path)
        yield from _below(inside, path, depth + 1)
