"""Every text can be read on the ground it stands on, in both themes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QProxyStyle,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop_kb.gui import theme
from desktop_kb.gui.text import code_point_offset, utf16_offset

#: PySide takes a string, its types ask for bytes.
_MENU: Any = "QMenu"


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", theme.TEXT_PAIRS, ids="-".join)
def test_contrast(tokens: theme.Theme, pair: tuple[str, str]) -> None:
    assert theme.contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) >= 4.5


@pytest.mark.parametrize("tokens", [theme.HIGH_LIGHT, theme.HIGH_DARK], ids=["light", "dark"])
def test_more_contrast_for_who_asks_the_system_for_it(
    qapp: QApplication, tokens: theme.Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text, ground in theme.TEXT_PAIRS:
        least = 4.5 if ground == "line" else 7
        assert theme.contrast(getattr(tokens, text), getattr(tokens, ground)) >= least, (text, ground)
    for colour in (tokens.background, tokens.panel):
        assert theme.contrast(tokens.line, colour) >= 3
        assert theme.contrast(tokens.accent, colour) >= 3
    wanted = SimpleNamespace(contrastPreference=lambda: Qt.ContrastPreference.HighContrast)
    hints = SimpleNamespace(accessibility=lambda: wanted)
    monkeypatch.setattr(QGuiApplication, "styleHints", staticmethod(lambda: hints))
    theme.apply(qapp, tokens.dark)
    assert theme.current() is tokens
    assert tokens.line.name() in qapp.styleSheet()


def test_contrast_is_that_of_the_standard() -> None:
    from PySide6.QtGui import QColor

    assert theme.contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert theme.contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)


def test_faint_is_never_text() -> None:
    assert all(text != "faint" for text, _ in theme.TEXT_PAIRS)


def test_a_theme_reaches_palette_and_style_sheet(qapp: QApplication) -> None:
    theme.apply(qapp, True)
    assert qapp.palette().window().color() == theme.DARK.background
    assert theme.DARK.accent.name() in qapp.styleSheet()
    assert "$" not in qapp.styleSheet()
    theme.apply(qapp, False)
    assert qapp.palette().window().color() == theme.LIGHT.background


class _X11(QProxyStyle):
    """A desktop that puts a coloured sign on each button of a dialog."""

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        data: QStyleHintReturn | None = None,
    ) -> int:
        if hint == QStyle.StyleHint.SH_DialogButtonBox_ButtonsHaveIcons:
            return 1
        return super().styleHint(hint, option, widget, data)


def test_the_buttons_of_qt_s_own_dialogs_have_no_coloured_signs(qtbot: QtBot) -> None:
    box, style = QDialogButtonBox(), _X11()
    qtbot.addWidget(box)
    box.setStyle(style)
    assert box.addButton(QDialogButtonBox.StandardButton.Ok).icon().isNull()


@pytest.mark.parametrize("chinese", ["Microsoft YaHei UI", "PingFang SC", "Noto Sans CJK SC"])
def test_chinese_letters_are_the_systems_own(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, chinese: str
) -> None:
    """Unnamed, a system that does not speak Chinese draws some in their Japanese forms."""
    monkeypatch.setattr(
        theme, "QFontDatabase", SimpleNamespace(families=list)
    )  # nothing is chosen for being there
    families = theme.font().families()
    assert chinese in families[1:]
    assert families.index(chinese) <= families.index("Noto Sans CJK SC")


def test_letters_of_code_are_equally_wide(qapp: QApplication) -> None:
    widths = {QFontMetricsF(theme.fixed_font()).horizontalAdvance(letter) for letter in "iW.0"}
    assert len(widths) == 1


def test_menus_and_lists_have_the_font_of_the_window(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has a font for each, and Qt goes back to them when a style sheet is set."""
    style = qapp.setStyleSheet

    def as_on_windows(sheet: str) -> None:
        style(sheet)
        qapp.setFont(QFont("Segoe UI", 9), _MENU)

    monkeypatch.setattr(qapp, "setStyleSheet", as_on_windows)
    theme.apply(qapp, False)
    assert QApplication.font(_MENU) == theme.font()


@given(st.text(), st.data())
def test_offsets_come_back(text: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(text)))
    units = utf16_offset(text, index)
    assert units == sum(2 if ord(letter) > 0xFFFF else 1 for letter in text[:index])
    assert code_point_offset(text, units) == index
