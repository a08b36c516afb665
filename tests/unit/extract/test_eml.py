from __future__ import annotations

from email.header import Header
from pathlib import Path

import pytest

from desktop_kb import reading
from desktop_kb.errors import Problem
from desktop_kb.extract import eml
from desktop_kb.records import Extracted

PATH = Path("mail.eml")


def of(message: str | bytes, encoding: str = "utf-8") -> Extracted:
    return eml.read(message if isinstance(message, bytes) else message.encode(encoding), PATH)


def shown(found: Extracted) -> str:
    return reading.read(found.text, found.layout.edits)


HEAD = "From: Ann Lee <ann@a.example>\nTo: Bob <bob@b.example>, c@c.example\nCc: d@d.example\n"


def test_a_mail() -> None:
    found = of(f"{HEAD}Subject: The new pump\nDate: Mon, 1 May 2023 10:11:12 +0800\n\nIt runs.\n\nAnn\n")
    assert found.title == "The new pump"
    assert dict(found.metadata) == {
        "from": "Ann Lee <ann@a.example>",
        "to": "Bob <bob@b.example>, c@c.example",
        "cc": "d@d.example",
        "date": "2023-05-01 10:11",
        "author": "Ann Lee",
        "year": 2023,
    }
    assert found.text.splitlines() == [
        *("The new pump", "From: Ann Lee <ann@a.example>", "To: Bob <bob@b.example>, c@c.example"),
        *("Cc: d@d.example", "Date: 2023-05-01 10:11", "It runs.", "", "Ann"),
    ]
    assert [(h.level, found.text[h.start : h.end]) for h in found.layout.headings] == [(1, "The new pump")]


@pytest.mark.parametrize(
    "charset", ["gb2312", "gbk", "gb18030", "big5", "utf-8", "us-ascii", "unknown-8bit", ""]
)
def test_encodings_as_they_are_met(charset: str) -> None:
    """Named, named wrongly and not named, in the text and raw in the headers."""
    said = (
        "水泵年度维护合同，请您在五月之前签字并寄回公司"
        if charset != "big5"
        else "水泵年度維護合約，請您在五月之前簽字並寄回公司"
    )
    encoding = charset if charset in ("big5", "utf-8") else "gb18030"
    kind = f"Content-Type: text/plain; charset={charset}\n" if charset else ""
    head = f'Subject: {said[:10]}\nFrom: "{said[:6]}" <a@a.example>\n{kind}Content-Transfer-Encoding: 8bit\n'
    message = f"{head}\n{said}。\n"
    found = of(message, encoding)
    assert found.title == said[:10]
    assert found.metadata["author"] == said[:6]
    assert found.text.endswith(f"{said}。\n")


def test_encoded_words_and_those_cut_inside_a_character() -> None:
    whole = Header("水泵年度维护合同" * 6, "gb2312").encode()
    assert of(f"Subject: {whole}\n\nx").title == "水泵年度维护合同" * 6
    cut = "=?gb2312?B?y66x?=\n =?gb2312?B?ww==?="
    assert of(f"Subject: {cut}\n\nx").title == "水泵"


def test_encoded_words_beside_raw_bytes() -> None:
    found = of(
        "Subject: =?utf-8?B?5rC05rO1?= 维护合同".encode("gb18030")
        + b"\nContent-Type: text/plain; charset=gbk\n\nx"
    )
    assert "".join(found.title.split()) == "水泵维护合同"


def test_latin_text_stays_latin() -> None:
    head = "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\n"
    assert of(f"Subject: café\n{head}Déjà vu – naïve façade.\n", "cp1252").text.endswith(
        "Déjà vu – naïve façade.\n"
    )


def multipart(kind: str, *parts: str, more: str = "") -> str:
    return (
        f"{HEAD}Subject: s\nContent-Type: multipart/{kind}; boundary=B\n{more}\n"
        + "".join(f"--B\n{part}\n" for part in parts)
        + "--B--\n"
    )


PLAIN = "Content-Type: text/plain\n\nThe plain words of this mail."


def test_whom_a_sent_mail_names_to_nobody() -> None:
    found = of("Subject: s\nBcc: e@e.example\n\nx")
    assert found.text == "s\nBcc: e@e.example\nx\n"
    assert found.metadata == {"bcc": "e@e.example"}


def test_of_alternatives_one_is_read() -> None:
    page = "Content-Type: text/html\n\n<p>The <b>page's</b> words of this mail.</p>"
    assert "The plain words" in of(multipart("alternative", PLAIN, page)).text
    assert "page's" not in of(multipart("alternative", PLAIN, page)).text
    assert "The page's words" in of(multipart("alternative", page)).text
    other = "Content-Type: text/html\n\n<p>An older page.</p>"
    assert "older" not in of(multipart("alternative", other, page)).text


def test_a_plain_text_that_only_points_at_the_page_is_not_chosen() -> None:
    page = f"Content-Type: text/html\n\n<h2>Prices</h2><p>{'All that this mail says stands here. ' * 9}</p>"
    found = of(multipart("alternative", "Content-Type: text/plain\n\nSee the web version.", page))
    assert "All that this mail says" in found.text
    assert "web version" not in found.text
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "s"), (3, "Prices")]


def test_attachments_are_named_and_counted() -> None:
    named = 'Content-Type: application/pdf; name="=?gb2312?B?sai45i5wZGY=?="\nContent-Disposition: attachment\n\nx'
    other = "Content-Type: text/plain\nContent-Disposition: attachment; filename*=utf-8''%E8%A1%A8.txt\n\nx"
    found = of(multipart("mixed", PLAIN, named, other))
    assert found.text.endswith("Attachment: 报告.pdf\nAttachment: 表.txt\n")
    assert found.holds_files


def test_an_attachment_without_a_name_is_called_by_its_kind() -> None:
    paper = "Content-Type: application/pdf\n\nwords"
    note = "Content-Type: text/markdown\nContent-Disposition: attachment\n\n# Words"
    data = multipart("mixed", PLAIN, paper, note, "Content-Type: text/plain\n\n", "Content-Type: x/y\n\nz")
    assert [part.name for part in eml.parts(data.encode(), PATH, None)] == ["attachment.pdf", "attachment.md"]
    assert of(data).holds_files


def test_attachments_are_parts() -> None:
    head = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt"
    named_one = f"{head}\nContent-Transfer-Encoding: base64\n\nd29yZHM="
    shown_one = "Content-Type: image/png; name=b.png\nContent-ID: <b>\n\nx"
    inner = f"Content-Type: message/rfc822\n\n{multipart('mixed', PLAIN, named_one)}"
    data = multipart(
        "mixed", PLAIN, named_one, shown_one, inner.replace("=B", "=C").replace("--B", "--C")
    ).encode()
    assert [(part.name, part.read()) for part in eml.parts(data, PATH, None)] == [("a.txt", b"words")] * 2
    assert of(data).holds_files


def test_parts_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eml, "_MOST_PARTS", 3)
    file = "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\nx"
    found = of(multipart("mixed", *[file] * 5))
    offered = len(list(eml.parts(multipart("mixed", *[file] * 5).encode(), PATH, None)))
    assert (found.holds_files, offered + found.parts_left_out) == (True, 5)


def test_a_list_of_receivers_that_is_cut_says_so() -> None:
    to = ", ".join(f"person{n}@a.example" for n in range(900))
    line = next(
        line for line in of(f"Subject: x\nTo: {to}\n\nwords").text.splitlines() if line.startswith("To: ")
    )
    assert line.endswith("…")


def test_a_mail_in_a_mail_is_read_under_its_own_subject() -> None:
    inner = "From: Zoe <z@z.example>\nSubject: inner\n\nThe words of the inner mail.\n"
    found = of(multipart("mixed", PLAIN, f"Content-Type: message/rfc822\n\n{inner}"))
    assert "From: Zoe <z@z.example>\nThe words of the inner mail." in found.text
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "s"), (2, "inner")]


def test_lines_wrapped_by_a_mail_program_are_joined_within_a_quote_and_not_across() -> None:
    long = "When the pump was started in the morning the pressure rose to nine bar within a minute\nand stayed there."
    quoted = "\n".join(f"> {line}" for line in long.splitlines())
    found = of(f"Subject: s\n\nI see.\n{quoted}\n>> No.\nThat is good.\n")
    lines = shown(found).splitlines()
    assert lines[-4:] == ["I see.", long.replace("\n", " "), "No.", "That is good."]
    assert "> When the pump" in found.text


def test_headers_of_megabytes_are_cut() -> None:
    """Uncut they take minutes, and the test's time runs out."""
    found = of(
        "Subject: s\nTo: "
        + "a@a.example, " * 200_000
        + "\nContent-Type: text/plain"
        + ";x=y" * 200_000
        + "\n\nbody"
    )
    assert found.text.endswith("body\n")
    assert len(found.text) < 10_000


def test_mails_within_mails_end_somewhere() -> None:
    message = "Subject: inmost\n\nx"
    for depth in range(20):
        message = f"Subject: {depth}\nContent-Type: message/rfc822\n\n{message}"
    assert [h.title for h in of(message).layout.headings] == ["19", "18", "17", "16", "15", "14"]


@pytest.mark.parametrize(
    "date", ["2023-05-01", "1 May 2023", "Mon, 01 May 2023 25:00:00 GMT", "2023年5月1日"]
)
def test_dates_as_programs_write_them(date: str) -> None:
    assert of(f"Subject: s\nDate: {date}\n\nx").metadata["year"] == 2023


def test_a_date_that_is_none_stays_as_it_is_written() -> None:
    assert of("Subject: s\nDate: yesterday\n\nx").metadata == {"date": "yesterday"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_mail_that_an_editor_has_saved(encoding: str) -> None:
    assert of(f"{HEAD}Subject: pump\n\nIt runs.\n", encoding).title == "pump"


def test_what_has_no_headers_is_damaged() -> None:
    with pytest.raises(Problem, match="damaged"):
        of("\n\njust words")
