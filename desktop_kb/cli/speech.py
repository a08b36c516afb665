"""In which language the terminal speaks, and where messages go."""

from __future__ import annotations

import sys

from desktop_kb import sentences
from desktop_kb.errors import Problem
from desktop_kb.sentences import Language, Told
from desktop_kb.settings import load_person

_language: Language | None = None


def speak(language: Language | None) -> None:
    """Speak this language; None follows the person's setting."""
    global _language
    _language = language


def words_of(found: Told) -> str:
    """A problem or finding in the language that is spoken."""
    return sentences.say(found, language())


def tr(english: str, **values: object) -> str:
    """A label or line in the language that is spoken, its `{name}` parts filled from `values`."""
    return sentences.worded(english, language(), **values)


def plural(count: int, one: str, many: str, **values: object) -> str:
    """The singular `one` or the plural `many` in the language that is spoken, with the count in place of `{n}`."""
    return sentences.counted(count, one, many, language(), **values)


def argparse_says(english: str) -> str:
    """What argparse says of its own, in the language that is spoken."""
    if language() == "en":
        return english
    return sentences.written(sentences.ARGPARSE.get(english, english), language())


def language() -> Language:
    """The language that is spoken, looked up once."""
    global _language
    if _language is None:
        try:
            chosen = load_person().language
        except Problem:  # whoever needs the settings says so
            chosen = "system"
        _language = sentences.spoken(chosen)
    return _language


def tell(message: str) -> None:
    """A message for a person, on stderr: stdout holds the output alone."""
    print(message, file=sys.stderr, flush=True)


def tell_stopped() -> None:
    """Say what becomes of the work that a person has stopped."""
    tell(tr("Stopped. What is done is kept; the rest goes on at the next start."))
