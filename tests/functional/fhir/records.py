"""Small records for tests, and a program whose declarations a test writes itself."""

from __future__ import annotations

import dataclasses
from typing import Any

from afterdisc.door import load_program
from afterdisc.fhir import Reading, read_record, record_of
from afterdisc.program import Program

LOINC, SNOMED, ICD = "http://loinc.org", "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM, CPT, UCUM = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.ama-assn.org/go/cpt", "http://unitsofmeasure.org"
AT = "2026-11-20"
NOTHING = {
    "codes": [],
    "at_least": None,
    "units": {},
    "states": {},
    "path": "",
    "gives": True,
    "denies": None,
    "clinical": "any",
    "within_days": None,
    "unit": "",
    "when": "latest",
    "max_age_days": None,
    "say": "",
}


def declared(**readings: list[dict[str, Any]]) -> Program:
    """The installed program with these declarations and no others."""
    program = load_program()
    fhir = program.book["fhir"] | {
        "systems": {
            "LOINC": [LOINC],
            "SNOMED CT": [SNOMED, "urn:oid:2.16.840.1.113883.6.96"],
            "ICD": [ICD],
            "RxNorm": [RXNORM],
            "CPT": [CPT],
        },
        "yes": ["SNOMED CT|373066001"],
        "no": ["SNOMED CT|373067005"],
        "no_known_allergy": ["SNOMED CT|716186003"],
        "index_operation": {"codes": ["CPT|63030", "CPT|63042"]},
        "readings": {f: [NOTHING | d for d in readings.get(f, [])] for f in program.book["findings"]},
        "ingredients": {"gabapentin": ["RxNorm|25480"], "warfarin": ["RxNorm|11289"]},
        "brands": {"voltaren": "diclofenac"},
    }
    return dataclasses.replace(program, book={**program.book, "fhir": fhir})


def concept(system: str, code: str, display: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-11-21"} | more


def observation(code: dict[str, Any], on: str | None = "2026-11-10", **more: Any) -> dict[str, Any]:
    dated = {"effectiveDateTime": on} if on else {}
    return (
        {"resourceType": "Observation", "id": "o1", "status": "final", "code": code, "subject": {"reference": "Patient/p1"}}
        | dated
        | more
    )


def quantity(value: Any, unit: str, **more: Any) -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit} | more}


def condition(
    code: dict[str, Any], on: str | None = "2026-11-10", *, verified: str = "confirmed", **more: Any
) -> dict[str, Any]:
    status = concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", verified)
    dated = {"onsetDateTime": on} if on else {}
    return (
        {
            "resourceType": "Condition",
            "id": "c1",
            "verificationStatus": status,
            "code": code,
            "subject": {"reference": "Patient/p1"},
        }
        | dated
        | more
    )


def procedure(code: dict[str, Any], on: str | None = "2026-05-01", **more: Any) -> dict[str, Any]:
    dated = {"performedDateTime": on} if on else {}
    return (
        {"resourceType": "Procedure", "id": "x1", "status": "completed", "code": code, "subject": {"reference": "Patient/p1"}}
        | dated
        | more
    )


def request(medication: dict[str, Any], on: str = "2026-10-01", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "authoredOn": on,
        "medicationCodeableConcept": medication,
        "subject": {"reference": "Patient/p1"},
    } | more


def bundle(*resources: dict[str, Any], kind: str = "collection") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": r} for r in resources]}


def read(program: Program, *resources: dict[str, Any], at: str = AT) -> Reading:
    return read_record(program, record_of(bundle(patient(), *resources)), at=at)


def why(reading: Reading, finding: str) -> str:
    return "; ".join(u.why for u in reading.unread if u.finding == finding)
