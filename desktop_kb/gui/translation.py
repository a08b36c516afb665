"""The words of the window in English and Chinese, simplified and traditional.

The keys are the English sentences; `resources/chinese.json` has their Chinese, written by hand.
`sentences` words problems and findings. We use our own catalogue instead of .qm files because the labels
of `settings` belong to the core, which Qt's extraction does not scan, and because a start from source
must not need a build step. Qt's own words (file dialogs, Copy, Paste) come from Qt's catalogue.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtWidgets import QApplication

from desktop_kb import sentences
from desktop_kb.sentences import Language, Told

LANGUAGES: Final = {"en": "English", "zh": "简体中文", "zh_TW": "繁體中文"}
#: Qt's own words in them.
_QT: Final = {"zh": "qtbase_zh_CN", "zh_TW": "qtbase_zh_TW"}

_chosen: Language = "en"
_installed: list[QTranslator] = []


def apply(app: QApplication, chosen: str = "system") -> None:
    """Switch to the language that the person has chosen ('system', 'en', 'zh', 'zh_TW'). Windows that are already
    open keep their language."""
    global _chosen
    _chosen = language = sentences.spoken(chosen, QLocale.system().name())
    QLocale.setDefault(QLocale(language) if language in _QT else QLocale.system())  # names of kinds of files
    for translator in _installed:
        app.removeTranslator(translator)
    _installed.clear()
    if language in _QT:
        translator = QTranslator(app)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if translator.load(_QT[language], folder):
            _installed.extend((_Rest(app, language), translator))  # Qt asks the last one first
    for translator in _installed:
        app.installTranslator(translator)


class _Rest(QTranslator):
    """What Qt's own catalogue lacks."""

    def __init__(self, parent: QObject, language: Language) -> None:
        super().__init__(parent)
        self._words = {english: sentences.written(said, language) for english, said in sentences.QT.items()}

    def isEmpty(self) -> bool:
        return False

    def translate(self, _context: str, source: str, *_more: object) -> str | None:
        return self._words.get(source)  # None: Qt takes its English; '' it would show


def language() -> Language:
    """The language of the window."""
    return _chosen


def tr(english: str, **values: object) -> str:
    """`english` in the window's language, its `{name}` parts filled from `values`."""
    return sentences.worded(english, _chosen, **values)


def comma() -> str:
    """What stands between the parts of a line."""
    return ", " if _chosen == "en" else "，"


def bracketed(text: str, detail: str) -> str:
    """A text with what is said of it behind it, in the brackets of the window's language."""
    return f"{text} ({detail})" if _chosen == "en" else f"{text}（{detail}）"


def plural(count: int, one: str, many: str, **values: object) -> str:
    """The singular `one` or the plural `many`, with the count in place of `{n}`. Chinese has only one form;
    its translation is that of `many`."""
    return sentences.counted(count, one, many, _chosen, **values)


def say(message: Told | None) -> str:
    """A problem, finding or check in the window's language; '' for none."""
    return sentences.say(message, language()) if message is not None else ""
