"""The installers: what each system wants to know about the program, and the packages made of it.

Debian's package and Windows' installer are built on Linux; macOS' image needs a Mac
(`macos/package.sh`). The window is `desktop-kb gui`, or `Desktop KB.exe`, which has no terminal.
"""

from __future__ import annotations

import gzip
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from dev import CHINESE_FONT, QT_LIBRARIES

from desktop_kb.cli import COMMANDS
from desktop_kb.cli.completion import completion
from desktop_kb.cli.manual import manual
from desktop_kb.cli.speech import speak
from desktop_kb.formats import FORMATS, SUFFIXES

HERE = Path(__file__).resolve().parent
ICONS = HERE.parent / "resources" / "icons"
SUMMARY = "library of your PDFs and notes that answers in Chinese and English, offline"

#: Debian's second names for what dev.py asks for, since 64-bit time became the rule (trixie, Ubuntu 24.04).
RENAMED = {"libglib2.0-0": "libglib2.0-0t64"}

#: What the spec leaves to the system beside what dev.py names: libraries that every wheel builds on.
BELOW = ("libgcc-s1", "libstdc++6", "zlib1g", "libx11-xcb1", "libxcb-image0", "libxcb-render-util0")

# --- Linux -----------------------------------------------------------------------------------


def control(version: str, flavour: str, *, size_bytes: int) -> str:
    """Debian's control file (Debian Policy, 5.3).

    Args:
        version: of the package.
        flavour: 'cpu' or 'gpu'; only one can be installed.
        size_bytes: of the installed files.
    """
    needed = (*BELOW, *QT_LIBRARIES.values())
    depends = [f"{name} | {RENAMED[name]}" if name in RENAMED else name for name in needed]
    libc, made_with = platform.libc_ver()
    if libc == "glibc":
        # Nothing in the folder can ask for more than the system that it was made on has.
        depends.insert(0, f"libc6 (>= {made_with})")
    name, other = ("desktop-kb", "desktop-kb-gpu") if flavour == "cpu" else ("desktop-kb-gpu", "desktop-kb")
    fields = {
        "Package": name,
        "Version": version,
        "Architecture": {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()],
        "Maintainer": "Desktop KB <desktop-kb@localhost>",
        "Installed-Size": str(-(-size_bytes // 1024)),
        "Depends": ", ".join(depends),
        "Recommends": ", ".join(CHINESE_FONT[1:]),
        "Conflicts": other,
        "Replaces": other,
        "Section": "text",
        "Priority": "optional",
        "Description": SUMMARY + "\n" + DESCRIPTION[flavour],
    }
    return "".join(f"{field}: {value}\n" for field, value in fields.items())


_ABOUT = """\
 Drop PDFs and notes into a library on your own disk, ask a question in
 Chinese or English, and get the passage that answers it: where it stands,
 and why it was found. Everything runs on your machine.
 ."""
DESCRIPTION = {
    "cpu": f"{_ABOUT}\n This package computes on the processor. desktop-kb-gpu uses an NVIDIA card.",
    "gpu": f"{_ABOUT}\n This package uses an NVIDIA card where its driver is installed.",
}


def deb(folder: Path, output: Path, version: str, flavour: str, *, made: int, compress: bool = True) -> Path:
    """Pack a frozen folder for Debian and Ubuntu; the package's path.

    The program goes to /usr/lib/desktop-kb, a link to it into /usr/bin. There are no scripts: menus,
    file types and icons are taken up by triggers of the packages that own them, and nothing of a
    person's is in the package, so neither upgrading nor removing touches a library. Files are dated
    `made` at the latest, in seconds since 1970, so that the same commit gives the same package.
    """
    root = output / "deb"
    shutil.rmtree(root, ignore_errors=True)
    lay_out(folder, root)
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir())
    (root / "DEBIAN").mkdir()
    fields = control(version, flavour, size_bytes=size)
    (root / "DEBIAN" / "control").write_text(fields, "utf-8")
    name, arch = (_field(fields, field) for field in ("Package", "Architecture"))
    package = output / f"{name}_{version}_{arch}.deb"
    # zstd: as dpkg 1.21.18 (Debian 12, Ubuntu 22.04) and later read it; xz takes six times as long.
    how = ["-Zzstd", "-z9"] if compress else ["-Znone"]
    build = [
        "dpkg-deb",
        "--root-owner-group",
        "--uniform-compression",
        *how,
        "--build",
        str(root),
        str(package),
    ]
    dated = {**os.environ, "SOURCE_DATE_EPOCH": str(made)}
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL, env=dated)
    shutil.rmtree(root)
    return package


def lay_out(folder: Path, root: Path) -> None:
    """Put the program where Debian's packages put theirs, below `root`."""
    library, share = root / "usr" / "lib" / "desktop-kb", root / "usr" / "share"
    shutil.copytree(folder, library, symlinks=True, copy_function=_link)
    (root / "usr" / "bin").mkdir()
    (root / "usr" / "bin" / "desktop-kb").symlink_to("../lib/desktop-kb/desktop-kb")
    icons = share / "icons" / "hicolor"
    (share / "applications").mkdir(parents=True)
    (share / "applications" / "desktop-kb.desktop").write_text(desktop_entry(), "utf-8")
    # Apart from it, as the program is given links in another way than files, and its menu entry takes files.
    shutil.copy(HERE / "linux" / "desktop-kb-link.desktop", share / "applications")
    for source, place in (
        (ICONS / "desktop-kb.svg", icons / "scalable" / "apps"),
        (ICONS / "desktop-kb.png", icons / "256x256" / "apps"),
    ):
        place.mkdir(parents=True)
        shutil.copy(source, place)
    for name, text in (shell_files() | file_manager_files()).items():
        (share / name).parent.mkdir(parents=True, exist_ok=True)
        # A manual page is packed (Debian Policy, 12.1), without a date, so that it is the same each time.
        data = gzip.compress(text.encode(), mtime=0) if name.endswith(".gz") else text.encode()
        (share / name).write_bytes(data)
    papers = share / "doc" / "desktop-kb"
    papers.mkdir(parents=True)
    (papers / "copyright").symlink_to("../../../lib/desktop-kb/_internal/NOTICES.txt")
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            # Whatever the umask was: programs and libraries can be run, everything can be read.
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def shell_files() -> dict[str, str]:
    """What shells and `man` read of the program, by its place below /usr/share."""
    speak("zh")
    chinese = manual(COMMANDS)
    speak("en")  # whatever this machine speaks
    return {
        "bash-completion/completions/desktop-kb": completion(COMMANDS, "bash"),
        "zsh/vendor-completions/_desktop-kb": completion(COMMANDS, "zsh"),
        "fish/vendor_completions.d/desktop-kb.fish": completion(COMMANDS, "fish"),
        "man/man1/desktop-kb.1.gz": manual(COMMANDS),
        "man/zh_CN/man1/desktop-kb.1.gz": chinese,
    }


def file_manager_files() -> dict[str, str]:
    """'Add to Desktop KB' in the menus of file managers, by its place below /usr/share: of Dolphin (KIO), Thunar ('Send
    to') and Nemo. Nautilus has 'Open with', from the menu entry."""
    types = _mime_types() + "inode/directory;"
    name = "Name=Add to Desktop KB\nName[zh_CN]=收入 Desktop KB\nName[zh_TW]=收入 Desktop KB\n"
    does = f"{name}Exec=desktop-kb gui %F\n"
    entry = "[Desktop Entry]\nType={kind}\n"
    suffixes = "".join(f"{suffix[1:]};" for suffix in SUFFIXES)
    return {
        "kio/servicemenus/desktop-kb.desktop": entry.format(kind="Service")
        + f"MimeType={types}\nActions=add\n\n[Desktop Action add]\n{does}Icon=desktop-kb\n",
        "Thunar/sendto/desktop-kb.desktop": entry.format(kind="Application")
        + f"{does}Icon=desktop-kb\nMimeType={types}\n",
        "nemo/actions/desktop-kb.nemo_action": "[Nemo Action]\n"
        + f"{does}Icon-Name=desktop-kb\nSelection=notnone\nExtensions=dir;{suffixes}\n",
    }


def desktop_entry() -> str:
    """What the desktop's menu says of the program, and which files it is offered for."""
    return (HERE / "linux" / "desktop-kb.desktop").read_text("utf-8") + f"MimeType={_mime_types()}\n"


def _mime_types() -> str:
    """Of the files that the program reads, as the desktop's entries name them."""
    return "".join(f"{mime};" for format in FORMATS for mime in format.mime)


def _link(source: str, target: str) -> None:
    """A second name instead of a second copy, where the file system has such."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _field(fields: str, name: str) -> str:
    return next(line for line in fields.splitlines() if line.startswith(f"{name}: ")).partition(": ")[2]


# --- Windows ---------------------------------------------------------------------------------


def version_resource(version: str, name: str) -> str:
    """What Windows shows of a program under 'Details', in PyInstaller's form."""
    numbers = tuple(int(part) for part in version.split("."))
    numbers += (0,) * (4 - len(numbers))
    told = {
        "CompanyName": "Desktop KB",
        "FileDescription": "Desktop KB",
        "FileVersion": version,
        "InternalName": name,
        "LegalCopyright": "Apache License 2.0",
        "OriginalFilename": f"{name}.exe",
        "ProductName": "Desktop KB",
        "ProductVersion": version,
    }
    strings = ", ".join(f"StringStruct({key!r}, {value!r})" for key, value in told.items())
    # 0x0409, 1200: English (US), Unicode.
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}), kids=["
        f"StringFileInfo([StringTable('040904B0', [{strings}])]), "
        "VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n"
    )


def open_with() -> str:
    """The lines of the installer's script that offer the program for the files it reads."""
    return "".join(f'!insertmacro OPEN_WITH "{suffix}"\n' for suffix in SUFFIXES)


def windows_installer(folder: Path, output: Path, version: str) -> Path:
    """Compile the installer with NSIS, which runs on Linux too; its path."""
    package = output / f"desktop-kb-{version}-setup.exe"
    told = {
        "VERSION": version,
        "SOURCE": str(folder),
        "OUTPUT": str(package),
        "ICON": str(ICONS / "desktop-kb.ico"),
        "LICENSE": str(HERE.parent / "LICENSE"),
    }
    script = str(HERE / "windows" / "installer.nsi")
    with tempfile.TemporaryDirectory() as scratch:
        told["SUFFIXES"] = str(Path(scratch) / "suffixes.nsh")
        Path(told["SUFFIXES"]).write_text(open_with(), "utf-8")
        definitions = [f"-D{name}={value}" for name, value in told.items()]
        subprocess.run(["makensis", "-V2", "-WX", *definitions, script], check=True)
    return package


# --- macOS -----------------------------------------------------------------------------------

#: The bundle's property list, beside what PyInstaller writes (Apple, "Information Property List").
INFO_PLIST: dict[str, Any] = {
    "CFBundleDisplayName": "Desktop KB",
    "CFBundleLocalizations": ["en", "zh-Hans", "zh-Hant"],
    "LSApplicationCategoryType": "public.app-category.productivity",
    "LSMinimumSystemVersion": "14.0",  # the oldest that the locked torch serves
    "NSHighResolutionCapable": True,
    "NSHumanReadableCopyright": "Apache License 2.0",
    "CFBundleURLTypes": [
        {
            "CFBundleURLName": "org.desktop-kb.link",
            "CFBundleURLSchemes": ["desktop-kb"],
            "CFBundleTypeRole": "Viewer",
        }
    ],
}
