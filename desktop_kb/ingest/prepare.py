"""Prepares a file for the library: extracts its text and encodes it with the active generation's first model
that reads its language."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_kb import extract
from desktop_kb.errors import DocumentProblem
from desktop_kb.extract import Extractor
from desktop_kb.files import sha256
from desktop_kb.formats import by_type
from desktop_kb.inference import Models
from desktop_kb.ingest.decide import file_problems, refuse_changed, title_by_name
from desktop_kb.ingest.encode import TextEncoding
from desktop_kb.ingest.generations import first_reader
from desktop_kb.ingest.passages import Encoded
from desktop_kb.records import Extracted, File
from desktop_kb.store import Store
from desktop_kb.worker import Flag


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file before it is cut: its text, and its encoded sentences."""

    text: TextEncoding
    encoded: Encoded


def titled(extracted: Extracted, path: Path) -> Extracted:
    """The extracted text with a title, see `title_by_name`."""
    return extracted if extracted.title else dataclasses.replace(extracted, title=title_by_name(path))


class Preparer:
    """Extracts and encodes files. May be called on several threads.

    Attributes:
        passwords: passwords of locked files, by path; kept in memory only.
    """

    def __init__(self, store: Store, extractor: Extractor, models: Models) -> None:
        self._store = store
        self._extractor = extractor
        self._models = models
        self.passwords: dict[str, str] = {}

    def prepare(
        self,
        file: File,
        source: Path,
        *,
        stop: Flag,
        progressed: Callable[[float], None],
        was_read: Callable[[], None] = lambda: None,
    ) -> Prepared:
        """Extract the text of a file and encode it.

        Args:
            stop: set it to interrupt; finished windows are staged.
            progressed: called with the fraction of the encoding that is done.
            was_read: called when the text is extracted and the extraction child is free.

        Raises:
            DocumentProblem: the file cannot be read.
            ModelProblem: the model failed.
            Cancelled: `stop` was set.
        """
        text = self._text(file, source, stop, progressed)
        was_read()
        return Prepared(text, text.encode())

    def prepare_all(
        self, files: Sequence[tuple[File, Path]], *, stop: Flag, progressed: Callable[[float], None]
    ) -> list[Prepared | DocumentProblem]:
        """Extract the texts of files and encode them, short ones together. The problem of a file that cannot be
        read stands in its place.

        Raises:
            ModelProblem: the model failed.
            Cancelled: `stop` was set.
        """
        found: dict[int, Prepared | DocumentProblem] = {}
        texts: dict[int, TextEncoding] = {}
        for number, (file, source) in enumerate(files):
            try:
                texts[number] = self._text(file, source, stop, progressed)
            except DocumentProblem as problem:
                found[number] = problem
        if texts:
            encoded = TextEncoding.encode_all(list(texts.values()))
            for (number, text), one in zip(texts.items(), encoded, strict=True):
                found[number] = Prepared(text, one)
        return [found[number] for number in range(len(files))]

    def _text(
        self, file: File, source: Path, stop: Flag, progressed: Callable[[float], None]
    ) -> TextEncoding:
        """The text of a file, to be encoded by its first reader in the active generation."""
        extracted = self.read(file, source, stop)
        generation = self._store.index.uncounted("active")
        text = TextEncoding(
            self._store.queue,
            extracted,
            None,
            stop=stop,
            progressed=progressed,
            path=file.path,
            content_hash=file.content_hash,
        )
        if generation is None:
            return text
        return text.by(first_reader(self._models, generation.fingerprint, lambda: text.language)[1])

    def read(self, file: File, source: Path, stop: Flag) -> Extracted:
        """The extracted text of a file; the staged one if it was extracted before. Raises as `prepare`."""
        extracted = self._store.queue.staged_text(file.content_hash, extract.VERSION)
        if extracted is None:
            password = self.passwords.get(file.path)
            seen = self._store.recognized.pages(file.content_hash) if by_type(file.type).pictured else {}
            extracted = self._extractor.extract(
                source, part=file.part, password=password, seen=seen, cancelled=stop
            )
            if file.stored is None:
                refuse_changed(file, source)
            self._store.queue.stage_text(file.content_hash, extracted, extract.VERSION)
        return titled(extracted, Path(file.part or file.path))

    def stage_locked(self, path: str, password: str, stop: Flag) -> None:
        """Read a locked file here and stage its text for the indexing process, because a password never
        leaves this process.

        Raises:
            DocumentProblem: the file cannot be read.
            Cancelled: `stop` was set.
        """
        source = Path(path)
        with file_problems(path):
            content_hash = sha256(source)
        extracted = self._extractor.extract(source, password=password, cancelled=stop)
        self._store.queue.stage_text(content_hash, extracted, extract.VERSION)
