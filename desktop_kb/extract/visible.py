"""Which parts of a web page a person reads once its scripts have run.

A saved page is as its scripts found it: the article that a script shows is hidden, answers are collapsed,
frames and shadow roots hold text of their own, formulas are there twice. `unfold` turns these into plain
elements. `Furniture` tells what is left out: menus, language lists, edit links, dialogs.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from lxml import etree

from desktop_kb.extract import mathml

_STRING: Final = etree.XPath("normalize-space(string())", smart_strings=False)
_LINKS: Final = etree.XPath(".//a//text()", smart_strings=False)
_DEEPEST_FRAME = 4
_MOST_FRAMES = 200
_DATA_PAGE: Final = re.compile(r"data:text/html[^,]*?(;base64)?,(.*)", re.DOTALL | re.IGNORECASE)
_DISPLAYED: Final = re.compile(r"\s*\{\s*\\(?:display|text)style\s*(.*?)\s*\}\s*$", re.DOTALL)
#: lxml gives these, as references in the page name them, but does not take them.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA_IMAGE: Final = re.compile(
    r"\b(?:tex|latex|math|formula|equation|mwe-math[\w-]*)\b|[?&]tex=|codecogs", re.I
)

#: What KaTeX and MathJax put around the formula and its drawing.
_DRAWN: Final = (
    "ancestor::*[self::mjx-container or contains(concat(' ', @class, ' '), ' katex ')"
    " or contains(concat(' ', @class, ' '), ' MathJax ')][1]"
)
_CONCEALED: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_UNSEEN: Final = re.compile(r"visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)", re.IGNORECASE)
_NEVER: Final = frozenset(
    {
        *(
            "audio",
            "canvas",
            "datalist",
            "embed",
            "en-crypt",
            "head",
            "iframe",
            "input",
            "math",
            "nav",
            "noscript",
            "object",
        ),
        *("script", "select", "style", "svg", "template", "textarea", "video"),
        # How characters are read, written small above them: between them it would tear words.
        *("rp", "rt", "rtc"),
    }
)
_INLINE: Final = frozenset(
    {
        "a",
        "abbr",
        "b",
        "cite",
        "code",
        "em",
        "font",
        "formula",  # what `_formulas` makes of one
        "i",
        "img",
        "label",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
    }
)
_ROLES: Final = frozenset(
    {"navigation", "search", "menu", "menubar", "toolbar", "tooltip", "alertdialog", "dialog", "contentinfo"}
)
#: Always left out: edit links, links to the heading itself, second renderings of a formula, text for no eye.
_LEFT_OUT: Final = re.compile(
    r"(?:^|\s)(?:mw-editsection\S*|editsection|mw-jump-link|headerlink|header-?anchor|anchor-?(?:link|js-link)|hash-link"
    r"|heading-anchor|octicon-link|skip-?(?:link|nav|to)\S*|sr-only|visually-?hidden|screen-reader-text|katex-html"
    r"|MathJax(?:_\w+)?|MJX\S+|mjx-\S+|qr_code_pc\S*)(?:\s|$)",
    re.IGNORECASE,
)
#: Left out where most of it is links.
_MENU: Final = re.compile(
    r"(?:^|[\s_-])(?:nav\w*|(?:\w*-)?menu\w*|side-?bar\w*|toc|table-of-contents|header\w*|masthead|noprint|relat\w+"
    r"|recommend\w*|pagin\w+|pager|languages?|lang-\w+|interlanguage\w*|portlet|advert\w*|ads?|banner|toolbar\w*"
    r"|nav-?box\w*|vertical-navbox|drop-?down\w*|promo\w*|widget\w*|meta-?links|tag-?cloud|top-?bar|site-?(?:map|links))"
    r"(?:[\s_-]|$)",
    re.IGNORECASE,
)
#: Left out where it is short as well.
_CHROME: Final = re.compile(
    r"(?:^|[\s_-])(?:breadcrumbs?|footer\w*|cookies?|consent|shar(?:e|ing)\w*|social\w*|login|sign-?(?:in|up)|subscri\w+"
    r"|newsletter|tool-?tip|popup|modal|overlay)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_DIALOG: Final = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|popup|pop|modal|dialog|overlay|tool-?tip|toast|lightbox|menu\w*|drop-?down\w*|share\w*"
    r"|login|sign-?(?:in|up)|qr\w*|reward\w*|nav\w*|search\w*|spinner|loading|error\w*|template)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_PANEL: Final = re.compile(
    r"panel|collaps|accordion|tab-?(?:content|pane)|tabs?(?:[\s_-]|$)|content|answer|toggle|fold|detail|faq|spoiler|body|more|hide",
    re.IGNORECASE,
)
_EDIT_LINK: Final = re.compile(
    r"[\[［(（]\s*(?:edit(?: source| section)?|编辑(?:源代码|本段)?|編輯(?:原始碼)?|編集|수정|bearbeiten"
    r"|modifier(?: le code)?|editar|modifica|править|redigera)(?:\s*\|\s*[^\]\]]{1,20})?\s*[\]］)）]\s*|[¶#§🔗]",
    re.IGNORECASE,
)
_WHOLE: Final = frozenset({"html", "body", "main", "article"})
_LISTS: Final = frozenset({"ul", "ol"})
_EDIT_SUFFIX: Final = re.compile(rf"\s*(?:{_EDIT_LINK.pattern})\s*$", re.IGNORECASE)
_TITLES: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_OPENERS: Final = frozenset({"button", "summary", "dt", *_TITLES})
_OPENING: Final = frozenset(
    {"aria-expanded", "aria-controls", "onclick", "data-toggle", "data-bs-toggle", "data-target"}
)
_SMALL: Final = frozenset({"a", "small", "span", "sup"})
_LINK_MARKS: Final = frozenset("[［(（¶#§🔗")
#: Where the article stands, the surest first.
_MAINS: Final = (
    "//*[@id='js_article' or @id='img-content']",
    "//main | //*[@role='main']",
    "//*[@id='mw-content-text' or @id='bodyContent' or @itemprop='articleBody']",
    "//article",
)
_MAIN_SHARE = 0.6  # of the page's words that are no links
_LITTLE = 60  # characters; with fewer beside its links, a block outside the article is no prose
_PROSE = 80
_MUCH_PROSE = 600  # characters; a page with fewer may be one of links
_MANY_LINKS = 4
_SHORT_LINK = 20  # characters of a link in a menu, on average


def unfold(root: Any, parse: Callable[[str], Any], frames: Mapping[str, str]) -> None:
    """Put the text of frames, shadow roots and formulas where a person sees it.

    Args:
        parse: makes a tree of a page; None where it has no element.
        frames: the pages that a web archive holds, by the address its frames have.
    """
    _formulas(root)
    for shadow in root.xpath("//template[@shadowrootmode or @shadowmode or @shadowroot]"):
        shadow.tag = "div"
    waiting = [(frame, 0) for frame in root.xpath("//iframe | //frame")]
    for frame, depth in islice(waiting, _MOST_FRAMES):  # frames in frames join the list meanwhile
        page = frame.get("srcdoc") or frames.get(frame.get("src") or "") or _data_page(frame.get("src") or "")
        inside = parse(page) if page and depth < _DEEPEST_FRAME else None
        if inside is None:
            continue
        _formulas(inside)
        for shadow in inside.xpath("//template[@shadowrootmode or @shadowmode or @shadowroot]"):
            shadow.tag = "div"
        waiting += [(inner, depth + 1) for inner in inside.iter("iframe", "frame")]
        frame.tag = "div"
        frame.attrib.clear()  # by name, lxml refuses those that are no XML
        frame.append(inside)
        inside.tag = "div"


def _data_page(address: str) -> str:
    found = _DATA_PAGE.match(address)
    if found is None:
        return ""
    try:
        data = base64.b64decode(found[2]) if found[1] else unquote_to_bytes(found[2])
    except (binascii.Error, ValueError):
        return ""
    return data.decode("utf-8", "replace")


def _formulas(root: Any) -> None:
    """Formulas as their TeX, once."""
    scripts = root.xpath("//script[starts-with(@type, 'math/tex')]")
    for script in scripts:
        script.tag = "formula"
    for formula in root.xpath("//math"):
        text = _written(formula)
        drawn = [] if scripts else formula.xpath(_DRAWN)  # with what a script drew of it
        shown = drawn[0] if drawn else formula
        parent = shown.getparent()
        shown.clear(keep_tail=True)
        shown.tag, shown.text = "formula", text
        if parent is not None and _CONCEALED.search(parent.get("style") or ""):
            del parent.attrib["style"]
    for image in root.xpath("//img[@alt]"):
        if image.get("eeimg") or _FORMULA_IMAGE.search(
            f"{image.get('class') or ''} {image.get('src') or ''}"
        ):
            text = _tex(image.get("alt"))
            around = image.getparent()
            beside = "" if around is None else " ".join("".join(around.itertext()).split())
            if text and " ".join(text.split()) not in beside:
                image.tag, image.text = "formula", text


def _written(formula: Any) -> str:
    """A formula as its author wrote it, else as its MathML says."""
    notes = formula.xpath(
        ".//*[local-name()='annotation'][contains(@encoding, 'tex') or contains(@encoding, 'TeX')]"
    )
    text = next((note.text for note in notes if note.text), None) or formula.get("alttext")
    if text is None:
        text = " ".join(mathml.tex(formula).split())
    return _tex(text)


def _tex(text: str) -> str:
    found = _DISPLAYED.match(text)
    return _CONTROLS.sub("", found[1] if found else text.strip())


def without_edit_link(heading: str) -> str:
    """A heading as its author wrote it: '历史[编辑]' is what a copied page has."""
    return _CONTROLS.sub("", _EDIT_SUFFIX.sub("", heading))


class Furniture:
    """What of a page is no part of what it says; of a `whole` text only what no program shows."""

    def __init__(self, root: Any, *, whole: bool = False) -> None:
        self._whole = whole
        body = root.find("body")
        body = root if body is None else body
        prose = len(_text(body)) - _linked(body)
        self._main = _main(root, prose)
        self._has_prose = prose >= _MUCH_PROSE
        self._above = [] if self._main is None else list(self._main.iterancestors())

    def is_main(self, element: Any) -> bool:
        return element is self._main

    def is_left_out(self, element: Any, tag: str, within: bool) -> bool:
        """Whether `element` is left out; `within` says that it stands in the article."""
        if tag in _NEVER or self._whole:
            return tag in _NEVER
        if tag == "button":
            return not _says_something(element)
        if (
            tag in _SMALL
            and (element.text or "").lstrip()[:1] in _LINK_MARKS
            and _EDIT_LINK.fullmatch(_text(element))
        ):
            return True
        holds_main = element is self._main or element in self._above
        beside_main = not (within or holds_main or self._main is None)
        if beside_main and element.getparent() in self._above and self._is_aside(element, tag):
            return True
        attributes = element.attrib
        outside = beside_main or (self._main is None and self._has_prose)
        if tag in _LISTS and outside and _is_link_list(element):
            return True
        if not attributes:
            return False
        names = f"{attributes.get('class', '')} {attributes.get('id', '')}".strip()
        if names and _LEFT_OUT.search(names):
            return True
        if _is_hidden(attributes, tag) and not _is_collapsed(
            element, tag, names, within or holds_main or self._main is None
        ):
            return True
        if holds_main or tag in _INLINE or tag in _WHOLE:
            return False
        role = attributes.get("role", "")
        if role in _ROLES and not (role.endswith("dialog") and within):
            return True
        return bool(names) and (
            (_MENU.search(names) is not None and _is_links(element))
            or (_CHROME.search(names) is not None and (_is_links(element) or _is_short(element)))
        )

    def _is_aside(self, element: Any, tag: str) -> bool:
        """Outside of the article: no heading of the page, and no prose."""
        if tag in _WHOLE or tag == "h1" or element.find(".//h1") is not None:
            return False
        if tag in ("nav", "footer") or element.get("role") in _ROLES:
            return True
        return len(_text(element)) - _linked(element) < _LITTLE


def _is_hidden(attributes: Mapping[str, str], tag: str) -> bool:
    style = attributes.get("style", "")
    if attributes.get("aria-hidden") == "true" or _UNSEEN.search(style):
        return tag in _INLINE  # a block is seen, or becomes so as the page is scrolled
    return "hidden" in attributes or _CONCEALED.search(style) is not None


def _is_collapsed(element: Any, tag: str, names: str, within: bool) -> bool:
    """A hidden block that a click shows: a panel, an answer, a tab; or whatever holds prose in the article."""
    if tag in _INLINE or element.get("role") in _ROLES or _DIALOG.search(names):
        return False
    if (
        element.get("role") in ("tabpanel", "region")
        or element.get("aria-labelledby")
        or _PANEL.search(names)
    ):
        return True
    before = element.getprevious()
    if before is not None and (before.tag in _OPENERS or _OPENING & set(before.attrib)):
        return True
    return within and len(_text(element)) - _linked(element) >= _PROSE


def _says_something(button: Any) -> bool:
    """A button that opens what it names, or asks: not 'Copy' or 'Sign in'."""
    text = _text(button)
    above = button.getparent()
    opens = {"aria-expanded", "aria-controls"} & set(button.attrib) or button.get("role") == "tab"
    titles = above is not None and above.tag in _OPENERS
    behind = button.getnext()
    if (
        behind is not None
        and _is_hidden(behind.attrib, str(behind.tag))
        and not _DIALOG.search(behind.get("class", ""))
    ):
        return bool(text)
    return bool(text) and bool(titles or opens or text.endswith(("?", "？")) or len(text.split()) > 4)


def _main(root: Any, prose: int) -> Any:
    """The element that holds the article, or None; the page has `prose` characters that are no links."""
    for path in _MAINS:
        found = root.xpath(path)
        if not found:
            continue
        best = max(found[:50], key=lambda element: len(_text(element)))
        if len(_text(best)) - _linked(best) >= _MAIN_SHARE * prose:
            return best
    return None


def _is_link_list(element: Any) -> bool:
    """A list of short links, as menus have, without a paragraph beside it that it could belong to."""
    links = element.findall(".//a")
    words, linked = len(_text(element)), _linked(element)
    above = element.getparent()
    if len(links) < _MANY_LINKS or linked < 0.8 * words or linked > _SHORT_LINK * len(links):
        return False
    return above is None or not any(len(_text(paragraph)) >= _LITTLE for paragraph in above.iterfind("p"))


def _is_links(element: Any) -> bool:
    """Most of its words are links; a heading that is a link is a heading."""
    words = len(_text(element))
    return words > 0 and 2 * (_linked(element) - sum(map(_linked, element.iter(*_TITLES)))) > words


def _is_short(element: Any) -> bool:
    """It has few words, and no paragraph, heading or listing."""
    return len(_text(element)) < _LITTLE and next(element.iter("p", "pre", *_TITLES), None) is None


def _text(element: Any) -> str:
    return str(_STRING(element))


def _linked(element: Any) -> int:
    """How many characters of an element are links."""
    return sum(len(" ".join(text.split())) for text in _LINKS(element))
