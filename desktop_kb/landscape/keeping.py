"""Neighbours and places, kept up with the library's passages: a few new ones are put among those that are there, many
are compared with all and the whole is laid out again from where it lay.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import Models
from desktop_kb.landscape.graph import NEAREST, neighbours_of
from desktop_kb.landscape.layout import lay_out, place_among
from desktop_kb.records import Checkpoint, Embedder, Floats, Ground, Halves, Ints, go_on
from desktop_kb.search.calibration import Calibration, Calibrations
from desktop_kb.similarity import known, unit
from desktop_kb.store import Store

log = logging.getLogger(__name__)

Stop = Callable[[], bool]

#: So many new passages are few, and no more than this share of those that are there.
_FEW: Final = 2_000
_FEW_SHARE: Final = 0.1
#: New passages that are put among the others in one go.
_AT_ONCE: Final = 16
#: Passages among which a new one's neighbours are: those nearest by the vectors as they are, of every language.
_CANDIDATES: Final = 60
#: A passage that has fewer neighbours left gets new ones.
_LEAST: Final = 6


class _Stopped(Exception):
    """The work was to end before it came to anything that could be stored: of a million passages that takes 50 s."""


class Reading(NamedTuple):
    """The reader whose vectors make the landscape: its number in the generation, and what its cosines mean."""

    number: int
    calibration: Calibration

    def directions(
        self, vectors: Floats | Halves, languages: Sequence[str], check: Checkpoint = go_on
    ) -> Halves:
        """Vectors measured from the means of their languages, unit rows, float16 (n, d); zeros stay zeros."""
        found = np.zeros(vectors.shape, np.float16)
        codes = np.array(languages, dtype=str)
        for code in set(languages):
            own = np.flatnonzero(codes == code)
            for begin in range(0, len(own), 8_192):
                check()
                some = own[begin : begin + 8_192]
                rows = vectors[some].astype(np.float32)
                found[some] = np.where(known(rows)[:, None], self.calibration.passage(rows, code), 0)
        return found


class Keeper:
    """Keeps the neighbours and places of one library. Thread-safe."""

    def __init__(self, store: Store, models: Models) -> None:
        self._store = store
        self._models = models
        self.calibrations: Final = Calibrations()
        self._turn = threading.Lock()

    def step(self, stop: Stop) -> bool:
        """Give some of the passages that have none their neighbours or places; False if all have them.

        Args:
            stop: asked now and then; when it says so, what is done is stored and the rest is left.
        """
        with self._turn:
            try:
                reading = self.reading()
            except ModelProblem as problem:  # a model new to this program says first what its cosines mean
                log.info("no neighbours: %s", problem.code)
                return False
            try:
                return reading is not None and self._work(reading, stop)
            except _Stopped:
                return True

    def complete(self) -> Ground:
        """The passages with their neighbours and places, after all have them. Where nothing can be written they are
        made for this once."""
        reading = self.reading()
        if reading is None:
            return self._store.landscape.ground()
        if not self._store.writable:
            return self._in_memory(reading)
        while self.step(lambda: False):
            pass
        return self._store.landscape.ground()

    def reader(self) -> tuple[int, Embedder] | None:
        """The reader of the most languages: its number in the active generation, and the reader itself."""
        generation = self._store.index.uncounted()
        readers = list(enumerate(generation.fingerprint.readers, 1)) if generation else []
        found = [(number, self._models.embedder_of(reader)) for number, reader in readers]
        known = [(number, embedder) for number, embedder in found if embedder is not None]
        # Without a list of languages it reads all of them.
        return min(
            known, key=lambda one: (bool(one[1].languages), -len(one[1].languages), one[0]), default=None
        )

    def reading(self) -> Reading | None:
        """That reader's number and calibration; None without one."""
        found = self.reader()
        return None if found is None else Reading(found[0], self.calibrations.of(found[1]))

    def _work(self, reading: Reading, stop: Stop) -> bool:
        def check() -> None:
            if stop():
                raise _Stopped

        store = self._store.landscape
        missing, there = store.missing(reading.number, check), store.count()
        if len(missing) and len(missing) <= min(_FEW, _FEW_SHARE * there):
            store.put(self._put_among(reading, missing.taken(np.arange(min(_AT_ONCE, len(missing))))))
            return True
        if len(missing):
            while self._store.index.clear_old():  # its places are where the layout starts
                check()
            ground = joined(store.ground(), missing)
            store.put(self._linked(reading, ground, set(missing.ids.tolist()), stop, check))
            return True
        ground = store.ground()
        if not np.isnan(ground.places).any():
            return False
        laid = self._laid_out(reading, ground, stop, check)
        if not stop():
            store.put(laid)
        return True

    def _in_memory(self, reading: Reading) -> Ground:
        store = self._store.landscape
        missing, ground = store.missing(reading.number), store.ground()
        if len(missing):
            ground = joined(ground, missing)
            ground = self._linked(reading, ground, set(missing.ids.tolist()), lambda: False)
        if np.isnan(ground.places).any():
            ground = self._laid_out(reading, ground, lambda: False)
        return ground

    # --- many

    def _linked(
        self, reading: Reading, ground: Ground, new: set[int], stop: Stop, check: Checkpoint = go_on
    ) -> Ground:
        """The passages with neighbours for those that have none or few, and those where they are now among the
        nearest of others; without those that it did not come to."""
        directions = self._directions(reading, ground, check)
        near, alike = ground.positions(ground.near), ground.alike.copy()
        # An id of a passage that is gone may be that of a new one.
        near[np.isin(ground.near, np.array(sorted(new), np.int64))] = -1
        enough = min(_LEAST, len(ground) - 1)
        asked = np.flatnonzero((near >= 0).sum(axis=1) < enough).astype(np.int32)
        done = np.ones(len(ground), bool)
        done[asked] = False
        for some, found in neighbours_of(directions, asked, check):
            near[some], alike[some] = found
            done[some] = True
            if stop():
                break
        _join(near, alike, asked[done[asked]])
        ids = np.where(near >= 0, ground.ids[near], 0)
        return replace(ground, near=ids, alike=alike).taken(done)

    def _directions(self, reading: Reading, ground: Ground, check: Checkpoint = go_on) -> Halves:
        vectors = self._store.landscape.vectors(reading.number, ground.ids, check)
        return reading.directions(vectors, ground.languages, check)

    def _laid_out(self, reading: Reading, ground: Ground, stop: Stop, check: Checkpoint = go_on) -> Ground:
        """The passages with places for all: from where they lay, if most of them have a place, else from where most of
        them lay in the generation before."""
        near = ground.positions(ground.near)
        before = self._store.landscape.starts(ground.ids)
        start = np.where(np.isnan(ground.places), before, ground.places)
        again = bool(np.isfinite(start[:, 0]).mean() > 0.5)
        start = (
            _all_placed(start, near, ground.alike)
            if again
            else most_apart(self._directions(reading, ground, check))
        )
        return replace(ground, places=lay_out(near, ground.alike, start, again=again, stop=stop))

    # --- few

    def _put_among(self, reading: Reading, new: Ground) -> Ground:
        """New passages with neighbours and places, and those that are there and have them as neighbours now."""
        store = self._store.landscape
        own = reading.directions(store.vectors(reading.number, new.ids), new.languages)
        asked = [
            reading.calibration.facing(reading.calibration.asking(row.astype(np.float32), code), code)
            for row, code in zip(own, new.languages, strict=True)
        ]
        found = self._store.index.nearest(reading.number, asked, _CANDIDATES)
        ids = sorted({id for some in found for id in some} - set(new.ids.tolist()))
        stale = store.referring(new.ids.tolist())  # to passages that had these ids before
        rows = joined(store.rows(sorted({*ids, *stale.ids.tolist()})), new)
        directions = self._directions(reading, rows).astype(np.float32)
        near, alike = rows.near.copy(), rows.alike.copy()
        gone = np.isin(near, new.ids)
        near[gone], alike[gone] = 0, 0
        places = rows.places.copy()
        fresh = rows.positions(new.ids)
        for at in fresh.tolist():
            cosines = np.clip(directions @ directions[at], 0, 1)
            cosines[at] = -1
            best = np.argsort(-cosines, kind="stable")[:NEAREST]
            best = best[cosines[best] >= 0]
            near[at], alike[at] = 0, 0
            near[at, : len(best)], alike[at, : len(best)] = rows.ids[best], cosines[best]
            places[at] = place_among(places[best], cosines[best])
            for other in np.flatnonzero((cosines > alike.min(axis=1)) & (cosines >= 0)).tolist():
                _take(near[other], alike[other], int(rows.ids[at]), float(cosines[other]))
        changed = (near != rows.near).any(axis=1)
        changed[fresh] = True
        return replace(rows, near=near, alike=alike, places=places).taken(changed)


def _all_placed(places: Floats, near: Ints, alike: Floats) -> Floats:
    """Places in which those that have none, NaN, lie among their neighbours."""
    found = places.copy()
    for at in np.flatnonzero(np.isnan(places[:, 0])).tolist():
        there = near[at] >= 0
        found[at] = place_among(places[near[at][there]], alike[at][there])
    lost = np.isnan(found[:, 0])
    found[lost] = np.nanmean(found, axis=0)
    return found


def _take(near: Ints, alike: Floats, one: int, cosine: float) -> None:
    """Put one among a passage's neighbours, unless it is there, in place of the last if there are ten."""
    if one in near:
        return
    kept = [(own, other) for own, other in zip(alike.tolist(), near.tolist(), strict=True) if other > 0]
    kept = sorted([*kept, (cosine, one)], reverse=True)[:NEAREST]
    near[:], alike[:] = 0, 0
    alike[: len(kept)], near[: len(kept)] = zip(*kept, strict=True)


def _join(near: Ints, alike: Floats, asked: Ints) -> None:
    """Of passages whose neighbours were found just now (positions), give those neighbours them in turn, where they
    are nearer than what these have."""
    fresh = np.zeros(len(near), bool)
    fresh[asked] = True
    if fresh.all():
        return
    order = np.repeat(asked, NEAREST)
    others, cosines = near[asked].ravel(), alike[asked].ravel()
    least = np.where((near >= 0).all(axis=1), alike.min(axis=1), -1)
    better = (others >= 0) & ~fresh[others] & (cosines > least[others])
    for one, other, cosine in zip(order[better], others[better], cosines[better], strict=True):
        if one not in near[other]:
            slots = np.where(near[other] >= 0, alike[other], -1)
            worst = int(np.argmin(slots))
            if cosine > slots[worst]:
                near[other, worst], alike[other, worst] = one, cosine
    for other in set(others[better].tolist()):
        sorted_ = np.argsort(-np.where(near[other] >= 0, alike[other], -1), kind="stable")
        near[other], alike[other] = near[other, sorted_], alike[other, sorted_]


def joined(one: Ground, other: Ground) -> Ground:
    """Passages of two, those of the `other` in place of the same ones."""
    kept = one.taken(~np.isin(one.ids, other.ids))
    documents = tuple(dict.fromkeys((*kept.documents, *other.documents)))
    at = {document: number for number, document in enumerate(documents)}
    owners = [at[some.documents[owner]] for some in (kept, other) for owner in some.owner.tolist()]
    both = Ground(
        np.concatenate((kept.ids, other.ids)),
        documents,
        np.array(owners, np.int32),
        np.concatenate((kept.starts, other.starts)),
        np.concatenate((kept.ends, other.ends)),
        (*kept.languages, *other.languages),
        np.concatenate((kept.near, other.near)),
        np.concatenate((kept.alike, other.alike)),
        np.concatenate((kept.places, other.places)),
    )
    return both.taken(np.argsort(both.ids, kind="stable"))


def most_apart(directions: Halves) -> Floats:
    """The places of passages along the two directions in which they differ most (principal components),
    float32 (n, 2)."""
    rows = directions.astype(np.float32)
    rows -= rows.mean(axis=0)
    _, axes = np.linalg.eigh(rows.T @ rows)
    return np.asarray(unit(axes[:, -2:].T) @ rows.T, np.float32).T.copy()
