"""Colours, grid, radii and font sizes of the window; its palette and style sheet are generated from them.

Text is `ink`, `muted`, `accent` or `attention`, never `faint`. `TEXT_PAIRS` lists the pairs of text and
background colours in use; each has a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from string import Template
from typing import Final
from zlib import crc32

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QFontMetricsF, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from desktop_kb import paths

GRID: Final = 4
RADIUS_CARD: Final = 10
RADIUS_ROW: Final = 7
RADIUS_TAG: Final = 5
SIDE_BAR: Final = 208
BAR: Final = 34

#: Colours of the dots before tags, chosen by the tag's name; decoration, the same in both themes.
TAG_DOTS: Final = tuple(
    QColor(name)
    for name in ("#C9785A", "#6B9FB8", "#9B82B8", "#8FA86C", "#C29A4B", "#6E8F8A", "#B8768E", "#7F8AA8")
)


#: The grounds of marked passages, on light and on dark; on pages, which are white, those on light.
MARKS: Final = {
    "yellow": (QColor("#FFE27A"), QColor("#6B5B14")),
    "green": (QColor("#BFE8A8"), QColor("#2F5A2A")),
    "blue": (QColor("#B5DBFA"), QColor("#234E70")),
    "red": (QColor("#FFC2B8"), QColor("#703226")),
    "purple": (QColor("#DDC8F5"), QColor("#4E3870")),
}

#: The dots of the landscape by group, on light and on dark, and the first and the last of shades of one colour; each
#: at 3:1 on every ground that they are drawn on (WCAG 2.2, 1.4.11).
_CATEGORIES: Final = tuple(
    (QColor(light), QColor(dark))
    for light, dark in (
        ("#1F6FB2", "#7BB8EE"),
        ("#A84A14", "#F0A070"),
        ("#8A4FA8", "#CBA2EA"),
        ("#4F7A17", "#A8D070"),
        ("#B83872", "#F093BE"),
        ("#8A6500", "#E6C25A"),
        ("#1F7C82", "#78D0D0"),
    )
)
_SHADES: Final = ((QColor("#2A76B4"), QColor("#0B2442")), (QColor("#6F9FC8"), QColor("#E4F2FF")))
MOST_SHADES: Final = 6


@dataclass(frozen=True)
class Theme:
    """The colours of one theme."""

    background: QColor
    panel: QColor
    line: QColor
    ink: QColor
    muted: QColor
    faint: QColor
    accent: QColor
    accent_ground: QColor
    selection: QColor
    answer: QColor
    word_underline: QColor
    attention: QColor

    @property
    def dark(self) -> bool:
        """Whether the background is dark."""
        return self.background.lightness() < 128

    @property
    def track(self) -> QColor:
        """The colour of the unfilled part of a bar; decoration."""
        return self.line.darker(106) if not self.dark else self.line.lighter(115)


def _theme(*names: str) -> Theme:
    return Theme(*(QColor(name) for name in names))


LIGHT: Final = _theme(
    "#F6F6F4", "#FFFFFF", "#E6E5E1", "#1E1E1C", "#6F6E69", "#A3A19A",
    "#2F6F5E", "#E3EFEB", "#EEF4F2", "#FFF1B8", "#FFE08A", "#9A5212",
)  # fmt: skip
DARK: Final = _theme(
    "#191A1B", "#212324", "#303335", "#E9E8E4", "#9C9B95", "#6D6C67",
    "#7CC4AE", "#24352F", "#26302D", "#4A4222", "#6A5C24", "#E0A35C",
)  # fmt: skip

#: For who asks the system for more contrast (WCAG 2.2, 1.4.6 and 1.4.11): text at 7:1, lines and grounds at 3:1.
HIGH_LIGHT: Final = _theme(
    "#FFFFFF", "#FFFFFF", "#8A8A8A", "#000000", "#3B3B38", "#6E6E69",
    "#0B4A3A", "#E3EFEB", "#DDEBE6", "#FFE680", "#8A6A00", "#6B3300",
)  # fmt: skip
HIGH_DARK: Final = _theme(
    "#000000", "#000000", "#757575", "#FFFFFF", "#D0CFC8", "#9A9992",
    "#9BE8D0", "#173A30", "#143329", "#5C5000", "#E6C65A", "#FFC98A",
)  # fmt: skip

#: (text, background): the names of the colours that are used together.
TEXT_PAIRS: Final = (
    *(
        (text, ground)
        for text in ("ink", "muted", "accent")
        for ground in ("background", "panel", "selection")
    ),
    ("ink", "accent_ground"),
    ("ink", "answer"),
    ("ink", "line"),
    ("accent", "accent_ground"),
    ("attention", "background"),
    ("attention", "panel"),
    ("background", "accent"),
)

_chosen: Theme = LIGHT
_system_font: QFont | None = None


def current() -> Theme:
    """The theme in use."""
    return _chosen


def categories() -> tuple[QColor, ...]:
    """Colours that are told from each other, for what has no order."""
    return tuple(pair[_chosen.dark] for pair in _CATEGORIES)


def dot_of(tag: str) -> int:
    """Which of `TAG_DOTS` a tag has."""
    return crc32(tag.encode()) % len(TAG_DOTS)


def like_their_dots(tags: Sequence[str]) -> list[QColor]:
    """One of `categories` for each of at most as many tags: none twice, and of what is left the nearest in hue to the
    tag's dot, so that a tag looks alike everywhere."""
    left, chosen = list(categories()), list[QColor]()
    for tag in tags:
        hue = TAG_DOTS[dot_of(tag)].hue()
        chosen.append(min(left, key=lambda color: abs((color.hue() - hue + 180) % 360 - 180)))
        left.remove(chosen[-1])
    return chosen


def shades(count: int) -> tuple[QColor, ...]:
    """Shades of one colour, for what has an order; `MOST_SHADES` can be told from each other."""
    first, last = _SHADES[_chosen.dark]
    return tuple(mixed(first, last, at / max(1, count - 1)) for at in range(count))


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """`share` of the other colour in the one."""
    pairs = ((one.redF(), other.redF()), (one.greenF(), other.greenF()), (one.blueF(), other.blueF()))
    return QColor.fromRgbF(*(a + (b - a) * share for a, b in pairs))


def apply(app: QApplication, dark: bool | None = None) -> None:
    """Set style, font, palette and style sheet of the whole program.

    Args:
        dark: None follows the system.
    """
    global _chosen, _system_font
    hints = QGuiApplication.styleHints()
    if dark is None:
        dark = hints.colorScheme() == Qt.ColorScheme.Dark
    if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
        _chosen = HIGH_DARK if dark else HIGH_LIGHT
    else:
        _chosen = DARK if dark else LIGHT
    if _system_font is None:
        _system_font = QFont(app.font())
    app.setStyle("Fusion")
    app.setPalette(_palette(_chosen))
    app.setStyleSheet(_style_sheet(_chosen))
    # Last: setting a style sheet brings back the fonts that Windows has for menus, lists and boxes.
    app.setFont(font())


@contextmanager
def undressed(app: QApplication) -> Iterator[None]:
    """Within this context widgets are made without the style sheet, which is set again at its end. Else it is worked
    through anew for all within a widget whenever that gets into another one: half of what the main window takes."""
    sheet = app.styleSheet()
    app.setStyleSheet("")
    try:
        yield
    finally:
        app.setStyleSheet(sheet)
        app.setFont(font())  # see `apply`


# --- sizes -----------------------------------------------------------------------------------


def scale() -> float:
    """The size of the system's font relative to the usual one; at least 1.

    The usual sizes are 9 pt at 96 dpi (Windows), 10 or 11 pt (Linux), 13 px (macOS).
    """
    if _system_font is None:
        return 1.0
    screen = QGuiApplication.primaryScreen()
    dpi = screen.logicalDotsPerInchY() if screen else 96.0
    points = _system_font.pointSizeF()
    pixels = points * dpi / 72 if points > 0 else float(_system_font.pixelSize())
    return max(1.0, pixels / 14.7)


def px(size: float) -> int:
    """A length of the design in pixels, scaled with the system's font size."""
    return round(size * scale())


BODY: Final = 14.0
SECONDARY: Final = 12.5
HEADING: Final = 21.0

#: Windows' and macOS' Chinese fonts by name: a system that does not speak Chinese chooses a Japanese one.
_SANS: Final = ("Microsoft YaHei UI", "PingFang SC", "Noto Sans", "Noto Sans CJK SC", "Noto Color Emoji")
_SERIF: Final = ("Noto Serif", "Source Serif 4", "Georgia", "Songti SC", "SimSun", "Noto Serif CJK SC")


def font(size: float = BODY, *, bold: bool = False, serif: bool = False) -> QFont:
    """The font of the interface (the system's, with Noto as fallback), or with `serif` of headings."""
    made = QFont(_system_font) if _system_font is not None else QFont()
    families = list(_SERIF) if serif else [*made.families(), *_SANS]
    installed = set(QFontDatabase.families())
    if not serif and "Noto Sans CJK SC" in installed and not installed & {made.family()}:
        # The system's family is not installed: use Noto's Chinese font, whose Latin letters match.
        families = ["Noto Sans CJK SC"]
    made.setFamilies(families)
    made.setPixelSize(px(size))
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def fixed_font() -> QFont:
    """The system's font whose letters are equally wide. Drawn into memory on Windows, Qt names one that is not there:
    then one of those that are."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    # Its name may be an alias ('monospace'), of which a list of families takes the next one.
    made.setFamilies([QFontInfo(made).family()])
    letters = QFontMetricsF(made)
    if letters.horizontalAdvance("i") != letters.horizontalAdvance("W"):
        made.setFamilies([*filter(QFontDatabase.isFixedPitch, QFontDatabase.families()), *made.families()])
    return made


def contrast(text: QColor, ground: QColor) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(text), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: QColor) -> float:
    parts = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


# --- palette and style sheet -----------------------------------------------------------------


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, color in (
        (role.Window, theme.background),
        (role.Base, theme.panel),
        (role.AlternateBase, theme.background),
        (role.Button, theme.panel),
        (role.ToolTipBase, theme.panel),
        (role.Text, theme.ink),
        (role.WindowText, theme.ink),
        (role.ButtonText, theme.ink),
        (role.ToolTipText, theme.ink),
        (role.BrightText, theme.attention),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.background),
        (role.Link, theme.accent),
        (role.LinkVisited, theme.accent),
        (role.Accent, theme.accent),
        (role.Mid, theme.line),
        (role.Dark, theme.line),
        (role.Light, theme.panel),
        (role.Shadow, theme.line),
    ):
        palette.setColor(name, color)
    for name in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, theme.faint)
    return palette


def _style_sheet(theme: Theme) -> str:
    template = Template(Path(paths.resource("window.qss")).read_text(encoding="utf-8"))
    values = {field.name: getattr(theme, field.name).name() for field in fields(theme)}
    sizes = {
        "card": RADIUS_CARD,
        "row": RADIUS_ROW,
        "tag": RADIUS_TAG,
        "body": px(BODY),
        "secondary": px(SECONDARY),
        "heading": px(HEADING),
        "large": px(17),
        "grid": GRID,
    }
    values |= {name: str(size) for name, size in sizes.items()}
    values |= {"icons": paths.resource("icons").as_posix(), "tone": "dark" if theme.dark else "light"}
    return template.substitute(values)
