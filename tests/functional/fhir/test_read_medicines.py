"""Medicines out of a record: ingredients by code, by name and by brand; never more certain than the record is."""

from __future__ import annotations

from typing import Any

import pytest

from afterdisc.door import assess, load_program
from afterdisc.fhir import read_record, record_of
from functional.fhir.records import LOINC, RXNORM, bundle, concept, declared, patient, read, request, why

BOTH = ["MedicationRequest", "MedicationStatement"]
TAKES = {"from": BOTH, "read": "medicines"}
DOSES = {"from": BOTH, "read": "doses"}
DAILY = {
    "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
    "doseAndRate": [{"doseQuantity": {"value": 300, "unit": "mg"}}],
}
AT = "2026-11-20"


def takes(*entries: dict[str, Any]) -> Any:
    return read(declared(takes=[TAKES]), *entries).findings.get("takes")


@pytest.mark.parametrize(
    ("medication", "expected"),
    [
        (concept(RXNORM, "25480"), ["gabapentin", None]),
        (concept(RXNORM, "310432", "gabapentin 400 MG Oral Capsule"), ["gabapentin", None]),
        ({"text": "Ibuprofen 400 mg tablets, one three times a day"}, ["ibuprofen", None]),
        ({"text": "Voltaren retard"}, ["diclofenac", None]),
        (concept(RXNORM, "1", "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet"), ["amoxicillin", "clavulanate", None]),
        (
            concept(RXNORM, "2", "Acetaminophen 325 MG / Oxycodone Hydrochloride 5 MG Oral Tablet"),
            ["acetaminophen", "oxycodone", None],
        ),
    ],
)
def test_ingredients_and_others_not_known(medication: dict[str, Any], expected: list[str | None]) -> None:
    assert takes(request(medication)) == expected


def test_a_medicine_that_cannot_be_read_is_told() -> None:
    found = read(declared(takes=[TAKES]), request({"text": "the small white ones"}), request(concept(RXNORM, "25480"), id="m2"))
    assert found.findings == {"takes": ["gabapentin", None]}
    assert "no ingredient" in why(found, "takes")
    assert takes(request({"text": "the small white ones"})) is None


@pytest.mark.parametrize(
    "more",
    [
        {"status": "stopped"},
        {"status": "completed"},
        {"intent": "proposal"},
        {"doNotPerform": True},
        {"authoredOn": "2026-12-01"},
    ],
)
def test_what_is_not_taken_now_is_not_listed(more: dict[str, Any]) -> None:
    assert takes(request(concept(RXNORM, "25480")) | more) is None


def test_a_medicine_by_reference_is_followed() -> None:
    contained = request({}) | {
        "medicationReference": {"reference": "#m"},
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "naproxen 500 mg"}}],
    }
    apart = request({}) | {"medicationReference": {"reference": "Medication/9"}}
    for one in (contained, apart):
        del one["medicationCodeableConcept"]
    parts = [{"itemCodeableConcept": {"text": "tramadol"}}, {"itemCodeableConcept": {"text": "paracetamol"}}]
    medicine = {"resourceType": "Medication", "id": "9", "ingredient": parts}
    assert takes(contained) == ["naproxen", None]
    assert takes(apart, medicine) == ["paracetamol", "tramadol", None]


def test_amounts_of_a_day() -> None:
    program = declared(dose_mg_per_day=[DOSES])
    gabapentin = request(concept(RXNORM, "25480"), dosageInstruction=[DAILY])
    assert read(program, gabapentin).findings == {"dose_mg_per_day": {"gabapentin": 900}}
    as_needed = request(concept(RXNORM, "25480"), dosageInstruction=[DAILY | {"asNeededBoolean": True}])
    assert read(program, as_needed).findings == {"dose_mg_per_day": {"gabapentin": None}}
    tablets = DAILY | {"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablet"}}]}
    assert read(program, request(concept(RXNORM, "25480"), dosageInstruction=[tablets])).findings == {
        "dose_mg_per_day": {"gabapentin": None}
    }


def test_a_kind_of_medicine_by_ingredient_and_of_two_the_first_declared_counts() -> None:
    states = {"warfarin": ["warfarin"], "apixaban": ["apixaban"]}
    program = declared(anticoagulant=[{"from": BOTH, "read": "taken", "states": states}])
    warfarin, apixaban = request(concept(RXNORM, "11289")), request({"text": "apixaban"}, id="m2")
    assert read(program, apixaban).findings == {"anticoagulant": "apixaban"}
    both = read(program, apixaban, warfarin)
    assert both.findings == {"anticoagulant": "warfarin"}
    assert "several" in both.found[0].note
    assert read(program, request({"text": "ibuprofen"})).findings == {}


def test_what_is_not_listed_is_unknown_to_the_rules_and_not_denied() -> None:
    """An NSAID for somebody on ramipril: with others unknown, a diuretic may be among them, and is asked for."""
    program = load_program()
    facts = {"leg_pain_nrs": 6, "weeks_since_surgery": 12, "age_years": 50}

    def nsaid(takes: list[str | None]) -> dict[str, Any]:
        options = assess({"findings": facts | {"takes": takes}}, program=program)["treatments"]
        return next(t for t in options if t["id"] == "nsaid")

    complete, incomplete = nsaid(["ramipril"]), nsaid(["ramipril", None])
    assert "takes" not in complete["missing"]
    assert "takes" in incomplete["missing"]


# -- our own codes -----------------------------------------------------------------------------------------------------


def test_answers_to_our_questionnaire_are_read_for_every_finding() -> None:
    program = load_program()
    canonical = program.book["fhir"]["canonical"]
    items = [
        {
            "linkId": "course",
            "item": [
                {"linkId": "leg_pain_nrs", "answer": [{"valueDecimal": 7}]},
                {"linkId": "onset", "answer": [{"valueCoding": {"code": "sudden"}}]},
            ],
        },
        {"linkId": "fever", "answer": [{"valueBoolean": False}]},
        {"linkId": "takes", "answer": [{"valueString": "Gabapentin"}, {"valueString": "ibuprofen"}]},
        {
            "linkId": "dose_mg_per_day",
            "item": [
                {"linkId": "dose_mg_per_day.ingredient", "answer": [{"valueString": "gabapentin"}]},
                {"linkId": "dose_mg_per_day.amount", "answer": [{"valueDecimal": 900}]},
            ],
        },
        {"linkId": "n_lumbar_operations", "answer": [{"valueInteger": 2}]},
        {"linkId": "saddle_numbness"},
    ]
    response = {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": "completed",
        "authored": "2026-11-19",
        "questionnaire": f"{canonical}/Questionnaire/intake|2026.14",
        "item": items,
    }
    found = read_record(program, record_of(bundle(patient(), response)), at=AT)
    told = {k: v for k, v in found.findings.items() if k not in ("age_years", "sex")}
    assert told == {
        "leg_pain_nrs": 7,
        "onset": "sudden",
        "fever": False,
        "takes": ["gabapentin", "ibuprofen"],
        "dose_mg_per_day": {"gabapentin": 900},
        "n_lumbar_operations": 2,
    }
    assert assess(found.case(), program=program)["causes"]


def test_none_is_said_and_an_empty_row_says_nothing() -> None:
    program = load_program()
    canonical = program.book["fhir"]["canonical"]
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}

    def answered(*items: dict[str, Any]) -> Any:
        response = {"resourceType": "QuestionnaireResponse", "id": "q1", "status": "completed", "authored": "2026-11-19"}
        ours = response | {"questionnaire": f"{canonical}/Questionnaire/intake", "item": list(items)}
        return read_record(program, record_of(bundle(patient(), ours)), at=AT).findings

    row = {"linkId": "dose_mg_per_day"}
    name = {"linkId": "dose_mg_per_day.ingredient", "answer": [{"valueString": "none"}]}
    assert answered(row | {"item": [name]})["dose_mg_per_day"] == {}
    assert "dose_mg_per_day" not in answered(row)
    assert answered({"linkId": "takes", "answer": [{"valueString": "none"}]})["takes"] == []
    both = [{"valueString": "ibuprofen"}, {"extension": [absent]}]
    assert answered({"linkId": "takes", "answer": both})["takes"] == ["ibuprofen", None]


def test_observations_in_our_own_codes_are_read() -> None:
    program = load_program()
    canonical = program.book["fhir"]["canonical"]

    def own(name: str, **value: Any) -> dict[str, Any]:
        code = {"coding": [{"system": f"{canonical}/CodeSystem/finding", "code": name}]}
        return {
            "resourceType": "Observation",
            "id": name[:20].replace("_", "-"),
            "status": "final",
            "code": code,
            "effectiveDateTime": "2026-11-19",
            "subject": {"reference": "Patient/p1"},
        } | value

    ingredient = {"coding": [{"system": f"{canonical}/CodeSystem/ingredient", "code": "gabapentin"}]}
    entries = [
        own("onset", valueCodeableConcept={"coding": [{"system": f"{canonical}/CodeSystem/state", "code": "gradual"}]}),
        own("leg_pain_nrs", valueQuantity={"value": 4}),
        own("fever", valueBoolean=True),
        own("takes", component=[{"code": ingredient, "valueBoolean": True}]),
        own("dose_mg_per_day", component=[{"code": ingredient, "valueQuantity": {"value": 600}}]),
        own("no_such_finding", valueBoolean=True),
        own("new_numbness", valueString="yes"),
    ]
    found = read_record(program, record_of(bundle(patient(), *entries)), at=AT)
    told = {k: v for k, v in found.findings.items() if k not in ("age_years", "sex")}
    assert told == {
        "onset": "gradual",
        "leg_pain_nrs": 4,
        "fever": True,
        "takes": ["gabapentin"],
        "dose_mg_per_day": {"gabapentin": 600},
    }
    assert {u.finding for u in found.unread} >= {"", "new_numbness"}
    none = own("takes", valueBoolean=False)
    assert read_record(program, record_of(bundle(patient(), none)), at=AT).findings["takes"] == []


def test_another_questionnaire_is_not_ours() -> None:
    answers = [{"linkId": "fever", "answer": [{"valueBoolean": True}]}]
    response = {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": "completed",
        "item": answers,
        "questionnaire": f"{LOINC}/q/1",
    }
    assert "fever" not in read_record(load_program(), record_of(bundle(patient(), response)), at=AT).findings


def test_a_newer_answer_that_cannot_be_read_takes_an_older_one_away() -> None:
    program = load_program()
    canonical = program.book["fhir"]["canonical"]

    def own(name: str, on: str, **value: Any) -> dict[str, Any]:
        code = {"coding": [{"system": f"{canonical}/CodeSystem/finding", "code": name}]}
        ours = {"resourceType": "Observation", "id": f"o{on[-2:]}", "status": "final", "code": code, "effectiveDateTime": on}
        return ours | {"subject": {"reference": "Patient/p1"}} | value

    older, newer = own("fever", "2026-11-10", valueBoolean=False), own("fever", "2026-11-12", valueString="perhaps")
    found = read_record(program, record_of(bundle(patient(), older, newer)), at=AT)
    assert "fever" not in found.findings
    assert [u.resource for u in found.unread if u.finding == "fever"] == ["Observation/o12"]
    ingredient = {"coding": [{"system": f"{canonical}/CodeSystem/ingredient", "code": "gabapentin"}]}
    not_taken = own("takes", "2026-11-12", component=[{"code": ingredient, "valueBoolean": False}])
    assert read_record(program, record_of(bundle(patient(), not_taken)), at=AT).findings["takes"] == []
