"""Runs before the frozen program's own code: stand-ins for scipy and scikit-learn.

sentence-transformers imports both for measuring models (`evaluation`) and for distances, the
moment it is imported itself; this program does neither. They and what they bring are 200 MB, 640
of 3,400 modules, and a second of the encoder's start. A name taken from a stand-in can be imported and says, if it
is ever called, that it is not there.
"""

import importlib.abc
import importlib.machinery
import sys

LEFT_OUT = ("scipy", "sklearn")


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module of the packages left out; asked last, so a real one would win."""

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        if name.partition(".")[0] in LEFT_OUT:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def exec_module(self, module):  # type: ignore[no-untyped-def]
        def __getattr__(name):  # type: ignore[no-untyped-def]
            if name.startswith("__"):
                raise AttributeError(name)

            def left_out(*arguments, **options):  # type: ignore[no-untyped-def]
                raise ImportError(f"{module.__name__}.{name} is not part of the frozen program")

            return left_out

        module.__getattr__ = __getattr__


sys.meta_path.append(StandIns())
