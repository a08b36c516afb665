"""In which language the terminal says problems, findings and checks, and where messages go."""

from __future__ import annotations

import sys
from typing import Final

from desktop_kb import sentences
from desktop_kb.errors import Problem
from desktop_kb.sentences import Language, Told
from desktop_kb.settings import load_person

STOPPED: Final = "Stopped. What is done is kept; the rest goes on at the next start."

_language: Language | None = None


def speak(language: Language | None) -> None:
    """Say problems, findings and checks in this language; None follows the person's setting."""
    global _language
    _language = language


def words_of(found: Told) -> str:
    """A problem or finding in the language that is spoken."""
    return sentences.say(found, language())


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
