"""The stages of a search, in order.

A stage is a function in a module of its own that takes the `SearchContext` of a search and leaves there
what it found. To add one, write it and give it a row here. Its time is counted under its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

from desktop_kb.inference import Models
from desktop_kb.records import WITHOUT, Library, SearchOptions
from desktop_kb.search.context import SearchContext
from desktop_kb.search.diffusion import diffuse
from desktop_kb.search.encode import QueryEncoder
from desktop_kb.search.exact import find_named, mark_named
from desktop_kb.search.feedback import leave_out, origin_first, steer
from desktop_kb.search.fold import fold
from desktop_kb.search.fuse import fuse
from desktop_kb.search.hits import make_hits
from desktop_kb.search.order import order, sort
from desktop_kb.search.rerank import Reranking
from desktop_kb.search.retrieve import retrieve
from desktop_kb.settings import Settings


class Stage(NamedTuple):
    """Two stages may share a name, and their times are then added up."""

    name: str
    run: Callable[[SearchContext], None]


def before_moment(library: Library, models: Models) -> tuple[Stage, ...]:
    """What is done before the library is looked at: encoding takes longest, and no read transaction is to
    last that long."""
    return (Stage("encode", QueryEncoder(library, models).run),)


def at_moment(models: Models, settings: Settings) -> tuple[Stage, ...]:
    """What is done on one state of the library."""
    return (
        Stage("exact", find_named),
        Stage("retrieve", steer),
        Stage("retrieve", retrieve),
        Stage("fuse", fuse),
        *([Stage("fuse", diffuse)] if settings.diffusion else []),
        Stage("exact", mark_named),
        Stage("rerank", Reranking(models, settings).run),
        Stage("order", order),
        Stage("fold", origin_first),
        Stage("fold", fold),
        Stage("fold", leave_out),
        Stage("order", sort),
        Stage("hits", make_hits),
    )


#: What `seconds` has besides the names of the stages: taking the question apart, and what the index does
#: for `retrieve`: the legs in parallel, then their passages.
TIMED: Final = ("parse", "words", "vectors", "passages")

_HITS: Final = 30
_FUSED: Final = SearchOptions(limit=_HITS, rerank="off")


class Way(NamedTuple):
    """A way to search: `against` is the one that it is compared with, `without` what is switched off, `diffusion`
    whether what is like good answers counts."""

    options: SearchOptions
    against: str
    without: tuple[str, ...] = ()
    diffusion: bool = False


#: The way that decides whether a library's setting of that name is on.
DIFFUSED: Final = "diffused"


#: Ways to search that `evaluate` compares, by name.
WAYS: Final[dict[str, Way]] = {
    "words": Way(SearchOptions(limit=_HITS, mode="words", rerank="off"), ""),
    "vectors": Way(SearchOptions(limit=_HITS, mode="vectors", rerank="off"), ""),
    "fused": Way(_FUSED, "words"),
    "reranked": Way(SearchOptions(limit=_HITS), "fused"),
    DIFFUSED: Way(_FUSED, "fused", diffusion=True),
}


def ablations(models: Models) -> dict[str, Way]:
    """`fused` with one part switched off in turn; of several readers also each."""
    readers = [reader.id for reader in models.readers] if len(models.readers) > 1 else []
    ways = {part: Way(_FUSED, "fused", (part,)) for part in ("exact", "calibration", *readers)}
    ways["folding"] = Way(replace(_FUSED, copies=True), "fused")
    return {f"{WITHOUT}{part}": way for part, way in ways.items()}
