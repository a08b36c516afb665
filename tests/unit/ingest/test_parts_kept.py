"""Parts of files, from the queue to the hit. What `holding` writes has parts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fakes import holding

from desktop_kb.records import JobOptions, Location


def parts_of(bench: Any) -> dict[str, str]:
    """The state of every part, by its name."""
    return {d.part: d.status for d in bench.store.documents.find() if d.part}


def test_parts_are_found_and_so_is_their_file(bench: Any) -> None:
    path = bench.file(
        "mail.txt", holding("Bees dance.", a_txt="Whales sing.", old_json=holding("", b_txt="Owls hunt."))
    )
    (report,) = bench.run(path, tags=("inbox",))
    assert (report.status, report.chunks) == ("indexed", 1)
    assert parts_of(bench) == {"a.txt": "ready", "old.json": "ready", "old.json/b.txt": "ready"}
    for query, part in (("bees dance", ""), ("whales sing", "a.txt"), ("owls hunt", "old.json/b.txt")):
        hit = bench.search(query).hits[0]
        assert (hit.location, hit.places) == (Location(path, part), (path,))
    assert {document.tags for document in bench.store.documents.find()} == {("inbox",)}
    assert {document.title for document in bench.store.documents.find()} == {"mail", "a", "old", "b"}
    assert bench.search("b.txt").hits[0].why.exact == "name"
    assert bench.sound()  # a file without words of its own too
    assert bench.run(path)[0].status == "unchanged"


def test_a_file_that_changes_takes_its_parts_with_it(bench: Any) -> None:
    path = bench.file(
        "mail.txt", holding("Bees dance.", a_txt="Whales sing.", b_txt="Owls hunt.", c_txt="Foxes run.")
    )
    bench.run(path)
    before = {d.part: d.document for d in bench.store.documents.find()}
    bench.file(
        "mail.txt", holding("Bees dance.", a_txt="Whales sing.", b_txt="Owls hunt by night.", d_txt="Hares.")
    )
    os.utime(path, ns=(1, 10**18))
    encoded = len(bench.embedder.windows)
    bench.run(path)
    after = {d.part: d.document for d in bench.store.documents.find()}
    assert set(after) == {"", "a.txt", "b.txt", "d.txt"}
    assert {part: after[part] for part in ("", "a.txt", "b.txt")} == {
        p: before[p] for p in ("", "a.txt", "b.txt")
    }
    assert len(bench.embedder.windows) == encoded + 3  # not what is as it was
    assert bench.found("foxes", mode="words") == []
    assert bench.sound()


def test_the_same_content_twice_is_one_document(bench: Any) -> None:
    paths = [
        bench.file("a.txt", "Whales sing."),
        bench.file("mail.txt", holding("Bees.", w_txt="Whales sing.")),
    ]
    bench.run(*paths)
    (whales,) = bench.store.documents.find(only=[bench.search("whales").hits[0].document])
    assert (whales.location, whales.places) == (Location(paths[0]), (paths[0], paths[1]))


def test_a_part_that_cannot_be_read_is_a_failure_of_its_own_and_can_be_tried_again(bench: Any) -> None:
    path = bench.file("mail.txt", holding("Bees dance.", a_txt="BROKEN whales"))
    bench.run(path)
    (part,) = [d for d in bench.store.documents.find() if d.part]
    assert (part.status, part.error_code, part.title) == ("failed", "damaged", "a")
    bench.ingest._preparer._extractor._content = lambda path, part: "Whales sing."
    bench.run(part.location, kind="read")
    assert parts_of(bench) == {"a.txt": "ready"}


def test_parts_are_read_from_the_copy_when_the_original_is_gone(bench: Any) -> None:
    path = bench.file("mail.pdf", holding("Bees dance.", a_txt="Whales sing."))
    bench.run(path)
    Path(path).unlink()
    (part,) = [d for d in bench.store.documents.find() if d.part]
    assert bench.run(part.location, kind="read")[0].status == "updated"
    assert bench.found("whales", mode="words") == ["mail.pdf"]


def test_a_part_in_the_trash_stays_there_and_comes_back_by_itself(bench: Any) -> None:
    path = bench.file("mail.txt", holding("Bees dance.", a_txt="Whales sing."))
    bench.run(path)
    (part,) = [d for d in bench.store.documents.find() if d.part]
    bench.store.documents.remove([part.document])
    bench.run(path, kind="read")
    assert parts_of(bench) == {}
    bench.run(*bench.store.documents.restore(part.document), kind="read")
    assert parts_of(bench) == {"a.txt": "ready"}


def test_a_file_added_again_from_the_trash_has_its_parts_with_their_tags(bench: Any) -> None:
    path = bench.file("mail.txt", holding("Bees dance.", a_txt="Whales sing."))
    bench.run(path)
    mail, part = bench.store.documents.find()
    bench.store.documents.edit([part.document], tags=["kept"])
    bench.store.documents.remove([mail.document])
    assert bench.store.documents.find() == []
    bench.run(path)
    assert {d.part: d.tags for d in bench.store.documents.find()} == {"": (), "a.txt": ("kept",)}


def test_a_locked_file_gives_its_password_to_its_parts(bench: Any) -> None:
    path = bench.file("mail.pdf", holding("Bees dance.", a_txt="LOCKED whales sing."))
    bench.ingest.passwords[path] = "bees"
    bench.run(path)
    assert parts_of(bench) == {"a.txt": "ready"}
    assert bench.ingest.passwords == {}


def test_too_many_parts_are_counted(bench: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("desktop_kb.store.parts.MOST", 3)
    inner = {f"{n}.txt": f"Whale {n} sings." for n in range(3)}
    held = {
        "text": "Bees.",
        "parts": {"a.json": json.dumps({"text": "", "parts": inner}), "b.txt": "Owls hunt."},
    }
    bench.run(bench.file("mail.txt", json.dumps(held)))
    assert set(parts_of(bench)) == {"a.json", "b.txt", "a.json/0.txt"}
    assert {d.part: d.parts_left_out for d in bench.store.documents.find()}["a.json"] == 2


def test_parts_that_were_cancelled_come_back_with_their_file(bench: Any) -> None:
    path = bench.file("mail.txt", holding("Bees dance.", a_txt="Whales sing.", b_txt="Owls hunt."))
    bench.store.queue.enqueue([path], JobOptions())
    bench.ingest.process_next()
    assert bench.store.queue.cancel() == 2
    bench.store.queue.recover()
    assert bench.run(path)[0].status == "unchanged"
    assert parts_of(bench) == {"a.txt": "ready", "b.txt": "ready"}
    assert bench.run(path)[0].status == "unchanged"
    assert not bench.store.queue.waiting()


def test_cancelled_parts_that_are_no_more_in_their_file_are_forgotten(bench: Any) -> None:
    path = bench.file("mail.txt", holding("Bees dance.", a_txt="Whales sing.", b_txt="Owls hunt."))
    bench.store.queue.enqueue([path], JobOptions())
    bench.ingest.process_next()
    bench.store.queue.cancel()
    bench.file("mail.txt", holding("Bees dance.", a_txt="Whales sing."))
    os.utime(path, ns=(1, 10**18))
    bench.run(path)
    assert parts_of(bench) == {"a.txt": "ready"}
    assert not bench.store.queue.waiting()


def test_a_part_that_is_no_more_in_its_file_is_not_asked_to_be_put_back(bench: Any) -> None:
    path = bench.file("mail.txt", holding("Bees dance.", a_txt="BROKEN"))
    bench.run(path)
    bench.file("mail.txt", holding("Bees dance.", b_txt="Owls hunt."))
    (report,) = bench.run(Location(path, "a.txt"), kind="read")
    assert (report.status, report.error_code) == ("failed", "part-vanished")
