from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from desktop_kb.landscape.drawing import draw
from desktop_kb.landscape.hills import raise_hills
from desktop_kb.records import Landscape, PlacedDocument, PlacedPassages, Topic

SVG = "{http://www.w3.org/2000/svg}"


def landscape(*, tags: tuple[str, ...] = (), topics: tuple[Topic, ...] = ()) -> Landscape:
    """Two documents, each of forty passages, in two languages."""
    random = np.random.default_rng(1)
    places = np.concatenate([random.normal(at, 1, (40, 2)) for at in (0, 9)]).astype(np.float32)
    rows = np.repeat(np.arange(2, dtype=np.int32), 40)
    numbers = np.arange(80, dtype=np.int32)
    documents = tuple(
        PlacedDocument(f"{at}", f"/{at}.md", f"{at}", type, "en", own, year, 9.0 * at, 9.0 * at, at, 0.5)
        for at, (type, own, year) in enumerate((("markdown", tags, "2021"), ("pdf", (), "")))
    )
    passages = PlacedPassages(rows, numbers, numbers + 1, places, rows, rows, ("en", "zh"))
    return Landscape(documents, passages, topics, raise_hills(places))


def texts(picture: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_every_passage_is_a_dot_on_its_hill() -> None:
    tree = ElementTree.fromstring(draw(landscape()))
    groups = tree.findall(f"{SVG}g")
    assert [len(group.findall(f"{SVG}circle")) for group in groups] == [40, 40]
    assert groups[0].get("fill") != groups[1].get("fill")
    assert len(tree.findall(f"{SVG}path")) >= 4
    assert texts(draw(landscape())) == ["English", "中文"]


def test_the_dots_are_coloured_by_what_is_asked_for() -> None:
    shown = landscape(tags=("work", "a <tag> & more"))
    assert texts(draw(shown, "type")) == ["markdown", "pdf"]
    assert texts(draw(shown, "year")) == ["2021"]
    assert texts(draw(shown, "tag")) == ["a <tag> & more"]


def test_topics_have_their_names_in_the_language_asked_for_and_none_lies_on_another() -> None:
    topics = (
        Topic(0, {"en": "bees, hive", "zh": "蜜蜂"}, 0, 0, 40),
        Topic(1, {"en": "trains"}, 9, 9, 39),
        Topic(2, {"en": "hidden"}, 0.1, 0, 3),
    )
    assert set(texts(draw(landscape(topics=topics)))) == {"bees, hive", "trains", "English", "中文"}
    assert "蜜蜂" in texts(draw(landscape(topics=topics), language="zh"))
    assert "trains" in texts(draw(landscape(topics=topics), language="zh"))


def test_a_landscape_of_nothing_is_a_picture_too() -> None:
    none = np.zeros(0, np.int32)
    places = np.zeros((0, 2), np.float32)
    empty = Landscape((), PlacedPassages(none, none, none, places, none, none, ()), (), raise_hills(places))
    assert ElementTree.fromstring(draw(empty)).findall(f"{SVG}g") == []
