"""resources_of: synthetic people as FHIR R4 resources, such that reading them gives back the same findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from afterdisc.fhir.read.codes import lookup_of
from afterdisc.program import Program
from afterdisc.registry.columns import RECORD_COLUMNS


def resources_of(program: Program, findings: Any) -> Iterator[dict[str, Any]]:
    """A Patient, the index operation, and one Observation in our own code a finding and visit.

    Age and the time since the operation are not written: they are reckoned from the days.
    """
    fhir = program.book["fhir"]
    system, code = next((s, c) for kind, s, c in sorted(lookup_of(program).index.exact) if kind == "Procedure")
    operation = {"system": system, "code": code}
    texts = program.book["findings"]
    reckoned = {"age_years", program.columns[program.time_column].name}
    rows, seen = findings.to_pylist(), ""
    latest = {row["id"]: row for row in rows}  # the last visit of each person tells the most
    for n, row in enumerate(rows):
        person, day = {"reference": f"Patient/{row['id']}"}, row["visit_date"]
        if row["id"] != seen:
            seen = row["id"]
            yield _patient(latest[seen])
            yield {
                "resourceType": "Procedure",
                "id": f"{row['id']}-op",
                "status": "completed",
                "code": {"coding": [operation]},
                "subject": person,
                "performedDateTime": row["index_operation_date"].isoformat(),
            }
        for name, value in row.items():
            if value is None or name == "id" or name in RECORD_COLUMNS or name in reckoned or name == "sex":
                continue
            yield {
                "resourceType": "Observation",
                "id": f"{row['id']}-{n % 1000}-{name.replace('_', '-')}"[:64],
                "status": "final",
                "code": {"coding": [{"system": f"{fhir['canonical']}/CodeSystem/finding", "code": name}]},
                "subject": person,
                "effectiveDateTime": day.isoformat(),
                **_value(fhir["canonical"], texts[name], value),
            }


def _patient(row: dict[str, Any]) -> dict[str, Any]:
    out = {"resourceType": "Patient", "id": row["id"]}
    if row.get("age_years") is not None:
        out["birthDate"] = _born(row["visit_date"], int(row["age_years"])).isoformat()
    if row.get("sex") is not None:
        out["gender"] = row["sex"]
    if row.get("death_date") is not None:
        out["deceasedDateTime"] = row["death_date"].isoformat()
    return out


def _born(day: date, age: int) -> date:
    """The day in that year, so that the age is reached on the day of the visit."""
    return date(day.year - age, day.month, min(day.day, 28))


def _value(canonical: str, text: dict[str, Any], value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, float):
        return {"valueQuantity": {"value": int(value) if value == int(value) else value}}
    return {"valueCodeableConcept": {"coding": [{"system": f"{canonical}/CodeSystem/state", "code": value}]}}


