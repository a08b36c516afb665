"""The shape of the program: who may import what, and what the window's process never loads."""

from __future__ import annotations

import ast
import json
import string
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from desktop_kb.formats import FORMATS, SUFFIXES
from desktop_kb.records import Degraded
from desktop_kb.sentences import CATALOGUE, LEFT_OUT, REASONS

ROOT = Path(__file__).resolve().parent.parent

#: Seconds to load, or not needed without a window; the children have them.
HEAVY = {
    *("PySide6", "torch", "transformers", "sentence_transformers", "scipy", "onnxruntime"),
    *("pypdf", "pypdfium2", "lxml", "olefile", "python_calamine", "PIL"),
}


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


#: What is not imported with a module: each takes its time from who waits for the rest.
LEFT_FOR_LATER = {
    "desktop_kb.kb": HEAVY,
    "desktop_kb.helper_search": HEAVY | {"numpy", "apsw", "desktop_kb.records", "desktop_kb.kb"},
    # A window that wants its models waits for no library.
    "desktop_kb.helper_process": HEAVY | {"apsw", "desktop_kb.kb", "desktop_kb.cli", "desktop_kb.store"},
    "desktop_kb.inference.encoder_worker": HEAVY | {"apsw", "desktop_kb.kb", "desktop_kb.store"},
    "desktop_kb.extract.extraction_worker": HEAVY | {"apsw", "desktop_kb.kb", "desktop_kb.store"},
}


@pytest.mark.parametrize("module", LEFT_FOR_LATER)
def test_an_import_brings_nothing_that_is_needed_later_only(module: str) -> None:
    script = f"import {module}, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert module in loaded
    assert not loaded & LEFT_FOR_LATER[module]


#: What terminal and window import; all else is named in the contract that forbids it.
OPEN_TO_ALL = {
    *("errors", "formats", "kb", "records", "sentences", "settings"),
    *("diagnostics", "files", "paths"),
    *("frames", "helper"),
    *("cli", "gui", "mcp", "rows", "helper_process", "helper_search", "__main__"),
}


def test_a_new_module_of_the_core_is_no_way_around_its_door() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (forbidden,) = (
        c["forbidden_modules"] for c in contracts if "desktop_kb.cli" in c.get("source_modules", ())
    )
    modules = grimp.build_graph("desktop_kb", cache_dir=None).find_children("desktop_kb")
    assert {name.removeprefix("desktop_kb.") for name in modules - set(forbidden)} == OPEN_TO_ALL


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
    ("bibliography/__init__.py", ".json"),  # references of CSL
    ("export.py", ".txt"),  # the text of a document, whatever it was read from
    ("helper/channel.py", ".py"),  # the program's own
    ("inference/checkpoint.py", ".txt"),  # a vocabulary
    ("inference/checkpoint.py", ".json"),  # a model's settings
    ("store/lock.py", ".json"),  # who holds the library
    ("gui/search/hit_texts.py", ".md"),  # hits to take along
    ("gui/search/hit_texts.py", ".csv"),
    ("gui/notes/note_file.py", ".png"),  # a picture that was pasted into a note
    ("gui/sheets/upkeep.py", ".zip"),  # a backup
    ("gui/preview/text_formats.py", "code"),  # what of a note is set as code
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


#: Codes of problems and findings that are spelled as that of a search.
ALSO_PROBLEMS = {
    ("sentences.py", "no-model"),
    ("inference/__init__.py", "no-model"),
    ("choice.py", "no-model"),
}


def test_what_a_search_does_without_is_named_in_one_place_and_said() -> None:
    assert set(LEFT_OUT) == set(Degraded)
    named, used = set(), set()
    for path in (ROOT / "desktop_kb").rglob("*.py"):
        where = path.relative_to(ROOT / "desktop_kb").as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in set(Degraded):
                named.add((where, node.value))
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Degraded":
                used |= {node.attr} if where.startswith("search/") else set()
    assert {one for one in named if one[0] != "records/search.py"} == ALSO_PROBLEMS
    assert used == set(Degraded.__members__)


#: Lines that a module, and a function with its docstring, may have.
MODULE_LINES, FUNCTION_LINES = 400, 50
#: Longer, and read by looking something up in them: catalogues, and frozen steps that make tables.
CATALOGUES = {"sentences.py", "formats.py", "store/schema.py:_m001_initial", "store/schema.py:_m005_readers"}


def test_modules_and_functions_are_read_in_one_go() -> None:
    long = set()
    for path in (ROOT / "desktop_kb").rglob("*.py"):
        where, source = path.relative_to(ROOT / "desktop_kb").as_posix(), path.read_text("utf-8")
        if len(source.splitlines()) > MODULE_LINES:
            long.add(where)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                long |= {f"{where}:{node.name}"} if lines > FUNCTION_LINES else set()
    assert long == CATALOGUES


def test_no_widget_reaches_into_another() -> None:
    """What begins with `_` belongs to its own class, also in the window, where everything is at hand."""
    reached = []
    for path in (ROOT / "desktop_kb" / "gui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr[:2] == "__":
                continue
            if ast.unparse(node.value) not in ("self", "cls", "super()"):
                reached.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
    assert not reached


# --- what can go wrong, as data --------------------------------------------------------------

TOLD = {"Problem", "DocumentProblem", "StorageProblem", "ModelProblem", "UsageProblem", "Finding"}


class Made(NamedTuple):
    """A problem or finding as it is made somewhere in the program."""

    where: str
    kind: str
    code: str
    details: dict[str, ast.expr]


def _made() -> Iterator[Made]:
    for path in (ROOT / "desktop_kb").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOLD):
                continue
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            codes = _constants(node.args[0])
            if not codes:
                assert "code" in ast.unparse(node.args[0]), f"{where}: no code, nor one that is passed on"
                continue
            details = {key.arg: key.value for key in node.keywords if key.arg not in ("path", None)}
            if node.func.id == "Finding" and len(node.args) > 1:
                assert isinstance(node.args[1], ast.Dict), f"{where}: write its details where it is made"
                names = [_constants(key)[0] for key in node.args[1].keys if key is not None]
                details = dict(zip(names, node.args[1].values, strict=True))
            for code in codes:
                yield Made(where, node.func.id, code, {str(name): value for name, value in details.items()})


def _constants(node: ast.expr) -> list[str]:
    """The strings that an expression chooses from; [] where it is made of something else."""
    if isinstance(node, ast.IfExp):
        return [*_constants(node.body), *_constants(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _names(*texts: str) -> set[str]:
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_problem_and_finding_has_its_sentences_and_the_details_they_name() -> None:
    made = list(_made())
    assert len(made) > 150
    for where, _, code, details in made:
        assert code in CATALOGUE, f"{where}: sentences.py has no '{code}'"
        worded = [name for name, value in details.items() if isinstance(value, ast.JoinedStr)]
        assert not worded, f"{where}: {worded} are words, not data"
        named = _names(*CATALOGUE[code].en)
        reasons = _constants(details["reason"]) if "reason" in named & set(details) else []
        for reason in reasons:
            assert reason in REASONS, f"{where}: sentences.py has no reason '{reason}'"
        for more in [_names(REASONS[reason][0]) for reason in reasons] or [set()]:
            assert set(details) == named | more, f"{where}: '{code}' is said with {sorted(named | more)}"


def test_no_sentence_is_left_over() -> None:
    by_check = {"in-order", "several"}  # see records.Check
    assert not set(CATALOGUE) - {one.code for one in _made()} - by_check
    sources = (path for path in (ROOT / "desktop_kb").rglob("*.py") if path.name != "sentences.py")
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert not [reason for reason in REASONS if reason not in written]


def test_what_is_stored_of_a_failure_can_be_said_without_its_details() -> None:
    """Rows of older libraries have a code alone."""
    stored = {"bug"}
    for one in _made():
        if one.kind == "DocumentProblem" or one.where.startswith(str(Path("desktop_kb", "extract"))):
            stored.add(one.code)
    with_details = {code for code in stored if _names(CATALOGUE[code].en[0])}
    assert {"too-large", "unreadable", "bug"} <= with_details
    assert not [code for code in with_details if CATALOGUE[code].plain is None]
