"""What was measured, as tables and as a file that a later run can be compared with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measures import difference, interval, table
from parts import LESS_IS_BETTER, WAYS, Score, Values

#: Questions that are shown where a part did worst.
_WORST = 10


def save(file: Path, about: Mapping[str, Any], scores: Sequence[Score]) -> None:
    """Write down every question's value."""
    rows = [
        {
            **{name: getattr(score, name) for name in ("part", "cell", "measure", "way", "ids")},
            "mean": round(float(np.nan_to_num(score.values).mean()), 4) if len(score.ids) else None,
            "values": [None if np.isnan(value) else round(float(value), 9) for value in score.values],
        }
        for score in scores
    ]
    file.write_text(json.dumps({**about, "scores": rows}, ensure_ascii=False), encoding="utf-8")


def load(file: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], dict[str, float]]]:
    """What `save` wrote: what it says of the run; and by part, cell, measure and way each question's value."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    rows = stored.pop("scores")
    return stored, {
        tuple(row[name] for name in ("part", "cell", "measure", "way")): {
            id: np.nan if value is None else value
            for id, value in zip(row["ids"], row["values"], strict=True)
        }
        for row in rows
    }


def tables(scores: Sequence[Score], before: Mapping[tuple[str, ...], Mapping[str, float]]) -> Iterator[str]:
    """For each part and measure a table of cells by ways; with a run before also the differences."""
    for part in dict.fromkeys(score.part for score in scores):
        of_part = [score for score in scores if score.part == part]
        yield f"### {part}"
        for measure in dict.fromkeys(score.measure for score in of_part):
            rows = [score for score in of_part if score.measure == measure]
            yield _table(measure, rows, lambda score: _mean(score.values))
            if any(_key(score) in before for score in rows):
                yield _table(
                    f"{measure}, gained", rows, lambda score: _gain(score, before.get(_key(score), {}))
                )


def _table(measure: str, scores: Sequence[Score], shown: Any) -> str:
    ways = [way for way in WAYS if any(score.way == way for score in scores)]
    rows = []
    for cell in dict.fromkeys(score.cell for score in scores):
        by_way = {score.way: score for score in scores if score.cell == cell}
        most = max(len(score.ids) for score in by_way.values())
        fewer = {len(score.ids) for score in by_way.values()} != {most}
        figures = [
            shown(by_way[way]) + (f" of {len(by_way[way].ids)}" if fewer and len(by_way[way].ids) else "")
            for way in ways
        ]
        rows.append([cell, str(most), *figures])
    return table([measure, "n", *ways], rows)


def _mean(values: Values) -> str:
    if not len(values):
        return "none"
    if np.isnan(values).mean() > 0.5:
        return "not read"
    return interval(np.nan_to_num(values))


def _gain(score: Score, before: Mapping[str, float]) -> str:
    """The difference over the questions that both runs asked; one that was not read found nothing."""
    both = [n for n, id in enumerate(score.ids) if id in before]
    if not both:
        return ""
    then = np.array([before[score.ids[n]] for n in both])
    now = score.values[both]
    if np.isnan(then).mean() > 0.5 and np.isnan(now).mean() > 0.5:
        return "not read"
    return difference(np.nan_to_num(now), np.nan_to_num(then))


def _key(score: Score) -> tuple[str, ...]:
    return score.part, score.cell, score.measure, score.way


def worst(
    scores: Sequence[Score], before: Mapping[tuple[str, ...], Mapping[str, float]]
) -> Iterator[tuple[str, list[str]]]:
    """By cell, the questions that the last way does worst: those that lost most against the run before, or
    without one those with the lowest value."""
    last = list(WAYS)[-1]
    for score in scores:
        if score.way != last or not len(score.ids):
            continue
        known = before.get(_key(score))
        values = np.nan_to_num(score.values)
        least = values.max()
        if known is not None:
            values = values - np.array([np.nan_to_num(known.get(id, np.nan), nan=0.0) for id in score.ids])
            least = 0.0
        sign = -1 if score.measure in LESS_IS_BETTER else 1
        order = [
            n for n in np.argsort(sign * values, kind="stable")[:_WORST] if sign * values[n] < sign * least
        ]
        lines = [f"{values[n]:+.3f} {score.shown[n]}" for n in order]
        if lines:
            yield f"{score.part}, {score.cell}, {score.measure}", lines
