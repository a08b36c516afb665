"""Where sentences end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from desktop_kb.language.scripts import is_han


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+")
_HARD = "。！？；｡।॥؟۔"
_MARKS = re.compile(
    # Brackets and titles belong to the sentence around them: 《你好，李焕英！》.
    rf"(?P<aside>《[^《》]{{0,80}}》|（[^（）]{{0,120}}）|\([^()]{{0,120}}\))"
    rf"|(?P<run>[{_HARD}．.!?…⋯]+)(?:[”’」』）)\]】》〉»›｝}}]|[\"'](?!\w)|\[\d{{1,3}}\])*"
    r"|(?P<quote>[“”「」『』])"
)
_QUOTE_LIMIT = 80
_NEXT = re.compile(r"\s*(\S)")
_LAST_WORD = re.compile(r"[\w.]+$")
_FIRST_WORD = re.compile(r"\w{1,20}")
_ENUMERATOR = re.compile(r"[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxIVX]{1,5})$")
_ACRONYM = re.compile(r"[^\W\d_](?:\.[^\W\d_])*$")
_NEVER_LAST = _listed(
    "dr mr mrs ms prof mx messrs gen col sgt capt lt cmdr rev hon gov sen rep pres st mt ft e.g i.e eg ie cf "
    "vs v viz fig figs eq eqs sec secs ch approx ca resp esp incl ed eds dept univ assn"
)
_BEFORE_NUMBER = _listed("no nos nr p pp vol vols art para par ver app tab ref refs op")
_SELDOM_LAST = _listed(
    "al etc inc ltd co corp llc jr sr ph.d a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec"
)
#: An abbreviation ends its sentence when one of these follows (after Kiss & Strunk 2006, Punkt).
_STARTERS = _listed(
    "a after although an and as at because before both but by during each even every finally first for from he "
    "her here his how however i if in it its last later many most my no now on once one or other our she since "
    "so some such that the their then there therefore these they this those though thus to today under until "
    "we what when where while who why with yet you your"
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences `[start, end)` of a reading: in order, disjoint, stripped.

    Together they hold every non-space character. A newline always ends a sentence; punctuation in
    brackets, titles and short quotations does not, nor do the dots of abbreviations, initials, decimals,
    enumerators and addresses.
    """
    spans = []
    for line in _LINE.finditer(text):
        start = line.start()
        for end in (*_sentence_ends(text, *line.span()), line.end()):
            sentence = text[start:end]
            if bare := sentence.strip():
                first = start + len(sentence) - len(sentence.lstrip())
                spans.append((first, first + len(bare)))
            start = end
    return spans


def _sentence_ends(text: str, begin: int, end: int) -> Iterator[int]:
    """The ends of sentences inside the line `text[begin:end]`."""
    start, quoted, straight, counted = begin, -1, 0, begin
    for mark in _MARKS.finditer(text, begin, end):
        first, at = mark.span()
        if mark["quote"]:
            inside = mark[0] in "“「『" and first > start and text[first - 1].isalnum()
            quoted = first if inside else -1  # the quotation is part of a sentence: 所谓“人工智能！”就是
            continue
        if mark["aside"]:
            whole = at - first > 2 and text[at - 2] in ".!?。！？" and not text[start:first].strip()
            if not whole or _goes_on(text, at, end):
                continue
        else:
            straight += text.count('"', counted, at)
            counted = at
            if straight % 2 and text[at : at + 1] == '"':
                straight, at = straight + 1, at + 1
                counted = at
            embedded = quoted >= 0 and first - quoted < _QUOTE_LIMIT
            if any(closer in mark[0] for closer in "”」』"):
                quoted = -1
                embedded = embedded and "。" not in mark["run"]  # 他说过“就这样。”后来
            if embedded or not _ends(text, start, mark["run"], first, at, end):
                continue
        yield at
        start = at


def _goes_on(text: str, at: int, end: int) -> bool:
    """Whether the text after `at` cannot start a sentence."""
    following = _NEXT.match(text, at, end)
    return following is not None and (following[1].islower() or following[1] in ".,;:!?)，、；：）…—")


def _ends(text: str, start: int, run: str, first: int, at: int, end: int) -> bool:
    """Whether the marks `run` at `first` end the sentence that started at `start`; `at` is after the marks
    and the quotes and brackets that close behind them."""
    following = _NEXT.match(text, at, end)
    if following is None:
        return True
    char, close = following[1], following.start(1) == at
    if any(mark in _HARD for mark in run):
        return not (close and char in ",;:，、；：)）—")
    if _goes_on(text, at, end):
        return False
    if close:
        before = text[max(start, first - 2) : first]
        code = run in ".．" and (before[-1:].isdigit() or len(before.strip()) < 2)
        return (is_han(char) or char in "“「『《（") and not code
    return run not in ".．" or not _abbreviated(text, start, first, following.start(1))


def _abbreviated(text: str, start: int, dot: int, following: int) -> bool:
    """Whether the full stop at `dot` belongs to the word before it."""
    match = _LAST_WORD.search(text, max(start, dot - 24), dot)
    if match is None:
        return False
    if dot - start < 16 and _ENUMERATOR.match(text[start:dot].strip()):
        return True
    word = match[0].lower()
    if word in _NEVER_LAST:
        return True
    if word in _BEFORE_NUMBER and text[following].isdigit():
        return True
    if word in _SELDOM_LAST or _ACRONYM.match(match[0]):
        after = _FIRST_WORD.match(text, following)
        return after is None or after[0].lower() not in _STARTERS
    return False
