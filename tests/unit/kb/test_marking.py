"""Marked passages: made, found, kept through changes of their files, saved and exported."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_kb.anchoring import Anchor, Change
from desktop_kb.errors import Problem, UsageProblem
from desktop_kb.kb import KnowledgeBase, restore_backup
from desktop_kb.records import Layout, Mark, Page, parse_link

BEES = "Bees dance.\n\nThey shiver to warm the hive in winter.\n\nWater is brought in when fanning is not enough.\n"
WINTER = "They shiver to warm the hive in winter."


@pytest.fixture
def kb(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> KnowledgeBase:
    kb = open_kb()
    write(kb, tmp_path / "bees.txt", BEES)
    return kb


def write(kb: KnowledgeBase, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    list(kb.follow(kb.add([path])))


def marked(kb: KnowledgeBase, quote: str = WINTER, **more: str) -> Mark:
    (document,) = [one.document for one in kb.documents() if quote in kb.text(one.document)[0]]
    start = kb.text(document)[0].index(quote)
    return kb.mark(document, start, start + len(quote), **more)  # type: ignore[arg-type]


def test_a_passage_is_marked_with_a_comment_and_a_colour(kb: KnowledgeBase, tmp_path: Path) -> None:
    mark = marked(kb, comment="as penguins do", colour="green")
    assert (mark.quote, mark.comment, mark.colour) == (WINTER, "as penguins do", "green")
    assert (mark.title, mark.path, mark.own, mark.adrift) == (
        "bees",
        str(tmp_path / "bees.txt"),
        False,
        False,
    )
    assert kb.marks() == [mark]
    changed = kb.change_mark(mark.uid, comment="as a huddle", colour="blue")
    assert (changed.uid, changed.comment, changed.colour) == (mark.uid, "as a huddle", "blue")
    assert kb.unmark([mark.uid]) == [changed]
    assert kb.marks() == []
    kb.put_marks_back([changed])
    assert kb.marks() == [changed]


def test_what_cannot_be_marked_is_refused(kb: KnowledgeBase) -> None:
    (document,) = kb.documents()
    for start, end in ((-1, 3), (0, 9_999), (5, 5), (len("Bees dance."), len("Bees dance.") + 2)):
        with pytest.raises(UsageProblem) as told:
            kb.mark(document.document, start, end)
        assert told.value.code == "not-marked"
    with pytest.raises(ValueError, match="colour"):
        kb.mark(document.document, 0, 4, colour="ink")  # type: ignore[arg-type]
    for do in (lambda: kb.unmark(["0" * 16]), lambda: kb.change_mark("0" * 16, comment="x")):
        with pytest.raises(Problem) as gone:
            do()
        assert gone.value.code == "no-mark"
    assert kb.marks() == []


def test_documents_are_found_by_their_marks(kb: KnowledgeBase, tmp_path: Path) -> None:
    write(kb, tmp_path / "wasps.txt", "Wasps sleep all winter.")
    marked(kb, comment="as Penguins do")

    def found(*filters: str) -> list[str]:
        return [document.title for document in kb.documents(filters)]

    assert found("has:mark") == ["bees"]
    assert found("-has:mark") == ["wasps"]
    assert found("mark:penguins") == found('mark:"the hive"') == ["bees"]
    assert found("mark:sleep") == found("has:wings") == []
    assert [hit.title for hit in kb.search("winter has:mark").hits] == ["bees"]
    assert [mark.title for mark in kb.marks(["mark:penguins"])] == ["bees"]


def test_a_mark_follows_its_words_when_the_file_is_edited(kb: KnowledgeBase, tmp_path: Path) -> None:
    uid = marked(kb, comment="as penguins do").uid
    edited = f"A new preface.\n\n{BEES.replace('dance', 'hum')}"
    write(kb, tmp_path / "bees.txt", edited)
    (mark,) = kb.marks()
    assert (mark.uid, mark.quote, mark.comment) == (uid, WINTER, "as penguins do")
    assert kb.text(mark.document)[0][mark.start : mark.end] == WINTER
    write(kb, tmp_path / "bees.txt", edited.replace("warm the hive", "keep the whole hive warm"))
    (mark,) = kb.marks()
    assert mark.quote == "They shiver to keep the whole hive warm in winter."


def test_a_mark_whose_words_are_gone_is_adrift_and_said_and_comes_back(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    marked(kb)
    write(kb, tmp_path / "bees.txt", BEES.replace(WINTER, "Something else is told here."))
    (mark,) = kb.marks()
    assert mark.adrift
    assert (mark.start, mark.end, mark.quote) == (None, None, WINTER)
    (said,) = [check for check in kb.doctor() if check.name == "marked passages"]
    assert said.ok
    assert [(one.code, one.details) for one in said.findings] == [("marks-adrift", {"count": 1})]
    assert [document.title for document in kb.documents(["has:mark"])] == ["bees"]
    write(kb, tmp_path / "bees.txt", BEES)
    (mark,) = kb.marks()
    assert kb.text(mark.document)[0][mark.start : mark.end] == WINTER


def test_marks_go_to_the_trash_with_their_document_and_come_back(kb: KnowledgeBase, tmp_path: Path) -> None:
    mark = marked(kb)
    kb.remove([mark.document])
    assert kb.marks() == []
    list(kb.follow(kb.restore(mark.document)))
    assert [one.uid for one in kb.marks()] == [mark.uid]
    kb.remove([mark.document])
    list(kb.follow(kb.add([tmp_path / "bees.txt"])))
    assert [one.uid for one in kb.marks()] == [mark.uid]


def test_marks_of_a_twin_from_the_trash_go_to_the_document_that_is_there(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    mark = marked(kb)
    kb.remove([mark.document])
    write(kb, tmp_path / "bees.txt", "Wasps.")  # its place has another document now
    write(kb, tmp_path / "again.txt", BEES)
    assert [(one.quote, Path(one.path).name) for one in kb.marks()] == [(WINTER, "again.txt")]


def test_one_of_two_files_with_the_same_content_is_edited_and_both_keep_the_mark(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    write(kb, tmp_path / "copy.txt", BEES)
    marked(kb, comment="mine")
    write(kb, tmp_path / "copy.txt", f"A new preface.\n\n{BEES}And a new end.\n")
    found = kb.marks()
    assert sorted(Path(mark.path).name for mark in found) == ["bees.txt", "copy.txt"]
    for mark in found:
        assert (mark.comment, kb.text(mark.document)[0][mark.start : mark.end]) == ("mine", WINTER)


def test_a_file_renamed_and_edited_at_once_has_the_marks(kb: KnowledgeBase, tmp_path: Path) -> None:
    long = BEES + "\n".join(f"Sentence {n} is about bees and their hives." for n in range(9))
    write(kb, tmp_path / "bees.txt", long)
    marked(kb)
    (tmp_path / "bees.txt").unlink()
    (tmp_path / "about bees.txt").write_text(f"A preface.\n{long}", encoding="utf-8")
    list(kb.follow(kb.add([tmp_path])))
    assert "about bees.txt" in [Path(mark.path).name for mark in kb.marks()]


def test_marks_are_in_a_backup(kb: KnowledgeBase, tmp_path: Path) -> None:
    marked(kb, comment="as penguins do")
    kb.backup(tmp_path / "all.zip")
    restore_backup(tmp_path / "all.zip", tmp_path / "again")
    with KnowledgeBase(tmp_path / "again") as again:
        assert again.marks() == kb.marks()


def test_marks_are_exported_as_markdown_with_links_that_lead_to_them(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    mark = marked(kb, comment="as penguins do")
    list(kb.export(tmp_path / "out"))
    text = (tmp_path / "out/marks.md").read_text(encoding="utf-8")
    assert f"# bees\n\n> {WINTER}\n\nas penguins do\n" in text
    link = parse_link(text.partition("](")[2].partition(")")[0])
    assert link is not None
    assert (link.document, link.start, link.end) == (mark.document, mark.start, mark.end)
    (record,) = json.loads((tmp_path / "out/marks.json").read_text(encoding="utf-8"))
    assert record["uid"] == mark.uid


def test_a_mark_that_stands_wrong_is_damage_and_is_repaired(kb: KnowledgeBase) -> None:
    mark = marked(kb)
    kb._store._database.write(
        lambda connection: connection.execute('update marks set start = 1, "end" = 4').fetchall()
    )
    checks = {check.name: check.ok for check in kb.doctor()}
    assert not checks["marks"]
    assert all(check.ok for check in kb.doctor(repair=True))
    assert kb.marks() == [mark]


def test_a_link_names_a_mark_a_document_or_a_passage(kb: KnowledgeBase) -> None:
    mark = marked(kb)
    library = kb.status().id
    assert kb.link(mark) == f"desktop-kb:{library}/d/{mark.document}?start={mark.start}&end={mark.end}"
    assert kb.link(mark.document) == f"desktop-kb:{library}/d/{mark.document}"
    assert kb.link(mark.document, start=3, end=9).endswith("?start=3&end=9")


def test_a_passage_that_ends_with_its_page_is_not_on_the_next_one(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, pages = "One.Two.", (Page(0, 4, "i"), Page(4, 8, "ii"))
    monkeypatch.setattr(kb._store.documents, "text", lambda _: (text, Layout(pages=pages)))
    document = kb.documents()[0].document
    first = kb.passage(document, 0, 4)
    assert (first.page, first.page_label, first.pages) == (1, "i", (1, 1))
    assert kb.passage(document, 2, 6).pages == (1, 2)
    assert kb.passage(document, 4, 4).pages == (2, 2)


def test_marks_are_found_in_a_new_text_before_the_transaction_that_stores_it(
    kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked(kb)
    threads: list[str] = []

    def find(change: Change, mark: Anchor, *, adrift: bool = False) -> tuple[int, int] | None:
        threads.append(threading.current_thread().name)
        return found(change, mark, adrift=adrift)

    found = Change.find
    monkeypatch.setattr(Change, "find", find)
    write(kb, tmp_path / "bees.txt", f"Preface.\n{BEES}".replace("dance", "fly"))
    (mark,) = kb.marks()
    assert (mark.quote, mark.adrift) == (WINTER, False)
    assert threads
    assert "writer" not in threads
