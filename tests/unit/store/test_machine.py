"""Whatever is done to files and documents in whatever order: the library is sound after each step,
and every file that can be read is found by what it holds now."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fakes import FakeEmbedder
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from workbench import Bench

from desktop_kb.settings import Settings

NAMES = st.sampled_from(("a.txt", "b.txt", "c.pdf"))
#: One word of its own each, so that a search says which content is there.
CONTENTS = ("Bees dance in hives.", "Whales sing in oceans.", "BROKEN foxes", "蜜蜂在公园里跳舞。")
WORDS = ("hives", "oceans", "foxes", "公园")


class Library(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.bench = Bench(self.folder, FakeEmbedder(), Settings())
        self.there: dict[str, str] = {}  # what the library was last told of each place
        self.trash: list[str] = []

    def teardown(self) -> None:
        self.bench.store.close()
        shutil.rmtree(self.folder)

    @rule(name=NAMES, content=st.sampled_from(CONTENTS))
    def add(self, name: str, content: str) -> None:
        path = self.bench.file(name, content)
        (report,) = self.bench.run(path)
        assert (report.status == "failed") == content.startswith("BROKEN")
        self.there[name] = content

    @rule(name=NAMES)
    def read_again(self, name: str) -> None:
        if name in self.there and (self.folder / name).exists():
            self.bench.run(str(self.folder / name), kind="read")

    @rule(number=st.integers(0, 9))
    def remove(self, number: int) -> None:
        documents = self.bench.store.documents.find()
        if documents:
            document = documents[number % len(documents)]
            self.bench.store.documents.remove([document.document])
            for place in document.places:
                del self.there[Path(place).name]
            self.trash.append(document.document)

    @precondition(lambda self: self.trash)
    @rule(number=st.integers(0, 9))
    def restore(self, number: int) -> None:
        in_trash = {d.document for d in self.bench.store.documents.find(removed=True) if d.places}
        uid = self.trash.pop(number % len(self.trash))
        if uid in in_trash:
            places = self.bench.store.documents.restore(uid)
            self.bench.run(*places, kind="read")
            for place in places:
                self.there[place.name] = Path(place.path).read_text(encoding="utf-8")

    @rule()
    def purge(self) -> None:
        self.bench.store.purge(-1)

    @invariant()
    def sound(self) -> None:
        self.bench.sound()

    @invariant()
    def every_file_is_found_by_what_it_holds(self) -> None:
        for content, word in zip(CONTENTS, WORDS, strict=True):
            hits = self.bench.search(word, mode="words").hits
            # What came back from the trash is a second document of the same text, and folded under it.
            found = {Path(place).name for hit in hits for place in hit.places}
            found |= {Path(copy.path).name for hit in hits for copy in hit.copies}
            if content.startswith("BROKEN"):
                continue  # what a place held before it broke may still be found
            holders = {name for name, text in self.there.items() if text == content}
            assert holders <= found, (content, holders, found)


Library.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_the_library_stays_sound = Library.TestCase
