from __future__ import annotations

import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.cli import printing, speech
from desktop_kb.cli.output import wrapped
from desktop_kb.records import FileReport, Hit, Why

TEXTS = st.text(st.sampled_from("ab 蜜蜂，。ｗ-\n\t é"), max_size=300)


def test_chinese_counts_as_two_columns_and_breaks_anywhere() -> None:
    lines = wrapped("蜜蜂在公园里跳舞。" * 5, 20)
    assert "".join(lines) == "蜜蜂在公园里跳舞。" * 5
    assert {wcwidth.width(line) for line in lines[:-1]} == {20}


def test_other_text_breaks_between_words() -> None:
    lines = wrapped("Bees dance in the hive.\nWhales sing 在海里.", 20)
    assert lines == ["Bees dance in the", "hive.", "Whales sing 在海里."]


@given(TEXTS)
def test_wrapping_loses_nothing_but_white_space(text: str) -> None:
    lines = wrapped(text, 116)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(wcwidth.width(line) <= 116 for line in lines)


def test_a_report_says_what_became_of_the_file() -> None:
    assert printing.report_line(FileReport("/a.pdf", "indexed", 3, 7, 0.25)).split() == [
        "indexed", "/a.pdf", "(3", "pages,", "7", "passages,", "0.2", "s)",
    ]  # fmt: skip
    locked = FileReport("/a", "failed", error_code="locked")
    speech.speak("en")
    assert printing.report_line(locked).endswith(
        "/a: The PDF is locked with a password. Add it again with its password."
    )
    speech.speak("zh")
    assert printing.report_line(locked).endswith("/a：这个 PDF 有密码。请输入密码后重新读取。")
    speech.speak("en")
    assert printing.report_line(FileReport("/a", "unchanged", 1, 2)).split() == ["unchanged", "/a"]


def test_a_hit_says_first_what_the_question_names() -> None:
    hit = Hit(
        1, "d", "/a.md", ("/a.md",), "A", "text", (), None, None, None, 0, 1, "a", "a", (0, 1), 0.5, False,
        Why((), None, ("year:2022",), "number"),
    )  # fmt: skip
    assert printing._why(hit) == "why: holds the number or code · year:2022"
