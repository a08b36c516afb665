from __future__ import annotations

from desktop_kb.gui.preview.pdf_marks import find_letters, read_parts
from desktop_kb.gui.preview.pdf_selection import _stored
from desktop_kb.records import Edit


def test_words_are_found_across_line_ends() -> None:
    page = "𝑥 one two\r\nthree four"
    assert find_letters(page, "two three") == (7, 17)
    assert find_letters(page, "five") is None
    assert find_letters(page, "  ") is None


def test_what_is_not_read_is_not_marked() -> None:
    text = "end of page\n12 Header\nstart of page"
    edits = (Edit(11, 22, " "),)
    assert [text[a:b] for a, b in read_parts(text, edits, 0, len(text))] == ["end of page", "start of page"]


def test_of_words_that_stand_twice_those_nearest_are_selected() -> None:
    page = "Then the cat and the dog"
    assert _stored(page, "the", page.rindex("the") + 1) == (17, 20)
    assert _stored(page, "the", page.index("the") + 1) == (5, 8)
    assert _stored(page, "the cow", 0) is None
