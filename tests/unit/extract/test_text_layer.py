from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from desktop_kb.extract.text_layer import is_doubtful

ENGLISH = """The harbour master kept a ledger of every ship that came in by night, and of what the crews said of the
weather beyond the islands. When the lighthouse was built the ledger had grown to nine volumes, which his
daughter bound in canvas and carried to the town hall. Nobody has read all of them since the war ended."""
GERMAN = """Die Prüfer fanden das Lager in München seit dem Frühjahr leer. Niemand hatte die Listen unterschrieben,
und die Schlüssel lagen noch beim Fahrer, der für die Gäste des Hauses längst über alle Berge war."""
CHINESE = """港务长
把每一艘夜里进港的船都记在账本上，也记下水手们说起的海岛那边的天气。灯塔建成的时候，账本已经有九册，
他的女儿用帆布把它们装订起来，送到了市政厅。战争结束以后，再也没有人把它们全部读完。"""
TRADITIONAL = """港務長
把每一艘夜裡進港的船都記在帳本上，也記下水手們說起的海島那邊的天氣。燈塔建成的時候，帳本已經有九冊，
他的女兒用帆布把它們裝訂起來，送到了市政廳。戰爭結束以後，再也沒有人把它們全部讀完。"""
JAPANESE = """港湾長は夜に入港した船をすべて帳簿に記し、船員たちが語る島の向こうの天気も書き留めた。
灯台が建てられた頃には帳簿は九冊になっていた。"""
THAI = "นายท่าเรือจดบันทึกเรือทุกลำที่เข้ามาในเวลากลางคืนและสิ่งที่ลูกเรือพูดถึงสภาพอากาศนอกเกาะเหล่านั้น"
RUSSIAN = """Начальник порта вёл книгу, в которую записывал каждый корабль, приходивший ночью,
и то, что говорили моряки о погоде."""
NAMES = "\n".join(f"{name}, {place} {n}" for n, (name, place) in enumerate(
    [("Anna Kowalska", "Gdansk"), ("Jürgen Schmitz", "Köln"), ("Ngozi Okafor", "Lagos"), ("Ivana Marić", "Zagreb")] * 5
))  # fmt: skip
INDEX = "abbey, 12, 14\nadvocate, 33\nalmanac, 88, 91\nanchor chains, 102\napothecary, 55\nbarometer, 61\nbasilica, 77"
#: What English recognition makes of Chinese.
LOOKALIKE = """OAS FEF SAK TRE EME CERCA RAE
FEB A HOHE MAE TMA EP RRA S ERATA MDB
WIM RAMARL KHOA LENS OMAR BAT BAA eT AA ZA
HMS AER MHRA WADED KPH EP NAT RATE R SCAL
TEES Mea SME BEN PERN JRA LANE SORA ESC NU HEN"""


def misread(text: str, letters: str, share: float = 0.15) -> str:
    chance = random.Random(7)
    return "".join(
        chance.choice(letters) if character.isalpha() and chance.random() < share else character
        for character in text
    )


def spaced(text: str) -> str:
    return " ".join(text.replace(" ", "  "))


def split(text: str) -> str:
    """The last letter of each word stands apart, as some programs write it."""
    return " ".join(f"{word[:-1]} {word[-1]}" for word in text.split())


def joined(text: str) -> str:
    return text.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [ENGLISH, GERMAN, CHINESE, TRADITIONAL, ENGLISH + CHINESE, JAPANESE * 2, THAI * 2, RUSSIAN, NAMES, INDEX, ""],
)  # fmt: skip
def test_what_is_written_in_a_language_is_what_the_page_says(text: str) -> None:
    assert not is_doubtful(text)


@pytest.mark.parametrize(
    "text",
    [
        misread(ENGLISH, "~^|*1;0{}"),
        misread(GERMAN, "~^|*1;0{}"),
        misread(CHINESE, "丨亠卩廴彳斿沔洧渑潢烀"),
        misread(TRADITIONAL, "丨亠卩廴彳斿沔洧渑潢烀"),
        LOOKALIKE,
        ENGLISH[:230] + "\n" + LOOKALIKE,
    ],
)
def test_misread_words_are_told(text: str) -> None:
    assert is_doubtful(text)


@pytest.mark.parametrize("damage", [spaced, split, joined])
@pytest.mark.parametrize("text", [ENGLISH, GERMAN])
def test_blanks_in_words_and_words_without_blanks_are_told(damage: Callable[[str], str], text: str) -> None:
    assert is_doubtful(damage(text))


@pytest.mark.parametrize(
    ("text", "written", "taken_for"),
    [
        (CHINESE, "utf-8", "latin-1"),
        (CHINESE, "gbk", "latin-1"),
        (CHINESE, "utf-8", "gbk"),
        (GERMAN, "utf-8", "cp1252"),
    ],
)
def test_bytes_taken_for_other_letters_are_told(text: str, written: str, taken_for: str) -> None:
    assert is_doubtful(text.encode(written).decode(taken_for, "replace"))


def test_a_few_letters_tell_nothing() -> None:
    assert not is_doubtful("Vol. Ill: l8o4 ~ l8O9")
