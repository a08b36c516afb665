"""The shape of the program: who may import what, and what the window's process never loads."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

#: Seconds to load, or not needed without a window; the children have them.
HEAVY = {"PySide6", "torch", "transformers", "sentence_transformers", "pypdf", "pypdfium2", "lxml", "scipy"}


def test_contracts_hold() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "import sys; from importlinter.cli import lint_imports_command as lint; lint()",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_core_loads_no_window_and_no_model() -> None:
    script = "import desktop_kb.kb, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "apsw" in loaded
    assert not loaded & HEAVY


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    graph = grimp.build_graph("desktop_kb", include_external_packages=True, cache_dir=None)
    imported = {name for name in graph.modules if graph.is_module_squashed(name)} - sys.stdlib_module_names
    homes = packages_distributions()
    undeclared = {name for name in imported if not {canonicalize_name(d) for d in homes[name]} & declared}
    assert "apsw" in imported
    assert not undeclared
