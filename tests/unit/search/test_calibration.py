"""What a cosine means: the same for every model, in every language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder

from desktop_kb import paths
from desktop_kb.inference.catalogue import EMBEDDED
from desktop_kb.records import Floats, Ints
from desktop_kb.search import calibration
from desktop_kb.search.calibration import Calibration, Calibrations, Means, general, measure, read

LANGUAGES = ("en", "zh")


class Leaning(FakeEmbedder):
    """Puts all texts near one direction, and those of each language near another: unrelated texts have a cosine
    of .8, if they are in one language of .9."""

    dimensions = 64

    def __init__(self, name: str = "leaning") -> None:
        super().__init__(name, ())

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        return np.ones(len(texts), np.int32), np.ones(len(texts), np.float32)

    def _sum(self, text: str) -> Floats:
        letters = super()._sum(" ".join(text))
        own = letters / np.linalg.norm(letters)
        every, english, chinese = np.eye(self.dimensions)[:3]
        return np.asarray(own + 3 * every + 1.5 * (english if text.isascii() else chinese), np.float32)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def test_the_models_that_come_with_the_program_are_calibrated() -> None:
    """If not, run tests/bench/means.py."""
    for model in EMBEDDED:
        found = read(paths.resource("calibration.json"), model.fingerprint)
        assert found is not None
        assert set(found.means) == set(model.languages or LANGUAGES)
        for means in found.means.values():
            assert means.questions.shape == means.passages.shape == (model.dimensions,)
            assert 0 < np.linalg.norm(means.passages) < 1
            assert set(means.late) == set(found.means)


def test_the_general_texts_are_translations_of_each_other() -> None:
    english, chinese = (general()[language] for language in LANGUAGES)
    for kind in ("questions", "passages"):
        assert len(english[kind]) == len(set(english[kind])) == len(chinese[kind]) == len(set(chinese[kind]))
        assert not any(text.isascii() for text in chinese[kind])


def test_unrelated_is_nothing_in_and_across_languages() -> None:
    model = Leaning()
    calibrated = measure(model)
    texts = {
        "en": ["hay maker sold barn", "the quick wolf of york", "jovial zebras munch"],
        "zh": ["干草商卖谷仓", "约克的狼很快", "快乐斑马咀嚼"],
    }
    for asked in LANGUAGES:
        question = _unit(model.encode_query("six big jackdaws" if asked == "en" else "六只大寒鸦"))
        for told in LANGUAGES:
            passages = np.stack([model.encode_query(text) for text in texts[told]])
            raw = passages @ question
            own = calibrated.cosines(passages, [told] * 3, calibrated.question(question, asked))
            assert raw.min() > 0.7
            assert abs(own.mean()) < 0.35


def test_a_text_is_nearest_to_itself_and_zero_is_not_covered() -> None:
    model = Leaning()
    calibrated = measure(model)
    same = model.encode_query("the quick wolf")
    rows = np.stack([same * 7, np.zeros(64, np.float32), model.encode_query("zz")])
    question = _unit(same - calibrated.means["en"].passages)
    found = calibrated.cosines(rows, ["en"] * 3, question)
    assert found[0] == pytest.approx(1, abs=1e-4)
    assert found[1] == 0
    assert found[2] < 0.9


def test_the_nearest_are_sought_in_all_languages() -> None:
    chance = np.random.default_rng(5)
    english, chinese = np.eye(64, dtype=np.float32)[:2]
    topics = chance.normal(size=(40, 64)).astype(np.float32)
    topics[:, :2] = 0
    topics /= np.linalg.norm(topics, axis=1, keepdims=True)
    passages = np.stack([_unit(t + 2 * (english if n % 2 else chinese)) for n, t in enumerate(topics)])
    calibrated = Calibration(
        {
            language: Means(2 * own / np.sqrt(5), 2 * own / np.sqrt(5), 0.447)
            for language, own in (("en", english), ("zh", chinese))
        }
    )
    for n in range(40):  # asked in English, answered in either
        question = _unit(topics[n] + 2 * english)
        assert int(np.argmax(passages @ calibrated.facing(question, "en"))) == n
        if n % 2 == 0:
            assert int(np.argmax(passages @ question)) != n


def test_late_interaction_with_what_is_unrelated_is_nothing() -> None:
    bare = np.zeros(2, np.float32)
    calibrated = Calibration({"en": Means(bare, bare, 1.0, {"en": 0.7, "zh": 0.6})})
    assert calibrated.late(0.7, "en", "en") == calibrated.late(0.5, "en", "zh") == 0
    assert calibrated.late(0.85, "en", "en") == pytest.approx(0.5)
    assert calibrated.late(1.0, "en", "fr") == 1
    assert Calibration({}).late(0.4, "en", "en") == 0.4


def test_tokens_are_measured_from_their_means_across_languages_only() -> None:
    calibrated = measure(Leaning())
    english, chinese = (calibrated.means[language] for language in LANGUAGES)
    assert calibrated.centres("en", "en") is calibrated.centres("en", "fr") is None
    assert calibrated.centres("en", "zh") == (english.questions, chinese.passages)
    assert calibrated.centres("zh", "fr") == (chinese.questions, english.passages)
    assert Calibration({}).centres("en", "zh") is None


def test_without_means_a_cosine_is_what_it_was() -> None:
    model, plain = Leaning(), Calibration({})
    vectors = np.stack([model.encode_query(text) for text in ("one", "two")])
    question = plain.question(vectors[0], "en")
    assert (plain.facing(vectors[0], "en") == question).all()
    assert plain.cosines(3 * vectors, ["en", "zh"], question) == pytest.approx(vectors @ question, abs=1e-5)


def test_another_model_reads_the_general_texts_once(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    monkeypatch.setattr(calibration, "measure", measure)
    asked: list[str] = []
    plain = Leaning.encode_query

    def encode_query(self: Leaning, text: str) -> Floats:
        asked.append(text)
        return plain(self, text)

    monkeypatch.setattr(Leaning, "encode_query", encode_query)
    known = Calibrations()
    first = known.of(Leaning("other"))
    assert set(asked) == {text for texts in general().values() for text in texts["questions"]}
    asked.clear()
    assert known.of(Leaning("other")) is first
    again = Calibrations().of(Leaning("other"))
    assert asked == []
    for language in LANGUAGES:
        assert again.means[language].passages == pytest.approx(first.means[language].passages, abs=1e-3)
    # What was kept and cannot be read, or does not fit the model, is made again.
    [kept] = own_home.rglob("calibration-*")
    for content in ("{", kept.read_text("utf-8").replace('"questions": "', '"questions": "AAAA')):
        kept.write_text(content, encoding="utf-8")
        Calibrations().of(Leaning("other"))
        assert asked
        asked.clear()


def test_a_model_is_measured_in_its_languages_only() -> None:
    assert set(measure(FakeEmbedder()).means) == {"en"}
    assert set(measure(FakeEmbedder("every", ())).means) == set(LANGUAGES)
