"""Pictures -> pages whose words are recognized: photos and scans of pages, screenshots; a TIFF may have many.

Pillow decodes them, in this child alone. A picture has no text of its own, so it is read once its pages are
recognized (see `recognized_page`); the camera's record of its date is metadata.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from PIL import (
    BmpImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from desktop_kb.extract import pdfinfo
from desktop_kb.extract.pdf import assemble, refuse_unreadable
from desktop_kb.extract.pdf_page import RawPage
from desktop_kb.extract.recognized_page import MOST_PIXELS, Seen, recognized
from desktop_kb.language.dates import iso_date
from desktop_kb.records import ColourPicture, Extracted, Picture, Value

#: What is decoded, whatever the file is called. Pillow knows a format once its module is loaded.
_FORMATS: Final = tuple(
    decoder.format
    for decoder in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        TiffImagePlugin.TiffImageFile,
        WebPImagePlugin.WebPImageFile,
        BmpImagePlugin.BmpImageFile,
    )
)
_MOST_PIXELS = 200_000_000  # of one page: 600 MB as colours
_MOST_SHOWN_PIXELS = 40_000_000  # of a picture in a text: 160 MB as colours
_SHOWN: Final = (1_120, 2_240)  # pixels: twice the width of a text
_MOST_PAGES = 2_000
_LONG_SIDE = 842.0  # points: a page is taken for A4, as its own measure is mostly that of a screen
_TAKEN, _CHANGED, _CAMERA = 0x9003, 0x0132, 0x8769  # tags of Exif 2.32: the date of the photo, of the file


def read(
    data: bytes, path: Path, password: str | None = None, seen: Seen = MappingProxyType({})
) -> Extracted:
    """Read the picture `data` from `path`; `seen` are the lines that were recognized on its pages.

    Raises:
        Problem: no-text, too-much-memory, damaged.
    """
    with _opened(data) as image:
        count = min(getattr(image, "n_frames", 1), _MOST_PAGES) if image.format == "TIFF" else 1
        metadata = _metadata(image)
        pages = []
        for number in range(count):
            image.seek(number)
            width, height = _upright_size(image)
            scale = _LONG_SIDE / max(width, height)
            pages.append(RawPage("", state="none", size=(width * scale, height * scale)))
    pages = [recognized(page, seen.get(number, ())) for number, page in enumerate(pages)]
    refuse_unreadable(pages, seen)
    return assemble(pages, pdfinfo.Info(metadata=metadata))


def picture(data: bytes, page: int, password: str | None = None) -> Picture:
    """A page of the picture, from 0, as grey pixels, turned as its camera was.

    Raises:
        Problem: too-much-memory, damaged.
    """
    with _opened(data) as image:
        image.seek(page)
        image.draft("L", (MOST_PIXELS, MOST_PIXELS))  # a JPEG is decoded smaller at once
        _refuse_huge(image)
        shown = ImageOps.exif_transpose(image)
        if "A" in shown.getbands() or "transparency" in shown.info:
            colours = shown.convert("RGBA")
            paper = Image.new("RGBA", colours.size, "white")
            shown = Image.alpha_composite(paper, colours)
        if shown.mode.startswith(("I", "F")):  # 16 bits and more
            shown = shown.convert("F").point(lambda value: value / 256)
        grey = shown.convert("L")
        grey.thumbnail((MOST_PIXELS, MOST_PIXELS), Image.Resampling.BILINEAR)
        return Picture(grey.width, grey.height, grey.tobytes())


def coloured(data: bytes) -> ColourPicture:
    """The picture as it is shown in a text: upright, and not larger than a screen shows it.

    Raises:
        Problem: too-much-memory, damaged.
    """
    with _opened(data) as image:
        if image.width * image.height > _MOST_SHOWN_PIXELS:
            raise MemoryError
        image.draft("RGB", _SHOWN)
        shown = ImageOps.exif_transpose(image)
        if shown.mode.startswith(("I", "F")):  # 16 bits and more
            shown = shown.convert("F").point(lambda value: value / 256).convert("L")
        shown = shown.convert("RGBA")
        shown.thumbnail(_SHOWN, Image.Resampling.BILINEAR)
        return ColourPicture(shown.width, shown.height, shown.tobytes())


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    Image.MAX_IMAGE_PIXELS = None  # `_refuse_huge` has a limit of its own, and says so
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        yield image


def _refuse_huge(image: Image.Image) -> None:
    if image.width * image.height > _MOST_PIXELS:
        raise MemoryError


def _upright_size(image: Image.Image) -> tuple[int, int]:
    turned = image.getexif().get(0x0112, 1) >= 5  # Exif's orientation: on its side
    return (image.height, image.width) if turned else (image.width, image.height)


def _metadata(image: Image.Image) -> dict[str, Value]:
    """When the photo was taken, as its camera says: '2022:05:17 10:31:00'."""
    exif = image.getexif()
    taken = exif.get_ifd(_CAMERA).get(_TAKEN) or exif.get(_CHANGED) or ""
    date = iso_date(str(taken)[:10].replace(":", "-"))
    return {"date": date, "year": int(date[:4])} if date else {}
