"""Files with the suffixes of office programs before 2007, by what they hold.

Behind .doc or .xls may stand anything that those programs open: besides their own files newer ones that were
renamed, RTF, web pages (what many systems export as Excel), the XML of Office 2003, and text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from desktop_kb.errors import Problem
from desktop_kb.extract import doc, docx, office_xml, plain, ppt, pptx, rtf, webpage, xls, xlsx
from desktop_kb.extract.cell_formats import BinaryWorkbook, Workbook
from desktop_kb.extract.compound import MAGIC, Compound
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.mhtml import unpack
from desktop_kb.extract.package import Package
from desktop_kb.extract.writer import Writer
from desktop_kb.records import Extracted

_ZIP: Final = b"PK\x03\x04"
_RTF: Final = b"{\\rtf"
_BINARY_BOOK: Final = "xl/workbook.bin"
_NEWER: Final = {"word/": docx.read, "ppt/": pptx.read, "xl/": xlsx.read}
#: Streams of programs before Office 97 and of others that had the same suffixes.
_OLDER: Final = ("Book", "PP40", "MatOST", "CONTENTS")
_LOOKED_AT = 4_096  # bytes


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: damaged, encrypted, not-text, unpacks-too-large; old-format where it is older than Office 97.
    """
    if data.startswith(MAGIC):
        return _compound(data)
    if data.startswith(_ZIP):
        return _packed(data, path)
    if data[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \r\n\t\0").startswith(_RTF):
        return rtf.read(data, path)
    return _text(data, path)


def _compound(data: bytes) -> Extracted:
    file = Compound(data)
    if file.has("WordDocument"):
        return doc.read(file)
    if file.has(ppt.STREAM):
        return ppt.read(file)
    if file.has("Workbook") or file.has("Book"):
        stream = file.stream("Workbook") or file.stream("Book")
        if xls.is_encrypted(stream):
            raise Problem("encrypted")
        writer = Writer()
        xls.write(data, writer, Workbook(stream))
        return writer.extracted(*file.facts())
    if file.has("EncryptedPackage"):
        raise Problem("encrypted")
    raise Problem("old-format" if any(file.has(name) for name in _OLDER) else "damaged")


def _packed(data: bytes, path: Path) -> Extracted:
    package = Package(data)
    if _BINARY_BOOK in package:
        writer = Writer()
        xls.write(data, writer, BinaryWorkbook(package))
        return writer.extracted("", {})
    for folder, reader in _NEWER.items():
        if any(name.startswith(folder) for name in package.names):
            return reader(data, path)
    raise Problem("damaged")


def _text(data: bytes, path: Path) -> Extracted:
    """What Word and Excel open though it is not theirs.

    Raises:
        Problem: old-format: it is no text either.
    """
    try:
        text = decode(data, html=True)
    except Problem as problem:
        raise Problem("old-format") from problem
    if found := office_xml.read(data):
        return found
    start = text[:_LOOKED_AT].lower()
    if "<html" in start or "<table" in start or unpack(data) is not None:
        return webpage.read(data, path)
    return plain.laid_out(text, linewise="\t" in start)
