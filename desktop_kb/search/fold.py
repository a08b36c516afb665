"""The same text once: copies of a passage, versions of a file and repeated boilerplate fold into one hit.

Texts are compared by their sentences, so that a copy is found wherever its passages begin, and a version in
which a few sentences were changed too. Sentences with other numbers or names are others: two invoices of
one form do not fold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from desktop_kb.records import StoredPassage, Times
from desktop_kb.search.context import Candidate, SearchContext

#: A passage folds where better ones hold this share of its characters.
_SAME: Final = 0.8
#: Where a sentence, a paragraph, or an item of a list or table ends; other line breaks only wrap.
_END: Final = re.compile(r"(?<=[.!?。！？])|\n(?=\s*(?:\n|[-*+•|#>]|\d+[.)]))")


def fold(context: SearchContext) -> None:
    """Leave the first candidate of each text, with its copies; `context.candidates` are in their order."""
    # A list of documents, where only filters were given, has them all.
    if context.options.copies or not context.query.text.strip():
        return
    groups = grouped(context.candidates)
    copied = {one.passage.document for group in groups if len(group) > 1 for one in group}
    times = context.moment.times(copied) if copied else {}
    context.candidates = [newest(group, times) for group in groups]


def grouped(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """The candidates whose text no better one holds, in their order, each with those that fold into it: whose
    text is there already, most of it in this one."""
    groups: list[list[Candidate]] = []
    holding: dict[int, int] = {}  # sentence -> the first group that has it
    for candidate in candidates:
        sentences = _sentences(candidate.passage.text)
        shares = Counter[int]()
        for sentence, size in sentences.items():
            if sentence in holding:
                shares[holding[sentence]] += size
        if sentences and shares.total() >= _SAME * sum(sentences.values()):
            groups[shares.most_common(1)[0][0]].append(candidate)
            continue
        for sentence in sentences:
            holding.setdefault(sentence, len(groups))
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
    """The hashes of the distinct sentences of a text, plain, with their lengths. Remembered, as a passage is a
    candidate again with every letter typed."""
    plain = filter(None, map(_plain, _END.split(text)))
    return {hash(sentence): len(sentence) for sentence in plain}


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
