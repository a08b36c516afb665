"""Questions made from documents: what they ask, where the answer stands, what must be left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desktop_kb import questions
from desktop_kb.errors import UsageProblem
from desktop_kb.reading import read
from desktop_kb.records import Document, Edit, Extracted, Heading, Layout

TEXT = """How bees keep warm
In winter the bees form a dense cluster around their queen. They shiver with their flight muscles to make heat.
The outer bees slowly change places with the inner bees through the night. Honey stores are burnt as fuel all winter.

A varroa mite is a parasite that lives on honey bees and feeds on them.
Honey
Nectar is dried.
蜂胶是一种由蜜蜂采集树脂制成的胶状物质，用来填补蜂箱的缝隙。它很黏。
"""


def extracted(text: str = TEXT, title: str = "Notes") -> Extracted:
    headings = [
        Heading(at, at + len(line), 1, line)
        for line in ("How bees keep warm", "Honey")
        if (at := text.find(f"{line}\n")) >= 0
    ]
    wrap = text.index("heat.\n") + 5  # a line that only wraps
    return Extracted(text, title, Layout(headings=tuple(headings), edits=(Edit(wrap, wrap + 1, " "),)))


def by_kind(kind: str, document: Extracted | None = None) -> list[questions.Question]:
    return [q for q in questions.make([("a", document or extracted())], 50) if q.kind == kind]


def test_a_heading_asks_for_what_stands_below_it() -> None:
    (question,) = by_kind("heading")
    assert question.text == "How bees keep warm"
    assert question.removed == (0, len("How bees keep warm"))
    ((start, end),) = question.answer
    assert TEXT[start:end].startswith("In winter")
    assert "Nectar" not in TEXT[start:end]
    assert by_kind("heading", extracted(title="How bees keep warm")) == []


def test_a_sentence_asks_for_its_neighbours_in_the_paragraph() -> None:
    # A heading that only repeats the title asks nothing, and what stands below it is free.
    (question,) = by_kind("sentence", extracted(title="How bees keep warm"))
    assert question.removed is not None
    assert read(TEXT, extracted().layout.edits, *question.removed) == question.text
    before, after = question.answer
    assert before[1] <= question.removed[0] < question.removed[1] <= after[0]
    assert all(TEXT[end - 1] == "." for _, end in question.answer)


def test_a_definition_is_asked_for_in_its_language() -> None:
    found = {question.text: TEXT[slice(*question.answer[0])] for question in by_kind("definition")}
    assert set(found) == {"What is varroa mite?", "什么是蜂胶？"}
    assert found["什么是蜂胶？"].endswith("缝隙。")
    text = TEXT.replace("A varroa mite is", "This is")
    assert {q.text for q in by_kind("definition", extracted(text))} == {"什么是蜂胶？"}


def test_in_a_library_of_two_languages_definitions_are_asked_for_in_the_other_one() -> None:
    english, chinese = TEXT[: TEXT.index("蜂胶")], TEXT[TEXT.index("蜂胶") :] * 2
    both = [("a", Extracted(english, "a")), ("b", Extracted(chinese, "b"))]
    found = {q.text: q for q in questions.make(both, 50) if q.kind == "across"}
    assert {text: (q.document, q.language) for text, q in found.items()} == {
        "什么是varroa mite？": ("a", "zh"),
        "What is 蜂胶?": ("b", "en"),
    }
    assert english[slice(*found["什么是varroa mite？"].answer[0])].startswith("A varroa mite is")
    assert not any(q.kind == "across" for q in questions.make(both[:1] * 2, 50))


def test_what_is_left_out_is_not_read_and_moves_nothing() -> None:
    document = extracted()
    asked = [q for q in questions.make([("a", document)], 50) if q.removed]
    assert {q.kind for q in asked} <= {"heading", "sentence"}
    for question in asked:
        assert question.removed is not None
        less = questions.without(document, [question.removed])
        assert less.text == document.text
        left = read(less.text, less.layout.edits)
        assert question.text not in left
        assert question.text not in [heading.title for heading in less.layout.headings]
        for start, end in question.answer:
            assert read(less.text, less.layout.edits, start, end).strip()
        starts = [edit.start for edit in less.layout.edits]
        assert starts == sorted(starts)


def test_no_question_takes_away_the_answer_of_another() -> None:
    paragraphs = "\n\n".join(
        " ".join(
            f"The number{p} animal{s} sleeps quietly near hidden place{p}{s} every winter." for s in range(5)
        )
        for p in range(20)
    )
    made = questions.make([("a", Extracted(paragraphs, ""))], 50)
    assert len(made) == 20
    for question in made:
        for other in made:
            for start, end in other.answer:
                assert question.removed is not None
                assert question.removed[1] <= start or end <= question.removed[0]
    assert questions.make([("a", Extracted(paragraphs, ""))], 50) == made
    assert len(questions.make([("a", Extracted(paragraphs, ""))], 7)) == 7


def test_documents_take_turns() -> None:
    made = questions.make([("a", extracted()), ("b", extracted(TEXT.replace("bees", "wasps")))], 4)
    assert {question.document for question in made} == {"a", "b"}
    assert len({question.kind for question in made}) == 3


# --- a person's own --------------------------------------------------------------------------

OWN = {"question": "How?", "answer_in": "a.txt", "contains": "make heat. The outer"}


def document(id: str, path: str) -> Document:
    return Document(id, path, (path,), "", "text", "ready", 0, 1, (), {}, "")


def texts(id: str) -> tuple[str, Layout]:
    return (TEXT, extracted().layout) if id == "a" else ("nothing", Layout())


def test_the_answer_is_found_as_it_is_read() -> None:
    documents = [document("b", "/other/a.txt"), document("a", "/notes/a.txt")]
    question = questions.locate(OWN, documents, texts)
    assert question.document == "a"
    assert TEXT[slice(*question.answer[0])] == "make heat.\nThe outer"
    assert questions.locate({**OWN, "answer_in": "notes/a.txt"}, documents, texts) == question
    whole = questions.locate({"question": "?", "answer_in": "other/a.txt"}, documents, texts)
    assert (whole.document, whole.answer) == ("b", ((0, 7),))


@pytest.mark.parametrize(
    "change", [{"answer_in": "c.txt"}, {"answer_in": "er/a.txt"}, {"contains": "whales"}]
)
def test_what_is_not_in_the_library_is_named(change: dict[str, Any]) -> None:
    with pytest.raises(UsageProblem, match=r"How\?"):
        questions.locate({**OWN, **change}, [document("a", "/other/a.txt")], texts)


def test_lines_and_one_object_are_both_question_files(tmp_path: Path) -> None:
    file = tmp_path / "questions"
    file.write_text(json.dumps(OWN) + "\n\n" + json.dumps({**OWN, "filters": ["year:2022"]}) + "\n", "utf-8")
    lines = questions.read_questions(file)
    file.write_text(json.dumps({"questions": lines, "more": 1}), "utf-8")
    assert questions.read_questions(file) == lines
    assert [one.get("filters") for one in lines] == [None, ["year:2022"]]


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[1]", '{"question": "?"}', '{"questions": []}']
    + [json.dumps({**OWN, key: 5}) for key in ("question", "answer_in", "contains", "filters")],
)
def test_what_is_no_question_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "q").write_text(text, "utf-8")
    with pytest.raises(UsageProblem):
        questions.read_questions(tmp_path / "q")
    with pytest.raises(UsageProblem):
        questions.read_questions(tmp_path / "nowhere")
