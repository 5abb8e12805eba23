"""What the engine says of a case of a small base, in the oracle's words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from afterdisc.engine.direct import posterior_with_cap, set_names
from afterdisc.engine.evaluate import Outcome, evaluate_rows
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge.base import NO_CAUSE
from afterdisc.program import Program
from oracle.posterior import Priors
from oracle.prior import CauseSet

NEVER = 2.0  # no share of the probability is above this


@dataclass(frozen=True)
class Said:
    """cap, {cause: probability}, [(set, probability)] heaviest first."""

    cap: int
    causes: dict[str, float]
    heaviest: list[tuple[CauseSet, float]]


def said(program: Program, case: dict[str, Any]) -> Said:
    return said_of(program, evaluated(program, [case]))[0]


def evaluated(program: Program, cases: list[dict[str, Any]]) -> Outcome:
    return evaluate_rows(program, batch_from_cases(program, [{"findings": case} for case in cases]).rows)


def said_of(program: Program, outcome: Outcome) -> list[Said]:
    out = []
    for i, cap in enumerate(outcome.cap.tolist()):
        sets = [frozenset(s) for s in set_names(program.causes, cap)]
        pairs = zip(outcome.top_set[i].tolist(), outcome.top_weight[i].tolist(), strict=True)
        causes = dict(zip((*program.causes, NO_CAUSE), outcome.probability[i].tolist(), strict=True))
        out.append(Said(cap, causes, [(sets[s], w) for s, w in pairs if w > 0]))
    return out


def said_directly(program: Program, case: dict[str, Any], cap: int) -> dict[CauseSet, float]:
    """The sets' probabilities from `engine.direct`."""
    outcome, rows = evaluated(program, [case]), batch_from_cases(program, [{"findings": case}]).rows
    weeks = float(np.minimum(rows[0, program.time_column], program.latest_weeks))
    by_set = posterior_with_cap(program, outcome.states[0], weeks, cap).by_set.tolist()
    names = [frozenset(s) for s in set_names(program.causes, cap)]
    return {s: p for s, p in zip(names, by_set, strict=True) if p > 0}


def never_rechecked(program: Program) -> Program:
    """The same program that stays at three causes."""
    return replace(program, recheck_above=NEVER, fingerprint=f"{program.fingerprint} at three")


def published(program: Program, cap: int) -> Priors:
    """The program's log odds, by slice. They are kept to eleven digits, so that all processors agree on them."""
    rows = program.log_odds[program.caps.index(cap)].tolist()
    return lambda slice_: dict(zip((*program.causes, NO_CAUSE), rows[slice_], strict=True))
