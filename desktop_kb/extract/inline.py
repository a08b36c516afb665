"""Which characters of a run of Markdown are markup.

markdown-it's inline tokens have no offsets, but each rule consumes a known range of the source, so every
rule is wrapped to record that range. Besides CommonMark's rules there are those of note apps: wiki-links
and embeds, tags, highlights, block ids, comments, footnotes, formulas; and emphasis next to Chinese.
"""

from __future__ import annotations

import html
import re
import string
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter, Scanned
from markdown_it.token import Token

from desktop_kb.extract.layout import settle
from desktop_kb.extract.properties import TAG, is_tag
from desktop_kb.records import Edit

# A backslash before anything else is a backslash (CommonMark 2.4): C:\Windows, \d, \frac.
_ESCAPABLE: Final = frozenset(string.punctuation + "\n")
_RULES: Final = frozenset(
    {
        *("emphasis", "strikethrough", "highlight", "link", "image", "backticks", "autolink", "escape"),
        *("html_inline", "entity"),
    }
)
_CJK: Final = re.compile(
    r"[\u1100-\u11ff\u2e80-\u303f\u3040-\u318f\u31a0-\u4dbf\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f"
    r"\uff00-\uffef\U00020000-\U000323af]"
)
#: Quotation marks and dashes that Chinese shares with other scripts; beside a Chinese letter they are Chinese.
_SHARED: Final = frozenset("“”‘’—…")
_LEAST_CJK = "\u1100"
_SIZE: Final = re.compile(r"\d+(?:x\d+)?$")
_PATTERNS: Final = {
    "wiki": r"!?\[\[(?P<target>[^\[\]|\n]+?)(?:\\?\|(?P<label>[^\[\]\n]*))?\]\]",
    "footnote": r"(?<![^\n])\[\^([^\]\s]+)\]:[ \t]*|\[\^([^\]\s]+)\]",
    "formula": r"\$\$(?:[^$]|\$(?!\$))+\$\$|\$(?![\s$])[^$\n]*?(?<![\s\\])\$(?!\d)",
    "block id": r"(?:(?<=\s)|(?<![^\n]))\^(?!\d+\s)[A-Za-z0-9][A-Za-z0-9_-]+[ \t]*(?=\n|\Z)",
    "anchor": r"\{#[\w:.-]+\}[ \t]*(?=\n|\Z)",
    "admonition": r"(?<![^\n]):{3,}[ \t]*(?:\{?(?P<kind>[\w-]+)\}?(?P<gap>[ \t]+(?=\S))?)?",
    "comment": r"%%(?P<text>(?:(?!%%).)+)%%",
}
_FOOTNOTE: Final = re.compile(r"^[ \t>]*\[\^([^\]\s]+)\]:", re.MULTILINE)
_CLOSING: Final = re.compile(r"</([A-Za-z][\w.:-]*)")
_BARE_TAG: Final = re.compile(r"<([A-Za-z][\w.:-]*)(?:\s+[\w-]+)*\s*>")
#: Elements that may stand without their end; of any other the text has the end too.
_HTML: Final = frozenset(
    {
        *(
            "a",
            "abbr",
            "b",
            "body",
            "br",
            "center",
            "code",
            "col",
            "colgroup",
            "dd",
            "del",
            "details",
            "div",
            "dl",
        ),
        *(
            "dt",
            "em",
            "embed",
            "figure",
            "font",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "head",
            "hr",
            "html",
        ),
        *(
            "i",
            "iframe",
            "img",
            "input",
            "ins",
            "kbd",
            "li",
            "link",
            "main",
            "mark",
            "meta",
            "nobr",
            "ol",
            "option",
        ),
        *("p", "pre", "q", "rp", "rt", "ruby", "s", "script", "section", "small", "source", "span", "strike"),
        *(
            "strong",
            "style",
            "sub",
            "summary",
            "sup",
            "table",
            "tbody",
            "td",
            "tfoot",
            "th",
            "thead",
            "title",
        ),
        *("tr", "track", "tt", "u", "ul", "video", "wbr"),
    }
)
_SYNTAX: Final = {name: re.compile(pattern, re.DOTALL) for name, pattern in _PATTERNS.items()} | {"tag": TAG}
_BEGINS: Final = {
    "[": ("wiki", "footnote"),
    "!": ("wiki",),
    "#": ("tag",),
    "$": ("formula",),
    "^": ("block id",),
    "{": ("anchor",),
    "%": ("comment",),
    ":": ("admonition",),
}


class _State(StateInline):
    """Emphasis next to Chinese: **注意：**请 is emphasis although a letter follows the closing marks.

    The rule is markdown-cjk-friendly's (github.com/tats-u/markdown-cjk-friendly, its specification): Chinese,
    Japanese and Korean characters count as a border of words, and their punctuation as letters.
    """

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        before = self.src[start - 1] if start > 0 else " "
        after = self.src[end] if end < self.posMax else " "
        if before < _LEAST_CJK and after < _LEAST_CJK:
            return scanned
        cjk_before, cjk_after = _is_cjk(self.src, start - 1), _is_cjk(self.src, end)
        if not (cjk_before or cjk_after):
            return scanned
        punctuation_before = not cjk_before and _is_punctuation(before)
        punctuation_after = not cjk_after and _is_punctuation(after)
        left = not after.isspace() and (
            not punctuation_after or before.isspace() or punctuation_before or cjk_before
        )
        right = not before.isspace() and (
            not punctuation_before or after.isspace() or punctuation_after or cjk_after
        )
        return Scanned(
            left and (canSplitWord or not right or _is_punctuation(before)),
            right and (canSplitWord or not left or _is_punctuation(after)),
            scanned.length,
        )


class _Parser(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class InlineMarkup:
    """Finds the markup in runs of Markdown.

    Args:
        text: the whole text. Only where it has the note is [^label] a footnote, and [^a-z] elsewhere is not.

    Attributes:
        tags: the tags that were met, in order.
    """

    def __init__(self, md: MarkdownIt, text: str) -> None:
        self.tags: list[str] = []
        self._footnotes = frozenset(_FOOTNOTE.findall(text))
        self._closed = frozenset(name.lower() for name in _CLOSING.findall(text))
        self._md = md
        self._depth = 0
        self._seen: list[Edit] = []
        self._delimiters: list[tuple[int, Token, str]] = []
        md.inline = _Parser()
        ruler = md.inline.ruler
        ruler.after("strikethrough", "highlight", _highlight)
        ruler.before("escape", "apps", self._apps)
        md.inline.ruler2.after("strikethrough", "highlight", _highlighted)
        md.inline.ruler2.disable("fragments_join")  # each delimiter stays its own token
        for rule in ruler.__rules__:
            if rule.name in _RULES:
                rule.fn = self._watched(rule.name, rule.fn)

    def marks(self, content: str, env: dict[str, Any]) -> list[Edit]:
        """Edits that turn Markdown `content` into what it says, sorted and not overlapping."""
        self._seen, self._delimiters, self._depth = [], [], 0
        self._md.inline.parse(content, self._md, env, [])
        for at, token, mark in self._delimiters:
            if token.content != mark:  # it found its partner
                self._seen.append(Edit(at, at + len(mark)))
        return list(settle(self._seen))

    def is_markup(self, tag: str) -> bool:
        """Whether `tag` is HTML; Array<int> and <your name> are what somebody wrote."""
        name = _BARE_TAG.fullmatch(tag)
        return name is None or name[1].lower() in _HTML or name[1].lower() in self._closed

    def _watched(self, name: str, rule: Callable[[StateInline, bool], bool]) -> Any:
        def run(state: StateInline, silent: bool) -> bool:
            start = state.pos
            self._depth += name == "image"  # its text is parsed as a document of its own
            try:
                matched = rule(state, silent)
            finally:
                self._depth -= name == "image"
            if matched and not silent and not self._depth:
                self._note(name, state, start, state.pos)
            return matched

        return run

    def _note(self, name: str, state: StateInline, start: int, end: int) -> None:
        source = state.src[start:end]
        if name in ("emphasis", "strikethrough", "highlight"):
            at, tokens = end, reversed(state.tokens)
            while at > start:
                token = next(tokens)
                at -= len(token.content)
                self._delimiters.append((at, token, token.content))
        elif name in ("link", "image"):
            opening = 2 if name == "image" else 1
            label_end = state.md.helpers.parseLinkLabel(state, start + opening - 1, name == "link")
            self._seen += [Edit(start, start + opening), Edit(label_end, end)]
        elif name == "backticks":
            if source.strip("`"):  # else they found no partner
                marks = len(source) - len(source.lstrip("`"))
                self._seen += [Edit(start, start + marks), Edit(end - marks, end)]
        elif name == "autolink":
            self._seen += [Edit(start, start + 1), Edit(end - 1, end)]
        elif name == "escape" and source[1] in _ESCAPABLE:
            self._seen.append(Edit(start, start + 1))
        elif name == "html_inline" and self.is_markup(source):
            self._seen.append(Edit(start, end, "\n" if source[:3].lower() == "<br" else ""))
        elif name == "entity":
            self._seen.append(Edit(start, end, html.unescape(source)))

    def _apps(self, state: StateInline, silent: bool) -> bool:
        """What note apps add to Markdown."""
        for name in _BEGINS.get(state.src[state.pos], ()):
            found = _SYNTAX[name].match(state.src, state.pos, state.posMax)
            if found is None or (name == "tag" and not is_tag(found)):
                continue
            if name == "footnote" and (found[1] or found[2]) not in self._footnotes:
                continue
            state.pos = found.end()
            if not silent:
                state.push("text", "", 0).content = found[0]
                if not self._depth:
                    self._note_app(name, found)
            return True
        return False

    def _note_app(self, name: str, found: re.Match[str]) -> None:
        start, end = found.span()
        if name == "wiki":
            self._seen += _of_link(found)
        elif name == "tag":
            group = "pages" if found["pages"] else "name"
            self.tags.append(found[group].strip("/- "))
            self._seen += [Edit(start, found.start(group)), Edit(found.end(group), end)]
        elif name == "admonition":  # without a title its kind is one, as in a callout
            self._seen.append(Edit(start, end if found["gap"] or not found["kind"] else found.start("kind")))
        elif name == "comment":
            self._seen += [Edit(start, start + 2), Edit(end - 2, end)]
        elif name != "formula":
            self._seen.append(Edit(start, end))


def _is_cjk(source: str, at: int) -> bool:
    if not 0 <= at < len(source):
        return False
    if source[at] in _SHARED:
        return any(_CJK.match(c) for c in (source[max(0, at - 1) : at], source[at + 1 : at + 2]) if c)
    return _CJK.match(source[at]) is not None


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _of_link(found: re.Match[str]) -> list[Edit]:
    """[[Page|label]] reads as its label, [[Page#Heading]] as 'Page > Heading', an embed as its file's name."""
    start, end = found.span()
    label = found["label"]
    if label and not _SIZE.match(label.strip()):
        return [Edit(start, found.start("label")), Edit(found.end("label"), end)]
    first, last = found.span("target")
    edits = [Edit(start, first), Edit(last, end)]
    for mark in re.finditer(r"#(\^.*)?", found["target"]):
        at, stop = first + mark.start(), first + mark.end()
        edits.append(Edit(at, stop, " > " if mark.start() and not mark[1] else ""))
    return edits


def _highlight(state: StateInline, silent: bool) -> bool:
    """==marked== text; an '==' inside a word is a comparison."""
    if silent or not state.src.startswith("==", state.pos):
        return False
    scanned = state.scanDelims(state.pos, True)
    if scanned.length != 2:
        return False
    before = state.src[state.pos - 1 : state.pos] if state.pos else ""
    after = state.src[state.pos + 2 : state.pos + 3]
    state.push("text", "", 0).content = "=="
    opens = scanned.can_open and not (before.isascii() and before.isalnum())
    closes = scanned.can_close and not (after.isascii() and after.isalnum())
    state.delimiters.append(Delimiter(ord("="), 0, len(state.tokens) - 1, -1, opens, closes))
    state.pos += 2
    return True


def _highlighted(state: StateInline) -> None:
    """Empty the tokens of the marks that found their partner, as markdown-it does for emphasis."""
    if "==" not in state.src:
        return
    for delimiters in [
        state.delimiters,
        *(m["delimiters"] for m in state.tokens_meta if m and "delimiters" in m),
    ]:
        for mark in delimiters:
            if mark.marker == ord("=") and mark.end != -1:
                for end in (mark.token, delimiters[mark.end].token):
                    state.tokens[end].content = ""
