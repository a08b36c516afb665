"""The names of topics: in each language the words that their passages have and others do not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from desktop_kb import language
from desktop_kb.records import NO_TOPIC

#: Words of a name.
_WORDS: Final = 3
#: How much a word counts less that others have as well: with 1 every second topic was named by a 'used' or 'known'.
_RARE: Final = 3
#: Words that are tried, and how much of a word's weight a longer one must have to stand in its place.
_TRIED: Final = 12
_AS_GOOD: Final = 0.6
#: A language names a topic that it has this share of the passages of, and so many at least.
_SHARE: Final = 0.1
_LEAST: Final = 2


def names_of(
    texts: Sequence[str], languages: Sequence[str], topics: Sequence[int]
) -> dict[int, dict[str, str]]:
    """The name of each topic by language, from a sample of passages."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for code in sorted(set(languages) - {""}):
        rows = [
            (topic, _words(text))
            for text, own, topic in zip(texts, languages, topics, strict=True)
            if own == code
        ]
        everywhere = Counter(word for _, words in rows for word in words)
        sizes = Counter(topic for topic, _ in rows)
        of_topic: dict[int, Counter[str]] = defaultdict(Counter)
        for topic, words in rows:
            of_topic[topic].update(words.keys())
        forms = _forms(rows)
        for topic, counts in of_topic.items():
            size = sizes[topic]
            whole = sum(other == topic for other in topics)
            if topic != NO_TOPIC and size >= max(_LEAST, _SHARE * whole):
                found[topic][code] = _name(counts, size, everywhere, len(rows), forms)
    return dict(found)


def _words(text: str) -> dict[str, str]:
    """The words of a text that can name something: by term as it is first written there."""
    found: dict[str, str] = {}
    for token in language.word_tokens(text):
        term = token.term
        written = text[token.start : token.end]
        if language.is_stop(term) or not any(map(str.isalpha, written)) or len(written) < 2:
            continue
        found.setdefault(term, written)
    return found


def _forms(rows: Sequence[tuple[int, dict[str, str]]]) -> dict[str, str]:
    """How each term is mostly written."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for _, words in rows:
        for term, written in words.items():
            forms[term][written] += 1
    return {term: counts.most_common(1)[0][0] for term, counts in forms.items()}


def _name(counts: Counter[str], size: int, everywhere: Counter[str], of: int, forms: dict[str, str]) -> str:
    """The words that stand in many of a topic's passages and in few others."""

    def weight(term: str) -> float:
        inside = counts[term] / size
        outside = (everywhere[term] - counts[term] + 0.5) / (of - size + 1)
        return (
            inside * (inside / (inside + outside)) ** _RARE
            if inside >= 2 * outside and (counts[term] > 1 or size == 1)
            else 0.0
        )

    weights = {
        forms[term]: weight(term) for term in sorted(counts, key=lambda term: (-weight(term), term))[:_TRIED]
    }
    chosen: list[str] = []
    for word, own in weights.items():
        # '亚马' beside '亚马逊' says nothing, and 'rain' little beside 'rainforest'.
        part = any(word != other and word in other and weights[other] >= _AS_GOOD * own for other in weights)
        if not part and not any(word in other or other in word for other in chosen):
            chosen.append(word)
    return ", ".join([word for word in chosen if weights[word] > 0][:_WORDS] or chosen[:1])
