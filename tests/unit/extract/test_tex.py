"""What is read of LaTeX."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from desktop_kb.extract import tex
from desktop_kb.reading import read as read_text
from desktop_kb.records import Extracted


def of(source: str) -> Extracted:
    return tex.read(source.encode(), Path("paper.tex"))


def reading(found: Extracted) -> str:
    lines = read_text(found.text, found.layout.edits).split("\n")
    return "\n".join(line.rstrip() for line in lines if line.strip()).strip()


PAPER = r"""% !TeX program = xelatex
\documentclass[12pt]{ctexart}
\usepackage{amsmath}
\newcommand{\R}[1][x]{\mathbb{R}}
\title{On \emph{Tides}}
\author{Ada Example}
\date{2021-05-03}
\begin{document}
\maketitle
\section{Low water} \label{sec:low}
The pier stands
dry twice a day.% not for print
 It is 5\,\% of the time,
see \ref{sec:low} and \cite[p.~3]{one,two}.
% a comment of its own
\subsection*{潮汐 \& 月}
潮汐由月球引起，\textbf{两次}每天。

\[ h(t) = a \cos(\omega t) \]
So $h_0 > 0$ holds\footnote{On all coasts.} here.
\begin{equation} \label{eq:x}
  x = \frac{a}{b}
\end{equation}
\begin{itemize}
  \item First pier
  \item[Second] pier
\end{itemize}
\begin{tabular}{l|r}
  Pier & Depth \\ \hline
  North & 3.5 \\
\end{tabular}
\begin{verbatim}
\section{not one} % kept
\end{verbatim}
\input{more}
\end{document}
after the end
"""


def test_a_paper_is_read_as_it_is_printed() -> None:
    found = of(PAPER)
    assert (found.text, found.title) == (PAPER, "On Tides")
    assert (found.metadata["author"], found.metadata["date"]) == ("Ada Example", "2021-05-03")
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "Low water"), (2, "潮汐 & 月")]
    said = reading(found)
    assert said.startswith("Low water\nThe pier stands dry twice a day. It is 5 % of the time, see")
    for line in (
        "潮汐 & 月",
        "潮汐由月球引起，两次每天。",
        r"\[ h(t) = a \cos(\omega t) \]",
        "So $h_0 > 0$ holds (On all coasts.) here.",
        r"  x = \frac{a}{b}",
        "- First pier",
        "- Second pier",
        "  Pier | Depth",
        "  North | 3.5",
        r"\section{not one} % kept",
    ):
        assert line.strip() in [one.strip() for one in said.split("\n")], line
    for lost in (
        "comment",
        "not for print",
        "documentclass",
        "label",
        "sec:low",
        "one,two",
        "after",
        "mathbb",
        "input",
    ):
        assert lost not in said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (r"Caf\'e, \"{u}ber, \c{c}a, \ss{} and \O re", "Café, über, ça, ß and Øre"),
        (r"``Quoted'' -- and~tied", "“Quoted” – and tied"),
        (
            r"\href{https://example.org/x}{the page} and \url{https://example.org}",
            "the page and https://example.org",
        ),
        (r"\verb|\item{x}| stays, 100\% of it", r"\item{x} stays, 100% of it"),
        (r"\textcolor{red}{warm} {\bf dark} \unknown[a=b]{words}", "warm dark words"),
        (r"an unclosed {brace and \emph{words", "an unclosed brace and words"),
        (r"It costs 5\$ or \$6", "It costs 5$ or $6"),
    ],
)
def test_commands_are_not_read(source: str, said: str) -> None:
    assert reading(of(source)) == said


def test_of_a_drawing_the_labels_are_read() -> None:
    drawing = r"""\begin{tikzpicture}[node distance=2cm]
    \node (a) [draw, below=of b] {读取数据};
    \node (b) {Low water};
    \draw (a) -- node[above] {twice} (b);
    \end{tikzpicture} After."""
    said = [line.strip() for line in reading(of(drawing)).split("\n")]
    assert said == ["读取数据", "Low water", "twice", "After."]


def test_a_file_that_another_includes_has_no_preamble() -> None:
    found = of("\\chapter{Tides}\nThey come.\n\\section{Low}\nThey go.\n")
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "Tides"), (2, "Low")]
    assert (found.title, reading(found)) == ("Tides", "Tides\nThey come.\nLow\nThey go.")


@pytest.mark.parametrize(
    "mark",
    [
        "\\begin{equation}\n",
        "\\cite{",
        "\\footnote{a",
        "$a\n",
        "\\[",
        "{",
        "\\begin{verbatim}\n",
        "\\section{x}",
    ],
)
def test_what_is_opened_and_never_closed_takes_no_longer_than_its_length(mark: str) -> None:
    began = time.process_time()
    of(mark * 2_000)
    short = time.process_time() - began
    began = time.process_time()
    of(mark * 16_000)
    assert time.process_time() - began < 30 * short + 0.5


def test_of_very_many_formulas_the_first_are_shown_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tex, "MOST", 3)
    assert len(of("We have $a$, $b$, \\(c\\), $d$ and \\[e\\].").looks) == 3
