"""How things look in a terminal: hits, reports, progress. Chinese characters count as two columns."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from desktop_kb import sentences
from desktop_kb.cli.output import is_styled, padded, wrapped
from desktop_kb.cli.speech import language, plural, tr, words_of
from desktop_kb.formats import shown_as
from desktop_kb.kb import KnowledgeBase, Status
from desktop_kb.records import (
    LATE_INTERACTION,
    SIZE_CLASS,
    WITHOUT,
    Check,
    Document,
    Estimate,
    Evaluation,
    Exact,
    FileReport,
    Hit,
    Inspection,
    LanguageEvaluation,
    Measured,
    ModelRecord,
    PageState,
    Passage,
    SearchResult,
)
from desktop_kb.sentences import size_text


def report_line(report: FileReport) -> str:
    """One line for one file of an `add`."""
    line = f"{padded(tr(report.status), 10)} {report.location.shown}"
    if report.error:
        return f"{line}{tr(': ')}{words_of(report.error)}"
    if report.status in ("indexed", "updated"):
        facts = [
            *([plural(report.pages, "{n} page", "{n} pages")] if report.pages else []),
            plural(report.chunks, "{n} passage", "{n} passages"),
            tr("{n} s", n=f"{report.seconds:.1f}"),
        ]
        taken = tr("tags and values are those of {path}, which is gone", path=report.tags_from)
        more = f"\n{'':<11}{taken}" if report.tags_from else ""
        return f"{line}  ({tr(', ').join(facts)})" + _unread(report) + more
    return line


def document_line(document: Document) -> str:
    """One line for one document of a `list`."""
    tags = " ".join(f"#{tag}" for tag in document.tags)
    error = f"  {words_of(document.error)}" if document.error else _unread(document)
    error += "".join(f"\n{'':<11}{words_of(finding)}" for finding in document.standing)
    head = f"{document.document}  {padded(tr(document.status), 7)} {document.type:<8} {document.chunks:>5}"
    head += f"  {document.date}" if document.date else ""
    return f"{head}  {document.title}  {tags}  {document.location.shown}{error}"


def _unread(read: Document | FileReport) -> str:
    """What of a file cannot be found, each on a line of its own."""
    return "".join(f"\n{'':<11}{words_of(finding)}" for finding in read.unread)


def check_line(check: Check) -> str:
    """One line for one check of a `doctor`."""
    name = sentences.check_name(check.name, language())
    return f"{tr('ok ') if check.ok else tr('BAD')}  {name}{tr(': ')}{words_of(check)}"


def status_lines(status: Status) -> str:
    """What `status` prints."""
    none = tr("none: search works by words")
    rows = [
        (
            tr("library"),
            f"{status.library}{'' if status.writable else '  ' + tr('(read-only: for searching)')}",
        ),
        (tr("documents"), tr(", ").join(_documents(status))),
        (tr("passages"), _passages(status)),
        *_pages(status),
        (tr("size"), f"{status.size_bytes / 2**20:.1f} MiB"),
        (tr("model"), f"{status.model or none} {status.device}".rstrip()),
        *(
            [(tr("reranker"), f"{status.reranker} {status.reranker_device}".rstrip())]
            if status.reranker
            else []
        ),
        *(
            (tr("reader"), f"{one.id}{tr(': ')}{tr('{n} of {of} documents', n=one.done, of=one.of)}")
            for one in status.readers
            if len(status.readers) > 1
        ),
        *([(tr("read anew"), _read_anew(status))] if status.building else []),
        (tr("waiting"), _waiting(status)),
    ]
    return "\n".join(f"{padded(label, 10)} {said}" for label, said in rows)


def _documents(status: Status) -> list[str]:
    counts = [
        tr("{n} ready", n=status.documents),
        tr("{n} failed", n=status.failed),
        tr("{n} in the trash", n=status.trash),
    ]
    if status.gone:
        counts.append(tr("{n} gone from where they were", n=status.gone))
    if status.away:
        counts.append(tr("{n} on a drive that is not connected", n=status.away))
    return counts


def _passages(status: Status) -> str:
    share = f"{status.coverage:.0%}"
    return tr("{n}, {share} of them in a language the model reads", n=status.chunks, share=share)


def _read_anew(status: Status) -> str:
    return tr(
        "{n} of {of} documents, for {model}", n=status.built, of=status.documents, model=status.building
    )


def _waiting(status: Status) -> str:
    if not status.indexer:
        return str(status.waiting)
    return tr("{n}, indexed by {program}", n=status.waiting, program=status.indexer)


#: Pages that hold what cannot be found.
_UNREAD: Final[dict[PageState, str]] = {
    "none": "{n} pictures without text",
    "drawn": "{n} only drawn",
    "garbled": "{n} garbled",
}


def _pages(status: Status) -> list[tuple[str, str]]:
    """How many pages there are, and how many of them hold what cannot be found."""
    pages = sum(status.page_states.values())
    unread = [tr(said, n=count) for kind, said in _UNREAD.items() if (count := status.page_states.get(kind))]
    return [(tr("pages"), tr(", ").join([str(pages), *unread]))] if pages else []


def coverage_line(status: Status) -> str | None:
    """Said when the model does not read part of the library."""
    if status.model is None or not status.chunks or status.coverage > 0.999:
        return None
    return tr(
        "{share} of the passages are in a language that {model} does not read: "
        "they are found by words. A multilingual model will find them by meaning too.",
        share=f"{1 - status.coverage:.0%}",
        model=status.model,
    )


def model_line(record: ModelRecord) -> str:
    """One line for one model of a `models list`."""
    state = tr("in use") if record.in_use else tr("installed") if record.installed else ""
    languages = [tr("many languages") if name == "*" else name for name in record.languages or ()]
    size = "" if record.size_bytes is None else size_text(record.size_bytes)
    facts = tr(", ").join(part for part in (*languages, size, record.licence or "") if part)
    line = f"{padded(state, 10)} {padded(tr(record.task), 7)} {record.id:<44} {facts}"
    return f"{line}\n{'':<19}{tr(record.who)}" if record.who else line


def print_chunks(chunks: Sequence[Passage]) -> None:
    """The passages of a file, each with its place and size."""
    for number, chunk in enumerate(chunks, 1):
        print(_place(number, chunk))
        print(chunk.text)


def _place(number: int, chunk: Passage) -> str:
    facts = [f"[{chunk.start}, {chunk.end})", tr("{n} tokens", n=chunk.tokens)]
    if chunk.page:
        facts.append(tr("p. {page}", page=chunk.page))
    return f"── {number}  {'  '.join([*facts, ' › '.join(chunk.heading)])}"


_LEVELS = "▁▂▃▄▅▆▇█"
_GAUGE = 40  # columns of the longest bar


def print_inspection(inspection: Inspection) -> None:
    """The passages, each with the curve of its sentences, then sizes and cohesion.

    One sign a pair of neighbouring sentences, the higher the more alike; ' ' where the model does
    not read one of them. The sign behind '|' is that of the cut.
    """
    first = 0
    for number, chunk in enumerate(inspection.chunks, 1):
        print(_place(number, chunk))
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
        last = least + SIZE_CLASS - 1
        print(f"{tr('{least} to {last} tokens', least=f'{least:>4}', last=f'{last:<4}')}  {bar} {count}")
    inside, across = inspection.cohesion
    passages, sentences = len(inspection.chunks), len(inspection.sentences)
    print(tr("{passages} passages of {sentences} sentences", passages=passages, sentences=sentences))
    if inside is not None and across is not None:
        print(
            tr(
                "neighbours are alike {inside} within passages, {across} across their borders",
                inside=f"{inside:.2f}",
                across=f"{across:.2f}",
            )
        )
    elif inside is None:
        print(
            tr("no curve: the model does not read this language")
            if inspection.model
            else tr("no curve: there is no model")
        )


def _level(value: float) -> str:
    if math.isnan(value):
        return " "
    return _LEVELS[min(len(_LEVELS) - 1, max(0, int(value * len(_LEVELS))))]


_LANGUAGES: Final = {"en": "English", "zh": "Chinese", "": "All"}
_ACROSS: Final = {"en": "English on Chinese text", "zh": "Chinese on English text", "": "across languages"}
_KINDS: Final = {
    "heading": "{n} heading",
    "sentence": "{n} sentence",
    "definition": "{n} definition",
    "across": "{n} across",
    "own": "{n} own",
}
_ITEMS: Final = {
    "title": "asked for by title: {first} of {asked} come first",
    "name": "asked for by file name: {first} of {asked} come first",
    "date": "asked for by a date in the text: {first} of {asked} come first",
    "number": "asked for by a number in the text: {first} of {asked} come first",
}


#: Columns of a way's name, and of an interval.
_NAMES: Final = 34
_COLUMNS: Final = 22


def print_evaluation(evaluation: Evaluation) -> None:
    """The ablation as a table for each language."""
    kinds = [tr(_KINDS[kind], n=count) for kind, count in evaluation.kinds.items()]
    print(
        tr(
            "{documents} of {of} documents, {characters} characters; questions: {kinds}",
            documents=evaluation.documents,
            of=evaluation.of,
            characters=f"{evaluation.characters:,}",
            kinds=tr(", ").join(kinds),
        )
    )
    for part in evaluation.languages:
        _print_heading(_LANGUAGES, part)
        columns = padded("MRR@10", _COLUMNS) + padded(tr("read in 1,000 chars"), _COLUMNS)
        print(f"  {'':<{_NAMES}}{columns}{tr('gain')}")
        for measured in part.stages:
            print(_measured_line(measured))
        print(f"  {tr('cut (fused)')}")
        for measured in part.cuts:
            print(_measured_line(measured))
        if all(measured.name != "vectors" for measured in part.stages):
            print(f"  {padded(tr('vectors'), _NAMES)}{tr('not covered: no model here reads this language')}")
    for part in evaluation.across:
        _print_heading(_ACROSS, part)
        for measured in part.stages:
            print(_measured_line(measured))
    print()
    for item in evaluation.items:
        weak = tr(", ") + tr("{n} of these called weak", n=item.weak) if item.weak else ""
        print(tr(_ITEMS[item.kind], first=item.first, asked=item.asked) + weak)
    if evaluation.repeated is not None:
        share = f"{evaluation.repeated.mean:.0%}"
        print(tr("of the text of the first ten hits, {share} stands in an earlier one", share=share))
    if evaluation.diffusion is not None:
        print(tr(sentences.DIFFUSION[evaluation.diffusion]))
    for line in sentences.surface_lines(evaluation.surface, tr):
        print(line)
    seconds = f"{evaluation.seconds:.0f}"
    print(tr("95 % intervals in brackets, over questions; {n} s", n=seconds), flush=True)


def _print_heading(names: Mapping[str, str], part: LanguageEvaluation) -> None:
    name = tr(names[part.language]) if part.language in names else part.language
    print(f"\n{_bold(name)}{tr(', ')}{tr('{n} questions', n=part.questions)}")


def _measured_line(measured: Measured) -> str:
    name, intervals = _way(measured.name), (_interval(measured.rank), _interval(measured.read))
    line = f"  {padded(name, _NAMES)}{''.join(f'{said:<{_COLUMNS}}' for said in intervals)}"
    if measured.gain is None:
        return line.rstrip()
    gain = measured.gain
    sure = "" if gain.low <= 0 <= gain.high else " *"
    other = tr("over {other}", other=_way(measured.against))
    return f"{line}{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] {other}{sure}"


#: What a way to search can do without, besides one of several readers.
_PARTS: Final = {"exact": "exact", "calibration": "calibration", "folding": "folding"}


def _way(name: str) -> str:
    """The name of a way to search or to cut."""
    part = name.removeprefix(WITHOUT)
    return tr(name) if part == name else tr("without {part}", part=tr(part) if part in _PARTS else part)


def _interval(estimate: Estimate) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def print_result(kb: KnowledgeBase, result: SearchResult) -> None:
    """The hits of one query with the reasons, each with all its places and copies."""
    print(f"\n{_bold(result.query)}")
    weak = False
    for hit in result.hits:
        if hit.weak and not weak:
            print(f"   ── {tr('weak matches')} ──")
            weak = True
        _print_hit(kb, hit)
        print(f"   {hit.location.shown}")
        for place in hit.places:
            if place != hit.path:
                print(f"   {place}")
        for copy in hit.copies:
            alike = tr("the same") if copy.identical else tr("much the same")
            print(f"   {alike}{tr(': ')}{copy.location.shown}")
    if not result.hits:
        print(f"   {tr('Nothing in the library answers this.')}")
    read, wanted = result.reranked
    for code in result.degraded:
        print(f"   {sentences.left_out(code, language(), read=read, wanted=wanted)}")
    for sentence in sentences.searched_besides(result.also, language()):
        print(f"   {sentence}")
    seconds = f"{result.seconds['total']:.2f}"
    count = plural(
        len(result.hits), "{n} passage in {seconds} s", "{n} passages in {seconds} s", seconds=seconds
    )
    print(f"   {count}", flush=True)


def _print_hit(kb: KnowledgeBase, hit: Hit) -> None:
    place = [hit.type, *([hit.date] if hit.date else []), *hit.heading]
    if hit.page is not None:
        place.append(tr(shown_as(hit.type).page, page=hit.page_label or hit.page))
    if hit.recognized:
        place.append(tr("read in the picture"))
    print(f"{hit.rank:>2} {_bold(hit.title)}  {' › '.join(place)}  [{hit.score:.2f}]")
    best = kb.reading(hit.document, *hit.best)
    shown = hit.shown.replace(best, f"»{best}«", 1) if best and best != hit.shown else hit.shown
    for line in wrapped(shown, min(shutil.get_terminal_size((100, 24)).columns, 120) - 4):
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
    parts = [tr(_EXACT[hit.why.exact])] if hit.why.exact else []
    for why in hit.why.legs:
        terms = f"{tr(': ')}{tr(', ').join(why.terms[:8])}" if why.terms else ""
        parts.append(f"{tr(why.leg)} {why.score:.2f} (#{why.rank}{terms})")
    if hit.why.rerank:
        model = hit.why.rerank.model
        named = "" if model == LATE_INTERACTION else f" ({model})"
        parts.append(f"{tr('rerank')} {hit.why.rerank.score:.2f}{named}")
    parts += hit.why.filters
    return f"{tr('why')}{tr(': ')}{' · '.join(parts)}"


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if is_styled(sys.stdout) else text
