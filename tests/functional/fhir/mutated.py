"""A record with something of everything, and strategies that damage it as the world does, and worse."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from afterdisc.program import Program
from functional.fhir.own_codes import record_with
from functional.fhir.records import (
    CPT,
    ICD,
    LOINC,
    RXNORM,
    SNOMED,
    bundle,
    concept,
    condition,
    observation,
    patient,
    procedure,
    quantity,
    request,
)

SECRET = "Zyxwvutsr-Secret"  # stands wherever a text is replaced: no refusal may repeat it
HOSTILE = [
    SECRET,
    f"{SECRET}\x00",
    f"<script>{SECRET}</script>",
    f"{{{{{SECRET}}}}}",
    f"{SECRET}'; DROP TABLE patient; --",
    f"../../../{SECRET}",
    f"javascript:{SECRET}",
    f"\u202e{SECRET}\u2066",
    "𝕫" * 50 + SECRET,
    "e\u0301\u0301\u0301" * 200 + SECRET,
    SECRET * 5_000,
    "",
    " ",
    "2026-13-45",
    "0000-00-00",
    "9999-12-31T23:59:60Z",
    "2026-11-20T25:61:00+99:99",
    "2016-02-30",
    "Infinity",
    "%00",
    "urn:uuid:",
    "#",
    "#x",
    "Patient/p1",
    "Patient/p2",
    "http://loinc.org",
]
NUMBERS = [0, -1, 10**400, -(2**63), 2**64, 1e308, -1e308, 5e-324, 0.1 + 0.2, 1e-320]
SCALARS = [None, True, False, [], {}, [[]], [None], {"": {}}, [{}], *NUMBERS, *HOSTILE]
VERSIONS = [
    ("clinicalStatus", "active"),
    ("medication", {"concept": {"text": "x"}}),
    ("context", {"reference": "Encounter/1"}),
    ("occurrenceDateTime", "2026-01-01"),
    ("notDone", True),
    ("fhirVersion", "5.0.0"),
    ("resourceType", "Patient"),
    ("resourceType", "Bundle"),
    ("resourceType", "Parameters"),
    ("resourceType", "OperationOutcome"),
    ("resourceType", "QuestionnaireResponse"),
    ("resourceType", SECRET),
    ("contained", [{"resourceType": "Medication", "id": "m", "contained": [{"resourceType": "Medication"}]}]),
    ("contained", [{"resourceType": "Medication", "id": "m", "ingredient": [{"itemReference": {"reference": "#m"}}]}]),
    ("partOf", [{"reference": "Procedure/x1"}]),
    ("hasMember", [{"reference": "Observation/o1"}]),
    ("subject", {"reference": "Patient/p2"}),
    ("id", "p1"),
    ("meta", {"profile": ["http://hl7.org/fhir/5.0/StructureDefinition/Patient"]}),
    ("extension", [{"url": "x", "extension": [{"url": "x", "extension": [{"url": "x"}]}]}]),
]


def everything(program: Program) -> dict[str, Any]:
    """One person's record with each kind of resource that is read, in foreign codes and in ours."""
    ours = record_with(program, {"weeks_since_surgery": 30, "leg_pain_nrs": 7, "takes": ["gabapentin"], "fever": False})
    asked = {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": "completed",
        "questionnaire": f"{program.book['fhir']['canonical']}/Questionnaire/intake",
        "authored": "2026-11-01",
        "subject": {"reference": "Patient/p1"},
        "item": [{"linkId": "course", "item": [{"linkId": "back_pain_nrs", "answer": [{"valueDecimal": 4}]}]}],
    }
    about = {"subject": _to("Patient/p1")}
    hers = {"patient": _to("Patient/p1")}
    pressure = [{"code": concept(LOINC, "8480-6"), **quantity(120, "mm[Hg]")}]
    taken = {"resourceType": "MedicationStatement", "effectiveDateTime": "2026-10-01"}
    others = [
        condition(concept(ICD, "C50.9"), verified="confirmed"),
        condition(concept(SNOMED, "363346000"), id="c2", abatementDateTime="2020-01-01"),
        procedure(concept(CPT, "63030"), "2026-04-01"),
        observation(concept(LOINC, "1988-5"), **quantity(4.5, "mg/L")),
        observation(concept(LOINC, "85354-9"), id="o2", component=pressure),
        request(concept(RXNORM, "25480", "gabapentin"), dosageInstruction=[_dose(300, 3)]),
        {**request(concept(RXNORM, "11289"), id="m2"), **taken},
        {"resourceType": "AllergyIntolerance", "id": "a1", "code": concept(SNOMED, "716186003"), **hers},
        {"resourceType": "Device", "id": "d1", "status": "active", "type": concept(SNOMED, "14106009"), **hers},
        {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": concept(LOINC, "36796-9"), **about},
        {"resourceType": "DocumentReference", "id": "t1", "status": "current", "type": concept(LOINC, "11504-8"), **about},
        {"resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order", "code": concept(CPT, "72158")},
        asked,
    ]
    found = bundle(patient(), *(e["resource"] for e in ours["entry"][1:]), *others)
    for entry in found["entry"]:
        entry["fullUrl"] = f"https://ehr.example/fhir/{entry['resource']['resourceType']}/{entry['resource']['id']}"
    return found


def _to(reference: str) -> dict[str, Any]:
    return {"reference": reference}


def _dose(amount: float, times: int) -> dict[str, Any]:
    dose = {"doseQuantity": {"value": amount, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}
    return {"timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}, "doseAndRate": [dose]}


# -------------------------------------------------------------------------------------------------------------- damage


@st.composite
def damaged(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """The same with one to eight things wrong with it, most of them inside an entry of a Bundle."""
    made = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 8))):
        entries = made.get("entry")
        inside = [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
        in_one = inside and draw(st.integers(0, 9))
        _damage(draw, draw(st.sampled_from(inside)) if in_one else made)
    return made


def _damage(draw: st.DrawFn, made: dict[str, Any]) -> None:
    place = _somewhere(draw, made)
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    how = draw(st.sampled_from(["swap", "drop", "twice", "deep", "text", "version", "move", "many"]))
    if how == "version" and isinstance(place, dict):
        name, value = draw(st.sampled_from(VERSIONS))
        place[name] = copy.deepcopy(value)
    if not keys:
        return
    key = draw(st.sampled_from(keys))
    if how == "swap":
        place[key] = copy.deepcopy(draw(st.sampled_from(SCALARS)))
    elif how == "drop":
        del place[key]
    elif how == "twice" and isinstance(place, list):
        place.append(copy.deepcopy(place[key]))
    elif how == "deep":
        for _ in range(draw(st.sampled_from([1, 2, 3, 5, 20, 80]))):
            place[key] = [place[key]] if draw(st.booleans()) else {"item": place[key]}
    elif how == "text":
        place[key] = draw(st.text(max_size=20)) + SECRET
    elif how == "move":
        place[key] = copy.deepcopy(_somewhere(draw, made))
    elif how == "many":
        place[key] = [copy.deepcopy(place[key])] * draw(st.sampled_from([2, 50]))


def _somewhere(draw: st.DrawFn, made: Any) -> Any:
    """An object or a list, at any depth, inside entries more often than not."""
    place = made
    for _ in range(draw(st.integers(0, 9))):
        inner = [v for v in (place.values() if isinstance(place, dict) else place) if isinstance(v, dict | list)]
        if not inner:
            break
        place = draw(st.sampled_from(inner))
    return place


@st.composite
def torn(draw: st.DrawFn, whole: dict[str, Any]) -> bytes:
    """Bytes that were JSON once."""
    raw = json.dumps(whole).encode()
    at = draw(st.integers(0, len(raw)))
    how = draw(st.sampled_from(["cut", "byte", "twice", "constant", "half", "binary"]))
    if how == "cut":
        return raw[:at]
    if how == "binary":
        return draw(st.binary(max_size=200))
    if how == "twice":
        return raw[:1] + b'"resourceType": "Bundle", ' + raw[1:]
    swapped = {"byte": draw(st.binary(min_size=1, max_size=3)), "constant": b"NaN", "half": b'"\\ud83d"'}[how]
    return raw[:at] + swapped + raw[at + len(swapped) :]
