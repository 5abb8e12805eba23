"""The assessment: one case's whole answer as plain data, the same at every door."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.draws import posterior_draws
from afterdisc.engine.evaluate import Outcome
from afterdisc.intake import Batch
from afterdisc.program import Program
from afterdisc.report import causes as cause_part
from afterdisc.report import safety
from afterdisc.report.case import Case
from afterdisc.report.index import index_of
from afterdisc.report.plan import treatments
from afterdisc.report.steps import Steps
from afterdisc.words.urgency import MEANING

SCHEMA_ID = "afterdisc-assessment/1"


def assessments_of(
    program: Program, batch: Batch, outcome: Outcome, *, intervals: bool = True
) -> Iterator[dict[str, Any]]:
    """One assessment a case, in order. `intervals=False` leaves out the credible intervals (a third of the time)."""
    for i in range(len(batch)):
        yield assessment(Case(program, batch, outcome, i), intervals=intervals)


def assessment(case: Case, *, intervals: bool) -> dict[str, Any]:
    p = case.program
    draws, by_set = _drawn(case) if intervals else (None, None)
    flags = safety.red_flags(case)
    steps = Steps(case, flags)
    stage = safety.stage(case)
    options = treatments(case, by_set)
    out: dict[str, Any] = {
        "schema": SCHEMA_ID,
        "id": case.batch.ids[case.i],
        "urgency": case.urgency,
        "urgency_meaning": MEANING[case.urgency],
        "stage": stage["id"],
        "stage_label": stage["label"],
        "stage_says": stage["say"],
        "red_flags": flags,
        "causes": cause_part.causes(case, draws),
        "interval_level": p.settings["credible_interval"],
        "combinations": cause_part.combinations(case),
        "concurrent_causes": cause_part.cap_note(case),
        "next_steps": steps.next_steps,
        "questions": steps.questions,
        "imaging": steps.imaging_notes(),
        "not_now": steps.not_now(),
        "treatments": options,
        "expected_course": safety.expected_course(case),
        "notes": safety.course_notes(case),
        "missing": _missing(case, steps, options),
        "knowledge": {"version": p.version, "fingerprint": p.fingerprint, "review_by": p.book["review_by"]},
        "software": {"name": "afterdisc", "version": _software_version()},
        "intended_use": p.book["intended_use"],
    }
    out["labels"] = _labels(case, out)
    out["sources"] = _sources(p, out)
    return out


def _labels(case: Case, out: dict[str, Any]) -> dict[str, str]:
    """The label of every finding that is named by its id alone."""
    named = {f for part in (*out["red_flags"], *out["treatments"]) for f in part["missing"]}
    named |= {f for step in out["next_steps"] for f in step["findings"]}
    return {f: case.label(f) for f in sorted(named)}


def _drawn(case: Case) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Under every draw: the causes, over as many at once as the case asks for up to four, and the sets of up to three."""
    p = case.program
    draws, by_set = posterior_draws(p, case.states, case.weeks, p.caps[0])
    if case.cap > p.caps[0]:
        draws, _ = posterior_draws(p, case.states, case.weeks, p.caps[1])
    return draws, by_set


def _missing(case: Case, steps: Steps, options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is unknown and matters: mandatory items first, then what the offered and waiting options need."""
    out: dict[str, str] = {}
    for item in safety.unanswered(case):
        out.setdefault(item["any_of"][0], f"red flag: {item['label']}")
    for option in options:
        if option["status"] in ("recommended", "option", "caution", "reduce_dose"):
            for finding in option["missing"]:
                out.setdefault(finding, option["label"])
    return [{"id": f, "label": case.label(f), "for": why} for f, why in out.items()]


def _sources(p: Program, out: dict[str, Any]) -> dict[str, Any]:
    """The cited facts of this assessment, each with its work: only what this very answer rests on."""
    cited = {f for t in out["treatments"] for f in t["sources"]}
    cited |= {f for t in out["treatments"] for h in t["harms"] for f in h["facts"]}
    for part in (*out["notes"], *out["not_now"], *out["imaging"], *out["next_steps"], *_fired(out)):
        cited.update(part["sources"])
    cited.update((out["expected_course"] or {"sources": []})["sources"])
    for cause in out["causes"]:
        cited.update(cause["prior"]["sources"])
        for line in cause["evidence"]:
            cited.update(line["sources"])
    facts = index_of(p).facts
    return {i: facts[i] for i in sorted(cited) if i in facts}


def _fired(out: dict[str, Any]) -> list[dict[str, Any]]:
    return [f for f in out["red_flags"] if f["status"] == "fired"]


@lru_cache(maxsize=1)
def _software_version() -> str:
    try:
        return version("afterdisc")
    except PackageNotFoundError:
        return "unknown"
