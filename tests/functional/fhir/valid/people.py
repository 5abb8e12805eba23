"""Synthetic people with their findings, and everything we write of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from afterdisc.cohort import draw_cases
from afterdisc.door import assess
from afterdisc.errors import CaseError
from afterdisc.fhir import Reading, read_record, record_of
from afterdisc.fhir.write import bundle_of, own_system, plan_of
from afterdisc.program import Program
from agreement.people import examples, published_cases

Json = dict[str, Any]
AT, SUBJECT = "2026-11-20T08:30:00Z", "Patient/p1"
INGREDIENTS = ("gabapentin", "warfarin", "tramadol", "sertraline", "ibuprofen", "lithium", "morphine")
SHARE_OF_THE_REST = 0.12  # of the findings that the model does not draw: safety, wishes, medicines


def cases(program: Program, n: int, seed: int = 7) -> Iterator[tuple[Json, Json]]:
    """(case, assessment) of drawn people, with what the model does not draw filled in at random where it may stand."""
    rng = np.random.Generator(np.random.PCG64(seed))
    for drawn in draw_cases(program, n, seed):
        findings = dict(drawn["findings"])
        for name in program.book["findings"]:
            if name not in findings and rng.random() < SHARE_OF_THE_REST:
                findings[name] = _some_answer(program, name, rng)
        yield _that_can_be(program, {"id": drawn["id"], "findings": findings}, drawn["findings"])


def _that_can_be(program: Program, case: Json, drawn: Json) -> tuple[Json, Json]:
    try:
        return case, assess(case, program=program)
    except CaseError:
        alone = {"id": case["id"], "findings": drawn}
        return alone, assess(alone, program=program)


def _some_answer(program: Program, name: str, rng: np.random.Generator) -> Any:
    finding = program.book["findings"][name]
    some = [str(i) for i in rng.choice(INGREDIENTS, size=int(rng.integers(0, 4)), replace=False)]
    match finding["kind"]:
        case "bool":
            return bool(rng.random() < 0.3)
        case "ordinal" | "category":
            return str(rng.choice(list(finding["values"])))
        case "set":
            return some
        case "map":
            return {i: float(rng.integers(1, 40) * 25) for i in some}
        case "count":
            return int(rng.integers(finding["range"][0], min(finding["range"][1], 6) + 1))
        case _:
            low, high = finding["range"]
            return round(low + (high - low) * float(rng.random()), 1)


def known_cases(program: Program) -> Iterator[tuple[Json, Json]]:
    """The examples and the published cases."""
    for i, findings in enumerate([*examples().values(), *published_cases(), {}]):
        case = {"id": f"known-{i}", "findings": findings}
        yield case, assess(case, program=program)


def record_with(program: Program, findings: Json) -> Json:
    """A record that holds some findings as Observations in our own codes."""
    system, states = own_system(program, "finding"), own_system(program, "state")
    out: list[Json] = [{"resourceType": "Patient", "id": "p1"}]
    for name, value in findings.items():
        kind = program.book["findings"][name]["kind"]
        held = {"valueBoolean": value} if kind == "bool" else {"valueQuantity": {"value": value}}
        if kind in ("ordinal", "category"):
            held = {"valueCodeableConcept": {"coding": [{"system": states, "code": value}]}}
        if kind not in ("set", "map"):
            observation = {"resourceType": "Observation", "id": name.replace("_", "-"), "status": "final", **held}
            code = {"coding": [{"system": system, "code": name}]}
            out.append({**observation, "code": code, "subject": {"reference": SUBJECT}, "effectiveDateTime": "2026-11-19"})
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in out]}


def reading_of(program: Program, findings: Json) -> Reading:
    return read_record(program, record_of(record_with(program, findings)), at=AT)


def written(program: Program, case: Json, assessment: Json, **options: Any) -> Json:
    return bundle_of(program, case, assessment, subject=SUBJECT, at=AT, **options)


def everything(program: Program, case: Json, assessment: Json, *, with_plan: bool = True) -> Iterator[Json]:
    """Every resource of one assessment by itself, and the answer of $apply, which holds most of them once more."""
    reading = reading_of(program, case["findings"])
    whole = written(program, case, assessment, reading=reading, with_response=True)
    yield from (entry["resource"] for entry in whole["entry"])
    if with_plan:
        yield plan_of(program, case, assessment, subject=SUBJECT, at=AT, reading=reading)


def resources(bundle: Json, kind: str) -> list[Json]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def as_text(resource: Json) -> str:
    return json.dumps(resource, ensure_ascii=False, allow_nan=False)
