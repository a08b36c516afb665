"""What an assistant can call: each tool with its arguments and what it does with an open library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from desktop_kb.errors import Problem, UsageProblem
from desktop_kb.kb import KnowledgeBase, Reading
from desktop_kb.mcp.answers import LONGEST, NOTICE, Answer, Quoter, clipped, fitted
from desktop_kb.mcp.arguments import Argument
from desktop_kb.records import Document, Hit, Layout, Link, SearchMode, SearchResult, SearchSort, parse_link
from desktop_kb.rows import listed, with_error
from desktop_kb.sentences import left_out

#: Hits, or documents, of one answer.
MOST: Final = 20
#: The longest word that is not cut.
_WORD_CHARS: Final = 100
#: Keys of a hit with words of the document.
_WORDS: Final = frozenset(("text", "shown"))
_NOTE_CHARS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Attributes:
        run: does it with an open library and what `arguments.checked` made of what was given.
        writes: whether it changes the library.
    """

    name: str
    title: str
    help: str
    run: Callable[[KnowledgeBase, Mapping[str, Any]], Answer]
    arguments: tuple[Argument, ...] = ()
    writes: bool = False


# --- hits ------------------------------------------------------------------------------------


def _search(kb: KnowledgeBase, given: Mapping[str, Any]) -> Answer:
    result = kb.search(
        given["query"],
        limit=given["limit"],
        filters=given["filters"],
        mode=given["mode"],
        rerank=given["rerank"],
        sort=given["sort"],
    )
    return _hits(kb, result, f"for: {clipped(given['query'])}")


def _similar(kb: KnowledgeBase, given: Mapping[str, Any]) -> Answer:
    document, named = _document(kb, given)
    start = given["start"] if given["start"] is not None else named.start
    end = given["end"] if given["end"] is not None else named.end
    return _hits(
        kb,
        kb.similar(document.document, start, end, limit=given["limit"]),
        f"near {kb.link(document.document)}",
    )


def _hits(kb: KnowledgeBase, result: SearchResult, which: str) -> Answer:
    """The terminal's object of a search; the words of a hit stand once, quoted, in `shown`."""
    quoter, record = Quoter(), result.as_json()
    rows = record.pop("hits")
    record["query"] = clipped(record["query"])
    said = [left_out(code) for code in result.degraded]

    def build(count: int, chars: int) -> Answer:
        hits, blocks = [], []
        for hit, row in zip(result.hits[:count], rows, strict=False):
            words = hit.shown if len(hit.shown) <= chars else f"{hit.shown[:chars]} …"
            quoted = quoter.quote(words, hit.title, hit.document)
            link = kb.link(hit.document, start=hit.start, end=hit.end)
            row = {name: clipped(value) for name, value in row.items() if name not in _WORDS}
            hits.append({**row, "link": link, "shown": quoted, "cut": len(hit.shown) > chars})
            blocks.append(f"[{hit.rank}]{_place(hit)} {link}\n{quoted}")
        more = len(rows) - count
        head = f"{count} passages {which}" if rows else "Nothing in the library answers this."
        left = [f"{more} more did not fit; ask for fewer, or read them by their documents."] if more else []
        text = "\n\n".join([head, *said, *blocks, *left])
        return Answer({**record, "notice": NOTICE, "left_out": more, "hits": hits}, text)

    return fitted(build, len(rows), max((len(hit.shown) for hit in result.hits), default=0))


def _place(hit: Hit) -> str:
    page = f" page {hit.page}," if hit.page is not None else ""
    return f"{' (weak)' if hit.weak else ''}{page}"


# --- reading ---------------------------------------------------------------------------------


def _read(kb: KnowledgeBase, given: Mapping[str, Any]) -> Answer:
    document, named = _document(kb, given)
    text, layout = kb.text(document.document)
    start = given["start"] if given["start"] is not None else named.start or 0
    if start == 0 and named.page is not None and given["start"] is None:
        start = _page_of(layout, named.page).start
    end = given["end"] if given["end"] is not None else named.end
    start, end = min(start, len(text)), len(text) if end is None else min(end, len(text))
    return _words(kb, document, text, layout, start, max(start, end))


def _page(kb: KnowledgeBase, given: Mapping[str, Any]) -> Answer:
    document, named = _document(kb, given)
    text, layout = kb.text(document.document)
    number = given["page"] or named.page or 1
    page = _page_of(layout, number)
    end = layout.pages[number].start if number < len(layout.pages) else len(text)
    return _words(kb, document, text, layout, page.start, end)


def _page_of(layout: Layout, number: int) -> Any:
    if number > len(layout.pages):
        raise UsageProblem("no-page", page=number, pages=len(layout.pages))
    return layout.pages[number - 1]


def _words(kb: KnowledgeBase, document: Document, text: str, layout: Layout, start: int, end: int) -> Answer:
    """`[start, end)` of a text as it is read, as far as it fits, and where to read on."""
    quoter, reading = Quoter(), Reading(text, layout.edits, start, min(end, start + LONGEST))

    def build(_count: int, chars: int) -> Answer:
        words = reading.text[:chars]
        if chars < len(reading.text):  # rather between words than within one, where there are some
            words = words[: max(words.rfind("\n"), words.rfind(" "), chars - _WORD_CHARS) + 1]
        until = reading.end(len(words)) if len(words) < len(reading.text) else min(end, start + LONGEST)
        more = until < end
        pages = [layout.page_at(start), layout.page_at(max(start, until - 1))] if layout.pages else None
        link = kb.link(document.document, start=start, end=until)
        quoted = quoter.quote(words, document.title, document.document)
        record = {
            "notice": NOTICE,
            **_named(document),
            "start": start,
            "end": until,
            "length": len(text),
            "pages": pages,
            "of_pages": len(layout.pages) or None,
            "next": until if more else None,
            "link": link,
            "shown": quoted,
        }
        where = f"characters {start} to {until} of {len(text)}" + (f", page {pages[0]}" if pages else "")
        on = f"\n\nIt goes on: read it with start={until}." if more else ""
        return Answer(record, f"{where}, {link}\n{quoted}{on}")

    return fitted(build, 1, max(len(reading.text), 1))


def _outline(kb: KnowledgeBase, given: Mapping[str, Any]) -> Answer:
    document, _ = _document(kb, given)
    text, layout = kb.text(document.document)
    quoter, first = Quoter(), given["offset"]
    headings = layout.headings[first:]

    def build(count: int, _chars: int) -> Answer:
        rows, lines = [], []
        for heading in headings[:count]:
            page = layout.page_at(heading.start)
            title = heading.title if len(heading.title) <= 200 else f"{heading.title[:200]} …"
            rows.append({"level": heading.level, "title": title, "page": page, "start": heading.start})
            place = f"page {page}, " if page else ""
            lines.append(f"{'  ' * min(heading.level - 1, 8)}{title} ({place}start={heading.start})")
        more = len(headings) - count
        record = {
            "notice": NOTICE,
            **_named(document),
            "length": len(text),
            "of_pages": len(layout.pages) or None,
            "link": kb.link(document.document),
            "headings": rows,
            "next": first + count if more else None,
        }
        head = f"{len(text)} characters" + (f", {len(layout.pages)} pages" if layout.pages else "")
        listed = (
            quoter.quote("\n".join(lines), document.title, document.document)
            if rows
            else "It has no headings."
        )
        on = f"\n\n{more} more headings: outline with offset={first + count}." if more else ""
        return Answer(record, f"{head}, {record['link']}\n{listed}{on}")

    return fitted(build, len(headings))


# --- the library -----------------------------------------------------------------------------


def _list(kb: KnowledgeBase, given: Mapping[str, Any]) -> Answer:
    found = kb.documents([given["filter"]] if given["filter"] else [], sort=given["sort"])
    quoter, first = Quoter(), given["offset"]
    shown = found[first : first + given["limit"]]

    def build(count: int, _chars: int) -> Answer:
        rows, lines = [], []
        for document in shown[:count]:
            link = kb.link(document.document)
            rows.append({**clipped(listed(document)), "link": link})
            tags = " ".join(f"#{tag}" for tag in document.tags)
            said = (clipped(document.title), document.type, document.date or "", clipped(tags), link)
            lines.append(" · ".join(" ".join(part.split()) for part in said if part))
        until = first + count
        following = until if until < len(found) else None
        record = {"notice": NOTICE, "total": len(found), "next": following, "documents": rows}
        names = quoter.quote("\n".join(lines), "titles and tags in the library") if rows else ""
        on = f"\n\nThere are more: list with offset={until}." if following is not None else ""
        return Answer(record, f"{len(found)} documents\n{names}{on}")

    return fitted(build, len(shown))


def _tags(kb: KnowledgeBase, given: Mapping[str, Any]) -> Answer:
    counts = Counter(tag for document in kb.documents() for tag in document.tags)
    tags = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    quoter = Quoter()

    def build(count: int, _chars: int) -> Answer:
        rows = [{"tag": clipped(tag), "documents": number} for tag, number in tags[:count]]
        lines = "\n".join(f"{row['tag']} ({row['documents']})" for row in rows)
        names = quoter.quote(lines, "tags in the library") if rows else ""
        record = {"notice": NOTICE, "total": len(tags), "tags": rows}
        return Answer(record, f"{len(tags)} tags, each with the number of its documents\n{names}")

    return fitted(build, len(tags))


def _add_note(kb: KnowledgeBase, given: Mapping[str, Any]) -> Answer:
    batch = kb.add_text(given["text"], title=given["title"], tags=given["tags"])
    (report,) = kb.follow(batch)
    if report.error is not None:
        raise Problem(report.error.code, path=report.path, **report.error.details)
    document = kb.get(report.path)
    link = kb.link(document.document)
    record = {
        **clipped(with_error(report)),
        "document": document.document,
        "title": clipped(document.title),
        "link": link,
    }
    return Answer(record, f"The note is in the library: {link}")


def _named(document: Document) -> dict[str, Any]:
    fields = ("document", "path", "part", "title", "type", "date", "tags")
    return {name: clipped(getattr(document, name)) for name in fields}


def _document(kb: KnowledgeBase, given: Mapping[str, Any]) -> tuple[Document, Link]:
    """The document that is meant: by its id, its path, or a link, which may name a passage too.

    Raises:
        Problem: there is none ('not-found'), or the link leads to another library ('link-elsewhere').
    """
    named = given["document"].strip()
    link = parse_link(named)
    if link is None:
        return kb.get(named), Link(kb.id)
    if link.library != kb.id:
        raise UsageProblem("link-elsewhere")
    return kb.document(link.document), link


# --- the table -------------------------------------------------------------------------------

_DOCUMENT: Final = Argument(
    "document", "string", "Its id, path, or link, as another tool gave it", required=True, high=4_000
)
_LIMIT: Final = Argument("limit", "number", "How many at most", 8, low=1, high=MOST)
_OFFSET: Final = Argument("offset", "number", "From which on, as `next` of the answer before", 0, high=10**9)
_MODES: Final = get_args(SearchMode)
_SORTS: Final = get_args(SearchSort)
_PLACE_HELP: Final = "in characters from the beginning of the document"
_START: Final = Argument("start", "number", f"Where it begins, {_PLACE_HELP}", high=10**9)
_END: Final = Argument("end", "number", f"Where it ends, {_PLACE_HELP}", high=10**9)

TOOLS: Final = (
    Tool(
        "search",
        "Search the library",
        "Find passages of the person's own documents that answer a question, in English or Chinese, by words and by "
        'meaning. Knows "a phrase", -without, tag:work, year>=2020, type:pdf in the query. Each passage has a link '
        "to cite it with. Weak ones are probably no answer.",
        _search,
        (
            Argument("query", "string", "The question, or words", required=True, high=4_000),
            _LIMIT,
            Argument("filters", "strings", "Such as tag:cars or date:2024-03", (), high=20),
            Argument("mode", "string", "By words, by meaning (vectors), or both", "hybrid", choices=_MODES),
            Argument("rerank", "string", "'off' is faster and less exact", "auto", choices=("auto", "off")),
            Argument("sort", "string", "Best first, or newest, or by title", "score", choices=_SORTS),
        ),
    ),
    Tool(
        "read",
        "Read a document",
        "The text of a document, or of a part of it. A long one comes in parts: go on at `next`.",
        _read,
        (_DOCUMENT, _START, _END),
    ),
    Tool(
        "page",
        "Read a page",
        "The text of one page of a document that has pages, such as a PDF.",
        _page,
        (_DOCUMENT, Argument("page", "number", "Its number, from 1", low=1, high=10**6)),
    ),
    Tool(
        "outline",
        "Outline of a document",
        "The headings of a document, each with its page and where it begins.",
        _outline,
        (_DOCUMENT, _OFFSET),
    ),
    Tool(
        "list",
        "List documents",
        "The documents of the library, or those that match a filter such as tag:cars, type:pdf, year>=2020.",
        _list,
        (
            Argument("filter", "string", "Such as tag:cars", ""),
            Argument("sort", "string", "The newest first, or by title; score: as they came", "score", choices=_SORTS),
            Argument("limit", "number", "How many at most", MOST, low=1, high=MOST),
            _OFFSET,
        ),
    ),
    Tool("tags", "Tags of the library", "The tags that documents have, and how many have each.", _tags),
    Tool(
        "similar",
        "Similar passages",
        "Passages of other documents that say something near a document, or near a passage of it.",
        _similar,
        (_DOCUMENT, _START, _END, _LIMIT),
    ),
    Tool(
        "add_note",
        "Add a note",
        "Keep a text as a new note in the library, in Markdown. Only where the person allows it; nothing is ever "
        "changed or deleted.",
        _add_note,
        (
            Argument("text", "string", "The note, in Markdown", required=True, high=_NOTE_CHARS),
            Argument("title", "string", "Its title; else its first line is", "", high=200),
            Argument("tags", "strings", "Tags for it", (), high=20),
        ),
        writes=True,
    ),
)  # fmt: skip
