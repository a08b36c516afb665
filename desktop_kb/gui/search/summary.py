"""What is said over a search result: how many passages from how many documents, the time, and what was left out."""

from __future__ import annotations

from typing import Final

from desktop_kb.gui.translation import language, plural, tr
from desktop_kb.records import SearchResult
from desktop_kb.sentences import left_out, searched_besides

#: Below this, all scores of the reranker came from the cache, so no time is shown.
_NO_TIME_S: Final = 0.001


def summary(result: SearchResult, final: bool) -> str:
    """The line above the cards.

    Args:
        final: whether this is the last result for the query (the reranked one).
    """
    documents = len({hit.document for hit in result.hits})
    parts = []
    if result.hits:
        count = len(result.hits)
        of = plural(documents, "{n} document", "{n} documents")
        parts = [plural(count, "{n} passage in {documents}", "{n} passages in {documents}", documents=of)]
    seconds = result.seconds
    parts.append(_time(seconds.get("total", 0.0) - seconds.get("rerank", 0.0)))
    if final and any(hit.why.rerank for hit in result.hits) and seconds["rerank"] >= _NO_TIME_S:
        parts.append(tr("reranked in {time}", time=_time(seconds["rerank"])))
    return " · ".join(parts)


def notes_on(result: SearchResult, *, by_meaning: bool) -> list[str]:
    """What is to be known of an answer; `by_meaning`: its passages were searched by their meaning too."""
    if not by_meaning:
        return [tr("Searching by words; meaning joins in a few seconds.")]
    read, wanted = result.reranked
    notes = [left_out(code, language(), read=read, wanted=wanted) for code in result.degraded]
    # While a word is typed it begins others: that is plain to see.
    notes += searched_besides((one for one in result.also if one.kind != "beginning"), language())
    if result.hits and all(hit.weak for hit in result.hits):
        notes.insert(0, tr("Nothing answers this well; these come nearest."))
    return notes


def nothing_found(*, related: bool) -> str:
    """What stands in place of hits; `related`: the question was a passage."""
    if related:
        return tr("Nothing in the library is related to it.")
    advice = tr("Try fewer words, other words, or take a filter away.")
    return tr("Nothing in the library answers this.") + "\n\n" + advice


def _time(seconds: float) -> str:
    if seconds < 1:
        return tr("{n} ms", n=round(seconds * 1000))
    return tr("{n} s", n=f"{seconds:.1f}")
