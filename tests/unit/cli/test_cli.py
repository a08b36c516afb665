"""The terminal contract, as a script sees it."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from fakes import FakeEmbedder, fake_parts, holding, write_model
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from typed import Terminal

from desktop_kb import paths
from desktop_kb.extract import Extractor
from desktop_kb.kb import KnowledgeBase
from desktop_kb.settings import person_file, save


def test_from_adding_to_removing(terminal: Terminal, tmp_path: Path) -> None:
    path = terminal.file("蜜蜂.txt", "Bees dance in the hive.")
    code, (report,), _ = terminal("add", path, "--tag", "insects", "--set", "year=2022")
    assert (code, report["status"], report["path"]) == (0, "indexed", path)
    assert terminal("add", path)[1][0]["status"] == "unchanged"
    code, (result,), _ = terminal("search", "bees", "year:2022")
    assert (code, result["hits"][0]["path"], result["degraded"]) == (0, path, [])
    stages = {"parse", "words", "encode", "vectors", "fuse", "rerank", "total"}
    assert stages <= set(result["seconds"])
    (document,) = terminal("list", "tag:insects")[1]
    keys = "document path title status type pages chunks tags metadata added error error_code error_details"
    places = "part date gone missing_places away_places copied size_bytes modified"
    assert set(document) == {*keys.split(), *places.split(), "page_states", "parts_left_out"}
    assert document["metadata"] == {"year": 2022}
    code, (shown,), error = terminal("remove", path)
    assert (code, shown["path"]) == (0, path)
    assert "--yes" in error
    assert len(terminal("list")[1]) == 1
    assert terminal("remove", document["document"], "--yes")[0] == 0
    assert terminal("list")[1] == []
    assert terminal("search", "bees")[1][0]["hits"] == []


def test_documents_come_in_with_a_bibliography_and_go_out_as_one(
    terminal: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = terminal.file("bees.txt", "Bees dance in the hive.")
    entry = f"@book{{b1, title = {{Of Bees}}, author = {{Virgil}}, year = {{1999}}, file = {{{path}}}}}"
    references = terminal.file("refs.bib", entry)
    code, reports, _ = terminal("add", references)
    assert (code, [report["status"] for report in reports]) == (0, ["skipped", "indexed"])
    assert reports[0]["error"].startswith("1 reference: 1 with files, 0 found here")
    (document,) = terminal("list", "--bibtex")[1]
    assert document["bibtex"].startswith(
        "@misc{b1,\n  title = {Of Bees},\n  author = {Virgil},\n  year = {1999},"
    )


def test_marks_are_listed_with_their_links(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    terminal("add", terminal.file("bees.txt", "Bees dance in the hive."))
    assert terminal("marks")[1] == []
    with KnowledgeBase(terminal.folder / "library", parts=fake_parts(None)) as kb:
        mark = kb.mark(kb.documents()[0].document, 0, 10, comment="they do", colour="green")
        link = kb.link(mark)
    code, (row,), _ = terminal("marks", "has:mark")
    assert (code, row["uid"], row["quote"], row["comment"]) == (0, mark.uid, "Bees dance", "they do")
    assert (row["link"], row["adrift"], row["own"], row["page"]) == (link, False, False, None)
    assert terminal.main(["--library", str(terminal.folder / "library"), "marks"]) == 0
    assert capsys.readouterr().out == f"bees  (green)\n  “Bees dance”\n  they do\n  {link}\n\n"


def test_what_is_gone_is_said_and_pruned(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    path = terminal.file("bees.txt", "Bees dance in the hive.")
    kept = terminal.file("whales.txt", "Whales sing.")
    terminal("add", path, kept)
    Path(path).unlink()
    assert [(row["status"], row["error_code"]) for row in terminal("refresh")[1]] == [
        ("unchanged", None),
        ("skipped", "vanished"),
    ]
    (gone,) = [row for row in terminal("list")[1] if row["gone"]]
    assert (gone["path"], gone["missing_places"], gone["copied"]) == (path, [path], False)
    assert terminal("status")[1][0]["gone"] == 1
    (check,) = [row for row in terminal("doctor")[1][0]["checks"] if row["name"] == "originals"]
    assert (check["ok"], check["code"], check["details"]) == (True, "originals-gone", {"count": 1})
    assert terminal.main(["--library", str(terminal.folder / "library"), "list"]) == 0
    assert f"not at {path} any more" in capsys.readouterr().out
    code, (row,), error = terminal("prune")
    assert (code, row["path"], "--yes" in error) == (0, path, True)
    assert terminal("prune", "--yes")[0] == 0
    assert [row["path"] for row in terminal("list")[1]] == [kept]


def test_what_is_pruned_in_a_file_of_several_is_named(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = terminal.file("mail.txt", holding("Bees dance.", a_txt="Whales sing.", b_txt="Owls hoot."))
    assert terminal("add", path)[0] == 0
    Path(path).unlink()
    parts = {row["part"] for row in terminal("prune")[1] if row["part"]}
    assert parts == {"a.txt", "b.txt"}
    assert terminal.main(["--library", str(terminal.folder / "library"), "prune"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert {f"would remove  {path} › {part}" for part in parts} <= set(said)


def test_parts_of_a_file(terminal: Terminal, tmp_path: Path) -> None:
    path = terminal.file("mail.txt", holding("Bees dance.", a_txt="Whales sing.", b_txt="BROKEN owls"))
    code, reports, _ = terminal("add", path)
    assert (code, [(one["path"], one["part"], one["status"]) for one in reports]) == (
        1,
        [(path, "", "indexed"), (path, "a.txt", "indexed"), (path, "b.txt", "failed")],
    )
    assert [(one["path"], one["part"]) for one in terminal("list")[1]] == [
        (path, p) for p in ("", "a.txt", "b.txt")
    ]
    (result,) = terminal("search", "whales", "--mode", "words")[1]
    (hit,) = result["hits"]
    assert (hit["path"], hit["part"], hit["places"]) == (path, "a.txt", [path])
    assert terminal.main(["--library", str(tmp_path / "library"), "search", "whales"]) == 0
    assert f"{path} › a.txt" in terminal._capsys.readouterr().out
    exported = terminal("export", str(tmp_path / "out"))[1]
    assert [(one["part"], one["status"], one["file"]) for one in exported] == [
        ("", "exported", "files/mail.txt"),
        ("a.txt", "part", None),
        ("b.txt", "part", None),
    ]
    assert (tmp_path / "out" / "text" / "a.txt.txt").read_text() == "Whales sing."
    mail = terminal("list")[1][0]["document"]
    assert [one["part"] for one in terminal("remove", mail)[1]] == ["", "a.txt", "b.txt"]
    gone = terminal("remove", mail, "--yes")[1]
    assert [(one["path"], one["part"]) for one in gone] == [(path, p) for p in ("", "a.txt", "b.txt")]
    assert terminal("list")[1] == []


def test_what_is_in_files_and_was_not_read_is_said_of_the_library(terminal: Terminal) -> None:
    held = '{"text": "Bees dance.", "parts": {}, "left_out": 3}'
    terminal("add", terminal.file("mail.txt", held), terminal.file("whales.txt", "Whales sing."))
    (check,) = [one for one in terminal("doctor")[1][0]["checks"] if one["name"] == "pages"]
    assert (check["ok"], check["code"], check["details"]) == (True, "parts-unread", {"count": 3})
    assert "'list parts_left_out>0'" in check["message"]
    assert [one["title"] for one in terminal("list", "parts_left_out>0")[1]] == ["mail"]


def test_identical_passages_are_shown_once_with_their_places(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "Bees dance in the hive."
    paths = [terminal.file(name, text) for name, text in (("a.txt", sentence), ("b.txt", sentence))]
    paths.append(terminal.file("c.txt", f"{sentence}\n"))
    terminal("add", *paths)
    [one] = terminal("search", "bees")[1][0]["hits"]
    [copy] = one["copies"]
    # The other document has one more name, so that its words weigh a little less.
    assert [one["places"], copy["path"], copy["identical"]] == [paths[2:], paths[0], True]
    both = terminal("search", "bees", "--copies")[1][0]["hits"]
    assert [(hit["places"], hit["copies"]) for hit in both] == [(paths[2:], []), (paths[:2], [])]
    assert terminal.main(["--library", str(terminal.folder / "library"), "search", "bees"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("dance in the hive") == 1
    lines = [line.strip() for line in shown.splitlines() if line.endswith(".txt")]
    assert lines == [paths[2], f"the same: {paths[0]}"]


def test_a_file_that_fails_is_named_each_time(terminal: Terminal) -> None:
    path = terminal.file("a.txt", "BROKEN")
    for _ in range(2):
        code, (report,), _ = terminal("add", path)
        assert (code, report["status"]) == (1, "failed")
        assert report["error"].startswith("The file is damaged")
    terminal.file("b.xyz", "?")
    code, reports, _ = terminal("add", str(terminal.folder))
    assert {report["status"] for report in reports if report["path"].endswith("b.xyz")} == {"skipped"}
    assert terminal("add", str(terminal.folder / "nowhere.txt"))[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("remove", "bees"),
        ("remove",),
        ("search",),
        ("search", "bees", "--limit", "0"),
        ("search", "bees", "--rerank-seconds", "nan"),
        ("search", "bees", "--filter", "two words"),
        ("add", "a.txt", "--set", "year"),
        ("add",),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_2_and_json(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance."))
    code, records, error = terminal(*arguments)
    assert (code, records) == (2, [])
    assert set(json.loads(error)["error"]) == {"code", "message", "path", "details"}


def test_after_two_dashes_everything_is_query(terminal: Terminal) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance."))
    code, (result,), _ = terminal("search", "--", "-bees", "--limit")
    assert (code, result["query"]) == (0, "-bees --limit")


@pytest.mark.parametrize(
    "command", ["search bees", "list", "status", "doctor", "refresh", "retry", "remove tag:t"]
)
def test_only_add_begins_a_library(terminal: Terminal, command: str) -> None:
    code, records, error = terminal(*command.split())
    assert (code, records, json.loads(error)["error"]["code"]) == (1, [], "no-library")
    assert not (terminal.folder / "library").exists()


def test_the_persons_own_library_may_be_new(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main(["list", "--json"]) == 0
    assert terminal.main(["search", "bees", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"] == []


def test_a_file_is_inspected_without_a_library(terminal: Terminal) -> None:
    text = " ".join(f"Bees{n} dance in the hive{n // 8}." for n in range(60)) + "\n\n海豚唱歌。"
    path = terminal.file("a.txt", text)
    code, (shown,), _ = terminal("inspect", path)
    assert (code, shown["path"], shown["text_length"]) == (0, path, len(text))
    assert len(shown["curve"]) == len(shown["sentences"]) - 1
    assert shown["curve"][-1] is None
    assert all(-1 <= value <= 1 for value in shown["curve"][:-1])
    ends = [shown["sentences"][cut][1] for cut in shown["cuts"]]
    assert ends == [chunk["end"] for chunk in shown["chunks"][:-1]]
    assert sum(size["chunks"] for size in shown["sizes"]) == len(shown["chunks"]) > 1
    assert shown["cohesion"]["inside"] > shown["cohesion"]["across"]
    assert terminal("chunks", path)[1][0]["chunks"] == shown["chunks"]
    assert not (terminal.folder / "library").exists()
    for strategy in ("recursive", "fixed", "percentile"):
        code, (other,), _ = terminal("inspect", path, "--strategy", strategy)
        assert (code, other["text_length"]) == (0, len(text))
    assert terminal("inspect", terminal.file("b.txt", "BROKEN"))[0] == 1


def test_a_library_is_evaluated(terminal: Terminal) -> None:
    for animal in ("bee", "fox"):
        sentences = [
            f"Every {animal} carries {animal}{n // 4}thing towards {animal}{n // 4}hills n{n}."
            for n in range(24)
        ]
        paragraphs = [" ".join(sentences[n : n + 4]) for n in range(0, 24, 4)]
        terminal("add", terminal.file(f"{animal}.txt", "\n\n".join(paragraphs)))
    code, (result,), error = terminal("evaluate", "--questions", "10")
    assert (code, error) == (0, "")
    (part,) = result["languages"]
    assert (part["questions"], result["documents"]) == (10, 2)
    names = [stage["name"] for stage in part["stages"]]
    assert names[:5] == ["words", "vectors", "fused", "reranked", "diffused"]
    assert all(name.startswith("without ") for name in names[5:])
    assert set(part["stages"][2]) == {"name", "rank", "read", "against", "gain"}
    assert {"kind": "title", "asked": 2, "first": 2, "weak": 0} in result["items"]
    assert (result["across"], set(result["repeated"])) == ([], {"mean", "low", "high"})
    questions = terminal.file("q.jsonl", json.dumps({"question": "fox2thing", "answer_in": "fox.txt"}) + "\n")
    code, (result,), _ = terminal("evaluate", questions)
    assert (code, result["kinds"]) == (0, {"own": 1})
    assert terminal("evaluate", terminal.file("bad", "?"))[0] == 2


def test_pages_without_text_are_counted_and_said(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(paths.config_dir() / "settings.json", {"recognize": "off"})
    terminal.parts = replace(terminal.parts, extractor=Extractor())
    picture = ImageReader(Image.new("L", (60, 80), 200))
    sheet = Canvas(str(terminal.folder / "scan.pdf"), invariant=1)
    sheet.drawString(72, 700, "A typed cover of the harbour register")
    for _ in range(7):
        sheet.showPage()
        sheet.drawImage(picture, 0, 0, 595, 842)
    sheet.save()
    counts = {"text": 1, "recognized": 0, "waiting": 0, "garbled": 0, "drawn": 0, "blank": 0, "none": 7}
    assert terminal("add", str(terminal.folder / "scan.pdf"))[1][0]["page_states"] == counts
    (document,) = terminal("list")[1]
    assert (document["status"], document["page_states"], document["parts_left_out"]) == ("ready", counts, 0)
    (status,) = terminal("status")[1]
    assert status["page_states"] == counts
    checks = {check["name"]: check for check in terminal("doctor")[1][0]["checks"]}
    assert (checks["pages"]["ok"], checks["pages"]["code"]) == (True, "pages-unread")
    assert checks["pages"]["details"] == {"of": 8, "none": 7, "drawn": 0, "garbled": 0}
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    terminal.main(["--library", str(terminal.folder / "library"), "list"])
    assert "7 of 8 pages hold no text, only a picture (page 2-8)" in capsys.readouterr().out
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    terminal.main(["--library", str(terminal.folder / "library"), "list"])
    assert "8 页中有 7 页没有文字，只有图片（第 2-8 页）" in capsys.readouterr().out


def test_a_batch_is_split_at_line_feeds_only(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance in the hive."))
    data = io.TextIOWrapper(io.BytesIO("bees\n\nbees\u2028hive\x0cdance\nbees\0hive\n".encode()))
    monkeypatch.setattr(sys, "stdin", data)
    code, results, _ = terminal("search", "--batch", "-")
    assert code == 0
    assert [result["query"] for result in results] == ["bees", "", "bees\u2028hive\x0cdance", "bees\0hive"]
    assert [len(result["hits"]) for result in results] == [1, 0, 1, 1]


def test_a_batch_may_come_from_windows(terminal: Terminal) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance in the hive."))
    code, results, _ = terminal("search", "--batch", terminal.file("batch.txt", "\ufeffbees\r\n\r\nhive\r\n"))
    assert code == 0
    assert [result["query"] for result in results] == ["bees", "", "hive"]
    assert [len(result["hits"]) for result in results] == [1, 0, 1]


def test_what_is_waited_for(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    further = FakeEmbedder("all", languages=())
    terminal.parts = fake_parts(
        open_embedder=lambda **options: FakeEmbedder() if "MiniLM" in options["name"] else further
    )
    path = terminal.file("a.txt", "Bees dance in the hive.")
    code, records, error = terminal("add", path, "--no-wait")
    assert (code, records, error) == (0, [], "")
    assert terminal("status")[1][0]["waiting"] == 1
    code, (report,), _ = terminal("add", path, "--wait", "all")
    assert (report["status"], report["pending"]) == ("indexed", {"pages": 0, "readers": 0})
    assert terminal("status")[1][0]["readers"] == [
        {"id": "fake", "device": "cpu", "done": 1, "of": 1},
        {"id": "all", "device": "cpu", "done": 1, "of": 1},
    ]
    further.after_call = lambda: time.sleep(2)
    code, (report,), _ = terminal("add", terminal.file("b.txt", "Whales sing."))
    assert (report["status"], report["pending"]) == ("indexed", {"pages": 0, "readers": 1})
    paths.config_dir().mkdir(parents=True, exist_ok=True)
    save(paths.config_dir() / "settings.json", {"language": "zh"})
    here = ("--library", str(terminal.folder / "library"))
    assert terminal.main([*here, "add", terminal.file("c.txt", "Seals bark.")]) == 0
    assert "还有 1 篇文档待其他模型阅读" in capsys.readouterr().err
    assert terminal.main([*here, "models", "readers", "english"]) == 0
    out, error = capsys.readouterr()
    assert error.startswith("将由 all-MiniLM-L6-v2 阅读 3 篇文档。在这台电脑上需时不到 1 分钟，期间另占")
    assert out == "文库由 fake 阅读\n"
    assert terminal("add", path, "--wait", "never")[0] == 2


def test_models_from_listing_to_removing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    code, records, _ = terminal("models", "list")
    assert (code, len(records)) == (0, 11)
    assert terminal("models")[1] == records
    folder = write_model(terminal.folder / "own")
    code, (record,), _ = terminal("models", "import", str(folder))
    assert (code, record["id"], record["installed"], record["task"]) == (0, "own", True, "embed")
    terminal("add", terminal.file("a.txt", "Bees dance."))
    other = FakeEmbedder("own")
    terminal.parts = fake_parts(
        open_embedder=lambda **options: other if options["name"] == "own" else FakeEmbedder()
    )
    code, (use,), _ = terminal("models", "use", "own")
    assert (code, use["id"], use["documents"]) == (0, "own", 1)
    status = terminal("status")[1][0]
    assert (status["model"], [one["id"] for one in status["readers"]]) == ("fake", ["fake", "own"])
    assert [r["id"] for r in terminal("models", "list")[1] if r["in_use"]] == ["all-MiniLM-L6-v2", "own"]
    code, (use,), _ = terminal("models", "readers", "english")
    assert (code, use["documents"]) == (0, 1)
    assert [one["id"] for one in terminal("status")[1][0]["readers"]] == ["fake"]
    assert terminal("models", "readers", "all")[0] == 2
    assert terminal("models", "use", "late-interaction")[0] == 0
    assert terminal("models", "remove", "own")[1] == [{"id": "own"}]
    assert terminal("models", "list")[1][-1]["id"] == "own"
    assert terminal("models", "remove", "own", "--yes")[0] == 0
    assert len(terminal("models", "list")[1]) == 11


def test_models_that_cannot_be(terminal: Terminal) -> None:
    (terminal.folder / "empty").mkdir()
    code, records, error = terminal("models", "import", str(terminal.folder / "empty"))
    assert (code, records, json.loads(error)["error"]["code"]) == (1, [], "model-incomplete")
    terminal("add", terminal.file("a.txt", "Bees dance."))
    code, _, error = terminal("models", "use", "nothing")
    assert (code, json.loads(error)["error"]["code"]) == (1, "model-absent")
    assert terminal("models", "nonsense")[0] == 2
    assert terminal("models", "use")[0] == 2


def test_models_for_people(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert "in use     embed   all-MiniLM-L6-v2" in out
    assert "Chinese documents on a small computer" in out
    assert terminal.main(["models", "import", str(write_model(terminal.folder / "own"))]) == 0
    assert "models use own" in capsys.readouterr().err


def test_out_and_back_in(terminal: Terminal, tmp_path: Path) -> None:
    path = terminal.file("a.txt", "Bees dance in the hive.")
    terminal("add", path, "--tag", "insects")
    notes = terminal.folder / "library" / "notes"
    notes.mkdir()
    (notes / "x.png").write_bytes(b"\x89PNG")
    saved, other = str(tmp_path / "saved.zip"), str(tmp_path / "other")
    code, (report,), _ = terminal("backup", saved)
    assert (code, report["path"], report["documents"], report["missing"]) == (0, saved, 1, [])
    assert json.loads(terminal("backup", saved)[2])["error"]["code"] == "exists"
    code, (exported,), _ = terminal("export", str(tmp_path / "out"))
    assert (code, exported["path"], exported["status"]) == (0, path, "exported")
    assert (tmp_path / "out" / exported["file"]).read_text() == "Bees dance in the hive."
    assert terminal("restore", saved)[0] == 1
    assert (report["files"], report["notes"], report["left_out"]) == (0, 1, [])
    assert terminal.main(["--library", other, "restore", "--json", saved]) == 0
    assert terminal.main(["--library", other, "list", "--json", "tag:insects"]) == 0


def test_the_backup_that_is_due(terminal: Terminal, tmp_path: Path) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance in the hive."))
    code, (state,), _ = terminal("backup", "--due")
    assert (code, state["every"], state["made"]) == (0, "off", "")
    folder = tmp_path / "backups"
    folder.mkdir()
    save(person_file(), {"backup_every": "daily", "backup_folder": str(folder)})
    code, (state,), _ = terminal("backup", "--due")
    assert (code, state["problem"], Path(state["made"]).parent) == (0, None, folder)
    code, (again,), _ = terminal("backup", "--due")
    assert (code, again["made"], again["last"]) == (0, "", state["last"])
    folder.rename(tmp_path / "away")
    code, (state,), _ = terminal("backup", "--due")
    assert (code, state["problem"]["code"]) == (1, "backup-away")
    assert terminal("backup")[0] == terminal("backup", "x.zip", "--due")[0] == 2


def test_what_does_not_go_out_as_it_was_is_said(terminal: Terminal, tmp_path: Path) -> None:
    path = Path(terminal.file("a.txt", "Bees dance in the hive."))
    terminal("add", str(path))
    path.unlink()
    code, (exported,), said = terminal("export", str(tmp_path / "out"))
    assert (code, exported["status"], exported["file"]) == (0, "as-read", "files/a.txt")
    assert "files/a.txt is what was read of it" in said
    if os.name == "posix":
        notes = terminal.folder / "library" / "notes"
        notes.mkdir()
        (notes / "elsewhere").symlink_to(tmp_path)
        code, (report,), said = terminal("backup", str(tmp_path / "saved.zip"))
        assert (code, report["left_out"]) == (1, ["notes/elsewhere"])
        assert "notes/elsewhere is not in it" in said


def test_out_of_the_trash(terminal: Terminal) -> None:
    paths = [terminal.file("a.txt", "Bees dance."), terminal.file("b.txt", "Whales sing.")]
    terminal("add", *paths, "--tag", "kept")
    terminal("remove", *paths, "--yes")
    terminal.file("b.txt", "Foxes run.")
    terminal("add", paths[1])
    code, reports, _ = terminal("restore", "--trash")
    assert code == 0
    assert {report["path"] for report in reports} >= {paths[0]}
    assert {document["path"] for document in terminal("list", "tag:kept")[1]} >= {paths[0]}
    assert terminal("restore", "--trash")[0] == 0
    assert terminal("restore")[0] == terminal("restore", "x.zip", "--trash")[0] == 2


def test_the_terminal_speaks_the_persons_language_and_json_english(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = terminal.file("a.txt", "BROKEN")
    library = str(terminal.folder / "library")
    save(paths.config_dir() / "settings.json", {"language": "zh"})
    assert terminal.main(["--library", library, "add", path]) == 1
    assert capsys.readouterr().out.endswith(f"{path}：文件已损坏，无法打开。请用原来的程序打开并另存。\n")
    assert terminal.main(["--library", library, "list"]) == 0
    assert "文件已损坏" in capsys.readouterr().out
    assert terminal.main(["--library", library, "doctor"]) == 1  # the model of these tests is not installed
    said = capsys.readouterr().out
    assert "正常  搜索索引：正常\n" in said
    assert "损坏  模型：未安装嵌入模型。" in said
    assert terminal.main(["--library", library, "search"]) == 2
    assert "search 需要一个问题" in capsys.readouterr().err
    report = terminal("add", path)[1][0]
    assert report["error"].startswith("The file is damaged")
    assert (report["error_code"], report["error_details"]) == ("damaged", {})
    checks = terminal("doctor")[1][0]["checks"]
    assert set(checks[0]) == {"name", "ok", "code", "details", "message"}
    assert (checks[0]["code"], checks[0]["message"]) == ("in-order", "in order")
    error = json.loads(terminal("search", "bees", "--filter", "two words")[2])["error"]
    assert error == {
        "code": "bad-filter",
        "message": "'two words' is not a filter. Write key:value, for example year:2022 or year>=2020.",
        "path": None,
        "details": {"expression": "two words"},
    }


def test_settings_that_cannot_be_read_are_said_in_the_systems_language(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (paths.config_dir() / "settings.json").write_text('{"language": "zh"', encoding="utf-8")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert terminal.main(["--library", str(terminal.folder / "library"), "list"]) == 1
    assert "不是 JSON" in capsys.readouterr().err


def test_what_the_rescue_of_a_damaged_file_loses_is_data_too(terminal: Terminal) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance."))
    database = terminal.folder / "library" / "library.sqlite"
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    root, size = connection.execute(
        "select rootpage, (select page_size from pragma_page_size) from sqlite_schema where name = 'generations'"
    ).fetchall()[0]
    connection.close()
    with database.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xa5" * size)
    _, (found,), error = terminal("doctor", "--repair")
    (lost, *_) = found["lost"]
    assert lost == {
        "code": "rows-lost",
        "details": {"at_least": 1, "table": "generations"},
        "message": "at least 1 row of generations",
    }
    assert error.startswith("The library file was damaged; lost: at least 1 row of generations")
    assert "lost" not in terminal("doctor")[1][0]


def test_a_word_with_a_minus_is_left_out(terminal: Terminal) -> None:
    terminal(
        "add", terminal.file("a.txt", "Bees dance at night."), terminal.file("b.txt", "Bees dance by day.")
    )
    code, (result,), _ = terminal("search", "bees", "-night", "--mode", "words", "-n", "5")
    assert (code, result["query"]) == (0, "bees -night")
    assert [Path(hit["path"]).name for hit in result["hits"]] == ["b.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_output_that_a_disk_does_not_take_is_a_sentence(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal("add", terminal.file("a.txt", "Bees dance."))
    with open("/dev/full", "w") as full:  # noqa: PTH123
        monkeypatch.setattr("sys.stdout", full)
        assert terminal.main(["--library", str(terminal.folder / "library"), "list"]) == 1
    assert "The disk is full" in capsys.readouterr().err
