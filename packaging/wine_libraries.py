"""Two libraries that Wine 10 lacks, compiled with MinGW: C's complex functions, and ICU's names.

numpy and torch import complex functions from `api-ms-win-crt-math-l1-1-0.dll`, which stands for Wine's own C
runtime, and that has none: so in their files that name is replaced by another of the same length, of a library
that has them and passes everything else on. Qt imports ICU's converters, which Windows has since 1903, and
does without where they answer nothing.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

COMPILER = "x86_64-w64-mingw32-gcc"
OBJDUMP = "x86_64-w64-mingw32-objdump"

SYSTEM = "api-ms-win-crt-math-l1-1-0.dll"
OURS = "kb0-ms-win-crt-math-l1-1-0.dll"
#: Functions of <complex.h> that take and give a complex number, and those that give a real one.
COMPLEX = (
    "cacos", "cacosh", "casin", "casinh", "catan", "catanh", "ccos", "ccosh", "cexp", "clog", "conj", "cproj",
    "csin", "csinh", "csqrt", "ctan", "ctanh",
)  # fmt: skip
REAL = ("cabs", "carg", "cimag", "creal")
#: Suffix of a name, what it takes, the suffix of what computes it: Windows' long double is its double.
KINDS = (("", "double", ""), ("f", "float", "f"), ("l", "double", ""))


def make(python: Path) -> None:
    """Compile both libraries for this Python and its packages, and have the packages ask for the first."""
    packages = python / "Lib" / "site-packages"
    libraries = [path for path in packages.rglob("*") if path.suffix in (".dll", ".pyd")]
    qt = [path for path in libraries if {"PySide6", "shiboken6"} & set(path.parts)]
    others = sorted(set(libraries) - set(qt))
    make_math(python, others)
    asked = imports([path for path in qt if path.name.startswith("Qt6")], lambda name: name.startswith("icu"))
    code = "long long nothing(void) { return 0; }\n"
    for folder in (python, packages / "PySide6"):
        compile_library(folder / "icuuc.dll", code, (f"{name} = nothing" for name in asked))


def make_math(python: Path, libraries: list[Path]) -> None:
    """The library of C's mathematics, and its name in the files that ask for Wine's."""
    asked = imports(libraries, lambda name: name == SYSTEM)
    code, exports = ["#include <complex.h>"], {}
    for suffix, real, computed in KINDS:
        for name in (*COMPLEX, *REAL):
            given = real if name in REAL else f"{real} complex"
            code.append(f"{given} own_{name}{suffix}({real} complex z) {{ return {name}{computed}(z); }}")
            exports[name + suffix] = f"own_{name}{suffix}"
        code.append(
            f"{real} complex own_cpow{suffix}({real} complex a, {real} complex b) {{ return cpow{computed}(a, b); }}"
        )
        exports[f"cpow{suffix}"] = f"own_cpow{suffix}"
    exports = {name: f"ucrtbase.{name}" for name in asked} | exports
    compile_library(
        python / OURS, "\n".join(code) + "\n", (f"{name} = {is_} " for name, is_ in exports.items())
    )
    for path in libraries:
        data = path.read_bytes()
        named = re.sub(re.escape(SYSTEM).encode(), OURS.encode(), data, flags=re.IGNORECASE)
        if named != data:
            path.write_bytes(named)


def imports(libraries: Iterable[Path], wanted: Callable[[str], bool]) -> list[str]:
    """The names that these libraries import from those whose name is wanted."""
    names: set[str] = set()
    for library in libraries:
        dump = subprocess.run(
            [OBJDUMP, "-p", str(library)], capture_output=True, text=True, errors="replace", check=False
        )
        listed = False
        for line in dump.stdout.splitlines():
            if "DLL Name:" in line:
                listed = wanted(line.split()[-1].lower())
            elif listed and (entry := re.match(r"\t[0-9a-f]+\s.*\s(\w+)$", line)):
                names.add(entry[1])
    return sorted(names)


def compile_library(target: Path, code: str, exports: Iterable[str]) -> None:
    """Compile a DLL with these lines of exports."""
    with tempfile.TemporaryDirectory() as folder:
        source, definitions = Path(folder) / "library.c", Path(folder) / "library.def"
        source.write_text(code, "utf-8")
        definitions.write_text(f"LIBRARY {target.stem}\nEXPORTS\n" + "\n".join(exports) + "\n", "utf-8")
        options = ["-shared", "-O2", "-static-libgcc", "-fno-builtin", "-o", str(target)]
        subprocess.run([COMPILER, *options, str(source), str(definitions)], check=True)
