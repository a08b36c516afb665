"""One small file of each kind of office files, books, mail and archives, each with a sentence of its own:
`python every_kind.py FOLDER`, for the proof of a frozen program and for tests. It prints what each says."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from compounds import compound
from office97_files import box, doc, looks, ppt, xls
from packages import cells, docx, epub, odf, p, pptx, shape, tarred, xlsx, zipped
from seven_zips import seven_zipped

#: What each file says; the members of the archives are documents of their own.
SAID = {
    "plan.docx": "The document says that pump one is deep",
    "talk.pptx": "The presentation says that pump two is loud",
    "list.xlsx": "The workbook says that pump three is cheap",
    "plan.odt": "The open document says that pump four is 绿色",
    "list.ods": "The open workbook says that pump five is far",
    "talk.odp": "The open slides say that pump six is small",
    "rich.rtf": "The rich text says that pump sixteen is 红色",
    "book.epub": "The book says that pump seventeen is round",
    "mail.eml": "The mail says that pump seven leaks",
    "mail.msg": "The message says that pump eight hums",
    "box.mbox": "The mailbox says that pump nine rests",
    "letter.doc": "The letter says that pump ten is blue",
    "slides.ppt": "The slides say that pump eleven is new",
    "sheet.xls": "The sheet says that pump twelve is sold",
    "paper.ofd": "The paper says that pump thirteen is lent",
    "many.zip": "The archive says that pump fourteen is old",
    "more.tar.gz": "The other archive says that pump fifteen is lost",
    "third.7z": "The third archive says that pump eighteen is 黄色",
}
_P = "<text:p>{}</text:p>"
_TABLE = (
    "<table:table><table:table-row><table:table-cell>{}</table:table-cell></table:table-row></table:table>"
)
_SLIDE = "<draw:page><draw:frame><draw:text-box>{}</draw:text-box></draw:frame></draw:page>"
_CONTAINERS = {
    **{"box.mbox": "1 Pump.eml", "many.zip": "in/报告.md", "more.tar.gz": "note.txt"},
    "third.7z": "报告/三.md",
}


def part_of(name: str) -> str:
    """The part that says it; '' where the file itself does."""
    return _CONTAINERS.get(name, "")


def write(folder: Path) -> None:
    """Write all of them."""
    for name, said in SAID.items():
        (folder / name).write_bytes(_bytes(name, said))


def _bytes(name: str, said: str) -> bytes:
    match name:
        case "plan.docx":
            return docx(p(said))
        case "talk.pptx":
            return pptx(shape(said))
        case "list.xlsx":
            return xlsx({"Pumps": cells([said])})
        case "plan.odt":
            return odf("text", _P.format(said))
        case "list.ods":
            return odf("spreadsheet", _TABLE.format(_P.format(said)))
        case "talk.odp":
            return odf("presentation", _SLIDE.format(_P.format(said)))
        case "rich.rtf":
            letters = "".join(c if c < "\x80" else f"\\u{ord(c)}?" for c in said)
            return f"{{\\rtf1\\ansi {letters}}}".encode("ascii")
        case "book.epub":
            return epub({"a.xhtml": f"<html><body><p>{said}</p></body></html>"})
        case "mail.eml":
            return f"From: a@a.example\nSubject: Pump\n\n{said}.\n".encode()
        case "mail.msg":
            body = {"__substg1.0_1000001F": f"{said}.".encode("utf-16-le")}
            return compound({"__properties_version1.0": b"\0" * 32, **body})
        case "box.mbox":
            return f"From a@a.example Mon May  1 10:11:12 2023\nSubject: Pump\n\n{said}.\n".encode()
        case "letter.doc":
            return doc((f"{said}.\r", looks()))
        case "slides.ppt":
            return ppt([box(said)])
        case "sheet.xls":
            return xls("Pumps", (said, 12.0))
        case "paper.ofd":
            return zipped(_ofd(said))
        case "many.zip":
            return zipped({"in/报告.md": f"{said}.\n"})
        case "third.7z":
            return seven_zipped({"报告/三.md": f"{said}.\n".encode()})
    return gzip.compress(tarred({"note.txt": f"{said}.\n".encode()}))


def _ofd(said: str) -> dict[str, str]:
    text = f'<TextObject Boundary="9 9 99 9" Size="4"><TextCode X="0" Y="4">{said}</TextCode></TextObject>'
    return {
        "OFD.xml": "<OFD><DocBody><DocRoot>D/Document.xml</DocRoot></DocBody></OFD>",
        "D/Document.xml": '<Document><Pages><Page ID="1" BaseLoc="Content.xml"/></Pages></Document>',
        "D/Content.xml": f"<Page><Content><Layer>{text}</Layer></Content></Page>",
    }


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    sys.stdout.write(json.dumps([[name, part_of(name), said] for name, said in SAID.items()]))
