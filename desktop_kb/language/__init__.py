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

from desktop_kb.language.folding import fold
from desktop_kb.language.scripts import is_han, language_of, without_han
from desktop_kb.language.sentences import sentence_spans
from desktop_kb.language.terms import (
    STOP_WORDS,
    VERSION,
    Token,
    bare,
    characters,
    codes,
    gram_tokens,
    grams,
    holds,
    is_stop,
    plain,
    prepare,
    word_tokens,
    words,
)

__all__ = [
    "STOP_WORDS",
    "VERSION",
    "Token",
    "bare",
    "characters",
    "codes",
    "fold",
    "gram_tokens",
    "grams",
    "holds",
    "is_han",
    "is_stop",
    "language_of",
    "plain",
    "prepare",
    "sentence_spans",
    "without_han",
    "word_tokens",
    "words",
]
