"""What the colours mean."""

from __future__ import annotations

from lands import land
from PySide6.QtWidgets import QApplication

from desktop_kb.gui import theme
from desktop_kb.gui.landscape.colouring import colouring


def _labels(made: object) -> list[str]:
    return [group.label for group in made.groups]  # type: ignore[attr-defined]


def test_each_tag_has_a_colour_the_most_frequent_first(qapp: QApplication) -> None:
    made = colouring(land(tags=(("tea",), ("insects",), (), ("insects", "rare"))), "tag")
    assert _labels(made) == ["tea", "insects", "No tag"] or _labels(made) == ["insects", "tea", "No tag"]
    assert len(made.of_passage) == 48
    first = [made.groups[at].label for at in made.of_passage[::8]]
    assert first == ["tea", "insects", "No tag", "insects", "tea", "insects"]


def test_a_tag_has_the_hue_of_its_dot_in_the_side_bar() -> None:
    made = colouring(land(tags=(("cars",), ("review",), ("home",))), "tag")
    for group in made.groups[:3]:
        dot = theme.TAG_DOTS[theme.dot_of(group.label)].hue()
        assert abs((group.color.hue() - dot + 180) % 360 - 180) < 40


def test_what_has_no_colour_left_is_one_group() -> None:
    many = land([f"d{at}" for at in range(20)], tags=[[f"t{at}"] for at in range(20)])
    made = colouring(many, "tag")
    assert len(made.groups) == len(theme.categories()) + 1
    assert _labels(made)[-1] == "Others"
    assert len({group.color.name() for group in made.groups}) == len(made.groups)
    assert made.of_passage.max() == len(made.groups) - 1


def test_years_are_shades_in_their_order() -> None:
    made = colouring(land(), "year")
    assert _labels(made) == ["2019", "2021", "No year"]
    many = colouring(land([f"d{at}" for at in range(30)], years=[str(1990 + at) for at in range(30)]), "year")
    assert len(many.groups) == theme.MOST_SHADES
    assert _labels(many)[0] == "1990–1994"
    assert sorted(_labels(many)) == _labels(many)
    light = [group.color.lightness() for group in many.groups]
    assert light == sorted(light, reverse=True)


def test_kinds_and_languages_have_their_names() -> None:
    assert _labels(colouring(land(), "type")) == ["note"]
    made = colouring(land(), "language")
    assert "English" in " ".join(_labels(made))
    assert "Chinese" in " ".join(_labels(made))
    assert (made.of_passage == land().passages.languages).all()


def test_nothing_has_no_colours() -> None:
    assert colouring(land(()), "tag").groups == ()
