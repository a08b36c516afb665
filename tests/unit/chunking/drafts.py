"""Documents to be cut, and a model that measures them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from desktop_kb.chunking import Budget
from desktop_kb.language import is_han
from desktop_kb.records import Edit, Extracted, Floats, Heading, Ints, Layout


def measure(texts: Sequence[str]) -> tuple[Ints, Floats]:
    """A token for every Chinese character and every four others; Chinese is not covered."""
    han = np.array([sum(map(is_han, text)) for text in texts])
    length = np.array([len(text) for text in texts])
    return (han + -(-(length - han) // 4)).astype(np.int32), (1 - han / length).astype(np.float32)


def extracted(text: str, edits: Sequence[Edit] = (), headings: Sequence[Heading] = ()) -> Extracted:
    return Extracted(text, "", Layout((), tuple(headings), tuple(edits)))


def markdown(text: str) -> Extracted:
    """Lines that begin with '#' are headings; the sign is not read."""
    edits, headings, at = [], [], 0
    for line in text.splitlines(keepends=True):
        if line.startswith("#"):
            bare = line.rstrip()
            title = bare.lstrip("# ")
            headings.append(Heading(at, at + len(bare), len(bare) - len(bare.lstrip("#")), title))
            edits.append(Edit(at, at + len(bare) - len(title)))
        at += len(line)
    return extracted(text, edits, headings)


def unit_rows(n: int, seed: int = 0) -> Floats:
    rows = np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


PIECES = st.sampled_from(
    [
        *("Hello world. ", "He said: “No.” ", "a longer clause, with parts; and more ", "x" * 40),
        *("今天天气很好。", "我们去公园，好吗？", "资料", "\r\n", "\n", "\n\n", " ", "\t", "\u3000"),
        *("👩‍👩‍👧‍👦", "👍🏽", "𝑥𝒚𝓏", "e\u0301\u0302", "\ud83d", "\ufeff", "\x00", "-", "Dr. ", "3.14"),
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> Extracted:
    """Random text with edits and headings anywhere, as an extractor may find them."""
    text = "".join(draw(st.lists(PIECES, max_size=40)))
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    edits = [
        Edit(start, end, draw(st.sampled_from(["", "", " ", "\n", "-", "One. Two", "\n• ", "ﬁ"])))
        for start, end in zip(places[::2], places[1::2], strict=False)
    ]
    lines = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    headings = [Heading(a, b, 1, text[a:b]) for a, b in zip(lines[::2], lines[1::2], strict=False)]
    return extracted(text, edits, headings)


BUDGETS = st.builds(Budget, maximum=st.just(12), target=st.just(8)) | st.just(Budget(40, 30))


TWO_TOPICS = [
    *(
        "The engine burns petrol. ",
        "Its engine needs oil. ",
        "Petrol and oil cost money. ",
        "An engine runs hot. ",
    ),
    *(
        "My soup needs salt. ",
        "Onion soup is sweet. ",
        "Salt the onion first. ",
        "Soup with onion cooks long. ",
    ),
]
