"""What the passages of a library are made with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reader:
    """An embedding model that reads the passages of a generation; `fingerprint` is `Embedder.fingerprint`."""

    model: str
    fingerprint: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a generation of passages was made with: of the same text, equal ones make the same.

    Attributes:
        readers: the first one is number 1; none means words only.
        chunking: version of how texts are cut into passages.
        terms: version of how passages are cut into words.
        reading: version of how files are read.
    """

    readers: tuple[Reader, ...]
    chunking: int
    terms: int
    reading: int

    def cuts_like(self, other: Fingerprint) -> bool:
        """Whether both make the same passages and vectors of the same text, if not the same words of them."""
        return (self.readers, self.chunking) == (other.readers, other.chunking)


@dataclass(frozen=True, slots=True)
class Generation:
    """Passages made with one fingerprint, and how much of the library it holds; `covered` passages are read
    by its first reader."""

    id: int
    fingerprint: Fingerprint
    documents: int
    chunks: int
    covered: int

    @property
    def reader(self) -> Reader | None:
        """Its first reader; None where it was built without a model: words only."""
        return next(iter(self.fingerprint.readers), None)
