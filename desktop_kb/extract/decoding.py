"""Bytes -> text.

Decoding first tries what is certain (byte order marks, UTF-8, the zero bytes of UTF-16), then scores the
Chinese encodings by how common the decoded characters are, and guesses only after that. A bad byte among
many good ones is one bad byte, and so is a character cut off at the end: the rest stays right. The text is
the decoded file: nothing is normalised, `\\r\\n` stays.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

import charset_normalizer

from desktop_kb.errors import Problem

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16-LE, whose mark is its first two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
_CONTINUATIONS: Final = bytes(range(0x80, 0xC0))
_GOOD_FOR_BAD = 12  # characters beyond ASCII that must be right for each bad byte
_SAMPLE = 200_000
_FEW_FOREIGN = 8  # bytes above ASCII; with no more than that the encoding cannot be guessed
_WESTERN: Final = frozenset("àâäæçéèêëîïíñóôöœùûüúáãõåßÀÂÄÇÉÈÊÖÜ’‘“”–—…°«»€§©®·")
_CENTRAL: Final = frozenset("áâăąćčçďđéęěëíîĺľłńňóôöőŕřśšşșťţțúůüűýźžżäß")
_CYRILLIC: Final = frozenset(map(chr, (*range(0x430, 0x460), 0x491)))
_MARKS: Final = frozenset("‘’“”„‚«»–—…•°§©®№\xa0")
#: Frequent words of Hungarian, the only language whose letters are Western ones in another encoding, but for two.
_HUNGARIAN: Final = re.compile(r"\b(?:és|hogy|az|egy|volt|csak|vagy)\b", re.IGNORECASE)
_FITS = 0.95
_LATIN: Final = ("cp1252", "mac_roman")
_HUNGARIAN_SHARE = 0.03  # of the words
#: Encodings that charset-normalizer may choose from (its names); more candidates make its guesses worse.
_OTHERS: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "mac_roman"),
    *("cp932", "euc_jp", "cp949", "gb18030", "big5"),
)
_DECLARED: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
#: The most frequent Chinese characters, simplified and traditional: about two fifths of any running
#: text, but hardly any of a text decoded with the wrong encoding.
_COMMON: Final = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平係系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運"
    "，。、；：？！“”‘’「」『』（）《》—…"
)
_CONTROLS: Final = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]+")


def decode(data: bytes, *, html: bool = False) -> str:
    """The text of a file.

    Raises:
        Problem: 'not-text'.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    text = _tolerant(data, "utf-8")
    if text and _reads_as_text(text):
        return text
    if wide := _utf16_without_mark(data):
        return wide
    if b"\0" in data:
        raise Problem("not-text")
    if html and (declared := _DECLARED.search(data[:4096])):
        try:
            # Browsers decode pages declared as GB2312 as GB18030, and so do we.
            name = declared.group(1).decode("ascii").lower()
            if text := _tolerant(data, "gb18030" if name in ("gb2312", "gbk") else name):
                return text
        except LookupError:
            pass  # the declaration is wrong: decide by the bytes
    text = _chinese(data) or _guessed(data)
    if not _reads_as_text(text):
        raise Problem("not-text")
    return text


#: What mail programs call encodings that Python has under another name, or that hold more than the name says:
#: browsers read GB2312 as GB18030 and Latin-1 as Windows-1252 too (https://encoding.spec.whatwg.org/#names-and-labels).
_CALLED: Final = {
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk", "cp936", "euc-cn", "hz-gb-2312"), "gb18030"),
    **dict.fromkeys(("big5", "cn-big5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("ks_c_5601-1987", "ks_c_5601", "euc-kr"), "cp949"),
    "shift_jis": "cp932",
    "iso-8859-8-i": "iso-8859-8",
}
_WESTERN_NAMES: Final = frozenset({"iso-8859-1", "latin1", "windows-1252", "cp1252"})
#: Said of text in any encoding, by programs that did not look.
_UNSURE: Final = frozenset({"", "us-ascii", "ascii", "8bit", "binary", *_WESTERN_NAMES})


def decode_as(data: bytes, charset: str | None, *, html: bool = False) -> str:
    """The text of bytes that are said to be in `charset`, if they can be.

    Raises:
        Problem: 'not-text'.
    """
    name = (charset or "").strip("\"' ").lower()
    if name not in _UNSURE and not name.startswith(("unknown", "x-unknown", "utf-7")):
        try:
            return _tolerant(data, _CALLED.get(name, name)) or decode(data, html=html)
        except (LookupError, ValueError):  # there is no such encoding, or it is none of text
            pass
    if name in _WESTERN_NAMES and sum(byte > 0x7F for byte in data) <= _FEW_FOREIGN:
        return data.decode("cp1252", "replace")
    return decode(data, html=html)


def _tolerant(data: bytes, encoding: str) -> str:
    """The text in this encoding, if at most a few bytes of many are bad; else ''.

    Raises:
        LookupError: there is no such encoding.
    """
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        text = _cut(data) if encoding == "utf-8" else ""
    if text:
        return text
    text = data.decode(encoding, "replace")
    bad = text.count("\ufffd")
    good = len(_FOREIGN.findall(text)) - bad
    return text if good >= _GOOD_FOR_BAD * bad else ""


def _cut(data: bytes) -> str:
    """The text of UTF-8 that was cut inside its first character, its last, or both; else ''."""
    begin = len(data) - len(data.lstrip(_CONTINUATIONS))
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data[begin:])
    except UnicodeDecodeError:
        return ""
    if begin > 3 or text.isascii():
        return ""
    ends_early = len(text.encode("utf-8")) < len(data) - begin
    return "\ufffd" * begin + text + "\ufffd" * ends_early


def _reads_as_text(text: str) -> bool:
    """At most one character in 200 is a control character."""
    sample = text[:_SAMPLE]
    return sum(len(found[0]) for found in _CONTROLS.finditer(sample)) <= len(sample) // 200


def _utf16_without_mark(data: bytes) -> str:
    """The text if it is UTF-16 without a byte order mark (most characters are then ASCII or common
    Chinese ones), else ''."""
    if len(data) < 4:
        return ""
    even, cut = data[: len(data) // 2 * 2], "\ufffd" * (len(data) % 2)
    best, best_score = "", 0.6
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = even.decode(encoding) + cut
        except UnicodeDecodeError:
            continue
        sample = text[:_SAMPLE]
        usual = sum("\t" <= c <= "~" or c in _COMMON for c in sample) / len(sample)
        if usual > best_score and _reads_as_text(text):
            best, best_score = text, usual
    return best


def _chinese(data: bytes) -> str:
    """The text if decoding as GB18030, Big5 or EUC-JP (easily mistaken for them) gives mostly common
    characters, else ''."""
    best, best_score = "", 0.0
    for encoding in ("gb18030", "big5", "big5hkscs", "euc_jp"):
        # The whole file is decoded, since a sample might end inside a character.
        text = _tolerant(data, encoding)
        foreign = [c for c in text[:_SAMPLE] if c > "\x7f"]
        if not foreign:
            continue
        kana = sum("\u3040" <= c <= "\u30ff" for c in foreign) / len(foreign)
        if (kana > 0.2) != (encoding == "euc_jp"):
            continue  # Chinese text has no kana, Japanese text always has
        common = kana + sum(c in _COMMON for c in foreign) / len(foreign)
        usual = sum(_is_usual(c, encoding) for c in foreign) / len(foreign)
        # Korean bytes fall into the same rows but decode to rare characters, so a long text must also have
        # common ones.
        plausible = usual > 0.7 and (common > 0.12 or len(foreign) < 12)
        if plausible and common + usual > best_score:
            best, best_score = text, common + usual
    return best


def _is_usual(character: str, encoding: str) -> bool:
    """It is in the encoding's rows for common characters and punctuation (level 1 of the standard)."""
    code = character.encode(encoding, "replace")
    if len(code) != 2:
        return False
    if encoding == "gb18030":
        return code[1] >= 0xA1 and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3)
    if encoding == "euc_jp":
        return 0xA1 <= code[0] <= 0xA5 or 0xB0 <= code[0] <= 0xCF
    return 0xA1 <= code[0] <= 0xC6


def _guessed(data: bytes) -> str:
    sample = data[:_SAMPLE]
    foreign = [c for c in sample.decode("cp1252", "replace") if c > "\x7f"]
    western = sum(c in _WESTERN for c in foreign)
    if len(foreign) <= _FEW_FOREIGN:
        encodings = ["cp1252"]
    elif _fit(sample, "cp866", _CYRILLIC) > _FITS:
        encodings = ["cp866"]
    elif western > 0.9 * len(foreign):
        encodings = [_central(sample) if _is_hungarian(sample) else "cp1252", "cp1252"]
    else:
        best = charset_normalizer.from_bytes(sample, cp_isolation=list(_OTHERS)).best()
        encodings = [best.encoding if best is not None else "cp1252", "cp1252"]
        central = _central(sample)
        if encodings[0] == "cp1250" or (encodings[0] in _LATIN and _fit(sample, central, _CENTRAL) > _FITS):
            encodings[0] = central
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue  # the guess from the sample does not fit the whole file
    return data.decode("cp1252", "replace")


def _central(sample: bytes) -> str:
    """Of the two encodings of Central Europe the one in which there are fewer signs within words, and no letters
    that no language has together."""

    def score(encoding: str) -> float:
        text = set(sample.decode(encoding, "replace").lower())
        return _fit(sample, encoding, _CENTRAL) - bool(text & set("ął") and text & set("čšžřďťđ"))

    return max(("cp1250", "iso8859_2"), key=score)


def _is_hungarian(sample: bytes) -> bool:
    text = sample.decode("cp1252", "replace")
    return len(_HUNGARIAN.findall(text)) > _HUNGARIAN_SHARE * len(text.split())


def _fit(sample: bytes, encoding: str, letters: frozenset[str]) -> float:
    """The share of the characters beyond ASCII that are these letters, as words have them, or marks between words."""
    text = f" {sample.decode(encoding, 'replace')} "
    good = count = 0
    for found in _FOREIGN.finditer(text):
        at, c = found.start(), found[0]
        before, after = text[at - 1], text[at + 1]
        count += 1
        if c.lower() in letters:
            mixed = letters is _CYRILLIC and (before.isascii() and before.isalpha())
            good += not mixed and not (c.isupper() and before.islower())
        elif c in _MARKS:
            good += c in "’–" or not (before.isalpha() and after.isalpha())
    return good / count if count else 0.0
