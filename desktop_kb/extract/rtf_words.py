"""The words of Rich Text: what they stand for, and which of them begin a destination (RTF 1.9.1)."""

from __future__ import annotations

from typing import Final

#: Windows' code pages of the character sets that fonts have; others use that of the document.
CHARSETS: Final = {
    **{
        77: "mac_roman",
        128: "cp932",
        129: "cp949",
        130: "johab",
        134: "gb18030",
        136: "cp950",
        161: "cp1253",
    },
    **{
        162: "cp1254",
        163: "cp1258",
        177: "cp1255",
        178: "cp1256",
        186: "cp1257",
        204: "cp1251",
        222: "cp874",
    },
    **{238: "cp1250", 255: "cp437"},
}
_PAGES: Final = {936: "gb18030", 10000: "mac_roman", 65001: "utf-8", 54936: "gb18030", 1361: "johab"}
LETTERS: Final = {
    **{
        "tab": "\t",
        "emdash": "—",
        "endash": "–",
        "lquote": "‘",
        "rquote": "’",
        "ldblquote": "“",
        "rdblquote": "”",
    },
    **{
        "bullet": "•",
        "line": "\n",
        "emspace": " ",
        "enspace": " ",
        "qmspace": " ",
        "softline": "\n",
        "lbr": "\n",
    },
}
SIGNS: Final = {"~": "\u00a0", "_": "-", "\\": "\\", "{": "{", "}": "}", "\n": "\n", "\r": "\n", "\t": "\t"}
#: Destinations whose text is not on the page, or is there a second time.
SKIPPED: Final = frozenset(
    {
        *(
            "colortbl",
            "pict",
            "header",
            "headerl",
            "headerr",
            "headerf",
            "footer",
            "footerl",
            "footerr",
            "footerf",
        ),
        *(
            "objdata",
            "objclass",
            "objname",
            "shprslt",
            "nonshppict",
            "listtable",
            "listoverridetable",
        ),
        *(
            "revtbl",
            "rsidtbl",
            "generator",
            "xmlnstbl",
            "themedata",
            "colorschememapping",
            "latentstyles",
            "datastore",
        ),
        *(
            "bkmkstart",
            "bkmkend",
            "filetbl",
            "ftnsep",
            "ftnsepc",
            "ftncn",
            "aftnsep",
            "aftnsepc",
            "aftncn",
            "tc",
            "xe",
        ),
        *(
            "template",
            "private",
            "sp",
            "pnseclvl",
            "pntxta",
            "pntxtb",
            "fontemb",
            "fontfile",
            "falt",
            "panose",
        ),
        *(
            "operator",
            "comment",
            "doccomm",
            "company",
            "category",
            "manager",
            "hlinkbase",
            "revtim",
            "printim",
            "buptim",
        ),
        *(
            "atnid",
            "atndate",
            "atnref",
            "atntime",
            "atnparent",
            "atnicn",
            "upr",
            "mmathPr",
            "background",
            "userprops",
        ),
    }
)
#: Destinations that begin with '\*' and are read all the same.
READ: Final = frozenset(
    {"shpinst", "shppict", "annotation", "atnauthor", "footnote", "ud", "pntext", "cs", "do"}
)
#: Destinations that are kept apart: asides of their paragraph, what a field is told to do, and what the file says of
#: itself.
APART: Final = frozenset(
    {"footnote", "annotation", "shptxt", "atnauthor", "title", "author", "subject", "keywords", "fldinst"}
)


def code_page(number: int) -> str:
    """The encoding of a code page, if Python has it."""
    page = _PAGES.get(number, f"cp{number}")
    try:
        b"".decode(page)
    except LookupError:
        return "cp1252"
    return page
