"""The language of a text, by the scripts of its letters and by its function words.

A text in Latin, Cyrillic or Arabic letters is in the language most of whose function words stand in it: a
third to a half of any running text is made of a few dozen such words. A text in another script is in that
script's largest language. `tests/bench/languages.py` measures it; tests/bench/RESULTS.md has the figures.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import repeat
from typing import Final

#: The function words of the languages of each script, in lower case. The first language is that of a text
#: which has none of them.
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "Latin": {
        "en": "the of and to in is that for it as was with on be by this are from at an or which not but "
        "have has had were been their its they you we he she his her can will would there these those "
        "than then when what if who how where about into also only more most other such no all any "
        "may should do does your our",
        "de": "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an "
        "werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum "
        "war haben nur oder aber vor zur bis mehr durch man sein wurde wenn kann ich wir ihr was wer "
        "wo diese dieser dieses jeder",
        "fr": "le la les de des du et en un une que qui dans pour sur pas au aux par plus ce cette ces est "
        "sont avec ne se il elle ils nous vous son sa ses leur leurs ou où mais comme être été fait "
        "qu si tout toute tous on peut même aussi entre sans votre notre lui quand comment quel "
        "quelle l' d' n' s' c' j' m'",
        "es": "el la los las de del en un una que por con para se no es su sus al lo como más pero este "
        "esta estos estas ha han ser son fue si sobre entre cuando muy sin también hasta desde todo "
        "toda todos le les nos ya donde quien porque cómo qué cuál puede hay está esto eso",
        "it": "il lo la gli le di del della dei delle degli in un una uno che per con su da dal dalla nel "
        "nella non si al alla ai alle sono come più ma questo questa questi anche se ha hanno essere "
        "stato suo sua ogni individuo tra fra ci quando dove chi cosa perché può sul sulla dell nell "
        "ad ed l' d' c' un'",
        "pt": "os as de do da dos das em no na nos nas um uma que por com para se não ao aos às pelo pela "
        "como mais mas ou este esta isso seu sua seus suas ser são foi sobre entre quando muito sem "
        "também até pode você já todo toda todos há está eu ele ela qual onde porque",
        "ca": "el la els les de del dels en un una que per amb no és al als com més però aquest aquesta seu "
        "seva seves seus ser són ha han si sobre entre quan molt sense també fins tot tota tots hi es "
        "l' d' n' s'",
        "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit "
        "nog naar door over ze hij zich je we wordt worden heeft hebben deze dit die kan kunnen geen "
        "tot meer hun wat wie waar hoe was al wel moet onder ieder",
        "af": "die van en het is in wat nie te vir met dat op om ook as aan hy sy word deur een by uit nog "
        "maar of hulle elkeen enige hierdie was sal kan mag",
        "sv": "och att det en som på är av för med den till inte om ett har de man var så vid från eller "
        "när kan ska skall men sig hans hon han vi du jag också över efter under mot detta denna "
        "dessa varje finns blir alla vad vem hur",
        "da": "og at det en som på er af for med den til ikke om et har de man var så ved fra eller når kan "
        "skal men sig hans hun han vi du jeg også over efter under mod dette denne disse enhver "
        "ethvert findes bliver alle hvad hvem hvordan sin sit",
        "nb": "og at det en som på er av for med den til ikke om et har de man var så ved fra eller når kan "
        "skal men seg hans hun han vi du jeg også over etter under mot dette denne disse enhver "
        "ethvert finnes blir alle hva hvem hvordan sin sitt",
        "is": "og að er sem til um við með af fyrir ekki eða það hann hún hver eru var en skal því frá sér "
        "þess þeir þau menn þessi allir hans",
        "fi": "ja on ei että se en oli hän mutta kun kuin niin myös ovat tai sen jos jotka joka ole hänen "
        "sekä mukaan ne voi kaikki vain mitä tämä kanssa jälkeen nyt jokaisella oikeus olla siitä "
        "sitä",
        "et": "ja on ei et see kui ka oma ning või mis kes aga siis selle tema olla igal inimesel õigus võib",
        "pl": "na do nie się że jest to jak za od po ale co przez dla oraz są jego jej ich jako przy które "
        "który która tak lub czy może być tym tego każdy ma ze we ten ta",
        "cs": "na se je že do to ve pro jako za by si od po ale není nebo jsou jeho při také které který "
        "která mezi tak každý má být ze jejich však aby bylo byl byla což než",
        "sk": "na sa je že do to vo pre ako za by si od po ale nie alebo sú jeho pri tiež ktoré ktorý ktorá "
        "medzi tak každý má byť zo ich však aby bolo bol bola čo než",
        "sl": "in na se je da za so ali kot po od pri tudi ne ki ni bi pa do ima pravico vsakdo vsak iz "
        "njegov lahko",
        "hr": "na se je da za od su kao po ili iz ne koji koja koje što do će bi to pri svatko ima pravo "
        "njegov biti nije ali te",
        "sq": "të në dhe me për një që është nga si ka nuk cilat çdo njeri duhet kanë apo ose tij saj se do "
        "së",
        "ro": "și şi de în la cu pe din nu că un este sau care pentru se ce mai fi al ale au prin sunt fost "
        "după sa său lui orice ca are dar între iar ei cele către acest această",
        "hu": "az és hogy nem egy is meg de van ez csak ki ha el volt vagy mint minden már még azt szerint "
        "annak joga személynek kell lehet ezt aki ami amely valamint",
        "tr": "ve bir bu da de için ile olarak çok daha en gibi olan kadar ne var ise her sonra veya ya "
        "değil herkes mi ki hakkı şahıs olduğu tarafından ancak göre bunu ama",
        "lt": "ir kad yra su iš ar kaip bet jo už jis tai turi nuo kiekvienas žmogus teisę be jų apie buvo "
        "savo gali būti",
        "lv": "un ir ar uz no par ka vai kas viņa tiek pie bet ikvienam cilvēkam tiesības lai tas ikviens "
        "savu",
        "id": "yang dan di dengan untuk dari pada dalam ini itu tidak adalah oleh akan atau ke juga sebagai "
        "karena dapat setiap orang berhak ada mereka telah bagi secara tersebut bisa sudah kita anda "
        "jika",
        "vi": "và của có các là cho không được trong một với những người này để về đã đến khi từ cũng như "
        "quyền hay phải vào ra trên tại nhưng thì làm theo bị sẽ",
        "eu": "eta da ez bat du dira edo ere beste egin izan bere dute zen baina hori gizabanako orok "
        "eskubidea egon behar",
        "cy": "yr yn ar ac mae gan pawb neu ei hawl eu am wedi nac na fod i'r gyda",
        "ga": "an na agus ar go is le do bhí chun tá duine nó ag gach as sin sé nach níl",
        "mt": "il ta li fil għandu kull ma jew hu minn biex mill dan bniedem lil tal hija għal għall jkun",
        "sw": "ya na wa kwa ni za katika la kila mtu au haki ana kuwa cha hii yake ili hiyo bila yoyote",
        "tl": "ang ng sa mga na ay at may bawat hindi tao kanyang para ito niya isang karapatan walang",
        "eo": "la de kaj en al estas ne kiu por ĉiu rajton aŭ havas kun li siaj per ties sia el tiu pri homo",
        "la": "et in est ad non ut cum qui quae ex sed de aut vel iure ius habet quisque esse sunt",
    },
    "Cyrillic": {
        "ru": "и в не на что с по как это для из к у от за о но его так же или при быть был если все её их "
        "они мы вы может того также чтобы который которые когда этот до только каждый имеет а он она "
        "вас вам",
        "uk": "і в не на що з та до як це для від за про але його так або при бути був якщо все її їх вони "
        "ми ви може того також щоб який які коли цей тільки кожна людина має у й є із ці",
        "bg": "и на в да се не за от с по са е че като до при или това към има който която които ще бъде "
        "във със но той тя те всеки право върху след само",
    },
    "Arabic": {
        "ar": "في من على إلى أن التي الذي عن هذا هذه مع ما لا كان كل أو و بين قد ذلك هو هي كما لم بعد لكل "
        "ولا وقد وفي شخص منها له",
        "fa": "و در به از که این را با است برای آن یک خود تا بر هر کرد شد می دارد یا حق کس نیز او ها های "
        "شود باشد بود",
    },
}


class _Written:
    """The languages of one script, and what their function words vote for."""

    def __init__(self, listed: Mapping[str, str]) -> None:
        self.codes = tuple(listed)
        self._counts = struct.Struct(f"<{len(listed)}I")
        # A word's votes are one number with four bytes for each language, so that adding up the words of a
        # text counts them for all languages at once: 10 us for a passage, 60 with a counter for each.
        self._votes: dict[str, int] = {}
        for place, words in enumerate(listed.values()):
            for word in set(words.split()):
                self._votes[word] = self._votes.get(word, 0) + (1 << 32 * place)

    def language_of(self, text: str) -> str:
        """The language of a text in this script."""
        words = _WORD.findall(text.lower().replace("\u2019", "'"))
        if len(words) < _SHORT:
            return self.codes[0]
        heard = set(words) if len(words) <= _REPEATED else words
        total = sum(map(self._votes.get, heard, repeat(0)))
        counts = self._counts.unpack(total.to_bytes(self._counts.size, "little"))
        most = max(counts)
        return self.codes[0 if most < _FEWEST else counts.index(most)]


#: Words, and the letter before an apostrophe (l', d'). Other single Latin letters are mostly names of
#: variables, and letters beside a digit are parts of codes and hashes.
_WORD: Final = re.compile(r"\b(?:[^\W\d_]{2,}\b|[^\W\d_]'|[\u0400-\u06ff]\b)")
#: Shorter texts are not decided by words, and fewer function words decide nothing: names and addresses have
#: one ('rue de Rivoli').
_SHORT: Final = 4
_FEWEST: Final = 2
#: Up to so many words each counts once: what a passage repeats is more often a name ('Los Angeles').
_REPEATED: Final = 400
_WRITTEN: Final = {script: _Written(listed) for script, listed in _WORDS.items()}

#: Ranges of letters: the script whose function words are listed, else the largest language of the script.
_SCRIPTS: Final = (
    (0x0041, 0x024F, "Latin"),
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0531, 0x058F, "hy"),
    (0x05D0, 0x05F4, "he"),
    (0x0600, 0x07BF, "Arabic"),
    (0x0900, 0x097F, "hi"),
    (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"),
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x0F00, 0x0FFF, "bo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x139F, "am"),
    (0x1780, 0x17FF, "km"),
    (0x1E00, 0x1EFF, "Latin"),
    (0x1F00, 0x1FFF, "el"),
    (0x3005, 0x3007, "zh"),
    (0x3041, 0x30FF, "ja"),
    (0x31F0, 0x31FF, "ja"),
    (0x3400, 0x9FFF, "zh"),
    (0xAC00, 0xD7A3, "ko"),
    (0xF900, 0xFAFF, "zh"),
    (0xFB50, 0xFEFC, "Arabic"),
    (0x20000, 0x3FFFD, "zh"),
)
_STARTS: Final = tuple(first for first, _, _ in _SCRIPTS)
#: Letters of other scripts.
_UNKNOWN: Final = "und"  # ISO 639-2: undetermined
#: What a script's letter weighs: in XQuAD the English text has 3.2 letters for each character of the Chinese.
_WEIGHTS: Final = {"zh": 3, "ja": 2, "ko": 2}
#: A text with Han characters is Japanese from this share of kana.
_KANA: Final = 0.1
#: At most so many characters, taken evenly from all of a text, decide which script it is in.
_SAMPLE: Final = 400


def language_of(text: str) -> str:
    """The language that most of the text is in: 'en', 'zh' or another ISO 639-1 code, 'und' for letters of
    unknown scripts, '' for a text without letters. A Latin text that nothing decides is 'en'."""
    if text.isascii():
        return _WRITTEN["Latin"].language_of(text) if any(map(str.isalpha, text)) else ""
    script = _script_of(text)
    if script not in _WRITTEN:
        return script
    return _WRITTEN[script].language_of(unicodedata.normalize("NFC", text))


def by_script(text: str) -> str:
    """`language_of` by the letters alone, for what a search does with hundreds of passages: 'en' for all that is in
    Latin ones, 1 us where `language_of` takes 45."""
    if text.isascii():
        return "en" if any(map(str.isalpha, text)) else ""
    script = _script_of(text)
    return _WRITTEN[script].codes[0] if script in _WRITTEN else script


@cache
def function_words(language: str) -> frozenset[str]:
    """The function words of a language, in lower case; none where a text is told by its script."""
    return frozenset(word for listed in _WORDS.values() for word in listed.get(language, "").split())


def reads(languages: tuple[str, ...], text: str) -> bool:
    """Whether a reader of these languages reads the text; () reads all. A text without letters, such as a
    number, is read by every reader."""
    return not languages or reads_language(languages, language_of(text))


def reads_language(languages: tuple[str, ...], code: str) -> bool:
    """Whether a reader of these languages, () are all, reads texts in the language `code`, as `language_of` tells
    it."""
    return not languages or code in ("", *languages)


def _script_of(text: str) -> str:
    """The script with the most letters, or its largest language; '' if there are none."""
    counts = Counter(map(_SCRIPT_OF.__getitem__, text[:: 1 + len(text) // _SAMPLE]))
    weights = {script: count * _WEIGHTS.get(script, 1) for script, count in counts.items() if script}
    kana = weights.get("ja", 0)
    if kana > _KANA * (kana + weights.get("zh", 0)):
        weights["ja"] += weights.pop("zh", 0)
    return max(weights, key=lambda script: (weights[script], script)) if weights else ""


class _Scripts(dict[str, str]):
    """The script of a letter, or its largest language, '' for what is no letter; each is added when it first
    occurs."""

    def __missing__(self, character: str) -> str:
        first, last, script = _SCRIPTS[max(0, bisect_right(_STARTS, ord(character)) - 1)]
        if not character.isalpha():
            script = ""
        elif not first <= ord(character) <= last:
            script = _UNKNOWN
        self[character] = script
        return script


_SCRIPT_OF: Final = _Scripts()
