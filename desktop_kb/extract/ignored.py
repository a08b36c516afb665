"""Which entries of a folder are passed over: by patterns, by `.gitignore` files, because they are hidden.

Patterns are those of `.gitignore` files (https://git-scm.com/docs/gitignore): `*.tmp`, `drafts/`, `/inbox/**/old`;
the last one that matches decides, and `!` takes an entry back, a hidden one too.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from desktop_kb.errors import DocumentProblem, UsageProblem

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_NAME: Final = ".gitignore"
_INSIDE: Final = re.compile(r"/\*\*(?=\s*$)")
#: As git does where the file system does not tell capitals from small letters.
_FOLDS: Final = sys.platform in ("win32", "darwin")
#: A person types 'drafts\\old' there; in a `.gitignore` a backslash takes a character literally everywhere.
_BACKSLASHES: Final = sys.platform == "win32"


@dataclass(frozen=True, slots=True)
class Passing:
    """What is passed over in a folder that is added; nothing by default but what is hidden.

    Attributes:
        patterns: of the person, relative to that folder.
        use_gitignore: whether `.gitignore` files hold, those of the folders above it in its repository too.
    """

    patterns: tuple[str, ...] = ()
    use_gitignore: bool = False

    def __post_init__(self) -> None:
        for pattern in self.patterns:
            if not _compiled(_with_slashes([pattern]))[0].patterns:
                raise UsageProblem("bad-pattern", pattern=pattern)


class Patterns:
    """The patterns that hold in a folder and below it; `source` is the file that they are from, '' for a person's."""

    def __init__(self, folder: Path, lines: Iterable[str], source: str = "") -> None:
        self._prefix = len(os.path.join(folder, ""))  # noqa: PTH118 - with a separator at its end
        self._spec, self._lines = _compiled(lines)
        self._source = source

    @classmethod
    def of_git(cls, folder: Path) -> Patterns | None:
        """Those of a folder's `.gitignore`; None if it has none that can be read."""
        path = folder / _NAME
        try:
            text = path.read_bytes().decode("utf-8-sig", "replace")
        except OSError:  # as git, which goes on without it
            return None
        return cls(folder, [line.removesuffix("\r") for line in text.split("\n")], str(path))

    def say(self, path: Path, is_folder: bool) -> tuple[bool, DocumentProblem] | None:
        """Whether an entry below the folder is passed over, and because of which pattern; None if none matches."""
        name = str(path)[self._prefix :].replace(os.sep, "/") + "/" * is_folder
        found = self._spec.check_file(name.lower() if _FOLDS else name)
        if found.include is None or found.index is None:
            return None
        pattern = self._lines[found.index]
        if self._source:
            problem = DocumentProblem("git-ignored", path=str(path), pattern=pattern, file=self._source)
        else:
            problem = DocumentProblem("ignored", path=str(path), pattern=pattern)
        return found.include, problem


class Ignored:
    """Decides which entries below a folder are passed over."""

    def __init__(self, root: Path, passing: Passing) -> None:
        self._use_gitignore = passing.use_gitignore
        self._own = Patterns(root, _with_slashes(passing.patterns))
        above = list(self._of_repository(root)) if passing.use_gitignore else []
        # A folder that is asked for is read, whatever those say of it.
        self._above = [] if any(said[0] for one in above if (said := one.say(root, True))) else above

    def within(
        self, folder: Path, names: Iterable[str], above: Sequence[Patterns] | None
    ) -> Sequence[Patterns]:
        """The patterns of `.gitignore` files that hold in a folder with these entries, the outermost first.

        Args:
            above: those of the folder that it is in; None for the one that is added.
        """
        found = self._above if above is None else above
        if self._use_gitignore and _NAME in names and (own := Patterns.of_git(folder)):
            return [*found, own]
        return found

    def problem(
        self, path: Path, entry: os.DirEntry[str], is_folder: bool, by_git: Sequence[Patterns]
    ) -> DocumentProblem | None:
        """Why an entry is passed over; None if it is not."""
        own = self._own.say(path, is_folder)
        if own is not None:
            return own[1] if own[0] else None
        for patterns in reversed(by_git):
            if (said := patterns.say(path, is_folder)) is not None:
                if said[0]:
                    return said[1]
                break
        return DocumentProblem("hidden", path=str(path)) if _is_hidden(entry) else None

    @staticmethod
    def _of_repository(root: Path) -> Iterable[Patterns]:
        """Those above a folder, up to the top of its repository; none if it is in none."""
        above: list[Path] = []
        for folder in (root, *root.parents):
            if (folder / ".git").exists():
                return filter(None, map(Patterns.of_git, reversed(above)))
            above.append(folder.parent)
        return ()


def _with_slashes(patterns: Iterable[str]) -> list[str]:
    """A person's patterns as in a `.gitignore`."""
    return [pattern.replace("\\", "/") if _BACKSLASHES else pattern for pattern in patterns]


def _compiled(lines: Iterable[str]) -> tuple[GitIgnoreSpec, list[str]]:
    """The patterns among these lines, and those lines; what is no pattern holds for nothing, as with git."""
    # Loaded where a folder is listed: each command would wait 11 ms for it.
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    kept: list[str] = []
    for line in lines:
        line = line.lower() if _FOLDS else line
        try:
            if any(one.include is not None for one in GitIgnoreSpec.from_lines([line]).patterns):
                kept.append(line)
        except GitIgnorePatternError:
            continue
    # With 'a/**' git means what is in a, pathspec a itself as well.
    return GitIgnoreSpec.from_lines(_INSIDE.sub("/**/*", line) for line in kept), kept


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is hidden: by its name or, on Windows and macOS, by a mark, as are other programs' lock
    files and the links to 'My Music' that nobody may open."""
    if entry.name.startswith("."):
        return True
    if not hasattr(os.stat_result, "st_file_attributes") and not hasattr(os.stat_result, "st_flags"):
        return False  # Linux has no such marks, and would have to be asked for each file
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    marks = getattr(status, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return bool(marks or getattr(status, "st_flags", 0) & stat.UF_HIDDEN)
