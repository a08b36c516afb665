"""Text -> index terms: words, grams and characters, and which of them carry no topic."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from desktop_kb.language.dictionary import STEMMED, dictionary_words, stem
from desktop_kb.language.folding import EXPANSION, fold
from desktop_kb.language.scripts import HAN, HAN_RUN, UNSPACED
from desktop_kb.language.sounds import SOUND_MARK

#: Raise it when the same text would give different terms: every library then tokenizes its text again.
VERSION: Final = 3
#: Letters in Python's Unicode, but marks in Unicode 6.1, at which SQLite's unicode61 splits.
_LATE_LETTERS: Final = "\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3"
#: Invisible characters inside words: soft hyphen, zero-width joiners and the like.
INVISIBLE: Final = "\u00ad\u200b-\u200d\u2060\ufeff"
_EMOJI: Final = "\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
CONNECTORS: Final = "._-+@/:&#"
_TERM_LIMIT = 64
_HAN_RUN_LIMIT = 2000  # characters; jieba builds a list for each character of a run
_MIXED_PARTS = 4  # most parts of letters or digits in a code that is split: 'gb18030', but not a hash


class Token(NamedTuple):
    """An index term and its range `[start, end)` in the text."""

    term: str
    start: int
    end: int


def word_tokens(text: str, language: str = "") -> Iterator[Token]:
    """The words of `text` as index terms, in order; a word's parts overlap it.

    Chinese is segmented by jieba's search mode (words, and dictionary words inside them) and English is
    stemmed (Snowball); codes, numbers, in groups too, and names (camelCase, v1.2.3) give the whole and its parts,
    scripts without spaces bigrams, emoji themselves, other scripts whole words.

    Args:
        language: the text's language; where it is one of `STEMMED`, each word also gives its stem in it.
    """
    return map(Token._make, _tokens(text, stemmed=True, language=language))


def words(text: str, language: str = "") -> list[str]:
    """The terms of `word_tokens`."""
    return [term for term, _, _ in _tokens(text, stemmed=True, language=language)]


def gram_tokens(text: str, beginning: frozenset[str] | None = None) -> Iterator[Token]:
    """Bigrams of every Han run (of a single character, that character), and other words unstemmed.

    Args:
        beginning: leave out plain ASCII words that begin with other letters, which are most of a text.
    """
    return map(Token._make, _tokens(text, stemmed=False, beginning=beginning))


def grams(text: str, *, edges: bool = False) -> list[str]:
    """The terms of `gram_tokens`.

    Args:
        edges: also the first and last character of a run that stands beside a word, so that a phrase that
            begins or ends within the run has its terms in a row there: '年' of '2024年度'.
    """
    return [term for term, _, _ in _tokens(text, stemmed=False, edges=edges)]


def is_spelled(term: str) -> bool:
    """Whether a term is a word of letters, a number or a code, of a script with spaces between words."""
    return term[0].isalnum() and not re.match(f"[{HAN}{UNSPACED}]", term)


def word_of(gram: str) -> str:
    """What `words` has for an entry of `grams`."""
    return stem(gram) if gram.isascii() and gram.isalpha() else gram


def initials(words: Iterable[str]) -> frozenset[str]:
    """What entries of `grams` begin with whose `word_of` may be one of these: no stem of an English word begins
    otherwise than the word, so that the others need not be stemmed to know that they are none of them."""
    return frozenset(word[0] for word in words)


def stems(word: str, languages: Iterable[str]) -> list[str]:
    """What a word gives besides its own term in each of these languages of `STEMMED`."""
    return [_stem_in(word, code) for code in languages] if word.isalpha() else []


def languages_marked() -> dict[str, str]:
    """The languages of `STEMMED`, each with the term that marks a text in it."""
    return dict(_STEM_MARKS)


def characters(text: str) -> list[str]:
    """Every single Han character, folded."""
    return list("".join(HAN_RUN.findall(fold(text))))


_LONE = re.compile(f"(?<![{HAN}])[{HAN}](?![{HAN}])")


def lone_characters(text: str) -> list[str]:
    """The Han characters beside which no other stands: in a question each may be a word."""
    return _LONE.findall(fold(text))


_HOLDS_A_CODE = re.compile(r"[\d_@]")
# English words, not codes: 20th, 1960s, 1960's, 2-point, 10-year-old.
_COUNTING = re.compile(r"\d+(?:st|nd|rd|th|'?s)|\d{1,3}(?:-[^\W\d_]+)+")


def codes(text: str) -> list[str]:
    """The distinct numbers and codes of `text`, folded: words with a digit, '_' or '@', except English
    words such as '20th' and '10-year-old'."""
    words = (match[0] for match in scan(fold(text)) if match.lastgroup == "word")
    found = (word for word in words if _HOLDS_A_CODE.search(word) and not _COUNTING.fullmatch(word))
    return list(dict.fromkeys(_CLITIC.sub("", code) for code in found))


def plain(term: str) -> str:
    """A term as people write it, with a code's punctuation restored."""
    return chr(int(term[1:], 16)) if term.startswith(_EMOJI_MARK) else term.translate(_UNMARK)


_MARK: Final = {ord(char): chr(0xE000 + ord(char)) for char in CONNECTORS} | {ord("'"): "", ord(","): ""}
#: Before an emoji's code point, which unicode61 keeps where it takes the emoji itself for punctuation.
_EMOJI_MARK: Final = "\ue100"
#: After a stem: its language, so that it meets no word of another.
_STEM_MARKS: Final = {code: chr(0xE200 + number) for number, code in enumerate(STEMMED)}
_UNMARK: Final = {ord(mark): chr(code) for code, mark in _MARK.items() if mark} | {
    ord(mark): "" for mark in (*_STEM_MARKS.values(), SOUND_MARK)
}
_PART = re.compile(rf"[^{re.escape(CONNECTORS)}']+")
_CLITIC = re.compile(r"(?<=\w)'(?:s|re|ve|ll|d|m)$")
# A hyphen or apostrophe is dropped ('e-mail' is 'email') unless it stands between digits.
_SOFT = re.compile(r"(?<!\d)[-']|[-'](?!\d)")
_KINDS = re.compile(r"\d+|[^\W\d_]+")
#: Arabic vowel points, which are seldom written.
_POINTS = re.compile("[\u064b-\u065f\u0670]")
#: parseHttpRequest, HTTPServer, PDFs.
_HUMPS = re.compile(r"[A-Z]{2,}s?(?![A-Za-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MOST_HUMPS = 6
_VERSION_NUMBER = re.compile(r"[a-z]{1,3}(?=\d+\.\d)")
#: Numbers written in groups, which are typed without: 2.345.678, 978-3-16-148410-0, 2024-05-06.
_GROUPED = re.compile(r"\d{1,3}(?:[.']\d{3}){2,}|(?=(?:-?\d){7})\d+(?:-\d+)+(?:-x)?")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The scanner for folded text, and the pattern of characters to remove from a term."""
    own = re.compile(f"[{HAN}{UNSPACED}{_LATE_LETTERS}]")
    letters, marks = [], []
    for code in range(0x20000):  # all planes above hold Han only
        char = chr(code)
        if own.match(char):
            continue
        if char.isalnum():
            letters.append(code)
        elif unicodedata.category(char)[0] == "M":
            marks.append(code)
    letter = _ranges(letters)
    code_word = _code_word(letter, f"{_ranges(marks)}{_LATE_LETTERS}{INVISIBLE}")
    # Blanks between single Han characters are for show, or from recognized pictures.
    han = f"(?<![{HAN}])[{HAN}](?:[ \t]{{1,2}}[{HAN}](?![{HAN}]))+|[{HAN}]+"
    scanner = re.compile(
        f"(?P<han>{han})|(?P<unspaced>[{UNSPACED}]+)|(?P<word>{code_word})|(?P<emoji>[{_EMOJI}])"
    )
    return scanner, re.compile(f"[^{letter}{HAN}{UNSPACED}{re.escape(CONNECTORS)}',]")


def _code_word(letter: str, inside: str) -> str:
    """The pattern of a word or code of these letters, with these marks inside."""
    word = f"[{letter}][{letter}{inside}]*"
    joint = r"[._\-+@/:&']|(?<=\d),(?=\d{3}(?!\d))"
    return rf"{word}(?:(?:{joint}){word})*(?:(?:\+\+|\#)(?![{letter}]))?"


#: The scanner for folded ASCII: the same in half the time.
_ASCII_SCANNER: Final = re.compile(f"(?P<word>{_code_word('0-9a-z', '')})")


def scan(folded: str) -> Iterator[re.Match[str]]:
    """The words, emoji and runs of other scripts of a folded text, each in the group of its kind."""
    return (_ASCII_SCANNER if folded.isascii() else _patterns()[0]).finditer(folded)


def _ranges(codes: list[int]) -> str:
    """Sorted code points as ranges for a character class."""
    found: list[list[int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in found)


def _tokens(
    text: str,
    *,
    stemmed: bool,
    language: str = "",
    edges: bool = False,
    beginning: frozenset[str] | None = None,
) -> Iterator[tuple[str, int, int]]:
    """The fields of each `Token`."""
    folded = fold(text)
    others = stemmed and language in STEMMED
    before, last = "", 0  # the kind and end of the match before
    edge: tuple[str, int, int] | None = None  # the last character of the run before
    for match in scan(folded):
        start, end = match.span()
        kind = match.lastgroup or ""
        beside = edges and kind != before and start - last <= 1
        if edge is not None and beside:
            yield edge
        edge, after_word = None, beside and bool(before)
        before, last = kind, end
        if kind == "word":
            word = match[0]
            if word.isascii() and word.isalpha() and not others and text[start + 1 : end] == word[1:]:
                # What most words are, in a third of the time of `_word`.
                if beginning is None or word[0] in beginning:
                    word = word[:_TERM_LIMIT]
                    yield stem(word) if stemmed else word, start, end
            else:
                yield from _word(word, text[start:end], start, stemmed, language)
        elif kind == "emoji":
            yield f"{_EMOJI_MARK}{ord(match[0]):x}", start, end
        elif kind == "han" and stemmed:
            yield from _han(match[0], start)
        else:
            letters = _letters(match[0], start)
            if len(letters) < 2:
                yield from letters
                continue
            if after_word:
                yield letters[0]
            for (first, at, _), (second, _, stop) in itertools.pairwise(letters):
                yield first + second, at, stop
            edge = letters[-1]


def _letters(run: str, start: int) -> list[tuple[str, int, int]]:
    """The letters of a run with their places; blanks and marks are passed over."""
    return [(char, at, at + 1) for at, char in enumerate(run, start) if char.isalnum()]


def _han(run: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The words of a run of Han characters."""
    places: Sequence[int] = range(start, start + len(run))
    if not run.isalnum():
        letters = _letters(run, start)
        run, places = "".join(char for char, *_ in letters), [place for _, place, _ in letters]
    for at in range(0, len(run), _HAN_RUN_LIMIT):
        part = run[at : at + _HAN_RUN_LIMIT]
        spans = dictionary_words(part)
        for first, last in zip(spans[::2], spans[1::2], strict=True):
            yield part[first:last], places[at + first], places[at + last - 1] + 1


def _word(text: str, raw: str, start: int, stemmed: bool, language: str) -> Iterator[tuple[str, int, int]]:
    """The terms of a word or code: the whole, then its parts."""
    end = start + len(text)
    if text.isalpha() or (not text.isascii() and _POINTS.sub("", text).isalpha()):
        yield _term(text, stemmed), start, end
        if stemmed and language in STEMMED:
            yield _stem_in(raw, language), start, end
        if raw[1:] != text[1:]:
            yield from _humps(raw, start, stemmed)
        return
    bare = text if text.isalnum() else _CLITIC.sub("", text)
    parts = [(part[0], start + part.start(), start + part.end()) for part in _PART.finditer(bare)]
    if parts[0][0] == bare:
        parts = [(bare, start, end)]
    else:
        yield _term(bare, stemmed), start, end
        if prefix := _VERSION_NUMBER.match(bare):
            yield _term(bare[prefix.end() :], stemmed), start + prefix.end(), start + len(bare)
        elif _GROUPED.fullmatch(bare):
            yield "".join(part for part, *_ in parts), start, start + len(bare)
    for part, first, last in parts:
        yield _term(part, stemmed), first, last
        if part.isalpha():
            if raw[first - start + 1 : last - start] != part[1:]:
                yield from _humps(raw[first - start : last - start], first, stemmed)
            continue
        kinds = list(_KINDS.finditer(part)) if part.isalnum() and not part.isdecimal() else []
        if 1 < len(kinds) <= _MIXED_PARTS:
            for kind in kinds:
                yield _term(kind[0], stemmed), first + kind.start(), first + kind.end()


def _humps(raw: str, start: int, stemmed: bool) -> Iterator[tuple[str, int, int]]:
    """The words of a name in camel case; nothing if it is none."""
    found = [hump for hump in _HUMPS.finditer(raw) if len(hump[0]) > 1] if raw.isascii() else []
    if 1 < len(found) <= _MOST_HUMPS:
        for hump in found:
            yield _term(hump[0].lower(), stemmed), start + hump.start(), start + hump.end()


def _stem_in(word: str, language: str) -> str:
    """The stem of a word in one of the languages of `STEMMED`, marked with it."""
    lower = unicodedata.normalize("NFC", word.lower())
    return _term(fold(stem(lower, STEMMED[language])), False)[: _TERM_LIMIT - 1] + _STEM_MARKS[language]


def _term(word: str, stemmed: bool) -> str:
    """A folded word or code as a term."""
    if not word.isascii():
        composed = fold(unicodedata.normalize("NFC", word)).translate(EXPANSION)
        word = _patterns()[1].sub("", composed)
    if not word.isalnum():
        word = _SOFT.sub("", word).translate(_MARK)
    word = word[:_TERM_LIMIT]
    return stem(word) if stemmed and word.isascii() and word.isalpha() else word


def prepare() -> None:
    """Load the dictionaries now; otherwise the first caller waits for them, about 0.5 s."""
    words("资料 prepare")


# --- words that carry no topic ---------------------------------------------------------------

#: Function words of English and Chinese, folded. Dropped from queries only.
STOP_WORDS: Final = frozenset(
    re.findall(
        r"\S+",
        """
    a about after all also am an and any are aren't as at be because been before being between both but by
    can can't could couldn't did didn't do does doesn't doing don't each either for from had has hasn't have
    haven't having he her here hers him his how i if in into is isn't it its itself just let may me might my
    no nor not of on one or our ours out over shall she should so some such than that the their theirs them
    then there these they this those through to too under until up upon us very was wasn't we were weren't
    what when where whether which while who whom whose why will with won't would wouldn't yes you your yours
    please tell me know s t
    的 了 着 过 是 在 有 和 与 及 或 跟 同 把 被 让 对 对于 关于 从 到 向 以 为 于 由 而 且 并 并且 而且
    但 但是 因为 所以 因此 如果 虽然 不过 以及 其 其中 之 之一 也 都 就 才 又 还 再 很 更 最 太 非常 吗
    呢 吧 啊 呀 嘛 哦 么 什么 为什么 怎么 怎样 怎么样 如何 多少 几 哪 哪个 哪些 哪里 哪儿 哪种 谁 谁的 何
    何时 何地 为何 是否 能否 可否 有没有 是不是 能不能 可不可以 请 请问 请教 告诉 我 你 您 他 她 它 我们
    你们 他们 她们 它们 咱们 自己 这 那 这个 那个 这些 那些 这里 那里 这样 那样 这种 那种 一个 一些 一下
    一种 个 些 种 得 地 所 将 会 能 可以 能够 要 想 应该 没 没有 不 不是 上 下 中 里 时 时候 等 等等 称为
    叫做 属于 位于
    """,
    )
)


def is_stop(term: str) -> bool:
    """Whether `term`, from `words` or `grams`, is a function word."""
    return term in _stop_terms()


@cache
def _stop_terms() -> frozenset[str]:
    return frozenset(term for word in STOP_WORDS for term in (word, _term(word, True), _term(word, False)))
