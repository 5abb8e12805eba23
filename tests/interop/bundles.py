"""Synthetic people as Bundles of Observations in our own codes, and what the engine says of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from afterdisc.engine.evaluate import engine_of, evaluate_rows, with_late_columns
from afterdisc.engine.plan import statuses
from afterdisc.errors import CaseError
from afterdisc.fhir.publish.cql.logic import level_name, probability_name, rule_name
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.names import URGENCY
from afterdisc.program import Program
from afterdisc.review.vignettes import trials_of
from afterdisc.words.ingredient import ingredient
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES
from functional.fhir.own_codes import record_with
from functional.fhir.valid.people import cases

Json = dict[str, Any]
AT, INSTANT = "2026-10-20T08:30:00Z", "2026-10-20T08:30:00.000+00:00"
LATER, EARLIER, SEEN = "2199-01-01", "2026-09-01", "2026-10-10"
N_VIGNETTES = 5  # whose findings are laid over a drawn person, so that the rules have something to decide


@dataclass(frozen=True)
class Person:
    findings: Mapping[str, Any]
    bundle: Json


def people(program: Program, base: KnowledgeBase, n: int, seed: int = 23) -> list[Person]:
    """Drawn people with unknowns; of two every second one has the findings of some vignettes as well."""
    rng = random.Random(seed)
    given = [trial.vignette.given for trial in trials_of(base) if trial.kind != "indicator"]  # not published as CQL
    names = sorted({ingredient(i) for members in base.groups.values() for i in members})
    out = []
    for i, (case, _) in enumerate(cases(program, n, seed)):
        findings = dict(case["findings"])
        for extra in rng.sample(given, N_VIGNETTES) if i % 2 else ():
            findings = _laid_over(program, findings, {k: v for k, v in extra.items() if k != URGENCY})
        if "takes" in findings and rng.random() < 0.5:
            findings["takes"] = [*findings["takes"], *rng.sample(names, 2)]
        plain = spelt(program, findings)
        out.append(Person(plain, _disturbed(record_with(program, plain, SEEN), rng)))
    return out


def _laid_over(program: Program, findings: Json, extra: Mapping[str, Any]) -> Json:
    """With the extra findings, unless nobody can be like that."""
    both = {**findings, **extra}
    try:
        batch_from_cases(program, [{"id": "x", "findings": both}])
    except CaseError:
        return findings
    return both


def spelt(program: Program, findings: Mapping[str, Any]) -> Json:
    """The findings with medicines spelt as in our code system, each once."""
    return {name: _spelt(program, name, value) for name, value in findings.items()}


def _spelt(program: Program, name: str, value: Any) -> Any:
    kind = program.book["findings"][name]["kind"]
    if kind == "set":
        return list(dict.fromkeys(ingredient(v) for v in value if v is not None))
    if kind == "map":
        return {ingredient(k): v for k, v in value.items()}
    return value


# ------------------------------------------------------------------------------------- the same, written in another way


def _disturbed(bundle: Json, rng: random.Random) -> Json:
    """With what must not count (older, withdrawn, dated later), and values and dates written in other ways."""
    patient, *seen = (entry["resource"] for entry in bundle["entry"])
    extra = []
    for i, observation in enumerate(seen):
        if rng.random() < 0.15:
            extra.append(_contradicted(observation, f"x{i}", rng))
        _rewritten(observation, rng)
    listed = [*seen, *extra]
    rng.shuffle(listed)
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in (patient, *listed)]}


def _contradicted(observation: Json, name: str, rng: random.Random) -> Json:
    """Another Observation of the same finding that says something else and does not count."""
    other = {k: v for k, v in observation.items() if not k.startswith(("value", "component"))} | {"id": name}
    kind = next((k for k in observation if k.startswith("value")), "valueBoolean")
    changed = {"valueBoolean": not observation.get("valueBoolean", True), "valueQuantity": {"value": 1}}
    value = {kind: changed[kind]} if kind in changed else {kind: observation[kind]}
    how = rng.choice(("older", "withdrawn", "later", "no date"))
    if how == "withdrawn":
        return other | value | {"status": "entered-in-error"}
    if how == "no date":
        return {k: v for k, v in (other | value).items() if k != "effectiveDateTime"}
    return other | value | {"effectiveDateTime": EARLIER if how == "older" else LATER}


def _rewritten(observation: Json, rng: random.Random) -> None:
    """The value as integer or text, the date as instant or period."""
    amount = observation.get("valueQuantity", {}).get("value")
    if isinstance(amount, int) and rng.random() < 0.5:
        observation["valueInteger"] = observation.pop("valueQuantity")["value"]
    state = observation.get("valueCodeableConcept")
    if state and rng.random() < 0.5:
        observation["valueString"] = observation.pop("valueCodeableConcept")["coding"][0]["code"]
    on = observation.pop("effectiveDateTime")
    written: tuple[Json, ...] = (
        {"effectiveDateTime": on},
        {"effectiveDateTime": f"{on}T09:15:00+02:00"},
        {"effectiveInstant": f"{on}T09:15:00Z"},
        {"effectivePeriod": {"start": EARLIER, "end": on}},
    )
    observation.update(rng.choice(written))


# --------------------------------------------------------------------------------------------------------- what is expected


@dataclass(frozen=True)
class Expected:
    """What the engine says of one person, under the names of the published expressions."""

    truths: Mapping[str, bool | None]  # of red flag levels, imaging rules, rules of investigations and treatments
    statuses: Mapping[str, str]  # of treatments
    urgency: str
    probabilities: Mapping[str, float]


def expected(program: Program, cases_: list[Mapping[str, Any]]) -> Iterator[Expected]:
    """From the engine itself."""
    batch = batch_from_cases(program, [{"id": str(i), "findings": dict(f)} for i, f in enumerate(cases_)])
    engine, outcome = engine_of(program), evaluate_rows(program, batch.rows)
    weeks = np.minimum(batch.rows[:, program.time_column], program.latest_weeks)
    late = with_late_columns(
        engine, batch.rows, outcome.states, weeks, outcome.probability, outcome.cap, outcome.urgency
    )[:, len(program.columns) + 1 :]
    plan = statuses(engine, outcome.truth, outcome.urgency, batch.rows)
    names = {j: name for j, root in enumerate(program.roots) if (name := published_name(root.kind, root.owner, root.name))}
    for i in range(len(batch.rows)):
        yield Expected(
            {name: _truth(int(outcome.truth[i, j])) for j, name in names.items()},
            {t: STATUSES[plan[i, j]] for j, t in enumerate(program.treatments)},
            URGENCIES[outcome.urgency[i]],
            {probability_name(c): float(late[i, j]) for j, c in enumerate(program.probability_causes)},
        )


def published_name(kind: str, owner: str, name: str) -> str:
    """The expression that a condition of the program is published as; empty if it is not."""
    if kind == "flag":
        return level_name(owner, name)
    if kind == "imaging":
        return owner
    return rule_name(name) if kind in ("gate", "treatment") else ""


def _truth(code: int) -> bool | None:
    return None if code < 0 else code == 1
