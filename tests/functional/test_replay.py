"""A kept program answers again as of its day, and only when that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from afterdisc.program import Program
from functional.terminal import EXAMPLE, afterdisc
from tiny_base import TINY


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    out = tmp_path / "program.bin"
    assert afterdisc("compile", "--out", out).status == 0
    return out


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A program of knowledge that is not installed."""
    out = tmp_path / "other.bin"
    assert afterdisc("compile", "--knowledge", TINY, "--out", out).status == 0
    return out


def test_a_kept_program_answers_as_the_installed_knowledge(kept: Path) -> None:
    said = afterdisc("assess", EXAMPLE, "--json", "--program", kept)
    assert said.status == 0
    assert said.out == afterdisc("assess", EXAMPLE, "--json").out


def test_a_program_of_other_knowledge_is_refused(other: Path, program: Program) -> None:
    said = afterdisc("assess", "-", "--json", "--program", other, stdin='{"fever": true}')
    assert (said.status, said.out) == (6, "")
    assert program.fingerprint in said.err
    assert "--replay" in said.err


def test_a_program_of_other_knowledge_answers_if_that_is_meant(other: Path) -> None:
    said = afterdisc("assess", "-", "--json", "--program", other, "--replay", stdin='{"fever": true}')
    assert said.status == 0
    assert said.out == afterdisc("assess", "-", "--json", "--knowledge", TINY, stdin='{"fever": true}').out


def test_a_damaged_program_is_one_error(kept: Path) -> None:
    whole = kept.read_bytes()
    for damaged in (b"", b"no program", whole[: len(whole) // 2], whole[:-1000]):
        kept.write_bytes(damaged)
        said = afterdisc("assess", EXAMPLE, "--program", kept)
        assert (said.status, said.out) == (6, "")
        assert len(said.err.splitlines()) == 1


def test_a_program_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    said = afterdisc("assess", EXAMPLE, "--program", tmp_path / "absent.bin")
    assert said.status == 6
    assert "cannot be read" in said.err
