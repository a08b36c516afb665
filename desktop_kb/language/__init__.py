"""Words, grams and sentences of Chinese, English and mixed text, and the language of any text.

Hides jieba, Snowball, the traditional-simplified table and every rule about what a word is.
Documents and queries both go through here, so that 'ＧＢ－１８０３０', '資料' and 'café' in a document are
found by 'gb18030', '资料' and 'cafe'.

Invariants:
    FTS5's `unicode61 remove_diacritics 0` keeps each term as one token, unchanged: terms hold letters
    and digits only. Punctuation inside a code ('3.14', 'foo_bar', 'c++'), emoji and the language of a stem
    are written in private-use characters, which unicode61 keeps too; `plain` undoes that.
    Offsets are code points of the given text; `fold` keeps its length.
    Everything is linear in the length of the text and thread-safe.
"""

from desktop_kb.language.detection import by_script, function_words, language_of, reads, reads_language
from desktop_kb.language.folding import composed, fold
from desktop_kb.language.phrases import bare, holds, says
from desktop_kb.language.scripts import between_han, is_han, without_han
from desktop_kb.language.sentences import sentence_spans
from desktop_kb.language.sounds import sound_of, sounds, typed_sounds
from desktop_kb.language.terms import (
    STOP_WORDS,
    VERSION,
    Token,
    characters,
    codes,
    gram_tokens,
    grams,
    initials,
    is_spelled,
    is_stop,
    languages_marked,
    lone_characters,
    plain,
    prepare,
    stems,
    word_of,
    word_tokens,
    words,
)

__all__ = [
    "STOP_WORDS",
    "VERSION",
    "Token",
    "bare",
    "between_han",
    "by_script",
    "characters",
    "codes",
    "composed",
    "fold",
    "function_words",
    "gram_tokens",
    "grams",
    "holds",
    "initials",
    "is_han",
    "is_spelled",
    "is_stop",
    "language_of",
    "languages_marked",
    "lone_characters",
    "plain",
    "prepare",
    "reads",
    "reads_language",
    "says",
    "sentence_spans",
    "sound_of",
    "sounds",
    "stems",
    "typed_sounds",
    "without_han",
    "word_of",
    "word_tokens",
    "words",
]
