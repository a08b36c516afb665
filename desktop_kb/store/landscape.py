"""The neighbours of passages and their places in the landscape, which are derived: a row for each passage of the
active generation that a reader covers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import apsw
import numpy as np

from desktop_kb import codec
from desktop_kb.language import by_script
from desktop_kb.records import Checkpoint, Filter, Floats, Ground, Halves, go_on
from desktop_kb.store.database import Database
from desktop_kb.store.filters import documents_where
from desktop_kb.store.internals import Ids
from desktop_kb.store.vectors import full_vectors

#: Rows that one transaction writes: 60 ms.
_AT_ONCE: Final = 5_000
_ACTIVE: Final = "(select id from generations where state = 'active')"
#: Bytes of two places.
_BOTH: Final = 2 * codec.PLACE_SIZE
_SOUND: Final = f"length(near) = {codec.NEIGHBOURS_SIZE} and length(place) in ({codec.PLACE_SIZE}, {_BOTH})"
#: A place that is none yet. Behind it may be that of the generation before, from where the next layout starts.
_NOWHERE: Final = codec.pack_places(np.full((1, 2), np.nan, np.float32))[0]


class Landscapes:
    """Reads and writes neighbours and places."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """How many passages have neighbours."""
        with self._database.read() as connection:
            return int(
                connection.execute(
                    f"select count(*) from neighbours where generation = {_ACTIVE} and {_SOUND}"
                ).get
            )

    def ground(self, filters: Sequence[Filter] = ()) -> Ground:
        """The passages that have neighbours, of the documents that match."""
        where, values = documents_where(filters)
        # Without filters no document has to be looked up: what is in the trash has no passages.
        only = f"and document_id in (select id from documents where {where})" if filters else ""
        return self._read(only, values if filters else [])

    def rows(self, ids: Sequence[int]) -> Ground:
        """These passages, of those that have neighbours."""
        return self._read("and chunk_id in (select value from json_each(?))", [json.dumps(list(ids))])

    def of_document(self, document: str) -> Ground:
        """The passages of a document, of those that have neighbours."""
        ids = "select id from chunks where document_id = (select id from documents where uid = ?)"
        return self._read(f"and chunk_id in ({ids})", [document])

    def _read(self, where: str, values: Sequence[Any]) -> Ground:
        with self._database.read() as connection:
            rows = connection.execute(
                'select chunk_id, document_id, start, "end", language, near, '
                f"substr(place, 1, {codec.PLACE_SIZE}) from neighbours "
                f"where generation = {_ACTIVE} and {_SOUND} {where} order by chunk_id",
                values,
            ).fetchall()
            return _ground(connection, rows)

    def referring(self, ids: Sequence[int]) -> Ground:
        """The passages that have one of these ids among their neighbours; for a few ids."""
        values = [np.uint32(id).tobytes() for id in ids]
        # Bytes of two ids, or cosines, may look like one: those rows are read for nothing.
        return self._read(f"and ({' or '.join(['instr(near, ?)'] * len(ids)) or 'false'})", values)

    def missing(self, reader: int, check: Checkpoint = go_on) -> Ground:
        """The passages that this reader covers and that have no neighbours yet, without neighbours and places.

        Args:
            check: called now and then; what it raises ends the work.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                # What has neighbours is told by two indexes: a look at the rows would walk over the texts.
                "with pending as materialized (select id from chunks indexed by chunks_document "
                f"where generation = {_ACTIVE} except select chunk_id from neighbours where {_SOUND}) "
                'select chunks.id, document_id, start, "end", text from pending cross join chunks using (id) '
                f"cross join {full_vectors(reader)} as said on said.chunk_id = id and said.vector is not null "
                "order by id"
            )
            none = bytes(codec.NEIGHBOURS_SIZE)
            found: list[tuple[Any, ...]] = []
            for *row, text in rows:
                if len(found) % _AT_ONCE == 0:
                    check()
                found.append((*row, by_script(text), none, _NOWHERE))
            return _ground(connection, found)

    def starts(self, ids: Ids) -> Floats:
        """Where passages without a place lay in the generation before, float32 (n, 2); NaN for the others."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"select chunk_id, substr(place, {codec.PLACE_SIZE + 1}) from neighbours "
                f"where generation = {_ACTIVE} and length(place) = {_BOTH}"
            ).fetchall()
        known = dict(rows)
        return codec.unpack_places([known.get(id, _NOWHERE) for id in ids.tolist()])

    def vectors(self, reader: int, ids: Ids, check: Checkpoint = go_on) -> Halves:
        """This reader's vectors of passages, float16 (n, d); zeros for those that have none. `check` as in
        `missing`."""
        with self._database.read() as connection:
            dimensions = connection.execute(
                f"select dimensions from readers where generation = {_ACTIVE} and number = ?", (reader,)
            ).get
            found = np.zeros((len(ids), dimensions or 0), np.float16)
            for begin in range(0, len(ids), _AT_ONCE):
                check()
                some = ids[begin : begin + _AT_ONCE]
                rows = connection.execute(
                    f"select key, vector from json_each(?) cross join {full_vectors(reader)} on chunk_id = value "
                    "where vector is not null",
                    (json.dumps(some.tolist()),),
                ).fetchall()
                if rows:
                    at = begin + np.array([key for key, _ in rows])
                    found[at] = codec.halves(b"".join([blob for _, blob in rows])).reshape(len(rows), -1)
        return found

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """The texts of passages."""
        with self._database.read() as connection:
            return dict(
                connection.execute(
                    "select id, text from chunks where id in (select value from json_each(?))",
                    (json.dumps(list(ids)),),
                ).fetchall()
            )

    def put(self, ground: Ground) -> None:
        """Store passages with their neighbours and places; those that have gone meanwhile are left out."""
        near = codec.pack_neighbours(ground.near, ground.alike)
        rows = zip(ground.ids.tolist(), ground.languages, near, codec.pack_places(ground.places), strict=True)
        while some := list(itertools.islice(rows, _AT_ONCE)):
            self._database.write(partial(_put, rows=some))


def neighbours_within(
    connection: apsw.Connection, generation: int, ids: Sequence[int]
) -> tuple[list[int], Ids, Floats]:
    """Those of these passages that have neighbours, the ids of these, int64 (n, 10), and their cosines."""
    rows = connection.execute(
        f"select chunk_id, near from neighbours where generation = ? and {_SOUND} "
        "and chunk_id in (select value from json_each(?))",
        (generation, json.dumps(list(ids))),
    ).fetchall()
    return [id for id, _ in rows], *codec.unpack_neighbours([near for _, near in rows])


def keep_starts(connection: apsw.Connection, generation: int, documents: Sequence[int]) -> None:
    """Keep the places of documents in a generation that is to be deleted, for those passages of the active one that
    begin where they lay."""
    connection.execute(
        'insert or ignore into neighbours (chunk_id, generation, document_id, start, "end", language, near, place) '
        "select new.id, new.generation, new.document_id, new.start, new.\"end\", '', x'', "
        f"cast(? || substr(laid.place, {-codec.PLACE_SIZE}) as blob) from json_each(?) "
        "join chunks as gone on gone.document_id = value and gone.generation = ? "
        "join neighbours as laid on laid.chunk_id = gone.id "
        f"join chunks as new on new.document_id = value and new.generation = {_ACTIVE} "
        'and new.start >= gone.start and new.start < gone."end"',
        (_NOWHERE, json.dumps(documents), generation),
    )


def _put(connection: apsw.Connection, rows: Sequence[tuple[int, str, bytes, bytes]]) -> None:
    connection.executemany(
        "insert or replace into neighbours (chunk_id, language, near, place, generation, document_id, start, "
        '"end") select id, ?2, ?3, case when ?4 = ?5 then ifnull((select place from neighbours where chunk_id = ?1 '
        f'and length(place) = {_BOTH}), ?4) else ?4 end, generation, document_id, start, "end" '
        f"from chunks where id = ?1 and generation = {_ACTIVE}",
        ((*row, _NOWHERE) for row in rows),
    )


def _ground(connection: apsw.Connection, rows: Sequence[Sequence[Any]]) -> Ground:
    """The columns of rows (id, document's row, start, end, language, neighbours, place)."""
    ids, owners, starts, ends, languages, near, places = zip(*rows, strict=True) if rows else [()] * 7
    known, owner = np.unique(np.array(owners, np.int64), return_inverse=True)
    uids = dict(
        connection.execute(
            "select id, uid from documents where id in (select value from json_each(?))",
            (json.dumps(known.tolist()),),
        ).fetchall()
    )
    return Ground(
        np.array(ids, np.int64),
        tuple(uids[int(one)] for one in known),
        owner.astype(np.int32),
        np.array(starts, np.int32),
        np.array(ends, np.int32),
        tuple(languages),
        *codec.unpack_neighbours(near),
        codec.unpack_places(places),
    )
