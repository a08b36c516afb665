"""Links to a library: what is one, and all that is none."""

from __future__ import annotations

import pytest

from desktop_kb.records import Link, parse_link

LIBRARY, DOCUMENT = "0123456789abcdef", "fedcba9876543210"
HERE = f"desktop-kb:{LIBRARY}/d/{DOCUMENT}"


@pytest.mark.parametrize(
    ("link", "text"),
    [
        (Link(LIBRARY, DOCUMENT), HERE),
        (Link(LIBRARY, DOCUMENT, page=3), f"{HERE}?page=3"),
        (Link(LIBRARY, DOCUMENT, 3, 10, 20), f"{HERE}?page=3&start=10&end=20"),
        (Link(LIBRARY, question="bees & 蜜蜂"), f"desktop-kb:{LIBRARY}/s?q=bees%20%26%20%E8%9C%9C%E8%9C%82"),
    ],
)
def test_a_link_is_written_and_read(link: Link, text: str) -> None:
    assert str(link) == text
    assert parse_link(text) == link
    assert parse_link(f" {text.replace('desktop-kb', 'Desktop-KB')}\n") == link


@pytest.mark.parametrize(
    "text",
    [
        "",
        "desktop-kb:",
        f"desktop-kb://{LIBRARY}/d/{DOCUMENT}",
        f"http:{LIBRARY}/d/{DOCUMENT}",
        f"file:///{LIBRARY}/d/{DOCUMENT}",
        f"desktop-kb:{LIBRARY}/x/{DOCUMENT}",
        f"desktop-kb:../../{LIBRARY}/d/{DOCUMENT}",
        f"{HERE}/../../etc/passwd",
        f"desktop-kb:{LIBRARY}/d/%2e%2e%2fetc",
        f"desktop-kb:{LIBRARY}/d/{DOCUMENT.upper()}",
        f"{HERE}?page=0",
        f"{HERE}?page=-1",
        f"{HERE}?page=1&page=x",
        f"{HERE}?start=4",
        f"{HERE}?start=9&end=3",
        f"{HERE}?start=1&end=99999999999999999999",
        f"{HERE}?run=1",
        f"{HERE}?page=%31",
        f"{HERE}#page=1",
        f"{HERE}?page=１",
        f"{HERE} --library /tmp",
        f"{HERE}\n--yes",
        f"desktop-kb:{LIBRARY}/s?q=",
        f"desktop-kb:{LIBRARY}/s?q=%20",
        f"desktop-kb:{LIBRARY}/s?q=%ff",
        f"desktop-kb:{LIBRARY}/s?q=%00",
        f"desktop-kb:{LIBRARY}/s?q=a%0a--yes",
        f"desktop-kb:{LIBRARY}/s?q=a&x=1",
        f"desktop-kb:{LIBRARY}/s?q={'a' * 5000}",
        f"desktop-kb:{LIBRARY}/s?q={'a' * 2000}",
    ],
)
def test_what_is_not_exactly_a_link_is_none(text: str) -> None:
    assert parse_link(text) is None
