"""How things look in a terminal: hits, reports, progress. Chinese characters count as two columns."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from desktop_kb import sentences
from desktop_kb.cli.output import is_styled
from desktop_kb.cli.speech import language, words_of
from desktop_kb.formats import shown_as
from desktop_kb.kb import KnowledgeBase, Status
from desktop_kb.records import (
    LATE_INTERACTION,
    SIZE_CLASS,
    Check,
    Document,
    Estimate,
    Evaluation,
    Exact,
    FileReport,
    Hit,
    Inspection,
    Measured,
    ModelRecord,
    Passage,
    SearchResult,
)
from desktop_kb.sentences import size_text


def report_line(report: FileReport) -> str:
    """One line for one file of an `add`."""
    line = f"{report.status:<10} {report.location.shown}"
    if report.error:
        return f"{line}: {words_of(report.error)}"
    if report.status in ("indexed", "updated"):
        pages = f"{report.pages} pages, " if report.pages else ""
        return f"{line}  ({pages}{report.chunks} passages, {report.seconds:.1f} s)" + _unread(report)
    return line


def document_line(document: Document) -> str:
    """One line for one document of a `list`."""
    tags = " ".join(f"#{tag}" for tag in document.tags)
    error = f"  {words_of(document.error)}" if document.error else _unread(document)
    error += "".join(f"\n{'':<11}{words_of(finding)}" for finding in document.standing)
    head = f"{document.document}  {document.status:<7} {document.type:<8} {document.chunks:>5}"
    head += f"  {document.date}" if document.date else ""
    return f"{head}  {document.title}  {tags}  {document.location.shown}{error}"


def _unread(read: Document | FileReport) -> str:
    """What of a file cannot be found, each on a line of its own."""
    return "".join(f"\n{'':<11}{words_of(finding)}" for finding in read.unread)


def check_line(check: Check) -> str:
    """One line for one check of a `doctor`."""
    name = sentences.check_name(check.name, language())
    return f"{'ok ' if check.ok else 'BAD'}  {name}: {words_of(check)}"


def status_lines(status: Status) -> str:
    """What `status` prints."""
    lines = [
        f"library    {status.library}{'' if status.writable else '  (read-only: for searching)'}",
        f"documents  {status.documents} ready, {status.failed} failed, {status.trash} in the trash"
        + (f", {status.gone} gone from where they were" if status.gone else "")
        + (f", {status.away} on a drive that is not connected" if status.away else ""),
        f"passages   {status.chunks}, {status.coverage:.0%} of them in a language the model reads",
        *_pages(status),
        f"size       {status.size_bytes / 2**20:.1f} MiB",
        f"model      {status.model or 'none: search works by words'} {status.device}".rstrip(),
        *([f"reranker   {status.reranker} {status.reranker_device}".rstrip()] if status.reranker else []),
        *(
            f"reader     {one.id}: {one.done} of {one.of} documents"
            for one in status.readers
            if len(status.readers) > 1
        ),
        *(
            [f"read anew  {status.built} of {status.documents} documents, for {status.building}"]
            if status.building
            else []
        ),
        f"waiting    {status.waiting}" + (f", indexed by {status.indexer}" if status.indexer else ""),
    ]
    return "\n".join(lines)


def _pages(status: Status) -> list[str]:
    """How many pages there are, and how many of them hold what cannot be found."""
    pages = sum(status.page_states.values())
    unread = {
        kind: status.page_states[kind]
        for kind in ("none", "drawn", "garbled")
        if status.page_states.get(kind)
    }
    names = {"none": "pictures without text", "drawn": "only drawn", "garbled": "garbled"}
    said = "".join(f", {count} {names[kind]}" for kind, count in unread.items())
    return [f"pages      {pages}{said}"] if pages else []


def coverage_line(status: Status) -> str | None:
    """Said when the model does not read part of the library."""
    if status.model is None or not status.chunks or status.coverage > 0.999:
        return None
    share = 1 - status.coverage
    return (
        f"{share:.0%} of the passages are in a language that {status.model} does not read: "
        "they are found by words. A multilingual model will find them by meaning too."
    )


def model_line(record: ModelRecord) -> str:
    """One line for one model of a `models list`."""
    state = "in use" if record.in_use else "installed" if record.installed else ""
    languages = "" if record.languages is None else ", ".join(record.languages).replace("*", "many languages")
    size = "" if record.size_bytes is None else size_text(record.size_bytes)
    facts = ", ".join(part for part in (languages, size, record.licence or "") if part)
    line = f"{state:<10} {record.task:<7} {record.id:<44} {facts}"
    return f"{line}\n{'':<19}{record.who}" if record.who else line


def print_chunks(chunks: Sequence[Passage]) -> None:
    """The passages of a file, each with its place and size."""
    for number, chunk in enumerate(chunks, 1):
        page = f"  p. {chunk.page}" if chunk.page else ""
        print(
            f"── {number}  [{chunk.start}, {chunk.end})  {chunk.tokens} tokens{page}  {' › '.join(chunk.heading)}"
        )
        print(chunk.text)


_LEVELS = "▁▂▃▄▅▆▇█"
_GAUGE = 40  # columns of the longest bar


def print_inspection(inspection: Inspection) -> None:
    """The passages, each with the curve of its sentences, then sizes and cohesion.

    One sign a pair of neighbouring sentences, the higher the more alike; ' ' where the model does
    not read one of them. The sign behind '|' is that of the cut.
    """
    first = 0
    for number, chunk in enumerate(inspection.chunks, 1):
        page = f"  p. {chunk.page}" if chunk.page else ""
        place = f"[{chunk.start}, {chunk.end})  {chunk.tokens} tokens{page}  {' › '.join(chunk.heading)}"
        print(f"── {number}  {place}")
        last = first + len(chunk.sentences)
        signs = [_level(value) for value in inspection.curve[first:last].tolist()]
        if signs and last < len(inspection.sentences):
            signs[-1] = f"|{signs[-1]}"
        print(f"   {''.join(signs)}".rstrip())
        print(chunk.text)
        first = last
    print()
    most = max((count for _, count in inspection.sizes), default=1)
    for least, count in inspection.sizes:
        bar = "█" * math.ceil(count / most * _GAUGE)
        print(f"{least:>4} to {least + SIZE_CLASS - 1:<4} tokens  {bar} {count}")
    inside, across = inspection.cohesion
    print(f"{len(inspection.chunks)} passages of {len(inspection.sentences)} sentences")
    if inside is not None and across is not None:
        print(f"neighbours are alike {inside:.2f} within passages, {across:.2f} across their borders")
    elif inside is None:
        print(
            "no curve: "
            + ("the model does not read this language" if inspection.model else "there is no model")
        )


def _level(value: float) -> str:
    if math.isnan(value):
        return " "
    return _LEVELS[min(len(_LEVELS) - 1, max(0, int(value * len(_LEVELS))))]


_LANGUAGES = {"en": "English", "zh": "Chinese", "": "all"}
_ACROSS = {"en": "English on Chinese text", "zh": "Chinese on English text", "": "across languages"}
_ITEMS = {
    "title": "title",
    "name": "file name",
    "date": "a date in the text",
    "number": "a number in the text",
}


#: Columns of a way's name.
_NAMES = 34


def print_evaluation(evaluation: Evaluation) -> None:
    """The ablation as a table for each language."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in evaluation.kinds.items())
    print(
        f"{evaluation.documents} of {evaluation.of} documents, {evaluation.characters:,} characters; "
        f"questions: {kinds}"
    )
    for part in evaluation.languages:
        name = _LANGUAGES.get(part.language, part.language)
        print(f"\n{_bold(name)}, {part.questions} questions")
        print(f"  {'':<{_NAMES}}{'MRR@10':<22}{'read in 1,000 chars':<22}gain")
        for measured in part.stages:
            print(_measured_line(measured))
        print("  cut (fused)")
        for measured in part.cuts:
            print(_measured_line(measured))
        if all(measured.name != "vectors" for measured in part.stages):
            print(f"  {'vectors':<{_NAMES}}not covered: no model here reads this language")
    for part in evaluation.across:
        print(f"\n{_bold(_ACROSS[part.language])}, {part.questions} questions")
        for measured in part.stages:
            print(_measured_line(measured))
    print()
    for item in evaluation.items:
        weak = f", {item.weak} of these called weak" if item.weak else ""
        print(f"asked for by {_ITEMS[item.kind]}: {item.first} of {item.asked} come first{weak}")
    if evaluation.repeated is not None:
        print(f"of the text of the first ten hits, {evaluation.repeated.mean:.0%} stands in an earlier one")
    print(f"95 % intervals in brackets, over questions; {evaluation.seconds:.0f} s", flush=True)


def _measured_line(measured: Measured) -> str:
    line = f"  {measured.name:<{_NAMES}}{_interval(measured.rank):<22}{_interval(measured.read):<22}"
    if measured.gain is None:
        return line.rstrip()
    gain = measured.gain
    sure = "" if gain.low <= 0 <= gain.high else " *"
    return f"{line}{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] over {measured.against}{sure}"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def print_result(kb: KnowledgeBase, result: SearchResult) -> None:
    """The hits of one query with the reasons, each with all its places and copies."""
    print(f"\n{_bold(result.query)}")
    weak = False
    for hit in result.hits:
        if hit.weak and not weak:
            print("   ── weak matches ──")
            weak = True
        _print_hit(kb, hit)
        print(f"   {hit.location.shown}")
        for place in hit.places:
            if place != hit.path:
                print(f"   {place}")
        for copy in hit.copies:
            print(f"   {'the same' if copy.identical else 'much the same'}: {copy.location.shown}")
    if not result.hits:
        print("   Nothing in the library answers this.")
    read, wanted = result.reranked
    for code in result.degraded:
        print(f"   {sentences.left_out(code, language(), read=read, wanted=wanted)}")
    for sentence in sentences.searched_besides(result.also, language()):
        print(f"   {sentence}")
    count = len(result.hits)
    print(f"   {count} passage{'s' * (count != 1)} in {result.seconds['total']:.2f} s", flush=True)


def _print_hit(kb: KnowledgeBase, hit: Hit) -> None:
    place = [hit.type, *([hit.date] if hit.date else []), *hit.heading]
    if hit.page is not None:
        place.append(shown_as(hit.type).page.format(page=hit.page_label or hit.page))
    if hit.recognized:
        place.append("read in the picture")
    print(f"{hit.rank:>2} {_bold(hit.title)}  {' › '.join(place)}  [{hit.score:.2f}]")
    best = kb.reading(hit.document, *hit.best)
    shown = hit.shown.replace(best, f"»{best}«", 1) if best and best != hit.shown else hit.shown
    for line in _wrapped(shown):
        print(f"   {line}")
    print(f"   {_why(hit)}")


#: What the question names of a hit.
_EXACT: Final[dict[Exact, str]] = {
    "title": "named by its title",
    "name": "named by its file's name",
    "number": "holds the number or code",
    "phrase": "holds the very words",
}


def _why(hit: Hit) -> str:
    parts = [_EXACT[hit.why.exact]] if hit.why.exact else []
    for why in hit.why.legs:
        terms = f": {', '.join(why.terms[:8])}" if why.terms else ""
        parts.append(f"{why.leg} {why.score:.2f} (#{why.rank}{terms})")
    if hit.why.rerank:
        model = hit.why.rerank.model
        named = "" if model == LATE_INTERACTION else f" ({model})"
        parts.append(f"rerank {hit.why.rerank.score:.2f}{named}")
    parts += hit.why.filters
    return "why: " + " · ".join(parts)


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if is_styled(sys.stdout) else text


def _wrapped(text: str) -> Iterator[str]:
    """Lines that fit the terminal; Chinese breaks anywhere, other text between words."""
    import wcwidth  # here: only what prints passages needs its tables

    columns = min(shutil.get_terminal_size((100, 24)).columns, 120) - 4
    for paragraph in text.splitlines():
        yield from wcwidth.wrap(paragraph, columns)
