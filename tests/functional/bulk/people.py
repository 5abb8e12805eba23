"""Random people for a bulk export: entries of every declaration of the knowledge base, whole, odd and beside the point."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from afterdisc.program import Program

AT = "2026-11-20"
STATUS = {
    "Observation": ["final", "amended", "cancelled", "entered-in-error"],
    "Procedure": ["completed", "in-progress", "entered-in-error"],
    "DiagnosticReport": ["final", "registered"],
    "ServiceRequest": ["completed", "active"],
    "MedicationRequest": ["active", "stopped"],
    "MedicationStatement": ["active", "completed"],
    "DocumentReference": ["current", "superseded"],
}
DATED = {
    "Observation": "effectiveDateTime",
    "Condition": "onsetDateTime",
    "Procedure": "performedDateTime",
    "DiagnosticReport": "effectiveDateTime",
    "ServiceRequest": "occurrenceDateTime",
    "MedicationRequest": "authoredOn",
    "MedicationStatement": "effectiveDateTime",
    "AllergyIntolerance": "recordedDate",
    "DocumentReference": "date",
}
CONCEPT = {"Device": "type", "DocumentReference": "type"}
PERSON = {"AllergyIntolerance": "patient", "Device": "patient"}


class Maker:
    """Draws entries of one person after another; the same seed draws the same."""

    def __init__(self, program: Program, seed: int) -> None:
        self.program, self.draw = program, random.Random(seed)
        self.fhir: Mapping[str, Any] = program.book["fhir"]
        self.declared = [(f, d) for f, listed in self.fhir["readings"].items() for d in listed]
        self.n = 0

    def person(self, name: str, n_entries: int) -> list[dict[str, Any]]:
        """A Patient, an index operation for most, and entries by declarations drawn at random."""
        gender = self.draw.choice(["female", "male"])
        out: list[dict[str, Any]] = [{"resourceType": "Patient", "id": name, "gender": gender, "birthDate": "1970-03-04"}]
        if self.draw.random() < 0.8:
            code = self.draw.choice(self.fhir["index_operation"]["codes"])
            out.append(self.coded("Procedure", code, name, {"status": "completed"}))
        for _ in range(n_entries):
            finding, d = self.draw.choice(self.declared)
            out += self.entry(finding, d, name)
        out.append(self.coded("Observation", "LOINC|99999-9", name, {"valueString": "beside the point"}))
        return out

    def entry(self, finding: str, d: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        kind = self.draw.choice(d["from"])
        if d["read"] in ("medicines", "doses", "taken"):
            return [self.medicine(kind, name)]
        if not d["codes"]:
            return []
        more = self.value(finding, d)
        if kind == "Observation" and self.draw.random() < 0.2:
            part = {"code": self.concept(self.draw.choice(d["codes"]))} | more
            return [self.coded("Observation", "LOINC|88888-8", name, {"component": [part]})]
        if self.draw.random() < 0.1:
            return [self.own(finding, name)]
        return [self.coded(kind, self.draw.choice(d["codes"]), name, more)]

    def value(self, finding: str, d: Mapping[str, Any]) -> dict[str, Any]:
        if d["read"] in ("quantity", "at_least"):
            unit = self.draw.choice([*d["units"], "furlong"])
            amount = self.draw.choice([1, 2.5, 40, 300])
            return {"valueQuantity": {"value": amount, "code": unit, "system": "http://unitsofmeasure.org"}}
        if d["read"] == "state" and d["states"]:
            codes = self.draw.choice(list(d["states"].values()))
            return {"valueCodeableConcept": self.concept(self.draw.choice(codes))} if codes else {}
        if d["read"] == "yes_no":
            return {"valueBoolean": self.draw.random() < 0.5}
        verified = self.draw.choice(["confirmed", "refuted", "entered-in-error", "provisional"])
        return {"verificationStatus": {"coding": [{"system": "x", "code": verified}]}} if self.draw.random() < 0.5 else {}

    def medicine(self, kind: str, name: str) -> dict[str, Any]:
        ingredient = self.draw.choice(list(self.fhir["ingredients"]))
        codes = self.fhir["ingredients"][ingredient]
        is_coded = codes and self.draw.random() < 0.7
        concept = self.concept(self.draw.choice(codes)) if is_coded else {"text": f"{ingredient} 100 mg"}
        dosage = {
            "timing": {"repeat": {"frequency": self.draw.choice([1, 3]), "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": 100, "code": "mg"}}],
        }
        key = "dosage" if kind == "MedicationStatement" else "dosageInstruction"
        return self.made(kind, name, {"medicationCodeableConcept": concept, "intent": "order", key: [dosage]})

    def own(self, finding: str, name: str) -> dict[str, Any]:
        """In our own code, for a finding of whatever kind; often with a value it cannot have."""
        code = {"coding": [{"system": f"{self.fhir['canonical']}/CodeSystem/finding", "code": finding}]}
        value = self.draw.choice([{"valueBoolean": True}, {"valueInteger": 3}, {"valueString": "none"}])
        return self.made("Observation", name, {"code": code} | value)

    def coded(self, kind: str, code: str, name: str, more: Mapping[str, Any]) -> dict[str, Any]:
        return self.made(kind, name, {CONCEPT.get(kind, "code"): self.concept(code)} | dict(more))

    def concept(self, written: str) -> dict[str, Any]:
        system, _, code = written.partition("|")
        address = self.draw.choice(self.fhir["systems"][system])
        return {"coding": [{"system": address, "code": code.replace("*", "1")}]}

    def made(self, kind: str, name: str, more: Mapping[str, Any]) -> dict[str, Any]:
        self.n += 1
        person = {"reference": f"Patient/{name}"}
        out: dict[str, Any] = {"resourceType": kind, "id": f"e{self.n}", PERSON.get(kind, "subject"): person}
        if kind in STATUS:
            weights = [8] + [1] * (len(STATUS[kind]) - 1)
            out["status"] = self.draw.choices(STATUS[kind], weights)[0]
        if kind in DATED and self.draw.random() < 0.95:
            out[DATED[kind]] = self.when()
        return out | dict(more)

    def when(self) -> str:
        day = (date(2026, 11, 25) - timedelta(days=self.draw.choice([0, 3, 8, 12, 40, 200, 600]))).isoformat()
        return self.draw.choice([day, day, day + "T10:00:00Z", day + "T10:00:00+02:00", day[:7], day[:4], "last spring"])


def export(people: Mapping[str, list[dict[str, Any]]], folder: Path, seed: int) -> None:
    """Files as a bulk export lays them out: by type, some packed, the entries of all people mixed; one file of all types."""
    draw, lines = random.Random(seed), {}
    for resources in people.values():
        for resource in resources:
            name = resource["resourceType"] if draw.random() < 0.8 else "Mixed"
            lines.setdefault(name, []).append(json.dumps(resource))
    folder.mkdir()
    for n, (name, listed) in enumerate(sorted(lines.items())):
        draw.shuffle(listed)
        data = ("\n".join(listed) + "\n").encode()
        is_packed = n % 3 == 0
        file = folder / (f"{name}.ndjson.gz" if is_packed else f"{name}.ndjson")
        file.write_bytes(gzip.compress(data) if is_packed else data)
