"""What a doctor finds in a library on an engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import FakeEmbedder, fake_parts
from team import EngineForTests

from desktop_kb.kb import KnowledgeBase, team
from desktop_kb.remote import serving
from desktop_kb.sentences import check_name

pytestmark = pytest.mark.slow


def found(kb: KnowledgeBase) -> set[str]:
    checks = [check for check in kb.doctor() if check.name in ("index", "passages")]
    assert all(check_name(check.name) for check in kb.doctor())
    return {finding.code for check in checks for finding in check.findings}


def test_each_damage_is_found(engine: EngineForTests, tmp_path: Path) -> None:
    engine.run("drop database if exists checked")
    (tmp_path / "secret").write_text(engine.password, "ascii")
    team.connect(
        "checked", "localhost", "root", port=engine.port, create=True,
        authority=str(serving.Folder(engine.folder).authority), password_file=str(tmp_path / "secret"),
    )  # fmt: skip
    with KnowledgeBase("team:checked", parts=fake_parts(FakeEmbedder("fake"))) as kb:
        for name in ("bees", "whales", "foxes", "蜜蜂"):
            text = f"# {name}\n\nMuch is said of {name} here: 它们跳舞。\n\n## More\n\nAnd {name} sing."
            (tmp_path / f"{name}.md").write_text(text, "utf-8")
            list(kb.follow(kb.add([tmp_path / f"{name}.md"], tags=["animals"])))
        kb.set_metadata(kb.documents()[0].document, {"title": "Bees, and how they dance"})
        assert found(kb) == set()
        for damage, code in (
            ("insert into checked.found_by values (999, 's', repeat('0', 32))", "orphan-row"),
            ("update checked.texts set text = concat(text, '!') where document = 2", "texts-changed"),
            (
                "update checked.passages_1 set text = 'Nobody wrote this.' where document = 3",
                "passages-wrong",
            ),
            (
                "update checked.passages_1 set w = concat('xnothing d', document) where document = 4",
                "passages-wrong",
            ),
            ("update checked.passages_1 set h1 = null where document = 1", "vectors-different"),
            ("delete from checked.indexed where document = 1", "passages-left-over"),
        ):
            before = found(kb)
            engine.run(damage)
            assert code in found(kb), damage
            assert code not in before or code == "passages-wrong"
