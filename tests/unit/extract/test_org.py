from __future__ import annotations

import time
from pathlib import Path

import pytest
from pdfs import reading

from desktop_kb.extract import org
from desktop_kb.records import Extracted


def of(text: str) -> Extracted:
    return org.read(text.encode(), Path("note.org"))


GARDEN = """#+TITLE: The garden
#+AUTHOR: Ann Fisher
#+DATE: 2023-10-08
#+FILETAGS: :plants:堆肥:
#+STARTUP: overview
# a comment
* TODO [#A] Compost *heap*                                  :soil:work:
SCHEDULED: <2023-10-09 Mon>
:PROPERTIES:
:ID:       8f1f-22
:END:
See [[https://example.org/heap][the long answer]] and [[file:bin.org]]. It turns =kitchen waste= into /humus/
within a year, and a_b or 3*4*5 stay as they are.[fn:1]
** 冲泡乌龙茶
水温九十五度最好。
#+CAPTION: What goes in
| leaves | yes |
|--------+-----|
| meat   | no  |
#+begin_src python
x = [[1]]  # *not* bold
#+end_src
"""


def test_a_note() -> None:
    found = of(GARDEN)
    assert (found.title, found.tags) == ("The garden", ("plants", "堆肥", "soil", "work"))
    assert (found.metadata["author"], found.metadata["year"]) == ("Ann Fisher", 2023)
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "TODO Compost heap"),
        (2, "冲泡乌龙茶"),
    ]
    said = reading(found)
    assert said.startswith(
        "The garden\nTODO Compost heap\nSCHEDULED: <2023-10-09 Mon>\nSee the long answer and file:bin.org."
    )
    assert "It turns kitchen waste into humus\n" in said
    assert "within a year, and a_b or 3*4*5 stay as they are.\n" in said
    assert "What goes in\n| leaves | yes |\n| meat   | no  |\nx = [[1]]  # *not* bold\n" in said
    assert not any(
        mark in said for mark in (":PROPERTIES:", "8f1f", "#+", "comment", ":soil:", "example.org", "[fn")
    )


def test_the_first_heading_is_the_title_where_there_is_none() -> None:
    assert of("* Whales\nThey sing.").title == "Whales"
    assert of("No outline at all.").title == ""


def test_thousands_of_blocks_of_code_are_read_at_once() -> None:
    data = b"#+begin_src py\nx = 1\n#+end_src\n* Head\ntext *b*\n" * 8_000
    began = time.process_time()
    assert len(org.read(data, Path("a.org")).layout.headings) == 8_000
    assert time.process_time() - began < 8  # 1.5 s; where each place was looked for in all blocks, 18


@pytest.mark.parametrize("mark", ["#+begin_src\n", "#+begin_example\nx\n", ":LOGBOOK:\nx\n", "[["])
def test_what_is_opened_and_never_closed_takes_no_longer_than_its_length(mark: str) -> None:
    began = time.process_time()
    org.read(mark.encode() * 20_000, Path("a.org"))
    assert (
        time.process_time() - began < 8
    )  # 1.5 s; where each was looked for to the end of the file, 30 to 120


def test_code_goes_to_the_end_of_its_kind() -> None:
    said = reading(
        of("#+begin_src org\n#+begin_example\n* no heading\n#+end_example\n#+END_SRC\n* Heading\n")
    )
    assert "* no heading" in said
    assert said.rstrip().endswith("Heading")


def test_a_drawer_without_an_end_is_text() -> None:
    assert "kept" in reading(of(":PROPERTIES:\n:ID: 7\nkept"))
