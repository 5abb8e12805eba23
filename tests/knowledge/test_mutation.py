"""No red flag and no contraindication can be negated or removed without a vignette noticing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from afterdisc.knowledge import read_knowledge
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.review import mutation
from afterdisc.review.mutation import MUST_DIE, Verdict, step_of, text, try_mutants
from tiny_base import TINY, Folder

HOLDS_BACK = ("avoid", "withhold", "reduce_dose", "require", "caution")


@pytest.fixture(scope="module")
def verdicts(knowledge: KnowledgeBase) -> list[Verdict]:
    return try_mutants(knowledge)


def test_every_negated_or_removed_safety_rule_is_noticed(verdicts: list[Verdict]) -> None:
    assert [v.mutant.id for v in verdicts if v.mutant.change in MUST_DIE and v.noticed_by is None] == []


def test_every_guard_of_the_base_is_tried(knowledge: KnowledgeBase, verdicts: list[Verdict]) -> None:
    wanted = {f.id for f in knowledge.red_flags.values()} | {r.id for r in knowledge.imaging.values() if r.withhold}
    wanted |= {r.id for r in knowledge.gates if r.then in HOLDS_BACK}
    wanted |= {r.id for t in knowledge.treatments.values() for r in t.rules if r.then in HOLDS_BACK}
    for change in MUST_DIE:
        assert {v.mutant.guard.id for v in verdicts if v.mutant.change == change} == wanted
    n_levels = sum(len(f.levels) for f in knowledge.red_flags.values())
    assert sum(v.mutant.guard.kind == "flag" and v.mutant.change == "flip" for v in verdicts) == n_levels


def test_the_branches_of_red_flags_are_noticed_one_by_one(verdicts: list[Verdict]) -> None:
    """`R08 E1` repeats what R07 already asks, so leaving it out changes nothing."""
    alive = [v.mutant for v in verdicts if v.mutant.change == "part" and v.mutant.guard.kind == "flag" and not v.noticed_by]
    assert [m.id for m in alive] == ["R08 E1: without not (weeks_since_surgery is recorded)"]


def test_most_limits_cannot_be_moved_unnoticed(verdicts: list[Verdict]) -> None:
    noticed: dict[str, bool] = {}
    for v in verdicts:
        if v.mutant.change == "limit":
            noticed[v.mutant.said] = noticed.get(v.mutant.said, False) or v.noticed_by is not None
    assert sum(noticed.values()) > 0.9 * len(noticed)


# -- the trial itself, on the tiny base --------------------------------------------------------------------------


def alive(base: KnowledgeBase, *changes: str) -> list[str]:
    return [v.mutant.id for v in try_mutants(base) if v.noticed_by is None and v.mutant.change in changes]


def without(base: KnowledgeBase, flag: str, name: str) -> KnowledgeBase:
    """The base without one vignette of a red flag."""
    kept = tuple(v for v in base.red_flags[flag].vignettes if v.name != name)
    return replace(base, red_flags={**base.red_flags, flag: replace(base.red_flags[flag], vignettes=kept)})


def test_nothing_survives_where_every_level_is_tried() -> None:
    assert alive(read_knowledge(TINY), *MUST_DIE) == []


def test_a_level_that_no_vignette_tries_survives_its_removal() -> None:
    base = without(read_knowledge(TINY), "R01", "fever and CRP 10")
    assert alive(base, "remove") == ["R01 E1: removed"]


def test_a_rule_without_vignettes_survives_everything() -> None:
    base = read_knowledge(TINY)
    [nsaid] = base.treatments.values()
    bare = replace(nsaid, rules=tuple(replace(r, vignettes=()) for r in nsaid.rules))
    lives = alive(replace(base, treatments={"nsaid": bare}), *MUST_DIE)
    assert lives == [f"nsaid.{rule}: {how}" for rule in ("twice", "high_dose") for how in ("negated", "removed")]


def test_a_limit_that_no_vignette_stands_beside_is_reported() -> None:
    lives = alive(read_knowledge(TINY), "limit")
    assert "nsaid.high_dose: dose_mg_per_day, ibuprofen > 2400 becomes dose_mg_per_day, ibuprofen > 2401" in lives
    assert "nsaid.high_dose: dose_mg_per_day, ibuprofen > 2400 becomes dose_mg_per_day, ibuprofen >= 2400" not in lives


def test_a_part_that_no_vignette_needs_is_reported(tmp_path: Path) -> None:
    tiny = Folder(tmp_path / "base")
    tiny.edit("stages/2_red_flags.yaml", "all: [fever, crp_mg_l >= 10]", "all: [fever, crp_mg_l >= 10, age_years < 200]")
    tiny.edit(
        "stages/2_red_flags.yaml",
        "given: {fever: true, crp_mg_l: 10}",
        "given: {fever: true, crp_mg_l: 10, age_years: 50}",
    )
    assert "R01 E1: without age_years < 200" in alive(read_knowledge(tiny.path), "part")


@pytest.mark.parametrize(("limit", "step"), [(30, 1), (0.3, 0.1), (4.75, 0.01), (12.05, 0.01), (0, 1)])
def test_a_limit_moves_by_one_in_its_last_digit(limit: float, step: float) -> None:
    assert step_of(limit) == pytest.approx(step)


def test_the_script_fails_when_something_survives(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert mutation.main([str(TINY)]) == 0
    assert "flip         7 of     7 noticed" in capsys.readouterr().out
    base = without(read_knowledge(TINY), "R01", "fever and CRP 10")
    monkeypatch.setattr(mutation, "read_knowledge", lambda folder: base)
    assert mutation.main([str(TINY)]) == 1
    assert "survives  remove  R01 E1: removed" in capsys.readouterr().out


def test_the_text_counts_each_kind(verdicts: list[Verdict]) -> None:
    first = text(verdicts).splitlines()[:4]
    assert [line.split()[0] for line in first] == ["flip", "remove", "limit", "part"]
