"""What an open library asks of the helper."""

from __future__ import annotations

import time

import pytest

from desktop_kb import paths
from desktop_kb.helper import client, link
from desktop_kb.helper.channel import Channel, connect, listen


@pytest.mark.parametrize("starts", [False, True])
def test_one_that_hangs_is_waited_for_once(
    library: paths.Library, monkeypatch: pytest.MonkeyPatch, starts: bool
) -> None:
    waited: list[Channel | None] = []

    def waiting(asked: paths.Library) -> Channel:
        waited.append(None)
        return connect(asked, seconds=0.05)

    monkeypatch.setattr(client, "is_on", lambda: True)
    for module in (client, link):
        monkeypatch.setattr(module, "connect", waiting)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    one = link.Link(library)
    one.starts = starts
    listener = listen(library)  # nobody accepts
    try:
        assert [one.ask({"do": "encode"}, ()) for _ in range(3)] == [None] * 3
        assert len(waited) == 1
        now[0] += link._PAUSE_S
        assert one.ask({"do": "encode"}, ()) is None
    finally:
        listener.close()
        one.close()
    assert len(waited) == 2
