"""Links, code and tasks of a note, from the edits that its own reader makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from desktop_kb.extract import markdown
from desktop_kb.formats import MARKDOWN
from desktop_kb.gui import theme
from desktop_kb.gui.preview.markdown_links import fences, links
from desktop_kb.gui.preview.text_preview import TextPreview
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow

NOTE = """# Links

See [the *site*](https://example.com/a_(b) "title"), <https://auto.example.org>, https://bare.example.net/x.
[A note](<other note.md>), [one][1], [two][], [[Page]] and [[Page 2|shown]]; no [link] here, `[code](no)`.

- [ ] open task
- [x] done

```python
def f(x):

    return [x](y)
```

After it.

[1]: https://one.example.net
[two]: two.md
"""


def test_links_and_where_they_lead() -> None:
    read = markdown.read(NOTE.encode(), Path("note.md"))
    found = {
        read.text[a:b]: target for a, b, target in links(read.text, read.layout.edits, 0, len(read.text))
    }
    assert found == {
        "the *site*": "https://example.com/a_(b)",
        "https://auto.example.org": "https://auto.example.org",
        "https://bare.example.net/x": "https://bare.example.net/x",
        "A note": "other note.md",
        "one": "https://one.example.net",
        "two": "two.md",
        "Page": "page:Page",
        "shown": "page:Page 2",
    }


def test_a_named_address_is_the_first_of_its_name_in_any_case() -> None:
    note = (
        "[words][ONE], [Straße][] and [One].\n\n[one]: first.md\n[One]: second.md\n[STRASSE]: <street.md>\n"
    )
    read = markdown.read(note.encode(), Path("note.md"))
    found = [target for _, _, target in links(read.text, read.layout.edits, 0, len(read.text))]
    assert found == ["first.md", "street.md", "first.md"]


def test_code_stands_between_its_fences() -> None:
    read = markdown.read(NOTE.encode(), Path("note.md"))
    (span,) = fences(read.text, read.layout.edits, 0, len(read.text))
    assert read.text[slice(*span)] == "def f(x):\n\n    return [x](y)\n"


def test_a_note_is_shown_with_boxes_code_and_links_and_the_passage_exactly(qtbot: QtBot) -> None:
    read = markdown.read(NOTE.encode(), Path("note.md"))
    preview = TextPreview()
    qtbot.addWidget(preview)
    begin, end = read.text.index("- [ ] open"), read.text.index("done") + 4
    best = read.text.index("open task"), read.text.index("open task") + 9
    preview.show_text(read.text, read.layout, (begin, end), best, MARKDOWN)
    assert preview.passage_text() == "☐ open task\n☑ done"
    assert preview.best_text() == "open task"
    code = preview.document().find("def f(x):")
    letters = QFontMetricsF(code.charFormat().font())
    assert letters.horizontalAdvance("iii") == letters.horizontalAdvance("WWW")
    lines = preview.toPlainText().split("\n")
    at = lines.index("def f(x):")
    assert lines[at : at + 3] == ["def f(x):", "", "    return [x](y)"]
    link = preview.document().find("A note")
    assert link.charFormat().anchorHref() == "other note.md"
    assert link.charFormat().foreground().color() == theme.current().accent
    preview.show_found((read.text.index("return"), read.text.index("return") + 6))
    assert preview._between(preview._found) == "return"


@pytest.mark.parametrize(
    "table", ["| Tea | Heat |\n|---|:-:|\n| Oolong | 95 |\n", "Tea | Heat\n--- | ---\nOolong | 95"]
)
def test_what_names_the_columns_of_a_table_is_bold(table: str, qtbot: QtBot) -> None:
    names = {"Tea": True, "Heat": True, "Oolong": False, "95": False}
    read = markdown.read(f"Before.\n\n{table}".encode(), Path("note.md"))
    preview = TextPreview()
    qtbot.addWidget(preview)
    preview.show_text(read.text, read.layout, format=MARKDOWN)
    bold = {words: preview.document().find(words).charFormat().font().bold() for words in names}
    assert bold == names


def test_a_link_leads_to_the_note_within_the_library(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    (notes / "hive.md").write_text(
        "# Hives\n\nThe walrus reads [of bees](bees.md#winter), [[茶]] and [nothing](gone.md).\n",
        encoding="utf-8",
    )
    window.resize(1300, 800)
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    view = window.view(SearchView)
    window.box.ask("walrus")
    qtbot.waitUntil(lambda: view.current() is not None and window.drawn)
    text = view.preview.text
    for words, heading in (("of bees", "Bees in winter"), ("茶", "冲泡乌龙茶")):
        view._feed.show(view.current())  # type: ignore[arg-type]
        qtbot.waitUntil(lambda: "walrus" in text.toPlainText())
        cursor = text.document().find(words)
        cursor.setPosition(cursor.selectionStart())
        place = text.cursorRect(cursor).center() + QPoint(5, 0)
        qtbot.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.waitUntil(lambda heading=heading: text.toPlainText().startswith(heading))  # type: ignore[misc]
    view._feed.show(view.current())  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: "walrus" in text.toPlainText())
    text.link_requested.emit("gone.md")
    assert view.preview._note.message.text() == "'gone.md' is not in the library."
