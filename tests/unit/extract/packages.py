"""Small office files, books and archives, written by hand."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#: Declarations of the namespaces that the pieces use.
SPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_RELATIONS}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:c="c" xmlns:dgm="dgm" xmlns:v="v"'
    ' xmlns:wps="wps" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def zipped(entries: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file of these entries."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in entries.items():
            package.writestr(name, content)
    return held.getvalue()


def tarred(entries: Mapping[str, bytes]) -> bytes:
    """A tar archive of these entries."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as file:
        for name, content in entries.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return held.getvalue()


def relations(**targets: str) -> str:
    """A part of relations: `rId1="kind target"`; a target after '!' is outside the file."""
    lines = []
    for identity, said in targets.items():
        kind, target = said.split(" ")
        outside = ' TargetMode="External"' if target.startswith("!") else ""
        lines.append(
            f'<Relationship Id="{identity}" Type="{_RELATIONS}/{kind}" Target="{target.lstrip("!")}"{outside}/>'
        )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'


def core(**said: str) -> str:
    """The core properties of an office file."""
    values = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    return f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties">{values}</cp:coreProperties>'


def office(main: str, root: str, more: Mapping[str, str | bytes], said: Mapping[str, str] | None) -> bytes:
    """An office file with this main part."""
    entries: dict[str, str | bytes] = {"_rels/.rels": relations(rId1=f"officeDocument {main}"), main: root}
    if said is not None:
        entries["_rels/.rels"] = relations(
            rId1=f"officeDocument {main}", rId2="core-properties docProps/core.xml"
        )
        entries["docProps/core.xml"] = core(**said)
    return zipped({**entries, **more})


def docx(
    body: str, *, said: Mapping[str, str] | None = None, refers: str = "", **parts: str | bytes
) -> bytes:
    """A Word document; `parts` are its other parts by their kinds ('styles'), with their content."""
    listed = {kind: f"{kind} {kind}.xml" for kind in parts}
    listed |= dict(pair.split("=") for pair in refers.split(";") if pair)
    more: dict[str, str | bytes] = {"word/_rels/document.xml.rels": relations(**listed)}
    for kind, content in parts.items():
        more[f"word/{kind}.xml"] = (
            f"<w:{kind} {SPACES}>{content}</w:{kind}>" if isinstance(content, str) else content
        )
    root = f"<w:document {SPACES}><w:body>{body}</w:body></w:document>"
    return office("word/document.xml", root, more, said)


def p(text: str, properties: str = "") -> str:
    """A paragraph of Word."""
    held = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{held}<w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: list[str]) -> str:
    """A table of Word; a cell that begins with '<' is its content."""
    written = [
        "".join(f"<w:tc>{cell if cell.startswith('<') else p(cell)}</w:tc>" for cell in row) for row in rows
    ]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in written) + "</w:tbl>"


def chart(title: str, series: str) -> str:
    """A chart of DrawingML."""
    return (
        f"<c:chartSpace {SPACES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:rich>"
        f"</c:tx></c:title><c:plotArea>{series}</c:plotArea></c:chart></c:chartSpace>"
    )


def series(name: str, labels: list[str], values: list[str]) -> str:
    """A series of a chart."""

    def points(texts: list[str]) -> str:
        return "".join(f'<c:pt idx="{at}"><c:v>{text}</c:v></c:pt>' for at, text in enumerate(texts))

    return (
        f"<c:ser><c:tx><c:strRef><c:strCache>{points([name])}</c:strCache></c:strRef></c:tx>"
        f"<c:cat><c:strRef><c:strCache>{points(labels)}</c:strCache></c:strRef></c:cat>"
        f"<c:val><c:numRef><c:numCache>{points(values)}</c:numCache></c:numRef></c:val></c:ser>"
    )


def pptx(
    *slides: str,
    said: Mapping[str, str] | None = None,
    refers: str = "",
    again: int = 0,
    **parts: str | bytes,
) -> bytes:
    """A presentation; the first slide `refers` to the parts 'ppt/slides/NAME.xml' and stands `again` at the end."""
    ids = "".join(f'<p:sldId id="{n}" r:id="s{n}"/>' for n in [*range(len(slides)), *[0] * again])
    root = f"<p:presentation {SPACES}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"
    listed = {f"s{n}": f"slide slides/slide{n}.xml" for n in range(len(slides))}
    more: dict[str, str | bytes] = {
        "ppt/_rels/presentation.xml.rels": relations(**listed, a0="commentAuthors slides/authors.xml"),
        "ppt/slides/_rels/slide0.xml.rels": relations(
            **dict(pair.split("=") for pair in refers.split(";") if pair)
        ),
    }
    more |= {
        f"ppt/slides/slide{n}.xml": (
            f"<p:sld {SPACES}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
        )
        for n, shapes in enumerate(slides)
    }
    more |= {f"ppt/slides/{name}.xml": content for name, content in parts.items()}
    return office("ppt/presentation.xml", root, more, said)


def shape(*texts: str, kind: str = "") -> str:
    """A shape on a slide, with paragraphs; `kind` is the placeholder that it fills."""
    place = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>' if kind else ""
    lines = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in texts)
    return f"<p:sp>{place}<p:txBody>{lines}</p:txBody></p:sp>"


def xlsx(
    sheets: Mapping[str, str],
    *,
    said: Mapping[str, str] | None = None,
    texts: list[str] | None = None,
    styles: str = "",
    refers: str = "",
    properties: str = "",
    **parts: str | bytes,
) -> bytes:
    """A spreadsheet: names of sheets and their rows; the first sheet `refers` to 'xl/worksheets/NAME.xml'."""
    listed = "".join(f'<sheet name="{name}" r:id="s{n}"/>' for n, name in enumerate(sheets))
    root = f'<workbook xmlns="{SHEET}" {SPACES}>{properties}<sheets>{listed}</sheets></workbook>'
    related = {f"s{n}": f"worksheet worksheets/sheet{n}.xml" for n in range(len(sheets))}
    related |= {"t0": "sharedStrings sharedStrings.xml", "t1": "styles styles.xml"}
    shared = "".join(text if text.startswith("<si>") else f"<si><t>{text}</t></si>" for text in texts or [])
    more: dict[str, str | bytes] = {
        "xl/_rels/workbook.xml.rels": relations(**related),
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{shared}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{SHEET}">{styles}</styleSheet>',
        "xl/worksheets/_rels/sheet0.xml.rels": relations(
            **dict(pair.split("=") for pair in refers.split(";") if pair)
        ),
    }
    more |= {
        f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{SHEET}"><sheetData>{rows}</sheetData></worksheet>'
        for n, rows in enumerate(sheets.values())
    }
    more |= {f"xl/worksheets/{name if '.' in name else name + '.xml'}": held for name, held in parts.items()}
    return office("xl/workbook.xml", root, more, said)


def cells(*rows: list[str | float]) -> str:
    """Rows of cells: texts in their place, numbers; '' is no cell."""
    written = []
    for at, row in enumerate(rows, 1):
        held = ""
        for place, value in enumerate(row):
            name = f"{chr(65 + place)}{at}"
            if isinstance(value, str) and value:
                held += f'<c r="{name}" t="inlineStr"><is><t>{value}</t></is></c>'
            elif value != "":
                held += f'<c r="{name}"><v>{value}</v></c>'
        written.append(f'<row r="{at}">{held}</row>')
    return "".join(written)


#: Declarations of the namespaces of OpenDocument.
ODF = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "draw", "presentation", "style", "meta", "chart", "manifest")
    )
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def odf(
    kind: str, body: str, *, styles: str = "", meta: str = "", more: Mapping[str, str | bytes] | None = None
) -> bytes:
    """An OpenDocument file: a 'text', 'spreadsheet' or 'presentation'."""
    automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    content = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {ODF}>{automatic}{content}</office:document-content>",
            "meta.xml": f"<office:document-meta {ODF}><office:meta>{meta}</office:meta></office:document-meta>",
            **(more or {}),
        }
    )


#: What says where the package file of a book is.
CONTAINER = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'


def epub(
    chapters: Mapping[str, str], *, spine: str = "", meta: str = "", more: Mapping[str, str] | None = None
) -> bytes:
    """A book; `spine` are the chapters' numbers in their order, `more` has other files with their kind before '|'."""
    html = "application/xhtml+xml"
    named = {f"c{at}": (name, html) for at, name in enumerate(chapters)}
    items = "".join(
        f'<item id="{i}" href="{name}" media-type="{kind}"/>' for i, (name, kind) in named.items()
    )
    held = {}
    for name, content in (more or {}).items():
        kind, _, text = content.partition("|")
        media = html if kind == "nav" else kind
        items += f'<item id="x{name}" href="{name}" media-type="{media}" properties="{kind}"/>'
        held[f"OPS/{name}"] = text
    order = "".join(f'<itemref idref="c{at}"/>' for at in (spine or "".join(map(str, range(len(chapters))))))
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:opf="http://www.idpf.org/2007/opf">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{meta}</metadata>'
        f"<manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    entries = {"META-INF/container.xml": CONTAINER, "OPS/book.opf": opf, **held}
    return zipped({**entries, **{f"OPS/{name}": text for name, text in chapters.items()}})
