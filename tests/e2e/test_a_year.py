"""A library as one person uses it over time: files with Chinese names, edited, renamed and deleted behind the
program's back, backed up, restored and exported, with the program killed in between; on every system."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path
from typing import Any

import psutil
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from test_program import complaints, made_up, notes, run, start

_KILLS = 5


def _papers(folder: Path) -> Path:
    """A folder with Chinese names: a PDF, a note, a text, and a folder in it."""
    (folder / "合同 2026").mkdir(parents=True)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(folder / "年度报告.pdf"))
    for line in ("The lighthouse at Marram Point was painted white in March.", "灯塔在三月重新粉刷成白色。"):
        canvas.setFont("STSong-Light", 12)
        canvas.drawString(60, 700, line)
        canvas.showPage()
    canvas.save()
    (folder / "想法.md").write_text("# 想法\n\n阁楼里的旧收音机还能用。\n", encoding="utf-8")
    (folder / "清单.txt").write_text("Bring the copper kettle to the ferry.\n", encoding="utf-8")
    lease = "# 租约\n\n房东在每年四月调整租金。\n"
    (folder / "合同 2026" / "租约.md").write_text(lease, encoding="utf-8")
    return folder


def _found(library: Path, query: str) -> list[str]:
    """The names of the files that answer, the best first."""
    code, (result,), errors = run(library, "search", "--json", query)
    assert (code, errors) == (0, "")
    return [Path(hit["path"]).name for hit in result["hits"]]


def _add(library: Path, *paths: Path) -> dict[str, str]:
    """What became of each file, by its name."""
    _, reports, errors = run(library, "add", "--json", *map(str, paths))
    assert "Traceback" not in errors
    return {Path(report["path"]).name: report["status"] for report in reports}


def _kill_after(process: Any, seconds: float) -> None:
    """Kill the program alone, so long after it has started a child; its children end by themselves."""
    program = psutil.Process(process.pid)
    while process.poll() is None and not program.children():
        time.sleep(0.05)
    time.sleep(seconds)
    children = program.children(recursive=True) if process.poll() is None else []
    process.kill()
    process.communicate()
    psutil.wait_procs(children, timeout=60)


def test_a_library_over_a_year(tmp_path: Path) -> None:
    papers, library = _papers(tmp_path / "我的资料"), tmp_path / "知识库"
    assert set(_add(library, papers).values()) == {"indexed"}
    assert _found(library, "灯塔 三月")[0] == "年度报告.pdf"
    assert _found(library, "When was the lighthouse painted?")[0] == "年度报告.pdf"
    assert _found(library, "房东 租金")[0] == "租约.md"

    # A note is edited, another renamed and a third deleted while the program reads.
    reading = start(library, "add", "--json", str(notes(tmp_path / "许多", 12, seed=7)), str(papers))
    note = papers / "想法.md"
    for number in range(20):
        note.write_text(f"# 想法\n\n第{number}稿：地下室的望远镜要擦。\n", encoding="utf-8")
        time.sleep(0.05)
    (papers / "合同 2026" / "租约.md").rename(papers / "合同 2026" / "租约（旧）.md")
    (papers / "清单.txt").unlink()
    _, errors = reading.communicate()
    assert b"Traceback" not in errors
    _add(library, papers)
    run(library, "refresh", "--json")
    assert _found(library, "地下室 望远镜")[0] == "想法.md"
    assert _found(library, "房东 租金")[0] in ("租约.md", "租约（旧）.md")
    assert not complaints(library)

    # Killed again and again in the middle of long texts, and whole each time.
    chance = random.Random(11)
    long = [tmp_path / f"长文{number}.txt" for number in range(3)]
    for path in long:
        path.write_text(made_up(chance, 400), encoding="utf-8")
    for _ in range(_KILLS):
        _kill_after(start(library, "add", "--json", *map(str, long)), chance.uniform(0.3, 5))
        assert not complaints(library)
    assert set(_add(library, *long).values()) <= {"indexed", "unchanged"}

    # Out and in again.
    assert run(library, "backup", "--json", str(tmp_path / "备份.zip"))[0] == 0
    again = tmp_path / "恢复的库"
    assert run(again, "restore", "--json", str(tmp_path / "备份.zip"))[0] == 0
    assert not complaints(again)
    query = "When was the lighthouse painted?"
    assert _found(again, query)[0] == "年度报告.pdf"
    code, _, _ = run(again, "export", "--json", str(tmp_path / "导出"))
    assert code == 0
    assert any(path.name == "年度报告.pdf" for path in (tmp_path / "导出").rglob("*"))

    # Nothing is held open: the folders can be taken away.
    shutil.rmtree(library)
    shutil.rmtree(again)
