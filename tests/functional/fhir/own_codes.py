"""Findings as a record in our own codes: what any case looks like to those who read FHIR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.program import Program
from functional.fhir.records import bundle, concept, observation


def record_with(program: Program, findings: Mapping[str, Any], on: str = "2026-11-10") -> dict[str, Any]:
    """A Bundle with the person `Patient/p1` and one Observation a finding."""
    listed = [(f, v) for f, v in findings.items() if v is not None]
    return bundle(patient_alone(), *(_observed(program, f, v, f"f{i}", on) for i, (f, v) in enumerate(listed)))


def patient_alone() -> dict[str, Any]:
    """Nothing but an id, so that no finding is read from it."""
    return {"resourceType": "Patient", "id": "p1"}


def _observed(program: Program, finding: str, value: Any, own: str, on: str) -> dict[str, Any]:
    canonical, text = program.book["fhir"]["canonical"], program.book["findings"][finding]
    code = concept(f"{canonical}/CodeSystem/finding", finding)
    return observation(code, on, id=own, **_value(canonical, text, value))


def _value(canonical: str, text: Mapping[str, Any], value: Any) -> dict[str, Any]:
    system = f"{canonical}/CodeSystem/ingredient"
    match text["kind"]:
        case "bool":
            return {"valueBoolean": value}
        case "number" | "count":
            return {"valueQuantity": {"value": value}}
        case "set" if value:
            return {"component": [{"code": concept(system, name), "valueBoolean": True} for name in value]}
        case "map" if value:
            return {"component": [{"code": concept(system, n), **_amount(amount)} for n, amount in value.items()]}
        case "set" | "map":
            return {"valueBoolean": False}
    return {"valueCodeableConcept": concept(f"{canonical}/CodeSystem/state", value)}


def _amount(amount: float | None) -> dict[str, Any]:
    if amount is None:
        return {"dataAbsentReason": concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown")}
    return {"valueQuantity": {"value": amount}}
