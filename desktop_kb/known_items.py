"""What a library's documents are named by: titles, file names, and dates and numbers that stand in a few.

Who types just that knows which document they want ('known-item search'), so it must come first. Which documents
a name stands for is looked up in the library, not guessed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desktop_kb import language
from desktop_kb.records import Document, ItemKind, Library, Moment, Scope, Standing

#: Items of each kind: enough to tell 90 % from 99 %.
_EACH: Final = 40
#: What stands in more documents names none of them.
_MOST_DOCUMENTS: Final = 3
#: Characters of a number; shorter ones stand everywhere.
_SHORTEST: Final = 4
#: How much of a document is looked through for dates and numbers, and how many of each are looked up.
_LOOKED_THROUGH, _NUMBERS = 50_000, 3
_DATE: Final = re.compile(r"(?:1[89]|20)\d\d[-/.]\d{1,2}(?:[-/.]\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Item:
    """A text that names these documents (public ids)."""

    text: str
    kind: ItemKind
    documents: frozenset[str]


def find_items(library: Library, documents: Sequence[Document], seed: int = 0) -> list[Item]:
    """Some items of each kind; the same documents and seed give the same."""
    order = list(documents)
    random.Random(seed).shuffle(order)
    found: dict[ItemKind, dict[str, Item]] = {"title": {}, "name": {}, "date": {}, "number": {}}
    with library.index.moment() as moment:
        for document in order:
            if all(len(items) >= _EACH for items in found.values()):
                break
            for kind, text, standing in _names(library, moment, document):
                named = {*(key.document for key in standing.passages), *standing.documents}
                if document.document in named and len(found[kind]) < _EACH:
                    found[kind].setdefault(language.fold(text), Item(text, kind, frozenset(named)))
    return [item for items in found.values() for item in items.values()]


def _names(library: Library, moment: Moment, document: Document) -> Iterator[tuple[ItemKind, str, Standing]]:
    """What might name this document, and what it stands for."""
    title, name = document.title.strip(), Path(document.location.name).stem
    if title:
        yield "title", title, moment.titled(title, Scope(), _MOST_DOCUMENTS)
    if name and language.fold(name) != language.fold(title):
        yield "name", name, moment.named(name, Scope(), _MOST_DOCUMENTS)
    text, _ = library.documents.text(document.document)
    codes = [code for code in language.codes(text[:_LOOKED_THROUGH]) if len(code) >= _SHORTEST]
    dates = [code for code in codes if _DATE.fullmatch(code)]
    # The longest ones, since short numbers stand in many documents.
    numbers = sorted((code for code in codes if code not in dates), key=len, reverse=True)
    kinds: tuple[tuple[ItemKind, list[str]], ...] = (("date", dates), ("number", numbers))
    for kind, some in kinds:
        for code in some[:_NUMBERS]:
            yield kind, code, moment.containing(code, Scope(), _MOST_DOCUMENTS)
