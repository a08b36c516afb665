"""The program's entrance, from source and frozen alike."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys

from desktop_kb import __version__

#: The children this program starts itself as: `desktop-kb --worker NAME`.
WORKERS = {
    "extract": "desktop_kb.extract.extraction_worker",
    "recognize": "desktop_kb.recognize.recognition_worker",
    "encode": "desktop_kb.inference.encoder_worker",
    "download": "desktop_kb.inference.download_worker",
    "helper": "desktop_kb.helper_process",
}


def main() -> int:
    """Run the child, the window or the terminal command that the arguments name."""
    # Before any other import: a frozen child that looked later would open a second window.
    if sys.argv[1:2] == ["--worker"]:
        # The C++ runtime that torch asks for: pip puts msvc-runtime's files there.
        if sys.platform == "win32":
            os.add_dll_directory(sys.prefix)
        importlib.import_module(WORKERS[sys.argv[2]]).main()
        return 0
    # What needs no command is answered before the commands are imported, which takes longer.
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        with contextlib.suppress(OSError):  # the command says it
            sys.stdout.write(f"desktop-kb {__version__}\n")
            sys.stdout.flush()
            return 0
    from desktop_kb import helper_search

    code = helper_search.answer(sys.argv[1:])
    if code is not None:
        return code
    # Nothing that is imported is garbage: looking for some took an eighth of a start (60 ms with the window's modules),
    # and what is frozen is looked through at no later time either.
    gc.disable()
    from desktop_kb import cli

    gc.freeze()
    gc.enable()
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
