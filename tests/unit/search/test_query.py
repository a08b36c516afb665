from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.errors import UsageProblem
from desktop_kb.records import Filter
from desktop_kb.search.query import MOST_CHARACTERS, clean, find_filters, parse, parse_filter, parse_value

KEYS = frozenset(("year", "tag", "标签"))


@pytest.mark.parametrize(
    "text", ["http://example.org/a?b=c", "at 12:30", "C:\\papers\\bees", "note: buy milk", "a-b", "x>=3", "-"]
)
def test_what_is_no_filter_is_looked_for(text: str) -> None:
    assert parse(text, KEYS).text == text
    assert parse(text, KEYS).filters == ()


def test_a_query_is_taken_apart() -> None:
    query = parse('quiet "top speed" -diesel -"old car" year>=2020 -tag:"sold out" 标签:车', KEYS)
    assert (query.text, query.phrases) == ("quiet top speed", ("top speed",))
    assert query.excluded == ("diesel", "old car")
    assert [(f.key, f.operator, f.value, f.excluded) for f in query.filters] == [
        ("year", ">=", 2020, False),
        ("tag", ":", "sold out", True),
        ("标签", ":", "车", False),
    ]


def test_a_quotation_mark_alone_is_passed_over() -> None:
    assert parse('the "quiet car', KEYS).text == "the quiet car"


def test_long_queries_are_cut() -> None:
    assert len(parse("bee " * 25_000, KEYS).text) <= MOST_CHARACTERS


@pytest.mark.parametrize("text", ["", "bees", "year:", "two words", "year:2020 bees"])
def test_what_is_no_filter_is_refused_as_one(text: str) -> None:
    with pytest.raises(UsageProblem):
        parse_filter(text)


def test_values() -> None:
    values = [parse_value(text) for text in ("2022", "-5", "0", "007", "9" * 30, "2022-01-02")]
    assert values == [2022, -5, 0, "007", "9" * 30, "2022-01-02"]


@given(st.text(st.characters() | st.sampled_from('":-=>\0\ud800 year'), max_size=60))
def test_nothing_typed_is_an_error(text: str) -> None:
    query = parse(text, KEYS)
    for part in (query.text, *query.phrases, *query.excluded):
        assert "\0" not in part
        part.encode("utf-8")


@given(st.text(min_size=1, max_size=20), st.sampled_from(["", " bees", ' "old bees"']))
def test_any_value_can_be_written(value: str, rest: str) -> None:
    value = clean(value)
    query = parse(f'{Filter.written("tag", value)}{rest} tag:"x"', KEYS)
    assert [str(f.value) for f in query.filters] == [str(parse_value(value)), "x"]
    assert query.text == rest.replace('"', "").strip()


def test_filters_are_found_where_they_stand() -> None:
    text = 'xyear:2020 year:2020 a year>=2021 "tag:x" -tag:"a ""b"" c"'
    found = [(text[start:end], filter.text, filter.value) for start, end, filter in find_filters(text, KEYS)]
    assert found == [
        ("year:2020", "year:2020", 2020),
        ("year>=2021", "year>=2021", 2021),
        ('-tag:"a ""b"" c"', '-tag:"a ""b"" c"', 'a "b" c'),
    ]
