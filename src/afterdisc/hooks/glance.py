"""A first look at a case by the engine alone, so that a record that needs no card costs no report.

It is the same engine as that of every assessment: urgency, red flags, stage and statuses come out the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.engine.evaluate import evaluate_rows
from afterdisc.intake import batch_from_cases
from afterdisc.program import Program
from afterdisc.report import safety
from afterdisc.report.case import Case
from afterdisc.report.index import index_of
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES

IN_A_PLAN = {STATUSES.index(s) for s in ("recommended", "reduce_dose", "avoid")}


@dataclass(frozen=True)
class Glance:
    """What a case comes to. `raised`: red flags with an urgency, the most urgent first; `plan`: a digest of what is advised."""

    urgency: str
    raised: tuple[tuple[str, str], ...]  # (red flag, urgency)
    must_ask: bool
    plan: str


def glance(program: Program, case: Mapping[str, Any]) -> Glance:
    """Raises CaseError, as `assess` does."""
    batch = batch_from_cases(program, [case])
    seen = Case(program, batch, evaluate_rows(program, batch.rows), 0)
    fired = [(n, u) for n, levels in index_of(program).flags.items() for root, u in levels if seen.truth(root) is True]
    fired.sort(key=lambda pair: URGENCIES.index(pair[1]))
    raised: dict[str, str] = {}
    for name, urgency in fired:
        if urgency != "ask":
            raised.setdefault(name, urgency)
    return Glance(seen.urgency, tuple(raised.items()), any(u == "ask" for _, u in fired), _plan(seen))


def _plan(seen: Case) -> str:
    """A digest of the stage, and of what is recommended, to be lowered or to be avoided. Nothing can be read back from it."""
    codes = seen.status_codes.tolist()
    advised = [(name, STATUSES[c]) for name, c in zip(seen.program.treatments, codes, strict=True) if c in IN_A_PLAN]
    said = json.dumps([safety.stage(seen)["id"], sorted(advised)])
    return hashlib.sha256(said.encode()).hexdigest()[:32]
