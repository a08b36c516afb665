"""What people are told, from codes and details."""

from __future__ import annotations

import errno
import os
import re
import string
from dataclasses import asdict

import pytest

from desktop_kb.errors import DocumentProblem, JsonValue, Problem, StorageProblem, reason_of
from desktop_kb.records import Check, Degraded, Finding
from desktop_kb.sentences import (
    ARGPARSE,
    BESIDES,
    CATALOGUE,
    CHECKS,
    LEFT_OUT,
    REASONS,
    Language,
    chinese,
    duration_text,
    left_out,
    parts,
    say,
    say_all,
    size_text,
    spoken,
    system_locale,
)

LANGUAGES: tuple[Language, ...] = ("en", "zh")


def _names(*texts: str) -> set[str]:
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_name_the_same_details() -> None:
    pairs = {code: (_names(*entry.en), _names(*entry.zh)) for code, entry in CATALOGUE.items()}
    pairs |= {code: (_names(said[0]), _names(said[1])) for code, said in LEFT_OUT.items()}
    pairs |= {reason: (_names(said[0]), _names(said[1])) for reason, said in REASONS.items()}
    assert {code: both for code, both in pairs.items() if both[0] != both[1]} == {}


def test_every_sentence_is_in_its_language() -> None:
    texts = [*CHECKS.values(), *REASONS.values(), *LEFT_OUT.values()]
    for entry in CATALOGUE.values():
        texts += [*zip(entry.en, entry.zh, strict=True), *([entry.plain] if entry.plain else [])]
    for english, said in texts:
        assert not any("一" <= letter <= "鿿" for letter in english), english
        words = "".join(text for text, _, _, _ in string.Formatter().parse(english))
        if words:  # else it is nothing but what is put into it
            assert any("一" <= letter <= "鿿" for letter in said), said


def _pairs() -> list[tuple[str, str]]:
    """All that the program says, in English and Chinese."""
    pairs = [*chinese().items(), *CHECKS.values(), *REASONS.values(), *LEFT_OUT.values(), *BESIDES.values()]
    for entry in CATALOGUE.values():
        pairs += [*zip(entry.en, entry.zh, strict=True), *([entry.plain] if entry.plain else [])]
    return [*pairs, *ARGPARSE.items()]


def test_what_a_sentence_names_is_called_so_in_the_window() -> None:
    """'Check the library' and the like are labels; who reads of one looks for those words."""
    named = 0
    for english, said in _pairs():
        for name in re.findall(r"'([A-Z][a-z]+(?: [a-z.]+)*)'", english):
            assert name in chinese(), f"{english}: nothing is called '{name}'"
            assert f"“{chinese()[name]}”" in said, said
            named += 1
    assert named > 5


def test_chinese_says_one_thing_in_one_way() -> None:
    """The person is 您; documents are counted by 篇 and hits by 条; punctuation is of full width."""
    odd = re.compile("你|个文档|个结果|个命中|弱匹配|[一-鿿][,;:?!']|[,;?!'][一-鿿]")
    samples = re.compile(r"\{[^}]*\}|名称:值|'?\S*tag:汽车\S*")
    assert not [said for _, said in _pairs() if odd.search(samples.sub("", said))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CATALOGUE)
def test_a_code_alone_is_said_without_what_is_not_known(code: str, language: Language) -> None:
    sentence, step = parts(Finding(code), language)
    assert sentence
    assert "{" not in sentence + step
    plain = CATALOGUE[code].plain
    if plain:
        assert sentence == plain[language != "en"]


@pytest.mark.parametrize(
    ("problem", "english", "chinese"),
    [
        (
            DocumentProblem("too-large", limit_mib=500),
            "The file is larger than the limit of 500 MiB. Raise the limit in the settings or split the file.",
            "文件超过 500 MiB 的上限。请在设置中提高上限，或拆分文件。",
        ),
        (
            DocumentProblem("too-much-memory", limit_mib=1536),
            "Reading the file needed more than 1.5 GB of memory. Split the file and add the parts.",
            "读取所需内存超过 1.5 GB。请拆分后分别添加。",
        ),
        (
            DocumentProblem("took-too-long", limit_s=300.0),
            "Reading the file took longer than 300 seconds. Split the file and add the parts.",
            "读取超过了 300 秒。请拆分后分别添加。",
        ),
        (
            Problem("no-room", free_bytes=91_000_000, needed_bytes=2.3e9),
            "The disk has 91 MB free and 2.3 GB are needed. Free some space, then try again.",
            "需要 2.3 GB，磁盘仅剩 91 MB。请腾出空间后再试。",
        ),
        (
            Problem("usage", reason="queries", cause="ENOENT"),
            f"the queries cannot be read: {os.strerror(errno.ENOENT)}. See 'desktop-kb --help'.",
            "无法读取问题：没有这个文件或文件夹。见 desktop-kb --help。",
        ),
        (
            Problem("setting", name="device", value="tpu", reason="one-of", choices=["auto", "cpu"]),
            "'device' cannot be 'tpu'. Choose one of auto, cpu.",
            "“device”不能是 'tpu'。可选：auto、cpu。",
        ),
    ],
)
def test_a_problem_is_said_with_its_details(problem: Problem, english: str, chinese: str) -> None:
    assert say(problem) == english
    assert say(problem, "zh") == chinese


def test_what_another_program_said_is_said_as_it_is() -> None:
    assert parts(StorageProblem("io-error", reason="disk I/O error {x}"))[0].endswith(": disk I/O error {x}")
    assert parts(StorageProblem("io-error", reason="EIO"), "zh")[0] == "文库无法读写：输入输出错误"


def test_nonsense_is_said_without_harm() -> None:
    odd: list[dict[str, JsonValue]] = [
        {"limit_mib": [1]}, {"limit_mib": None}, {"reason": {}}, {"limit_s": "x"}, {"findings": 7}
    ]  # fmt: skip
    for details in odd:
        for code in ("too-large", "took-too-long", "too-much-memory", "unreadable", "several"):
            assert say(Finding(code, details))
    assert say(Finding("usage", {"reason": "queries", "cause": "queries"}))
    assert "not-a-code" in say(Finding("not-a-code"))


def test_one_and_many() -> None:
    one, many = (Finding("rows-lost", {"at_least": count, "table": "tags"}) for count in (1, 7))
    assert (say(one), say(many)) == ("at least 1 row of tags", "at least 7 rows of tags")
    assert say(many, "zh") == "tags 的至少 7 行"


def test_several_findings_and_more() -> None:
    found = [Finding("texts-changed", {"count": 3}), Finding("file-gone", {"name": "a.pdf"})]
    check = Check("passages", False, tuple(found))
    assert (check.code, list(check.details)) == ("several", ["findings"])
    assert say(check) == "3 texts are not what was read; the stored file a.pdf is gone"
    many = Check("passages", False, (*found, *[Finding("file-outside")] * 7))
    assert say(many).endswith("(and 4 more)")
    assert say(many, "zh").startswith("3 篇文字与读入时不同；保存的文件 a.pdf 已不在；")
    assert say(many, "zh").endswith("（另有 4 项）")
    assert say_all(found, "zh") == say(check, "zh")


def test_a_check_says_its_one_finding_or_that_all_is_in_order() -> None:
    assert (Check("index", True).code, say(Check("index", True))) == ("in-order", "in order")
    one = Check("index", False, (Finding("passages-lost", {"count": 2}),))
    assert (one.code, one.details) == ("passages-lost", {"count": 2})
    again = Finding("in-order-again", {"was": {"code": one.code, "details": one.details}})
    assert say(again) == "in order again; it was: 2 documents have lost passages"
    assert say(again, "zh") == "已恢复正常；原先：2 篇文档缺少段落"
    lost = Finding("mended", {"findings": [asdict(finding) for finding in one.findings]})
    assert "2 documents have lost passages" in say(lost)


def test_every_step_that_a_search_leaves_out_is_said() -> None:
    for code in Degraded:
        assert left_out(code) != left_out(code, "zh")
    assert left_out(Degraded.RERANK_BUDGET, read=3, wanted=30).startswith("Only 3 of 30 passages")
    assert "30 段中只重排了 3 段" in left_out(Degraded.RERANK_BUDGET, "zh", read=3, wanted=30)


def test_why_a_file_cannot_be_read_is_a_code() -> None:
    assert reason_of(OSError(errno.EACCES, "Permission denied")) == "EACCES"
    assert reason_of(OSError("odd")) == "OSError"
    assert reason_of(UnicodeDecodeError("utf-8", b"", 0, 1, "")) == "not-utf-8"


def test_a_size_for_people() -> None:
    assert [size_text(size) for size in (0, 12_345, 999_499, 91e6, 999_499_999, 2.3e9)] == [
        "1 KB",
        "12 KB",
        "999 KB",
        "91 MB",
        "999 MB",
        "2.3 GB",
    ]


def test_a_time_for_people() -> None:
    assert [duration_text(seconds) for seconds in (0, 59.9, 60, 720, 7_000, 40_000)] == [
        "less than a minute",
        "less than a minute",
        "about 1 minute",
        "about 12 minutes",
        "about 2 hours",
        "about 11 hours",
    ]
    assert [duration_text(seconds, "zh") for seconds in (5, 720, 40_000)] == [
        "不到 1 分钟",
        "约 12 分钟",
        "约 11 小时",
    ]


@pytest.mark.parametrize(
    ("chosen", "system", "language"),
    [
        ("en", "zh_CN", "en"),
        ("zh", "en_GB", "zh"),
        ("system", "zh_TW.UTF-8", "zh_TW"),
        ("system", "de_DE", "en"),
        ("system", "", "en"),
    ],
)
def test_the_language_is_the_persons_or_the_systems(chosen: str, system: str, language: str) -> None:
    assert spoken(chosen, system) == language


def test_the_systems_language_is_that_of_its_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert system_locale() == "en_GB.UTF-8"
    monkeypatch.setenv("LC_MESSAGES", "zh_CN.UTF-8")
    assert (system_locale(), spoken("system")) == ("zh_CN.UTF-8", "zh")
    monkeypatch.setenv("LC_ALL", "C")
    assert spoken("system") == "en"
