"""KnowledgeBase: the whole application without a window.

The terminal, the window and any Python program use this one object. It owns the store, the child
processes and the ingest thread; every method may be called from any thread.

    with KnowledgeBase("my-library") as kb:
        for report in kb.follow(kb.add(["papers"])):
            print(report)
        for hit in kb.search("how do bees keep warm").hits:
            print(hit.shown)
"""

from __future__ import annotations

from desktop_kb.choice import import_model, install_model, needed_bytes, overview, remove_model
from desktop_kb.chunking import STRATEGIES
from desktop_kb.kb.adding import Adding
from desktop_kb.kb.asking import Asking
from desktop_kb.kb.assisting import Assisting
from desktop_kb.kb.care import Care, rescue, restore_backup
from desktop_kb.kb.folder_watch import FolderWatch
from desktop_kb.kb.following import Following
from desktop_kb.kb.keeping import Keeping
from desktop_kb.kb.marking import Marking, library_id
from desktop_kb.kb.noting import Noting
from desktop_kb.kb.one_file import chunk_file, inspect_file
from desktop_kb.kb.own_backups import BackupState, notice_of
from desktop_kb.kb.parts import Parts
from desktop_kb.kb.sharing import Moved, Sharing
from desktop_kb.kb.surveying import Surveying
from desktop_kb.language import typed_sounds
from desktop_kb.reading import Reading
from desktop_kb.records import QUESTIONS, Batch, Check, Status
from desktop_kb.search.query import find_filters, is_filter, parse_value
from desktop_kb.store import Backup


class KnowledgeBase(Following, Adding, Asking, Keeping, Marking, Noting, Assisting, Surveying, Sharing, Care):
    """One open library and everything that can be done with it.

    `OpenLibrary` (`opened.py`) creates its parts and closes them. Each of the ten base classes has the
    methods of one subject; none overrides a method or adds attributes.

    Args:
        library: its folder; None means the person's default library.
        settings: None loads the settings of the person and the library.
        create: create the library if it does not exist.
        parts: replacements for the file readers and models; None uses the program's own.

    Raises:
        StorageProblem: it cannot be opened, or does not exist ('no-library').
    """


__all__ = [
    "QUESTIONS",
    "STRATEGIES",
    "Backup",
    "BackupState",
    "Batch",
    "Check",
    "FolderWatch",
    "KnowledgeBase",
    "Moved",
    "Parts",
    "Reading",
    "Status",
    "chunk_file",
    "find_filters",
    "import_model",
    "inspect_file",
    "install_model",
    "is_filter",
    "library_id",
    "needed_bytes",
    "notice_of",
    "overview",
    "parse_value",
    "remove_model",
    "rescue",
    "restore_backup",
    "typed_sounds",
]
