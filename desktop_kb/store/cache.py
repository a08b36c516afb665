"""Cache shared by searches of one library."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from desktop_kb.records import Layout

Kind = TypeVar("Kind")

#: Limit of the cached texts in characters: two books of 5,000 pages. Each takes three bytes with its layout.
_MOST_CHARACTERS = 20_000_000


class Cache:
    """Values read from the active generation's tables; each is valid until the tables change. Thread-safe.

    It holds the codes of all vectors (40 MB at 200,000, 200 MB at a million), term frequencies (FTS5 walks
    over all positions of a term to count it, 26 ms for eight common words in a million), and texts.
    """

    def __init__(self) -> None:
        self._values: dict[str, tuple[Hashable, Any]] = {}
        self._texts: dict[int, tuple[Hashable, tuple[str, Layout]]] = {}
        self._guard = threading.Lock()

    def get_or_make(self, name: str, state: Hashable, make: Callable[[], Kind]) -> Kind:
        """The cached value if it was made in this state; else make it and replace the old one."""
        found = self._values.get(name)
        if found is None or found[0] != state:
            del found
            self._values.pop(name, None)  # free the old one first: the new one is as large
            found = self._values[name] = (state, make())
        value: Kind = found[1]
        return value

    def text(self, id: int, state: Hashable, read: Callable[[], tuple[str, Layout]]) -> tuple[str, Layout]:
        """A document's text and layout, from the most recently used ones: reading a book of 5,000 pages takes
        .15 s, and every letter typed asks for it. The last one is kept however long it is."""
        with self._guard:
            found = self._texts.pop(id, None)
        if found is None or found[0] != state:
            found = (state, read())
        with self._guard:
            self._texts[id] = found
            sizes = [len(text) for _, (text, _) in self._texts.values()]
            while len(self._texts) > 1 and sum(sizes) > _MOST_CHARACTERS:
                del self._texts[next(iter(self._texts))], sizes[0]
        return found[1]
