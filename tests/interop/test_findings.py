"""The library Findings reads Observations as our own reading does: codes, units, ages, and what disagrees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afterdisc.fhir import read_record, record_of
from afterdisc.fhir.publish.cql.findings import is_plain
from afterdisc.program import Program
from interop.bundles import AT, INSTANT
from interop.node import lines, needs

Json = dict[str, Any]
UCUM, DAY = "http://unitsofmeasure.org", "2026-10-19"
ABSENT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "asked-unknown"}]}


def observation(system: str, code: str, **more: Any) -> Json:
    made = {"resourceType": "Observation", "status": "final", "code": {"coding": [{"system": system, "code": code}]}}
    return {**made, "subject": {"reference": "Patient/p1"}, "effectiveDateTime": DAY} | more


def bundle(*observations: Json) -> Json:
    listed = [{"resourceType": "Patient", "id": "p1"}, *(o | {"id": f"o{i}"} for i, o in enumerate(observations))]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in listed]}


def measured(program: Program) -> Iterator[tuple[str, str, str, Json]]:
    """(finding, system, code, declaration) of every measurement that the library reads in the codes of others."""
    systems = program.book["fhir"]["systems"]
    for finding, declared in program.book["fhir"]["readings"].items():
        for d in declared:
            for written in d["codes"] if is_plain(d) else ():
                name, _, code = written.partition("|")
                yield finding, systems[name][0], code, d


def quantities(program: Program) -> list[tuple[str, Json]]:
    """Every such code, every unit, at an age that counts, at the last day that does, and a day later."""
    out = []
    for finding, system, code, d in measured(program):
        low, high = program.book["findings"][finding]["range"]
        for unit, (factor, offset) in d["units"].items():
            value = round(((low + 0.3 * (high - low)) - offset) / factor, 3)
            amount = {"value": value} if unit == "1" else {"value": value, "system": UCUM, "code": unit, "unit": unit}
            for age in (1, d["max_age_days"], d["max_age_days"] + 1):
                on = _days_before(AT[:10], int(age))
                out.append((finding, bundle(observation(system, code, valueQuantity=amount, effectiveDateTime=on))))
    return out


def _days_before(day: str, n: int) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(day) - timedelta(days=n)).isoformat()


def own(program: Program, finding: str, **more: Any) -> Json:
    return observation(f"{program.book['fhir']['canonical']}/CodeSystem/finding", finding, **more)


def on(text: str) -> Json:
    return {"effectiveDateTime": text}


def others(program: Program) -> list[tuple[str, Json]]:
    """Hand-written records of one finding each."""
    canonical = program.book["fhir"]["canonical"]

    def named(*ingredients: str, **amounts: Any) -> list[Json]:
        system = f"{canonical}/CodeSystem/ingredient"
        code = {name: {"coding": [{"system": system, "code": name}]} for name in (*ingredients, *amounts)}
        taken = [{"code": code[name], "valueBoolean": True} for name in ingredients]
        return [*taken, *({"code": code[n], "valueQuantity": {"value": v}} for n, v in amounts.items())]

    def state(code: str, address: str = "state") -> Json:
        return {"coding": [{"system": f"{canonical}/CodeSystem/{address}", "code": code}]}

    unknown_amount = {k: v for k, v in named("morphine")[0].items() if k == "code"} | {"dataAbsentReason": ABSENT}
    loinc = "http://loinc.org"
    egfr = {"valueQuantity": {"value": 50, "system": UCUM, "code": "mL/min/{1.73_m2}"}}
    cases = {
        "fever": [
            [own(program, "fever", valueBoolean=True)],
            [own(program, "fever", valueBoolean=True), own(program, "fever", valueBoolean=False, **on("2026-10-18"))],
            [own(program, "fever", valueBoolean=True), own(program, "fever", valueBoolean=False)],
            [own(program, "fever", valueBoolean=True), own(program, "fever", valueBoolean=True)],
            [own(program, "fever", valueBoolean=True), own(program, "fever", dataAbsentReason=ABSENT, **on("2026-10-18"))],
            [own(program, "fever", valueBoolean=True, **on("2026-10-18")), own(program, "fever", dataAbsentReason=ABSENT)],
            [own(program, "fever", valueBoolean=True, status="cancelled")],
            [own(program, "fever", valueBoolean=True, status="preliminary")],
            [own(program, "fever", valueBoolean=True, **on("2026-10-20T23:59:00Z"))],
            [own(program, "fever", valueBoolean=True, **on("2026-10-20"))],
            [own(program, "fever", valueBoolean=True, **on("2026-10-21"))],
            [own(program, "fever", valueString="yes")],
            [
                own(program, "fever", valueBoolean=True, **on("2026-10-19T10:00:00Z")),
                own(program, "fever", valueBoolean=False, **on("2026-10-19T11:00:00+02:00")),
            ],
        ],
        "onset": [
            [own(program, "onset", valueCodeableConcept=state("sudden"))],
            [own(program, "onset", valueString="gradual")],
            [own(program, "onset", valueCodeableConcept=state("never"))],
            [own(program, "onset", valueString="Sudden")],
            [own(program, "onset", valueCodeableConcept=state("sudden")), own(program, "onset", valueString="sudden")],
        ],
        "leg_pain_nrs": [
            [own(program, "leg_pain_nrs", valueInteger=7)],
            [own(program, "leg_pain_nrs", valueQuantity={"value": 6.5, "unit": "points"})],
            [own(program, "leg_pain_nrs", valueInteger=11)],
            [own(program, "leg_pain_nrs", valueInteger=3), own(program, "leg_pain_nrs", valueInteger=4)],
        ],
        "n_lumbar_operations": [
            [own(program, "n_lumbar_operations", valueQuantity={"value": 2})],
            [own(program, "n_lumbar_operations", valueQuantity={"value": 1.5})],
        ],
        "egfr_ml_min": [
            [own(program, "egfr_ml_min", valueQuantity={"value": 80}), observation(loinc, "98979-8", **egfr)],
            [
                own(program, "egfr_ml_min", valueQuantity={"value": 80}, **on("2026-10-10")),
                observation(loinc, "98979-8", **egfr),
            ],
            [observation(loinc, "98979-8", **egfr), observation(loinc, "62238-1", valueQuantity={"value": 50, "code": "mg"})],
            [observation(loinc, "98979-8", valueQuantity={"value": 900, "system": UCUM, "code": "mL/min"})],
            [observation(loinc, "98979-8", valueQuantity={"value": 50})],
            [observation(loinc, "98979-8", **egfr, **on("2026-10"))],
            [observation("http://snomed.info/sct", "98979-8", **egfr)],
        ],
        "takes": [
            [own(program, "takes", component=named("gabapentin", "ibuprofen"))],
            [own(program, "takes", valueBoolean=False)],
            [own(program, "takes", valueBoolean=True)],
            [own(program, "takes", component=named("gabapentin")), own(program, "takes", valueBoolean=False)],
        ],
        "dose_mg_per_day": [
            [own(program, "dose_mg_per_day", component=named(gabapentin=900, morphine=20.5))],
            [own(program, "dose_mg_per_day", component=[*named(gabapentin=900), unknown_amount])],
            [own(program, "dose_mg_per_day", valueBoolean=False)],
        ],
    }
    return [(finding, bundle(*listed)) for finding, each in cases.items() for listed in each]


def as_case_takes_it(kind: str, value: Any) -> Any:
    if kind == "set" and value is not None:
        return [entry["ingredient"] for entry in value]
    if kind == "map" and value is not None:
        return {entry["ingredient"]: entry["amount"] for entry in value}
    return value


def test_findings_are_read_as_our_own_reading_reads_them(program: Program, package: Path) -> None:
    needs("cql-execution", "cql-exec-fhir")
    records = [*quantities(program), *others(program)]
    given = [
        {"bundle": b, "at": INSTANT, "parameters": {}, "library": "Findings", "expressions": [f]} for f, b in records
    ]
    answers = lines("cql_run.mjs", str(package), given=given)
    n_known = 0
    for (finding, record), answer in zip(records, answers, strict=True):
        ours = read_record(program, record_of(record), at=AT).findings.get(finding)
        theirs = as_case_takes_it(program.book["findings"][finding]["kind"], answer[finding])
        assert theirs == (pytest.approx(ours, abs=1e-6) if isinstance(ours, float) else ours), json.dumps(record)
        n_known += ours is not None
    assert n_known > 60
    assert len(records) - n_known > 50


def test_an_older_observation_does_not_stand_in_for_a_newer_one_that_cannot_be_read(program: Program, package: Path) -> None:
    needs("cql-execution", "cql-exec-fhir")
    older = own(program, "fever", valueBoolean=True, **on("2026-10-18"))
    record = bundle(older, own(program, "fever", valueString="yes"))
    asked = {"at": INSTANT, "parameters": {}, "library": "Findings", "expressions": ["fever"]}
    given = [asked | {"bundle": record}, asked | {"bundle": bundle(older)}]
    assert lines("cql_run.mjs", str(package), given=given) == [{"fever": None}, {"fever": True}]
