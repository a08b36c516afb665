"""A library on an engine that others share: `records.Library` over seekdb, in MySQL's protocol.

The only importer of PyMySQL; no SQL and none of its types leave it. A question is one transaction that sees one state
of the library; a write is one transaction that is seen whole or not at all. The engine brings candidates and counts;
what they score is computed as for the local store, by the same code (`lexical`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from desktop_kb.records import Check
from desktop_kb.remote import passages, schema
from desktop_kb.remote.catalogue import Catalogue
from desktop_kb.remote.check import check
from desktop_kb.remote.documents import RemoteDocuments
from desktop_kb.remote.engine import Engine, Server
from desktop_kb.remote.folder import Folder
from desktop_kb.remote.index import RemoteIndex
from desktop_kb.remote.jobs import Jobs
from desktop_kb.remote.placed import PlacedDocuments
from desktop_kb.remote.placed_index import PlacedIndex, PlacedJobs
from desktop_kb.remote.shared_marks import RemoteMarks
from desktop_kb.remote.sights import Sights

__all__ = [
    "Engine",
    "Folder",
    "Jobs",
    "PlacedDocuments",
    "PlacedIndex",
    "PlacedJobs",
    "RemoteIndex",
    "RemoteLibrary",
    "Server",
    "Sights",
]


class RemoteLibrary:
    """A library on an engine.

    Attributes:
        documents: documents, places, tags, metadata, trash.
        index: generations of passages; finding them.
        marks: those that people share.
    """

    def __init__(
        self,
        engine: Engine,
        jobs: Jobs,
        index: Callable[[Engine, Catalogue, Jobs], RemoteIndex] = RemoteIndex,
    ) -> None:
        self.engine = engine
        catalogue = Catalogue()
        self.documents = RemoteDocuments(engine, catalogue, jobs)
        self.index = index(engine, catalogue, jobs)
        self.marks = RemoteMarks(engine, catalogue)

    @cached_property
    def id(self) -> str:
        """The library's id, 16 hexadecimal digits.

        Raises:
            StorageProblem: there is no library ('no-library'), or one of a newer version.
        """
        with self.engine.reading() as session:
            return schema.check(session, self.engine.server.database)

    def create(self) -> None:
        """Make the library where the engine has none of this name."""
        self.engine.make_database()
        with self.engine.writing() as session:
            schema.create(session)

    def check(self) -> list[Check]:
        """Check what is stored; changes nothing."""
        with self.engine.reading() as session:
            return check(session)

    def rebuild(self) -> None:
        """Make the vector indexes anew: deleted vectors stay in them, and stand in the way of those that are there.
        What came lately is merged with the rest, and counted."""
        with self.engine.writing() as session:
            passages.count_anew(session, always=True)
            session.run("alter system major freeze")
            found = session.rows(
                "select id, fingerprint from generations where state in ('active', 'building')"
            )
            for id, fingerprint in found:
                for reader in range(1, len(schema.unpacked(fingerprint).readers) + 1):
                    session.run(
                        f"call dbms_vector.rebuild_index('nearest_{reader}', 'passages_{id}', 'v{reader}')"
                    )

    def close(self) -> None:
        """Close the connections."""
        self.engine.close()
