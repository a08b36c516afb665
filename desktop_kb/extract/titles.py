"""Which of the titles that files give themselves are titles, and which styles are those of headings."""

from __future__ import annotations

import re
from typing import Final

_LEAST_LETTERS = 2
#: Names of the styles of headings; programs write those of their first language too.
_HEADING: Final = re.compile(
    r"(?:heading|标题|標題|titre|überschrift|título|заголовок) ?(\d)\b", re.IGNORECASE
)
TITLE_STYLES: Final = frozenset({"title", "标题", "標題"})
#: Titles that programs write by themselves.
_NO_TITLE: Final = re.compile(
    r"(?:untitled|unnamed|unbenannt|no title|无标题|未命名|title|document|presentation|slide|幻灯片)[\s\d-]*$"
    r"|\(?(?:anonymous|unspecified|unknown|none|null)\)?$|microsoft (?:word|powerpoint|excel) - |https?:|file:"
    # 'PowerPoint Presentation' in many languages, '新建 Microsoft Word 文档', '演示文稿1'
    r"|(?:[\w ]{0,15}\b)?(?:power ?point|microsoft (?:word|excel))(?:[- ][\w-]{0,16})?[\s\d]*$"
    r"|word (?:document|dokument|文档|文檔)[\s\d]*$"
    r"|(?:新建|新增)?\s*(?:文本)?(?:文档|文檔|演示文稿|簡報|工作簿|活頁簿)[\s\d]*$"
    # numbers of articles, scanners' names
    r"|(?:doi|pii|arxiv|urn|isbn|issn)\s*[:/]|10\.\d{4,}/|(?:scan|img|image|dsc|doc)[-_ ]?\d+$|scanned document"
    r"|.*\.(?:docx?|dotx?|pptx?|xlsx?|odt|ods|odp|rtf|txt|html?|tex|dvi|e?ps|pdf|indd|qxd|pmd|fm|wpd|cdr|wps)$",
    re.IGNORECASE,
)


def is_title(text: str) -> bool:
    """Whether somebody wrote it: no name of a program, a file or a template."""
    return _NO_TITLE.match(text) is None and sum(map(str.isalpha, text)) >= _LEAST_LETTERS


def heading_level(style: str) -> int:
    """The level of the headings that have a style of this name; 0 if it is none of headings."""
    if found := _HEADING.match(style):
        return int(found[1])
    return 1 if style.lower() in TITLE_STYLES else 0
