from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.errors import Problem
from desktop_kb.extract import extraction_worker, mbox
from desktop_kb.extract.parts import named

BOX = """From ann@a.example Mon May  1 10:11:12 2023
From: Ann <ann@a.example>
Subject: =?utf-8?B?5rC05rO1?= / pumps

They run.
>From the start they did.

From - Tue May  2 10:11:12 +0800 2023
From: Bob <bob@b.example>

From now on: no subject.
"""


def test_a_line_of_a_mail_that_only_looks_like_a_beginning() -> None:
    data = BOX.replace("They run.\n", "They run.\n\nFrom here at 10:30 on they hum.\nAll of them.\n").encode()
    parts = named(mbox.parts(data, Path("a.mbox"), None))
    assert len(parts) == 2
    assert b"All of them." in next(iter(parts.values())).read()


def test_each_message_is_a_part() -> None:
    parts = named(mbox.parts(BOX.encode(), Path("a.mbox"), None))
    assert list(parts) == ["1 水泵   pumps.eml", "2.eml"]
    assert mbox.read(BOX.encode(), Path("a.mbox")).holds_files
    assert parts["1 水泵   pumps.eml"].read().endswith(b"They run.\nFrom the start they did.\n\n")


def test_a_message_is_read_as_a_mail(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(BOX.encode())
    found = extraction_worker.read(path, "mbox", None, "2.eml")
    assert found.text == "From: Bob <bob@b.example>\nFrom now on: no subject.\n"


def test_what_holds_no_message_is_damaged() -> None:
    with pytest.raises(Problem, match="damaged"):
        mbox.read(b"From here on\n\nwords", Path("a.mbox"))
