from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.ingest.prepare import titled
from desktop_kb.records import Extracted


@pytest.mark.parametrize(
    ("path", "title"),
    [
        *(
            (f"/notes/Cellar/{name}", "Cellar")
            for name in ("README.md", "readme.txt", "index.html", "_index.md")
        ),
        *(
            (f"/notes/Cellar/{name}", "Cellar")
            for name in ("README.zh-CN.md", "README_en.md", "ReadMe.markdown")
        ),
        ("/notes/Cellar/indexes.md", "indexes"),
        ("/notes/Cellar/read me later.md", "read me later"),
        ("/notes/22-drawing.excalidraw.md", "22-drawing.excalidraw"),
        ("/README.md", "README"),
    ],
)
def test_a_document_without_a_title_is_called_by_its_file_or_folder(path: str, title: str) -> None:
    assert titled(Extracted("text", ""), Path(path)).title == title
    assert titled(Extracted("text", "Own"), Path(path)).title == "Own"
