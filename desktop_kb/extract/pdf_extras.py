"""What a PDF page says beside its text: values of form fields, comments, text typed onto it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pypdfium2.raw as pdfium

from desktop_kb.extract.own_marks import PageMark, page_mark
from desktop_kb.extract.parts import LARGEST, Part

_Box = tuple[float, float, float, float]

_MOST = 2_000  # annotations of a page
_LONGEST = 4_000  # characters of one
_FAR = 1e4  # points; as far as the page goes
_ABOVE, _LEAD = 24.0, 4.0  # points above a field in which its label stands
_PASSWORD = 1 << 13  # of a field's flags (ISO 32000-2, table 228)
_TICKED: Final = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_WRITTEN: Final = (
    *(pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX),
)
_NO_TEXT: Final = (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP, pdfium.FPDF_ANNOT_UNKNOWN)
#: Names of the state 'ticked' that say nothing.
_PLAIN: Final = frozenset(("", "on", "off", "1", "true", "x"))


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the text of a page; `files` are attached to it, `marks` are its highlights and comments."""

    said: tuple[str, ...] = ()
    files: int = 0
    marks: tuple[PageMark, ...] = ()


def beside_text(page: Any, textpage: Any, form: Any) -> Beside:
    """The filled fields of the page, each with its label, and its annotations, each with the text it marks.

    Args:
        form: PDFium's handle of the document's form; None if it has none.
    """
    count = min(pdfium.FPDFPage_GetAnnotCount(page), _MOST)
    if count <= 0:
        return Beside()
    annotations = [found for n in range(count) if (found := pdfium.FPDFPage_GetAnnot(page, n))]
    kinds = [pdfium.FPDFAnnot_GetSubtype(annotation) for annotation in annotations]
    fields = [
        _box(annotation)
        for annotation, kind in zip(annotations, kinds, strict=True)
        if kind == pdfium.FPDF_ANNOT_WIDGET and form
    ]
    said, marks = [], []
    for annotation, kind in zip(annotations, kinds, strict=True):
        if kind == pdfium.FPDF_ANNOT_WIDGET:
            found = _field(annotation, form, textpage, fields) if form else ""
        elif kind in _NO_TEXT:
            found = ""
        else:
            comment = _string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
            words = " ".join(" ".join(_marked(annotation, textpage)).split())
            found = f"“{words}” {comment}" if comment and words else comment
            if mark := page_mark(annotation, kind, words, comment, textpage, _box(annotation)):
                marks.append(mark)
        if found:
            said.append(found[:_LONGEST])
        pdfium.FPDFPage_CloseAnnot(annotation)
    return Beside(tuple(said), kinds.count(pdfium.FPDF_ANNOT_FILEATTACHMENT), tuple(marks))


def attached_files(document: Any) -> int:
    """How many files the document holds."""
    return max(0, int(pdfium.FPDFDoc_GetAttachmentCount(document.raw)))


def files_of(document: Any) -> Iterator[Part]:
    """The files attached to the document, or else to its pages; readable while the document is open."""
    count = attached_files(document)
    for number in range(count):
        yield from _file(pdfium.FPDFDoc_GetAttachment(document.raw, number), document)
    for index in range(0 if count else len(document)):
        page = document[index]
        for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST)):
            annotation = pdfium.FPDFPage_GetAnnot(page, number)
            if pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_FILEATTACHMENT:
                yield from _file(pdfium.FPDFAnnot_GetFileAttachment(annotation), document)
            pdfium.FPDFPage_CloseAnnot(annotation)
        page.close()


def _file(attachment: Any, document: Any) -> Iterator[Part]:
    if attachment:
        size = ctypes.c_ulong()
        pdfium.FPDFAttachment_GetFile(attachment, None, 0, ctypes.byref(size))
        name = _string(pdfium.FPDFAttachment_GetName, attachment)
        yield Part(name, int(size.value), partial(_bytes, attachment, int(size.value), document))


def _bytes(attachment: Any, size: int, _document: Any) -> bytes:
    """The content of an attachment, of which PDFium knows as long as the document is kept open."""
    if size > LARGEST:
        raise MemoryError
    buffer, out = ctypes.create_string_buffer(size), ctypes.c_ulong()
    pdfium.FPDFAttachment_GetFile(attachment, buffer, size, ctypes.byref(out))
    return buffer.raw


# --- annotations -----------------------------------------------------------------------------


def _marked(annotation: Any, textpage: Any) -> Iterator[str]:
    """The text under the areas that a highlight covers."""
    if not pdfium.FPDFAnnot_HasAttachmentPoints(annotation):
        return
    area = pdfium.FS_QUADPOINTSF()
    for number in range(min(pdfium.FPDFAnnot_CountAttachmentPoints(annotation), _MOST)):
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, number, ctypes.byref(area)):
            across, along = (area.x1, area.x2, area.x3, area.x4), (area.y1, area.y2, area.y3, area.y4)
            yield textpage.get_text_bounded(
                min(across), min(along), max(across), max(along), errors="replace"
            )


# --- forms -----------------------------------------------------------------------------------


def _field(annotation: Any, form: Any, textpage: Any, fields: Sequence[_Box]) -> str:
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in _TICKED:
        if not pdfium.FPDFAnnot_IsChecked(form, annotation):
            return ""
        name = _string(pdfium.FPDFAnnot_GetFormFieldExportValue, form, annotation)
        value = "☑" if name.lower() in _PLAIN else f"☑ {name}"
    elif kind in _WRITTEN and not pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
        value = _string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
    else:
        return ""
    if not value:
        return ""
    label = (
        _label(_box(annotation), textpage, fields, to_tick=kind in _TICKED)
        or _string(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
        or _string(pdfium.FPDFAnnot_GetFormFieldName, form, annotation).rpartition(".")[2]
    )
    return f"{label.rstrip(' :：.…_')}: {value}" if label else value


def _label(box: _Box, textpage: Any, fields: Sequence[_Box], *, to_tick: bool) -> str:
    """The text before a field, up to the field before it, or behind a box to tick; else above it."""
    left, bottom, right, top = box
    level = [other for other in fields if min(other[3], top) - max(other[1], bottom) > 0.5 * (top - bottom)]
    begin = max((other[2] for other in level if other[2] <= left + 1), default=left - _FAR)
    end = min((other[0] for other in level if other[0] >= right - 1), default=right + _FAR)

    def said(*within: float) -> str:
        return " ".join(textpage.get_text_bounded(*within, errors="replace").split())

    before = said(begin, bottom, left, top)
    if to_tick:
        # A box stands before its words, unless the first of a line has words before it alone.
        behind = said(right, bottom, end, top)
        return behind or before
    return before or said(left, top, right, top + min(_ABOVE, top - bottom + _LEAD))


def _box(annotation: Any) -> _Box:
    """Left, bottom, right and top, in points."""
    box = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(box))
    return box.left, min(box.top, box.bottom), box.right, max(box.top, box.bottom)


def _string(read: Any, *of: Any) -> str:
    """What a function of PDFium writes into a buffer as UTF-16, on one line."""
    size = read(*of, None, 0)
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    read(*of, buffer, size)
    raw = bytes(buffer)[: size - 2].decode("utf-16-le", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in raw).split())
