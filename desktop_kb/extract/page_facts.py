"""What a web page says of itself: title, author, date, where it came from."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from desktop_kb.extract.properties import LONGEST
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Value

_AUTHORS: Final = (
    *("author", "article:author", "og:article:author", "dc.creator", "dcterms.creator", "citation_author"),
    *("parsely-author", "sailthru.author", "byl"),
)
_DATES: Final = (
    *(
        "article:published_time",
        "og:published_time",
        "og:article:published_time",
        "datepublished",
        "citation_date",
    ),
    *("citation_publication_date", "citation_online_date", "dc.date.issued", "dc.date", "dcterms.created"),
    *("dcterms.date", "pubdate", "publishdate", "publish_date", "publish-date", "parsely-pub-date"),
    *("sailthru.date", "weibo:article:create_at", "created", "date", "og:release_date", "release_date"),
)
_SOURCES: Final = ("og:url", "article:url", "url")
_SAVED_FROM: Final = re.compile(
    r"<!--\s*(?:saved from url=\(\d+\)(\S+)|.{0,200}?SingleFile.{0,80}?url:\s*(\S+))", re.DOTALL
)
#: SingleFile writes when it saved a page as JavaScript says a time: 'Sat Nov 21 2026 10:22:33 GMT+0100'.
_SAVED_ON: Final = re.compile(
    r"SingleFile.{0,4000}?saved date:\s*[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d{4})\b", re.DOTALL
)
#: WeChat writes the seconds since 1970 into a script.
_SECONDS: Final = re.compile(r"var ct\s*=\s*[\"'](1\d{9})[\"']")
_SEPARATOR: Final = re.compile(r"\s*[-|_–—·•:：»«/]+\s*")


def facts(root: Any, source: str, heading: str) -> tuple[str, dict[str, Value]]:
    """The page's title and its metadata.

    Args:
        source: the page's HTML.
        heading: its first heading of level 1, or ''.
    """
    metas = _metas(root)
    linked = dict(_linked_data(root))
    values: dict[str, Value] = {}
    if author := next(_authors(root, metas, linked), ""):
        values["author"] = author
    for name in ("description", "keywords"):
        if name in metas:
            values[name] = metas[name][0]
    if saved_on := _saved_on(source):
        values["saved"] = saved_on
    if date := next(_dates(root, metas, linked, source), saved_on):
        values["date"] = date
        values["year"] = int(iso_date(date)[:4])
    if (site := metas.get("og:site_name", [""])[0]) and site != heading:
        values["site"] = site
    saved = _SAVED_FROM.search(source[:4_000])
    address = (saved[1] or saved[2]) if saved else next((metas[n][0] for n in _SOURCES if n in metas), "")
    if address.startswith(("http://", "https://")):
        values["source"] = address[:LONGEST]
    if lang := root.get("lang"):
        values["lang"] = lang[:20]
    return _title(root, metas, heading)[:LONGEST], values


def _saved_on(source: str) -> str:
    """The day on which SingleFile saved the page; '' if it did not."""
    found = _SAVED_ON.search(source[:4_000])
    return iso_date(f"{found[2]} {found[1]} {found[3]}") if found else ""


def _metas(root: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = " ".join((element.get("content") or "").split())[:LONGEST]
        for each in name.lower().split():  # pages name one meta several times: "og:title dc:title"
            if content:
                found.setdefault(each, []).append(content)
    return found


def _title(root: Any, metas: dict[str, list[str]], heading: str) -> str:
    """The page's own name: its title without the site's, where another place gives the one alone."""
    title = " ".join((root.findtext(".//title") or "").split())
    shared = metas.get("og:title", metas.get("twitter:title", [""]))[0]
    for name in (heading, shared):
        if name and title != name and title.startswith(name) and _SEPARATOR.match(title, len(name)):
            return name
    return title or shared or heading


def _authors(root: Any, metas: dict[str, list[str]], linked: dict[str, str]) -> Iterator[str]:
    for name in _AUTHORS:
        people = [one for one in metas.get(name, ()) if not one.startswith(("http://", "https://"))]
        if people:
            yield ", ".join(dict.fromkeys(people))[:LONGEST]
    if "author" in linked:
        yield linked["author"]
    for element in root.xpath("//*[@itemprop='author' or @rel='author' or @id='js_author_name']")[:3]:
        if text := " ".join(element.xpath("string()").split())[:200]:
            yield text


def _dates(root: Any, metas: dict[str, list[str]], linked: dict[str, str], source: str) -> Iterator[str]:
    for name in _DATES:
        yield from (text for text in metas.get(name, ())[:1] if iso_date(text))
    if iso_date(linked.get("date", "")):
        yield linked["date"]
    for element in root.xpath("//*[@id='publish_time' or @itemprop='datePublished']")[:3]:
        text = element.get("datetime") or element.get("content") or element.xpath("normalize-space(string())")
        if iso_date(text):
            yield text[:LONGEST]
    at = source.find("var ct")  # many times as fast as looking for the pattern in a large page
    if at >= 0 and (found := _SECONDS.match(source, at)):
        yield datetime.datetime.fromtimestamp(int(found[1]), datetime.UTC).date().isoformat()
    times = root.xpath("//time[@datetime]")
    published = [time for time in times if time.get("pubdate") is not None] or (
        times if len(times) == 1 else []
    )
    yield from (time.get("datetime") for time in published[:1] if iso_date(time.get("datetime")))


def _linked_data(root: Any) -> Iterator[tuple[str, str]]:
    """Author and date from schema.org's data, where the page has them as JSON."""
    for script in root.xpath("//script[@type='application/ld+json']")[:10]:
        try:
            waiting = [json.loads(script.text or "")]
        except (ValueError, RecursionError):
            continue
        for _ in range(200):
            if not waiting:
                break
            thing = waiting.pop()
            if isinstance(thing, list):
                waiting += thing[:50]
            elif isinstance(thing, dict):
                waiting += [value for key, value in thing.items() if key in ("@graph", "mainEntity")]
                if isinstance(date := thing.get("datePublished"), str):
                    yield "date", date[:LONGEST]
                authors = thing.get("author")
                named = [
                    a.get("name") if isinstance(a, dict) else a
                    for a in (authors if isinstance(authors, list) else [authors])
                ]
                if people := ", ".join(name for name in named if isinstance(name, str)):
                    yield "author", people[:LONGEST]
