"""Reaching the helper, and starting it."""

from __future__ import annotations

from functools import partial

import pytest

from desktop_kb import paths
from desktop_kb.helper import client
from desktop_kb.helper.channel import Gone, Late, connect, listen


def test_no_second_one_is_started_beside_one_that_does_not_answer(
    library: paths.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[paths.Library] = []
    monkeypatch.setattr(client, "connect", partial(connect, seconds=0.05))
    monkeypatch.setattr(client, "start", started.append)
    listener = listen(library)
    try:
        with pytest.raises(Late):
            client.connected(library)
    finally:
        listener.close()
    assert started == []


def test_where_none_can_be_started_it_is_as_if_there_were_none(
    library: paths.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_library: paths.Library) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(client, "start", refuse)
    with pytest.raises(Gone):
        client.connected(library)
