"""The client, with the real child and with one that lies."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packages import zipped
from pdfs import column, drawn
from PIL import Image

from desktop_kb import worker
from desktop_kb.errors import Cancelled, DocumentProblem, Problem
from desktop_kb.extract import ExtractionLimits, Extractor
from desktop_kb.extract.extraction_client import _checked_pictures
from desktop_kb.frames import Message
from desktop_kb.reading import read


@pytest.fixture
def extractor() -> Iterator[Extractor]:
    one = Extractor()
    yield one
    one.close()


def refusal(extractor: Extractor, path: Path, password: str | None = None) -> str:
    with pytest.raises(DocumentProblem) as caught:
        extractor.extract(path, password=password)
    assert caught.value.path == str(path)
    return caught.value.code


def test_one_child_reads_every_kind(extractor: Extractor, tmp_path: Path) -> None:
    (tmp_path / "字.md").write_bytes("---\ntags: [x]\nyear: 2022\n---\n# 𝑥\r\n\r\na *b*".encode())
    note = extractor.extract(tmp_path / "字.md")
    assert note.text.startswith("---\n")
    assert (note.title, note.tags, dict(note.metadata)) == (
        "𝑥",
        ("x",),
        {"year": 2022},
    )
    assert read(note.text, note.layout.edits) == "𝑥\n\na b"
    assert note.text[note.layout.headings[0].start] == "𝑥"
    (tmp_path / "p.pdf").write_bytes(drawn([column(["Some words"]), column(["Others"])]))
    paper = extractor.extract(tmp_path / "p.pdf")
    assert (paper.text, len(paper.layout.pages)) == ("Some words\fOthers", 2)
    (tmp_path / "t.txt").write_bytes("会议记录".encode("gb18030"))
    assert extractor.extract(tmp_path / "t.txt").text == "会议记录"
    (tmp_path / "h.html").write_text("<h1>a</h1>b", encoding="utf-8")
    assert extractor.extract(tmp_path / "h.html").text == "a\nb"


def test_half_a_character_is_a_question_mark(extractor: Extractor, tmp_path: Path) -> None:
    cell = r'{"cell_type": "code", "source": "bar \ud83d up", "outputs": [{"text": "50 % \udc00"}]}'
    (tmp_path / "a.ipynb").write_text(f'{{"cells": [{cell}], "metadata": {{"title": "T \\ud800"}}}}')
    found = extractor.extract(tmp_path / "a.ipynb")
    assert (found.text, found.title) == ("bar ? up\n\n50 % ?", "T ?")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_name_that_is_not_unicode(extractor: Extractor, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_text("Some words")
    assert extractor.extract(path).text == "Some words"


def test_every_refusal_has_its_code(extractor: Extractor, tmp_path: Path) -> None:
    def file(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    (tmp_path / "folder.txt").mkdir()
    assert refusal(extractor, file("x.xyz", b"x")) == "unsupported"
    assert refusal(extractor, file("empty.txt", b"")) == "empty"
    assert refusal(extractor, tmp_path / "gone.txt") == "vanished"
    assert refusal(extractor, tmp_path / "folder.txt") == "not-a-file"
    assert refusal(extractor, file("marks.txt", b"--- *** ---")) == "no-words"
    assert refusal(extractor, file("front.md", b"---\ntitle:\n---\n")) == "no-words"
    assert refusal(extractor, file("script.html", b"<script>x</script>")) == "no-words"
    assert refusal(extractor, file("binary.txt", bytes(range(256)) * 4)) == "not-text"
    assert refusal(extractor, file("not.pdf", b"plain text")) == "damaged"
    assert refusal(extractor, file("cut.pdf", drawn([column(["x"])])[:300])) == "damaged"


@pytest.mark.skipif(sys.platform != "win32" and os.getuid() == 0, reason="needs a file we may not read")
def test_a_file_we_may_not_read(extractor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("secret")
    if sys.platform == "win32":
        import _winapi  # another program has it for itself alone

        handle = _winapi.CreateFile(str(path), _winapi.GENERIC_READ, 0, 0, _winapi.OPEN_EXISTING, 0, 0)
        assert refusal(extractor, path) == "no-permission"
        _winapi.CloseHandle(handle)
        assert extractor.extract(path).text == "secret"
        return
    path.chmod(0)
    assert refusal(extractor, path) == "no-permission"


def test_too_much_text(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("word " * 1000)
    extractor = Extractor(ExtractionLimits(text_chars=4_000))
    assert refusal(extractor, path) == "too-much-text"
    extractor.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe in the file system")
def test_a_file_without_end_is_given_up_and_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "pipe.txt"
    os.mkfifo(path)
    extractor = Extractor(ExtractionLimits(timeout_s=1))
    assert refusal(extractor, path) == "took-too-long"
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        Extractor().extract(path, cancelled=cancelled)
    assert time.monotonic() - began < 30
    extractor.close()
    with pytest.raises(Problem, match="closed"):
        extractor.extract(path)


def test_pages_are_drawn_on_trial(extractor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(drawn([column(["Some words"])]))
    assert extractor.try_drawing(path, [1, 2]) == "drawn"
    path.write_bytes(b"plain text")
    assert extractor.try_drawing(path, [1]) == "failed"
    assert extractor.try_drawing(tmp_path / "gone.pdf", [1]) == "failed"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_child_is_limited_and_hears_passwords_only_in_private(
    extractor: Extractor, tmp_path: Path
) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(drawn([column(["Some words"])]))
    extractor.extract(path, password="sesame")
    child = extractor._worker._child
    assert child is not None
    pid = child.process.pid
    proc = Path(f"/proc/{pid}")
    assert b"sesame" not in proc.joinpath("cmdline").read_bytes() + proc.joinpath("environ").read_bytes()
    limits = proc.joinpath("limits").read_text()
    assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")] == ["0"]
    (space,) = [line.split()[3] for line in limits.splitlines() if line.startswith("Max address space")]
    assert 3 * 2**30 < int(space) < 4 * 2**30  # beyond what was mapped before it began
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.parametrize("module", ["desktop_kb.extract", "desktop_kb.extract.extraction_worker"])
def test_the_client_loads_no_reader_and_the_child_none_before_it_is_asked(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "readers = {'pypdf', 'pypdfium2', 'lxml', 'markdown_it', 'charset_normalizer', 'yaml',"
        " 'olefile', 'python_calamine', 'PIL', 'pathspec'}\n"
        "sys.exit(', '.join(readers & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# --- a child that lies -----------------------------------------------------------------------

LIAR = """
from desktop_kb.worker import Message, serve
GOOD = {"title": "t", "pages": [[0, 3, "1", False]], "headings": [[0, 1, 1, "h"]], "edits": [[1, 2, ""]],
        "metadata": {"year": 2022}, "tags": ["x"], "page_states": "t", "parts_left_out": 0, "parts": [],
        "marks": [[1, 2, "b", "c", "green"]]}
LIE = {}
def answer(message):
    return Message({**GOOD, **LIE}, BLOBS)
BLOBS = (b"abc", b"")
"""


@pytest.fixture
def lying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Extractor]]:
    extractor = Extractor(ExtractionLimits(timeout_s=20, text_chars=100))

    def start(lie: str) -> Extractor:
        script = tmp_path / "liar.py"
        both = "{'extract': answer, 'render': answer, 'look': answer}"
        script.write_text(f"{LIAR}\n{lie}\nserve({both})", encoding="utf-8")
        monkeypatch.setattr(worker, "command", lambda: [sys.executable, str(script)])
        return extractor

    yield start
    extractor.close()


def test_an_honest_answer_is_taken(lying: Callable[[str], Extractor]) -> None:
    found = lying("").extract(Path("x.txt"))
    assert (found.text, found.layout.edits[0].start, found.tags) == ("abc", 1, ("x",))
    assert found.marks == ((1, 2, "b", "c", "green"),)


@pytest.mark.parametrize(
    "lie",
    [
        "BLOBS = ()",
        "BLOBS = (b'abc',)",
        "BLOBS = (b'abc', b'd')",
        "LIE = {'parts': 'a.txt'}",
        "LIE = {'parts': ['a.txt', 'a.txt']}",
        "LIE = {'parts': ['']}",
        "LIE = {'parts': [7]}",
        "LIE = {'parts': [str(n) for n in range(20_001)]}",
        "BLOBS = (b'\\xff\\xfe', b'')",
        "BLOBS = (b'x' * 101, b'')",
        "LIE = {'edits': [[1, 4, '']]}",
        "LIE = {'edits': [[-1, 2, '']]}",
        "LIE = {'edits': [[1, 1, '']]}",
        "LIE = {'edits': [[1, 3, ''], [2, 3, '']]}",
        "LIE = {'edits': [[2, 3, ''], [0, 1, '']]}",
        "LIE = {'edits': [[0, 1, 'x' * 10000]]}",
        "LIE = {'edits': [[0, 1, 7]]}",
        "LIE = {'edits': [[0, 1]]}",
        "LIE = {'edits': 5}",
        "LIE = {'marks': [[0, 4, 'b', '', 'green']]}",
        "LIE = {'marks': [[2, 1, 'b', '', 'green']]}",
        "LIE = {'marks': [[1, 2, 'b', '', 'ink']]}",
        "LIE = {'marks': [[1, 2, 'b' * 10000, '', 'green']]}",
        "LIE = {'pages': [[2, 1, '1', False]]}",
        "LIE = {'pages': [[0.5, 1, '1', False]]}",
        "LIE = {'headings': [[0, 1, 0, 'h']]}",
        "LIE = {'headings': [[True, 1, 1, 'h']]}",
        "LIE = {'title': None}",
        "LIE = {'title': '\\ud800'}",
        "LIE = {'metadata': {'a': [1]}}",
        "LIE = {'metadata': {'a': 2**70}}",
        "LIE = {'metadata': {'a': 1.5}}",
        "LIE = {'metadata': []}",
        "LIE = {'tags': {}}; del GOOD['edits']",
        "LIE = {'problem': {'code': 'nonsense'}}",
    ],
)
def test_a_lie_is_a_crash(lying: Callable[[str], Extractor], lie: str) -> None:
    assert refusal(lying(lie), Path("x.txt")) == "reader-crashed"


def test_an_endless_answer_is_cut(lying: Callable[[str], Extractor]) -> None:
    assert refusal(lying("BLOBS = (b'x' * 10**8,)"), Path("x.txt")) == "too-much-text"


def test_a_child_that_an_earlier_file_broke_is_replaced(
    lying: Callable[[str], Extractor], tmp_path: Path
) -> None:
    # The second request to one child kills it; a new child answers.
    extractor = lying(
        "import os\nseen = []\nhonest = answer\n"
        "def answer(message):\n    seen.append(1)\n    if len(seen) > 1: os._exit(1)\n    return honest(message)"
    )
    assert extractor.extract(Path("x.txt")).text == "abc"
    assert extractor.extract(Path("x.txt")).text == "abc"


def test_a_page_is_tried_in_a_new_child_where_an_earlier_one_broke_it(
    lying: Callable[[str], Extractor],
) -> None:
    extractor = lying(
        "import os\nseen = []\n"
        "def answer(message):\n    seen.append(1)\n    if len(seen) > 1: os._exit(1)\n    return Message({})"
    )
    assert extractor.try_drawing(Path("x.pdf"), [1]) == "drawn"
    assert extractor.try_drawing(Path("x.pdf"), [1]) == "drawn"


@pytest.mark.parametrize(
    ("size", "pixels"), [((2, 2), b"abc"), ((0, 0), b""), ((-1, -1), b"a"), ((2.0, 1), b"ab")]
)
def test_a_picture_has_as_many_pixels_as_it_says(
    lying: Callable[[str], Extractor], size: tuple[float, float], pixels: bytes
) -> None:
    header = {"width": size[0], "height": size[1]}
    extractor = lying(f"answer = lambda message: Message({header}, ({pixels!r},))")
    with pytest.raises(DocumentProblem) as caught:
        extractor.picture(Path("x.pdf"), 0)
    assert caught.value.code == "reader-crashed"


def test_a_page_that_kills_the_child_is_not_drawn(lying: Callable[[str], Extractor]) -> None:
    lie = "import os\nanswer = lambda message: os._exit(1)"
    assert lying(lie).try_drawing(Path("x.pdf"), [1]) == "failed"


def test_a_page_that_took_too_long_says_nothing_about_the_file(
    lying: Callable[[str], Extractor], monkeypatch: pytest.MonkeyPatch
) -> None:
    extractor = lying("import time\nanswer = lambda message: time.sleep(60)")
    monkeypatch.setattr(extractor, "_limits", ExtractionLimits(timeout_s=0.5))
    assert extractor.try_drawing(Path("x.pdf"), [1]) == "late"


def test_a_child_that_dies_of_the_file_is_said(lying: Callable[[str], Extractor]) -> None:
    assert (
        refusal(lying("import os\nanswer = lambda message: os._exit(1)"), Path("x.txt")) == "reader-crashed"
    )


def test_pictures_come_as_pixels_and_what_is_none_is_left_out(extractor: Extractor, tmp_path: Path) -> None:
    def drawn_as(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
        held = io.BytesIO()
        Image.new(mode, size, 1 if mode == "1" else "red").save(held, kind)
        return held.getvalue()

    whole = drawn_as("PNG")
    entries = {
        "word/a.png": whole,
        "word/b.jpg": drawn_as("JPEG", (3_000, 40)),
        "word/torn.png": whole[:60],
        "word/evil.png": b"\x89PNG\r\n\x1a\n" + b"\xff" * 100,
        "word/c.bmp": drawn_as("BMP", mode="1"),
        "word/huge.png": drawn_as("PNG", (9_000, 9_000), "1"),
    }
    (tmp_path / "a.docx").write_bytes(zipped(entries))
    found = extractor.pictures(tmp_path / "a.docx", [*entries, "word/none.png", "../../etc/passwd"])
    sizes = {name: (one.width, one.height) for name, one in found.items()}
    assert sizes == {"word/a.png": (40, 30), "word/b.jpg": (1_120, 15), "word/c.bmp": (40, 30)}
    assert found["word/a.png"].pixels[:4] == b"\xff\x00\x00\xff"
    (tmp_path / "b.docx").write_bytes(b"no package")
    with pytest.raises(DocumentProblem, match="damaged"):
        extractor.pictures(tmp_path / "b.docx", ["a"])


@pytest.mark.parametrize(
    "answer",
    [([[0, 2, 2]], (b"x" * 15,)), ([[5, 1, 1]], (b"x" * 4,)), ([[0, 0, 0]], (b"",)), ([[0, 1, 1]], ())],
)
def test_pictures_that_no_honest_child_sends_are_refused(
    answer: tuple[list[list[int]], tuple[bytes, ...]],
) -> None:
    with pytest.raises(ValueError, match=r"picture|number|argument"):
        _checked_pictures(Message({"pictures": answer[0]}, answer[1]), ["a"])
