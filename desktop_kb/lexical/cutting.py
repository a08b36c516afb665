"""The terms of a passage, and what is said about a document, which its first passage has too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from desktop_kb import language

#: Characters of one value, and of all that is said.
_LONGEST_VALUE: Final = 200
_LONGEST: Final = 2_000


class Terms(NamedTuple):
    """A passage's terms, with spaces between: words of the title, the headings and the text, then the grams and the
    characters of all three."""

    title: str
    heading: str
    body: str
    grams: str
    characters: str


def cut(title: str, heading: Sequence[str], text: str, about: str = "", sounds: Sequence[str] = ()) -> Terms:
    """The terms of a passage, those of what is said about its document, which weigh as its headings do, and
    how its name sounds."""
    above = " ".join(heading)
    together = f"{title}\n{above}\n{text}"
    code = language.language_of(together)
    mark = language.languages_marked().get(code, "")
    return Terms(
        f"{' '.join(language.words(title, code))} {mark}".strip(),
        " ".join([*language.words(above, code), *language.words(about, code)]),
        " ".join(language.words(text, code)),
        " ".join([*language.grams(together, edges=True), *language.grams(about, edges=True), *sounds]),
        " ".join(language.characters(f"{together}\n{about}")),
    )


def said_about(title: str, names: Sequence[str], values: Iterable[str]) -> tuple[str, list[str]]:
    """What is said about a document besides its title, and how its name sounds.

    Args:
        names: the names of its files, without suffix, and its tags.
        values: its own values and its files'.
    """
    said = dict.fromkeys((*names, *(value[:_LONGEST_VALUE] for value in values)))
    about = "\n".join(one for one in said if one != title)[:_LONGEST]
    return about, list(language.sounds("\n".join((title, *names))))
