"""A bibliography that is added gives its files, and documents that it surely means, what it says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_kb.bibliography import references_in
from desktop_kb.kb import KnowledgeBase, citing, originals
from desktop_kb.kb.sources import bibtex, source_of
from desktop_kb.records import Document, FileReport

BIB = r"""
@article{bee2020,
  title = {Winter clusters of honey bees},
  author = {Keeper, Ann and van Hive, Carl},
  year = {2020}, journal = {Apis}, keywords = {bees, winter},
  file = {Full Text PDF:files/1/a.txt:text/plain;Snapshot:files/2/gone.html:text/html},
}
@article{otter, title = {On the sleep of otters in rivers}, author = {Swim, Otto}, year = {1999},
  doi = {10.1000/otter.1}}
@misc{tea, title = {The Brewing of Oolong Teas}, year = {2011}}
@misc{none, title = {Nothing that is here at all}, file = {/nowhere/none.pdf}}
"""


@pytest.fixture
def kb(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "files" / "1").mkdir(parents=True)
    (tmp_path / "files" / "1" / "a.txt").write_text("Bees form a cluster.\n", encoding="utf-8")
    (tmp_path / "refs.bib").write_text(BIB, encoding="utf-8")
    kb = open_kb()
    for name, text in (
        ("otters.txt", "A paper\n\ndoi:10.1000/OTTER.1\n\nThey float.\n"),
        ("tea.md", "# The brewing of oolong teas\n\nWater.\n"),
        ("other.md", "# Winter\n\nSnow.\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        add(kb, tmp_path / name)
    return kb


def add(kb: KnowledgeBase, path: Path, **more: object) -> list[FileReport]:
    return list(kb.follow(kb.add([path], **more)))  # type: ignore[arg-type]


def named(kb: KnowledgeBase, name: str) -> Document:
    (found,) = [one for one in kb.documents() if Path(one.path).name == name]
    return found


def test_its_files_are_added_with_what_it_says(kb: KnowledgeBase, tmp_path: Path) -> None:
    reports = add(kb, tmp_path / "refs.bib", tags=["mine"])
    bees = named(kb, "a.txt")
    assert bees.title == "Winter clusters of honey bees"
    assert bees.tags == ("bees", "mine", "winter")
    assert bees.metadata["author"] == "Keeper, Ann; van Hive, Carl"
    assert (bees.metadata["year"], bees.metadata["journal"]) == (2020, "Apis")
    assert [one.document for one in kb.documents(["year:2020"])] == [bees.document]
    said = {Path(report.path).name: report for report in reports}
    assert said["a.txt"].status == "indexed"
    assert (said["none.pdf"].status, said["none.pdf"].error_code) == ("skipped", "no-such-file")
    assert said["refs.bib"].error_details == {
        "count": 4, "files": 1, "known": 2, "left": 1,
    }  # fmt: skip


def test_documents_with_its_doi_or_title_get_it_too(kb: KnowledgeBase, tmp_path: Path) -> None:
    add(kb, tmp_path / "refs.bib")
    otters, tea = named(kb, "otters.txt"), named(kb, "tea.md")
    assert (otters.title, otters.metadata["author"]) == ("On the sleep of otters in rivers", "Swim, Otto")
    assert (tea.title, tea.metadata["year"]) == ("The Brewing of Oolong Teas", 2011)
    assert named(kb, "other.md").metadata == {}
    (hit,) = kb.search("sleep of otters", mode="words").hits
    assert hit.document == otters.document


def test_what_the_person_typed_stays(kb: KnowledgeBase, tmp_path: Path) -> None:
    tea = named(kb, "tea.md")
    kb.set_metadata([tea.document], {"title": "My tea", "year": 1234})
    add(kb, tmp_path / "refs.bib")
    tea = named(kb, "tea.md")
    assert (tea.title, tea.metadata["year"]) == ("My tea", 1234)
    assert kb.documents(["year:2011"]) == []
    kb.set_metadata([tea.document], {"title": "", "year": ""})
    tea = named(kb, "tea.md")
    assert (tea.title, tea.metadata["year"]) == ("The Brewing of Oolong Teas", 2011)


def test_a_newer_bibliography_replaces_what_the_older_said(kb: KnowledgeBase, tmp_path: Path) -> None:
    add(kb, tmp_path / "refs.bib")
    kb.tag([named(kb, "a.txt").document], ["winter"])
    changed = BIB.replace("{bees, winter}", "{honey}").replace("{2020}, journal = {Apis}", "{2021}")
    (tmp_path / "refs.bib").write_text(changed, encoding="utf-8")
    add(kb, tmp_path / "refs.bib")
    bees = named(kb, "a.txt")
    assert bees.tags == ("honey", "winter")
    assert bees.metadata["year"] == 2021
    assert "journal" not in bees.metadata
    (tmp_path / "files" / "1" / "a.txt").write_text("---\nBees form a warm cluster.\n", encoding="utf-8")
    list(kb.follow(kb.refresh()))
    again = named(kb, "a.txt")
    assert (again.title, again.tags, again.metadata) == (bees.title, bees.tags, bees.metadata)


def test_what_is_not_sure_is_left_alone(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "b.bib").write_text(
        "@misc{a, title = {Winter}, year = {1}}\n"
        "@misc{b, title = {The brewing of oolong teas}, year = {2001}}\n"
        "@misc{c, title = {The brewing of oolong teas}, year = {2002}}\n",
        encoding="utf-8",
    )
    (report,) = add(kb, tmp_path / "b.bib")
    assert report.error_details["left"] == 3
    assert all(one.metadata == {} for one in kb.documents())


def test_a_bibliography_with_nothing_in_it_is_said(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "b.bib").write_text("Dear all,\n", encoding="utf-8")
    (report,) = add(kb, tmp_path / "b.bib")
    assert (report.status, report.error_code) == ("failed", "no-references")


def test_in_a_folder_it_is_not_asked(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "paper").mkdir()
    (tmp_path / "refs.bib").rename(tmp_path / "paper" / "refs.bib")
    add(kb, tmp_path / "paper")
    assert named(kb, "tea.md").metadata == {}


def test_what_came_in_goes_out_again_as_bibtex(kb: KnowledgeBase, tmp_path: Path) -> None:
    add(kb, tmp_path / "refs.bib")
    written = "\n".join(bibtex(source_of(one, one)) for one in kb.documents())
    (tmp_path / "out.bib").write_text(written, encoding="utf-8")
    before = {one.title: one for one in references_in(tmp_path / "refs.bib")}
    after = {one.title: one for one in references_in(tmp_path / "out.bib")}
    for title in ("Winter clusters of honey bees", "On the sleep of otters in rivers"):
        assert after[title].values == before[title].values
    assert after["Winter clusters of honey bees"].files[0][0] == str(tmp_path / "files" / "1" / "a.txt")


def test_a_file_is_known_as_the_disk_spells_it(
    kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a bibliography may write its name in other letters."""
    on_disk = (tmp_path / "files" / "1" / "a.txt").rename(tmp_path / "files" / "1" / "A B.txt")
    on_disk.with_name("a.txt").hardlink_to(on_disk)
    for module in (citing, originals):
        monkeypatch.setattr(module, "as_spelled", lambda path: on_disk if path.name == "a.txt" else path)
    add(kb, tmp_path / "refs.bib")
    assert named(kb, "A B.txt").title == "Winter clusters of honey bees"
