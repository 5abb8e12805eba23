"""How long a finding holds: from the declarations of the knowledge base, the same that read a record."""

from __future__ import annotations

from dataclasses import dataclass

from afterdisc.intake.batch import layout_of
from afterdisc.program import Program, kept_with_program


@dataclass(frozen=True)
class Hold:
    """How the state of a finding on a day is told from visits up to that day.

    max_age_days   an older answer counts as unknown; None: it holds
    since_surgery  an answer from before the index operation does not count
    is_history     once true, always true
    grows_by       days | weeks | months | years: the number is time that goes on passing
    """

    max_age_days: float | None = None
    since_surgery: bool = False
    is_history: bool = False
    grows_by: str = ""


@kept_with_program
def holds(program: Program) -> dict[str, Hold]:
    """Finding -> how long it holds. What no record codes holds as long as what is asked at the same time (`max_age_days`)."""
    ages = program.book.get("registry", {}).get("max_age_days", {})
    readings, findings = program.book["fhir"]["readings"], program.book["findings"]
    return {
        name: _hold(readings.get(name, []), ages.get(findings[name]["asked_at"]), column.kind == "bool")
        for name, (_, column) in layout_of(program).simple.items()
    }


def _hold(declared: list[dict[str, object]], age: float | None, is_bool: bool) -> Hold:
    if not declared:
        return Hold(age)
    grows = next((str(d["unit"]) for d in declared if d["read"] == "elapsed"), "")
    limits = [d["max_age_days"] for d in declared]
    longest = None if grows or None in limits else max(float(str(x)) for x in limits)
    since = all(d["when"] == "since_surgery" for d in declared)
    return Hold(longest, since, is_bool and any(d["when"] == "any" for d in declared), grows)
