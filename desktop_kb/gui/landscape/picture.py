"""What the map shows of a landscape: its colours, what is lit, and what lies over the land."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from desktop_kb.gui import theme
from desktop_kb.gui.landscape.colouring import Colouring, colouring
from desktop_kb.gui.landscape.finding import Mask, passages_of_hits
from desktop_kb.gui.landscape.legend import Legend
from desktop_kb.gui.landscape.map_widget import LandscapeMap
from desktop_kb.gui.landscape.overlay import Overlay, Point
from desktop_kb.gui.landscape.question_pin import QuestionPin, pin_of
from desktop_kb.gui.landscape.scene import Scene
from desktop_kb.gui.landscape.terrain import land_of
from desktop_kb.gui.landscape.topic_list import name_of
from desktop_kb.records import ColouredBy, Landscape, Step


class Picture:
    """Keeps a map in step with a landscape and with what is asked of it.

    Attributes:
        landscape: None while there is none to show.
        within: which passages the filters let through; None: all.
        selected: which are selected; None: none.
    """

    def __init__(self, shown: LandscapeMap, legend: Legend) -> None:
        self._map, self._legend = shown, legend
        self.landscape: Landscape | None = None
        self._colours: Colouring | None = None
        self.within: Mask | None = None
        self.selected: Mask | None = None
        self._over = Overlay()

    def show(self, landscape: Landscape, by: ColouredBy) -> None:
        """Show a landscape, without anything of an earlier one."""
        self.landscape, self.within, self.selected, self._over = landscape, None, None, Overlay()
        self.colour(by)

    def colour(self, by: ColouredBy) -> None:
        """Colour the dots, and say in the legend what the colours mean."""
        assert self.landscape is not None
        self._colours = colouring(self.landscape, by)
        self._legend.show_groups(self._colours.groups if self._colours.tells else ())
        self.draw()

    def let_through(self, passages: Mask | None) -> None:
        """What the filters leave out is pale; None lets all through."""
        if passages is not self.within:
            self.within = passages
            self.draw()

    def select(self, passages: Mask | None) -> None:
        """All but what is selected is pale; None selects nothing."""
        if passages is not self.selected:
            self.selected = passages
            self.draw()

    def of_groups(self, groups: Sequence[int]) -> Mask:
        """Which passages have one of these colours, bool (n,)."""
        assert self._colours is not None
        return np.isin(self._colours.of_passage, groups)

    def draw(self) -> None:
        """Have the map drawn, in the colours of the theme as it is now."""
        land, colours = self.landscape, self._colours
        if land is None or colours is None:
            return
        chosen = [mask for mask in (self.within, self.selected) if mask is not None]
        look = theme.current()
        self._map.show_scene(
            Scene(
                land.hills,
                land_of(look),
                land.passages.places,
                colours.of_passage,
                tuple(group.color for group in colours.groups),
                look.panel,
                np.logical_and.reduce(chosen) if chosen else None,
            )
        )

    # --- over the land

    def overlay(self, pin: QuestionPin, way: Sequence[Step]) -> None:
        """Show the names, the question with what answers it, and the way."""
        land = self.landscape
        if land is None:
            return
        places = land.passages.places
        hits = places[passages_of_hits(land, pin.lit())] if pin.question else places[:0]
        place = pin_of(hits)
        self._over = Overlay(
            hills=sorted(
                ((name_of(one), one.x, one.y, one.passages) for one in land.topics), key=lambda one: -one[3]
            ),
            titles=[one.title for one in land.documents],
            title_places=np.array([(one.x, one.y) for one in land.documents], np.float32),
            pin=None if place is None else (*place, pin.question),
            hits=[tuple(at) for at in hits.tolist()] if pin.answered else (),
            way=[(step.x, step.y) for step in way],
            gaps=land.gaps,
            chosen=self._over.chosen,
        )
        self._map.show_overlay(self._over)

    def point_at(self, place: Point | None) -> None:
        """Ring the place of what is chosen."""
        self._over = replace(self._over, chosen=place)
        self._map.show_overlay(self._over)

    def point_at_passage(self, passage: int) -> None:
        """Ring a passage, by its position."""
        assert self.landscape is not None
        x, y = self.landscape.passages.places[passage].tolist()
        self.point_at((x, y))
