"""Folders that a library follows, and what happens in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from desktop_kb.errors import JsonValue
from desktop_kb.records.findings import Finding

FolderKind = Literal["plain", "obsidian", "logseq", "zotero"]
FOLDER_KINDS: Final[tuple[FolderKind, ...]] = get_args(FolderKind)
#: 'moved' has been renamed, or is in another folder; 'back' was gone.
FolderEventKind = Literal["new", "changed", "moved", "gone", "back", "failed"]


@dataclass(frozen=True, slots=True)
class FollowedFolder:
    """A folder whose changes are taken over by themselves; `kind` is the program whose it is, `ignore` what is passed
    over in it besides the setting of that name, as in `.gitignore` files."""

    path: str
    kind: FolderKind = "plain"
    ignore: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a path is this folder or below it."""
        return path == self.path or path.startswith(os.path.join(self.path, ""))  # noqa: PTH118 - of 100,000


@dataclass(frozen=True, slots=True)
class FolderEvent:
    """What has become of a file in a followed folder, once the library knows of it.

    Attributes:
        from_: of a file that was moved, where it was.
        document: its id; '' where the file could not be read and has none.
    """

    event: FolderEventKind
    path: str
    from_: str = ""
    document: str = ""
    error_code: str | None = None
    error_details: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def error(self) -> Finding | None:
        """Why it failed; None if it did not."""
        return Finding(self.error_code, self.error_details) if self.error_code else None
