"""What is searched besides a question's own words."""

from __future__ import annotations

from typing import Any

import pytest
from test_index import put

TEXTS = [
    "The harpsichord was tuned before the concert.",
    "A zirconium ring lay on the table.",
    "The exporter of v1.2.3-rc1 drops no row, and 1 row, 2 rows, 3 rows stay.",
    "The board carries a GD32F103C8T6 and a fan.",
    "Das Haus steht an der Straße, und die Häuser daneben sind nicht alt, aber es ist kalt.",
    "В лесу мы искали грибы и не нашли их, потому что всё было сухо.",
    "The tube station lies below YouTube's office.",
    "Ce sont des chevaux et ils sont dans le pré avec nous.",
]


@pytest.fixture
def bench(open_bench: Any) -> Any:
    bench = open_bench(None)
    for number, text in enumerate(TEXTS):
        put(bench.store, f"/{number}.txt", [text])
    put(bench.store, "/filler.txt", [f"Nothing of note on day {day}." for day in range(60)])
    return bench


@pytest.mark.parametrize(
    ("query", "first", "kind"),
    [
        ("harpsich", 0, "beginning"),
        ("the tuned harpsich", 0, "beginning"),
        ("GD32F103", 3, "beginning"),
        ("1.2.3", 2, "beginning"),
        ("harpsihcord", 0, "typo"),
        ("zircnium", 1, "typo"),
        ("zirconiumm", 1, "typo"),
        ("zirkonium", 1, "typo"),
        ("Häuser", 4, None),
        ("Hauses", 4, None),
        ("грибов", 5, None),
        ("лисов", None, None),
        ("xy", None, None),
        ("bafore", None, None),  # no function word is meant
        ("7777777", None, None),
    ],
)
def test_a_word_that_nothing_has(bench: Any, query: str, first: int | None, kind: str | None) -> None:
    result = bench.search(query, mode="words")
    assert [hit.path for hit in result.hits[:1]] == ([f"/{first}.txt"] if first is not None else [])
    assert {also.kind for also in result.also} == ({kind} if kind else set())


def test_what_was_searched_besides_is_said(bench: Any) -> None:
    (also,) = bench.search("Harpsihcord").as_json()["also"]
    assert also == {"term": "harpsichord", "for": "Harpsihcord", "kind": "typo"}
    assert bench.search("harpsichord").as_json()["also"] == []


def test_a_rare_word_is_not_lost_among_others_that_begin_so(bench: Any) -> None:
    """Where they count as one word, a frequent one fills every place."""
    for number in range(6):
        put(
            bench.store,
            f"/a{number}.txt",
            ["An architect builds by the river; the architect on the hill does not."],
        )
    put(
        bench.store,
        "/b.txt",
        ["The archive was closed for the winter, and nobody came to ask for a book there."],
    )
    put(
        bench.store,
        "/c.txt",
        ["From the archipelago a boat brings the post once a week if there is no storm."],
    )
    hits = bench.search("archi", mode="words", limit=3, copies=True).hits
    assert {"/b.txt", "/c.txt"} < {hit.path for hit in hits}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_words_that_may_be_meant_are_each_shown_before_one_is_again(bench: Any) -> None:
    for number in range(4):
        put(bench.store, f"/a{number}.txt", ["The architect of architects."])
        text = "What was archived a long time ago lies in boxes by the lake, and is theirs still."
        put(bench.store, f"/z{number}.txt", [text])
    hits = bench.search("archi", mode="words", limit=3, copies=True).hits
    assert {hit.path[1] for hit in hits} == {"a", "z"}


def test_a_beginning_whose_stem_is_another_word(bench: Any) -> None:
    """'li' at its end is taken for an ending."""
    put(bench.store, "/spots.txt", ["A dog with spots."])
    put(bench.store, "/light.txt", ["A spotlight on the stage."])
    result = bench.search("spotli", mode="words")
    assert "/light.txt" in {hit.path for hit in result.hits[:2]}
    assert {also.term for also in result.also} == {"spotlight"}
    assert bench.search("spotted dogs", mode="words").also == ()  # forms of a word that is there


def test_a_long_question_is_taken_as_it_is(bench: Any) -> None:
    assert bench.search(f"harpsich {' '.join(f'word{letter}' for letter in 'abcdefghijkl')}").also == ()


def test_the_last_word_while_it_is_typed(bench: Any) -> None:
    put(bench.store, "/short.txt", ["The harp is tuned."])

    def found(query: str, **options: Any) -> set[str]:
        return {hit.path for hit in bench.search(query, mode="words", **options).hits}

    assert found("harp") == {"/short.txt"}
    assert found("harp", typing=True) == {"/short.txt", "/0.txt"}
    assert found("harp ", typing=True) == found("harp", typing=True) - {"/0.txt"}
    assert bench.search("harp", typing=True).hits[0].path == "/short.txt"


def test_the_parts_of_a_known_name_do_not_lead_away(bench: Any) -> None:
    put(bench.store, "/video.txt", ["A youtube film."])
    hits = bench.search("YouTube", mode="words").hits
    assert {hit.path for hit in hits[:2]} == {"/video.txt", "/6.txt"}
    assert hits[0].score > 0.4
