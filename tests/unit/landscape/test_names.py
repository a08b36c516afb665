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
