"""Two assessments of one person: what changed, because of which finding, and because of which knowledge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from afterdisc.door import assess, load_program
from afterdisc.errors import CaseError, ContradictoryFacts
from afterdisc.program import Program
from afterdisc.review.change import LITTLE, Because, Change, change
from tiny_base import TINY, Folder

CALM = {"weeks_since_surgery": 3, "leg_pain": "mild", "fever": False, "onset": "sudden"}
WORSE = {**CALM, "leg_pain": "severe", "fever": True}
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.json"))


@pytest.fixture(scope="module")
def tiny() -> Program:
    return load_program(str(TINY))


@pytest.fixture
def other(tmp_path: Path) -> Folder:
    """Another version of the tiny base; edit it, then `load_program` it."""
    return Folder(tmp_path / "base")


def by_finding(changed: Change) -> dict[str, Because]:
    return {b.finding: b for b in changed.findings}


def probability(findings: dict[str, Any], program: Program, cause: str) -> float:
    answer = assess({"findings": findings}, program=program)
    return float(next(c["probability"] for c in answer["causes"] if c["id"] == cause))


# ------------------------------------------------------------------------------------------------------------- findings


def test_the_same_findings_change_nothing(tiny: Program) -> None:
    same = change(CALM, dict(CALM), then=tiny, now=tiny)
    assert (same.causes, same.findings, same.options, same.knowledge) == ((), (), (), None)
    assert same.before == same.after


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_beside_itself_changes_nothing(path: Path, program: Program) -> None:
    findings = json.loads(path.read_text(encoding="utf-8"))["findings"]
    same = change(findings, dict(findings), then=program, now=program)
    assert (same.causes, same.findings, same.options, same.knowledge) == ((), (), (), None)


def test_the_causes_move_from_the_first_assessment_to_the_second(tiny: Program) -> None:
    changed = change(CALM, WORSE, then=tiny, now=tiny)
    assert changed.causes
    for moved in changed.causes:
        assert moved.before == probability(CALM, tiny, moved.id)
        assert moved.after == probability(WORSE, tiny, moved.id)
        assert abs(moved.by) >= LITTLE
    sizes = [abs(m.by) for m in changed.causes]
    assert sizes == sorted(sizes, reverse=True)


def test_one_finding_that_differs_explains_the_whole_move(tiny: Program) -> None:
    changed = change(CALM, {**CALM, "fever": True}, then=tiny, now=tiny)
    [fever] = changed.findings
    first = changed.causes[0]
    assert (fever.finding, fever.before, fever.after, fever.cause) == ("fever", False, True, "infection")
    assert (first.id, fever.by) == ("infection", pytest.approx(first.by))
    assert fever.by > 0.2


def test_the_way_back_moves_as_far_in_the_other_direction(tiny: Program) -> None:
    there, back = change(CALM, WORSE, then=tiny, now=tiny), change(WORSE, CALM, then=tiny, now=tiny)
    assert {m.id: m.by for m in back.causes} == {m.id: pytest.approx(-m.by) for m in there.causes}
    assert {o[0]: o[1:] for o in back.options} == {o[0]: o[:0:-1] for o in there.options}


def test_each_finding_is_told_what_goes_back_when_it_alone_goes_back(tiny: Program) -> None:
    changed = by_finding(change(CALM, WORSE, then=tiny, now=tiny))
    assert set(changed) == {"fever", "leg_pain"}
    without_fever = probability({**WORSE, "fever": False}, tiny, "infection")
    assert changed["fever"].by == pytest.approx(probability(WORSE, tiny, "infection") - without_fever)
    assert changed["leg_pain"].cause == "hernia"
    without_pain = probability({**WORSE, "leg_pain": "mild"}, tiny, "hernia")
    assert changed["leg_pain"].by == pytest.approx(probability(WORSE, tiny, "hernia") - without_pain)


def test_the_finding_that_moves_most_stands_first(tiny: Program) -> None:
    found = change(CALM, {"age_years": 40, **WORSE, "relief": True}, then=tiny, now=tiny).findings
    sizes = [abs(b.by) for b in found]
    assert sizes == sorted(sizes, reverse=True)
    assert found[-1].finding == "age_years"


def test_a_finding_that_becomes_known_is_a_difference_and_was_not_no_before(tiny: Program) -> None:
    unknown = {k: v for k, v in CALM.items() if k != "fever"}
    [became_no] = change(unknown, CALM, then=tiny, now=tiny).findings
    assert (became_no.before, became_no.after) == (None, False)
    assert became_no.by != 0
    [became_yes] = change(unknown, {**unknown, "fever": True}, then=tiny, now=tiny).findings
    assert (became_yes.before, became_yes.after, became_yes.by > 0) == (None, True, True)


def test_a_finding_that_is_taken_back_is_a_difference(tiny: Program) -> None:
    [taken_back] = change(CALM, {**CALM, "fever": None}, then=tiny, now=tiny).findings
    assert (taken_back.finding, taken_back.before, taken_back.after) == ("fever", False, None)


def test_not_asked_and_asked_but_not_known_are_no_difference(tiny: Program) -> None:
    unknown = {k: v for k, v in CALM.items() if k != "fever"}
    assert change(unknown, {**unknown, "fever": None}, then=tiny, now=tiny).findings == ()


def test_a_finding_that_weighs_nothing_is_named_without_a_cause(tiny: Program) -> None:
    [age] = change({**CALM, "age_years": 40}, {**CALM, "age_years": 41}, then=tiny, now=tiny).findings
    assert age == Because("age_years", 40, 41, None, 0.0)


def test_an_option_that_stands_otherwise_is_told_with_both_statuses(tiny: Program) -> None:
    changed = change({**CALM, "leg_pain": "none"}, CALM, then=tiny, now=tiny)
    then = {t["label"]: t["status"] for t in changed.before["treatments"]}
    now = {t["label"]: t["status"] for t in changed.after["treatments"]}
    assert changed.options
    for label, old, new in changed.options:
        assert (old, new) == (then[label], now[label])
        assert old != new


# -------------------------------------------------------------------------------------------------------- contradictions


PAIN_FREE = {"weeks_since_surgery": 10, "leg_pain_present": False, "leg_pain_nrs": 0}
IN_PAIN = {"weeks_since_surgery": 30, "leg_pain_present": True, "leg_pain_nrs": 7}


def test_an_old_answer_that_no_longer_goes_with_the_others_says_nothing_alone(program: Program) -> None:
    changed = by_finding(change(PAIN_FREE, IN_PAIN, then=program, now=program))
    assert changed["leg_pain_present"] == Because("leg_pain_present", False, True, None, 0.0)
    assert changed["leg_pain_nrs"].after == 7
    assert changed["weeks_since_surgery"].before == 10


@pytest.mark.parametrize("side", ["before", "after"])
def test_findings_that_contradict_each_other_are_refused(side: str, program: Program) -> None:
    wrong = {**IN_PAIN, "leg_pain_present": False}
    pair = (wrong, IN_PAIN) if side == "before" else (IN_PAIN, wrong)
    with pytest.raises(ContradictoryFacts):
        change(*pair, then=program, now=program)


# ------------------------------------------------------------------------------------------------------------- knowledge


def test_other_knowledge_alone_is_told_apart_from_findings(tiny: Program, other: Folder) -> None:
    other.edit("causes/infection.yaml", "{false: 0.4, true: 0.6}", "{false: 0.1, true: 0.9}")
    now = load_program(str(other.path))
    changed = change(WORSE, WORSE, then=tiny, now=now)
    assert changed.findings == ()
    assert changed.knowledge == changed.causes
    assert changed.knowledge is not None
    infection = next(m for m in changed.knowledge if m.id == "infection")
    assert (infection.before, infection.after) == (probability(WORSE, tiny, "infection"), probability(WORSE, now, "infection"))
    assert infection.by > 0


def test_other_knowledge_and_other_findings_are_told_side_by_side(tiny: Program, other: Folder) -> None:
    other.edit("causes/infection.yaml", "{false: 0.4, true: 0.6}", "{false: 0.1, true: 0.9}")
    now = load_program(str(other.path))
    changed = change(CALM, WORSE, then=tiny, now=now)
    assert changed.knowledge is not None
    by_knowledge = {m.id: m.after for m in changed.knowledge}
    assert by_knowledge["infection"] == probability(
        CALM, now, "infection"
    )  # the earlier findings, read with the later knowledge
    fever = by_finding(changed)["fever"]
    assert fever.by == pytest.approx(
        probability(WORSE, now, "infection") - probability({**WORSE, "fever": False}, now, "infection")
    )


def test_other_knowledge_that_moves_nobody_says_so_and_is_not_left_out(tiny: Program, other: Folder) -> None:
    other.edit("causes/infection.yaml", "summary: For the test.", "summary: In other words.")
    assert change(CALM, CALM, then=tiny, now=load_program(str(other.path))).knowledge == ()


def test_an_earlier_answer_that_the_later_knowledge_cannot_read_does_not_stop_the_comparison(
    tiny: Program, other: Folder
) -> None:
    other.edit("findings/01_history.yaml", "range: [0, 120]", "range: [0, 50]")
    now = load_program(str(other.path))
    before, after = {**CALM, "age_years": 60}, {**WORSE, "age_years": 30}
    with pytest.raises(CaseError):
        assess({"findings": before}, program=now)
    changed = change(before, after, then=tiny, now=now)
    assert changed.knowledge is None
    assert by_finding(changed)["age_years"] == Because("age_years", 60, 30, None, 0.0)
    assert by_finding(changed)["fever"].by > 0


def test_a_cause_that_only_the_earlier_knowledge_held_is_told_to_be_gone(tiny: Program, other: Folder) -> None:
    for path in other.path.rglob("*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("scar", "adhesion"), encoding="utf-8")
    (other.path / "causes/scar.yaml").rename(other.path / "causes/adhesion.yaml")
    changed = change(CALM, CALM, then=tiny, now=load_program(str(other.path)))
    moved = {m.id: (m.before, m.after) for m in changed.causes}
    assert moved["scar"] == (probability(CALM, tiny, "scar"), 0.0)
    assert moved["adhesion"][0] == 0.0
