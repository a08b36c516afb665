"""The program as a person starts it: a process of its own, real children, the embedded model."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.kb import KnowledgeBase

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
QUESTIONS = SAMPLES.with_name("sample_questions.json")
_VOCABULARY = "river stone evening library engine garden winter market letter bridge harbour signal copper"
_WORDS = _VOCABULARY.split()


def start(library: Path, *arguments: str | bytes, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "desktop_kb", "--library", library, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def run(library: Path, *arguments: str | bytes, stdin: bytes | None = None) -> tuple[int, list[Any], str]:
    """Exit status, the JSON objects on stdout, and stderr."""
    process = start(library, *arguments, stdin=subprocess.PIPE)
    output, errors = process.communicate(stdin)
    return process.returncode, [json.loads(line) for line in output.splitlines()], errors.decode()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample library, indexed once for this file."""
    folder = tmp_path_factory.mktemp("samples")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKTOP_KB_HOME", str(folder / "home"))
        code, reports, _ = run(folder / "library", "add", "--json", str(SAMPLES))
    assert code == 0
    assert {report["status"] for report in reports} == {"indexed"}
    return folder / "library"


def made_up(chance: random.Random, sentences: int) -> str:
    return " ".join(" ".join(chance.choices(_WORDS, k=12)).capitalize() + "." for _ in range(sentences))


def notes(folder: Path, count: int, seed: int) -> Path:
    folder.mkdir()
    for number in range(count):
        text = made_up(random.Random(f"{seed}-{number}"), 12)
        (folder / f"{number}.md").write_text(f"# Note {seed} {number}\n\n{text}\n")
    return folder


def complaints(library: Path) -> list[Any]:
    """The doctor's checks that are not in order."""
    return [check for check in run(library, "doctor", "--json")[1][0]["checks"] if not check["ok"]]


def test_sample_questions_find_their_answers(samples: Path) -> None:
    questions = json.loads(QUESTIONS.read_text(encoding="utf-8"))["questions"]
    lines = [" ".join([q["question"], *q.get("filters", [])]) for q in questions]
    code, results, _ = run(samples, "search", "--json", "--batch", "-", stdin="\n".join(lines).encode())
    assert code == 0
    found = 0
    for question, result in zip(questions, results, strict=True):
        top = result["hits"][:3]
        assert all(hit["why"]["words"] or hit["why"]["meaning"] for hit in top)
        found += any(Path(hit["path"]).name == question["answer_in"] for hit in top)
        assert "query-not-covered" not in result["degraded"]
    assert found >= len(questions) - 1


def test_hits_are_slices_of_their_documents(samples: Path) -> None:
    queries = ["bees on the island", "水溫", "lease", "宝马", "chain", "嵌入 流形", "牛腩", "backup disk"]
    _, results, _ = run(samples, "search", "--json", "--batch", "-", stdin="\n".join(queries).encode())
    with KnowledgeBase(samples) as kb:
        for hit in (hit for result in results for hit in result["hits"]):
            text, layout = kb.text(hit["document"])
            assert hit["text"] == text[hit["start"] : hit["end"]]
            assert hit["start"] <= hit["best"][0] < hit["best"][1] <= hit["end"]
            if hit["page"]:
                assert layout.pages[hit["page"] - 1].start <= hit["start"]
    assert all(result["hits"] for result in results)


HOSTILE = [
    *(
        '"',
        '""',
        "'",
        "*",
        "a AND b",
        "OR OR",
        "NOT",
        'NEAR("a" "b", 2)',
        "words:x",
        "{a b}:c",
        "^a",
        "(a",
        "()",
    ),
    *(
        "-",
        "--",
        '-"a b"',
        '"unclosed',
        'x"y"z',
        "\\",
        "%",
        "'; drop table documents; --",
        "\0",
        "a\0b",
        "😀",
    ),
    *(
        "👨‍👩‍👧",
        "\u202e\u200b",
        "year:",
        "year>=",
        "year>=abc",
        'tag:"',
        "type:pdf -type:pdf",
        "year:" + "9" * 40,
    ),
    *(
        "added>2020-13-99",
        "k:v k2:v2",
        "𝑥² + 𝑦²",
        "“引号”",
        "。！？",
        "的",
        "a" * 100_000,
        '"' * 50_000,
        "深" * 100_000,
    ),
    *(
        " ".join(f"w{n}" for n in range(20_000)),
        "-" * 3000,
        "x:" * 1000,
        "NULL",
        "\t\r\v\f",
        "cafe\u0301",
        "ﬁle",
        "ＸＬ",
    ),
    *("path:/", '"a" "b" "c"', "1e999"),
]


def test_hostile_queries_are_only_queries(samples: Path) -> None:
    assert len(HOSTILE) >= 50
    code, results, errors = run(
        samples, "search", "--json", "--batch", "-", stdin="\n".join(HOSTILE).encode()
    )
    assert (code, errors, len(results)) == (0, "", len(HOSTILE))
    # What is no text: bytes, or on Windows, where an argument is UTF-16, half a character.
    odd: list[str | bytes] = ["\ud800 x"] if os.name == "nt" else [b"\xff\xfe", b"\xed\xa0\x80 x"]
    for query in (*odd, b"-x y"):
        code, results, errors = run(samples, "search", "--json", "--mode", "words", "--", query)
        assert (code, errors, len(results)) == (0, "", 1)


def test_twice_the_same_answer_under_load(samples: Path) -> None:
    queries = "\n".join(
        ["How do bees keep warm?", "lease end", "island tides", "new chain", "冻顶乌龙"]
    ).encode()
    _, calm, _ = run(samples, "search", "--json", "--batch", "-", stdin=queries)
    burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        _, loaded, _ = run(samples, "search", "--json", "--batch", "-", stdin=queries)
    finally:
        burner.kill()
        burner.wait()
    assert [result["hits"] for result in calm] == [result["hits"] for result in loaded]


def test_three_adds_at_once_on_a_cold_library(tmp_path: Path) -> None:
    folders = [notes(tmp_path / f"notes-{seed}", 6, seed) for seed in range(3)]
    library = tmp_path / "library"
    processes = [start(library, "add", "--json", str(folder)) for folder in folders]
    for process, folder in zip(processes, folders, strict=True):
        output, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
        reports = [json.loads(line) for line in output.splitlines()]
        assert {Path(report["path"]).parent for report in reports} == {folder}
        assert [report["status"] for report in reports] == ["indexed"] * 6
    assert not complaints(library)


def test_a_password_opens_a_locked_pdf_and_is_kept_nowhere(tmp_path: Path) -> None:
    secret = "correct-horse-7391"
    plain, locked = tmp_path / "plain.pdf", tmp_path / "locked.pdf"
    canvas = Canvas(str(plain))
    canvas.drawString(60, 700, "The spare key hangs behind the copper lantern in the garden house.")
    canvas.save()
    writer = PdfWriter(clone_from=plain)
    writer.encrypt(secret, algorithm="AES-256")
    writer.write(locked)
    (tmp_path / "password").write_text(secret + "\n")
    library = tmp_path / "library"
    code, (report,), _ = run(library, "add", "--json", str(locked))
    assert (code, report["error_code"]) == (1, "locked")
    code, (report,), _ = run(
        library, "add", "--json", "--password-file", str(tmp_path / "password"), str(locked)
    )
    assert (code, report["error"]) == (0, None)
    kept = [
        path
        for path in (*library.rglob("*"), *Path(os.environ["DESKTOP_KB_HOME"]).rglob("*"))
        if path.is_file()
    ]
    assert not [path for path in kept if secret.encode() in path.read_bytes()]


def test_adding_again_says_how_each_file_stands(tmp_path: Path) -> None:
    folder = notes(tmp_path / "notes", 2, seed=5)
    (folder / "empty.txt").touch()
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    library = tmp_path / "library"
    assert run(library, "add", "--json", str(folder))[0] == 1
    code, reports, _ = run(library, "add", "--json", str(folder))
    assert code == 1
    assert {Path(report["path"]).name: report["status"] for report in reports} == {
        "0.md": "unchanged",
        "1.md": "unchanged",
        "empty.txt": "failed",
        "broken.pdf": "failed",
    }
    assert all(report["error"] for report in reports if report["status"] == "failed")
