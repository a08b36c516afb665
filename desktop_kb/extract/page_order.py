"""The order in which the pieces of a page are read, where it is not the order in which they were drawn: columns written
row by row, rows of a table that is drawn by columns or whose cells take several lines, and vertical writing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from statistics import mean
from typing import Final

import wcwidth

from desktop_kb.extract.drawn_tables import tables
from desktop_kb.extract.layout import SOLID, SOLID_CHARACTER, begins_within, ends_sentence, glue
from desktop_kb.extract.pieces import Piece, Word
from desktop_kb.extract.writer import CELL

_GAP = 1.0  # letter heights between two cells, or two columns
_NEAR = 3.0  # letter heights between two rows of a block
_ROW_STEP = 1.25  # of the line spacing: the next row of a table
_MOST_LINES = 5  # in a row, on the average
_FEWEST_ROWS = 3  # or a gap below the head of a table would make one row of all others
_FEWEST_LINES = 5  # of columns
_FULL = 0.6  # of the lines of a block are filled in each column
_GOES_ON = 0.5  # of the lines in a column of prose go on with the next
_PROSE_WIDTH = 12  # of a line of prose, on the average, as a terminal counts letters
_WORDY = 6  # letters in the lines of a cell that takes several, on the average
_NAME: Final = re.compile(rf"[^\W\d_]{{2}}|[{SOLID}]")
_STACKED = 4  # characters; PDFium makes a line of each one or few in a column that it does not see
_VERTICAL = 0.6  # of the pieces of a page in vertical writing


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces that are read as one line, with what is read between them; `prose`: it is running text, however
    narrow its column."""

    pieces: tuple[Piece, ...]
    between: tuple[str, ...] = ()
    prose: bool = False


@dataclass(slots=True)
class _Block:
    """Pieces near each other, split into cells, whose columns do not overlap."""

    first: int
    last: int  # indexes of the first and behind the last piece
    columns: list[tuple[float, float]]
    levels: list[list[Piece]] = field(default_factory=list)  # cells at one height, from left to right
    drawn_by_columns: bool = False


def in_reading_order(text: str, pieces: Sequence[Piece]) -> list[Row] | None:
    """The pieces as they are read; None if that is the order in which they are."""
    rows: list[Row] = []
    at = 0
    for block in _blocks(text, pieces):
        spaced = None if block.drawn_by_columns else _spaced_rows(block)
        if block.drawn_by_columns:
            read = [_row(text, [level], block.columns) for level in block.levels] or None
        elif spaced:
            read = _table(text, block, spaced)
        else:
            read = _columns(text, block) or _table(text, block, _rows_by_first_cell(block))
        if read:
            rows += [Row((piece,)) for piece in pieces[at : block.first]] + read
            at = block.last
    return [*rows, *(Row((piece,)) for piece in pieces[at:])] if rows else None


# --- blocks of cells -------------------------------------------------------------------------


def _cells(piece: Piece) -> list[Piece]:
    """The piece split at wide gaps."""
    if len(piece.words) < 2:
        return [piece]
    wide = _GAP * piece.size
    cuts = [n for n, (a, b) in enumerate(pairwise(piece.words), 1) if b.left - a.right > wide]
    if not cuts:
        return [piece]
    return [piece.part(piece.words[a:b]) for a, b in pairwise((0, *cuts, len(piece.words)))]


def _blocks(text: str, pieces: Sequence[Piece]) -> Iterator[_Block]:
    """Runs of pieces that stand in columns, each with two lines of several cells or more."""
    cells = [_cells(piece) for piece in pieces]
    drawn = {
        block.first: block
        for block in (_Block(*table, drawn_by_columns=True) for table in tables(text, pieces, cells))
    }
    at = 0
    while at < len(pieces):
        if at in drawn:
            yield drawn[at]
            at = drawn[at].last
            continue
        several = len(cells[at]) > 1 or (at + 1 < len(pieces) and _beside(pieces[at], pieces[at + 1]))
        block = _block(pieces, cells, at) if several else None
        if block is None:
            at += 1
            continue
        at = block.last
        if sum(len(level) > 1 for level in block.levels) >= 2:
            yield block


def _beside(a: Piece, b: Piece) -> bool:
    one, other = a.longest, b.longest
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    return overlap > 0.4 * min(a.size, b.size) and (b.left > a.right + _GAP * a.size)


def _block(pieces: Sequence[Piece], cells: Sequence[Sequence[Piece]], first: int) -> _Block | None:
    columns: list[tuple[float, float]] = []
    inside: list[Piece] = []
    top = bottom = pieces[first].longest.top
    last = first
    for last in range(first, len(pieces) + 1):
        if last == len(pieces):
            break
        word, size = pieces[last].longest, pieces[last].size
        if not top - 0.5 * size <= word.top <= bottom + _NEAR * size:
            break
        widened = _with_cells(columns, cells[last])
        if widened is None:
            break
        columns = widened
        inside += cells[last]
        bottom = max(bottom, word.bottom)
    if len(columns) < 2:
        return None
    return _Block(first, last, columns, _levels(inside))


def _with_cells(
    columns: Sequence[tuple[float, float]], cells: Sequence[Piece]
) -> list[tuple[float, float]] | None:
    """The columns with these cells in them; None if one of them spans two columns."""
    found = list(columns)
    for cell in cells:
        left, right = cell.left, cell.right
        touched = [n for n, (a, b) in enumerate(found) if left < b and a < right]
        if len(touched) > 1:
            return None
        if touched:
            a, b = found.pop(touched[0])
            left, right = min(a, left), max(b, right)
            if any(left < d and c < right for c, d in found):
                return None
        found.append((left, right))
    return sorted(found)


def _levels(cells: Sequence[Piece]) -> list[list[Piece]]:
    """The cells by height; those of one height from left to right."""
    levels: list[list[Piece]] = []
    for cell in sorted(cells, key=lambda cell: cell.longest.top):
        word = cell.longest
        if levels:
            other = levels[-1][0].longest
            if min(word.bottom, other.bottom) - max(word.top, other.top) > 0.5 * min(
                cell.size, levels[-1][0].size
            ):
                levels[-1].append(cell)
                continue
        levels.append([cell])
    return [sorted(level, key=lambda cell: cell.left) for level in levels]


def _in_column(cell: Piece, columns: Sequence[tuple[float, float]]) -> int:
    return next(n for n, (a, b) in enumerate(columns) if cell.left < b and a < cell.right)


# --- columns, written row by row -------------------------------------------------------------


def _columns(text: str, block: _Block) -> list[Row] | None:
    """The block column by column; None if it is no prose in columns."""
    if len(block.levels) < _FEWEST_LINES:
        return None
    columns = _by_column(block)
    if not all(len(column) >= _FULL * len(block.levels) and _is_prose(text, column) for column in columns):
        return None
    return [Row((cell,), prose=True) for column in columns for cell in column]


def _by_column(block: _Block) -> list[list[Piece]]:
    columns: list[list[Piece]] = [[] for _ in block.columns]
    for level in block.levels:
        for cell in level:
            columns[_in_column(cell, block.columns)].append(cell)
    return columns


def _is_prose(text: str, column: Sequence[Piece]) -> bool:
    if len(column) < _FEWEST_LINES - 1:
        return False
    going_on = sum(_continues(text, a, b) for a, b in pairwise(column))
    width = mean(wcwidth.width(text[cell.start : cell.end]) for cell in column)
    return going_on >= _GOES_ON * (len(column) - 1) and width >= _PROSE_WIDTH


def _continues(text: str, a: Piece, b: Piece) -> bool:
    """The sentence of `a` goes on in `b`."""
    return not ends_sentence(text, a.start, a.end) and begins_within(text[b.start])


# --- tables ----------------------------------------------------------------------------------


def _table(text: str, block: _Block, rows: Sequence[list[list[Piece]]]) -> list[Row] | None:
    """The block as rows of a table; None if no cell of it takes several lines of words, or it is prose."""
    if len(rows) < 2 or not any(_is_wrapped(row, block.columns) for row in rows):
        return None
    for row in rows:
        filled = {_in_column(cell, block.columns) for level in row for cell in level}
        if 0 not in filled or len(filled) < 2:
            return None
    prose = sum(_is_prose(text, column) for column in _by_column(block))
    if prose > 1 and len(block.levels) > _MOST_LINES:
        return None
    firsts = [level[0] for row in rows for level in row if _in_column(level[0], block.columns) == 0]
    if not all(_NAME.search(text, cell.start, cell.end) for cell in firsts):
        return None  # items of a list, numbered lines, formulas
    return [_row(text, row, block.columns) for row in rows]


def _is_wrapped(levels: Sequence[Sequence[Piece]], columns: Sequence[tuple[float, float]]) -> bool:
    """A cell takes several lines, of words."""
    lines: dict[int, list[int]] = {}
    for level in levels:
        for cell in level:
            lines.setdefault(_in_column(cell, columns), []).append(cell.end - cell.start)
    return any(len(letters) > 1 and mean(letters) >= _WORDY for letters in lines.values())


def _spaced_rows(block: _Block) -> list[list[list[Piece]]] | None:
    """The levels of each row, where rows are further apart than the lines inside them, in all columns at
    once: no columns of prose have that."""
    tops = [min(cell.longest.top for cell in level) for level in block.levels]
    steps = [b - a for a, b in pairwise(tops)]
    within = [b.longest.top - a.longest.top for column in _by_column(block) for a, b in pairwise(column)]
    apart = _ROW_STEP * min(within, default=0.0)
    rows = _split(block.levels, [step > apart for step in steps])
    if len(rows) < max(_FEWEST_ROWS, len(block.levels) / _MOST_LINES):
        return None
    return rows if all(_is_one_row(row, block.columns) for row in rows) else None


def _rows_by_first_cell(block: _Block) -> list[list[list[Piece]]]:
    """The levels of each row, where each begins with a cell in the first column."""
    return _split(block.levels, [_in_column(level[0], block.columns) == 0 for level in block.levels[1:]])


def _split(levels: Sequence[list[Piece]], begins: Sequence[bool]) -> list[list[list[Piece]]]:
    rows: list[list[list[Piece]]] = []
    for level, begin in zip(levels, (True, *begins), strict=True):
        if begin:
            rows.append([])
        rows[-1].append(level)
    return rows


def _is_one_row(levels: Sequence[Sequence[Piece]], columns: Sequence[tuple[float, float]]) -> bool:
    """A cell of one line stands beside those that take several."""
    if len(levels) == 1 or len(columns) == 2:
        return True
    filled = [_in_column(cell, columns) for level in levels for cell in level]
    return any(filled.count(column) == 1 for column in filled)


def _row(text: str, levels: Sequence[Sequence[Piece]], columns: Sequence[tuple[float, float]]) -> Row:
    cells = sorted((cell for level in levels for cell in level), key=lambda cell: _in_column(cell, columns))
    between = []
    for a, b in pairwise(cells):
        same = _in_column(a, columns) == _in_column(b, columns)
        between.append(glue(text[a.end - 1], text[b.start]) if same else CELL)
    return Row(tuple(cells), tuple(between))


# --- vertical writing ------------------------------------------------------------------------


def in_vertical_order(text: str, pieces: Sequence[Piece]) -> list[Row] | None:
    """The columns of a page in vertical writing, from right to left, each as a line that runs to the right;
    None if the page is written otherwise."""
    if not SOLID_CHARACTER.search(text):
        return None
    solid = sum(1 for piece in pieces if SOLID_CHARACTER.match(text, piece.start))
    if 2 * solid <= len(pieces):
        return None
    columns = [list(group) for group in _stacks(pieces)]
    tall = sum(len(column) for column in columns if len(column) > 1 or _is_tall(column[0]))
    if tall < _VERTICAL * len(pieces):
        return None
    rows = [Row(tuple(map(_turned, column)), ("",) * (len(column) - 1), prose=True) for column in columns]
    ordered: list[Row] = []
    for tier in _tiers(rows):
        ordered += sorted(tier, key=lambda row: row.pieces[0].longest.top)
    return ordered


def _is_tall(piece: Piece) -> bool:
    word = piece.longest
    return word.foot - word.top > 1.5 * (word.right - word.left)


def _stacks(pieces: Sequence[Piece]) -> Iterator[Iterator[Piece]]:
    """The pieces, those that stand below each other as one."""
    number = 0
    numbers = []
    for before, piece in zip((None, *pieces), pieces, strict=False):
        if before is None or not _is_below(before, piece):
            number += 1
        numbers.append(number)
    for _, group in groupby(zip(numbers, pieces, strict=True), key=lambda pair: pair[0]):
        yield (piece for _, piece in group)


def _is_below(above: Piece, below: Piece) -> bool:
    a, b = above.longest, below.longest
    few = max(above.end - above.start, below.end - below.start) <= _STACKED
    return (
        few and abs(a.left - b.left) < 0.3 * above.size and 0.5 * above.size < b.top - a.top < 3 * above.size
    )


def _turned(piece: Piece) -> Piece:
    words = tuple(Word(w.start, w.end, w.top, w.foot, -w.right, -w.left, -w.left) for w in piece.words)
    return Piece.of(piece.start, piece.end, words)


def _tiers(rows: Sequence[Row]) -> list[list[Row]]:
    """Columns that stand beside each other; a page may have several tiers."""
    tiers: list[list[Row]] = []
    end = 0.0
    for row in sorted(rows, key=lambda row: row.pieces[0].left):
        if not tiers or row.pieces[0].left >= end:
            tiers.append([])
        tiers[-1].append(row)
        end = max(end, row.pieces[-1].right) if len(tiers[-1]) > 1 else row.pieces[-1].right
    return tiers
