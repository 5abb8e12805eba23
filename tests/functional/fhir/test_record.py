"""One person's resources out of a Bundle: whose they are, which version they are, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from afterdisc.errors import UnreadableRecord
from afterdisc.fhir import read_record, record_of
from functional.fhir.records import ICD, bundle, concept, condition, declared, patient, procedure, read

CANCER = [{"from": ["Condition"], "read": "present", "codes": ["ICD|Z85.9"], "when": "any"}]


def test_other_peoples_resources_are_left_out_and_named() -> None:
    other = condition(concept(ICD, "Z85.9"), subject={"reference": "Patient/p2"})
    found = read(declared(cancer_history=CANCER), other)
    assert found.findings == {}
    assert found.foreign == ("Condition/c1",)


def test_several_people_need_a_word_on_who_is_meant() -> None:
    two = bundle(patient(), patient(id="p2"), condition(concept(ICD, "Z85.9"), subject={"reference": "Patient/p2"}))
    with pytest.raises(UnreadableRecord, match="several people"):
        record_of(two)
    program = declared(cancer_history=CANCER)
    assert read_record(program, record_of(two, patient="p2"), at="2026-11-20").findings == {"cancer_history": True}
    assert read_record(program, record_of(two, patient="Patient/p1"), at="2026-11-20").findings == {}
    with pytest.raises(UnreadableRecord, match="no Patient of that id"):
        record_of(two, patient="p3")
    without = bundle(
        condition(concept(ICD, "Z85.9")), condition(concept(ICD, "Z85.9"), subject={"reference": "Patient/p2"}, id="c2")
    )
    with pytest.raises(UnreadableRecord, match="several people"):
        record_of(without)


def test_addresses_as_a_transaction_writes_them() -> None:
    """Synthea and others refer to the person by `urn:uuid:`."""
    entries = [
        {"fullUrl": "urn:uuid:aa", "resource": patient(id="aa")},
        {"fullUrl": "urn:uuid:bb", "resource": condition(concept(ICD, "Z85.9"), subject={"reference": "urn:uuid:aa"})},
    ]
    record = record_of({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert read_record(declared(cancer_history=CANCER), record, at="2026-11-20").findings == {"cancer_history": True}


def test_addresses_of_a_server_and_versions_of_a_resource() -> None:
    full = condition(concept(ICD, "Z85.9"), subject={"reference": "https://ehr.example/fhir/Patient/p1/_history/3"})
    assert read(declared(cancer_history=CANCER), full).findings == {"cancer_history": True}


def test_lists_of_bundles_and_failed_searches() -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "processing"}]}
    record = record_of([patient(), bundle(condition(concept(ICD, "Z85.9")), remark, kind="searchset"), bundle(failed)])
    assert record.failed == 1
    assert read_record(declared(cancer_history=CANCER), record, at="2026-11-20").findings == {"cancer_history": True}


@pytest.mark.parametrize(
    ("data", "element"),
    [
        (7, "Bundle"),
        ("Bundle", "Bundle"),
        ({"resourceType": "Bundle", "entry": {}}, "Bundle.entry"),
        ({"resourceType": "Bundle", "entry": [3]}, "Bundle.entry[0]"),
        ({"resourceType": "Bundle", "entry": [{"resource": []}, {"resource": {}}]}, "Bundle.entry[1].resource.resourceType"),
        ({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": 3}}]}, "Bundle.entry[0].resource.resourceType"),
        (
            {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": 4}}]},
            "Bundle.entry[0].resource.id",
        ),
        ({"resourceType": "Condition", "clinicalStatus": "active"}, "Condition.clinicalStatus"),
        ({"resourceType": "MedicationRequest", "medication": {"concept": {}}}, "MedicationRequest.medication"),
        ({"resourceType": "Procedure", "notDone": True}, "Procedure.notDone"),
        ({"resourceType": "Procedure", "occurrenceDateTime": "2026"}, "Procedure.occurrenceDateTime"),
    ],
)
def test_what_is_no_r4_is_refused_with_its_place(data: Any, element: str) -> None:
    with pytest.raises(UnreadableRecord) as refused:
        record_of(data)
    assert refused.value.element == element


def test_shapes_that_no_resource_has_do_no_harm() -> None:
    """A resource whose elements are of other kinds is passed over, and nothing is invented from it."""
    broken: list[dict[str, Any]] = [
        condition({"coding": "Z85.9"}),
        condition({"coding": [3, {"system": 1, "code": []}]}, id="c2"),
        condition(concept(ICD, "Z85.9"), id="c3", onsetDateTime={"a": 1}),
        procedure([concept(ICD, "Z85.9")], id="x2", performedPeriod="2020"),  # type: ignore[arg-type]
        {"resourceType": "Observation", "id": "o9", "status": ["final"], "code": None, "component": [None, {"code": 3}]},
    ]
    for resource in broken:
        found = read(declared(cancer_history=CANCER), resource)
        assert found.findings == {}, resource["id"]
