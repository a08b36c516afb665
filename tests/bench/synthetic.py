"""Large libraries for measuring: real sentences shuffled, real vectors perturbed, stored in bulk.

A seed is what the program itself makes of real text: its passages' vectors, its sentences with
their vectors and index terms. A generated passage is 3 to 9 sentences of one language, some made-up
words (a vocabulary of 200,000, Zipf, so that there are rare ones), and a seed's vector turned by noise.
There are three kinds of text (`KINDS`), as a benchmark's own text hides what the next library shows.
Rows are written by the store's own functions; only the cutting into terms is done beforehand.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import chats
import numpy as np

from desktop_kb import codec, language, paths
from desktop_kb.inference import find_embedder
from desktop_kb.inference.catalogue import EMBEDDED
from desktop_kb.ingest import fingerprint
from desktop_kb.ingest.passages import passages_of
from desktop_kb.records import Extracted, Fingerprint, Floats, Layout, Made, Passage, Vectors
from desktop_kb.store import Store, passages
from desktop_kb.store.clock import now

#: Cosine of a generated vector with the seed it comes from: from barely related to nearly the same.
NEARNESS = (0.55, 0.95)
DOCUMENT_CHUNKS = (1, 39)
#: The share of the documents that carry these tags.
TAGS = {"twentyfifth": 0.04, "hundredth": 0.01, "tenthousandth": 0.0001}
LARGE = 5_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of text: how many sentences its passages have, and what stands between them."""

    sentences: tuple[int, int]
    between: str = " "


#: Texts as they are; technical abstracts, where the same words stand in most passages (Chinese ones are made to be so);
#: chats and notes (`chats.py`), whose passages have as many lines as cutting some gives them.
KINDS = {"texts": Kind((3, 9)), "abstracts": Kind((3, 9)), "chats": Kind((12, 26), "\n")}
CHATS = 240
#: What Chinese abstracts say again and again.
_FRAMES = [
    "本文提出了一种基于{}的方法，用于解决{}中的问题。", "实验结果表明，该方法能够有效提高系统的性能。",
    "本文研究了{}对{}的影响，并对结果进行了分析。", "针对现有方法的不足，提出了一种改进的算法。",
    "通过对数据的分析，得到了{}与{}之间的关系。", "研究结果为{}的设计和应用提供了理论依据。",
    "与传统方法相比，本文的模型具有更高的准确率。", "首先介绍了{}的研究现状，然后讨论了系统的设计方法。",
    "最后给出了实验数据和结论，并对未来的研究进行了展望。", "该系统已经在{}中得到应用，结果令人满意。",
    "采用{}的方法建立了信息检索的数学模型。", "分析了影响{}的主要因素，提出了相应的措施。",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeedSentence:
    """A real sentence: its text, its terms (words, grams, characters) and its int8 vector, or none."""

    text: str
    words: str
    grams: str
    characters: str
    vector: bytes | None


@dataclass(frozen=True, slots=True)
class Seed:
    """What real text gives: sentences by language, and unit vectors of passages, float32 (n, d)."""

    sentences: dict[str, list[SeedSentence]]
    vectors: Floats
    fingerprint: Fingerprint


def texts(folders: Sequence[Path]) -> Iterator[str]:
    """The Markdown, plain text and passages of collections in these folders."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".md", ".txt"):
                yield path.read_text(encoding="utf-8")
            elif path.name == "passages.jsonl":
                for line in path.read_text(encoding="utf-8").splitlines():
                    yield json.loads(line)["text"]


def written(folders: Sequence[Path], kind: str) -> Iterator[str]:
    """Texts of this kind, made of those in the folders."""
    if kind == "texts":
        yield from texts(folders)
        return
    sentences: dict[str, list[str]] = {"en": [], "zh": []}
    for text in texts(folders):
        sentences.get(language.language_of(text), []).extend(re.findall(r"[^.!?。！？]+[.!?。！？]+", text))
    if kind == "chats":
        yield from chats.documents(sentences, CHATS)
        return
    chance = random.Random(1)
    words = sorted({word for one in sentences["zh"] for word in language.words(one) if len(word) > 1})
    yield from (text for text in texts(folders) if language.language_of(text) == "en")
    for at in range(0, len(sentences["zh"]), 6):
        frames = [frame.replace("{}", chance.choice(words)) for frame in chance.sample(_FRAMES, 6)]
        yield "".join(chance.sample(frames + sentences["zh"][at : at + 6], 6))


def make_seed(folders: Sequence[Path], cache: Path, kind: str = "texts") -> Seed:
    """Read and encode the texts once; kept in `cache`, a file that only this bench writes."""
    if cache.exists():
        seed: Seed = pickle.loads(cache.read_bytes())
        return seed
    embedder = find_embedder()
    assert embedder is not None
    sentences: dict[str, list[SeedSentence]] = {"en": [], "zh": []}
    vectors = []
    for text in written(folders, kind):
        code = language.language_of(text)
        if code not in sentences:
            continue
        for piece in passages_of(Extracted(text, "", Layout()), embedder):
            if piece.vector is not None:
                vectors.append(piece.vector)
            for number, (start, end) in enumerate(piece.sentences.tolist()):
                one = text[start:end]
                found = (
                    None if piece.sentence_vectors is None else piece.sentence_vectors[number : number + 1]
                )
                sentences[code].append(
                    SeedSentence(
                        one,
                        " ".join(language.words(one)),
                        " ".join(language.grams(one)),
                        " ".join(language.characters(one)),
                        None if found is None else codec.pack_directions(found),
                    )
                )
    embedder.close()
    seed = Seed(sentences, np.stack(vectors).astype(np.float32), fingerprint(embedder))
    cache.write_bytes(pickle.dumps(seed))
    return seed


def perturbed(seeds: Floats, count: int, chance: np.random.Generator) -> Floats:
    """`count` unit vectors, float32 (count, d), each a seed turned by noise."""
    chosen = seeds[chance.integers(len(seeds), size=count)]
    noise = chance.standard_normal(chosen.shape, dtype=np.float32)
    noise -= np.einsum("ij,ij->i", noise, chosen)[:, None] * chosen
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    cosine = chance.uniform(*NEARNESS, size=(count, 1)).astype(np.float32)
    return np.asarray(cosine * chosen + np.sqrt(1 - cosine**2) * noise, np.float32)


class Library:
    """Fills a store; the same arguments give the same library."""

    def __init__(
        self, folder: Path, seed: Seed, chunks: int, both: bool = False, kind: str = "texts"
    ) -> None:
        self._seed = seed
        self._kind = KINDS[kind]
        self._chunks = chunks
        self._both = both
        self._random = random.Random(chunks)
        self._chance = np.random.default_rng(chunks)
        self._store = Store(paths.library(folder))
        made = self._store.index.start_generation(_of_both() if both else seed.fingerprint)
        self._generation = made.id

    def fill(self, *, chinese: float = 0.25, report: Any = None) -> None:
        """Write all documents; `chinese` is their share."""
        made = number = 0
        while made < self._chunks:
            batch: list[Any] = []
            # A transaction of about 5,000 passages: large, as nobody waits.
            while sum(len(rows) for *_, rows in batch) < 5_000 and made < self._chunks:
                code = "zh" if self._random.random() < chinese else "en"
                size = (
                    LARGE
                    if number == 1 and self._chunks > 4 * LARGE
                    else self._random.randint(*DOCUMENT_CHUNKS)
                )
                size = min(size, self._chunks - made)
                batch.append((number, *self._document(number, code, size)))
                made, number = made + size, number + 1
            self._store._database.write(partial(self._write, batch=batch))
            if report:
                report(made)
        self._store.close()

    def _document(self, number: int, code: str, size: int) -> tuple[str, str, list[Any]]:
        vectors = perturbed(self._seed.vectors, size, self._chance)
        rows, parts, at = [], [], 0
        title = f"{self._word()} {self._word()}"
        for vector in vectors:
            picked = self._random.choices(
                self._seed.sentences[code], k=self._random.randint(*self._kind.sentences)
            )
            rare = " ".join(self._word() for _ in range(4))
            pieces = [one.text for one in picked] + [rare]
            spans, start = [], at
            for piece in pieces:
                spans.append((at, at + len(piece)))
                at += len(piece) + 1
            text = self._kind.between.join(pieces)
            parts.append(text)
            blank = bytes(len(vector))
            kept = b"".join(one.vector or blank for one in picked) + blank
            known = np.frombuffer(kept, np.int8).reshape(-1, len(vector)).astype(np.float32)
            made = Passage(
                start=start,
                end=at - 1,
                page=None,
                last_page=None,
                heading=(),
                tokens=len(text) // 4,
                text=text,
                coverage=1.0 if code == "en" else 0.0,
                sentences=np.array(spans, np.int32),
                sentence_vectors=known,
                vector=vector if code == "en" else None,
            )
            terms = (
                title,
                "",
                " ".join([*(one.words for one in picked), rare]),
                " ".join([title, *(one.grams for one in picked), rare]),
                " ".join(one.characters for one in picked),
            )
            rows.append((made, terms))
        return title, self._kind.between.join(parts), rows

    def _word(self) -> str:
        """A made-up word: the n-th is about n times as rare as the first."""
        return f"zq{int(200_000 ** self._random.random()):x}q"

    def _write(self, connection: Any, batch: Sequence[Any]) -> None:
        layout = codec.pack_layout(Layout())
        for number, title, text, rows in batch:
            name = f"/synthetic/{number}.txt"
            connection.execute(
                "insert into documents (uid, content_hash, type, title, status, size, added, language) "
                "values (?, ?, 'text', ?, 'ready', ?, ?, ?)",
                (f"{number:016x}", name, title, len(text), now(), "en" if rows[0][0].coverage else "zh"),
            )
            id = connection.last_insert_rowid()
            text_hash = hashlib.sha256(text.encode()).hexdigest()
            connection.execute("insert into texts values (?, ?, ?, ?)", (id, text, text_hash, layout))
            connection.execute(
                "insert into places (path, document_id, size, mtime_ns, added) values (?, ?, ?, 1, ?)",
                (name.encode(), id, len(text), now()),
            )
            for tag, share in TAGS.items():
                if number % round(1 / share) == 5:
                    connection.execute("insert into tags values (?, ?, 'user')", (id, tag))
            passages.insert(connection, id, title, self._made(rows), [terms for _, terms in rows])

    def _made(self, rows: Sequence[Any]) -> Made:
        """What the readers say: of both the multilingual one says the same, its coordinates in another order,
        and reads Chinese first."""
        own = [chunk for chunk, _ in rows]
        if not self._both:
            return Made(self._generation, 1, own)
        if own[0].vector is None:
            vectors = perturbed(self._seed.vectors, len(own), self._chance)
            chunks = [replace(one, vector=vector) for one, vector in zip(own, vectors, strict=True)]
            return Made(self._generation, 2, chunks, {1: [Vectors(None, None)] * len(own)})
        turned = [Vectors(one.vector[::-1].copy(), one.sentence_vectors[:, ::-1].copy()) for one in own]
        return Made(self._generation, 1, own, {2: turned})


def _of_both() -> Fingerprint:
    found = [find_embedder(name=model.id) for model in EMBEDDED]
    return fingerprint(*found)


def library(
    folder: Path, seed: Seed, chunks: int, report: Any = None, *, both: bool = False, kind: str = "texts"
) -> Path:
    """The library of this size in `folder`, made if it is not there; with `both`, as both models that come with
    the program read it. The seed is one of this kind of text."""
    name = f"library-{chunks}{'' if kind == 'texts' else '-' + kind}{'-both' if both else ''}"
    root, done = folder / name, folder / f"{name}.done"
    if not done.exists():
        Library(root, seed, chunks, both, kind).fill(report=report)
        done.touch()
    return root
