"""When a record is opened: at most one card, and none without a reason."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import select

from afterdisc import door, hooks
from afterdisc.clinic.ehr_tables import HookCall, PlanSeen
from afterdisc.cohort import draw_cases
from afterdisc.hooks.glance import glance
from afterdisc.program import Program
from afterdisc.report import phrases
from functional.hooks.calls import NUMB_SADDLE, VIEW, Machine, operation, person, searchset, view
from functional.workspace.house import House

CLEARED = {
    "bladder_disturbance": False,
    "bowel_disturbance": False,
    "saddle_numbness": False,
    "new_weakness": False,
    "fever": False,
    "wound_discharge_or_redness": False,
}


def why(house: House) -> Any:
    with house.database.reading() as session:
        return session.scalars(select(HookCall).order_by(HookCall.at.desc(), HookCall.id)).all()[-1].found.get("why")


def test_an_emergency_gives_one_critical_card(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(VIEW, view(program, NUMB_SADDLE))
    assert card["indicator"] == "critical"
    assert card["summary"].startswith("Suspected cauda equina syndrome.")
    assert card["source"]["topic"]["code"] == "R01"
    assert "Altered feeling around anus perineum or genitals: yes" in card["detail"]
    assert "**Do:**" in card["detail"]


def test_several_red_flags_are_one_card_under_the_most_urgent(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(VIEW, view(program, {"saddle_numbness": True, "fever": True, "wound_discharge_or_redness": True}))
    assert card["source"]["topic"]["code"] == "R01"
    assert card["detail"].count("**Do:**") > 1


@pytest.mark.parametrize("urgency", ["E0", "E1", "E2"])
def test_the_indicator_follows_the_urgency(ehr: Machine, program: Program, urgency: str) -> None:
    findings = _raising(program, urgency)
    (card,) = ehr.cards(VIEW, view(program, findings))
    assert card["indicator"] == {"E0": "critical", "E1": "critical", "E2": "warning"}[urgency]


def _raising(program: Program, urgency: str) -> dict[str, Any]:
    """One finding that raises a red flag of this urgency and none of a higher one."""
    for name, text in program.book["findings"].items():
        if text["kind"] == "bool":
            found = {"weeks_since_surgery": 38, name: True}
            if door.assess({"findings": found}, program=program, intervals=False)["urgency"] == urgency:
                return {name: True}
    raise AssertionError(f"no single finding raises {urgency}")


@pytest.mark.cds_hooks(77)
def test_nothing_to_say_is_an_empty_list(ehr: Machine, program: Program) -> None:
    answer = ehr.call(VIEW, view(program))
    assert (answer.status_code, answer.json()) == (200, {"cards": []})


def test_an_empty_record_is_not_told_to_ask(ehr: Machine, house: House, program: Program) -> None:
    """Every red flag is open, but the record gives no reason to think of them now."""
    assert ehr.cards(VIEW, view(program, {"leg_pain_nrs": 4})) == []
    assert why(house) is None


def test_an_answered_danger_question_is_a_reason_to_ask_the_others(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(VIEW, view(program, {"fever": False}))
    assert card["indicator"] == "warning"
    assert "cannot be cleared" in card["summary"]
    assert "bladder" in card["summary"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"procedures": None}, "no lumbar disc operation on record"),
        ({"procedures": searchset()}, "no lumbar disc operation on record"),
        ({"patient": person(born="2012-01-01")}, "out of scope"),
    ],
)
def test_nothing_is_said_of_people_it_is_not_about(
    ehr: Machine, house: House, program: Program, change: dict[str, Any], reason: str
) -> None:
    body = view(program, NUMB_SADDLE)
    body["prefetch"] |= change
    assert ehr.cards(VIEW, body) == []
    assert why(house) == reason


def test_an_operation_that_is_yet_to_come_is_none(ehr: Machine, house: House, program: Program) -> None:
    for planned in (operation(program, "2027-01-10"), operation(program, status="preparation")):
        body = view(program, NUMB_SADDLE)
        body["prefetch"]["procedures"] = searchset(planned)
        assert ehr.cards(VIEW, body) == []
        assert why(house) == "no lumbar disc operation on record"


@pytest.mark.parametrize("user", ["Patient/p1", "RelatedPerson/daughter"])
def test_it_speaks_to_clinicians_only(ehr: Machine, house: House, program: Program, user: str) -> None:
    body = view(program, NUMB_SADDLE)
    body["context"]["userId"] = user
    assert ehr.cards(VIEW, body) == []
    assert why(house) == "not called by a clinician"


# -- the plan has changed ----------------------------------------------------------------------------------------------


def test_a_changed_plan_gives_a_card_once(ehr: Machine, house: House, program: Program) -> None:
    before = CLEARED | {"leg_pain_nrs": 2, "symptoms_improving": True}
    after = CLEARED | {"leg_pain_nrs": 2, "symptoms_improving": True, "egfr_ml_min": 25}
    assert ehr.cards(VIEW, view(program, before)) == []  # the first look: nothing to compare with
    assert ehr.cards(VIEW, view(program, before)) == []
    (card,) = ehr.cards(VIEW, view(program, after))
    assert card["indicator"] == "info"
    assert card["summary"].startswith("The plan has changed since this record was last opened.")
    assert "**Avoid:** " in card["detail"]
    assert "NSAID" in card["detail"]
    assert ehr.cards(VIEW, view(program, after)) == []
    with house.database.reading() as session:
        assert len(session.scalars(select(PlanSeen)).all()) == 1


def test_the_plans_of_two_people_are_not_compared(ehr: Machine, program: Program) -> None:
    first, second = view(program, CLEARED), view(program, CLEARED | {"egfr_ml_min": 25})
    second["fhirServer"] = "https://another.example/fhir"  # the same id there is somebody else
    assert ehr.cards(VIEW, first) == []
    assert ehr.cards(VIEW, second) == []


# -- the quick look and the whole assessment say the same ----------------------------------------------------------------


def test_the_first_look_sees_what_the_assessment_says(program: Program) -> None:
    """The glance decides whether a card is due, the assessment what stands on it: on drawn people both agree."""
    for case in draw_cases(program, 150, 11):
        seen = glance(program, case)
        told = door.assess(case, program=program, intervals=False)
        assert seen.urgency == told["urgency"]
        assert sorted((f["id"], f["urgency"]) for f in phrases.raised(told)) == sorted(seen.raised)
        assert [u for _, u in seen.raised] == [f["urgency"] for f in phrases.raised(told)]
        assert seen.must_ask == (phrases.raised_ask(told) is not None)


def test_a_plan_is_known_by_stage_and_advice_alone(program: Program) -> None:
    case = {"findings": {"weeks_since_surgery": 30, "leg_pain_nrs": 6}}
    same = {"findings": {"weeks_since_surgery": 30.2, "leg_pain_nrs": 6}}
    other = {"findings": {"weeks_since_surgery": 30, "leg_pain_nrs": 6, "egfr_ml_min": 25}}
    digests = [glance(program, c).plan for c in (case, same, other)]
    assert digests[0] == digests[1] != digests[2]


def test_two_programs_of_other_knowledge_are_not_mixed_up(ehr: Machine, house: House, program: Program) -> None:
    """A card made with other knowledge says so."""
    (card,) = ehr.cards(VIEW, view(program, NUMB_SADDLE))
    assert card["extension"]["org.afterdisc.knowledge"] == {"version": program.version, "fingerprint": program.fingerprint}
    house.desk.program = dataclasses.replace(program, fingerprint="another")
    (card,) = ehr.cards(VIEW, view(program, NUMB_SADDLE))
    assert card["extension"]["org.afterdisc.knowledge"]["fingerprint"] == "another"
    assert hooks.SERVICES[0].id == VIEW
