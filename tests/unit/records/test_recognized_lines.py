"""Recognized lines: packed, and where their characters stand."""

from __future__ import annotations

import pytest

from desktop_kb.records import RecognizedLine, SeenLine, pack_lines, pack_seen, unpack_lines, unpack_seen

LEVEL = SeenLine(10, 14, (0.1, 0.2, 0.5, 0.2, 0.5, 0.25, 0.1, 0.25), (0.1, 0.3, 0.6, 0.9))


def test_the_lines_of_a_page_are_kept() -> None:
    lines = (
        RecognizedLine(
            "蜂は dance", 0.97, (0.1, 0.2, 0.5, 0.2, 0.5, 0.25, 0.1, 0.25), tuple(n / 9 for n in range(8))
        ),
    )
    assert unpack_lines(pack_lines(lines)) == lines
    assert unpack_lines(pack_lines(())) == ()


@pytest.mark.parametrize("packed", [b"", b"x", pack_lines([])[:-1] + b"y"])
def test_other_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        unpack_lines(packed)
    with pytest.raises(ValueError, match="places"):
        unpack_seen(b"x")


def test_the_places_of_a_document_are_kept_to_a_ten_thousandth() -> None:
    lines = [LEVEL, SeenLine(20, 21, (-0.01, 0.9, 1.01, 0.9, 1.01, 1.0, -0.01, 1.0), (0.5,))]
    found = unpack_seen(pack_seen(lines))
    assert [(line.start, line.end) for line in found] == [(10, 14), (20, 21)]
    for line, kept in zip(lines, found, strict=True):
        assert kept.corners == pytest.approx(line.corners, abs=1e-4)
        assert kept.places == pytest.approx(line.places, abs=1e-4)
    assert (pack_seen([]), unpack_seen(b"")) == (b"", [])


def test_a_character_reaches_halfway_to_the_next() -> None:
    assert LEVEL.area(0, 99) == pytest.approx(LEVEL.corners)
    left, _, right = LEVEL.area(11, 13)[:3]
    assert (left, right) == pytest.approx((0.1 + 0.2 * 0.4, 0.1 + 0.75 * 0.4))


def test_the_area_of_a_line_that_runs_down_the_page_is_cut_across() -> None:
    down = SeenLine(0, 2, (0.6, 0.1, 0.6, 0.9, 0.5, 0.9, 0.5, 0.1), (0.25, 0.75))
    assert down.area(1, 2) == pytest.approx((0.6, 0.5, 0.6, 0.9, 0.5, 0.9, 0.5, 0.5))
