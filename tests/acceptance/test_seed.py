"""The choices of the source article come out on the example cases."""

from __future__ import annotations

from typing import Any

import pytest

import afterdisc as ad
from acceptance.coded import EXAMPLES, every_case
from afterdisc.program import Program
from afterdisc.words.status import OFFERED

ANSWERS = {name: ad.assess(case) for name, case in EXAMPLES.items()}
REOPERATIONS = {"repeat_microdiscectomy", "fusion_tlif", "fusion_plif", "laminectomy", "foraminotomy", "scar_excision_alone"}
INJECTIONS = {"esi_transforaminal", "esi_caudal", "si_joint_injection", "medial_branch_rfa", "si_joint_rfa", "pulsed_rf_drg"}
REFERRALS = {
    "emergency_decompression",
    "infection_care",
    "csf_leak_care",
    "oncology_or_fracture_referral",
    "vascular_referral",
    "neurology_referral",
}


def statuses(name: str) -> dict[str, str]:
    return {t["id"]: t["status"] for t in ANSWERS[name]["treatments"]}


def offered(name: str) -> set[str]:
    return {treatment for treatment, status in statuses(name).items() if status in OFFERED}


def first_cause(name: str) -> str:
    return ANSWERS[name]["causes"][0]["id"]


def steps(name: str) -> set[str]:
    return {s["id"] for s in ANSWERS[name]["next_steps"]}


def treatment(name: str, wanted: str) -> dict[str, Any]:
    return next(t for t in ANSWERS[name]["treatments"] if t["id"] == wanted)


def test_a_first_recurrence_without_instability_is_a_repeat_discectomy_and_no_fusion() -> None:
    name = "first-recurrence-on-mri"
    assert first_cause(name) == "recurrent_herniation"
    assert statuses(name)["repeat_microdiscectomy"] == "recommended"
    assert not offered(name) & {"fusion_tlif", "fusion_plif"}


def test_a_second_recurrence_with_instability_is_a_fusion() -> None:
    name = "second-recurrence-unstable"
    assert {c["id"] for c in ANSWERS[name]["causes"][:2]} == {"segmental_instability", "recurrent_herniation"}
    assert statuses(name)["fusion_tlif"] == "recommended"
    assert statuses(name)["fusion_plif"] in OFFERED
    assert "repeat_microdiscectomy" not in offered(name)


def test_the_two_fusions_are_told_apart() -> None:
    """Each says in its own words what speaks for it or against it beside the other."""
    tlif, plif = (lines_of(treatment("second-recurrence-unstable", name)) for name in ("fusion_tlif", "fusion_plif"))
    assert any("PLIF" in line for line in tlif - plif)
    assert any("TLIF" in line for line in plif - tlif)


def lines_of(option: dict[str, Any]) -> set[str]:
    return {line["say"] for line in (*option["for"], *option["against"], *option["notes"])}


def test_a_narrow_foramen_is_a_foraminotomy() -> None:
    name = "foraminal-stenosis"
    assert first_cause(name) == "foraminal_or_recess_stenosis"
    assert statuses(name)["foraminotomy"] == "recommended"
    assert not offered(name) & {"fusion_tlif", "fusion_plif", "repeat_microdiscectomy"}


def test_scar_alone_is_no_target() -> None:
    name = "scar-and-neuropathic-leg-pain"
    assert first_cause(name) == "epidural_fibrosis"
    assert not offered(name) & REOPERATIONS
    assert statuses(name)["scar_excision_alone"] == "avoid"
    assert statuses(name)["scs_trial"] in OFFERED


def test_excising_scar_is_offered_to_nobody(program: Program) -> None:
    for name, findings in every_case():
        answer = ad.assess(findings, program=program, intervals=False)
        (scar,) = [t for t in answer["treatments"] if t["id"] == "scar_excision_alone"]
        assert scar["status"] not in OFFERED, name


def test_the_expected_course_needs_no_picture_and_no_operation(program: Program) -> None:
    name = "expected-course"
    pictures = {i for i, text in program.book["investigations"].items() if text["kind"] == "imaging"}
    assert first_cause(name) == "expected_recovery"
    assert ANSWERS[name]["urgency"] == "E3"
    assert ANSWERS[name]["stage"] == "expected_course"
    assert not steps(name) & pictures
    assert not offered(name) & (REOPERATIONS | INJECTIONS | {"scs_trial", "scs_implant", "opioid_short_course"})
    assert statuses(name)["education_and_activity"] == "recommended"


def test_who_cannot_pass_urine_is_an_emergency_and_nothing_elective_is_offered() -> None:
    name = "cannot-pass-urine"
    assert ANSWERS[name]["urgency"] == "E0"
    assert ANSWERS[name]["stage"] == "red_flag"
    assert statuses(name)["emergency_decompression"] == "recommended"
    assert offered(name) <= REFERRALS
    assert next(iter(ANSWERS[name]["next_steps"]))["id"].startswith("mri_")


def test_back_pain_at_three_weeks_with_raised_markers_is_an_infection_until_shown_otherwise() -> None:
    name = "back-pain-three-weeks"
    assert first_cause(name) == "spinal_infection"
    assert ANSWERS[name]["urgency"] in ("E0", "E1")
    assert statuses(name)["infection_care"] == "recommended"
    assert not offered(name) & (INJECTIONS | {"systemic_steroid_course"})
    assert "blood_cultures" in steps(name)


def test_a_hip_is_treated_as_a_hip() -> None:
    name = "hip-not-spine"
    assert first_cause(name) == "hip_pathology"
    assert statuses(name)["hip_care"] == "recommended"
    assert not offered(name) & (REOPERATIONS | INJECTIONS)


def test_pain_that_comes_back_is_looked_at_before_it_is_operated_on() -> None:
    name = "returning-leg-pain"
    assert first_cause(name) == "recurrent_herniation"
    assert "mri_with_without_contrast" in steps(name)
    assert not offered(name) & REOPERATIONS
    assert statuses(name)["repeat_microdiscectomy"] == "not_yet"


@pytest.mark.parametrize("name", EXAMPLES)
def test_conservative_care_comes_before_an_operation_unless_something_forbids_waiting(name: str) -> None:
    """What is offered first on the ladder is offered wherever no emergency is open."""
    emergency = ANSWERS[name]["urgency"] in ("E0", "E1")
    assert ("targeted_physiotherapy" in offered(name)) is not emergency
