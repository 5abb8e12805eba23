"""In words: where in a record each finding is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.program import Program, kept_with_program

FEW = 4
OWN_ONLY = "an answer to our questionnaire; records do not code this"
HOW_OLD = {"since_surgery": ", since the operation", "any": ", at any time", "latest": ""}


@kept_with_program
def looked_for(program: Program) -> Mapping[str, str]:
    """Finding -> what would have been read."""
    readings = program.book["fhir"]["readings"]
    return {f: "; ".join(map(_told, readings.get(f, []))) or OWN_ONLY for f in program.book["findings"]}


def _told(d: Mapping[str, Any]) -> str:
    codes = ", ".join(c.replace("|", " ") for c in d["codes"][:FEW]) + (" and others" if len(d["codes"]) > FEW else "")
    age = f", at most {d['max_age_days']:g} days old" if d["max_age_days"] else ""
    where = d["path"] and f".{d['path']}"
    return f"{' or '.join(d['from'])}{where}{' ' + codes if codes else ''}{HOW_OLD[d['when']]}{age}"
