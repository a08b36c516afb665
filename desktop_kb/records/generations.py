"""Generations: all passages of a library that were made with the same models and versions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reader:
    """An embedding model that encodes the passages of a generation; `fingerprint` is its
    `Embedder.fingerprint`."""

    model: str
    fingerprint: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a generation was made with; equal fingerprints give the same passages of the same text.

    Attributes:
        readers: its embedding models, numbered from 1; empty if it can be searched by words only.
        chunking: `chunking.VERSION`, of cutting texts into passages.
        terms: `language.VERSION`, of cutting passages into words.
        reading: `extract.VERSION`, of reading files.
    """

    readers: tuple[Reader, ...]
    chunking: int
    terms: int
    reading: int

    def cuts_like(self, other: Fingerprint) -> bool:
        """Whether both give the same passages and vectors of the same text; their terms may differ."""
        return (self.readers, self.chunking) == (other.readers, other.chunking)

    def made_like(self, other: Fingerprint) -> bool:
        """Whether both also give the same terms: passages of both may stand in one generation."""
        return self.cuts_like(other) and self.terms == other.terms


@dataclass(frozen=True, slots=True)
class ReaderProgress:
    """How much a reader has read: of `documents` it has the vectors, and it covers `covered` of their
    passages."""

    documents: int = 0
    covered: int = 0


@dataclass(frozen=True, slots=True)
class Generation:
    """The generation with one fingerprint and how much of the library it holds.

    Attributes:
        covered: how many of its passages are covered by the reader that cut them.
        read: what each of its readers has read, in their order.
    """

    id: int
    fingerprint: Fingerprint
    documents: int
    chunks: int
    covered: int
    read: tuple[ReaderProgress, ...] = ()

    @property
    def reader(self) -> Reader | None:
        """Its first reader; None if it was made without a model."""
        return next(iter(self.fingerprint.readers), None)
