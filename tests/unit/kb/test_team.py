"""A team's library from the terminal's side: connecting, searching, moving documents, and what goes wrong.

One test runs each time where the engine's package is (pip install pylibseekdb: Linux, and macOS on Apple silicon).
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fakes import FakeEmbedder, fake_parts
from reportlab.pdfgen.canvas import Canvas
from team import EngineForTests

from desktop_kb import paths
from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.kb import KnowledgeBase, restore_backup, team
from desktop_kb.remote import schema, serving
from desktop_kb.remote.people import Role

TEXTS = {
    "bees": "Bees dance in the hive.",
    "whales": "Whales sing in the ocean.",
    "蜜蜂": "蜜蜂在公园里跳舞。",
}


@pytest.fixture
def connected(engine: EngineForTests, tmp_path: Path) -> EngineForTests:
    """An empty library of a team, connected as team:bees."""
    engine.run("drop database if exists bees")
    secret = tmp_path / "secret"
    secret.write_text(engine.password, "ascii")
    authority = str(serving.Folder(engine.folder).authority)
    team.connect(
        "bees",
        "localhost",
        "root",
        port=engine.port,
        authority=authority,
        password_file=str(secret),
        create=True,
    )
    return engine


def test_who_connects_again_has_the_teams_folder_still_and_makes_nothing_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr(team, "_create", lambda *asked: made.append(asked))
    monkeypatch.setattr(team, "_id", lambda *_: "0123456789abcdef")
    secret = tmp_path / "secret"
    secret.write_text("secret", "ascii")
    given: dict[str, Any] = {"password_file": str(secret), "create": True}
    with pytest.raises(StorageProblem, match="no-folder"):
        team.connect("wasps", "localhost", "root", root=str(tmp_path / "none"), **given)
    assert made == []
    for root in (str(tmp_path), ""):
        team.connect("wasps", "localhost", "root", root=root, **given)
        assert team.connection_of(paths.library("team:wasps")).root == str(tmp_path)


@pytest.fixture
def shared(connected: EngineForTests) -> Iterator[Callable[..., KnowledgeBase]]:
    opened: list[KnowledgeBase] = []

    def make(embedder: FakeEmbedder | None = None) -> KnowledgeBase:
        opened.append(KnowledgeBase("team:bees", parts=fake_parts(embedder or FakeEmbedder("fake"))))
        return opened[-1]

    yield make
    for kb in opened:
        kb.close()


def added(kb: KnowledgeBase, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in TEXTS.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    assert {report.status for report in kb.follow(kb.add([folder], tags=["animals"]))} == {"indexed"}


@pytest.mark.slow
def test_a_teams_library_is_filled_and_searched_like_any(
    shared: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    kb = shared()
    added(kb, tmp_path / "notes")
    assert kb.search("whales in the ocean").hits[0].title == "whales"
    assert {hit.title for hit in kb.search("蜜蜂 tag:animals").hits} == {"蜜蜂"}
    assert kb.status().documents == 3
    assert all(check.ok for check in kb.doctor() if check.name in ("index", "passages"))
    other = shared()  # another person's program
    assert other.search("hive").hits[0].title == "bees"
    other.tag([other.documents()[0].document], ["dancers"])
    assert "dancers" in kb.documents()[0].tags


def test_documents_move_up_and_back_without_being_encoded(
    connected: EngineForTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KnowledgeBase(tmp_path / "mine", parts=fake_parts(FakeEmbedder("fake"))) as kb:
        added(kb, tmp_path / "notes")
        before = {
            question: [(hit.title, hit.start, round(hit.score, 9)) for hit in kb.search(question).hits]
            for question in ("whales sing", "bees", "公园", "the ocean tag:animals")
        }
        monkeypatch.setattr(FakeEmbedder, "encode_windows", None, raising=False)
        assert kb.push("bees").as_json() == {"moved": 3, "there": 0, "failed": 0}
        assert kb.push("bees").as_json() == {"moved": 0, "there": 3, "failed": 0}
    for library in ("team:bees", str(tmp_path / "taken")):
        with KnowledgeBase(library, create=False, parts=fake_parts(FakeEmbedder("fake"))) as kb:
            for question, hits in before.items():
                found = [(hit.title, hit.start, round(hit.score, 9)) for hit in kb.search(question).hits]
                assert found == hits
            if library == "team:bees":
                assert kb.take(tmp_path / "taken").moved == 3
                assert kb.take(tmp_path / "some", ["title:whales"]).moved == 1


def test_a_move_goes_on_after_an_interruption(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with KnowledgeBase(tmp_path / "mine", parts=fake_parts(FakeEmbedder("fake"))) as kb:
        for number in range(6):
            (tmp_path / f"{number}.md").write_text(f"{number}. {TEXTS['bees']}", "utf-8")
        list(kb.follow(kb.add([tmp_path / f"{number}.md" for number in range(6)])))
        with pytest.raises(KeyboardInterrupt):
            kb.take(tmp_path / "taken", progress=interrupt)
        assert kb.take(tmp_path / "taken").as_json() | {"failed": 0} == {"moved": 4, "there": 2, "failed": 0}


@pytest.mark.slow
def test_a_bibliography_speaks_of_a_teams_documents(
    shared: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    kb = shared()
    added(kb, tmp_path / "notes")
    cited = "@book{b, title={The Dancing Bees}, author={Karl von Frisch}, year=1954, keywords={dance}, file={bees.md}}"
    (tmp_path / "notes" / "own.bib").write_text(cited, "utf-8")
    list(kb.follow(kb.add([tmp_path / "notes" / "own.bib"])))
    (bees,) = kb.documents(["title:dancing"])
    assert (bees.path, bees.tags) == (str(tmp_path / "notes" / "bees.md"), ("animals", "dance"))
    assert (bees.metadata["year"], kb.search("frisch").hits[0].document) == (1954, bees.document)
    kb.set_metadata(bees.document, {"title": "Mine"})
    assert kb.document(bees.document).title == "Mine"
    kb.set_metadata(bees.document, {"title": ""})
    assert kb.document(bees.document).title == "The Dancing Bees"


@pytest.mark.slow
def test_a_long_document_comes_and_goes_whole(shared: Callable[..., KnowledgeBase], tmp_path: Path) -> None:
    text = "\n\n".join(f"Paragraph {n} tells of bees, 蜜蜂 and the number {n * n}." for n in range(20_000))
    kb = shared()
    (tmp_path / "long.md").write_text(text, "utf-8")
    assert [report.status for report in kb.follow(kb.add([tmp_path / "long.md"]))] == ["indexed"]
    assert kb.text(kb.documents()[0].document)[0] == text
    assert "Paragraph 19999" in kb.search('"Paragraph 19999"').hits[0].text


def said_of_writing(kb: KnowledgeBase) -> list[str]:
    """What the doctor says of adding here."""
    return [one.code for check in kb.doctor() if check.name == "writing" for one in check.findings]


@pytest.mark.slow
def test_who_has_other_models_searches_by_words_and_does_not_write(
    shared: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    kb = shared()
    added(kb, tmp_path / "notes")
    assert said_of_writing(kb) == []
    kb.close()  # it would take what the other one adds, from the queue of this machine
    other = shared(FakeEmbedder("other"))
    assert [hit.title for hit in other.search("hive").hits] == ["bees"]
    with pytest.raises(StorageProblem) as caught:
        list(other.follow(other.add_text("Foxes run.", title="foxes")))
    assert caught.value.code == "other-models"
    assert other.status().documents == 3
    assert said_of_writing(other) == ["made-otherwise"]


@pytest.mark.slow
def test_what_goes_wrong_is_a_sentence(connected: EngineForTests, tmp_path: Path) -> None:
    def code(**changed: Any) -> str:
        return problem(**changed).code

    def problem(**changed: Any) -> Problem:
        authority = str(serving.Folder(connected.folder).authority)
        given = {"port": connected.port, "authority": authority, "password": connected.password}
        with pytest.raises(Problem) as caught:
            team.connect("x", "localhost", "root", **{**given, **changed})
        return caught.value

    assert code(password="wrong") == "wrong-login"
    assert code(port=connected.port + 1) == "engine-away"
    assert code(authority="") == "certificate"
    assert problem(authority="").details["reason"] == "certificate-of-others"
    assert code(database="nothing_here") == "no-library"
    assert code(database="no;sql") == "no-team"
    with pytest.raises(StorageProblem) as caught:
        KnowledgeBase("team:unknown", parts=fake_parts())
    assert caught.value.code == "no-team"
    connected.run("drop user if exists reader")
    team.grant("bees", "reader", "reader", "r")
    assert team.people_of("bees") == {"reader": "reader"}
    file = paths.library("team:bees").root / paths.TEAM_FILE
    (tmp_path / "theirs").write_text("r\n", "ascii")
    theirs = {"user": "reader", "password_file": str(tmp_path / "theirs")}
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | theirs), "utf-8")
    with KnowledgeBase("team:bees", parts=fake_parts(FakeEmbedder("fake"))) as kb:
        assert kb.search("anything").hits == ()
        with pytest.raises(StorageProblem) as caught:
            list(kb.follow(kb.add_text("Foxes run.", title="foxes")))
    assert caught.value.code == "not-allowed"


@pytest.mark.slow
def test_the_certificate_that_is_kept_may_be_named_again(connected: EngineForTests, tmp_path: Path) -> None:
    kept = team.connection_of(paths.library("team:bees")).authority
    given: dict[str, Any] = {
        "port": connected.port,
        "authority": kept,
        "password_file": str(tmp_path / "secret"),
    }
    assert team.connect("bees", "localhost", "root", **given)
    assert team.connection_of(paths.library("team:bees")).authority == kept


@pytest.mark.slow
def test_people_have_roles(connected: EngineForTests) -> None:
    connected.run("drop user if exists ada", "drop user if exists reader")
    team.grant("bees", "ada", "writer", "secret")
    assert team.people_of("bees") == {"ada": "writer"}
    theirs = contextlib.closing(connected.open("bees", "ada", "secret"))
    with theirs as open_meanwhile:
        with open_meanwhile.engine.writing() as session:
            session.run("update library set changed = changed + 1")
        team.grant("bees", "ada", "reader")
        assert team.people_of("bees") == {"ada": "reader"}
        with pytest.raises(StorageProblem, match="not-allowed"), open_meanwhile.engine.writing() as session:
            session.run("update library set changed = changed + 1")
        assert open_meanwhile.id
        team.revoke("bees", "ada")
        assert team.people_of("bees") == {}
        with pytest.raises(StorageProblem, match="not-allowed"):
            open_meanwhile.documents.find()
    with pytest.raises(StorageProblem) as caught:
        team.grant("bees", "nobody", "reader")
    assert caught.value.code == "no-person"
    with pytest.raises(StorageProblem) as caught:
        team.grant("bees", "ada; drop", "reader")
    assert caught.value.code == "no-name"


@pytest.mark.slow
def test_rights_are_to_the_library_that_is_named_alone(engine: EngineForTests, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(engine.password, "ascii")
    engine.run("drop user if exists `order`")
    given: dict[str, Any] = {"port": engine.port, "authority": str(serving.Folder(engine.folder).authority)}
    for name in ("a_b", "aXb", "2026"):
        engine.run(f"drop database if exists `{name}`")
        team.connect(name, "localhost", "root", password_file=str(secret), create=True, **given)
    team.grant("a_b", "order", "writer", "s'e\\c%s")
    assert (team.people_of("a_b"), team.people_of("aXb")) == ({"order": "writer"}, {})
    (tmp_path / "theirs").write_text("s'e\\c%s\n", "ascii")
    theirs: dict[str, Any] = {**given, "password_file": str(tmp_path / "theirs")}
    with pytest.raises(StorageProblem) as caught:
        team.connect("theirs", "localhost", "order", database="aXb", **theirs)
    assert caught.value.code == "not-allowed"
    assert team.connect("theirs", "localhost", "order", database="a_b", **theirs)
    for _ in range(2):
        team.revoke("a_b", "order")
        assert team.people_of("a_b") == {}


@pytest.mark.slow
def test_a_backup_is_a_library_of_ones_own_and_comes_back_where_it_stood(
    connected: EngineForTests, shared: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    team.set_root("bees", str(folder))
    kb = shared()
    added(kb, folder)
    kb.tag([kb.documents()[0].document], ["kept"])
    before = {one.title: (one.path, one.tags) for one in kb.documents()}
    hits = [(hit.title, round(hit.score, 9)) for hit in kb.search("whales sing").hits]
    file = tmp_path / "backup.zip"
    assert kb.backup(file).documents == 3
    with pytest.raises(StorageProblem) as caught:
        kb.backup(file)
    assert caught.value.code == "exists"
    restore_backup(file, tmp_path / "restored")
    with KnowledgeBase(tmp_path / "restored", parts=fake_parts(FakeEmbedder("fake"))) as own:
        assert [(hit.title, round(hit.score, 9)) for hit in own.search("whales sing").hits] == hits
        assert {one.title: one.tags for one in own.documents()} == {
            title: tags for title, (_, tags) in before.items()
        }
        kb.remove([one.document for one in kb.documents()])
        assert own.push("bees").moved == 3
    assert {one.title: (one.path, one.tags) for one in kb.documents()} == before
    assert kb.refresh().jobs == ()


@pytest.mark.slow
def test_two_people_and_the_teams_folder(
    connected: EngineForTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a machine and a copy of the folder of their own; one changes what the other has changed."""
    connected.run("drop user if exists ada")
    team.grant("bees", "ada", "writer", "secret")
    (tmp_path / "theirs").write_text("secret", "ascii")
    authority = str(serving.Folder(connected.folder).authority)

    def written(root: str, text: str) -> Path:
        file = tmp_path / root / "plan.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    mine, hers = written("mine", "# Plan\n\nMonday."), written("hers", "# Plan\n\nMonday.")
    team.set_root("bees", str(mine.parent))
    with KnowledgeBase("team:bees", parts=fake_parts(FakeEmbedder("fake"))) as kb:
        assert [report.status for report in kb.follow(kb.add([mine.parent]))] == ["indexed"]
        monkeypatch.setenv("DESKTOP_KB_HOME", str(tmp_path / "home of hers"))
        team.connect(
            "bees", "localhost", "ada", port=connected.port, authority=authority,
            password_file=str(tmp_path / "theirs"), root=str(hers.parent),
        )  # fmt: skip
        with KnowledgeBase("team:bees", parts=fake_parts(FakeEmbedder("fake"))) as her_kb:
            assert [report.status for report in her_kb.follow(her_kb.add([hers.parent]))] == ["unchanged"]
            assert [one.path for one in her_kb.documents()] == [str(hers)]
            assert her_kb.file(her_kb.documents()[0].document) == hers
            (noted,) = her_kb.follow(her_kb.add_text("Bring the honey.", title="Errands"))
            assert noted.path == str(hers.parent / "notes" / "Errands.md")
            (note,) = kb.documents(["title:errands"])
            assert note.path == str(mine.parent / "notes" / "Errands.md")
            kb.remove([note.document])
            written("mine", "# Plan\n\nTuesday.")
            assert [report.status for report in kb.follow(kb.refresh())] == ["updated"]
            written("hers", "# Plan\n\nFriday.")
            (told,) = her_kb.follow(her_kb.refresh())
            assert told.error_code == "kept-apart"
            for one in (kb, her_kb):
                assert {hit.text.split()[-1] for hit in one.search("plan").hits} == {"Tuesday.", "Friday."}
            (apart,) = kb.documents(["tag:conflict"])
            assert [(change.by, change.what) for change in apart.changes] == [("ada", "added")]
            (other,) = kb.documents(["-tag:conflict"])
            assert [(change.by, change.what) for change in other.changes] == [
                ("root", "added"),
                ("root", "text"),
            ]
            assert [report.status for report in her_kb.follow(her_kb.refresh())] == ["unchanged"]


@pytest.fixture
def theirs(
    connected: EngineForTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Role], KnowledgeBase]]:
    """Opens the library as ada, a person of this role, on a machine of her own; the team's folder is one for all."""
    root = tmp_path / "team"
    root.mkdir()
    team.set_root("bees", str(root))
    connected.run("drop user if exists ada")
    (tmp_path / "theirs").write_text("secret", "ascii")
    opened: list[KnowledgeBase] = []

    def open_as(role: Role) -> KnowledgeBase:
        team.grant("bees", "ada", role, "secret")
        with monkeypatch.context() as patch:
            patch.setenv("DESKTOP_KB_HOME", str(tmp_path / "home of hers"))
            authority = str(serving.Folder(connected.folder).authority)
            team.connect(
                "bees", "localhost", "ada", port=connected.port, authority=authority,
                password_file=str(tmp_path / "theirs"), root=str(root),
            )  # fmt: skip
            opened.append(KnowledgeBase("team:bees", parts=fake_parts(FakeEmbedder("fake"))))
        return opened[-1]

    yield open_as
    for kb in opened:
        kb.close()


@pytest.mark.slow
def test_a_deleted_note_of_a_team_comes_back_on_any_machine(
    theirs: Callable[[Role], KnowledgeBase], shared: Callable[..., KnowledgeBase]
) -> None:
    kb = shared()
    (report,) = kb.follow(kb.add_text("Bees dance.\r\nThey hum.", title="Bees", tags=["insects"]))
    path = Path(report.path)
    written, note = path.read_bytes(), kb.get(path)
    other = theirs("writer")
    for deletes, restores in ((kb, other), (other, kb), (other, other)):
        assert deletes.delete_note(path) == note.document
        assert not path.exists()
        assert [[one.document for one in each.trash()] for each in (kb, other)] == [[note.document]] * 2
        assert kb.search("dance").hits == ()
        list(restores.follow(restores.restore(note.document)))
        assert path.read_bytes() == written
        assert kb.get(path).tags == ("insects",)
        assert [hit.document for hit in kb.search("dance").hits] == [note.document]
    kb.delete_note(path)
    path.write_text("# Bees\n\nThey sting.", "utf-8")
    list(other.follow(other.restore_trash()))
    assert path.read_text("utf-8") == "# Bees\n\nThey sting."
    assert kb.get(path.with_name("Bees (2).md")).document == note.document


@pytest.mark.slow
def test_marks_are_a_persons_own_until_they_share_them(
    theirs: Callable[[Role], KnowledgeBase], shared: Callable[..., KnowledgeBase]
) -> None:
    kb = shared()
    (report,) = kb.follow(kb.add_text("Bees dance.", title="Bees"))
    bees = kb.get(report.path).document
    other = theirs("writer")
    mine = kb.mark(bees, 8, 12, comment="so they do")
    hers = other.mark(bees, 13, 18)
    assert other.marks() == [hers]
    kb.share_marks([mine.uid])
    assert [(mark.uid, mark.by, mark.comment) for mark in other.marks()] == [
        (mine.uid, "root", "so they do"),
        (hers.uid, "", ""),
    ]
    assert [hit.document for hit in other.search("bees mark:so").hits] == [bees]
    other.look_at(report.path)
    Path(report.path).write_text("# Bees\n\nThey say: Bees dance.", "utf-8")
    assert [(one.status, one.error) for one in other.follow(other.refresh())] == [("updated", None)]
    list(kb.follow(kb.refresh()))
    assert next((one.quote, one.by) for one in other.marks()) == (mine.quote, "root")
    reader = theirs("reader")
    assert [one.by for one in reader.marks()] == ["root", ""]
    with pytest.raises(StorageProblem, match="not-allowed"):
        reader.share_marks([hers.uid])
    assert [mark.uid for mark in kb.marks()] == [mine.uid]
    kb.remove([bees])
    assert other.marks() == []
    list(kb.follow(kb.restore(bees)))
    assert [one.by for one in other.marks()] == ["root", ""]
    kb.take_marks_back([mine.uid])
    assert [one.uid for one in other.marks()] == [hers.uid]


def printed(file: Path, words: str) -> Path:
    """A PDF that says this."""
    sheet = Canvas(str(file), invariant=1)
    sheet.drawString(72, 700, words)
    sheet.save()
    return file


@pytest.mark.slow
def test_files_of_the_teams_folder_are_copied_by_who_takes_them(
    theirs: Callable[[Role], KnowledgeBase], shared: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    kb = shared()
    pdf = printed(tmp_path / "team" / "bees.pdf", "Bees dance in the hive.")
    own = printed(tmp_path / "own.pdf", "Whales sing in the ocean.")
    assert [one.status for one in kb.follow(kb.add([pdf, own], tags=["animals"]))] == ["indexed", "indexed"]
    list(kb.follow(kb.add_text("Foxes run.", title="Foxes")))
    bees, whales = kb.get(pdf), kb.get(own)
    assert (bees.copied, whales.copied) == (False, True)  # who has the folder needs no copy
    mark = kb.mark(bees.document, 0, 4, comment="so they do")
    other = theirs("writer")
    other.share_marks([other.mark(whales.document, 0, 6, comment="loud").uid])
    assert other.file(bees.document) == pdf
    assert other.file(whales.document) is None
    renamed = pdf.rename(pdf.with_name("honeybees.pdf"))
    assert "moved" in [one.status for one in other.follow(other.refresh())]
    assert [(one.path, one.missing_places) for one in kb.documents(["path:honeybees"])] == [
        (str(renamed), ())
    ]
    for _ in range(2):
        kb.take(tmp_path / "taken")
        with KnowledgeBase(tmp_path / "taken", create=False, parts=fake_parts(FakeEmbedder("fake"))) as taken:
            assert len(taken.documents()) == 3
            assert {(one.comment, one.is_mine) for one in taken.marks()} == {
                ("so they do", True),
                ("ada: loud", True),
            }
            (copy,) = taken.documents(["path:honeybees"])
            assert (copy.copied, copy.tags) == (True, ("animals",))
            found = taken.file(copy.document)
            assert found is not None
            assert found.is_relative_to(tmp_path / "taken")
            assert found.read_bytes() == renamed.read_bytes()
            assert taken.push("bees").as_json() == {"moved": 0, "there": 3, "failed": 0}
    assert [one.uid for one in kb.marks() if one.is_mine] == [mark.uid]
    renamed.unlink()
    assert [one.error_code for one in other.follow(other.refresh()) if one.error_code] == ["vanished"]
    assert other.document(bees.document).gone


@pytest.mark.slow
def test_of_two_notes_of_a_team_that_say_the_same_one_is_deleted(
    theirs: Callable[[Role], KnowledgeBase], shared: Callable[..., KnowledgeBase]
) -> None:
    kb = shared()
    (report,) = kb.follow(kb.add_text("Bees dance.", tags=["insects"]))
    one = Path(report.path)
    two = one.with_name("Copy.md")
    two.write_bytes(one.read_bytes())
    list(kb.follow(kb.add([two])))
    stays = kb.get(one)
    gone = kb.delete_note(two)
    assert (kb.get(one).document, kb.get(one).places) == (stays.document, (str(one),))
    assert [(found.document, found.tags) for found in kb.trash()] == [(gone, ("insects",))]
    other = theirs("writer")
    list(other.follow(other.restore(gone)))
    assert two.read_bytes() == one.read_bytes()
    assert kb.get(two).places == (str(one), str(two))


@pytest.mark.slow
def test_a_note_that_was_changed_just_before_it_was_deleted_comes_back_where_that_was(
    theirs: Callable[[Role], KnowledgeBase], shared: Callable[..., KnowledgeBase]
) -> None:
    kb = shared()
    (report,) = kb.follow(kb.add_text("Bees dance."))
    path = Path(report.path)
    path.write_text("Bees dance and hum.", "utf-8")  # not read yet
    note = kb.delete_note(path)
    other = theirs("writer")
    with pytest.raises(Problem, match="note-elsewhere"):
        other.restore(note)
    assert [one.document for one in other.trash()] == [note]
    list(kb.follow(kb.restore(note)))
    assert path.read_text("utf-8") == "Bees dance and hum."
    assert "hum" in other.text(note)[0]


@pytest.mark.slow
def test_who_may_only_read_leaves_a_teams_notes_as_they_are(
    theirs: Callable[[Role], KnowledgeBase], shared: Callable[..., KnowledgeBase]
) -> None:
    kb = shared()
    (report,) = kb.follow(kb.add_text("Bees dance.", title="Bees"))
    path = Path(report.path)
    other = theirs("reader")
    for refused in (
        lambda: other.rename_note(path, "Wasps"),
        lambda: other.delete_note(path),
        lambda: other.tag([kb.get(path).document], ["insects"]),
    ):
        with pytest.raises(StorageProblem, match="not-allowed"):
            cast(Callable[[], object], refused)()
        assert [one.name for one in path.parent.iterdir()] == [path.name]
    note = kb.delete_note(path)
    with pytest.raises(StorageProblem, match="not-allowed"):
        other.restore(note)
    assert list(path.parent.iterdir()) == []
    assert [one.document for one in kb.trash()] == [note]


@pytest.mark.slow
def test_an_engine_that_was_killed_in_a_transaction_keeps_nobody_out(
    connected: EngineForTests, shared: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    added(shared(), tmp_path / "notes")
    library, process = connected.open("bees"), serving.Folder(connected.folder).process()
    assert process is not None
    with contextlib.suppress(StorageProblem), library.engine.writing() as session:
        session.run("update library set changed = changed + 1")
        session.put_text(1, "x" * 1_000_000, "", b"")
        time.sleep(1)  # it writes its log behind
        process.kill()
        process.wait(30)
    library.close()
    serving.start(connected.folder, connected.port, memory_mib=1536, public=True)
    with connected.open("bees").engine.writing() as session:
        session.run("set ob_trx_lock_timeout = 2000000")
        session.run("update library set changed = changed + 1")


@pytest.mark.slow
def test_an_engine_that_does_not_answer_is_waited_for_once(
    shared: Callable[..., KnowledgeBase], connected: EngineForTests, tmp_path: Path
) -> None:
    kb = shared()
    added(kb, tmp_path / "notes")
    with connected.frozen():
        waits = []
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(StorageProblem) as caught:
                kb.search("hive")
            assert caught.value.code == "engine-away"
            waits.append(time.monotonic() - began)
        assert waits[0] < 4
        assert waits[1] < 0.5
        (tmp_path / "late.md").write_text("Zebras graze.", "utf-8")
        waiting = kb.add([tmp_path / "late.md"])
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            assert kb.search("hive").hits[0].title == "bees"
            assert [report.status for report in kb.follow(waiting)] == ["indexed"]
            assert kb.search("zebras").hits[0].title == "late"
            return
        except StorageProblem:
            time.sleep(0.2)
    pytest.fail("it did not come back")


@pytest.mark.slow
def test_who_closes_does_not_wait_for_an_engine_that_is_frozen(
    shared: Callable[..., KnowledgeBase], connected: EngineForTests, tmp_path: Path
) -> None:
    kb = shared()
    added(kb, tmp_path / "notes")
    for number in range(20):
        (tmp_path / "notes" / f"late {number}.md").write_text(f"Zebras graze, {number} of them.", "utf-8")
    kb.add([tmp_path / "notes"])
    with connected.frozen():
        began = time.monotonic()
        kb.close()
        assert time.monotonic() - began < 8
    with KnowledgeBase("team:bees", parts=fake_parts(FakeEmbedder("fake"))) as kb:
        list(kb.follow(kb.add([tmp_path / "notes"])))
        assert kb.status().documents == 23


@pytest.mark.slow
def test_a_library_of_another_form(
    shared: Callable[..., KnowledgeBase], connected: EngineForTests, tmp_path: Path
) -> None:
    """An older one is searched as it is and becomes one of this form with the first change; a newer one is refused,
    also by who has it open."""
    kb = shared()
    added(kb, tmp_path / "notes")
    kb.close()
    connected.run(
        "update bees.documents set record = json_remove(record, '$.changes', '$.marks')",
        "update bees.library set version = 1, changed = changed + 1",
    )

    def version() -> int:
        with contextlib.closing(connected.open("bees")) as library, library.engine.reading() as session:
            return int(session.value("select version from library"))

    kb = shared()
    assert kb.search("hive").hits[0].title == "bees"
    assert version() == 1
    bees = kb.documents(["title:bees"])[0].document
    kb.tag([bees], ["dancers"])
    assert version() == schema.VERSION
    assert [change.what for change in kb.document(bees).changes] == ["tags"]
    connected.run("update bees.library set version = 99")
    for asked in (
        lambda: kb.search("hive"),
        lambda: kb.tag([bees], ["late"]),
        lambda: shared().search("hive"),
    ):
        with pytest.raises(StorageProblem) as caught:
            asked()
        assert caught.value.code == "newer-library"
    assert version() == 99
    connected.run(f"update bees.library set version = {schema.VERSION}")
    assert "late" not in kb.document(bees).tags
    connected.run("update bees.library set version = 0")
    with pytest.raises(StorageProblem) as caught:
        kb.search("hive")
    assert caught.value.code == "older-team"
