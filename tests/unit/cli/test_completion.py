"""Completion in the shells, and the manual page: each knows every command, and the real ones take them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from desktop_kb.cli import COMMANDS
from desktop_kb.cli.completion import Shell, completion
from desktop_kb.cli.manual import manual
from desktop_kb.cli.outline import outline

_LEVELS = [level for level in outline(COMMANDS).all() if level.words]


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}")


@pytest.mark.parametrize("shell", get_args(Shell))
def test_every_command_and_option_is_known(shell: Shell) -> None:
    script = completion(COMMANDS, shell)
    for level in _LEVELS:
        assert level.name in script
        for name in (name for option in level.options for name in option.names):
            assert (
                f"-l {name[2:]}" if shell == "fish" and name.startswith("--") else name.lstrip("-")
            ) in script
    for choice in ("hybrid", "passage", "powershell", "multilingual"):
        assert choice in script


def _in_bash(script: Path, *words: str) -> set[str]:
    """What bash offers for the last word."""
    told = (
        f'source {script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _desktop_kb; echo "${{COMPREPLY[*]}}"'
    )
    asked = ["bash", "--norc", "-c", told, "bash", "desktop-kb", *words]
    return set(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split())


def _in_fish(script: Path, *words: str) -> set[str]:
    line = " ".join(("desktop-kb", *words))
    asked = ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return {line.partition("\t")[0] for line in said.splitlines()}


@pytest.mark.parametrize(
    "offered", [pytest.param(_in_bash, marks=_needs("bash")), pytest.param(_in_fish, marks=_needs("fish"))]
)
def test_a_shell_offers_what_fits(
    offered: Callable[..., set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell: Shell = "bash" if offered is _in_bash else "fish"
    monkeypatch.setenv("HOME", str(tmp_path))
    script = tmp_path / "script"
    script.write_text(completion(COMMANDS, shell), encoding="utf-8")
    assert offered(script, "sea") == {"search"}
    assert offered(script, "--library", "/tmp", "mod") == {"models"}
    assert offered(script, "search", "--mode", "") == {"hybrid", "words", "vectors"}
    assert offered(script, "search", "tea", "--per") == {"--per-document"}
    assert offered(script, "models", "readers", "") == {"both", "english", "multilingual"}
    assert offered(script, "list", "--per") == set()
    assert "use" in offered(script, "models", "")
    assert "use" not in offered(script, "list", "")


@_needs("zsh")
def test_zsh_takes_the_script(tmp_path: Path) -> None:
    script = tmp_path / "_desktop-kb"
    script.write_text(completion(COMMANDS, "zsh"), encoding="utf-8")
    subprocess.run(["zsh", "-f", "-n", str(script)], check=True)
    told = f"autoload -Uz compinit; compinit -u -D; source {script}; print $_comps[desktop-kb]"
    said = subprocess.run(["zsh", "-f", "-c", told], capture_output=True, text=True, check=True)
    assert (said.stdout.split(), said.stderr) == (["_desktop_kb"], "")


def test_the_manual_page_knows_every_command_and_option() -> None:
    page = manual(COMMANDS)
    for level in _LEVELS:
        assert f"\\fB{level.words}\\fR" in page
        for name in (name for option in level.options for name in option.names):
            assert name.replace("-", "\\-") in page


@_needs("groff")
def test_roff_has_nothing_to_say_of_it() -> None:
    asked = ["groff", "-man", "-ww", "-Tutf8", "-K", "utf8"]
    done = subprocess.run(asked, input=manual(COMMANDS).encode(), capture_output=True, check=True)
    assert done.stderr == b""
    assert b"'find -print0'" in done.stdout
