"""Documents, the places they were added from, their tags and metadata, and the trash.

A document is one content; a place is a path of a file with that content. Removing a document sets
`removed` and deletes its derived data; its row, text, tags and stored file stay until it is purged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import apsw

from desktop_kb import codec
from desktop_kb.errors import DocumentProblem, Problem
from desktop_kb.files import stored_path
from desktop_kb.records import (
    Cited,
    Document,
    Extracted,
    File,
    FileReport,
    Filter,
    Job,
    JobOptions,
    Layout,
    Location,
    PageState,
    Place,
    PlaceState,
    SearchSort,
    Value,
)
from desktop_kb.store import parts, placing, trash
from desktop_kb.store.clock import ago
from desktop_kb.store.filters import BUILT_IN, DATE, MODIFIED, SORTED, documents_where
from desktop_kb.store.places import AWAY, GONE, LIVING_FIRST, Places, details_of, places_of
from desktop_kb.store.queue import finish, unstage

#: The library's copy of a document; of a part that of its file.
_COPY: Final = """ifnull(stored, (select host.stored from places as own join places as outer on outer.path = own.path
    and outer.part = '' join documents as host on host.id = outer.document_id
    where own.document_id = documents.id and own.part != '' and host.stored is not null limit 1))"""

#: Documents of one transaction: the words of each one's first passage are stored anew (3 ms).
_CITED_AT_ONCE: Final = 50
#: Where a document stands that has no place.
_NOWHERE: Final = Location("")
#: The same as people write it.
_WHEN_MODIFIED: Final = f"ifnull(strftime('%Y-%m-%dT%H:%M:%SZ', {MODIFIED} / 1000000000, 'unixepoch'), '')"


class Documents(Places):
    """The documents of one library, and their places."""

    # --- reading

    def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        only: Sequence[str] | None = None,
        removed: bool = False,
        sort: SearchSort = "score",
    ) -> list[Document]:
        """The documents that match, in the order in which they came unless another is named. With `removed`, those
        in the trash.

        Args:
            only: return only documents with these public ids.
        """
        where, values = documents_where(filters, removed=removed)
        theirs, ids = "", list[str]()
        if only is not None:
            ids = [json.dumps(list(only))]
            where += " and uid in (select value from json_each(?))"
            theirs = "where document_id in (select id from documents where uid in (select value from json_each(?)))"
        with self._database.read() as connection:
            rows = connection.execute(
                f"select id, uid, title, type, status, pages, added, error_code, error_details, page_states, "
                f"{_COPY}, {DATE}, size, {_WHEN_MODIFIED}, "
                f"ifnull((select indexed.chunks from indexed join generations on generations.id = generation "
                f"and state = 'active' where indexed.document_id = documents.id), 0) "
                f"from documents where {where} order by {SORTED[sort]}",
                (*values, *ids),
            ).fetchall()
            places = places_of(connection, theirs, ids)
            tags = _grouped(connection, f"select document_id, tag from tags {theirs} order by tag", ids)
            metadata = _metadata(connection, theirs, ids)
        return [
            _document(row, places.get(row[0], {}), tags.get(row[0], ()), metadata.get(row[0], {}))
            for row in rows
        ]

    def ids(self, filters: Sequence[Filter], *, removed: bool = False) -> frozenset[str]:
        """The public ids of the documents that match."""
        where, values = documents_where(filters, removed=removed)
        with self._database.read() as connection:
            return frozenset(
                row[0] for row in connection.execute(f"select uid from documents where {where}", values)
            )

    def below(self, path: str) -> list[str]:
        """The public ids of the documents with a file at this path, or in this folder or file or below it."""
        wanted = os.path.normcase(path)
        folder = wanted.rstrip(os.sep) + os.sep
        with self._database.read() as connection:
            rows = connection.execute(
                "select uid, path, part from places join documents on id = document_id "
                "where removed is null order by id, part"
            ).fetchall()
        named = (
            (uid, os.path.normcase(os.path.join(stored_path(path), part) if part else stored_path(path)))  # noqa: PTH118
            for uid, path, part in rows
        )
        return list(dict.fromkeys(uid for uid, name in named if name == wanted or name.startswith(folder)))

    def text(self, document: str) -> tuple[str, Layout]:
        """The stored text of a document, by its public id, and its layout; '' until it has been read.

        Raises:
            Problem: there is no such document ('not-found').
        """
        with self._database.read() as connection:
            row = connection.execute(
                "select text, layout from documents left join texts on document_id = id where uid = ?",
                (document,),
            ).fetchone()
        if row is None:
            raise Problem("not-found", what=document)
        return (row[0], codec.unpack_layout(row[1])) if row[0] is not None else ("", Layout())

    def heads(self, letters: int) -> list[tuple[str, str, str]]:
        """Of each document that has been read its public id, its own title and the beginning of its text."""
        with self._database.read() as connection:
            rows: list[tuple[str, str, str]] = connection.execute(
                "select uid, ifnull((select text from metadata where document_id = documents.id and key = ? "
                "and source = 'file'), title), substr(texts.text, 1, ?) from texts "
                "join documents on id = document_id where removed is null order by id",
                (placing.TITLE, letters),
            ).fetchall()
        return rows

    def texts_with(self, words: str) -> list[tuple[str, str]]:
        """The public ids and texts of the documents in whose text these words stand as they are."""
        with self._database.read() as connection:
            rows: list[tuple[str, str]] = connection.execute(
                "select uid, text from texts join documents on id = document_id "
                "where removed is null and instr(text, ?) > 0 order by id",
                (words,),
            ).fetchall()
        return rows

    def files(self, document: str) -> tuple[str, str | None, tuple[str, ...]]:
        """A document's content hash, the name of its copy in the library if there is one, and the files with its
        bytes; a part has none.

        Raises:
            Problem: there is no such document ('not-found').
        """
        with self._database.read() as connection:
            rows = connection.execute(
                "select content_hash, stored, path from documents left join places on document_id = id "
                f"and part = '' where uid = ? order by {LIVING_FIRST}",
                (document,),
            ).fetchall()
        if not rows:
            raise Problem("not-found", what=document)
        content_hash, stored = rows[0][:2]
        return content_hash, stored, tuple(stored_path(row[2]) for row in rows if row[2] is not None)

    def keys(self) -> frozenset[str]:
        """Every key that a filter can use."""
        with self._database.read() as connection:
            # One look into the index for each key: `distinct` walks over the values of all documents.
            rows = connection.execute(
                "with recursive keys (key) as (select min(key) from metadata union all "
                "select (select min(key) from metadata where key > keys.key) from keys where key is not null) "
                "select key from keys where key is not null"
            )
            return BUILT_IN | {key for (key,) in rows}

    def counts(self) -> Mapping[str, int]:
        """How many documents are ready, failed and in the trash; of those not there, how many originals are gone or
        away."""
        with self._database.read() as connection:
            rows = connection.execute(
                "select iif(removed is null, status, 'trash'), count(*) from documents group by 1"
            ).fetchall()
            rows += [
                (
                    name,
                    connection.execute(f"select count(*) from documents where removed is null and {one}").get,
                )
                for name, one in (("gone", GONE), ("away", AWAY))
            ]
        return {"ready": 0, "failed": 0, "trash": 0} | dict(rows)

    def page_states(self) -> tuple[Mapping[PageState, int], int]:
        """How many pages of all documents are in which state, and how many files in them were not read."""
        with self._database.read() as connection:
            return placing.count_pages(connection)

    def own_values(self, documents: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """The values that the person gave these documents, by public id."""
        with self._database.read() as connection:
            ids = {placing.known(connection, uid): uid for uid in documents}
            wanted = "where source = 'user' and document_id in (select value from json_each(?))"
            found = _metadata(connection, wanted, [json.dumps(list(ids))])
        return {uid: found.get(id, {}) for id, uid in ids.items()}

    # --- writing

    def tag(self, paths: Sequence[str], options: JobOptions) -> None:
        """Give the documents at these paths, and their parts, these tags and values; they count as set by the
        person."""

        def write(connection: apsw.Connection) -> None:
            for path in paths:
                rows = connection.execute(
                    "select distinct document_id from places where path = ?", (os.fsencode(path),)
                ).fetchall()
                for (id,) in rows:
                    placing.set_user(connection, id, options)

        if paths and (options.tags or options.metadata or options.cited):
            self._database.write(write)

    def cite(self, cited: Sequence[tuple[str, Cited]]) -> None:
        """Keep what a bibliography says of documents, by public id."""
        for start in range(0, len(cited), _CITED_AT_ONCE):

            def write(connection: apsw.Connection, start: int = start) -> None:
                for uid, one in cited[start : start + _CITED_AT_ONCE]:
                    placing.set_user(connection, placing.known(connection, uid), JobOptions(cited=one))

            self._database.write(write)

    def edit(
        self,
        documents: Sequence[str],
        *,
        tags: Sequence[str] = (),
        untag: Sequence[str] = (),
        metadata: Mapping[str, Value] | None = None,
    ) -> None:
        """Change the tags and the person's own values of documents, by public id; '' deletes a value.

        Raises:
            Problem: one of them does not exist ('not-found'); then nothing is changed.
        """

        def write(connection: apsw.Connection) -> None:
            for uid in documents:
                placing.edit_user(connection, placing.known(connection, uid), tags, untag, metadata or {})

        self._database.write(write, urgent=True)

    def fail(self, file: File, problem: DocumentProblem, job: Job, report: FileReport) -> None:
        """Store a file that cannot be read, as a failed document with its error; the person can retry it.

        A document that was read before keeps its text and passages and gets the error.
        """

        def write(connection: apsw.Connection) -> None:
            document_id, _ = placing.put_document(connection, file, None, job.options)
            connection.execute(
                "update documents set status = 'failed', error_code = ?, error_details = ? where id = ?",
                (problem.code, json.dumps(problem.details), document_id),
            )
            if states := str(problem.details.get("states", "")):
                placing.set_states(connection, document_id, states)
            finish(connection, job, report)

        self._database.write(write)

    def wait(self, file: File, states: str, job: Job, report: FileReport) -> None:
        """Store a file of which no page can be read before it is recognized."""

        def write(connection: apsw.Connection) -> None:
            document_id, _ = placing.put_document(connection, file, None, job.options)
            placing.wait(connection, document_id, states)
            finish(connection, job, report)

        self._database.write(write)

    def read_again(self, file: File, extracted: Extracted, job: Job, report: FileReport) -> None:
        """Update a document that was read again with the same text; its passages stay."""

        def write(connection: apsw.Connection) -> None:
            found = parts.limited(connection, file, extracted)
            placing.put_document(connection, file, found, job.options)
            parts.queue(connection, file, found, job)
            unstage(connection, file.content_hash)
            finish(connection, job, report)

        self._database.write(write)

    def remove(self, documents: Sequence[str]) -> None:
        """Move documents, by public id, into the trash, with their parts, and delete their passages at once.

        Raises:
            Problem: one of them does not exist ('not-found'); then nothing is removed.
        """
        self._database.write(lambda connection: trash.remove(connection, documents), urgent=True)

    def remove_note(self, place: Place, content_hash: str, stored: str) -> str:
        """Move a file's document into the trash, where the file goes too; see `trash.remove_note`."""
        return self._database.write(
            lambda connection: trash.remove_note(connection, place, content_hash, stored), urgent=True
        )

    def stand_again(self, document: str, path: str, old: str) -> None:
        """A document in the trash stands at this path now, and not at its old one."""

        def write(connection: apsw.Connection) -> None:
            id = placing.known(connection, document)
            connection.execute(
                "delete from places where document_id = ? and path = ?", (id, os.fsencode(old))
            )
            placing.put_place(connection, File(path, 0, 0, ""), id)

        self._database.write(write, urgent=True)

    def restore(self, document: str) -> tuple[Location, ...]:
        """Take a document out of the trash; see `trash.restore`."""
        return self._database.write(lambda connection: trash.restore(connection, document), urgent=True)

    def purge(self, days: int) -> frozenset[str]:
        """Delete documents that have been in the trash for `days`; returns the stored files still needed."""
        before = ago(timedelta(days=days))

        def write(connection: apsw.Connection) -> frozenset[str]:
            connection.execute("delete from documents where removed < ?", (before,))
            kept = connection.execute("select stored from documents where stored is not null")
            return frozenset(stored for (stored,) in kept)

        return self._database.write(write)


def _document(
    row: Sequence[Any], places: Mapping[Location, PlaceState], tags: Sequence[str], about: dict[str, Value]
) -> Document:
    """A document of a row as `find` selects it."""
    _, uid, title, kind, status, pages, added, code, details, states, stored, date, size, modified, chunks = (
        row
    )
    left_out = about.pop(placing.LEFT_OUT, 0)
    about.pop(placing.TITLE, None)  # it is the row's
    first = next(iter(places), _NOWHERE)
    one = len(places) == 1 and "there" in places.values()  # of 200,000 documents nearly all: saves .3 s
    return Document(
        document=uid,
        path=first.path,
        part=first.part,
        places=(first.path,) if one else tuple(dict.fromkeys(place.path for place in places)),
        title=title,
        type=kind,
        status=status,
        pages=pages,
        chunks=chunks,
        tags=tuple(tags),
        metadata=about,
        added=added,
        error_code=code,
        error_details=details_of(details),
        states=states,
        parts_left_out=left_out if isinstance(left_out, int) else 0,
        missing_places=() if one else _in_state(places, "gone"),
        away_places=() if one else _in_state(places, "away"),
        copied=stored is not None,
        date=date,
        size_bytes=size,
        modified=modified,
    )


def _in_state(places: Mapping[Location, PlaceState], wanted: PlaceState) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.path for place, state in places.items() if state == wanted))


def _grouped(connection: apsw.Connection, query: str, values: Sequence[str]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = {}
    for id, value in connection.execute(query, values):
        groups.setdefault(id, []).append(value)
    return groups


def _metadata(connection: apsw.Connection, where: str, ids: Sequence[str]) -> dict[int, dict[str, Value]]:
    """The values of the documents. The person's own override the file's, because 'user' sorts last."""
    values: dict[int, dict[str, Value]] = {}
    for id, key, number, text in connection.execute(
        f"select document_id, key, number, text from metadata {where} order by document_id, source, key", ids
    ):
        values.setdefault(id, {})[key] = text if number is None or str(number) != text else number
    return values
