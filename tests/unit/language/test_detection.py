"""Which language a text is in, and which readers read it."""

from __future__ import annotations

import unicodedata

import pytest

from desktop_kb import language

PASSAGES = {
    "en": "Bees tell each other where the flowers are. They dance in the dark, and the others who follow them "
    "learn from it how far they have to fly.",
    "de": "Bienen sagen einander, wo die Blumen sind. Sie tanzen im Dunkeln, und die anderen, die ihnen folgen, "
    "lernen daraus, wie weit sie fliegen müssen.",
    "fr": "Les abeilles se disent où sont les fleurs. Elles dansent dans l'obscurité, et celles qui les suivent "
    "apprennent ainsi jusqu'où il faut voler.",
    "es": "Las abejas se cuentan dónde están las flores. Bailan en la oscuridad, y las otras que las siguen "
    "aprenden así hasta dónde tienen que volar.",
    "it": "Le api si dicono dove sono i fiori. Danzano nel buio, e le altre che le seguono imparano così fino a "
    "che distanza devono volare per trovarli.",
    "pt": "As abelhas dizem umas às outras onde estão as flores. Dançam no escuro, e as que as seguem aprendem "
    "assim até onde têm de voar para as encontrar.",
    "nl": "Bijen vertellen elkaar waar de bloemen zijn. Ze dansen in het donker, en de andere die hen volgen "
    "leren daaruit hoe ver ze moeten vliegen.",
    "pl": "Pszczoły mówią sobie, gdzie są kwiaty. Tańczą w ciemności, a te, które za nimi idą, uczą się z tego, "
    "jak daleko mają lecieć, aby je znaleźć.",
    "tr": "Arılar birbirlerine çiçeklerin nerede olduğunu söyler. Karanlıkta dans ederler ve onları izleyenler "
    "bundan ne kadar uzağa uçacaklarını öğrenir, çünkü bu bir dildir.",
    "vi": "Những con ong nói cho nhau biết hoa ở đâu. Chúng nhảy múa trong bóng tối, và các con khác theo sau sẽ "
    "biết được phải bay bao xa để đến nơi này.",
    "ru": "Пчёлы говорят друг другу, где цветы. Они танцуют в темноте, и те, кто следует за ними, узнают из "
    "этого, как далеко им нужно лететь.",
    "uk": "Бджоли кажуть одна одній, де є квіти. Вони танцюють у темряві, і ті, що йдуть за ними, дізнаються з "
    "цього, як далеко їм треба летіти.",
    "ar": "يخبر النحل بعضه بعضا عن مكان الزهور. يرقص في الظلام، ومن يتبعه يتعلم من ذلك كم عليه أن يطير إلى هذا المكان.",
    "el": "Οι μέλισσες λένε η μία στην άλλη πού είναι τα λουλούδια.",
    "hi": "मधुमक्खियाँ एक दूसरे को बताती हैं कि फूल कहाँ हैं।",
    "th": "ผึ้งบอกกันว่าดอกไม้อยู่ที่ไหน",
    "ko": "벌들은 꽃이 어디에 있는지 서로에게 알려 준다.",
    "ja": "蜜蜂は花がどこにあるかを互いに教え合う。暗闇の中で踊る。",
    "zh": "蜜蜂告诉彼此花在哪里。它们在黑暗中跳舞。",
}


@pytest.mark.parametrize("code", PASSAGES)
def test_a_passage_is_in_its_language_however_its_letters_are_composed(code: str) -> None:
    assert language.language_of(PASSAGES[code]) == code
    assert language.language_of(unicodedata.normalize("NFD", PASSAGES[code])) == code
    assert language.language_of(PASSAGES[code].upper()) == code or code == "tr"  # 'İ' and 'I' need its rules


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("使用 PyTorch 的 DataLoader 加载数据", "zh"),
        ("Tsinghua University (清华大学) is a university", "en"),
        ("Это просто text", "ru"),
        ("これはペンです", "ja"),
        ("Wie funktioniert der Garbage Collector?", "de"),
        ("Où est la bibliothèque de la ville ?", "fr"),
        ("ᚠᚢᚦᚨᚱᚲ", "und"),
        ("3.14 🎉", ""),
        ("", ""),
        # What decides nothing is English: names, codes, what programs print, words of any language.
        ("Ludwig van Beethoven", "en"),
        ("12 rue de Rivoli, Paris", "en"),
        ("Los Angeles Rams, Los Angeles Lakers, Los Angeles Clippers, Los Angeles Dodgers", "en"),
        ("$ git log -p -l d -c e a11bef06a3f659 4de-5la-6el la4 de2 le7", "en"),
        ("for i in a: e = o or y; c = l[d]; n = no", "en"),
    ],
)
def test_language_of_what_is_short_or_mixed(text: str, expected: str) -> None:
    assert language.language_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PASSAGES["de"], "en"),
        ("Où est la bibliothèque ?", "en"),
        (PASSAGES["uk"], "ru"),
        *((PASSAGES[code], code) for code in ("en", "zh", "ja", "ko", "el")),
        ("3.14 🎉", ""),
        ("3.14", ""),
        ("ᚠᚢᚦᚨᚱᚲ", "und"),
    ],
)
def test_letters_alone_tell_the_largest_language_of_a_script(text: str, expected: str) -> None:
    assert language.by_script(text) == expected


def test_most_of_a_long_text_decides() -> None:
    english, german = PASSAGES["en"], PASSAGES["de"]
    assert language.language_of(" ".join([english] * 35 + [german] * 15)) == "en"
    assert language.language_of(" ".join([english] * 15 + [german] * 35)) == "de"
    assert language.language_of((PASSAGES["zh"] * 40 + english * 3) * 20) == "zh"


def test_a_reader_of_english_reads_english_and_what_is_in_no_language() -> None:
    for code, text in PASSAGES.items():
        assert language.reads(("en",), text) == (code == "en")
        assert language.reads((), text)
        assert language.reads(("de", code), text)
    for text in ("GB/T 1803-2003", "2022", "", "Kubernetes", "def main(): return 0"):
        assert language.reads(("en",), text)
    assert language.reads(("zh",), "2022")
    assert not language.reads(("zh",), "Kubernetes")
