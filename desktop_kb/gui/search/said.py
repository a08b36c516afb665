"""What is said of a hit: where it stands, what kind of document it is in, its scores, and why it was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desktop_kb.formats import shown_as
from desktop_kb.gui.translation import comma, language, plural, tr
from desktop_kb.records import Hit, Leg

#: Characters of an answer that are said of a hit; more is read in the preview.
_SAID: Final = 300


def place(hit: Hit) -> str:
    """Heading path and page, as a card shows them."""
    path = hit.heading[1:] if hit.heading[:1] == (hit.title,) else hit.heading
    heading = " › ".join(path)
    page = tr(shown_as(hit.type).page, page=hit.page_label or hit.page) if hit.page is not None else ""
    picture = tr("read in the picture") if hit.recognized else ""
    return comma().join(one for one in (hit.location.inside, heading, page, picture) if one)


def kind(type: str) -> str:
    """The name of a document type for people."""
    return tr(shown_as(type).label)


def scores(hit: Hit) -> list[tuple[str, float | None]]:
    """Label and score (0..1) of each leg and of the reranker; None where it did not score this hit."""
    why = hit.why
    legs = [(tr(leg), found.score if (found := why.leg(leg)) else None) for leg in Leg]
    return [*legs, (tr("rerank"), why.rerank.score if why.rerank else None)]


def places_of(hit: Hit) -> int:
    """In how many places the passage stands: its document's, and those of its copies."""
    return len(hit.places) + len(hit.copies)


def weaker(count: int) -> str:
    """How many weak hits there are."""
    return plural(count, "{n} weaker match", "{n} weaker matches")


def cited(hit: Hit) -> str:
    """The source in the form of a citation: title, heading, page."""
    return comma().join(part for part in (hit.title, place(hit)) if part)


def reasons(hit: Hit) -> list[tuple[str, str]]:
    """Everything that explains a hit, as (label, value) lines."""
    why = hit.why
    lines: list[tuple[str, str]] = []
    if why.exact:
        said = {
            "title": tr("its title"),
            "name": tr("the name of its file"),
            "number": tr("a number or code in it"),
            "phrase": tr("its very words"),
        }
        lines.append((tr("you named"), said[why.exact]))
    for leg, (name, score) in zip([*Leg, None], scores(hit), strict=True):
        found = why.leg(leg) if leg else None
        if score is None:
            lines.append((name, tr("played no part")))
        elif found is None:
            lines.append((name, f"{score:.2f}"))
        else:
            rank = tr("rank {rank}", rank=found.rank)
            terms = " · ".join(found.terms or ())
            lines.append((name, f"{score:.2f}, {rank}" + (f"\n{terms}" if terms else "")))
    if why.filters:
        lines.append((tr("filters"), ", ".join(why.filters)))
    lines.append((tr("score"), f"{hit.score:.2f}"))
    return lines


def heard(hit: Hit, date: str, tags: Sequence[str], at: int, of: int) -> str:
    """A hit in the words of a screen reader: which one it is, what it is, what it answers, why it was found."""
    said = [tr("{at} of {of}", at=at, of=of) if at else "", hit.title, place(hit), answer(hit)]
    said.append(" ".join(part for part in (kind(hit.type), date[:4]) if part))
    said.append(", ".join(tags))
    said.append(tr("weak match") if hit.weak else "")
    terms = [term for leg in Leg if (found := hit.why.leg(leg)) for term in found.terms or ()]
    said.append(tr("found by {words}", words=", ".join(terms)) if terms else "")
    stop = "; " if language() == "en" else "；"
    return stop.join(one for one in said if one)


def answer(hit: Hit) -> str:
    """The sentence of a hit that answers, cut where it is long."""
    start, end = hit.best
    sentence = " ".join(hit.text[start - hit.start : end - hit.start].split())
    return sentence if len(sentence) <= _SAID else sentence[:_SAID] + "…"
