"""Every setting, declared once: type, default, range, label, help, and owner.

A setting is declared by its field; validation, the settings page and its help are made from that. For
settings with scope 'library', the library's value overrides the person's. A library's file cannot change
the others, such as the hub's address, because a library may come from a stranger.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from desktop_kb import paths
from desktop_kb.errors import JsonValue, StorageProblem, UsageProblem, not_written, reason_of
from desktop_kb.files import write_whole
from desktop_kb.locked import locked

SettingOwner = Literal["person", "library"]
#: A program holds a file's lock for as long as it writes it.
_WAIT_S: Final = 10.0


def _setting(
    default: Any,
    label: str,
    help: str,
    *,
    scope: SettingOwner = "person",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    shown: bool = True,
    key: bool = False,
    folder: bool = False,
) -> Any:
    """Declare a setting; `shown` is False if it is set elsewhere than on the settings page, `key` is True if it is a
    key of the keyboard, `folder` if it is the path of a folder or empty."""
    metadata = {"label": label, "help": help, "scope": scope, "low": low, "high": high, "choices": choices}
    return dataclasses.field(
        default=default, metadata={**metadata, "shown": shown, "key": key, "folder": folder}
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their values."""

    copy_files: bool = _setting(
        True,
        "Keep a copy of files",
        "PDFs are copied into the library by content; notes, text and web pages are not.",
        scope="library",
    )
    ignore: tuple[str, ...] = _setting(
        ("node_modules", "__pycache__", "$RECYCLE.BIN", "System Volume Information", "@eaDir", "~$*"),
        "Skip",
        "Files and folders in a folder that is added, as in .gitignore files, with semicolons between them; '!' "
        "takes one back, a hidden one too. What was skipped is listed.",
    )
    use_gitignore: bool = _setting(
        True,
        "Respect .gitignore",
        "What these files name is skipped when a folder is added.",
    )
    folders: tuple[str, ...] = _setting(
        (), "Followed folders", "Each as `followed` writes it.", scope="library", shown=False
    )
    copy_notes: bool = _setting(
        False,
        "Keep a copy of notes",
        "Notes, text and web pages stay where they are unless this is on.",
        scope="library",
    )
    max_file_mib: int = _setting(500, "Largest file (MiB)", "Larger files are not read.", low=1, high=10_000)
    read_seconds: int = _setting(
        300, "Longest reading time (s)", "A file that takes longer is not read.", low=5, high=3600
    )
    read_memory_mib: int = _setting(
        1536, "Memory for reading (MiB)", "A file that needs more memory is not read.", low=256, high=16_384
    )
    read_million_characters: int = _setting(
        20, "Longest text (million characters)", "A file with more text is not read.", low=1, high=200
    )
    recognize: str = _setting(
        "auto",
        "Read pictures of pages",
        "Scans and pages whose text cannot be read: in the background, when you ask for it, or never.",
        scope="library",
        choices=("auto", "ask", "off"),
    )
    language: str = _setting(
        "system",
        "Language",
        "Of the window, and of what the terminal says of problems; what scripts read is English.",
        choices=("system", "en", "zh", "zh_TW"),
        shown=False,
    )
    citation: str = _setting(
        "plain",
        "Citations",
        "How 'Copy with source' and quotations in notes name where a passage stands.",
        choices=("plain", "gbt7714", "apa", "bibtex"),
    )
    global_key: str = _setting(
        "Ctrl+Alt+K",
        "Key for quick find",
        "Opens a small window from any program, for a question or a note. Without one, bind the command "
        "'desktop-kb quick' to a key in your system's settings.",
        key=True,
    )
    tray: bool = _setting(
        False,
        "Stay in the tray",
        "Closing the window leaves the program in the system's tray, so that quick find opens at once. "
        "'Quit' ends it.",
    )
    save_battery: bool = _setting(
        True,
        "Spare the battery and other programs",
        "On battery, and while other programs need the processor, files are read in the background at half the pace; "
        "questions are answered as ever.",
    )
    backup_every: str = _setting(
        "off",
        "Back up automatically",
        "While the window is open or in the tray, or by 'desktop-kb backup --due'. Of the last seven days and the last "
        "four weeks one is kept; each is read back.",
        choices=("off", "daily", "weekly"),
    )
    backup_folder: str = _setting(
        "",
        "Folder for backups",
        "Best on another drive. If it is away, nothing is written in its place.",
        folder=True,
    )
    inbox: str = _setting(
        "",
        "Inbox",
        "A folder: what you put or save there is moved into the library that is open and added, once it is whole. "
        "Only kinds that are read are taken, with the folders in it.",
        folder=True,
    )
    device: str = _setting(
        "auto",
        "Compute on",
        "Where the models run; automatic takes the graphics card when there is one.",
        choices=("auto", "cuda", "mps", "cpu"),
    )
    threads: int = _setting(0, "Processor threads", "For the models; 0 takes all cores.", low=0, high=256)
    fast_cpu: bool = _setting(
        True,
        "Compute faster on the processor",
        "With fewer digits (bfloat16), where the processor is faster with them, which is measured once; results "
        "differ very little.",
    )
    idle_seconds: int = _setting(
        300, "Unload models after (s)", "An idle model gives its memory back.", low=10, high=86_400
    )
    helper: bool = _setting(
        True,
        "Keep a helper for the terminal",
        "A process that keeps the models loaded for a while, for searches in the terminal and for the window.",
    )
    helper_seconds: int = _setting(
        300, "End the helper after (s)", "Without a question it ends itself.", low=1, high=86_400
    )
    rerank_candidates: int = _setting(
        30, "Rerank candidates", "How many hits are read again with the question.", low=0, high=200
    )
    rerank_milliseconds: int = _setting(
        1500,
        "Time for reranking (ms)",
        "What is not read again in this time stays in the order it was found in.",
        low=100,
        high=60_000,
    )
    rerank_instruction: str = _setting(
        "",
        "Instruction for rerankers",
        "A sentence in English for models that take one; empty leaves them their own.",
        scope="library",
    )
    hub: str = _setting(
        "https://huggingface.co",
        "Download models from",
        "The address of the Hugging Face hub or of a mirror of it; asked only when you install a model.",
    )
    mcp: str = _setting(
        "read",
        "Assistants",
        "What programs with an assistant may do that you have set up with 'desktop-kb mcp': nothing, search and read, "
        "or add notes too. What they ask is kept for 30 days, to be seen in the window.",
        scope="library",
        choices=("off", "read", "write"),
    )
    readers: str = _setting(
        "both",
        "Reading models",
        "The English one is fast; the multilingual one reads every language. With both, what one has read first "
        "the other reads a second time, in the background, and a question finds passages in other languages too.",
        scope="library",
        choices=("both", "multilingual", "english"),
        shown=False,
    )
    diffusion: bool = _setting(
        False,
        "Count what is like good answers",
        "A passage gains where good answers are among its neighbours. 'How good is this library?' switches it on "
        "where 20 or more questions of your own gain by it, and off where they do not.",
        scope="library",
    )
    embedder: str = _setting(
        "",
        "Embedding model",
        "Reads documents and questions in place of the program's multilingual one.",
        scope="library",
        shown=False,
    )
    reranker: str = _setting(
        "", "Reranker", "Reads the best hits again with the question.", scope="library", shown=False
    )
    trash_days: int = _setting(
        30,
        "Days in the trash",
        "Removed documents can be restored this long.",
        scope="library",
        low=1,
        high=3650,
    )

    def change(self, name: str, value: object) -> Settings:
        """These settings with one value changed.

        Raises:
            UsageProblem: there is no such setting, or the value is not valid.
        """
        field = next((f for f in dataclasses.fields(self) if f.name == name), None)
        if field is None:
            raise UsageProblem("setting", name=name, value=_shown(value), reason="no-such-setting")
        meta = field.metadata
        kind = type(field.default)
        if kind is tuple and isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = tuple(value)
        if type(value) is not kind:
            raise UsageProblem(
                "setting", name=name, value=_shown(value), reason="of-type", type=kind.__name__
            )
        if meta["choices"] and value not in meta["choices"]:
            raise UsageProblem(
                "setting", name=name, value=_shown(value), reason="one-of", choices=meta["choices"]
            )
        if name == "hub" and not str(value).startswith(("https://", "http://")):
            raise UsageProblem("setting", name=name, value=_shown(value), reason="an-address")
        if meta["folder"] and value and not Path(str(value)).expanduser().is_absolute():
            raise UsageProblem("setting", name=name, value=_shown(value), reason="a-whole-path")
        low, high = meta["low"], meta["high"]
        if low is not None and not (isinstance(value, int) and low <= value <= high):
            raise UsageProblem("setting", name=name, value=_shown(value), reason="within", low=low, high=high)
        changed: dict[str, Any] = {name: value}
        return dataclasses.replace(self, **changed)


def _shown(value: object) -> JsonValue:
    """A value as plain JSON, for a problem's details."""
    return value if isinstance(value, str | int | float | None) else repr(value)


#: Old names of settings, which files of older versions may have.
_RENAMED = {"copy_pdfs": "copy_files"}
_OF_A_LIBRARY = frozenset(f.name for f in dataclasses.fields(Settings) if f.metadata["scope"] == "library")


def load(person: Path, library: Path | None = None) -> Settings:
    """The settings in these two files; missing ones have their defaults.

    Raises:
        UsageProblem: a value in a file is not valid; the file is not changed.
        StorageProblem: a file cannot be read.
    """
    settings = Settings()
    for path in (person, library):
        if path is not None and path.exists():
            for name, value in _read(path).items():
                changed = settings.change(name, value)
                if path == person or name in _OF_A_LIBRARY:
                    settings = changed
    return settings


def person_file() -> Path:
    """Where the person's settings are."""
    return paths.config_dir() / "settings.json"


def load_person() -> Settings:
    """The person's settings; see `load`."""
    return load(person_file())


def load_for(library: str | Path | None) -> Settings:
    """The person's settings with those of a library (None: the person's own), which need not be there;
    see `load`."""
    return load(person_file(), paths.library(library).settings)


def save(path: Path, changes: Mapping[str, object]) -> None:
    """Write `changes` into the file atomically: after a kill it is the old file or the new one, and what another
    program writes at the same time is lost in neither order.

    Raises:
        UsageProblem: a value is not valid; nothing is changed.
        StorageProblem: the file cannot be read or written.
    """
    with _alone(path):
        _write(path, changes)


def update(path: Path, change: Callable[[Settings], Mapping[str, object]]) -> None:
    """Write what `change` makes of the file's settings, which no other program changes meanwhile; see `save`."""
    with _alone(path):
        _write(path, change(load(path)))


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with locked(path.with_suffix(".lock"), _WAIT_S) as is_ours:
        if not is_ours:
            late = TimeoutError(errno.ETIMEDOUT, "another program writes it")
            raise StorageProblem("io-error", path=str(path), reason=reason_of(late))
        yield


def _write(path: Path, changes: Mapping[str, object]) -> None:
    values = _read(path) if path.exists() else {}
    for name, value in changes.items():
        Settings().change(name, value)
        values[name] = value
    try:
        write_whole(path, json.dumps(values, indent=2).encode("utf-8"))
    except OSError as error:
        raise not_written(error, str(path)) from error


def _read(path: Path) -> dict[str, object]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StorageProblem("io-error", path=str(path), reason=reason_of(error)) from error
    except ValueError as error:
        raise StorageProblem("io-error", path=str(path), reason="not-json", said=str(error)) from error
    if not isinstance(values, dict):
        raise StorageProblem("io-error", path=str(path), reason="no-settings")
    for old, new in _RENAMED.items():
        if old in values:
            values.setdefault(new, values.pop(old))
    if values.get("embedder"):
        values.setdefault("readers", "multilingual")  # chosen before there were two, it read alone
    return values
