"""One state of a library on an engine, for one search: `records.Moment`.

The engine finds candidates; what they score is computed here, as for every store (`lexical`).
"""

from __future__ import annotations

import itertools
import time
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from desktop_kb import codec, language
from desktop_kb.lexical import (
    Expansion,
    Terms,
    WordQuery,
    is_character,
    leading,
    rarest_run,
    selective,
    terms_in_order,
    weights,
)
from desktop_kb.lexical.scoring import shares
from desktop_kb.reading import cut_layout
from desktop_kb.records import (
    Fingerprint,
    Floats,
    Key,
    Location,
    Question,
    Retrieved,
    Scope,
    SearchSort,
    Slice,
    Standing,
    StoredPassage,
    Times,
    Vectors,
)
from desktop_kb.records import Terms as Weights
from desktop_kb.remote import schema
from desktop_kb.remote.catalogue import Catalogue
from desktop_kb.remote.filters import fits
from desktop_kb.remote.passages import terms_of, vector_text
from desktop_kb.remote.row import Row, in_order, unpacked
from desktop_kb.remote.rows import COLUMNS
from desktop_kb.remote.scopes import Scopes, Within
from desktop_kb.remote.session import Session
from desktop_kb.remote.tokens import all_of, digest, matching, token
from desktop_kb.remote.words import Words
from desktop_kb.similarity import cosines

_NOTHING: Final = Fingerprint((), 0, 0, 0)
#: Of what stands word for word so many passages are compared.
_MOST_COMPARED: Final = 200
#: Of so many passages in scope each is compared: of 4,239 the index took 51 ms and missed .7 % of the nearest hundred,
#: comparing took 23.
MOST_EXACT: Final = 20_000


class RemoteMoment:
    """Valid within its transaction. Row ids never leave it: callers get a `Key`."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        self._session = session
        self._catalogue = catalogue
        row = session.rows(
            "select generations.id, fingerprint, changed, version from library "
            "left join generations on state = 'active'"
        )[0]
        schema.refuse_other(row[3], session.library)
        self._generation = int(row[0] or 0)
        readers = schema.unpacked(row[1]).readers if row[1] else ()
        self._dimensions = {number: reader.dimensions for number, reader in enumerate(readers, 1)}
        self._table = f"passages_{self._generation}"
        self._words = Words(session, self._generation, catalogue.counts(self._generation, int(row[2])))
        self._scopes = Scopes(session, self._generation, catalogue, self._begun)
        self._counts: dict[Within, int] = {}
        self._ids: dict[Key, int] = {}
        self._terms: dict[int, Terms] = {}
        self._rows: dict[str, Row] = {}
        self._kept = catalogue.known(int(row[2]))

    @property
    def generation(self) -> int:
        """The number of the active generation; 0 if nothing was ever stored."""
        return self._generation

    def _begun(self, start: str) -> list[str]:
        return [term for term, _ in self._words.beginning("grams", start)]

    # --- both legs

    def retrieve(self, question: Question, scope: Scope, k: int, also: Iterable[Key] = ()) -> Retrieved:
        """See `records.Moment`."""
        if not self._generation:
            return Retrieved({}, {}, {}, Weights(), {})
        began = time.perf_counter()
        expansion = Expansion(self._words, question.text, question.begun)
        within = self._scopes.within(scope)
        found = self._best(expansion.query, within, k) if question.by_words else []
        worded = time.perf_counter()
        readers = [reader for reader in question.vectors if reader in self._dimensions]
        near = [self._nearest(reader, question.vectors[reader], within, k) for reader in readers]
        meant = time.perf_counter()
        ids = dict.fromkeys(itertools.chain((self._ids[key] for key in also), found, *near))
        passages = self._passages(list(ids), readers)
        fetched = time.perf_counter()
        scores: dict[int, float] = {}
        if question.by_words:
            terms = {id: self._terms[id] for id in passages}
            scores = shares(self._words.statistics(expansion.query), terms)
        return Retrieved(
            {passage.key: passage for passage in passages.values()},
            {passages[id].key: score for id, score in scores.items()},
            {
                reader: _in_order(
                    reader, question.vectors[reader], [passages[id] for id in own if id in passages]
                )
                for reader, own in zip(readers, near, strict=True)
            },
            weights(self._words, expansion.query),
            {
                "words": worded - began + time.perf_counter() - fetched,
                "vectors": meant - worded,
                "passages": fetched - meant,
            },
            tuple(expansion.also) if question.by_words else (),
            frozenset(expansion.choices) if question.by_words else frozenset(),
        )

    def _best(self, query: WordQuery, within: Within, k: int) -> list[int]:
        """The best passages of words and of grams by the engine's own ranking."""
        words, grams, alone = leading(self._words, query)
        size = self._words.size("words")
        share = self._held(within) / max(1, size)
        found: list[int] = []
        for column, terms in (
            ("w", {" ".join(self._words.tokens("words", term)): n for term, n in words.items()}),
            (
                "g",
                {" ".join(self._words.tokens("grams", term)): n for term, n in grams.items()}
                | {token("c", term): n for term, n in alone.items()},
            ),
        ):
            rows: list[tuple[Any, ...]] = []
            for groups in selective(terms, size, share) if terms else ():
                lookup = matching(groups, within.required)
                rows = self._session.rows(
                    f"select id from {self._table} where match({column}) against (%s in boolean mode){within.beside} "
                    f"order by match({column}) against (%s in boolean mode) desc limit {k}",
                    (lookup, lookup),
                )
                if len(rows) >= k:
                    break
            found += [id for (id,) in rows]
        return found

    def _held(self, within: Within) -> int:
        """How many passages are in scope."""
        if not within.required and not within.beside:
            return self._words.size("words")
        if within not in self._counts:
            required = [within.required] if "+" in within.required else []
            where = "match(w) against (%s in boolean mode)" if required else "true"
            sql = f"select count(*) from {self._table} where {where}{within.beside}"
            self._counts[within] = int(self._session.value(sql, required))
        return self._counts[within]

    def _nearest(self, reader: int, vector: Floats, within: Within, k: int) -> list[int]:
        asked = vector_text(vector)
        nearest = f"{within.documents}{within.passages} order by cosine_distance(v{reader}, %s)"
        rows: list[tuple[Any, ...]] = []
        if self._held(within) > MOST_EXACT:
            rows = self._session.rows(
                f"select id from {self._table} where true{nearest} approximate limit {k}", (asked,)
            )
        if len(rows) < k:
            # Few are in scope, or what was replaced still stands in the index and is passed over: after documents were
            # replaced a hundred times each it gave none to 4 of 90.
            rows = self._session.rows(
                f"select id from {self._table} where v{reader} is not null{nearest} limit {k}", (asked,)
            )
        return [id for (id,) in rows]

    # --- passages

    def neighbours(self, keys: Iterable[Key]) -> dict[tuple[Key, Key], float]:
        """See `records.Moment`: a team's library keeps none."""
        return {}

    def _passages(self, ids: Sequence[int], readers: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages with these row ids, with the vectors of these readers."""
        if not ids:
            return {}
        vectors = "".join(f", h{reader}, s{reader}" for reader in readers)
        passages: dict[int, StoredPassage] = {}
        for row in self._session.rows(
            f"select passages.id, uid, begins, ends, documents.title, type, heading, page, last_page, text, coverage, "
            f"sentences, terms{vectors} from {self._table} as passages join documents on documents.id = document "
            f"where passages.id in ({', '.join(map(str, ids))})"
        ):
            id, uid, begins, ends, title, kind, heading, page, last_page, text, coverage, sentences, terms = (
                row[:13]
            )
            key = Key(uid, begins, ends)
            self._ids[key], self._terms[id] = id, terms_of(terms)
            places = codec.unpack_sentences(sentences)
            said = {
                reader: Vectors(
                    codec.unpack_vector(whole) if whole else None,
                    codec.unpack_directions(own, self._dimensions[reader], len(places)) if own else None,
                )
                for reader, whole, own in zip(readers, row[13::2], row[14::2], strict=True)
            }
            passages[id] = StoredPassage(
                key, title, kind, codec.unpack_heading(heading), page, last_page, text, coverage, places, said
            )
        return passages

    def passages(self, places: Iterable[Key], readers: Collection[int]) -> dict[Key, StoredPassage]:
        """See `records.Moment`."""
        asked = [place for place in places if place.start >= 0]
        rows = self._known({place.document for place in asked})
        found: dict[Key, int] = {}
        for place in asked:
            if place.document in rows and not rows[place.document].removed:
                id = self._session.value(
                    f"select id from {self._table} where document = %s and begins <= %s and ends > %s limit 1",
                    (rows[place.document].id, place.start, place.start),
                )
                found |= {place: id} if id is not None else {}
        passages = self._passages(
            list(set(found.values())), [one for one in readers if one in self._dimensions]
        )
        return {place: passages[id] for place, id in found.items()}

    def first(self, scope: Scope, k: int, sort: SearchSort = "score") -> list[StoredPassage]:
        """See `records.Moment`."""
        if not self._generation:
            return []
        within = self._scopes.within(scope)
        most = f"limit {k}" if sort == "score" else ""
        if within.passages:
            rows = self._session.rows(
                f"select document from {self._table} where true{within.documents}{within.passages} "
                f"group by document order by document {most}"
            )
        else:
            rows = self._session.rows(
                f"select document from indexed where generation = {self._generation} and chunks > 0"
                f"{within.documents} order by document {most}"
            )
        documents = [id for (id,) in rows]
        if sort != "score":
            chosen = {row.id: row for row in self._catalogue.rows(self._session)}
            documents = [row.id for row in in_order([chosen[id] for id in documents], sort)][:k]
        first = self._first(documents, within.passages)
        passages = self._passages(list(first.values()), ())
        return [passages[first[document]] for document in documents if document in first]

    def _first(self, documents: Sequence[int], passages: str = "") -> dict[int, int]:
        """The first passage of each of these documents."""
        if not documents:
            return {}
        listed = ", ".join(map(str, documents))
        return dict(
            self._session.rows(
                f"select document, min(id) from {self._table} where document in ({listed}){passages} group by document"
            )
        )

    # --- word for word

    def titled(self, text: str, scope: Scope, most: int) -> Standing:
        """See `records.Moment`."""
        return self._found_by("t", language.bare(text), scope, most)

    def named(self, text: str, scope: Scope, most: int) -> Standing:
        """See `records.Moment`."""
        return self._found_by("n", language.bare(unicodedata.normalize("NFC", text.strip())), scope, most)

    def _found_by(self, kind: str, sought: str, scope: Scope, most: int) -> Standing:
        if not self._generation or not sought:
            return Standing()
        rows = self._session.rows(
            "select document from found_by join documents on id = document and not removed "
            "where kind = %s and hash = %s",
            (kind, digest(sought)),
        )
        within = self._scopes.within(scope)
        first = self._first([id for (id,) in rows], within.documents + within.passages)
        return self._standing([], list(first.values())) if len(first) <= most else Standing()

    def containing(self, text: str, scope: Scope, most: int) -> Standing:
        """See `records.Moment`."""
        terms, ends = terms_in_order(text)
        asked = rarest_run(self._words, "grams", terms) if self._generation else []
        if not asked:
            return Standing()
        within = self._scopes.within(scope)
        tokens = [token("c" if is_character(terms) else "x", term) for term in asked]
        required = [*tokens, *(token("c", end) for end in ends)]
        rows = self._session.rows(
            f"select passages.id, document, documents.title, heading, text from {self._table} as passages "
            "join documents on documents.id = document where match(g) against (%s in boolean mode) "
            f"and locate(%s, concat(' ', g, ' ')) > 0{within.beside.replace(' id ', ' passages.id ')} "
            f"limit {_MOST_COMPARED + 1}",
            (f"{all_of(required)} {within.required}".strip(), f" {' '.join(tokens)} "),
        )
        if len(rows) > _MOST_COMPARED:
            return Standing()
        sought = language.bare(text)
        titled: set[int] = set()
        chosen: dict[int, int] = {}
        for id, document, title, heading, body in rows:
            if document in titled or language.says(title, sought):
                titled.add(document)
            elif any(language.says(part, sought) for part in (body, *codec.unpack_heading(heading))):
                chosen[id] = document
        if len(titled | set(chosen.values())) > most:
            return Standing()
        first = self._first(sorted(titled), within.documents + within.passages)
        return self._standing(list(chosen), list(first.values()))

    def _standing(self, passages: Sequence[int], first: Sequence[int]) -> Standing:
        found = self._passages([*passages, *first], ())
        keys = (found[id].key for id in first if id in found)
        return Standing(
            frozenset(found[id].key for id in passages if id in found), {key.document: key for key in keys}
        )

    # --- documents

    def _known(self, uids: Iterable[str]) -> Mapping[str, Row]:
        """The documents with these ids, as far as there are such."""
        wanted = dict.fromkeys(uids)
        if self._kept is not None:
            return {uid: self._kept[uid] for uid in wanted if uid in self._kept}
        asked = [uid for uid in wanted if uid not in self._rows]
        if asked:
            rows = self._session.rows(
                f"select {COLUMNS} from documents where uid in ({', '.join(['%s'] * len(asked))})", asked
            )
            self._rows |= {row.uid: row for row in map(unpacked, rows)}
        return {uid: self._rows[uid] for uid in wanted if uid in self._rows}

    def slices(self, places: Sequence[Key]) -> list[Slice]:
        """See `records.Moment`."""
        known = self._known({place.document for place in places})
        layouts = self._catalogue.layouts(self._session, list(known.values()))
        asked = [(known[uid].id, max(0, start), end) for uid, start, end in places]
        rows = " union all ".join(
            f"select {at} as at, {id} as asked, {start + 1} as begins, {max(0, end - start)} as size"
            for at, (id, start, end) in enumerate(asked)
        )
        texts: dict[int, str] = dict(
            self._session.rows(
                f"select at, substring(text, begins, size) from ({rows}) as parts join texts on document = asked"
            )
            if asked
            else ()
        )
        return [
            cut_layout(texts.get(at, ""), layouts[id], start, start + len(texts.get(at, "")))
            for at, (id, start, _) in enumerate(asked)
        ]

    def places(self, documents: Iterable[str]) -> Mapping[str, tuple[Location, ...]]:
        """See `records.Moment`."""
        asked = list(documents)
        known = self._known(asked)
        return {document: known[document].ordered() for document in asked}

    def times(self, documents: Iterable[str]) -> Mapping[str, Times]:
        """See `records.Moment`."""
        asked = list(documents)
        known = self._known(asked)
        return {document: known[document].times for document in asked}

    def awaits_pages(self, scope: Scope) -> bool:
        """See `records.Moment`."""
        rows = self._catalogue.rows(self._session) if self._kept is None else self._kept.values()
        return any("w" in row.states and not row.removed and fits(row, scope.filters) for row in rows)


def _in_order(reader: int, vector: Floats, found: Sequence[StoredPassage]) -> list[Key]:
    """What the engine found near, by the exact cosine."""
    read = [(one.key, whole) for one in found if (whole := one.vectors[reader].whole) is not None]
    if not read:
        return []
    alike = cosines(np.stack([whole for _, whole in read]), vector)
    return [read[at][0] for at in np.argsort(-alike, kind="stable")]
