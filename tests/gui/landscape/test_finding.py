"""What stands out on the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from lands import land

from desktop_kb.gui.landscape.finding import documents_of, first_passage, found, passages_of, still
from desktop_kb.records import Document


def _documents(**dates: str | None) -> dict[str, Document]:
    return {
        id: Document(id, f"/{id}.md", (), id, "markdown", "ready", 1, 8, (), {}, "2026-01-01", date=date)
        for id, date in dates.items()
    }


def test_unread_old_and_lonely_documents_are_found() -> None:
    made = land([f"d{at}" for at in range(20)], near=[0.9 - at / 100 for at in range(20)])
    documents = _documents(**{f"d{at}": f"{2000 + at}-01-01" for at in range(20)})
    assert found("unread", made, documents, {"d0", "d3"}) == [1, 2, *range(4, 20)]
    assert found("old", made, documents, ()) == [0, 1]
    assert found("lonely", made, documents, ()) == [19, 18]
    assert found("", made, documents, ()) == []


def test_an_old_document_is_one_whose_date_is_known() -> None:
    """The document's own date, else the file's; what has neither is not old."""
    documents = _documents(a=None, b="1999-01-01", c=None)
    documents["c"] = replace(documents["c"], modified="1980-05-05T00:00:00Z")
    assert found("old", land(("a", "b", "c")), documents, ()) == [2]
    assert found("old", land(("a",)), {}, ()) == []


def test_passages_are_the_same_on_a_later_landscape() -> None:
    before, after = land(("a", "b", "c")), land(("new", "c", "a"), each=5)
    chosen = np.zeros(24, bool)
    chosen[[1, 6, 9, 16]] = True  # of a the second and one that is gone, one of b, the first of c
    assert np.flatnonzero(still(before, chosen, after)).tolist() == [5, 11]


def test_documents_and_their_passages() -> None:
    made = land()
    of = passages_of(made, [1, 4])
    assert of.sum() == 16
    assert documents_of(made, of) == [1, 4]
    assert first_passage(made, 4) == 32
