from __future__ import annotations

from desktop_kb.landscape.names import names_of


def test_a_topic_is_named_by_words_that_others_do_not_have_in_each_of_its_languages() -> None:
    texts = [
        *["The bees of the hive dance on the honey comb.", "Bees bring honey into the hive."],
        *["蜜蜂采集花蜜。", "花蜜在蜂巢里，蜜蜂酿造。"],
        *["The train waits at the station for a signal.", "A signal of the station stops each train."],
    ]
    languages = ["en", "en", "zh", "zh", "en", "en"]
    names = names_of(texts, languages, [0, 0, 0, 0, 1, 1])
    assert set(names[0]["en"].lower().split(", ")) == {"bees", "hive", "honey"}
    assert "蜜蜂" in names[0]["zh"]
    assert set(names[1]) == {"en"}
    assert set(names[1]["en"].split(", ")) == {"train", "station", "signal"}


def test_what_lies_on_no_hill_has_no_name() -> None:
    assert names_of(["Bees dance."], ["en"], [-1]) == {}


def test_a_part_of_a_word_does_not_stand_beside_it() -> None:
    texts = ["亚马逊雨林的树木。", "亚马逊河流经雨林。", "列车停在站台。", "站台上的列车。"]
    names = names_of(texts, ["zh"] * 4, [0, 0, 1, 1])
    assert "亚马逊" in names[0]["zh"].split(", ")
    assert "亚马" not in names[0]["zh"].split(", ")


def test_what_all_speak_of_names_nothing() -> None:
    texts = [
        "Water for bees in the hive.",
        "Bees in a hive want water.",
        "Water for the train.",
        "The train wants water.",
    ]
    assert "water" not in str(names_of(texts, ["en"] * 4, [0, 0, 1, 1])).lower()
