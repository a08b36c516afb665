"""BibTeX as Zotero, JabRef, Mendeley and people write it."""

from __future__ import annotations

import pytest

from desktop_kb.bibliography import Reference, bibtex
from desktop_kb.bibliography.tex import plain

ZOTERO = r"""
@article{godel_uber_1931,
	title = {Über formal unentscheidbare {Sätze} der \textit{{Principia} {Mathematica}} \& verwandter {Systeme} {I}},
	volume = {38},
	issn = {1436-5081},
	url = {https://doi.org/10.1007/BF01700692},
	doi = {10.1007/BF01700692},
	language = {de},
	number = {1},
	urldate = {2023-01-05},
	journal = {Monatshefte für Mathematik und Physik},
	author = {Gödel, Kurt},
	month = dec,
	year = {1931},
	keywords = {logic, incompleteness; proof theory},
	pages = {173--198},
	file = {Full Text PDF:files/504/Gödel - 1931.pdf:application/pdf;Snapshot:files/505/bf.html:text/html},
}
"""


def one(text: str) -> Reference:
    (found,) = bibtex.read(text)
    return found


def test_an_entry_of_zotero_says_who_wrote_what_when_and_where_it_is() -> None:
    found = one(ZOTERO)
    assert found.title == "Über formal unentscheidbare Sätze der Principia Mathematica & verwandter Systeme I"
    assert found.values == {
        "citekey": "godel_uber_1931",
        "author": "Gödel, Kurt",
        "year": "1931",
        "journal": "Monatshefte für Mathematik und Physik",
        "volume": "38",
        "number": "1",
        "pages": "173–198",
        "doi": "10.1007/BF01700692",
        "url": "https://doi.org/10.1007/BF01700692",
    }
    assert found.tags == ("logic", "incompleteness", "proof theory")
    assert [path[0] for path in found.files] == ["files/504/Gödel - 1931.pdf", "files/505/bf.html"]
    assert found.doi == "10.1007/bf01700692"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            r"Full:C\:\\Users\\u\\Zotero\\storage\\AB12\\a.pdf:application/pdf",
            r"C:\Users\u\Zotero\storage\AB12\a.pdf",
        ),
        (r"PDF:C:\Users\u\a.pdf:application/pdf", r"C:\Users\u\a.pdf"),
        (r"C\:\\Users\\u\\Papers\\a\; b.pdf", r"C:\Users\u\Papers\a; b.pdf"),
        (r"C:\Users\u\_old\a.pdf", r"C:\Users\u\_old\a.pdf"),
        (r":C$\backslash$:/Users/u/a.pdf:pdf", "C:/Users/u/a.pdf"),
        (":/home/u/a.pdf:PDF", "/home/u/a.pdf"),
        ("/home/u/Papers/a.pdf", "/home/u/Papers/a.pdf"),
        (r"Full: Text:papers/a\_b.pdf:application/pdf", "papers/a_b.pdf"),
        (r"PDF:storage/AB/Pud{\v z}a - 2024.pdf:application/pdf", "storage/AB/Pudža - 2024.pdf"),
    ],
)
def test_paths_are_understood_as_programs_escape_them(written: str, meant: str) -> None:
    (readings,) = bibtex.files_in(written)
    assert meant in readings


def test_several_paths_are_parted_at_semicolons_that_are_not_escaped() -> None:
    found = bibtex.files_in(r"a/b.pdf;c\;d.pdf;;Note:e.html:text/html")
    assert [path[0] for path in found] == ["a/b.pdf", "c;d.pdf", "e.html"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Ludwig van Beethoven and Ada Lovelace", "van Beethoven, Ludwig; Lovelace, Ada"),
        ("Knuth, Donald E. and others", "Knuth, Donald E."),
        ("King, Jr, Martin Luther", "King, Martin Luther"),
        ("{World Health Organization} and {Barnes and Noble}", "World Health Organization; Barnes and Noble"),
        (
            r"G{\"o}del, Kurt and {\L}ukasiewicz, Jan and Erd\H{o}s, P\'al",
            "Gödel, Kurt; Łukasiewicz, Jan; Erdős, Pál",
        ),
        ("林语堂 and 老舍", "林语堂; 老舍"),
        ("Plato", "Plato"),
    ],
)
def test_authors_are_told_apart(written: str, meant: str) -> None:
    assert one(f"@misc{{k, author = {{{written}}}}}").values["author"] == meant


def test_strings_are_joined_and_months_known() -> None:
    text = """@string{ jss = "Journal of " # {Things} }
    % a comment
    @comment{@article{no, title = {No}}}
    @ARTICLE(key1, Title = "A {"}quoted{"} word", journal = jss # ", B", month = 3 # "~" # mar, Year = 1999)
    @book{key2, title = {No comma at the end}, date = {2018-10}}"""
    first, second = bibtex.read(text)[-2:]
    assert (first.title, first.values["journal"], first.values["year"]) == (
        'A "quoted" word', "Journal of Things, B", "1999",
    )  # fmt: skip
    assert (second.values["date"], second.values["year"]) == ("2018-10", "2018")


@pytest.mark.parametrize(
    "broken",
    [
        "@article{k, title = {never closed",
        "@article{k, title = }",
        "@article{k title = {x}}",
        "@article{",
        "@article{k, title = {a}, junk, year = {2000}}",
        "@{}@@@article",
        "}}}{{{",
    ],
)
def test_one_broken_entry_loses_no_other(broken: str) -> None:
    found = bibtex.read(f"@misc{{a, title = {{First}}}}\n{broken}\n@misc{{b, title = {{Last}}}}\n")
    assert found[0].title == "First"
    if "never" not in broken and broken != "}}}{{{":
        assert found[-1].title == "Last"


@pytest.mark.parametrize(
    "title",
    [
        "{Left {Open},",
        "{{Left {Open},",
        "{{{Left Open}",
        '"Left {Open",',
        '"Left Open,',
        "{Left Open",
    ],
)
@pytest.mark.parametrize("end", ["\n}", "", "\n},"])
def test_a_value_that_nobody_closed_ends_where_the_next_field_begins(title: str, end: str) -> None:
    text = f"""@misc{{a, title = {{First}}}}
    @article{{b,
      title = {title}
      author = {{Doe, Jane}},
      year = 2001,
      note = {{x = 1}}{end}

    @article{{c, title = {{Third}}, year = "2003"}}
    @article{{d, title = {{Fourth: \n@ home, a = {{b}}}}, year = {{2004}}}}"""
    found = {one.values["citekey"]: one for one in bibtex.read(text)}
    assert {key: one.title for key, one in found.items()} == {
        "a": "First", "b": "Left Open", "c": "Third", "d": "Fourth: @ home, a = b",
    }  # fmt: skip
    assert (found["b"].values["author"], found["b"].values["year"]) == ("Doe, Jane", "2001")
    assert (found["c"].values["year"], found["d"].values["year"]) == ("2003", "2004")


def test_a_value_that_is_left_open_at_the_end_of_an_entry_hides_no_later_one() -> None:
    text = "@misc{a, note = {x\n\n@misc{b, title = {B}}\n@comment{c}\n@book{c, title = {C}}\n"
    assert [one.title for one in bibtex.read(text)] == ["", "B", "C"]


@pytest.mark.parametrize("opened", ["a={,", 'a="},', 'a="{,', "a={{},"])
def test_what_nobody_closed_is_looked_through_once(opened: str) -> None:
    (found,) = bibtex.read("@misc{k, title = {T}, " + opened * 250_000)
    assert found.title == "T"


def test_empty_lines_within_a_value_are_looked_through_once() -> None:
    (found,) = bibtex.read("@misc{k, title = {T}, note = {" + "\n" * 400_000)
    assert found.title == "T"


@pytest.mark.parametrize("held", ["@misc{x, title = {Y}}", "\n@misc{x,\n title = {Y},\n}\n", "\n a = 5"])
def test_a_value_may_quote_an_entry(held: str) -> None:
    (found,) = bibtex.read(f"@misc{{a, annote = {{So: {held}}}, title = {{T}}}}")
    assert (found.title, found.values["citekey"]) == ("T", "a")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"{\'E}t{\'e} na\"{\i}ve \c{c}a \v{S} \ss{} \aa{} \O re", "Été naïve ça Š ß å Øre"),
        (r"10\% of \$5 \_a\_ \#1 --- ``so''", "10% of $5 _a_ #1 — “so”"),
        (r"The {NASA} {\em view} of $E = mc^2$", "The NASA view of E = mc^2"),
        (r"C:\textbackslash{}x\textasciitilde y", "C:\\x~y"),
        ("plain", "plain"),
    ],
)
def test_tex_is_read_as_words(written: str, meant: str) -> None:
    assert " ".join(plain(written).split()) == meant
