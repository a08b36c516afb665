"""The shape of the program: who may import what, and what the window's process never loads."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from desktop_kb.formats import FORMATS, SUFFIXES

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


#: Files that are named like those that can be read, and are not read as documents.
NO_DOCUMENTS = {
    ("export.py", ".txt"),  # the text of a document, whatever it was read from
    ("inference/checkpoint.py", ".txt"),  # a vocabulary
}


def test_formats_are_named_in_their_table_only() -> None:
    """Who asks what kind of file something is asks `formats`: a new kind is then a row, and no search for
    the places that know the others."""
    names = {*SUFFIXES, *(mime for format in FORMATS for mime in format.mime)}
    types = {format.type for format in FORMATS}
    named = set()
    for path in (ROOT / "desktop_kb").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # Types are ordinary words too, but not where something is compared with them.
            compared = isinstance(node, ast.Compare | ast.MatchValue)
            for value in ast.walk(node) if compared else [node]:
                if isinstance(value, ast.Constant) and value.value in (names | types if compared else names):
                    named.add((path.relative_to(ROOT / "desktop_kb").as_posix(), value.value))
    assert {one for one in named if one[0] != "formats.py"} == NO_DOCUMENTS
