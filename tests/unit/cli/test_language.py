"""The terminal in Chinese: whatever it says to a person."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence

import pytest
import wcwidth
from typed import Terminal

from desktop_kb.cli import COMMANDS
from desktop_kb.cli.command import Command
from desktop_kb.cli.manual import manual
from desktop_kb.cli.speech import speak
from desktop_kb.settings import person_file, save

#: What stays as it is in a Chinese text: what is typed, and names.
_NAMES = re.compile(
    r"BibTeX|\w+/[\w-]+|--?[\w-]+|[A-Z_|:]+|\b(?:PDFs?|JSON|JSONL|zip|NUL|PNG|shell|desktop-kb|md|html|txt|late-interaction|cross"
    r"|gitignore|find|print0|ignore|add|prune|list|doctor|models|settings|tag|year|date|price|sold|work|cars|question"
    r"|answer_in|contains|filters|first|all|hybrid|words|vectors|auto|off|TERM|dumb|score)\b"
)
_ENGLISH = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("COLUMNS", "90")


def _levels(commands: Sequence[Command], *above: str) -> Iterator[tuple[Command, tuple[str, ...]]]:
    for command in commands:
        yield command, (*above, command.name)
        yield from _levels(command.commands, *above, command.name)


def _english(text: str) -> list[str]:
    """The English words of a help, without usage and choices."""
    said = re.sub(r"\{[\w,]+\}|\b[\w]+(?:\|[\w]+)+", "", text)
    return _ENGLISH.findall(_NAMES.sub("", said))


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "words", [(), *(words for _, words in _levels(COMMANDS))], ids=lambda words: " ".join(words) or "program"
)
def test_a_help_is_in_chinese(
    words: tuple[str, ...], terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        terminal.main([*words, "--help"])
    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    assert usage.startswith("用法：desktop-kb")
    names = {words[-1] for _, words in _levels(COMMANDS)}
    assert [word for word in _english(rest) if word not in names] == []
    assert all(wcwidth.width(line) <= 90 for line in rest.splitlines())


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("search --limit x q", "desktop-kb search：--limit：“x”不是从 1 起的整数"),
        ("search --mode x q", "desktop-kb search：--mode：没有 'x'，可选：'hybrid', 'words', 'vectors'"),
        ("search --limit", "desktop-kb search：--limit：后面要有一个值"),
        ("search --re off q", "desktop-kb search：--re 不明确，可以是 --rerank, --rerank-seconds"),
        ("search --json=1 q", "desktop-kb search：--json：后面不能有值，却有 '1'"),
        ("list --nope", "desktop-kb：没有这样的选项或参数：--nope"),
        ("remove", "desktop-kb remove：还缺少：ID|PATH|KEY:VALUE"),
    ],
)
def test_wrong_usage_is_said_in_chinese(
    words: str, said: str, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        terminal.main(words.split())
    # Later Pythons, from 3.13.1 on, put no quotes around what can be chosen.
    assert capsys.readouterr().err.splitlines()[-1].replace("'", "") == said.replace("'", "")


@pytest.mark.usefixtures("chinese")
def test_what_commands_print_is_in_chinese_and_json_is_not(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    library = ["--library", str(terminal.folder / "library")]
    names = set(
        ["bees", "txt", "text", "fake", "cpu", "mib", "library", "yes"]
    )  # of the file, its type, the model
    note = terminal.file("bees.txt", "bees bees bees.")
    for words in (["add", note], ["list"], ["status"], ["search", "bees"], ["doctor"], ["remove", note]):
        terminal.main([*library, *words])
        printed = "".join(capsys.readouterr()).replace(str(terminal.folder), "")
        printed = re.sub(r"\b[0-9a-f]{16}\b", "", printed)  # ids
        english = [word for word in _ENGLISH.findall(printed) if word.casefold() not in names]
        assert english == [], printed
    assert terminal("status")[1][0]["documents"] == 1
    _, _, error = terminal("search", "--limit", "x", "q")
    assert "is not a number from 1" in error


def test_the_setting_is_what_counts(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    save(person_file(), {"language": "zh"})
    terminal.main(["helper"])
    assert capsys.readouterr().out == "这个文库没有正在运行的辅助进程。\n"


def test_the_manual_page_is_in_chinese() -> None:
    speak("zh")
    page = manual(COMMANDS)
    speak("en")
    for heading in ("名称", "概要", "说明", "选项", "命令", "环境变量", "退出状态"):
        assert f".SH {heading}\n" in page
    assert "store and index" not in page
    if shutil.which("groff"):
        said = subprocess.run(
            ["groff", "-man", "-Tutf8", "-k", "-ww"], input=page, capture_output=True, text=True, check=True
        )
        assert said.stderr == ""
