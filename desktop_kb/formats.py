"""The file formats that can be read: ONE table with everything that depends on the format.

A new format is a row here and a reader in `extract/`. Adding, copying, listing, previewing, filtering,
packaging and the documentation all follow the table.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

#: Formats that the side bar and filters treat as one (`type:note`).
Group = Literal["pdf", "note", "office", "book", "mail", "web", "picture", "archive"]
#: How a document is previewed: its pages as they look, drawn from the file or from pictures of them, its
#: reading, or its reading with Markdown's formatting and pictures.
Preview = Literal["pages", "pictures", "text", "marked"]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Attributes:
        type: stored with every document, printed as `type`, used by the filter `type:`.
        suffixes: in lower case; the first is used for new files.
        mime: its MIME types.
        reader: the module in `extract/` whose `read` reads such files, in the child.
        label: its name for people; a key of the translations.
        copied: whether the setting `copy_files` applies to it, else `copy_notes`.
        editable: whether the note editor can open it.
        lockable: whether such a file can have a password.
        pictured: whether its pages can be drawn, so that words in them can be recognized.
        linewise: suffixes of files whose lines are never joined.
        page: what a page of it is called, a key of the translations.
        rows: its lines with ' | ' in them are rows of tables, and are previewed so.
        dressed: its reader tells how words look, which is asked again when it is shown.
        runs: a system may run such a file when it is opened, so it is never handed to the system's program.
    """

    type: str
    suffixes: tuple[str, ...]
    mime: tuple[str, ...]
    reader: str
    label: str
    group: Group
    preview: Preview = "text"
    copied: bool = True
    editable: bool = False
    lockable: bool = False
    pictured: bool = False
    linewise: tuple[str, ...] = ()
    page: str = "p. {page}"
    rows: bool = False
    dressed: bool = False
    runs: bool = False


PDF: Final = Format(
    type="pdf",
    suffixes=(".pdf",),
    mime=("application/pdf",),
    reader="pdf",
    label="PDF",
    group="pdf",
    preview="pages",
    lockable=True,
    pictured=True,
)
MARKDOWN: Final = Format(
    type="markdown",
    suffixes=(".md", ".markdown", ".mdown", ".mkd"),
    mime=("text/markdown",),
    reader="markdown",
    label="note",
    group="note",
    preview="marked",
    copied=False,
    editable=True,
    rows=True,
)
TEXT: Final = Format(
    type="text",
    suffixes=(".txt", ".text", ".adoc", ".log", ".csv", ".tsv"),
    mime=("text/plain", "text/csv", "text/tab-separated-values"),
    reader="plain",
    label="text",
    group="note",
    copied=False,
    editable=True,
    linewise=(".csv", ".tsv", ".log"),
)
HTML: Final = Format(
    type="html",
    suffixes=(".html", ".htm", ".xhtml", ".mhtml", ".mht"),
    mime=("text/html", "application/xhtml+xml", "multipart/related"),
    reader="webpage",
    label="web page",
    group="web",
    copied=False,
    rows=True,
    dressed=True,
)

SUBTITLES: Final = Format(
    type="subtitles",
    suffixes=(".srt", ".vtt"),
    mime=("application/x-subrip", "text/vtt"),
    reader="subtitles",
    label="subtitles",
    group="note",
    copied=False,
    editable=True,
)
JSON: Final = Format(
    type="json",
    suffixes=(".json", ".jsonl", ".ndjson"),
    mime=("application/json",),
    reader="json_text",
    label="JSON",
    group="note",
    copied=False,
    editable=True,
)
CODE: Final = Format(
    type="code",
    suffixes=(
        *(".py", ".js", ".ts", ".jsx", ".tsx", ".vue", ".java", ".kt", ".scala"),
        *(".c", ".h", ".cpp", ".hpp", ".cs", ".go", ".rs", ".rb", ".php", ".swift"),
        *(".lua", ".pl", ".r", ".m", ".sql", ".sh", ".ps1", ".bat", ".css"),
        *(".toml", ".yaml", ".yml", ".ini", ".cfg", ".conf"),
    ),
    mime=(),  # a file manager has other programs for these
    reader="code",
    label="code",
    group="note",
    copied=False,
    editable=True,
    runs=True,
)
CANVAS: Final = Format(
    type="canvas",
    suffixes=(".canvas", ".excalidraw"),
    mime=(),
    reader="canvas",
    label="canvas",
    group="note",
    copied=False,
)
EVERNOTE: Final = Format(
    type="evernote",
    suffixes=(".enex",),
    mime=("application/enex+xml",),
    reader="evernote",
    label="Evernote notes",
    group="note",
    copied=False,
)
ORG: Final = Format(
    type="org",
    suffixes=(".org",),
    mime=("text/x-org", "text/org"),
    reader="org",
    label="Org file",
    group="note",
    copied=False,
    editable=True,
)
RST: Final = Format(
    type="rst",
    suffixes=(".rst",),
    mime=("text/x-rst",),
    reader="rst",
    label="reStructuredText",
    group="note",
    copied=False,
    editable=True,
)
TEX: Final = Format(
    type="tex",
    suffixes=(".tex",),
    mime=("text/x-tex", "application/x-tex"),
    reader="tex",
    label="LaTeX",
    group="note",
    copied=False,
    editable=True,
    dressed=True,
)
JOPLIN: Final = Format(
    type="joplin",
    suffixes=(".jex",),
    mime=(),
    reader="joplin",
    label="Joplin notes",
    group="note",
    copied=False,
)
NOTEBOOK: Final = Format(
    type="notebook",
    suffixes=(".ipynb",),
    mime=("application/x-ipynb+json",),
    reader="notebook",
    label="Jupyter notebook",
    group="note",
    copied=False,
)

EML: Final = Format(
    type="eml",
    suffixes=(".eml",),
    mime=("message/rfc822",),
    reader="eml",
    label="mail",
    group="mail",
    rows=True,
    dressed=True,
)
MSG: Final = Format(
    type="msg",
    suffixes=(".msg",),
    mime=("application/vnd.ms-outlook",),
    reader="msg",
    label="Outlook mail",
    group="mail",
    rows=True,
    dressed=True,
)

WORD: Final = Format(
    type="docx",
    suffixes=(".docx", ".docm", ".dotx", ".dotm"),
    mime=("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
    reader="docx",
    label="Word document",
    group="office",
    rows=True,
    dressed=True,
)
PRESENTATION: Final = Format(
    type="pptx",
    suffixes=(".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"),
    mime=("application/vnd.openxmlformats-officedocument.presentationml.presentation",),
    reader="pptx",
    label="presentation",
    group="office",
    page="slide {page}",
    rows=True,
    dressed=True,
)
SPREADSHEET: Final = Format(
    type="xlsx",
    suffixes=(".xlsx", ".xlsm", ".xltx", ".xltm"),
    mime=("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
    reader="xlsx",
    label="spreadsheet",
    group="office",
    page="sheet {page}",
    rows=True,
)
ODT: Final = Format(
    type="odt",
    suffixes=(".odt", ".ott"),
    mime=("application/vnd.oasis.opendocument.text",),
    reader="odf",
    label="OpenDocument text",
    group="office",
    rows=True,
    dressed=True,
)
ODS: Final = Format(
    type="ods",
    suffixes=(".ods", ".ots"),
    mime=("application/vnd.oasis.opendocument.spreadsheet",),
    reader="odf",
    label="OpenDocument spreadsheet",
    group="office",
    page="sheet {page}",
    rows=True,
)
ODP: Final = Format(
    type="odp",
    suffixes=(".odp", ".otp"),
    mime=("application/vnd.oasis.opendocument.presentation",),
    reader="odf",
    label="OpenDocument presentation",
    group="office",
    page="slide {page}",
    rows=True,
    dressed=True,
)
RTF: Final = Format(
    type="rtf",
    suffixes=(".rtf",),
    mime=("application/rtf", "text/rtf"),
    reader="rtf",
    label="Rich Text",
    group="office",
    rows=True,
    dressed=True,
)
EPUB: Final = Format(
    type="epub",
    suffixes=(".epub",),
    mime=("application/epub+zip",),
    reader="epub",
    label="book",
    group="book",
    rows=True,
    dressed=True,
)

DOC: Final = Format(
    type="doc",
    suffixes=(".doc", ".dot", ".wps", ".wpt"),
    mime=("application/msword", "application/vnd.ms-works", "application/wps-office.wps"),
    reader="office97",
    label="Word 97 document",
    group="office",
    rows=True,
    dressed=True,
)
PPT: Final = Format(
    type="ppt",
    suffixes=(".ppt", ".pps", ".pot", ".dps", ".dpt"),
    mime=("application/vnd.ms-powerpoint", "application/wps-office.dps"),
    reader="office97",
    label="PowerPoint 97 presentation",
    group="office",
    page="slide {page}",
    rows=True,
)
XLS: Final = Format(
    type="xls",
    suffixes=(".xls", ".xlt", ".xlsb", ".et", ".ett"),
    mime=(
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
        "application/wps-office.et",
    ),
    reader="office97",
    label="Excel 97 spreadsheet",
    group="office",
    page="sheet {page}",
    rows=True,
)

OFD: Final = Format(
    type="ofd",
    suffixes=(".ofd",),
    mime=("application/ofd",),
    reader="ofd",
    label="OFD",
    group="office",
    rows=True,
)

MBOX: Final = Format(
    type="mbox",
    suffixes=(".mbox",),
    mime=("application/mbox",),
    reader="mbox",
    label="mailbox",
    group="mail",
)
ARCHIVE: Final = Format(
    type="archive",
    # RAR is not read, and its reader says what to do instead
    suffixes=(".zip", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".rar"),
    mime=(),  # a file manager has other programs for these
    reader="archive",
    label="archive",
    group="archive",
)
PICTURE: Final = Format(
    type="picture",
    suffixes=(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"),
    mime=(),  # a file manager has other programs for these
    reader="picture",
    label="picture",
    group="picture",
    preview="pictures",
    pictured=True,
)

FORMATS: Final = (
    *(PDF, MARKDOWN, TEXT, HTML, SUBTITLES, JSON, CODE, CANVAS, EVERNOTE, ORG, RST, TEX, JOPLIN, NOTEBOOK),
    *(WORD, PRESENTATION, SPREADSHEET, ODT, ODS, ODP, RTF, EPUB),
    *(DOC, PPT, XLS, OFD),
    *(EML, MSG, MBOX, ARCHIVE),
    PICTURE,
)
#: Every group that has a format, with its name for people, in the side bar's order.
GROUPS: Final[dict[Group, str]] = {
    "note": "Notes",
    "pdf": "PDF",
    "office": "Office files",
    "book": "Books",
    "web": "Web pages",
    "mail": "Mail",
    "archive": "Archives",
    "picture": "Pictures",
}
SUFFIXES: Final = tuple(suffix for format in FORMATS for suffix in format.suffixes)

_BY_TYPE: Final = {format.type: format for format in FORMATS}
_BY_SUFFIX: Final = {suffix: format for format in FORMATS for suffix in format.suffixes}


def format_of(path: Path) -> Format | None:
    """The format of a file by its suffix; None if there is none."""
    return _BY_SUFFIX.get(path.suffix.lower())


def by_type(type: str) -> Format:
    """The format of a type.

    Raises:
        KeyError: there is none, which is a bug.
    """
    return _BY_TYPE[type]


def shown_as(type: str) -> Format:
    """The format in which to show a document of this type; for a type that only a newer program or a
    stranger's library knows, plain text under that name."""
    return _BY_TYPE.get(type) or dataclasses.replace(TEXT, type=type, label=type, editable=False)


def previewed_as(type: str, *, part: bool) -> Preview:
    """How a document of this type is previewed: a part of a file has no pages to be drawn from."""
    how = shown_as(type).preview
    return "text" if part and how in ("pages", "pictures") else how


def can_be_edited(type: str, *, part: bool) -> bool:
    """Whether the note editor can open it: it cannot write into a file."""
    return shown_as(type).editable and not part


def types_named(name: str) -> tuple[str, ...]:
    """The types with this name: that of a type, a group ('note', 'notes') or a suffix ('md')."""
    name = name.casefold()
    if name in _BY_TYPE:
        return (name,)
    if grouped := tuple(format.type for format in FORMATS if format.group in (name, name.removesuffix("s"))):
        return grouped
    format = _BY_SUFFIX.get(f".{name}")
    return (format.type,) if format else (name,)
