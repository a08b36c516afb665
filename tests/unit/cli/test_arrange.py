"""Options anywhere, and words with a minus in a question."""

from __future__ import annotations

import io

import pytest

from desktop_kb.cli import COMMANDS
from desktop_kb.cli.arrange import arranged
from desktop_kb.cli.output import is_styled, moves


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("search car -diesel", "search -- car -diesel"),
        ("search car --mode words -diesel fast", "search --mode words -- car -diesel fast"),
        ("search car --library D", "--library D search car"),
        ("search car -n 3", "search --limit 3 car"),
        ("search car -n fast", "search -- car -n fast"),
        ("search car -nights", "search -- car -nights"),
        ("search --json car", "search --json car"),
        ("search car --limit=3 --mod words", "search --limit=3 --mod words car"),
        ("search -- car --library D", "search -- car --library D"),
        ("search car --filter year:2022 fast", "search --filter year:2022 car fast"),
        ("search -h", "search -h"),
        ("search --batch - --json", "search --batch - --json"),
        ("list --verbose tag:a", "--verbose list tag:a"),
        ("add a --library=D -- -x", "--library=D add -- a -x"),
        ("add a --tag t b --json", "add --tag t --json a b"),
        ("add - --title Tea", "add --title Tea -"),
        ("add --from - -0", "add --from - -0"),
        ("list -tag:sold --json", "list --json -- -tag:sold"),
        ("models --json use x", "models --json use x"),
        ("", ""),
    ],
)
def test_what_was_typed_is_put_in_order(typed: str, taken: str) -> None:
    assert arranged(typed.split(), COMMANDS) == taken.split()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_escapes_are_left_out_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert is_styled(_Terminal())
    assert not is_styled(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert (is_styled(_Terminal()), moves(_Terminal())) == (False, True)
    monkeypatch.setenv("TERM", "dumb")
    assert not moves(_Terminal())
