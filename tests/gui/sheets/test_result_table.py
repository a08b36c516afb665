"""Results in a sheet."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop_kb.gui.sheets.result_table import ResultTable, cell


def test_results_that_take_the_place_of_others_are_as_high_as_they(qtbot: QtBot) -> None:
    table = ResultTable("Results", ["What", "Result"])
    qtbot.addWidget(table)

    def fill() -> list[int]:
        table.setRowCount(0)
        table.add_row(cell("Text"), cell("It is told in words, and they do not fit into one line. " * 3))
        table.add_row(cell("Vectors"), cell("all there", "quiet"))
        table.resize(300, table.heightForWidth(300))
        table.show()
        return [table.rowHeight(row) for row in range(2)]

    first = fill()
    assert first[0] > 2 * first[1]
    assert fill() == first
