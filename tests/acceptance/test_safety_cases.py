"""Every safety case passes in full; none of these may be weakened to let a change through."""

from __future__ import annotations

from typing import Any

import pytest

from acceptance.coded import SAFETY
from afterdisc.program import Program
from afterdisc.review.score import safety_faults


def test_the_cases_are_there() -> None:
    assert len(SAFETY) == 38
    assert len({case["id"] for case in SAFETY}) == 38


@pytest.mark.parametrize("case", SAFETY, ids=lambda case: case["id"])
def test_the_answer_holds_all_that_it_must(program: Program, case: dict[str, Any]) -> None:
    assert safety_faults(program, case) == [], case["note"]


TIGHTER: dict[str, dict[str, Any]] = {
    "urgency": {"urgency": "E0"},
    "red_flags_any_of": {"red_flags_any_of": ["R99"]},
    "investigations_any_of": {"investigations_any_of": ["no_such_test"]},
    "investigations_none_of": {"investigations_none_of": ["questions"]},
    "treatments_status": {"treatments_status": {"targeted_physiotherapy": "not_indicated"}},
    "text_must_mention": {"text_must_mention": ["nowhere in this text|nor this"]},
    "text_must_not_mention": {"text_must_not_mention": ["no such words|urgency"]},
}


@pytest.mark.parametrize("tighter", TIGHTER.values(), ids=TIGHTER)
def test_each_demand_can_fail(program: Program, tighter: dict[str, Any]) -> None:
    quiet = {
        "id": "quiet",
        "findings": {"weeks_since_surgery": 30, "leg_pain_nrs": 4},
        "must": {
            "urgency": "E3",
            "red_flags_any_of": [],
            "investigations_any_of": [],
            "investigations_none_of": [],
            "treatments_status": {},
            "text_must_mention": [],
            "text_must_not_mention": [],
        },
    }
    assert safety_faults(program, quiet) == []
    assert len(safety_faults(program, quiet | {"must": quiet["must"] | tighter})) == 1
