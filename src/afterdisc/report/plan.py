"""The options: status, arguments, benefit, harms, dose, guidelines, and what is still missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.benefit import benefits_of
from afterdisc.report.case import Case
from afterdisc.report.index import index_of
from afterdisc.report.support import support
from afterdisc.words.status import OFFERED, STATUSES

N_LEADING = 2  # causes whose benefit figures are shown beside the weighed one
ORDER = {word: i for i, word in enumerate((
    "recommend", "offer", "for", "avoid", "rule_out", "withhold", "reduce_dose", "caution", "against", "inform", "require"
))}  # fmt: skip
STOPS = ("avoid", "withhold", "reduce_dose", "caution")  # the screen says which findings decided these
SIDE = {"recommend": "for", "offer": "for", "for": "for", "inform": "notes"} | dict.fromkeys(
    ("avoid", "rule_out", "withhold", "reduce_dose", "caution", "against"), "against"
)


def treatments(case: Case, by_set_draws: npt.NDArray[np.float32] | None) -> list[dict[str, Any]]:
    """All treatments, the offered ones first, then by expected benefit."""
    p = case.program
    codes = case.status_codes
    level = p.settings["credible_interval"]
    chance, band = benefits_of(p).expected(case.by_three, by_set_draws, case.person, level)
    names = [*p.causes, "expected_recovery"]
    order = np.argsort(-case.outcome.probability[case.i], kind="stable")
    leading = [names[j] for j in order[:N_LEADING]]
    bands = band.tolist()
    out = [
        _treatment(case, name, STATUSES[codes[j]], float(chance[j]), bands[j], leading) for j, name in enumerate(p.treatments)
    ]
    return sorted(out, key=lambda t: (STATUSES.index(t["status"]), -t["benefit"]["p"]))


def _treatment(
    case: Case, name: str, status: str, chance: float, band: list[float], leading: list[str]
) -> dict[str, Any]:
    text = case.book["treatments"][name]
    rules = text["rules"]
    index, truth_of = index_of(case.program), case.truths
    truths = [(truth_of[root], root, rule) for root, rule in index.treatments.get(name, [])]
    fired = sorted((ORDER[rules[r]["then"]], r, root) for truth, root, r in truths if truth is True)
    said: dict[str, list[dict[str, Any]]] = {"for": [], "against": [], "notes": []}
    for _, r, root in fired:
        line, then = index.lines[r], rules[r]["then"]
        if then in SIDE:
            said[SIDE[then]].append(line | {"decided_by": case.decided_by(root)} if then in STOPS else line)

    gates = [(root, r) for truth, root, r in truths if rules[r]["then"] == "require" and truth is not True]
    open_gates = [index.lines[r] for _, r in gates]
    out: dict[str, Any] = {
        "id": name,
        "label": text["label"],
        "rung": text["rung"],
        "status": status,
        "summary": text["summary"],
        **said,
        "gates": open_gates if status in (*OFFERED, "not_yet") else [],
        "missing": _missing(case, truths, rules, status),
        "benefit": {"p": chance},
        "harms": text["harms"] if status in (*OFFERED, "not_yet") else [],
        "invasiveness": text["invasiveness"],
        "stability": text["stability"],
        "guidelines": text["guidelines"],
        "seed": text["seed"],
    }
    if band[0] == band[0]:
        out["benefit"]["interval"] = band
    if text["elective"] and case.urgency in ("E0", "E1"):
        out["against"].append(
            {
                "id": "open_red_flag",
                "then": "withhold",
                "say": "An emergency or same-day red flag is open: elective steps wait.",
                "support": "judgement",
                "sources": [],
            },
        )
    dose = next((rules[r]["dose"] for _, r, _ in fired if rules[r]["then"] == "reduce_dose" and rules[r]["dose"]), None)
    if dose:
        out["dose"] = dose
    out["benefit"] |= _benefit_support(text, leading)
    cited = {f for part in (*said.values(), out["gates"]) for line in part for f in line["sources"]}
    out["sources"] = sorted(cited | index.fixed_sources[name] | set(out["benefit"]["sources"]))
    return out


def _benefit_support(text: dict[str, Any], leading: list[str]) -> dict[str, Any]:
    """Where the benefit under the leading causes comes from."""
    rows = {c: text["benefit"][c] for c in leading if c in text["benefit"]}
    return {
        "by_cause": {c: {k: r[k] for k in ("p", "low", "high")} | support(r) for c, r in rows.items()},
        "sources": sorted({f for r in rows.values() for f in r["facts"]}),
    }


def _missing(case: Case, truths: list[tuple[bool | None, int, str]], rules: dict[str, Any], status: str) -> list[str]:
    """The findings without which the status could be another one."""
    if status in ("avoid", "not_indicated"):
        return []
    words: tuple[str, ...] = ("avoid", "withhold", "require", "reduce_dose")
    if status == "not_yet":
        words = (*words, "offer", "recommend")
    return case.missing([root for truth, root, r in truths if truth is None and rules[r]["then"] in words])
