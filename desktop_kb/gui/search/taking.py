"""Hits that the person takes along: copied, or saved in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.search.hit_texts import WAYS, markdown, quoted, save
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import ask_new_file
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Document, Hit


def copy_hit(hit: Hit, documents: Mapping[str, Document], kb: KnowledgeBase) -> None:
    """Copy a passage with its source."""
    QGuiApplication.clipboard().setText(quoted(hit, documents, kb))


def copy_hits(hits: Sequence[Hit], documents: Mapping[str, Document]) -> None:
    """Copy hits as quotations with their sources."""
    QGuiApplication.clipboard().setText(markdown(hits, documents))


def save_hits(parent: QWidget, hits: Sequence[Hit], documents: Mapping[str, Document]) -> str:
    """Ask for a file and save hits in it; why they could not be saved, or ''."""
    kinds = {suffix: tr(name) for suffix, (name, _) in WAYS.items()}
    place = ask_new_file(parent, tr("Save all hits …"), kinds, tr("Hits") + next(iter(kinds)))
    if place is None:
        return ""
    try:
        save(place, hits, documents)
    except OSError as error:
        return tr("'{name}' could not be saved: {reason}", name=place.name, reason=str(error.strerror))
    return ""
