"""The same text once: copies of a passage, versions of a file and repeated boilerplate fold into one hit.

Texts are compared by their sentences, so that a copy is found wherever its passages begin, and a version in
which a few sentences were changed too. Sentences with other numbers or names are others: two invoices of
one form do not fold. Other numbers alone make no other text where the files' names say that they are
versions of one another.
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from desktop_kb.records import Location, StoredPassage, Times
from desktop_kb.search.context import Candidate, SearchContext

#: A passage folds where better ones hold this share of its characters.
_SAME: Final = 0.8
#: What a sentence ends with, and where a paragraph, or an item of a list or table ends; other line breaks only wrap.
_ENDS: Final = ".!?。！？"
_BREAK: Final = re.compile(r"\n(?=\s*(?:\n|[-*+•|#>]|\d+[.)]))")
#: What people and programs put behind the name of a file that is another version or a copy of one.
_VERSION: Final = re.compile(
    r"(?:\s*[(（]\d+[)）]"
    r"|[\s_.-]+(?:v|ver|version|rev|revision|draft|entwurf|copy|kopie|copie)[\s_.-]*\d+(?:\.\d+)*"
    r"|[\s_.-]+(?:draft|final|old|new|copy|kopie|copie|entwurf)"
    r"|[\s_.-]*(?:副本|备份|備份|初稿|终稿|終稿|定稿|修[改订訂]稿|新版|旧版|舊版|最终版|第[\d一二三四五六七八九十]+[版稿])\s*\d*)+$",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d+")


def fold(context: SearchContext) -> None:
    """Leave the first candidate of each text, with its copies; `context.candidates` are in their order."""
    # A list of documents, where only filters were given, has them all.
    if context.options.copies or not context.query.text.strip():
        return
    groups = grouped(context.candidates, versions(context.places))
    copied = {one.passage.document for group in groups if len(group) > 1 for one in group}
    times = context.moment.times(copied) if copied else {}
    context.candidates = [newest(group, times) for group in groups]


def versions(places: Mapping[str, Sequence[Location]]) -> dict[str, str]:
    """Which documents are versions of one another by the names of their files: the same value for those."""
    families: dict[str, set[str]] = {}
    for document, stands in places.items():
        for place in stands:
            families.setdefault(_family(place.path, place.part), set()).add(document)
    several = {family: documents for family, documents in families.items() if len(documents) > 1}
    return {document: family for family, documents in several.items() for document in documents}


@lru_cache(maxsize=4_096)
def _family(path: str, part: str) -> str:
    """What files that are versions of one another have in common. Remembered as the sentences are: it is 2 ms of
    each search."""
    folder, name = os.path.split(part or path)
    stem = name.rpartition(".")[0] or name
    return "\0".join((path if part else "", folder, (_VERSION.sub("", stem) or stem).casefold()))


def grouped(
    candidates: Sequence[Candidate], families: Mapping[str, str] | None = None
) -> list[list[Candidate]]:
    """The candidates whose text no better one holds, in their order, each with those that fold into it: whose
    text is there already, most of it in this one.

    Args:
        families: of documents that are versions of one another (`versions`).
    """
    groups: list[list[Candidate]] = []
    # A sentence, of a family also its form -> the first group that has it.
    holding: dict[Hashable, int] = {}
    for candidate in candidates:
        text = candidate.passage.text
        sentences = _sentences(text)
        family = (families or {}).get(candidate.passage.document, "")
        forms = [(family, form) for form in _forms(text)] if family else []
        if not (holding.keys().isdisjoint(sentences) and holding.keys().isdisjoint(forms)):
            shares: dict[int, int] = {}
            for (sentence, size), form in zip(sentences.items(), forms or sentences, strict=True):
                group = holding.get(sentence, holding.get(form))
                if group is not None:
                    shares[group] = shares.get(group, 0) + size
            if sum(shares.values()) >= _SAME * sum(sentences.values()):
                groups[max(shares, key=lambda group: shares[group])].append(candidate)
                continue
        for one in (*sentences, *forms):
            holding.setdefault(one, len(groups))
        groups.append([candidate])
    return groups


def newest(group: Sequence[Candidate], times: Mapping[str, Times]) -> Candidate:
    """The first of a group, or its newest identical copy in its place; the others are its copies.

    Args:
        times: by document; its own date counts before when it was added.
    """

    def age(passage: StoredPassage) -> tuple[str, str]:
        return times[passage.document][:2] if passage.document in times else ("", "")

    first = group[0]
    if len(group) == 1:
        return first
    passages = [candidate.passage for candidate in group]
    # What a title or a file's name brought is that document.
    if first.exact not in ("title", "name"):
        twins = [passage for passage in passages if same_text(passage.text, first.passage.text)]
        first.passage = max(twins, key=age)
    others = [passage for passage in passages if passage is not first.passage]
    first.copies = sorted(others, key=age, reverse=True)
    return first


def same_text(one: str, other: str) -> bool:
    """Whether two texts differ in white space and case only."""
    return _plain(one) == _plain(other)


@lru_cache(maxsize=4_096)
def _sentences(text: str) -> Mapping[int, int]:
    """The distinct sentences of a text, plain: of each its hash and its length. Remembered, as a passage is a
    candidate again with every letter typed."""
    return {hash(plain): len(plain) for plain in _plain_sentences(text)}


@lru_cache(maxsize=4_096)
def _forms(text: str) -> Sequence[int]:
    """These sentences whatever their numbers are: their hashes."""
    return list({hash(one): hash(_NUMBER.sub("0", one)) for one in _plain_sentences(text)}.values())


def _plain_sentences(text: str) -> Iterator[str]:
    """The sentences of a text, plain. A question has those of 300 passages: cut so they take 3 ms, by one pattern and
    one by one 6."""
    text = _BREAK.sub("\0", text)
    for end in _ENDS[:3] if text.isascii() else _ENDS:
        text = text.replace(end, f"{end}\0")
    return filter(None, _plain(text).split("\0"))


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
