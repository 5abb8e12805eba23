"""What a body may be: strict JSON, within bounds, FHIR R4, without circles; and what each refusal says."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from afterdisc.errors import UnreadableRecord
from afterdisc.fhir.shape import MOST_ENTRIES, refuse_other_shapes
from afterdisc.fhir.strict import MOST_BYTES, MOST_DEPTH, MOST_VALUES, read_json
from functional.fhir.records import bundle, patient, procedure


def refused(raw: bytes) -> UnreadableRecord:
    with pytest.raises(UnreadableRecord) as caught:
        read_json(raw)
    return caught.value


# ---------------------------------------------------------------------------------------------------------- strict JSON


@pytest.mark.parametrize(
    ("raw", "says", "rule"),
    [
        (b"", "not JSON at line 1, column 1", "invalid"),
        (b"{", "not JSON", "invalid"),
        (b'{"a": 1,}', "not JSON at line 1", "invalid"),
        (b"{'a': 1}", "not JSON", "invalid"),
        (b'{"a": 1} {"b": 2}', "not JSON at line 1, column 10", "invalid"),
        (b"\n\n<Bundle/>", "line 3, column 1", "invalid"),
        (b'{"a": 01}', "not JSON", "invalid"),
        (b'{"a": "\t"}', "not JSON", "invalid"),
        (b"[]", "one JSON object", "structure"),
        (b"7", "one JSON object", "structure"),
        (b"null", "one JSON object", "structure"),
        (b'"text"', "one JSON object", "structure"),
        (b"\xff\xfe{\x00}\x00", "UTF-8", "structure"),
        (b'{"a": "\xed\xa0\x80"}', "UTF-8", "structure"),
        (b'{"a": 1, "a": 1}', "`a` stands twice", "structure"),
        (b'{"a": {"id": 1, "b": 2, "id": 3}}', "`id` stands twice", "structure"),
        (b'{"a": NaN}', "NaN is no JSON number", "structure"),
        (b'{"a": [-Infinity]}', "-Infinity is no JSON number", "structure"),
        (b'{"a": 1e999}', "beyond what a double holds", "structure"),
        (b'{"a": ' + b"9" * 5000 + b"}", "more digits", "structure"),
        (b'{"a": "\\ud800"}', "half of a character", "structure"),
        (b'{"a": [{"\\uDC00b": 1}]}', "half of a character", "structure"),
        (b'{"a": "\\ude00\\ud83d"}', "half of a character", "structure"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_its_reason(raw: bytes, says: str, rule: str) -> None:
    error = refused(raw)
    assert says in str(error)
    assert (error.rule, error.element) == (rule, "body")


def test_whole_characters_beyond_the_basic_plane_are_read() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": "\\ud83d\\ude00 \xf0\x9f\x98\x80"}') == {"a": "😀 😀"}


def test_what_looks_like_a_name_of_a_person_is_not_repeated() -> None:
    error = refused('{"Müller, Anna": 1, "Müller, Anna": 2}'.encode())
    assert "Anna" not in str(error)
    assert "a property stands twice" in str(error)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'], ids=["lists", "objects", "both"])
@pytest.mark.parametrize("times", [MOST_DEPTH + 1, 500, 5_000, 300_000])
def test_depth_has_a_bound(opening: bytes, times: int) -> None:
    closing = {b"[": b"]", b'{"a":': b"}", b'[{"a":': b"}]"}[opening]
    began = time.perf_counter()
    for raw in (opening * times, b'{"x":' + opening * times + b"1" + closing * times + b"}"):
        assert refused(raw).rule in ("too-costly", "invalid")
    assert time.perf_counter() - began < 5


def test_depth_within_the_bound_is_read() -> None:
    n = MOST_DEPTH - 1
    assert read_json(b'{"a":' + b"[" * n + b"]" * n + b"}")


def test_size_and_number_of_values_have_a_bound() -> None:
    assert refused(b" " * (MOST_BYTES + 1)).rule == "too-long"
    assert refused(b'{"a":[' + b"{}," * MOST_VALUES + b"1]}").rule == "too-costly"
    assert read_json(b'{"a":"' + b"x" * 1_000_000 + b'"}')


# ------------------------------------------------------------------------------------------------------ FHIR R4 or not


def entry(resource: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}


ENTRY = "Bundle.entry[0].resource"


@pytest.mark.parametrize(
    ("data", "element", "rule"),
    [
        ({}, "body.resourceType", "required"),
        ({"resourceType": None}, "body.resourceType", "not-supported"),
        ({"resourceType": "Bundel"}, "body.resourceType", "not-supported"),
        ({"resourceType": ["Bundle"]}, "body.resourceType", "not-supported"),
        ({"resourceType": "Bundle", "entry": {}}, "Bundle.entry", "structure"),
        ({"resourceType": "Bundle", "entry": None}, "Bundle.entry", "structure"),
        ({"resourceType": "Bundle", "entry": [7]}, "Bundle.entry[0]", "structure"),
        ({"resourceType": "Bundle", "entry": [{"fullUrl": 7}]}, "Bundle.entry[0].fullUrl", "value"),
        ({"resourceType": "Bundle", "entry": [{}, {"resource": None}]}, "Bundle.entry[1].resource", "structure"),
        (entry({}), f"{ENTRY}.resourceType", "required"),
        (entry({"resourceType": "ProcedureRequest"}), f"{ENTRY}.resourceType", "not-supported"),  # STU3
        (entry({"resourceType": "MedicationOrder"}), f"{ENTRY}.resourceType", "not-supported"),  # DSTU2
        (entry({"resourceType": "DeviceUsage"}), f"{ENTRY}.resourceType", "not-supported"),  # R5
        (entry({"resourceType": "SubscriptionTopic"}), f"{ENTRY}.resourceType", "not-supported"),  # R4B
        (entry({"resourceType": "Patient", "id": "a b"}), f"{ENTRY}.id", "value"),
        (entry({"resourceType": "Observation", "id": ""}), f"{ENTRY}.id", "value"),
        (entry({"resourceType": "Observation", "id": 7}), f"{ENTRY}.id", "value"),
        (entry({"resourceType": "Observation", "id": "x" * 65}), f"{ENTRY}.id", "value"),
        (entry({"resourceType": "Patient", "contained": {}}), f"{ENTRY}.contained", "structure"),
        (entry({"resourceType": "Patient", "contained": [1]}), f"{ENTRY}.contained[0]", "structure"),
        ({"resourceType": "Parameters", "parameter": [None]}, "Parameters.parameter[0]", "structure"),
        (
            {"resourceType": "Parameters", "parameter": [{"part": [{"resource": {"resourceType": "X"}}]}]},
            "Parameters.parameter[0].part[0].resource.resourceType",
            "not-supported",
        ),
        # declared to be another version
        ({"resourceType": "Bundle", "fhirVersion": "5.0.0"}, "Bundle.fhirVersion", "version"),
        (entry({"resourceType": "StructureDefinition", "fhirVersion": "4.3.0"}), f"{ENTRY}.fhirVersion", "version"),
        (entry({"resourceType": "StructureDefinition", "fhirVersion": 4}), f"{ENTRY}.fhirVersion", "version"),
        (
            entry({"resourceType": "Patient", "meta": {"profile": ["http://hl7.org/fhir/5.0/StructureDefinition/Patient"]}}),
            f"{ENTRY}.meta.profile[0]",
            "version",
        ),
        (
            entry({"resourceType": "Patient", "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/Patient|3.0.2"]}}),
            f"{ENTRY}.meta.profile[0]",
            "version",
        ),
        (entry({"resourceType": "Patient", "meta": {"fhirVersion": "3.0.2"}}), f"{ENTRY}.meta.fhirVersion", "version"),
        (entry({"resourceType": "Patient", "meta": 7}), f"{ENTRY}.meta", "structure"),
        # shaped as another version
        (entry({"resourceType": "Condition", "clinicalStatus": "active"}), f"{ENTRY}.clinicalStatus", "version"),
        (entry({"resourceType": "AllergyIntolerance", "type": {"coding": []}}), f"{ENTRY}.type", "version"),
        (entry({"resourceType": "AllergyIntolerance", "clinicalStatus": "active"}), f"{ENTRY}.clinicalStatus", "version"),
        (entry({"resourceType": "MedicationRequest", "medication": {"concept": {}}}), f"{ENTRY}.medication", "version"),
        (entry({"resourceType": "MedicationStatement", "taken": "y"}), f"{ENTRY}.taken", "version"),
        (entry({"resourceType": "MedicationStatement", "wasNotTaken": True}), f"{ENTRY}.wasNotTaken", "version"),
        (entry({"resourceType": "Observation", "context": {}}), f"{ENTRY}.context", "version"),
        (entry({"resourceType": "Observation", "triggeredBy": []}), f"{ENTRY}.triggeredBy", "version"),
        (entry({"resourceType": "Procedure", "occurrenceDateTime": "2026"}), f"{ENTRY}.occurrenceDateTime", "version"),
        (entry({"resourceType": "Procedure", "notDone": True}), f"{ENTRY}.notDone", "version"),
        (entry({"resourceType": "ServiceRequest", "code": {"concept": {}}}), f"{ENTRY}.code", "version"),
        (entry({"resourceType": "DocumentReference", "indexed": "2020"}), f"{ENTRY}.indexed", "version"),
        (entry({"resourceType": "DocumentReference", "context": [{}]}), f"{ENTRY}.context", "version"),
        (entry({"resourceType": "Encounter", "class": [{}]}), f"{ENTRY}.class", "version"),
        (entry({"resourceType": "Device", "udi": {}}), f"{ENTRY}.udi", "version"),
    ],
)
def test_what_is_no_r4_is_refused_with_element_and_rule(data: Any, element: str, rule: str) -> None:
    with pytest.raises(UnreadableRecord) as caught:
        refuse_other_shapes(data)
    assert (caught.value.element, caught.value.rule) == (element, rule)


def test_r4_and_its_profiles_are_taken() -> None:
    profiles = [
        "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient|6.1.0",
        "http://hl7.org/fhir/StructureDefinition/Patient|4.0.1",
        "http://hl7.org/fhir/4.0/StructureDefinition/Patient",
    ]
    refuse_other_shapes(entry(patient(meta={"profile": profiles})))
    refuse_other_shapes(entry({"resourceType": "StructureDefinition", "fhirVersion": "4.0.1"}))


def test_a_bundle_of_too_many_is_refused() -> None:
    many = bundle(*({"resourceType": "Basic"} for _ in range(MOST_ENTRIES + 1)))
    with pytest.raises(UnreadableRecord) as caught:
        refuse_other_shapes(many)
    assert caught.value.rule == "too-costly"


# -------------------------------------------------------------------------------------------------- round and round


def part_of(own: str, whole: str) -> dict[str, Any]:
    return procedure({"text": "step"}, id=own, partOf=[{"reference": whole}])


@pytest.mark.parametrize(
    "resources",
    [
        [part_of("a", "Procedure/a")],
        [part_of("a", "Procedure/b"), part_of("b", "Procedure/a")],
        [part_of("a", "Procedure/b"), part_of("b", "Procedure/c"), part_of("c", "Procedure/a"), part_of("d", "Procedure/a")],
    ],
    ids=["itself", "two", "three"],
)
def test_parts_of_themselves_are_refused(resources: list[dict[str, Any]]) -> None:
    with pytest.raises(UnreadableRecord, match="part of itself") as caught:
        refuse_other_shapes(bundle(*resources))
    assert caught.value.element.startswith("Bundle.entry[")
    assert caught.value.rule == "invariant"


def test_a_circle_by_full_addresses_is_seen() -> None:
    entries = [
        {"fullUrl": "urn:uuid:a", "resource": {"resourceType": "Observation", "hasMember": [{"reference": "urn:uuid:b"}]}},
        {"fullUrl": "urn:uuid:b", "resource": {"resourceType": "Observation", "derivedFrom": [{"reference": "urn:uuid:a"}]}},
    ]
    with pytest.raises(UnreadableRecord, match="part of itself"):
        refuse_other_shapes({"resourceType": "Bundle", "entry": entries})


def test_references_to_each_other_that_make_no_parts_are_taken() -> None:
    """An encounter names its diagnosis, and the diagnosis its encounter: every record does."""
    encounter = {
        "resourceType": "Encounter",
        "id": "e",
        "diagnosis": [{"condition": {"reference": "Condition/c"}}],
        "class": {"code": "AMB"},
    }
    condition = {"resourceType": "Condition", "id": "c", "encounter": {"reference": "Encounter/e"}}
    refuse_other_shapes(bundle(encounter, condition, *(part_of(f"p{i}", f"Procedure/p{i + 1}") for i in range(2_000))))


def test_contained_resources_contain_nothing_and_go_in_no_circle() -> None:
    inner = {"resourceType": "Medication", "id": "m"}
    nested = {**inner, "contained": [inner]}
    with pytest.raises(UnreadableRecord, match="dom-2") as caught:
        refuse_other_shapes(entry(patient(contained=[nested])))
    assert caught.value.element == f"{ENTRY}.contained[0].contained"
    round_trip = [
        {"resourceType": "Procedure", "id": "a", "reasonReference": [{"reference": "#b"}]},
        {"resourceType": "Condition", "id": "b", "evidence": [{"detail": [{"reference": "#a"}]}]},
    ]
    with pytest.raises(UnreadableRecord, match="circle"):
        refuse_other_shapes(entry(patient(contained=round_trip)))
    straight = [round_trip[0], {"resourceType": "Condition", "id": "b", "subject": {"reference": "#"}}]
    refuse_other_shapes(entry(patient(contained=straight)))


def test_a_long_chain_takes_no_longer_than_its_length() -> None:
    chain = [part_of(f"p{i}", f"Procedure/p{i + 1}") for i in range(15_000)]
    began = time.perf_counter()
    refuse_other_shapes(json.loads(json.dumps(bundle(*chain))))
    assert time.perf_counter() - began < 3
