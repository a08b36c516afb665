"""The order in which lines of a picture are read, from their places."""

from __future__ import annotations

import random
from collections.abc import Sequence

from desktop_kb.extract.picture_order import Place, in_reading_order

HEIGHT, STEP = 10.0, 14.0


def _column(left: float, width: float, top: float, count: int) -> list[Place]:
    """Lines of prose below each other, the last of them short."""
    lines = [(left, top + n * STEP, left + width, top + n * STEP + HEIGHT) for n in range(count)]
    return [*lines[:-1], (left, lines[-1][1], left + width / 2, lines[-1][3])]


def _is_kept(lines: Sequence[Place]) -> bool:
    """Lines that were drawn in any order come back in this one."""
    shuffled = list(range(len(lines)))
    random.Random(5).shuffle(shuffled)
    found = in_reading_order([lines[n] for n in shuffled])
    return [shuffled[n] for n in found] == list(range(len(lines)))


def test_one_column_is_read_from_the_top() -> None:
    assert _is_kept(_column(50, 400, 100, 20))


def test_columns_are_read_one_after_the_other() -> None:
    assert _is_kept([*_column(50, 200, 100, 20), *_column(270, 200, 100, 18)])
    assert _is_kept([*_column(50, 130, 100, 20), *_column(190, 130, 104, 20), *_column(330, 130, 98, 20)])


def test_what_stands_over_both_columns_comes_before_and_between_them() -> None:
    title, middle = [(100.0, 60.0, 400.0, 78.0)], [(60.0, 250.0, 460.0, 262.0)]
    upper = [*_column(50, 200, 100, 9), *_column(270, 200, 100, 9)]
    lower = [*_column(50, 200, 280, 9), *_column(270, 200, 280, 9)]
    assert _is_kept([*title, *upper, *middle, *lower])


def test_columns_flow_around_a_picture_and_its_caption() -> None:
    upper = 100 + 8 * STEP
    lower = upper + 12 * STEP
    left = [*_column(50, 200, 100, 8), *_column(50, 90, upper, 12), *_column(50, 200, lower, 6)]
    right = [*_column(270, 200, 100, 8), *_column(380, 90, upper, 12), *_column(270, 200, lower, 6)]
    caption = [(200.0, upper + 8 * STEP + 9.0 * n, 320.0, upper + 8 * STEP + 9.0 * n + 7) for n in range(3)]
    assert _is_kept([*left, *right, *caption])


def test_the_cells_of_a_table_stay_beside_each_other() -> None:
    rows = [
        (left, 100 + row * 20.0, left + 40, 110 + row * 20.0)
        for row in range(8)
        for left in (50.0, 150.0, 250.0)
    ]
    assert _is_kept(rows)


def test_the_head_of_a_page_with_its_number_comes_first() -> None:
    head = [(150.0, 60.0, 400.0, 70.0), (440.0, 60.0, 470.0, 70.0)]
    found = in_reading_order([*head, *_column(50, 200, 100, 20), *_column(270, 200, 100, 20)])
    assert found.index(0) == 0


def test_formulas_and_figures_do_not_take_the_columns_apart() -> None:
    """A column has more pieces of formulas, and labels in figures, than lines."""
    pieces = [
        (left, 100 + row * STEP, left + 12, 100 + row * STEP + HEIGHT)
        for row in range(10)
        for left in range(60, 240, 40)
    ]
    left = [*pieces, *_column(50, 200, 100 + 10 * STEP, 20)]
    right = _column(270, 200, 105, 30)
    found = in_reading_order([*left, *right])
    assert set(found[: len(left)]) == set(range(len(left)))


def test_the_rows_of_a_table_that_leaves_the_gutter_free_stay_whole() -> None:
    lefts = (50, 100, 150, 200, 270, 320, 370, 420)
    table = [(x + 0.0, 100 + 16.0 * row, x + 30.0, 110 + 16.0 * row) for row in range(7) for x in lefts]
    note = [(50.0, 220.0, 460.0, 230.0)]
    assert _is_kept([*table, *note, *_column(50, 200, 250, 20), *_column(270, 200, 250, 20)])


def test_an_index_has_two_columns() -> None:
    """Its entries are short, and stand alone."""
    left = [
        (50.0, 100 + STEP * n, 50 + width, 110 + STEP * n) for n, width in enumerate([95.0, 70.0, 120.0] * 8)
    ]
    right = [(x + 220, top, end + 220, bottom) for x, top, end, bottom in left]
    assert _is_kept([*left, *right])


def test_names_beside_numbers_are_a_table() -> None:
    cells = [(50.0, 40.0), (110.0, 150.0), (300.0, 60.0), (380.0, 40.0), (440.0, 40.0)]
    table = [(x, 100 + 16.0 * row, x + width, 110 + 16.0 * row) for row in range(12) for x, width in cells]
    assert _is_kept(table)


def test_a_table_is_not_parted_at_its_widest_gap() -> None:
    """Its rows are far apart; the remarks at the right fill the lines between them."""
    rows: list[Place] = []
    for row in range(12):
        top = 100 + 2 * STEP * row
        cells = [
            (50.0, 40.0),
            (140.0, 25.0),
            (200.0, 70.0),
            (440.0, 25.0),
            (490.0, 25.0),
            (540.0, 160.0),
            (730.0, 25.0),
        ]
        rows += [(left, top, left + width, top + HEIGHT) for left, width in cells]
        rows.insert(-1, (540.0, top + STEP, 710.0, top + STEP + HEIGHT))
    assert _is_kept(rows)


def test_the_rows_of_a_form_stay_whole() -> None:
    """Each has its number, what is asked, at times long, and the box for the answer."""
    rows: list[Place] = []
    for row in range(30):
        top = 100 + 1.5 * STEP * row
        asked = 480.0 if row % 8 == 3 else 250.0
        cells = [(50.0, 12.0), (80.0, asked), (600.0, 90.0)]
        rows += [(left, top, left + width, top + HEIGHT) for left, width in cells]
        if row % 8 != 3:
            rows.insert(-1, (400.0, top, 500.0, top + HEIGHT))
    assert _is_kept(rows)


def _wrapped(
    tops: Sequence[float], columns: Sequence[tuple[float, float]], counts: Sequence[int]
) -> list[Place]:
    """Rows of a table at these tops, whose cells have so many lines, another cell the most in each row."""
    return [
        (left, top + 12 * line, left + width, top + 12 * line + HEIGHT)
        for row, top in enumerate(tops)
        for column, (left, width) in enumerate(columns)
        for line in range(counts[(row + column) % len(counts)])
    ]


def test_cells_of_several_lines_are_read_one_after_the_other() -> None:
    tops = [100.0 + 60 * row for row in range(6)]
    three = [(50.0, 100.0), (180.0, 110.0), (330.0, 120.0)]
    assert _is_kept(_wrapped(tops, three, (1, 4, 2)))
    assert _is_kept(_wrapped(tops, [(50.0, 60.0), (180.0, 250.0)], (1, 3, 2, 4)))
    prose = _column(50, 400, 500, 12)
    assert _is_kept([(50.0, 60.0, 300.0, 74.0), *_wrapped(tops, three, (1, 4, 2)), *prose])


def test_a_cell_that_reaches_below_another_column_s_is_in_its_row() -> None:
    """The second column is full: in the last row its box is a little too wide, but ends before what is beside it."""
    columns = [(50.0, 60.0), (130.0, 99.5), (230.0, 110.0), (360.0, 110.0)]
    wider = [(50.0, 60.0), (130.0, 104.6), (236.0, 104.0), (360.0, 110.0)]
    tops = [100.0 + 60 * row for row in range(4)]
    assert _is_kept([*_wrapped(tops, columns, (2, 4, 1, 3)), *_wrapped([340.0], wider, (2, 4, 1, 3))])


def test_short_labels_beside_their_values_are_read_row_by_row() -> None:
    labels, values = (32.0, 48.0, 40.0, 44.0), (60.0, 95.0, 62.0, 150.0)
    rows = [
        (left, 60 + STEP * row, left + widths[row % 4], 60 + STEP * row + HEIGHT)
        for row in range(8)
        for left, widths in ((50.0, labels), (115.0, values))
    ]
    assert _is_kept(rows)


def test_a_table_and_the_chart_beside_it_are_read_one_after_the_other() -> None:
    """The numbers at the chart's axis stand between the rows of the table, as often as beside them."""
    table = [
        (left, 100 + 16.0 * row, left + 40, 110 + 16.0 * row)
        for row in range(16)
        for left in (50.0, 150.0, 250.0)
    ]
    axis = [(310.0, 106 + 19.0 * row, 330.0, 116 + 19.0 * row) for row in range(12)]
    assert _is_kept([*table, *axis])


def test_a_side_bar_is_read_after_the_column_with_tables_beside_it() -> None:
    """Its lines are on levels of their own, and it is narrower than the column."""
    table = [
        (left, 240 + 13.0 * row, left + 40, 250 + 13.0 * row)
        for row in range(14)
        for left in (50.0, 130.0, 210.0, 290.0)
    ]
    main = [*_column(50, 300, 100, 9), *table, *_column(50, 300, 440, 8)]
    assert _is_kept([*main, *((400.0, 103 + 17.5 * n, 500.0, 113 + 17.5 * n) for n in range(25))])
    assert _is_kept(
        [*_column(50, 300, 100, 40), *((400.0, 103 + 21.5 * n, 480.0, 113 + 21.5 * n) for n in range(25))]
    )


def test_a_side_bar_is_no_column_of_the_short_texts_beside_it() -> None:
    """Some of its paragraphs begin on their levels, each of which has a large number above it."""
    cards: list[Place] = []
    for left in (55.0, 342.0):
        for top, count in ((262, 3), (457, 4), (674, 3), (873, 3)):
            cards.append((left, top, left + 100, top + 36.0))
            cards += [(left, top + 53 + 22.5 * n, left + 200, top + 71 + 22.5 * n) for n in range(count)]
    tops = [
        262.0,
        *(
            top + 21 * n
            for top, count in ((304, 6), (455, 3), (545, 4), (655, 3), (745, 4))
            for n in range(count)
        ),
    ]
    bar = [
        (657.0, top, 870.0, top + 18) for top in [*tops, 855.0, 876.0, 925.0, 946.0, 993.0, 1014.0, 1035.0]
    ]
    found = in_reading_order([*bar, *cards])
    assert found[-len(bar) :] == list(range(len(bar)))


def test_merged_cells_stay_in_their_table() -> None:
    """They stand between the rows that they are of."""
    rows = [
        (left, 100 + 16.0 * row, left + 40, 110 + 16.0 * row)
        for row in range(14)
        for left in (150.0, 250.0, 350.0)
    ]
    merged = [(60.0, 108 + 32.0 * n, 100.0, 118 + 32.0 * n) for n in range(7)]
    found = in_reading_order([*rows, *merged])
    assert [number for number in found if number < len(rows)] == list(range(len(rows)))
    assert found.index(len(rows)) < 6


def test_numbers_of_lines_make_no_table_of_two_columns() -> None:
    """As two pages of a transcript on one sheet have them."""
    lines = [
        (left, top, right, top + HEIGHT)
        for x in (50.0, 300.0)
        for top in (100 + STEP * n for n in range(25))
        for left, right in ((x, x + 10), (x + 25, x + 200))
    ]
    assert _is_kept(lines)


def test_rows_in_groups_are_no_cells_of_several_lines() -> None:
    rows = [
        (left, 100 + 12.0 * row + 10 * (row // 4), left + 30, 110 + 12.0 * row + 10 * (row // 4))
        for row in range(20)
        for left in (50.0, 180.0, 300.0, 420.0)
    ]
    assert _is_kept(rows)


def test_paragraphs_that_begin_side_by_side_are_in_columns_all_the_same() -> None:
    """Some do by chance where both columns have the same lines."""
    gaps = {5: 12, 11: 12, 20: 12, 24: 12}, {5: 12, 14: 12, 20: 12, 31: 12}
    columns: list[Place] = []
    for left, after in zip((50.0, 270.0), gaps, strict=True):
        top = 100.0
        for line in range(36):
            columns.append((left, top, left + 200, top + HEIGHT))
            top += STEP + after.get(line, 0)
    assert _is_kept(columns)


def test_a_column_with_tables_stands_beside_one_of_prose() -> None:
    """The table is a third of its column's text."""
    table = [
        (left, 100 + 11.0 * row, left + 35, 100 + 11.0 * row + HEIGHT)
        for row in range(18)
        for left in (50.0, 110.0, 170.0)
    ]
    assert _is_kept([*table, *_column(50, 200, 310, 16), *_column(270, 200, 100, 30)])


def test_the_messages_of_a_chat_follow_each_other() -> None:
    """One's bubbles stand at the left, the other's at the right, none beside another."""
    chance = random.Random(3)
    lines: list[Place] = []
    top = 60.0
    for message in range(14):
        left = 60.0 if message % 3 else 300.0
        for _ in range(chance.randint(1, 3)):
            lines.append((left, top, left + chance.uniform(90, 200), top + HEIGHT))
            top += STEP
        top += 18
    assert _is_kept(lines)


def test_nothing_has_no_order() -> None:
    assert in_reading_order([]) == []
