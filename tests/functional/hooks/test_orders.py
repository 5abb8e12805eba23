"""Orders being selected or signed: a card where this person's record speaks against one, and silence where it does not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from afterdisc import hooks
from afterdisc.fhir.shape import refuse_other_shapes
from afterdisc.hooks.orders import drafts_of
from afterdisc.program import Program
from functional.hooks.calls import (
    CPT_ORDERS,
    FIRST_RECURRENCE,
    FOUR_INJECTIONS,
    NO_TRIAL,
    NUMB_SADDLE,
    PERSON,
    POOR_KIDNEYS,
    SCAR_OR_DISC,
    SELECT,
    SIGN,
    SUBJECT,
    THREE_INJECTIONS,
    Json,
    Machine,
    order,
    person,
    prescription,
    select,
    sign,
    view,
)

IBUPROFEN = prescription("Ibuprofen 400 mg tablet")


# -- the worked examples -----------------------------------------------------------------------------------------------


@pytest.mark.cds_hooks(92, 124, 125, 127, 131)
def test_a_plain_mri_where_contrast_is_the_question_is_offered_with_contrast(ehr: Machine, program: Program) -> None:
    more = {"bodySite": [{"text": "Lumbar spine"}], "requester": {"reference": "Practitioner/d"}}
    plain = order(program, "mri_without_contrast", **more)
    for service, body in ((SELECT, select(program, SCAR_OR_DISC, plain)), (SIGN, sign(program, SCAR_OR_DISC, plain))):
        (card,) = ehr.cards(service, body)
        assert card["indicator"] == "info"
        assert "gadolinium" in card["summary"]
        (suggestion,) = card["suggestions"]
        away, new = suggestion["actions"]
        assert (away["type"], away["resourceId"]) == ("delete", "ServiceRequest/order-1")
        assert new["type"] == "create"
        ordered = program.book["fhir"]["proposals"]["mri_with_without_contrast"]["code"].partition("|")[2]
        assert ordered in [c["code"] for c in new["resource"]["code"]["coding"]]
        kept = ("resourceType", "status", "intent", "subject", "bodySite", "requester")
        assert {k: new["resource"][k] for k in kept} == {k: plain[k] for k in kept}
        assert "id" not in new["resource"]
        refuse_other_shapes(new["resource"])


@pytest.mark.cds_hooks(92, 133, 134, 135)
def test_an_nsaid_with_an_egfr_of_25_is_offered_to_be_removed(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(SIGN, sign(program, POOR_KIDNEYS, IBUPROFEN))
    assert card["indicator"] == "critical"
    assert card["summary"] == "Avoid: NSAID. eGFR below 30 mL/min: no NSAID at any dose, not even for a few days."
    (suggestion,) = card["suggestions"]
    assert suggestion["isRecommended"] is True
    (action,) = suggestion["actions"]
    assert action["type"] == "delete"
    assert action["resourceId"] == "MedicationRequest/drug-1"
    assert "resource" not in action


def test_an_injection_beyond_the_years_limit_waits(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(SIGN, sign(program, FOUR_INJECTIONS, order(program, "esi_transforaminal")))
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("Not yet: ")
    assert "Four epidural sessions in twelve months are the limit" in card["summary"]


def test_the_last_injection_of_the_year_is_told_to_be_it(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(SIGN, sign(program, THREE_INJECTIONS, order(program, "esi_transforaminal")))
    assert card["indicator"] == "info"
    assert "this would be the last one within twelve months" in card["summary"]


def test_sessions_are_counted_from_the_record(ehr: Machine, program: Program) -> None:
    """A third course of two sessions each: the record holds the four of the first two."""
    from functional.hooks.calls import coded, operation, searchset

    injected = program.book["fhir"]["readings"]["esi_count_12_months"][0]["codes"][0]
    days = ("2026-04-10", "2026-04-24", "2026-08-03", "2026-08-17")
    done = [operation(program, day, id=f"esi-{i}", code=coded(program, injected)) for i, day in enumerate(days)]
    body = sign(program, {"leg_pain_nrs": 7, "mri_contrast_done": True}, order(program, "esi_transforaminal"))
    body["prefetch"]["procedures"] = searchset(operation(program), *done)
    (card,) = ehr.cards(SIGN, body)
    assert "Four epidural sessions in twelve months are the limit" in card["summary"]


def test_a_fusion_for_a_first_recurrence_without_instability_does_not_fit(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(SIGN, sign(program, FIRST_RECURRENCE, order(program, "fusion_tlif")))
    assert card["indicator"] == "warning"
    assert "First recurrence, no instability" in card["summary"]
    assert "Guideline update for the performance of fusion procedures" in card["detail"]


def test_a_fusion_is_not_spoken_against_where_instability_is_shown(ehr: Machine, program: Program) -> None:
    unstable = FIRST_RECURRENCE | {"flexion_extension_translation_mm": 6, "spondylolisthesis_new": True, "back_pain_nrs": 7}
    for card in ehr.cards(SIGN, sign(program, unstable, order(program, "fusion_tlif"))):
        assert "First recurrence" not in card["detail"]


def test_an_implant_without_a_trial_waits_and_says_what_is_missing(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(SELECT, select(program, NO_TRIAL, order(program, "scs_implant")))
    assert card["indicator"] == "warning"
    assert "A screening trial must come first; no implant without one." in card["detail"]
    assert "**Not on record, and could change this:**" in card["detail"]


# -- silence -----------------------------------------------------------------------------------------------------------


def test_the_right_picture_gives_no_card(ehr: Machine, program: Program) -> None:
    assert ehr.cards(SIGN, sign(program, SCAR_OR_DISC, order(program, "mri_with_without_contrast"))) == []


def test_an_mri_without_contrast_is_right_where_the_cauda_equina_is_in_danger(ehr: Machine, program: Program) -> None:
    assert ehr.cards(SIGN, sign(program, NUMB_SADDLE, order(program, "mri_without_contrast"))) == []


def test_an_order_that_is_not_ours_gives_no_card(ehr: Machine, program: Program) -> None:
    drafts = [prescription("Amoxicillin 500 mg"), {"resourceType": "NutritionOrder", "id": "n", "patient": SUBJECT}]
    assert ehr.cards(SIGN, sign(program, POOR_KIDNEYS, *drafts)) == []


def test_a_medicine_nothing_speaks_against_gives_no_card(ehr: Machine, program: Program) -> None:
    body = sign(program, {"leg_pain_nrs": 6, "egfr_ml_min": 95}, IBUPROFEN)
    body["prefetch"]["patient"] = person(born="1986-01-01", gender="male")
    assert ehr.cards(SIGN, body) == []


def test_only_what_was_just_selected_is_spoken_of(ehr: Machine, program: Program) -> None:
    body = select(program, POOR_KIDNEYS | SCAR_OR_DISC, IBUPROFEN, order(program, "mri_without_contrast"))
    assert len(ehr.cards(SELECT, body)) == 2
    body["context"]["selections"] = ["MedicationRequest/drug-1"]
    (card,) = ehr.cards(SELECT, body)
    assert card["source"]["topic"]["code"] == "nsaid"
    body["context"]["selections"] = []
    assert ehr.cards(SELECT, body) == []


@pytest.mark.parametrize("change", [{"status": "cancelled"}, {"status": "entered-in-error"}, {"doNotPerform": True}])
def test_an_order_that_is_over_or_forbids_is_passed_over(ehr: Machine, program: Program, change: Json) -> None:
    assert ehr.cards(SIGN, sign(program, POOR_KIDNEYS, IBUPROFEN | change)) == []


@pytest.mark.cds_hooks(77)
def test_no_orders_no_cards(ehr: Machine, program: Program) -> None:
    assert ehr.cards(SIGN, sign(program, POOR_KIDNEYS)) == []


# -- details -----------------------------------------------------------------------------------------------------------


def test_an_emergency_makes_elective_steps_wait_and_says_why(ehr: Machine, program: Program) -> None:
    (card,) = ehr.cards(SIGN, sign(program, NUMB_SADDLE | {"leg_pain_nrs": 7}, order(program, "esi_transforaminal")))
    assert card["indicator"] == "critical"
    assert "Suspected cauda equina syndrome" in card["detail"]


def test_a_dose_above_what_the_kidneys_allow_is_told_and_one_within_it_is_not(ehr: Machine, program: Program) -> None:
    found = {"leg_pain_nrs": 6, "neuropathic_quality": True, "egfr_ml_min": 40, "creatinine_age_days": 5, "weight_kg": 80}
    high, low = (prescription("Gabapentin 300 mg capsule", dosageInstruction=[_dose(mg)]) for mg in (1200, 50))
    (card,) = ehr.cards(SIGN, sign(program, found, high))
    assert card["summary"].startswith("Lower dose: ")
    assert card["indicator"] == "warning"
    assert "suggestions" not in card
    assert ehr.cards(SIGN, sign(program, found, low)) == []


def _dose(mg: float) -> Json:
    return {
        "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}],
    }


def test_an_order_without_an_id_gets_a_card_but_no_action(ehr: Machine, program: Program) -> None:
    body = sign(program, POOR_KIDNEYS, IBUPROFEN)
    del body["context"]["draftOrders"]["entry"][0]["resource"]["id"]
    (card,) = ehr.cards(SIGN, body)
    assert "suggestions" not in card
    assert "selectionBehavior" not in card


def test_each_order_has_a_card_of_its_own(ehr: Machine, program: Program) -> None:
    two = [prescription("Ibuprofen 400 mg", "a"), prescription("Naproxen 500 mg", "b")]
    cards = ehr.cards(SIGN, sign(program, POOR_KIDNEYS, *two))
    assert [c["suggestions"][0]["actions"][0]["resourceId"] for c in cards] == ["MedicationRequest/a", "MedicationRequest/b"]
    assert len({c["uuid"] for c in cards}) == 2


# -- recognising orders ------------------------------------------------------------------------------------------------


def options(program: Program, *drafts: Json) -> list[tuple[str, ...]]:
    request = hooks.request_of(hooks.service_of(SIGN), sign(program, {}, *drafts))
    return [d.options for d in drafts_of(program, request, at="2026-11-25T10:00:00Z")]


def knowing(program: Program, **orders: Json) -> Program:
    """The same knowledge with these orders and no others."""
    nothing: Json = {"codes": [], "ingredients": [], "words": []}
    fhir = {**program.book["fhir"], "orders": {name: nothing | o for name, o in orders.items()}}
    return dataclasses.replace(program, book={**program.book, "fhir": fhir})


def imaging(text: str) -> Json:
    return {"resourceType": "ServiceRequest", "id": "s", "status": "draft", "intent": "order", "subject": SUBJECT} | {
        "code": {"text": text}
    }


def test_the_phrase_with_most_words_wins(program: Program) -> None:
    known = knowing(
        program,
        mri_without_contrast={"words": ["mri lumbar without contrast"]},
        mri_with_without_contrast={"words": ["mri lumbar with and without contrast"]},
    )
    assert options(known, imaging("MRI of the LUMBAR spine, with and without contrast")) == [("mri_with_without_contrast",)]
    assert options(known, imaging("MRI lumbar spine without contrast")) == [("mri_without_contrast",)]
    assert options(known, imaging("MRI cervical spine without contrast")) == []


def test_a_code_goes_before_words_and_its_system_counts(program: Program) -> None:
    known = knowing(
        program, mri_without_contrast={"codes": ["LOINC|30679-5"]}, hip_mri={"words": ["mri"]}, emg={"codes": ["CPT|9588*"]}
    )
    made = imaging("MRI")
    made["code"]["coding"] = [{"system": "http://loinc.org", "code": "30679-5"}]
    assert options(known, made) == [("mri_without_contrast",)]
    made["code"]["coding"] = [{"system": "http://example.org", "code": "30679-5"}]
    assert options(known, made) == [("hip_mri",)]
    made["code"]["coding"] = [{"system": program.book["fhir"]["systems"]["CPT"][0], "code": "95886"}]
    assert options(known, made) == [("emg",)]


def test_a_medicine_is_known_by_ingredient_however_it_is_ordered(program: Program) -> None:
    by_brand_or_name = [prescription(text, f"m{i}") for i, text in enumerate(("Ibuprofen 400 MG Oral Tablet", "naproxen"))]
    contained = prescription("", "m9")
    del contained["medicationCodeableConcept"]
    contained |= {
        "contained": [{"resourceType": "Medication", "id": "x", "code": {"text": "Diclofenac"}}],
        "medicationReference": {"reference": "#x"},
    }
    assert options(program, *by_brand_or_name, contained) == [("nsaid",)] * 3


def test_a_code_that_stands_for_two_things_speaks_only_where_both_are_spoken_against(program: Program) -> None:
    shared = knowing(
        program, fusion_tlif={"codes": ["CPT|22630"]}, repeat_microdiscectomy={"codes": ["CPT|22630"]}
    )
    fusion = imaging("x")
    fusion["code"] = {"coding": [{"system": program.book["fhir"]["systems"]["CPT"][0], "code": "22630"}]}
    assert options(shared, fusion) == [("fusion_tlif", "repeat_microdiscectomy")]
    body = sign(program, FIRST_RECURRENCE | {"weeks_since_surgery": 38}, fusion)
    request = hooks.request_of(hooks.service_of(SIGN), body)
    from afterdisc.fhir import record_of

    record = record_of(list(hooks.gather(shared, request).resources), patient=PERSON)
    answer = hooks.respond(shared, request, record, at="2026-11-25T10:00:00Z", app_url="https://a.example/launch")
    assert answer.log.n_orders == 1
    alone = knowing(program, fusion_tlif={"codes": ["CPT|22630"]})
    assert len(hooks.respond(alone, request, record, at="2026-11-25", app_url="https://a.example/launch").cards) == 1
    assert len(answer.cards) <= 1
    assert all(v["source"]["topic"]["code"] == "repeat_microdiscectomy" for v in answer.cards)


@pytest.mark.parametrize("option", CPT_ORDERS)
def test_orders_of_the_knowledge_base_are_recognised_by_their_own_codes(program: Program, option: str) -> None:
    (found,) = options(program, order(program, option))
    assert option in found


def test_every_order_the_knowledge_base_names_can_be_met(program: Program) -> None:
    known = {*program.book["treatments"], *program.book["investigations"]}
    assert set(program.book["fhir"]["orders"]) <= known
    assert view(program)["hook"] == "patient-view"


def test_a_withheld_test_is_replaced_by_what_the_rule_puts_first(ehr: Machine, program: Program) -> None:
    found: dict[str, Any] = SCAR_OR_DISC | {"mr_device": "mr_unsafe"}
    (card,) = ehr.cards(SIGN, sign(program, found, order(program, "mri_with_without_contrast")))
    assert card["summary"].startswith("Not now: Lumbar MRI without and with gadolinium.")
    (suggestion,) = card["suggestions"]
    assert [a["type"] for a in suggestion["actions"]] == ["delete", "create"]
    assert suggestion["label"] == "Replace by CT myelogram"
