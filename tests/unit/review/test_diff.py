"""`diff` tells which answers a change of knowledge changes, and which numbers and rules did it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from afterdisc.review.diff import Diff, diff, text
from tiny_base import TINY, Folder

FEVER = {"id": "fever", "findings": {"weeks_since_surgery": 3, "fever": True, "crp_mg_l": 12}}
PAIN = {"id": "pain", "findings": {"weeks_since_surgery": 3, "leg_pain": "mild", "fever": False}}


@pytest.fixture
def tiny(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "base")


def compared(tiny: Folder, *cases: dict[str, Any], n_cohort: int = 0) -> Diff:
    return diff(TINY, tiny.path, cases=cases, n_cohort=n_cohort, seed=1)


def test_the_same_knowledge_answers_the_same(tiny: Folder) -> None:
    result = compared(tiny, FEVER, PAIN, n_cohort=20)
    assert (result.knowledge, result.answers) == ((), ())
    assert (result.n_cases, result.n_cohort) == (2, 20)
    assert result.old == result.new


def test_a_changed_limit_of_a_red_flag_changes_urgency_and_stage(tiny: Folder) -> None:
    tiny.edit("stages/2_red_flags.yaml", "all: [fever, crp_mg_l >= 10]", "all: [fever, crp_mg_l >= 20]")
    result = compared(tiny, FEVER, PAIN)
    [change] = result.answers
    assert (change.case, change.urgency, change.stage) == ("fever", ("E1", "E2"), ("danger", "reevaluation_incomplete"))
    [entry] = result.knowledge
    assert (entry.what, entry.old, entry.new) == ("R01 E1", "fever and crp_mg_l >= 10", "fever and crp_mg_l >= 20")
    assert entry.where == "stages/2_red_flags.yaml:8"


def test_a_changed_likelihood_changes_probabilities(tiny: Folder) -> None:
    tiny.edit("causes/infection.yaml", "{false: 0.4, true: 0.6}", "{false: 0.1, true: 0.9}")
    [change] = compared(tiny, FEVER, PAIN, n_cohort=0).answers[:1]
    assert change.probability is not None
    cause, old, new = change.probability
    assert cause == "infection"
    assert new > old + 0.02


def test_a_small_change_of_probability_is_not_told(tiny: Folder) -> None:
    tiny.edit("causes/infection.yaml", "{false: 0.4, true: 0.6}", "{false: 0.401, true: 0.599}")
    result = compared(tiny, FEVER, PAIN)
    assert result.answers == ()
    assert [e.what for e in result.knowledge] == ["fever given infection, always"]


def test_a_changed_rule_changes_the_status_of_its_treatment(tiny: Folder) -> None:
    tiny.edit("treatments/nsaid.yaml", "when: has_leg_pain", "when: much_leg_pain")
    [change] = compared(tiny, FEVER, PAIN).answers
    assert (change.case, change.statuses) == ("pain", (("nsaid", "option", "not_indicated"),))


def test_a_changed_definition_is_one_entry_and_not_one_for_each_rule(tiny: Folder) -> None:
    tiny.edit("stages/0_definitions.yaml", "when: leg_pain in [mild, severe]", "when: leg_pain is severe")
    result = compared(tiny, FEVER, PAIN)
    assert [e.what for e in result.knowledge] == ["definition has_leg_pain"]
    assert [c.case for c in result.answers] == ["pain"]


def test_what_is_new_and_what_is_gone_is_told(tiny: Folder) -> None:
    tiny.edit("drugs/groups.yaml", "  nsaids:", "  painkillers:")
    tiny.edit("treatments/nsaid.yaml", "takes includes nsaids", "takes includes painkillers")
    entries = {e.what: (e.old, e.new) for e in compared(tiny).knowledge}
    assert entries["group nsaids"][1] == ""
    assert entries["group painkillers"][0] == ""
    assert set(entries) == {"group nsaids", "group painkillers", "rule nsaid.twice"}


def test_a_changed_citation_is_a_change_of_the_number(tiny: Folder) -> None:
    tiny.edit("causes/hernia.yaml", "prevalence: 0.3}\n    facts: [f1]", "prevalence: 0.3}\n    facts: [f2]")
    assert [e.what for e in compared(tiny).knowledge] == ["odds ratio hernia, onset sudden"]


def test_a_case_that_one_of_the_two_refuses_is_told(tiny: Folder) -> None:
    tiny.edit("findings/01_history.yaml", "range: [0, 5200]", "range: [4, 5200]")
    changes = compared(tiny, FEVER, PAIN).answers
    assert [c.refused[0] for c in changes] == ["", ""]
    assert all("ImpossibleValue" in c.refused[1] for c in changes)


def test_synthetic_people_are_compared_and_stand_after_the_cases(tiny: Folder) -> None:
    tiny.edit("stages/2_red_flags.yaml", "urgency: E2\n        when: fever", "urgency: E2\n        when: not fever")
    result = compared(tiny, PAIN, n_cohort=40)
    assert [c.synthetic for c in result.answers] == sorted(c.synthetic for c in result.answers)
    assert sum(c.synthetic and bool(c.urgency) for c in result.answers) > 10


def test_the_same_seed_compares_the_same_people(tiny: Folder) -> None:
    tiny.edit("causes/infection.yaml", "{false: 0.4, true: 0.6}", "{false: 0.1, true: 0.9}")
    assert compared(tiny, n_cohort=30) == compared(tiny, n_cohort=30)


def test_published_cases_are_compared_at_each_stage(tiny: Folder) -> None:
    case = {"id": "7", "stages": {"before": {"findings": FEVER["findings"]}, "after": {"findings": PAIN["findings"]}}}
    tiny.edit("stages/2_red_flags.yaml", "all: [fever, crp_mg_l >= 10]", "all: [fever, crp_mg_l >= 20]")
    result = compared(tiny, case)
    assert result.n_cases == 2
    assert [c.case for c in result.answers] == ["7 before"]


def test_the_result_is_plain_json_and_the_text_names_the_change(tiny: Folder) -> None:
    tiny.edit("stages/2_red_flags.yaml", "all: [fever, crp_mg_l >= 10]", "all: [fever, crp_mg_l >= 20]")
    result = compared(tiny, FEVER, PAIN, n_cohort=5)
    assert json.loads(json.dumps(result.as_dict()))["answers"][0]["urgency"] == ["E1", "E2"]
    page = text(result)
    assert "1 of 2 cases are answered otherwise: urgency 1, stage 1" in page
    assert "urgency: E1 -> E2" in page
    assert "stages/2_red_flags.yaml:8  R01 E1: fever and crp_mg_l >= 10 -> fever and crp_mg_l >= 20" in page
