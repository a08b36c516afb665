"""What is searched besides a question's own words.

Of each word its stems in other languages, where passages have them. Of a word that no passage has, those that begin
with it, and the Chinese titles that sound like it; if there are none, those that are one typo away (a letter too
many, too few or wrong, or two swapped).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from desktop_kb import language
from desktop_kb.lexical.query import BEGINNING, Vocabulary, WordQuery
from desktop_kb.records import Also, AlsoKind

#: A shorter word begins too many others, and is one typo away from too many.
_SHORTEST_BEGINNING: Final = 3
_SHORTEST_BEGUN: Final = 2  # while it is being typed
_SHORTEST_SOUND: Final = 2
_SHORTEST_TYPO: Final = 4
_LONGEST_TYPO: Final = 24
#: A longer question says enough with the words that are known, and what begins like the others leads away:
#: two of CISI's questions, of 100 words, lost .01 and .07 of their nDCG@10.
_MOST_WORDS: Final = 12
#: The most words that one is taken for, the most frequent ones, and the most that are named.
_MOST_TYPOS: Final = 3
_MOST_NAMED: Final = 3
#: In more passages than this the words that begin so say nothing.
_MOST_BEGUN: Final = 20_000
#: So many words that begin alike are searched each by itself, so that a rare one is not lost among frequent ones:
#: of CISI's rare words without their last three letters, 78 % are then among the first three, not 70.
_MOST_APART: Final = 32
#: A stem in a language counts only where it is not far rarer than the word itself: it is then the stem of some
#: passages whose language was taken for another.
_RARER: Final = 4
_ALPHABETS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "αβγδεζηθικλμνξοπρστυφχψως",
)


class Expansion:
    """The words of a question, with what is searched besides.

    Args:
        begun: words whose beginnings are looked for too, whether or not passages have them.
    """

    def __init__(self, words: Vocabulary, text: str, begun: Iterable[str] = ()) -> None:
        self._words = words
        self._begun = {gram for word in begun for gram in language.grams(word)[:1]}
        self._tokens = list(language.gram_tokens(text))
        self._written = {
            token.term: text[token.start : token.end]
            for token in self._tokens
            if language.is_spelled(token.term)
        }
        query = WordQuery.of(text)
        self._terms = dict.fromkeys(query.words), dict.fromkeys(query.grams)
        self._characters = query.characters
        self._free: set[str] = set()
        self._parts: set[str] = set()
        marks = language.languages_marked()
        # All at once: over a network each time takes its own.
        there = words.frequencies("words", [*marks.values(), *query.words])
        words.frequencies("grams", query.grams)
        self._languages = [code for code, mark in marks.items() if mark in there]
        self.also: list[Also] = []
        #: What words that no passage has may be, as terms of grams.
        self.choices: set[str] = set()
        for gram in [gram for gram in query.grams if gram in self._written]:
            self._expand(gram)

    @property
    def query(self) -> WordQuery:
        """The terms to search."""
        words, grams = map(tuple, self._terms)
        return WordQuery(words, grams, self._characters, frozenset(self._free))

    def _expand(self, gram: str) -> None:
        if gram in self._parts:
            return
        word = language.word_of(gram)
        as_word, as_gram = self._count("words", word), self._count("grams", gram)
        own = max(as_word, as_gram)
        counts = self._words.frequencies("words", language.stems(self._written[gram], self._languages))
        stems = [stem for stem, count in counts.items() if count * _RARER >= own]
        if own or stems:
            self._replace(gram, words=[word] if as_word else [], grams=[gram] if own else [])
            self._add(words=stems, free=stems if own else stems[1:])
            # Where passages have a name or code as a whole, its parts say less: foo and bar of foo_bar.
            parts = self._parts_of(gram)
            self._free.update(parts, map(language.word_of, parts))
            # 'histor' is the stem of 'history', and no word; 'spotli' has the stem of 'spot'.
            if gram in self._begun or (not as_gram and word == gram):
                self._begin(gram, free=True)
            elif not as_gram:
                self._begin_otherwise(gram)
        elif len(self._written) <= _MOST_WORDS:
            sounds = self._sound(gram)
            if not (self._begin(gram, free=False) or sounds):
                self._correct(gram)

    def _begin(self, gram: str, *, free: bool) -> bool:
        """Search words that begin like this; False if there are none."""
        if len(gram) < (_SHORTEST_BEGUN if gram in self._begun else _SHORTEST_BEGINNING):
            return False
        found = [term for term, _ in self._words.beginning("grams", gram) if term != gram]
        beginning = gram + BEGINNING
        if not found or self._count("grams", beginning) > (_MOST_BEGUN if free else 10 * _MOST_BEGUN):
            return False
        if free:
            words = [beginning] if self._count("words", beginning) else []
            self._add(words=words, grams=[beginning], free=[beginning])
        else:
            words, grams = self._begun_by("words", gram), self._begun_by("grams", gram)
            self._replace(gram, words=words, grams=grams)
            self._free.update(words[1:], grams[1:])
            self.choices.update(grams)
            for part in self._parts_of(gram):
                self._replace(part, words=(), grams=())
        self._say("beginning", gram, found[:_MOST_NAMED])
        return True

    def _begin_otherwise(self, gram: str) -> None:
        """Search words that begin like this and are no forms of what its stem says."""
        stem = language.word_of(gram)
        found = self._begun_by("grams", gram) if len(gram) >= _SHORTEST_BEGINNING else []
        others = [term for term in found if term[-1] != BEGINNING and language.word_of(term) != stem]
        if others:
            self._add(grams=others, free=others)
            self.choices.update(others)
            self._say("beginning", gram, others[:_MOST_NAMED])

    def _begun_by(self, name: str, start: str) -> list[str]:
        """The terms of a table that begin with this, the rarest first; one that stands for all if they are many."""
        found = self._words.beginning(name, start)
        if len(found) > _MOST_APART:
            return [start + BEGINNING]
        return [term for term, _ in sorted(found, key=lambda row: (row[1], row[0]))]

    def _sound(self, gram: str) -> bool:
        """Search Chinese titles, names and tags that sound like this; False if there are none."""
        sound = language.sound_of(gram)
        if not (gram.isascii() and gram.isalpha()) or len(gram) < _SHORTEST_SOUND:
            return False
        found = [term for term, _ in self._words.beginning("grams", sound)]
        if found:
            self._replace(gram, words=(), grams=[sound + BEGINNING])
            self._say("pinyin", gram, found[:1])
        return bool(found)

    def _correct(self, gram: str) -> None:
        """Search the words that are one typo away, but no function words: nobody asks for these."""
        if not gram.isalpha() or not _SHORTEST_TYPO <= len(gram) <= _LONGEST_TYPO:
            return
        others = [term for term in dict.fromkeys(_typos(gram)) if not language.is_stop(term)]
        counts = self._words.frequencies("grams", others)
        # People seldom mistake the first letter.
        found = sorted(counts, key=lambda term: (term[0] != gram[0], -counts[term], term))[:_MOST_TYPOS]
        if found:
            words = dict.fromkeys(map(language.word_of, found))
            self._replace(gram, words=[word for word in words if self._count("words", word)], grams=found)
            self._free.update(found[1:], list(words)[1:])
            self.choices.update(found)
            self._say("typo", gram, found)

    def _count(self, name: str, term: str) -> int:
        return self._words.frequencies(name, [term]).get(term, 0)

    def _replace(self, gram: str, *, words: Sequence[str], grams: Sequence[str]) -> None:
        """Search these terms in place of a word's own."""
        self._terms[0].pop(language.word_of(gram), None)
        self._terms[1].pop(gram, None)
        self._add(words=words, grams=grams)

    def _add(self, *, words: Sequence[str] = (), grams: Sequence[str] = (), free: Sequence[str] = ()) -> None:
        """Search these terms too; those of `free` add to a score, and are not missed where they are not."""
        for own, more in zip(self._terms, (words, grams), strict=True):
            own.update(dict.fromkeys(more))
        self._free.update(free)

    def _parts_of(self, gram: str) -> set[str]:
        """The terms that the question has within this name or code only."""
        wholes = [token for token in self._tokens if token.term == gram]
        parts = {
            token.term
            for token in self._tokens
            if any(whole.start <= token.start and token.end <= whole.end for whole in wholes)
        }
        apart = {
            token.term
            for token in self._tokens
            if all(token.end <= whole.start or whole.end <= token.start for whole in wholes)
        }
        parts -= apart | {gram}
        self._parts |= parts
        return parts

    def _say(self, kind: AlsoKind, gram: str, found: Sequence[str]) -> None:
        asked = self._written[gram]
        self.also += [Also(language.plain(term), asked, kind) for term in found]


def _typos(word: str) -> Iterator[str]:
    """What a word with one typo may have been."""
    alphabet = next((letters for letters in _ALPHABETS if word[0] in letters), "")
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        for letter in alphabet:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
