"""Where else a passage stands: a menu of its copies and of the other places of its document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QMenu, QWidget

from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import literal, open_folder
from desktop_kb.records import Copy, Document, Hit


def elsewhere_menu(
    parent: QWidget, hit: Hit, documents: Mapping[str, Document], read: Callable[[Hit], object]
) -> QMenu:
    """The menu; a copy is read here by `read`, another place of the same file is shown in its folder."""
    menu = QMenu(parent)
    for copy in hit.copies:
        said = [copy.location.shown, copy.date or "", "" if copy.identical else tr("almost the same")]
        entry = menu.addAction(literal(" · ".join(filter(None, said))))
        other = of_copy(hit, copy, documents.get(copy.document))
        entry.triggered.connect(lambda _checked=False, other=other: read(other))
    if hit.copies and len(hit.places) > 1:
        menu.addSeparator()
    for path in hit.places if len(hit.places) > 1 else ():
        entry = menu.addAction(literal(tr("Show {path} in its folder", path=path)))
        entry.triggered.connect(lambda _checked=False, path=path: open_folder(Path(path).parent))
    return menu


def of_copy(hit: Hit, copy: Copy, document: Document | None) -> Hit:
    """The hit as its copy has it. What is known of the original alone is left out: pages and the sentence that
    answers, unless the copy has it at the same offset."""
    best = (copy.start, copy.end)
    if copy.identical and copy.end - copy.start == hit.end - hit.start:
        best = (hit.best[0] - hit.start + copy.start, hit.best[1] - hit.start + copy.start)
    return replace(
        hit,
        document=copy.document,
        path=copy.path,
        part=copy.part,
        places=(copy.path,),
        title=document.title if document else copy.location.name,
        type=document.type if document else hit.type,
        page=None,
        pages=None,
        page_label=None,
        start=copy.start,
        end=copy.end,
        best=best,
        copies=(),
        date=copy.date,
    )
