"""One bad byte is one bad byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.extract.decoding import decode

FERRY = "渡口的石阶被江水磨得发亮。摆渡人每天清晨把船推到水里。\n"


@pytest.mark.parametrize(
    ("text", "encoding", "bad"),
    [
        (FERRY * 12, "utf-8", b"\xff"),
        (FERRY * 12, "utf-8", b"\xe6"),
        ("Die Fähre fährt über den Fluß, und die Möwen grüßen. " * 20, "utf-8", b"\xe4"),
        ("Съешь же ещё этих мягких французских булок. " * 8, "utf-8", b"\xc3"),
        (FERRY * 12, "gb18030", b"\xff"),
        ("渡口的石階被江水磨得發亮。擺渡人每天清晨把船推到水裡。\n" * 12, "big5", b"\xff"),
        (FERRY * 12, "utf-8", b"\0"),
    ],
)
@pytest.mark.parametrize("where", ["start", "line", "end"])
def test_a_bad_byte_leaves_the_rest_right(text: str, encoding: str, bad: bytes, where: str) -> None:
    at = {
        "start": 0,
        "line": text.index("\n") + 1 if "\n" in text else text.index(" ") + 1,
        "end": len(text),
    }[where]
    data = text[:at].encode(encoding) + bad + text[at:].encode(encoding)
    found = decode(data)
    assert found.replace("\ufffd", "").replace("\0", "") == text
    assert found.count("\ufffd") + found.count("\0") == 1


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("text", [FERRY, "船", "naïve café über", FERRY * 400])
def test_a_file_cut_inside_a_character(text: str, cut: int) -> None:
    whole = (text + "水").encode()
    assert decode(whole[: len(whole) - cut]) == text + "\ufffd"
    if len(text) > 1:
        front = ("水" + text).encode()[cut:]
        assert decode(front).lstrip("\ufffd") == text


def test_utf16_cut_inside_a_character() -> None:
    assert decode("hello world, 你好".encode("utf-16-le")[:-1])[:13] == "hello world, "
    assert decode("\ufeffhello".encode("utf-16-le")[:-1]) == "hell\ufffd"


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "koi8_r", "cp932", "euc_kr", "gb18030", "big5"])
def test_other_encodings_are_not_taken_for_damaged_utf8(encoding: str) -> None:
    text = {
        "cp1252": "Où êtes-vous allés cet été ? Voilà ! Grüße aus München, déjà vu. ",
        "cp1250": "Příliš žluťoučký kůň úpěl ďábelské ódy. ",
        "koi8_r": "Съешь же ещё этих мягких французских булок, да выпей чаю. ",
        "cp932": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
        "euc_kr": "나는 고양이로소이다. 이름은 아직 없다. ",
        "gb18030": FERRY,
        "big5": "渡口的石階被江水磨得發亮。",
    }[encoding] * 3
    assert "\ufffd" not in decode(text.encode(encoding))


@given(
    st.text(alphabet="渡口的石阶被江水磨得发亮。abc \n", min_size=80),
    st.integers(0, 79),
    st.sampled_from([b"\xff", b"\xc0"]),
)
def test_wherever_the_bad_byte_is(text: str, at: int, bad: bytes) -> None:
    if sum(c > "\x7f" for c in text) < 40:
        return
    found = decode(text[:at].encode() + bad + text[at:].encode())
    assert found == text[:at] + "\ufffd" + text[at:]


CENTRAL = {
    "Polish": "Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.",
    "Czech": "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Příliš žluťoučký kůň úpěl.",
    "Slovak": "Všetci ľudia sa rodia slobodní a sebe rovní, čo sa týka ich dôstojnosti a práv. Ľúbezný kôň.",
    "Hungarian": "Minden ember szabadon születik, és egyenlő méltósága és joga van. Az emberek őrült tűzfűzők.",
    "Croatian": "Sva ljudska bića rađaju se slobodna i jednaka. Čovječe, žirafa šuška kraj niša, noću šeće.",
    "Romanian": "Toate fiinţele umane se nasc libere şi egale în demnitate şi în drepturi, fără mânie şi laţă.",
}


@pytest.mark.parametrize("language", CENTRAL)
@pytest.mark.parametrize("encoding", ["cp1250", "iso8859_2"])
def test_central_europe(language: str, encoding: str) -> None:
    text = CENTRAL[language]
    assert decode(text.encode(encoding)) == text
    assert decode((text * 40).encode(encoding)) == text * 40


def test_russian_of_dos() -> None:
    text = "Все люди рождаются свободными и равными в своем достоинстве и правах. Ёлка, DOS и 1994 год."
    assert decode(text.encode("cp866")) == text


@pytest.mark.parametrize(
    "text",
    [
        "Tous les êtres humains naissent libres et égaux en dignité. « Où est-ce ? » demanda-t-il à Zoë, très tôt.",
        "Todos os seres humanos nascem livres; não há nem razões nem ações que o impeçam. Corações e mães, põe.",
        "Alle Menschen sind frei und gleich an Würde geboren. Größe, übermäßig, Straße, Öl, Äpfel, schön, für.",
        "Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och själ.",
    ],
)
def test_western_europe_stays(text: str) -> None:
    assert decode((text * 3).encode("cp1252")) == text * 3
