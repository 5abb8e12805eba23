"""Observations, conditions, procedures and people, read into findings; what is absent stays unknown."""

from __future__ import annotations

from typing import Any

import pytest

from afterdisc.door import assess, load_program
from afterdisc.fhir import read_record, record_of
from functional.fhir.records import (
    CPT,
    ICD,
    LOINC,
    SNOMED,
    bundle,
    concept,
    condition,
    declared,
    observation,
    patient,
    procedure,
    quantity,
    read,
    why,
)

CRP = concept(LOINC, "1988-5")
CRP_READ = {"from": ["Observation"], "read": "quantity", "codes": ["LOINC|1988-5"], "units": {"mg/L": [1, 0], "mg/dL": [10, 0]}}
FEVER = concept(SNOMED, "386661006")
FEVER_READ = {"from": ["Observation"], "read": "yes_no", "codes": ["SNOMED CT|386661006"]}
CANCER_READ = {"from": ["Condition"], "read": "present", "codes": ["ICD|C50*", "ICD|Z85.9"], "when": "any"}


@pytest.mark.parametrize(("value", "unit", "expected"), [(12, "mg/L", 12), (1.2, "mg/dL", 12.0)])
def test_a_number_comes_in_the_unit_of_its_finding(value: float, unit: str, expected: float) -> None:
    found = read(declared(crp_mg_l=[CRP_READ]), observation(CRP, **quantity(value, unit)))
    assert found.findings == {"crp_mg_l": expected}
    assert (found.found[0].resource, found.found[0].on, found.found[0].code) == ("Observation/o1", "2026-11-10", "LOINC|1988-5")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (quantity(12, "g/L"), "unit is not one of those declared"),
        ({"valueQuantity": {"value": 12}}, "no unit"),
        ({"valueQuantity": {"value": "12", "code": "mg/L", "system": "http://unitsofmeasure.org"}}, "no number"),
        (quantity(12000, "mg/L"), "outside what is possible"),
        ({"valueString": "12"}, "holds no number"),
        (quantity(12, "mg/L") | {"status": "entered-in-error"}, "status"),
        (quantity(12, "mg/L") | {"status": "registered"}, "status"),
        (
            {"dataAbsentReason": concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-performed")},
            "not done",
        ),
        (quantity(12, "mg/L") | {"effectiveDateTime": "last week"}, "date cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_and_stays_unknown(more: dict[str, Any], reason: str) -> None:
    found = read(declared(crp_mg_l=[CRP_READ]), observation(CRP) | more)
    assert "crp_mg_l" not in found.findings
    assert reason in why(found, "crp_mg_l")
    assert any(m.finding == "crp_mg_l" for m in found.missing)
    assert "12" not in str([u.why + u.mend for u in found.unread])


def test_a_code_counts_only_with_its_system() -> None:
    """LOINC 2106-3 is a pregnancy test; the same digits are a race in another system."""
    program = declared(crp_mg_l=[CRP_READ])
    assert read(program, observation(concept("http://example.org/lab", "1988-5"), **quantity(12, "mg/L"))).findings == {}
    assert read(program, observation({"coding": [{"code": "1988-5"}]}, **quantity(12, "mg/L"))).findings == {}
    assert read(program, observation({"coding": [{"system": LOINC}]}, **quantity(12, "mg/L"))).findings == {}


def test_a_system_by_another_address_is_the_same_system() -> None:
    fever = concept("urn:oid:2.16.840.1.113883.6.96", "386661006")
    assert read(declared(fever=[FEVER_READ]), observation(fever, valueBoolean=True)).findings == {"fever": True}


def test_the_newest_entry_decides_and_what_is_dated_later_does_not_exist_yet() -> None:
    program = declared(crp_mg_l=[CRP_READ])
    entries = [
        observation(CRP, day, id=f"o{i}", **quantity(v, "mg/L"))
        for i, (day, v) in enumerate([("2026-11-01", 50), ("2026-11-12", 20), ("2026-11-25", 5)])
    ]
    assert read(program, *entries).findings == {"crp_mg_l": 20}
    assert read(program, *reversed(entries)).findings == {"crp_mg_l": 20}
    assert read(program, *entries, at="2026-11-30").findings == {"crp_mg_l": 5}
    assert read(program, *entries, at="2026-10-30").findings == {}


def test_the_time_of_day_decides_within_a_day() -> None:
    program = declared(crp_mg_l=[CRP_READ])
    early = observation(CRP, "2026-11-12T08:00:00+01:00", **quantity(50, "mg/L"))
    late = observation(CRP, "2026-11-12T09:00:00Z", id="o2", **quantity(20, "mg/L"))
    assert read(program, late, early).findings == {"crp_mg_l": 20}


def test_entries_of_one_time_that_disagree_leave_it_unknown() -> None:
    found = read(
        declared(fever=[FEVER_READ]), observation(FEVER, valueBoolean=True), observation(FEVER, id="o2", valueBoolean=False)
    )
    assert found.findings == {}
    assert "disagree" in why(found, "fever")


def test_an_old_value_counts_as_unknown() -> None:
    program = declared(crp_mg_l=[CRP_READ | {"max_age_days": 14.0}])
    assert read(program, observation(CRP, "2026-11-06", **quantity(9, "mg/L"))).findings == {"crp_mg_l": 9}
    old = read(program, observation(CRP, "2026-11-05", **quantity(9, "mg/L")))
    assert old.findings == {}
    assert "older than 14 days" in why(old, "crp_mg_l")
    undated = read(program, observation(CRP, None, **quantity(9, "mg/L")))
    assert undated.findings == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueBoolean": False}, False),
        ({"valueCodeableConcept": concept(SNOMED, "373066001")}, True),
        ({"valueCodeableConcept": concept(SNOMED, "373067005")}, False),
    ],
)
def test_a_no_that_the_record_says_is_a_no(value: dict[str, Any], expected: bool) -> None:
    assert read(declared(fever=[FEVER_READ]), observation(FEVER, **value)).findings == {"fever": expected}


def test_a_newer_not_known_takes_back_an_older_answer() -> None:
    absent = {"dataAbsentReason": concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "asked-unknown")}
    older = observation(FEVER, "2026-11-01", valueBoolean=False)
    found = read(declared(fever=[FEVER_READ]), older, observation(FEVER, "2026-11-10", id="o2", **absent))
    assert found.findings == {}
    assert "asked, not known" in why(found, "fever")


def test_a_component_is_read_like_an_observation() -> None:
    parts = [{"code": CRP, **quantity(7, "mg/L")}, {"code": FEVER, "valueBoolean": True}]
    found = read(declared(crp_mg_l=[CRP_READ], fever=[FEVER_READ]), observation({"text": "panel"}, component=parts))
    assert found.findings == {"crp_mg_l": 7, "fever": True}
    assert {f.element for f in found.found} == {"Observation.component[0]", "Observation.component[1]"}


def test_a_limit_is_read_as_the_number_and_says_so() -> None:
    found = read(declared(crp_mg_l=[CRP_READ]), observation(CRP, **quantity(5, "mg/L", comparator="<")))
    assert (found.found[0].value, found.found[0].note) == (5, "less than this")


# -- conditions --------------------------------------------------------------------------------------------------------


def test_a_history_once_is_enough_and_a_hierarchy_is_read_by_its_beginning() -> None:
    program = declared(cancer_history=[CANCER_READ])
    assert read(program, condition(concept(ICD, "C50.911"), "2001")).findings == {"cancer_history": True}
    assert read(program, condition(concept(ICD, "C5"), "2001")).findings == {}
    assert read(program).findings == {}


def test_refuted_is_no_only_where_the_code_means_the_whole_finding() -> None:
    program = declared(cancer_history=[CANCER_READ])
    assert read(program, condition(concept(ICD, "Z85.9"), verified="refuted")).findings == {"cancer_history": False}
    part = read(program, condition(concept(ICD, "C50.911"), verified="refuted"))
    assert part.findings == {}
    assert "does not settle" in why(part, "cancer_history")
    both = [condition(concept(ICD, "Z85.9"), verified="refuted"), condition(concept(ICD, "C50.1"), "2010", id="c2")]
    assert read(program, *both).findings == {"cancer_history": True}


@pytest.mark.parametrize("verified", ["unconfirmed", "provisional", "differential", "entered-in-error"])
def test_a_condition_that_is_not_confirmed_says_nothing(verified: str) -> None:
    found = read(declared(cancer_history=[CANCER_READ]), condition(concept(ICD, "Z85.9"), verified=verified))
    assert found.findings == {}
    assert why(found, "cancer_history")


def test_since_surgery_needs_the_day_of_the_operation() -> None:
    program = declared(
        bladder_disturbance=[{"from": ["Condition"], "read": "present", "codes": ["ICD|R33*"], "when": "since_surgery"}]
    )
    retention, operation = condition(concept(ICD, "R33.9"), "2026-05-03"), procedure(concept(CPT, "63030"))
    assert read(program, retention, operation).findings == {"bladder_disturbance": True}
    before = read(program, retention | {"onsetDateTime": "2026-04-30"}, operation)
    assert (before.findings, why(before, "bladder_disturbance")) == ({}, "it is from before the operation")
    assert "not known" in why(read(program, retention), "bladder_disturbance")
    assert "to the day" in why(read(program, retention | {"onsetDateTime": "2026-05"}, operation), "bladder_disturbance")


def test_only_what_is_active_where_that_is_asked() -> None:
    program = declared(
        active_infection=[{"from": ["Condition"], "read": "present", "codes": ["ICD|A41.9"], "clinical": "active"}]
    )
    sepsis = condition(concept(ICD, "A41.9"))
    resolved = sepsis | {"clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved")}
    assert read(program, sepsis).findings == {"active_infection": True}
    assert read(program, resolved).findings == {}
    assert read(program, sepsis | {"abatementDateTime": "2026-11-15"}).findings == {}


# -- time and people ---------------------------------------------------------------------------------------------------


def test_time_since_the_latest_operation_and_how_many() -> None:
    codes = {"from": ["Procedure"], "codes": ["CPT|63030", "CPT|63042"]}
    program = declared(
        weeks_since_surgery=[codes | {"read": "elapsed", "unit": "weeks"}], n_lumbar_operations=[codes | {"read": "count"}]
    )
    first, second = procedure(concept(CPT, "63030"), "2025-01-10"), procedure(concept(CPT, "63042"), "2026-08-28", id="x2")
    found = read(program, first, second)
    assert found.findings == {"weeks_since_surgery": 12.0, "n_lumbar_operations": 2}
    assert found.operated_on == "2026-08-28"
    assert [o.value for o in found.operations] == ["2026-08-28", "2025-01-10"]
    assert read(program, procedure(concept(CPT, "63030"), "2026-08")).findings == {}
    assert read(program, procedure(concept(CPT, "63030"), status="not-done")).findings == {}


def test_age_and_sex() -> None:
    program = declared(
        age_years=[{"from": ["Patient"], "read": "elapsed", "path": "birthDate", "unit": "years"}],
        sex=[{"from": ["Patient"], "read": "state", "path": "gender", "states": {"female": ["female"], "male": ["male"]}}],
    )
    assert read(program).findings == {"age_years": 45, "sex": "female"}
    assert read(program, at="2026-11-21").findings["age_years"] == 46
    unsure = read_record(program, record_of(patient(gender="unknown", birthDate="1980")), at="2026-11-20")
    assert unsure.findings == {}
    assert why(unsure, "sex")
    assert why(unsure, "age_years")


def test_no_known_allergy_is_a_no_and_an_allergy_a_yes() -> None:
    program = declared(
        gadolinium_reaction=[{"from": ["AllergyIntolerance"], "read": "present", "codes": ["SNOMED CT|105879004"]}]
    )
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "recordedDate": "2020-01-01",
    }
    assert read(program, allergy | {"code": concept(SNOMED, "716186003")}).findings == {"gadolinium_reaction": False}
    assert read(program, allergy | {"code": concept(SNOMED, "105879004")}).findings == {"gadolinium_reaction": True}
    assert read(program).findings == {}


def test_a_document_is_pointed_to_and_gives_no_value() -> None:
    program = declared(
        operative_report_reviewed=[
            {
                "from": ["DocumentReference"],
                "read": "document",
                "codes": ["LOINC|11504-8"],
                "say": "The operative report is there to be read.",
            }
        ]
    )
    note = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "type": concept(LOINC, "11504-8"),
        "date": "2026-05-01T10:00:00Z",
        "subject": {"reference": "Patient/p1"},
    }
    found = read(program, note)
    assert found.findings == {}
    assert [(p.finding, p.resource, p.on) for p in found.points] == [
        ("operative_report_reviewed", "DocumentReference/d1", "2026-05-01")
    ]


def test_an_empty_record_knows_nothing_and_says_what_was_looked_for() -> None:
    program = load_program()
    found = read_record(program, record_of(bundle(kind="searchset")), at="2026-11-20")
    assert found.findings == {}
    assert {m.finding for m in found.missing} == set(program.book["findings"])
    assert assess(found.case(), program=program)["urgency"] == assess({}, program=program)["urgency"]


def test_of_several_lower_bounds_the_highest_holds() -> None:
    """A revision is at least the second operation; three days of operations are at least three."""
    count = {"from": ["Procedure"], "read": "count", "codes": ["CPT|63030", "CPT|63042"]}
    revision = {"from": ["Procedure"], "read": "present", "gives": 2, "codes": ["CPT|63042"]}
    program = declared(n_lumbar_operations=[revision, count])
    again = procedure(concept(CPT, "63042"), "2026-08-28")
    assert read(program, again).findings == {"n_lumbar_operations": 2}
    earlier = [procedure(concept(CPT, "63030"), f"200{i}-01-10", id=f"x{i}") for i in range(2, 4)]
    found = read(program, again, *earlier)
    assert found.findings == {"n_lumbar_operations": 3}
    assert "at least" in found.found[0].note


def test_a_newer_entry_that_nobody_understands_takes_an_older_one_away() -> None:
    program = declared(crp_mg_l=[CRP_READ])
    older, newer = observation(CRP, "2026-11-01", **quantity(9, "mg/L")), observation(CRP, id="o2", **quantity(120, "furlong"))
    found = read(program, older, newer)
    assert found.findings == {}
    assert "unit" in why(found, "crp_mg_l")
    assert read(program, observation(CRP, "2026-11-12", id="o3", **quantity(7, "mg/L")), newer).findings == {"crp_mg_l": 7}


def test_a_refuted_event_is_no_event() -> None:
    program = declared(recent_mi_weeks=[{"from": ["Condition"], "read": "elapsed", "codes": ["ICD|I21.9"], "unit": "weeks"}])
    infarction = condition(concept(ICD, "I21.9"), "2026-11-06")
    assert read(program, infarction).findings == {"recent_mi_weeks": 2.0}
    assert read(program, condition(concept(ICD, "I21.9"), "2026-11-06", verified="refuted")).findings == {}


def test_a_score_from_a_limit_on_is_a_yes() -> None:
    phq2 = {"from": ["Observation"], "read": "at_least", "codes": ["LOINC|55758-7"], "units": {"1": [1, 0]}, "at_least": 3.0}
    program = declared(depression_positive_screen=[phq2])
    for score, expected in ((2, False), (3, True), (6, True)):
        answer = observation(concept(LOINC, "55758-7"), valueInteger=score)
        assert read(program, answer).findings == {"depression_positive_screen": expected}
