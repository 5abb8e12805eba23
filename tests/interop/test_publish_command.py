"""`afterdisc publish fhir DIR`."""

from __future__ import annotations

import json
from pathlib import Path

from afterdisc.fhir.publish import files_of, rules_that_need_a_probability
from afterdisc.knowledge import read_knowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program
from functional.terminal import afterdisc
from tiny_base import TINY


def test_it_writes_the_files_and_says_which_knowledge_they_are_from(
    program: Program, knowledge: KnowledgeBase, tmp_path: Path
) -> None:
    guide = tmp_path / "new" / "guide"
    said = afterdisc("publish", "fhir", str(guide), "--at", "2026-11-25")
    assert said.status == 0
    files = files_of(program, knowledge, "2026-11-25")
    first, second = said.out.splitlines()
    told = f"knowledge {program.version}, fingerprint {program.fingerprint}: {len(files)} files, written to {guide}"
    assert first == told
    assert second.startswith(f"{len(rules_that_need_a_probability(knowledge))} rules ask for a probability")
    for name, text in files.items():
        assert (guide / name).read_text(encoding="utf-8") == text


def test_again_into_the_same_folder_and_from_another_base(tmp_path: Path) -> None:
    for _ in range(2):
        assert afterdisc("publish", "fhir", str(tmp_path), "--knowledge", str(TINY)).status == 0
    made = json.loads((tmp_path / "package" / "package.json").read_text(encoding="utf-8"))
    assert read_knowledge(TINY).version == "2026.01"
    assert made["version"] == "2026.1.0"  # three parts, none with a zero before it


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear …", encoding="utf-8")
    said = afterdisc("publish", "fhir", str(tmp_path))
    assert said.status == 1
    assert "the folder holds other files; name an empty or a new one" in said.err
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert afterdisc("publish", "fhir", str(tmp_path / "taken")).status == 2
    said = afterdisc("publish", "fhir", str(tmp_path / "taken" / "below"))
    assert said.status == 1
    assert "Traceback" not in said.err


def test_a_day_that_is_none_is_wrong_use(tmp_path: Path) -> None:
    said = afterdisc("publish", "fhir", str(tmp_path), "--at", "25.11.2026")
    assert said.status == 2
    assert "2026-11-25" in said.err
