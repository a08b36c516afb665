from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.extract import webpage
from desktop_kb.records import Extracted


def of(page: str, encoding: str = "utf-8") -> Extracted:
    return webpage.read(page.encode(encoding), Path("page.html"))


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one\n two<p>three", "one two\nthree"),
        ("a<b>b</b>c <i>d</i>, e", "abc d, e"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>a</li><li><p>b</p></li></ul>c", "a\nb\nc"),
        ("<table><tr><td>a<td><p>b</p><p>c</p></tr><tr><th>d</table>", "a | b c\nd"),
        ("<pre>x\n  y</pre>z", "x\n  y\nz"),
        ("a<script>no()</script><style>no</style><!-- no --> b", "a b"),
        # Outside of a body, libxml2 before 2.14, which lxml's wheel for Windows has, makes text a paragraph.
        ("<body>a<div hidden>no</div><p style='display: none'>no</p><i aria-hidden=true>no</i>b", "ab"),
        ("a<p aria-hidden=true>seen, but not read aloud</p>b", "a\nseen, but not read aloud\nb"),
        ("<nav>menu</nav><main>text</main>", "text"),
        (
            "x <img src='data:image/png;base64,AAAA' alt=no> data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAA y",
            "x y",
        ),
        ("&lt;b&gt; &nbsp; &#x1d465; soft&shy;ly", "<b> 𝑥 softly"),
        ("<?xml version='1.0' encoding='latin-1'?><p>字</p>", "字"),
        (
            "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>を<ruby>学<rt>まな</rt></ruby>ぶ",
            "漢字を学ぶ",
        ),
    ],
)
def test_a_page_is_read_as_it_is_seen(page: str, text: str) -> None:
    assert of(page).text == text


def test_headings_title_and_metadata() -> None:
    found = of(
        "<html lang=zh><head><title> A &amp;\n B </title><meta name=Author content='C. D.'></head>"
        "<body><h1>One <em>x</em></h1>text<h3>\nThree</h3></body>"
    )
    assert found.title == "A & B"
    assert dict(found.metadata) == {"author": "C. D.", "lang": "zh"}
    shown = [(h.level, h.title, found.text[h.start : h.end]) for h in found.layout.headings]
    assert shown == [(1, "One x", "One x"), (3, "Three", "Three")]


ARTICLE = "<p>邮递员每周三骑摩托车上山，往返要四个小时。</p><p>雨季的时候，他把信件裹在塑料布里。</p>"


@pytest.mark.parametrize(
    "style",
    [
        "visibility: hidden; opacity: 0;",
        "visibility:hidden",
        "opacity:0",
        "opacity: 0; transition: opacity 1s",
    ],
)
def test_an_article_that_a_script_shows(style: str) -> None:
    found = of(
        f"""<meta property="og:title" content="山里的邮局"><meta name="author" content="林小满"><title></title>
        <div id="js_article"><h1 id="activity-name">山里的邮局</h1><em id="publish_time">2024-03-05 08:00</em>
        <div id="js_content" style="{style}"><section>{ARTICLE}</section></div></div>
        <div id="js_pc_qr_code" style="display:none">微信扫一扫</div><script>var ct = "1709596800";</script>"""
    )
    assert found.text.splitlines() == [
        *("山里的邮局", "2024-03-05 08:00"),
        *("邮递员每周三骑摩托车上山，往返要四个小时。", "雨季的时候，他把信件裹在塑料布里。"),
    ]
    assert found.title == "山里的邮局"
    assert dict(found.metadata) == {"author": "林小满", "date": "2024-03-05 08:00", "year": 2024}


def test_what_a_click_shows() -> None:
    found = of(
        """<main><h1>Help with the boiler</h1>
        <div class="accordion"><h2><button aria-expanded="false">Why does the pilot light go out?</button></h2>
        <div class="panel" style="display:none"><p>The thermocouple is dirty or bent.</p></div></div>
        <div class="accordion"><button>How often is it serviced?</button><div hidden><p>Once a year.</p></div></div>
        <div role="tabpanel" aria-hidden="true"><p>Part numbers are printed under the lid.</p></div>
        <dl><dt>Cost</dt><dd style="display: none">Ninety.</dd></dl>
        <details><summary>More</summary><p>Keep the papers.</p></details>
        <div class="faq-answer collapsed" style="display:none">Open the valve slowly.</div>
        <button>Copy</button><button type="submit">Send</button><button role="tab">Prices</button>
        <div class="modal" style="display:none"><p>Please sign in to go on with what you were reading here.</p></div>
        </main>"""
    )
    assert found.text.splitlines() == [
        *("Help with the boiler", "Why does the pilot light go out?", "The thermocouple is dirty or bent."),
        *("How often is it serviced?", "Once a year.", "Part numbers are printed under the lid."),
        *("Cost", "Ninety.", "More", "Keep the papers.", "Open the valve slowly.", "Prices"),
    ]
    assert [h.title for h in found.layout.headings] == [
        "Help with the boiler",
        "Why does the pilot light go out?",
    ]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            "<p>a</p><x-y><template shadowrootmode=open><p>in the shadow</p></template></x-y><p>b</p>",
            "a\nin the shadow\nb",
        ),
        ("<p>a</p><template><p>no</p></template>b", "a\nb"),
        (
            "a<iframe srcdoc='&lt;p&gt;in &lt;b&gt;the&lt;/b&gt; frame&lt;/p&gt;'></iframe>b",
            "a\nin the frame\nb",
        ),
        ("a<iframe src='data:text/html,<p>in%20a%20frame'></iframe>b", "a\nin a frame\nb"),
        ("a<iframe src='data:text/html;base64,PHA+aW4gYSBmcmFtZQ=='></iframe>b", "a\nin a frame\nb"),
        ("a<iframe src='https://a.b'>no</iframe>b<iframe src='data:text/html;base64,***'></iframe>", "ab"),
        (
            "<iframe srcdoc='&lt;iframe srcdoc=&quot;deep&quot;&gt;&lt;/iframe&gt;x'></iframe>",
            "deep\nx",
        ),
    ],
)
def test_frames_and_shadow_roots(page: str, text: str) -> None:
    assert of(page).text == text


TEX = "H = qL^{2}/8f"


@pytest.mark.parametrize(
    "formula",
    [
        f"<math alttext='{TEX}'><mi>H</mi></math>",
        f"<math><semantics><mi>H</mi><annotation encoding='application/x-tex'>{TEX}</annotation></semantics></math>",
        f"<span class='mwe-math-element'><span style='display: none;'><math alttext='{{\\displaystyle {TEX}}}'><mi>H"
        "</mi></math></span><img class='mwe-math-fallback-image-inline' "
        f"alt='{{\\displaystyle {TEX}}}' src='x.svg'></span>",
        f"<span class='katex'><span class='katex-mathml'><math><semantics><mi>H</mi><annotation encoding="
        f"'application/x-tex'>{TEX}</annotation></semantics></math></span><span class='katex-html' aria-hidden='true'>"
        "<span>H</span></span></span>",
        f"<span class='MathJax_Preview'>H</span><span class='MathJax'>H=q</span><script type='math/tex'>{TEX}</script>",
        f"<mjx-container class='MathJax'><mjx-math>H</mjx-math><mjx-assistive-mml><math alttext='{TEX}'><mi>H</mi>"
        "</math></mjx-assistive-mml></mjx-container>",
        f"<img eeimg='1' src='https://a.b/equation?tex=H' alt='{TEX}'>",
        f"<img class='latex' alt='{TEX}' src='x.png'>",
    ],
)
def test_formulas_are_read_once_as_their_tex(formula: str) -> None:
    assert of(f"<p>推力为 {formula}，其中 f 为矢高。</p>").text == f"推力为 {TEX}，其中 f 为矢高。"


def test_control_characters_are_no_text() -> None:
    found = of("<h1>a&#27;b</h1><h2>c&#1;d</h2><math alttext='x&#2;'></math><math><mi>y&#3;</mi></math>&#1;z")
    assert "".join(found.text.split()) == "abcdxyz"


def test_a_formula_without_tex_is_read_by_its_letters() -> None:
    assert of("<p>so <math><mi>x</mi><mo>=</mo><mn>2</mn></math>.</p>").text == "so x = 2."


def test_menus_edit_links_and_languages_are_left_out() -> None:
    languages = "".join(
        f"<li><a href='/{n}'>{n}</a></li>" for n in ("Deutsch", "English", "Français", "日本語")
    )
    found = of(
        f"""<title>石拱桥 - 某百科</title><a class="mw-jump-link" href="#c">跳转到内容</a>
        <div class="vector-menu"><ul><li><a href="/1">首页</a></li>{languages}</ul></div>
        <main id="c"><h1>石拱桥</h1><div class="vector-menu lang"><ul>{languages}</ul></div>
        <p>{"石拱桥是以拱为主要承重构件的桥。" * 20}</p>
        <h2><span class="mw-headline">历史</span><span class="mw-editsection">[<a href="/e">编辑</a>]</span></h2>
        <p>桥身由二十八道拱圈<a href="/x">并列砌成</a>。</p><h2>力学<span>[<a href="/e">编辑</a>]</span></h2>
        <h3>Notes<a class="headerlink" href="#n">¶</a></h3><h3><a href="#z">#</a> Z</h3><p>推力。</p></main>
        <footer><p>Some encyclopedia, and a long line about its licence that nobody looks for in here.</p></footer>
        <aside><p>但是旁边的这一段话是写给读者看的正文，它不是菜单，也没有链接，所以它应该留在文字里面，哪怕它在主要内容之外，
        因为读者会去找它，并且找到它，而不是因为它站在旁边就把它丢掉。</p></aside>"""
    )
    assert "编辑" not in found.text
    assert "Deutsch" not in found.text
    assert "首页" not in found.text
    assert "licence" not in found.text
    assert "桥身由二十八道拱圈并列砌成。" in found.text
    assert "但是旁边的这一段话" in found.text
    assert [h.title for h in found.layout.headings] == ["石拱桥", "历史", "力学", "Notes", "Z"]
    assert found.title == "石拱桥"


def test_what_stands_beside_the_article_is_read_unless_it_is_a_menu() -> None:
    text = "<p>" + "梁上的燕子在春天飞回来，衔着泥，一口一口地把去年的巢补好。" * 20 + "</p>"
    found = of(
        f"""<div class="page"><header><nav><a href="/">Home</a></nav><h1>燕子</h1>
        <p class="byline">By Ann, May 2020</p></header>
        <main><div class="section-header"><h2>Nests</h2></div>{text}
        <div class="language-bash"><pre class="language-bash">ls -a</pre></div>
        <div class="post-header"><h3><a href="/2">A post</a></h3></div>
        <div class="share-buttons">Share this</div></main>
        <section id="comments"><div>Nice!</div><div>写得好。</div>
        <div>{"I saw one of them last spring at the barn. " * 2}</div>
        <ul><li><a href="/a">One</a></li><li><a href="/b">Two</a></li><li><a href="/c">Three</a></li>
        <li><a href="/d">Four</a></li></ul></section><div class="copyright">© 2020</div></div>"""
    )
    lines = found.text.splitlines()
    for kept in ("燕子", "By Ann, May 2020", "Nests", "ls -a", "A post", "Nice!", "写得好。"):
        assert kept in lines
    for left_out in ("Home", "Share this", "One", "© 2020"):
        assert left_out not in lines


def test_an_edit_link_that_is_text_of_the_heading() -> None:
    found = of("<h2>历史[编辑]</h2><p>a</p><h2>Use [edit]</h2><p>b</p><h2>Sets [a, b]</h2>")
    assert [h.title for h in found.layout.headings] == ["历史", "Use", "Sets [a, b]"]


@pytest.mark.parametrize(
    "page",
    [
        "<h3 onclick='toggle()'>Where?</h3><div style='display:none'>Under the lid.</div>",
        "<button class='accordion'>安装方法</button><div style='display:none'>先关电源。</div>",
        "<label aria-controls='x'>How</label><div id='x' hidden>With oil.</div>",
        "<h4>Q</h4><div hidden>A.</div>",
    ],
)
def test_what_a_click_shows_on_a_page_without_an_article(page: str) -> None:
    assert len(of(f"<body>{page}</body>").text.split("\n")) == 2


def test_a_page_of_links_is_read() -> None:
    links = "".join(f"<li><a href='/{n}'>Bookmark number {n}</a></li>" for n in range(40))
    assert of(f"<body><h1>Bookmarks</h1><ul>{links}</ul></body>").text.count("Bookmark number") == 40
    assert (
        of(f"<body><div class='page'><ul class='list'>{links}</ul></div></body>").text.count("Bookmark") == 40
    )


def test_a_list_of_short_links_beside_an_article_is_a_menu() -> None:
    menu = "".join(f"<li><a href='/{n}'>{n}</a></li>" for n in ("人人", "开心网", "新浪微博", "豆瓣", "打印"))
    text = "<p>" + "梁上的燕子在春天飞回来，衔着泥，一口一口地把去年的巢补好。" * 30 + "</p>"
    page = f"<div class='a'><ul class='x'>{menu}</ul></div><div class='b'><h1>燕子</h1>{text}</div>"
    assert "开心网" not in of(page).text
    assert "衔着泥" in of(page).text
    see = f"<div><h1>燕子</h1>{text}<ul>{menu}</ul></div>"
    assert "开心网" in of(see).text  # it belongs to the paragraph above


def test_the_lines_of_a_listing() -> None:
    lines = "".join(f"<code><span>{n}: 问题？</span></code>" for n in (1, 2))
    assert of(f"<pre>{lines}</pre>").text == "1: 问题？\n2: 问题？"
    assert (
        of("<pre><code>a = 1\nb = 2</code></pre><p><code>x</code><code>y</code></p>").text
        == "a = 1\nb = 2\nxy"
    )


@pytest.mark.parametrize(
    ("head", "values"),
    [
        ("<meta property='article:published_time' content='2022-05-06T10:11:00+08:00'>", {"year": 2022}),
        (
            "<meta name=citation_publication_date content='2019/03'><meta name=citation_author content='A B'>"
            "<meta name=citation_author content='C D'>",
            {"year": 2019, "author": "A B, C D"},
        ),
        (
            "<meta itemprop=datePublished content='2018-01-02'><meta property='article:author' content='https://a.b/c'>",
            {"year": 2018},
        ),
        (
            """<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "datePublished": "2017-06-07",
         "author": [{"name": "E F"}]}]}</script>""",
            {"year": 2017, "author": "E F", "date": "2017-06-07"},
        ),
        (
            "<meta name=DC.date.issued content='2016年5月1日'><meta name='DC.creator' content='G'>",
            {"year": 2016, "author": "G"},
        ),
        ("<time datetime='2015-04-03'>", {"year": 2015}),
        ("<meta name=date content=soon><meta property=og:site_name content=Site>", {"site": "Site"}),
        (
            "<script type='application/ld+json'>{broken</script><time datetime=2015-04-03><time datetime=2016-01-01>",
            {},
        ),
    ],
)
def test_date_and_author(head: str, values: dict[str, object]) -> None:
    found = dict(of(f"<html><head>{head}</head><body>text</body></html>").metadata)
    assert values.items() <= found.items()
    assert ("year" in found) == ("year" in values)


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Otters | The River Post</title>", "Otters"),
        ("<title>Otters</title><meta property=og:title content='Otters of the Elbe'>", "Otters"),
        ("<title></title><meta property=og:title content='Otters of the Elbe'>", "Otters of the Elbe"),
        (
            "<title>Otters of the Elbe – Post</title><meta property=og:title content='Otters of the Elbe'>",
            "Otters of the Elbe",
        ),
        ("<title>The River Post: news</title>", "The River Post: news"),
    ],
)
def test_the_title_is_the_page_s_own(head: str, title: str) -> None:
    assert of(f"<html><head>{head}</head><body><h1>Otters</h1>text</body></html>").title == title


def test_a_page_saved_as_one_file() -> None:
    found = of(
        """<!DOCTYPE html> <html><!--
        Page saved with SingleFile
        url: https://a.b/otters
        saved date: Tue May 03 2022 10:11:12 GMT+0200
        --><head><title></title><meta property="og:title" content="Otters">
        <meta property="article:published_time" content="2022-05-01T08:00:00Z"></head><body><p>Visible paragraph.</p>
        <my-article><template shadowrootmode="open"><p>The article in the shadow.</p></template></my-article>
        <iframe srcdoc="&lt;p&gt;The frame.&lt;/p&gt;"></iframe></body></html>"""
    )
    assert found.text == "Visible paragraph.\nThe article in the shadow.\nThe frame."
    assert (found.title, found.metadata["year"]) == ("Otters", 2022)
    assert found.metadata["source"] == "https://a.b/otters"
    assert (found.metadata["saved"], found.metadata["date"]) == ("2022-05-03", "2022-05-01T08:00:00Z")


def test_the_memos_of_flomo() -> None:
    found = of(
        """<div class="memos"><div class="memo"><div class="time">2023-10-08 10:11:12</div><div class="content">
        <p>#读书笔记/农业 堆肥要翻。</p></div><div class="files"></div></div><div class="memo"><div class="time">
        2023-10-09 08:00:00</div><div class="content"><p>晴。 #天气</p></div></div></div>"""
    )
    assert found.tags == ("读书笔记/农业", "天气")
    assert [h.title for h in found.layout.headings] == ["2023-10-08 10:11:12", "2023-10-09 08:00:00"]


def test_a_memo_of_flomo_with_a_list_and_a_picture() -> None:
    found = of(
        """<header><div class="logo">flomo</div></header><div class="memos"><div class="memo"><div class="time">
        2024-01-02 21:30:00</div><div class="content"><p>灵感 #写作/开头 先写第一句。</p><ol><li><p>短</p></li>
        <li><p>真</p></li></ol></div><div class="files"><img src="file/2024-01-02/1.jpg"></div></div></div>"""
    )
    assert found.text.splitlines()[-3:] == ["灵感 #写作/开头 先写第一句。", "短", "真"]
    assert (found.tags, [h.title for h in found.layout.headings]) == (("写作/开头",), ["2024-01-02 21:30:00"])


def test_a_memo_of_flomo_with_marks_and_links() -> None:
    found = of(
        """<div class="memos"><div class="memo"><div class="time">2022-05-06 07:08:09</div><div class="content"><p>
        Two lines<br>of one memo #walks #city/night</p><p>and <mark>marked</mark> words &amp; a <a
        href="https://a.example">link</a>.</p></div></div></div>"""
    )
    assert found.tags == ("walks", "city/night")
    assert found.text.endswith("Two lines\nof one memo #walks #city/night\nand marked words & a link.")


@pytest.mark.parametrize(("says", "is_in"), [("gb2312", "gb18030"), ("big5", "big5"), ("utf-8", "gb18030")])
def test_the_declared_encoding_is_heard_and_not_believed(says: str, is_in: str) -> None:
    page = f"<meta charset='{says}'><p>中文的內容在這裡，是不是可以看見。"
    assert of(page, is_in).text == "中文的內容在這裡，是不是可以看見。"


def test_a_page_nested_without_end_is_read() -> None:
    assert "deep" in of("<div>" * 200 + "deep").text


def test_a_page_laid_out_as_a_table_keeps_its_paragraphs() -> None:
    body = "".join(f"<p>paragraph {n}</p>" for n in range(50))
    assert of(f"<table><tr><td>{body}</td></tr></table>").text.count("\n") == 49


def test_a_frame_whose_attributes_are_no_names_is_read() -> None:
    assert of("a<iframe srcdoc='b' \ufffe<c=''></iframe>").text.split() == ["a", "b"]


_TAGS = st.sampled_from(
    [
        *("<p>", "</p>", "<b>", "</b>", "<h1>", "</h1>", "<h2>", "</h2>", "<td>", "<tr>", "<table>"),
        *("</table>", "<li>", "<br>", "<pre>", "</pre>", "<script>", "</script>"),
    ]
)


@given(st.lists(_TAGS | st.text(alphabet="ab 中\n<>&;", max_size=4), max_size=30))
def test_whatever_is_written_headings_stand_in_the_text(pieces: list[str]) -> None:
    found = of("".join(pieces) or "x")
    at = 0
    for heading in found.layout.headings:
        assert at <= heading.start < heading.end <= len(found.text)
        assert " ".join(found.text[heading.start : heading.end].split()) == heading.title
        at = heading.end


def test_what_stands_behind_a_page_that_ends_too_early_is_read() -> None:
    page = b"<html><head><link rel='x' href='y'></html><body><h1>Otters</h1><p>They swim.</p></body></html>"
    assert webpage.read(page, Path("a.html")).text == "Otters\nThey swim."
