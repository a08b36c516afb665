"""The land is where the passages are, and is the same however near one looks."""

from __future__ import annotations

import numpy as np
import pytest
from lands import land
from PySide6.QtCore import QRectF

from desktop_kb.gui import theme
from desktop_kb.gui.landscape.colouring import colouring
from desktop_kb.gui.landscape.terrain import land_of, rgb, terrain
from desktop_kb.records import ColouredBy, Floats, Frame, Hills

THEMES = (theme.LIGHT, theme.DARK, theme.HIGH_LIGHT, theme.HIGH_DARK)


def _one_hill() -> Hills:
    along = np.linspace(-3, 3, 64)
    heights = np.exp(-0.5 * (along[:, None] ** 2 + along[None, :] ** 2)).astype(np.float32)
    return Hills(Frame(0, 0, 1, 1), heights, ())


def _rings(picture: Floats, row: int) -> list[int]:
    """Where lines cross a row of pixels: there it is darker than on both sides."""
    light = picture[row].sum(axis=1)
    inner = range(4, len(light) - 4)
    return [
        at
        for at in inner
        if light[at] < light[at - 1]
        and light[at] <= light[at + 1]
        and min(light[at - 4], light[at + 4]) - light[at] > 60
    ]


def test_a_hill_stands_in_the_sea_with_rings_around_it() -> None:
    look = land_of(theme.HIGH_LIGHT)  # without shades, so that the rings are all there is
    picture = terrain(_one_hill(), QRectF(-0.5, -0.5, 2, 2), 800, 800, look)
    assert picture[0, 0].tolist() == rgb(look.sea).tolist()
    rings = _rings(picture, 400)
    assert len(rings) >= 14, "a row through the peak crosses most lines twice"
    assert all(abs(one + other - 799) <= 2 for one, other in zip(rings, reversed(rings), strict=True))


def test_the_land_is_the_same_from_near_and_from_far() -> None:
    """A ring is where it is, seen from near, too, and there are no others."""
    hills, look = _one_hill(), land_of(theme.HIGH_LIGHT)
    far = _rings(terrain(hills, QRectF(0, 0, 1, 1), 800, 800, look), 400)
    near = _rings(terrain(hills, QRectF(0.55, 0.25, 0.5, 0.5), 800, 800, look), 400)
    expected = [at / 800 for at in far if at > 450]
    assert len(expected) > 5
    assert np.allclose(expected, [0.55 + at / 800 * 0.5 for at in near], atol=0.004)


@pytest.mark.parametrize("look", THEMES, ids=("light", "dark", "high-light", "high-dark"))
@pytest.mark.parametrize("by", ["tag", "year", "type", "language"])
def test_dots_and_names_are_told_from_every_ground(
    look: theme.Theme, by: ColouredBy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3:1 for dots (WCAG 2.2, 1.4.11), 4.5:1 for names, on the sea and on the highest peak."""
    monkeypatch.setattr(theme, "_chosen", look)
    ground = land_of(look)
    years = [str(2000 + at) for at in range(12)]
    made = colouring(
        land([f"d{at}" for at in range(24)], tags=[[f"t{at}"] for at in range(10)], years=years), by
    )
    for color in (ground.sea, ground.peak):
        for group in made.groups:
            assert theme.contrast(group.color, color) >= 3, group.label
        assert theme.contrast(look.ink, color) >= 4.5
