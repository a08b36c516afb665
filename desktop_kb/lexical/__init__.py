"""A question and a passage as words: what both are cut into, what is searched besides, what a term weighs.

Every store uses it, whatever indexes its words. Pure: it asks a `Vocabulary` how many passages have a term.
"""

from desktop_kb.lexical.cutting import Terms, cut, said_about
from desktop_kb.lexical.expansion import Expansion
from desktop_kb.lexical.groups import Groups, selective
from desktop_kb.lexical.query import BEGINNING, MOST_TERMS, Vocabulary, WordQuery
from desktop_kb.lexical.verbatim import is_character, rarest_run, terms_in_order
from desktop_kb.lexical.weights import MOST_PER_IDF, idf, leading, rarest, weights, whole_weight

__all__ = [
    "BEGINNING",
    "MOST_PER_IDF",
    "MOST_TERMS",
    "Expansion",
    "Groups",
    "Terms",
    "Vocabulary",
    "WordQuery",
    "cut",
    "idf",
    "is_character",
    "leading",
    "rarest",
    "rarest_run",
    "said_about",
    "selective",
    "terms_in_order",
    "weights",
    "whole_weight",
]
