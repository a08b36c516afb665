"""How fast a model reads a library on this computer: measured on some of the library's own passages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from desktop_kb.records import Embedder, PassageIndex, Scope

#: Documents that passages are taken from, and passages of each, from its middle: titles and contents are short.
_DOCUMENTS: Final = 8
_OF_EACH: Final = 2
#: A large model on a processor takes seconds a passage; one passage is read in any case.
_MOST_SECONDS: Final = 2.0


def seconds_a_passage(index: PassageIndex, embedder: Embedder) -> float:
    """Seconds in which a model reads one passage; 0 where there is none.

    Raises:
        ModelProblem: it cannot be loaded.
    """
    embedder.encode_query("ready")  # loading takes seconds of its own
    done, began = 0, time.perf_counter()
    for text in _some(index):
        if embedder.late_pooling:
            embedder.encode_windows([[text]])
        else:
            embedder.encode_passages([text])
        done += 1
        if time.perf_counter() - began > _MOST_SECONDS:
            break
    return (time.perf_counter() - began) / done if done else 0.0


def _some(index: PassageIndex) -> Iterator[str]:
    with index.moment() as moment:
        documents = [passage.document for passage in moment.first(Scope(), _DOCUMENTS)]
    for document in documents:
        own = index.passages(document)
        for passage in own[len(own) // 2 :][:_OF_EACH]:
            yield passage.text
