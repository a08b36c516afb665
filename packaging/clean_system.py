"""Proof that the package for Debian works: installed, used, upgraded and removed in a clean system."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from contents import files
from proof import QUESTIONS, Failed, expect

#: Where the package puts the program, and where a person's settings lie.
PLACE = "/usr/lib/desktop-kb"
_SETTINGS = Path("/home/person/.config/desktop-kb/settings.json")


class CleanRoot:
    """A bare Debian in a folder, made with debootstrap and entered with chroot, so only by root."""

    HOME = "/home/person"

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self) -> None:
        """Download and unpack it, unless it is there."""
        if not (self.root / "etc" / "debian_version").is_file():
            version = _os_release("VERSION_CODENAME")
            self._run(["debootstrap", "--variant=minbase", version, str(self.root)], "debootstrap failed")
        # A person without a past: an earlier check may have left one.
        self("userdel", "--remove", "person", may_fail=True)
        self("useradd", "--create-home", "--home-dir", self.HOME, "person")

    def __call__(self, *command: str, person: bool = False, may_fail: bool = False, **variables: str) -> str:
        """Run a command inside; its output."""
        who = ["--userspec=person:person"] if person else []
        told = [f"{name}={value}" for name, value in {"HOME": self.HOME, **variables}.items()]
        inside = ["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", *told, *command]
        return self._run(["chroot", *who, str(self.root), *inside], f"{' '.join(command)} failed", may_fail)

    def install(self, package: Path) -> None:
        """Install a package with what it depends on, from Debian's own archive."""
        shutil.copy(package, self.root / "tmp" / package.name)
        quiet = ["-q", "-y", "-o=Dpkg::Use-Pty=0"]
        self("apt-get", "update", "-q")
        self("apt-get", "install", *quiet, "--reinstall", "--allow-downgrades", f"/tmp/{package.name}")
        (self.root / "tmp" / package.name).unlink()

    @contextlib.contextmanager
    def mounted(self) -> Iterator[None]:
        """With /proc and /dev, which a program may expect."""
        for place in ("proc", "dev"):
            self._run(["mount", "--bind", f"/{place}", str(self.root / place)], f"{place} cannot be mounted")
        try:
            yield
        finally:
            for place in ("dev", "proc"):
                subprocess.run(["umount", "--lazy", str(self.root / place)], check=False)

    def _run(self, command: list[str], complaint: str, may_fail: bool = False) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and not may_fail:
            raise Failed(f"In the clean system: {complaint}.\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout


def installed(root: CleanRoot, first: Path, second: Path, picture: Path) -> None:
    """Install, use, upgrade and remove the package in a clean system; says what it saw.

    Args:
        root: the clean system.
        first: the package.
        second: the same as a later version.
        picture: where the window's picture is put, to be looked at.
    """
    root.make()
    person = root.root / root.HOME[1:]
    with root.mounted():
        root.install(first)
        # As the program's loader does, libraries are first looked for beside it.
        looked = f"find {PLACE} -name '*.so*' -exec ldd {{}} + | grep 'not found' | sort -u || true"
        missing = root("sh", "-c", looked, LD_LIBRARY_PATH=f"{PLACE}/_internal")
        expect(not missing, f"libraries are missing: {missing}")
        root(
            "sh",
            "-c",
            f"mkdir -p {_SETTINGS.parent} && echo '{{\"max_file_mib\": 321}}' > {_SETTINGS}",
            person=True,
        )
        _use(root)
        _photograph(root, picture)
        root.install(second)
        version = root("dpkg-query", "-W", "-f=${Version}", "desktop-kb*")
        expect(f"_{version}_" in second.name, f"version {version} is installed after the upgrade")
        _answers(root)
        kept = _kept(person)
        expect("321" in (root.root / str(_SETTINGS)[1:]).read_text("utf-8"), "the upgrade changed a setting")
        print(f"upgraded to {version}: the library answers, settings are kept")
        root("apt-get", "purge", "-y", "-q", "desktop-kb*")
        expect(not (root.root / PLACE[1:]).exists(), "removing left the program's folder")
        expect(_kept(person) == kept, "removing took or changed files of the person's")
        print(f"removed: the program is gone, the person's {len(kept)} files are there")


def _use(root: CleanRoot) -> None:
    """Add the samples as a person, in there, and ask."""
    lines = root("desktop-kb", "add", "--json", f"{PLACE}/_internal/resources/samples", person=True)
    rows = [json.loads(line) for line in lines.splitlines()]
    expect(all(row["status"] in ("indexed", "skipped") for row in rows), f"not all was indexed: {rows}")
    print(f"installed; indexed {len(rows)} samples")
    _answers(root)


def _answers(root: CleanRoot) -> None:
    for question in QUESTIONS:
        # A helper would go on in the system that is taken down.
        asked = ("env", "DESKTOP_KB_HELPER=off", "desktop-kb", "search", "--json", question)
        result = json.loads(root(*asked, person=True))
        expect(bool(result["hits"]), f"nothing answers '{question}'")
        print(f"{question} -> {Path(result['hits'][0]['path']).name}")


def _photograph(root: CleanRoot, picture: Path) -> None:
    """Open the window on a screen of its own, ask in it and take a picture of the screen."""
    display = ":47"
    with contextlib.ExitStack() as stack:

        def started(*command: str, **variables: str) -> subprocess.Popen[bytes]:
            environment = {**os.environ, "DISPLAY": display, **variables}
            silent = subprocess.DEVNULL
            process = subprocess.Popen(command, env=environment, stdout=silent, stderr=silent)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            time.sleep(2)
            return process

        started("Xvfb", display, "-screen", "0", "1360x860x24", "-ac")
        started("openbox")
        told = ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8", f"HOME={root.HOME}"]
        inside = [*told, f"DISPLAY={display}", "/usr/bin/desktop-kb", "gui"]
        window = started("chroot", "--userspec=person:person", str(root.root), *inside)
        environment = {**os.environ, "DISPLAY": display}

        def keys(*arguments: str) -> None:
            subprocess.run(["xdotool", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)

        keys("search", "--sync", "--onlyvisible", "--name", "Desktop KB")
        time.sleep(8)
        expect(_has_icon(environment), "the window has no icon, or not the class that its menu entry names")
        keys("key", "ctrl+k")
        keys("type", "--delay", "40", QUESTIONS[0])
        time.sleep(12)
        subprocess.run(["import", "-window", "root", str(picture)], env=environment, check=True)
        expect(window.poll() is None, "the window closed by itself")
        print(f"the window on a screen: {picture}")


def _has_icon(environment: dict[str, str]) -> bool:
    """A window of the class that the desktop file names, with a picture for lists of windows."""
    asked = ["xdotool", "search", "--onlyvisible", "--classname", "^desktop-kb$"]
    found = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False).stdout.split()
    asked = ["xprop", "-len", "64", "_NET_WM_ICON"]
    told = [
        subprocess.run([*asked, "-id", id], env=environment, capture_output=True, text=True, check=False)
        for id in found
    ]
    return any("CARDINAL" in one.stdout for one in told)


def _kept(person: Path) -> dict[str, str]:
    """The SHA-256 of the person's files, by place; caches and logs are not the person's."""
    return {
        file.place: file.sha256
        for folder in (".local/share", ".config")
        for file in files(person / folder)
        if not file.place.endswith(".log")
    }


def _os_release(name: str) -> str:
    lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line).get(name, "").strip('"')
