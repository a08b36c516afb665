"""Small files as Office 97 writes them, for tests: [MS-DOC], [MS-PPT], [MS-XLS]."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from compounds import Storage, compound, summary

_PAGE = 512
_TEXT_AT = 2 * _PAGE


def doc(
    *paragraphs: tuple[str, bytes],
    notes: str = "",
    unread: Sequence[tuple[int, int]] = (),
    letters: Sequence[tuple[int, int, bytes]] = (),
    narrow: bool = False,
    version: int = 193,
    flags: int = 0,
    more: Storage | None = None,
    structures: Mapping[int, tuple[bytes, bytes]] = MappingProxyType({}),
) -> bytes:
    """A Word file: paragraphs with their marks and what is said of each (style, then modifiers).

    Args:
        notes: the text of footnotes.
        unread: ranges of characters that were deleted.
        letters: ranges of characters, with what is said of them.
        narrow: the text is in one byte a character, in two pieces.
        structures: further ones of the table stream by their numbers, each with what stands behind it.
    """
    text = "".join(one for one, _ in paragraphs)
    whole, width = text + notes, 1 if narrow else 2
    body = whole.encode("cp1252" if narrow else "utf-16-le", "surrogatepass")
    units = len(body) // width
    main = len(text.encode("utf-16-le", "surrogatepass")) // 2
    text_end = _TEXT_AT + len(body)
    pages_at = -(-text_end // _PAGE)
    places, said = [_TEXT_AT], []
    for one, looks in paragraphs:
        places.append(places[-1] + width * (len(one.encode("utf-16-le", "surrogatepass")) // 2))
        said.append(looks)
    paragraph_page = _page(places, said, 13, lambda looks: bytes([len(looks) // 2 + 1]) + looks)
    deleted: list[tuple[int, int, bytes]] = []
    at = 0
    for start, end, said_of_it in sorted([*letters, *((*one, modifiers((0x0800, 1))) for one in unread)]):
        deleted += [(at, start, b""), (start, end, said_of_it)]
        at = end
    deleted.append((at, units, b""))
    deleted = [one for one in deleted if one[0] < one[1]]
    character_places = [_TEXT_AT + width * start for start, _, _ in deleted] + [text_end]
    character_page = _page(character_places, [one[2] for one in deleted], 1, lambda s: bytes([len(s)]) + s)
    cuts = [0, units // 2, units] if narrow else [0, units]
    table = struct.pack(f"<{len(cuts)}I", *cuts)
    for cut in cuts[:-1]:
        where = (_TEXT_AT + cut * width) * (2 if narrow else 1) | (0x40000000 if narrow else 0)
        table += struct.pack("<HIH", 0, where, 0)
    pieces = b"\x01\x02\x00ab" + b"\x02" + struct.pack("<I", len(table)) + table
    bins = struct.pack("<III", _TEXT_AT, text_end, pages_at)
    more_bins = struct.pack("<III", _TEXT_AT, text_end, pages_at + 1)
    tables = pieces + bins + more_bins
    fib = bytearray(_TEXT_AT)
    struct.pack_into("<HH6xH", fib, 0, 0xA5EC, version, 0x0200 | flags)
    struct.pack_into("<8i", fib, 0x4C, main, units - main, 0, 0, 0, 0, 0, 0)
    for index, start, length in (
        (33, 0, len(pieces)),
        (13, len(pieces), len(bins)),
        (12, len(pieces) + len(bins), len(more_bins)),
    ):
        struct.pack_into("<II", fib, 0x9A + 8 * index, start, length)
    for index, (structure, behind) in structures.items():
        struct.pack_into("<II", fib, 0x9A + 8 * index, len(tables), len(structure))
        tables += structure + behind
    stream = (bytes(fib) + body).ljust(pages_at * _PAGE, b"\0") + paragraph_page + character_page
    return compound({"WordDocument": stream, "1Table": tables, **(more or {})})


def _page(places: list[int], said: list[bytes], width: int, packed: object) -> bytes:
    page = bytearray(_PAGE)
    struct.pack_into(f"<{len(places)}I", page, 0, *places)
    end = _PAGE - 2
    for index, one in enumerate(said):
        offset = 0
        if one:
            raw = packed(one)  # type: ignore[operator]
            end = (end - len(raw)) // 2 * 2
            page[end : end + len(raw)] = raw
            offset = end // 2
        page[4 * len(places) + width * index] = offset
    page[-1] = len(said)
    return bytes(page)


def modifiers(*said: tuple[int, int]) -> bytes:
    """Modifiers of a paragraph with an operand of one byte or two."""
    return b"".join(
        struct.pack("<HH" if one >> 13 in (2, 4, 5) else "<HB", one, value) for one, value in said
    )


def looks(style: int = 0, *said_of_it: tuple[int, int]) -> bytes:
    """What a page says of a paragraph: its style, and modifiers."""
    said = struct.pack("<H", style) + modifiers(*said_of_it)
    return said + b"\0" * (1 - len(said) % 2)


def record(type: int, body: bytes = b"", *, instance: int = 0, container: bool = False) -> bytes:
    """A record of [MS-PPT]."""
    return struct.pack("<HHI", instance << 4 | (0xF if container else 0), type, len(body)) + body


def held(type: int, *records: bytes, instance: int = 0) -> bytes:
    """A record that holds records."""
    return record(type, b"".join(records), instance=instance, container=True)


def box(
    text: str, kind: int = 4, top: int = 0, left: int = 0, *, table: bool = False, plain: bool = False
) -> bytes:
    """A box with text, drawn on a slide."""
    said = record(4008, text.encode("latin-1")) if plain else record(4000, text.encode("utf-16-le"))
    inside = record(3999, struct.pack("<I", kind)) + said
    more = record(0xF122, struct.pack("<HI", 0x039F, 1), instance=1) if table else b""
    anchor = record(0xF00F, struct.pack("<iiii", left, top, left + 9, top + 9))
    return held(0xF004, more, anchor, record(0xF00D, inside, container=True))


def ppt(
    *slides: Sequence[bytes], notes: str = "", encrypted: bool = False, folder: str = "", title: str = ""
) -> bytes:
    """A PowerPoint file: the shapes of each slide. The first has a title in the document's list; it was saved
    twice, and the second time the first slide's text changed."""
    stream = b""
    places: dict[int, int] = {}

    def put(identity: int, data: bytes) -> None:
        nonlocal stream
        places[identity] = len(stream)
        stream += data

    def saved(before: int) -> int:
        nonlocal stream
        directory = len(stream)
        stream += record(6002, b"".join(struct.pack("<II", i | 1 << 20, p) for i, p in places.items()))
        edit = len(stream)
        stream += record(4085, struct.pack("<IIIIIII", 0, 0, before, directory, 1, 9, 0))
        places.clear()
        return edit

    def slide(shapes: Sequence[bytes]) -> bytes:
        drawing = held(1036, held(0xF002, held(0xF003, *shapes)))
        return held(1006, record(1007, b"\0" * 24), drawing)

    listed = b""
    for number in range(len(slides)):
        listed += record(1011, struct.pack("<IIIII", 10 + number, 0, 0, 256 + number, 0))
        if number == 0:
            listed += record(3999, struct.pack("<I", 0)) + record(
                4000, "Title of the list".encode("utf-16-le")
            )
    lists = [record(4080, listed, container=True)]
    if notes:
        lists.append(held(4080, record(1011, struct.pack("<IIIII", 50, 0, 0, 300, 0)), instance=2))
    put(1, held(1000, *lists))
    put(10, slide([box("an older text of the first slide")]))
    for number, shapes in enumerate(slides[1:], 1):
        put(10 + number, slide(shapes))
    first = saved(0)
    reference = held(0xF004, record(0xF00D, record(3998, struct.pack("<I", 0)), container=True))
    put(10, slide([reference, *slides[0]]))
    if notes:
        drawing = held(1036, held(0xF002, held(0xF003, box(notes, 2), box("*", 4))))
        put(50, held(1008, record(1009, struct.pack("<II", 256, 0)), drawing))
    edit = saved(first)
    token = 0xF3D1C4DF if encrypted else 0xE391C05F
    user = struct.pack("<HHIIII", 0, 4086, 20, 20, token, edit) + b"\0" * 8
    files: Storage = {"PowerPoint Document": stream, "Current User": user}
    said = {"\x05SummaryInformation": summary(title, "Ann")}
    return compound(
        {folder: files, "PowerPoint Document": b"x" * 99, **said} if folder else {**files, **said}
    )


def biff(type: int, body: bytes = b"") -> bytes:
    """A record of a workbook."""
    return struct.pack("<HH", type, len(body)) + body


def biff_text(said: str, head: str = "<H") -> bytes:
    """A text in a record, with its length and in UTF-16."""
    return struct.pack(head, len(said)) + b"\1" + said.encode("utf-16-le")


def xls(name: str, *rows: Sequence[str | float | tuple[float, str]], more: bytes = b"") -> bytes:
    """An Excel file with one sheet; a number may have the code of its format. `more` are records of the sheet."""
    begin, end = struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0), biff(0x0A)
    sheet = biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))
    codes = [""]
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet += biff(0x0204, struct.pack("<HHH", at, column, 0) + biff_text(value))
                continue
            number, code = value if isinstance(value, tuple) else (value, "")
            codes += [] if code in codes else [code]
            sheet += biff(0x0203, struct.pack("<HHHd", at, column, codes.index(code), number))
    book = biff(0x0809, begin)
    for number, code in enumerate(codes):
        book += biff(0x041E, struct.pack("<H", 200 + number) + biff_text(code)) if code else b""
    book += b"".join(
        biff(0xE0, struct.pack("<HH16x", 0, 200 + n if code else 0)) for n, code in enumerate(codes)
    )
    entry = biff_text(name, "<B")
    length = len(book) + 4 + 6 + len(entry) + len(end)
    book += biff(0x85, struct.pack("<IH", length, 0) + entry) + end
    return compound(
        {"Workbook": book + sheet + more + end, "\x05SummaryInformation": summary("Prices of pumps", "Ann")}
    )
