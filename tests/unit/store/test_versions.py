"""Libraries of every version there was: each opens in this one, and loses nothing.

`tests/data/library-N.zip` is a backup made by the program whose schema had version N. Add one when
a migration is added; never make one again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import apsw
import pytest
from fakes import FakeEmbedder
from workbench import Bench

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.settings import Settings
from desktop_kb.store import Store, restore
from desktop_kb.store.schema import MIGRATIONS

DATA = Path(__file__).parents[2] / "data"
VERSIONS = sorted(int(path.stem.removeprefix("library-")) for path in DATA.glob("library-*.zip"))


def test_there_is_a_library_of_every_version() -> None:
    assert list(range(1, len(MIGRATIONS) + 1)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_it_opens_and_nothing_is_lost(tmp_path: Path, version: int) -> None:
    library = paths.library(tmp_path / "library")
    restore(DATA / f"library-{version}.zip", library)
    as_it_was = hashlib.sha256(library.database.read_bytes()).hexdigest()
    bench = Bench(tmp_path, FakeEmbedder(), Settings())
    copies = list(library.root.glob("library.version-*.sqlite"))
    if version < len(MIGRATIONS):
        (copy,) = copies
        connection = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READONLY)
        assert connection.pragma("user_version") == version
        connection.close()
        assert hashlib.sha256(copy.read_bytes()).hexdigest() == as_it_was
    else:
        assert copies == []
    documents = {document.title: document for document in bench.store.documents.find()}
    assert set(documents) == {"bees", "whales", "蜜蜂", "broken"}
    assert documents["bees"].tags == ("insects", "kept")
    assert documents["bees"].metadata == {"year": 2022, "author": "Ada"}
    assert documents["broken"].error_code == "damaged"
    assert [document.tags for document in bench.store.documents.find(removed=True)] == [("birds",)]
    assert bench.store.queue.waiting() == 1
    while bench.ingest.step():  # the waiting file is gone; another model's vectors may have to be made
        pass
    assert bench.found("bees", mode="words") == ["bees.txt"]
    assert bench.found("公园", mode="words") == ["蜜蜂.md"]
    assert bench.search("whales sing").hits[0].why.meaning is not None
    assert bench.sound()
    bench.store.close()


def test_words_that_are_folded_otherwise_now_are_cut_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FakeEmbedder(), Settings())
    bench.run(bench.file("old.md", "寳島的書。"), bench.file("common.md", "島上的書與圖書館。"))
    connection = apsw.Connection(str(bench.store.library.database))
    ids = dict(connection.execute("select title, id from chunks"))
    for id in ids.values():  # as the earlier table had them: 寳 was 宝, and so not found
        connection.execute("delete from words_1 where rowid = ?", (id,))
        connection.execute("insert into words_1 (rowid, body) values (?, '宝岛 书 以前')", (id,))
    connection.pragma("user_version", 2)
    connection.close()
    assert set(bench.found("以前", mode="words")) == {"old.md", "common.md"}
    bench.store.close()
    later = Bench(tmp_path, FakeEmbedder(), Settings())
    # Only the passage with a character that can have changed is touched.
    assert later.found("以前", mode="words") == ["common.md"]
    assert later.found("寳島", mode="words")[0] == "old.md"
    assert later.sound()
    later.store.close()


def test_a_newer_one_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    library = paths.library(tmp_path / "library")
    restore(DATA / f"library-{VERSIONS[-1]}.zip", library)
    connection = apsw.Connection(str(library.database))
    connection.pragma("user_version", len(MIGRATIONS) + 1)
    connection.close()
    before = library.database.read_bytes()
    with pytest.raises(StorageProblem) as caught:
        Store(library)
    assert caught.value.code == "newer-library"
    assert library.database.read_bytes() == before


def test_no_room_for_the_copy_is_said_and_nothing_is_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = paths.library(tmp_path / "library")
    restore(DATA / "library-1.zip", library)

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("desktop_kb.store.schema.shutil.copy2", full)
        with pytest.raises(StorageProblem) as caught:
            Store(library)
    assert caught.value.code == "disk-full"
    connection = apsw.Connection(str(library.database), flags=apsw.SQLITE_OPEN_READONLY)
    assert connection.pragma("user_version") == 1
    connection.close()
    Store(library).close()
    (copy,) = library.root.glob("library.version-*.sqlite")
    assert copy.stat().st_size > 4096  # whole this time
