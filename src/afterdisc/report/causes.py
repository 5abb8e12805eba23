"""What may be the cause: probabilities with intervals, combinations, and what each finding weighs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.direct import set_names
from afterdisc.engine.draws import interval
from afterdisc.engine.explain import weights_of_evidence
from afterdisc.report.case import Case
from afterdisc.report.support import support

NO_CAUSE = "expected_recovery"
SMALLEST_WEIGHT = 0.05  # natural-log odds; below this a finding is not worth a line


def causes(case: Case, draws: npt.NDArray[np.float32] | None) -> list[dict[str, Any]]:
    """Every cause, most probable first, each with its interval and the findings that speak for and against it.

    While an emergency or same-day red flag is open the expected course is set aside: it comes last, whatever its
    probability, so that nobody is reassured by it.
    """
    p = case.program
    names = [*p.causes, NO_CAUSE]
    probability = case.outcome.probability[case.i]
    bands = interval(draws, p.settings["credible_interval"]) if draws is not None else None
    evidence = _evidence(case, names)
    out = []
    for j, name in enumerate(names):
        text = case.book["causes"][name]
        entry: dict[str, Any] = {"id": name, "label": text["label"], "probability": float(probability[j])}
        if bands is not None:
            low, high = min(float(bands[j, 0]), entry["probability"]), max(float(bands[j, 1]), entry["probability"])
            entry["interval"] = [low, high]
        entry |= {"evidence": evidence[j], "summary": text["summary"], "prior": _prior(case, text)}
        out.append(entry)
    if case.urgency in ("E0", "E1"):
        for entry in out:
            entry["set_aside"] = entry["id"] == NO_CAUSE
    return sorted(out, key=lambda c: (c.get("set_aside", False), -c["probability"]))


def _prior(case: Case, text: dict[str, Any]) -> dict[str, Any]:
    week = case.weeks if case.weeks == case.weeks else None
    row = next((r for r in text["prior"] if week is not None and r["weeks"][0] <= week < r["weeks"][1]), text["prior"][-1])
    return {"p": row["p"], "weeks": row["weeks"], **support(row)}


def _evidence(case: Case, names: list[str]) -> list[list[dict[str, Any]]]:
    p = case.program
    known, weights = weights_of_evidence(case.engine, case.states, case.weeks)
    told_as = [(p.findings[i], p.asks[i], case.label(p.asks[i]), case.shown(p.asks[i])) for i in known]
    is_told = np.abs(weights) >= SMALLEST_WEIGHT
    out: list[list[dict[str, Any]]] = []
    for j, name in enumerate(names):
        rows = case.book["causes"][name]["findings"]
        risks = case.book["causes"][name]["risk_factors"]
        entries = []
        for i in np.flatnonzero(is_told[:, j]):
            finding, asks, label, found = told_as[i]
            told = rows.get(finding, [None])[0] or risks.get(finding)
            entries.append(
                {
                    "finding": asks,
                    "label": label,
                    "found": found,
                    "weight": float(weights[i, j]),
                    **(support(told) if told else {"support": "background", "sources": []}),
                }
            )
        out.append(sorted(entries, key=lambda e: -abs(e["weight"])))
    return out


def combinations(case: Case) -> list[dict[str, Any]]:
    """The most probable sets of causes; an empty set is the expected course."""
    names = set_names(case.program.causes, case.cap)
    pairs = zip(case.outcome.top_set[case.i], case.outcome.top_weight[case.i], strict=True)
    return [
        {"causes": list(names[s]) or [NO_CAUSE], "probability": float(w)} for s, w in pairs if w > 0 and s < len(names)
    ]


def cap_note(case: Case) -> dict[str, Any]:
    """How many concurrent causes were looked at, and what lies beyond."""
    beyond = float(case.outcome.beyond_three[case.i])
    return {
        "max_causes": case.cap,
        "at_cap": float(case.outcome.at_cap[case.i]),
        "beyond_three": None if beyond != beyond else beyond,
    }
