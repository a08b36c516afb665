from __future__ import annotations

from pathlib import Path

import pytest
from pdfs import reading

from desktop_kb.extract import rst
from desktop_kb.records import Extracted


def of(text: str) -> Extracted:
    return rst.read(text.encode(), Path("page.rst"))


TIDES = """=========
Tides app
=========

:Author: Ann Fisher
:Date: 2023-10-08

.. image:: logo.png
   :alt: logo
   :width: 20

.. _intro:

Introduction
============

This is *high* water and **late**; see :ref:`the manual <manual>`, :class:`~tides.Model`,
`our site <https://example.org>`_ and ``fit(x)`` or `Next chapter`_. A name_ too.

.. note:: Mind the gap.
   It is wide.

.. code-block:: python
   :linenos:

   def f(): return 1

Example::

    verbatim *stars*

.. toctree::
   :maxdepth: 2

   a
   b

.. This is a comment
   over two lines

潮汐
----

第二节的内容。

===== =====
 A     B
===== =====
 1     2
===== =====

.. [1] A footnote.

Last words.
"""


def test_a_page() -> None:
    found = of(TIDES)
    assert found.title == "Tides app"
    assert (found.metadata["author"], found.metadata["year"]) == ("Ann Fisher", 2023)
    shown = [(h.level, h.title, found.text[h.start : h.end]) for h in found.layout.headings]
    assert shown == [
        (1, "Tides app", "Tides app"),
        (2, "Introduction", "Introduction"),
        (3, "潮汐", "潮汐"),
    ]
    said = reading(found)
    assert "This is high water and late; see the manual, tides.Model," in said
    assert "our site and fit(x) or Next chapter. A name too." in said
    assert "Mind the gap.\n   It is wide." in said
    assert "   def f(): return 1\n\nExample:\n" in said
    assert "潮汐\n\n第二节的内容。\n\n A     B\n 1     2\n\n[1] A footnote.\n\nLast words." in said
    unread = (
        "===",
        "---",
        "logo",
        "python",
        "linenos",
        "toctree",
        "comment",
        "over two",
        "example.org",
        "_intro",
    )
    assert not any(mark in said for mark in unread)


def test_a_pep_says_what_it_is() -> None:
    found = of("PEP: 8\nTitle: Style Guide\nAuthor: Guido\n\nIntroduction\n============\n\nText.\n")
    assert (found.title, found.metadata["pep"], found.metadata["author"]) == ("Style Guide", 8, "Guido")
    assert reading(found).strip() == "Introduction\n\nText."


def test_lines_of_code_stay_lines() -> None:
    code = "    session.get('https://httpbin.org/cookies/set/sessioncookie/123456789')\n    r = session.get('/')\n"
    assert code in reading(
        of(f"Let us try, and this line is about as long as others in a manual are::\n\n{code}\nEnd.")
    )


@pytest.mark.parametrize(
    "text",
    [
        "A paragraph of text\nand its end\n-----------\n",  # no title: a line above it
        "Note: this is no field\n\nText.",
        "Wages:: 7\n\n2 * 3 * 4 and a_b_c and __init__",
    ],
)
def test_what_only_looks_like_markup_stays(text: str) -> None:
    found = of(text)
    assert found.layout.headings == ()
    assert [word for word in text.split() if word not in reading(found)] == []


def test_a_target_without_words_is_read() -> None:
    assert reading(of("See `<https://a.b/c>`_ now.")) == "See https://a.b/c now."
