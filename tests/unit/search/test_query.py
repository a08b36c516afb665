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


@pytest.mark.parametrize(
    "text",
    [
        "find / -perm -4000 ! -type l",
        "tar -xzf backup.tar.gz",
        "ls -la -h",
        "git commit --amend -m fix",
        "curl -s https://example.org/a?b=c",
        "./configure -prefix",
        "Annual report -final.pdf",
        "C:\\Users\\me -old",
    ],
)
def test_a_pasted_command_line_excludes_nothing(text: str) -> None:
    query = parse(text, KEYS)
    assert query.excluded == ()
    assert {(one.term, one.kind) for one in query.also} == {
        (token.lstrip("-"), "variant") for token in text.split() if token[0] == "-" and token[1] != "-"
    }
    assert not set(query.text.split()) & {one.asked for one in query.also}


@pytest.mark.parametrize(
    "text",
    [
        "氧气的名字来自希腊语的“酸”（字面意思是“尖锐”，指酸的味道）和 -genes（“生产者”）。" * 4,
        'Oxygen is named from the Greek roots oxys, "acid", and -genes, "begetter", as it was thought OR hoped '
        "that all acids hold it; but the name -though wrong - stayed, in German too, where it is called Sauerstoff.",
    ],
)
def test_in_a_pasted_passage_a_dash_excludes_and_a_quotation_requires_nothing(text: str) -> None:
    query = parse(text, KEYS)
    assert (query.excluded, query.phrases, query.choices) == ((), (), ())
    assert "genes" in query.text
    assert parse(f"{text} tag:bees", KEYS).filters != ()


@pytest.mark.parametrize("text", ["car -diesel -petrol", "咖啡 -糖", "jaguar -car -cat", "tea -2024年"])
def test_what_is_excluded(text: str) -> None:
    query = parse(text, KEYS)
    assert [f"-{one}" for one in query.excluded] == text.split()[1:]
    assert query.also == ()


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ('19" rack and 3.5" disk', ()),
        ("“第3章” 说明", ("第3章",)),
        ("＂top speed＂", ("top speed",)),
        ('he said "so it is"', ("so it is",)),
    ],
)
def test_quotation_marks(text: str, phrases: tuple[str, ...]) -> None:
    assert parse(text, KEYS).phrases == phrases


@pytest.mark.parametrize(
    ("text", "key", "operator", "value"),
    [
        ("标签：车", "标签", ":", "车"),
        ("year＞＝2020", "year", ">=", 2020),
        ("year＜=2020", "year", "<=", 2020),
        ("year＞2020", "year", ">", 2020),
        ("標籤:車", "标签", ":", "車"),
        ("标签： 车", "标签", ":", "车"),
        ("Tag:x", "tag", ":", "x"),
        ("year >= 2020", "year", ">=", 2020),
        ("year≥2020", "year", ">=", 2020),
        ("year:2020..2022", "year", ":", "2020..2022"),
        ("place.city:Berlin", "place.city", ":", "Berlin"),
        ('"due date":2024-05-01', "due date", ":", "2024-05-01"),
        ("due date<2024-05-01", "due date", "<", "2024-05-01"),
        ("tag:“sold out”", "tag", ":", "sold out"),
    ],
)
def test_filters_as_people_write_them(text: str, key: str, operator: str, value: object) -> None:
    query = parse(f"zeppelin {text}", KEYS | {"place.city", "due date"})
    assert query.text == "zeppelin"
    assert query.understood
    assert [(one.key, one.operator, one.value) for one in query.filters] == [(key, operator, value)]


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("colour:red car", False),
        ("car price>10", False),
        ("作者：张三", False),
        ("note: buy milk", True),
        ("at 10:30 on http://example.org", True),
        ("std::vector", True),
        ("C:\\papers", True),
    ],
)
def test_an_unknown_key_is_said(text: str, understood: bool) -> None:
    query = parse(text, KEYS)
    assert query.understood is understood
    assert query.text == text


def test_or_beginnings_and_nearness() -> None:
    query = parse('fast (petrol OR "gas oil" OR 糖) electr* "price list"~5 (small)', KEYS)
    assert query.choices == (("petrol", "gas oil", "糖"), ("electr*",), ('"price list"~5',))
    assert query.text == "fast petrol gas oil 糖 electr price list (small)"
    assert (query.phrases, query.beginnings) == ((), ("electr",))


@pytest.mark.parametrize("text", ["OR", "this OR", "OR that", "a or b", "*", "2 * 3", "C*", "(a)"])
def test_what_is_no_choice_is_text(text: str) -> None:
    query = parse(text, KEYS)
    assert (query.text, query.choices) == (text, ())


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


def test_an_order_is_no_filter_and_one_that_there_is_not_is_text() -> None:
    keys = frozenset({"sort", "tag"})
    assert [filter.text for filter in parse("bees sort:date", keys).filters] == ["sort:date"]
    for text in ("bees sort:weight", "bees sort>date", "bees -sort:date"):
        assert parse(text, keys).filters == ()
        assert not parse(text, keys).understood
    with pytest.raises(UsageProblem):
        parse_filter("sort:weight")


def test_filters_are_found_where_they_stand() -> None:
    text = 'xyear:2020 year:2020 a year>=2021 "tag:x" -tag:"a ""b"" c"'
    found = [(text[start:end], filter.text, filter.value) for start, end, filter in find_filters(text, KEYS)]
    assert found == [
        ("year:2020", "year:2020", 2020),
        ("year>=2021", "year>=2021", 2021),
        ('-tag:"a ""b"" c"', '-tag:"a ""b"" c"', 'a "b" c'),
    ]


def test_half_width_kana_is_kana() -> None:
    assert parse("ﾌﾟﾗｸﾞ ﾃﾞｰﾀ 半角", frozenset()).text == "プラグ データ 半角"


@pytest.mark.parametrize(
    ("typed", "text", "excluded"),
    [
        ("rocket NOT parts", "rocket", ("parts",)),
        ('rocket NOT "spare parts" now', "rocket now", ("spare parts",)),
        ("火箭 NOT 零件", "火箭", ("零件",)),
        ("rocket not parts", "rocket not parts", ()),
        ("DO NOT ENTER", "DO NOT ENTER", ()),
        ("rocket NOT", "rocket NOT", ()),
        ("NOT rocket", "NOT rocket", ()),
    ],
)
def test_not_excludes_what_follows_it(typed: str, text: str, excluded: tuple[str, ...]) -> None:
    query = parse(typed, KEYS)
    assert (query.text, query.excluded) == (text, excluded)


def test_not_excludes_a_value_too() -> None:
    query = parse("rocket NOT tag:sold", KEYS)
    assert (query.text, [(one.key, one.excluded) for one in query.filters]) == ("rocket", [("tag", True)])
