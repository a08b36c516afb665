"""Pictures as files: their pages, how they lie, and what is not decoded."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from desktop_kb.errors import Problem
from desktop_kb.extract import picture as pictures
from desktop_kb.extract.picture import picture, read
from desktop_kb.records import Extracted, RecognizedLine

NAME = Path("photo.jpg")


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def _line(text: str, top: float) -> RecognizedLine:
    corners = (0.1, top, 0.9, top, 0.9, top + 0.05, 0.1, top + 0.05)
    return RecognizedLine(text, 0.9, corners, tuple((n + 0.5) / len(text) for n in range(len(text))))


def _read(data: bytes, *texts: str) -> Extracted:
    return read(data, NAME, None, {page: [_line(text, 0.1)] for page, text in enumerate(texts) if text})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_a_picture_is_a_page_whose_words_are_recognized(kind: str) -> None:
    data = _saved(Image.new("RGB", (400, 300), "white"), kind)
    with pytest.raises(Problem) as caught:
        read(data, NAME)
    assert (caught.value.code, caught.value.details["states"]) == ("no-text", "n")
    found = _read(data, "Bees dance.")
    assert (found.text, found.page_states, found.layout.pages[0].recognized) == (
        *("Bees dance.", ("recognized",)),
        True,
    )
    shown = picture(data, 0)
    assert (shown.width, shown.height, set(shown.pixels)) == (400, 300, {255})


def test_a_tiff_has_many_pages() -> None:
    frames = [Image.new("1", (100, 80 + 10 * number), 1) for number in range(3)]
    data = _saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    found = _read(data, "Bees dance.", "", "Owls hunt.")
    assert (found.text, found.page_states) == (
        "Bees dance.\f\fOwls hunt.",
        ("recognized", "none", "recognized"),
    )
    assert [picture(data, number).height for number in range(3)] == [80, 90, 100]


def test_a_photo_is_turned_as_its_camera_was_and_has_its_date() -> None:
    image = Image.new("L", (300, 200), 255)
    image.paste(0, (0, 0, 300, 20))  # dark above
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: a quarter clockwise shows it upright
    exif.get_ifd(0x8769)[0x9003] = "2022:05:17 10:31:00"
    data = _saved(image, "JPEG", exif=exif)
    shown = picture(data, 0)
    assert (shown.width, shown.height) == (200, 300)
    right = [row[-5] for row in (shown.pixels[y * 200 : (y + 1) * 200] for y in range(300))]
    assert max(right) < 60  # what was above is at the right
    assert _read(data, "Bees dance.").metadata == {"date": "2022-05-17", "year": 2022}


def test_what_shines_through_is_paper() -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 40, 20))
    shown = picture(_saved(image, "PNG"), 0)
    assert (shown.pixels[0], shown.pixels[-1]) == (0, 255)
    deep = picture(_saved(Image.new("I;16", (4, 4), 0xFFFF), "PNG"), 0)
    assert set(deep.pixels) == {255}


def test_a_huge_picture_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _saved(Image.new("1", (200, 200)), "PNG")
    monkeypatch.setattr(pictures, "_MOST_PIXELS", 30_000)
    with pytest.raises(MemoryError):
        picture(data, 0)


def test_what_is_called_a_picture_and_is_another_file_is_not_read() -> None:
    with pytest.raises(OSError, match="cannot identify"):
        read(b"%PDF-1.7", NAME)
