"""One made-up person's record: a discectomy twelve weeks ago, pain again, a few results and medicines, and gaps."""

from __future__ import annotations

from typing import Any

LOINC, ICD = "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm"
OPERATED = "2026-09-02"


def record(patient: str) -> dict[str, list[dict[str, Any]]]:
    whose = {"reference": f"Patient/{patient}"}

    def coded(system: str, code: str) -> dict[str, Any]:
        return {"coding": [{"system": system, "code": code}]}

    crp = {"value": 1.2, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}
    return {
        "Practitioner": [
            {
                "resourceType": "Practitioner",
                "id": "prac-1",
                "name": [{"use": "official", "prefix": ["Dr"], "given": ["Ada"], "family": "Reader"}],
            }
        ],
        "Patient": [
            {
                "resourceType": "Patient",
                "id": patient,
                "identifier": [
                    {"type": {"coding": [{"code": "MR"}]}, "value": "H-4711"},
                ],
                "name": [{"use": "official", "family": "Launch", "given": ["Lena", "Maria"]}],
                "gender": "female",
                "birthDate": "1979-05-02",
            }
        ],
        "Procedure": [
            {
                "resourceType": "Procedure",
                "id": "proc-1",
                "status": "completed",
                "subject": whose,
                "code": coded("http://www.ama-assn.org/go/cpt", "63030"),
                "performedDateTime": OPERATED,
            }
        ],
        "Observation": [
            {
                "resourceType": "Observation",
                "id": "crp-1",
                "status": "final",
                "subject": whose,
                "code": coded(LOINC, "1988-5"),
                "effectiveDateTime": "2026-11-23T08:00:00Z",
                "valueQuantity": crp,
            },
            {
                "resourceType": "Observation",
                "id": "crp-0",
                "status": "final",
                "subject": whose,
                "code": coded(LOINC, "4537-7"),
                "effectiveDateTime": "2026-11-23T08:00:00Z",
                "valueQuantity": {"value": 12, "unit": "furlong"},
            },
        ],
        "MedicationRequest": [
            {
                "resourceType": "MedicationRequest",
                "id": "med-1",
                "status": "active",
                "intent": "order",
                "subject": whose,
                "authoredOn": "2026-10-20",
                "medicationCodeableConcept": {"text": "Ibuprofen 400 mg"},
            }
        ],
        "DocumentReference": [
            {
                "resourceType": "DocumentReference",
                "id": "doc-1",
                "status": "current",
                "subject": whose,
                "type": coded(LOINC, "11504-8"),
                "date": "2026-09-02T15:00:00Z",
            }
        ],
    }
