"""What the landscape of a library is made of: its passages with their vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desktop_kb import codec
from desktop_kb.errors import Problem
from desktop_kb.language import by_script
from desktop_kb.records import Filter, Floats, Ints
from desktop_kb.store.database import Database
from desktop_kb.store.filters import documents_where
from desktop_kb.store.internals import Ids
from desktop_kb.store.vectors import full_vectors


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The passages of the active generation that a reader covers, by document and in the order of its text.

    Attributes:
        ids: int64 (n,), of their rows.
        documents: the public ids of their documents; `owner`, int32 (n,), says which is whose.
        starts, ends: int32 (n,), in the document's text.
        languages: of each passage.
        vectors: float32 (n, d), as the reader gave them.
    """

    ids: Ids
    documents: tuple[str, ...]
    owner: Ints
    starts: Ints
    ends: Ints
    languages: tuple[str, ...]
    vectors: Floats

    def holding(self, document: str, offset: int) -> int:
        """The position of the passage that holds an offset of a document's text.

        Raises:
            Problem: there is none ('not-found').
        """
        owner = self.documents.index(document) if document in self.documents else -1
        found = np.flatnonzero((self.owner == owner) & (self.starts <= offset) & (self.ends > offset))
        if not len(found):
            raise Problem("not-found", what=document)
        return int(found[0])


class Landscapes:
    """Reads what the landscape is made of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ground(self, reader: int, filters: Sequence[Filter] = ()) -> Ground:
        """The passages of the documents that match, with this reader's vectors."""
        where, values = documents_where(filters)
        with self._database.read() as connection:
            rows = connection.execute(
                'select chunks.id, uid, start, "end", text, said.vector from chunks '
                "join generations on generations.id = generation and state = 'active' "
                "join documents on documents.id = document_id "
                f"join {full_vectors(reader)} as said on said.chunk_id = chunks.id and said.vector is not null "
                f"where {where} order by document_id, start, chunks.id",
                values,
            ).fetchall()
        documents = {uid: at for at, uid in enumerate(dict.fromkeys(row[1] for row in rows))}
        vectors = codec.unpack_vector(b"".join(row[5] for row in rows))
        return Ground(
            np.array([row[0] for row in rows], np.int64),
            tuple(documents),
            np.array([documents[row[1]] for row in rows], np.int32),
            np.array([row[2] for row in rows], np.int32),
            np.array([row[3] for row in rows], np.int32),
            tuple(by_script(row[4]) for row in rows),
            vectors.reshape(len(rows), -1 if rows else 0),
        )

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """The texts of passages, by the ids of their rows."""
        with self._database.read() as connection:
            return dict(
                connection.execute(
                    "select id, text from chunks where id in (select value from json_each(?))",
                    (json.dumps(list(ids)),),
                ).fetchall()
            )
