from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.extract import json_text
from desktop_kb.reading import read


def reading(text: str) -> str:
    found = json_text.read(text.encode(), Path("a.json"))
    assert found.text == text
    return read(found.text, found.layout.edits)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{"a": "\\u6e21\\u53e3 \\ud83d\\ude00"}', '{"a": "渡口 😀"}'),
        (
            r'{"path": "C:\\new\\table", "said": "\"no\"\n\ttwo\/three"}',
            '{"path": "C:\\new\\table", "said": ""no"\n two/three"}',
        ),
        ('{\n  "a": 1,\n  "b": [1, 2]\n}\n', '{\n  "a": 1,\n  "b": [1, 2]\n}\n'),
        (f'{{"picture": "{"QUJD" * 80}"}}', '{"picture": ""}'),
    ],
)
def test_json_is_read_as_what_it_says(source: str, expected: str) -> None:
    assert reading(source) == expected


def test_what_is_on_one_line_is_read_as_a_line_for_each_value() -> None:
    rows = [{"name": f"boat, number {n}", "at": ["here, there", n]} for n in range(40)]
    shown = reading(json.dumps(rows))
    assert shown.count("\n") > 70
    assert "boat, number 7" in shown
    assert '"here, there"' in shown
    assert max(map(len, shown.split("\n"))) < 80


_SAID = st.characters(exclude_categories=("Cc", "Cs"))
_VALUES = st.recursive(
    st.text(_SAID, max_size=8) | st.integers() | st.none(),
    lambda x: st.lists(x) | st.dictionaries(st.text(_SAID, max_size=4), x),
)


@given(_VALUES)
def test_no_letter_of_any_json_is_lost(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps([value] * 90)):
        shown = reading(text)
        said = re.sub(r"\\(?:u....|.)", "", json.dumps(value, ensure_ascii=False))
        letters = [c for c in said if c.isalnum()]
        assert all(c in shown for c in letters)
