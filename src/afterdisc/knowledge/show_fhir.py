"""How a finding is read from a FHIR record, and an order recognised, in words."""

from __future__ import annotations

from afterdisc.knowledge import base as kb
from afterdisc.knowledge.fhir import Declaration, Order
from afterdisc.knowledge.page import PageWriter

TIMES = {"latest": "the newest", "since_surgery": "since the operation", "any": "ever"}


def where_read(d: Declaration) -> str:
    """`Observation LOINC 1988-5, in mg/L, mg/dL`."""
    place = " or ".join(d.resources) + (f".{d.path}" if d.path else "")
    units = f"in {', '.join(d.units)}" if d.units else ""
    states = "; ".join(f"{state}: {', '.join(codes)}" for state, codes in d.states.items())
    return ", ".join(filter(None, [f"{place} {', '.join(c.replace('|', ' ') for c in d.codes)}".strip(), units, states]))


def limits(d: Declaration) -> str:
    """`the newest, at most 14 days old`."""
    old = f"at most {d.max_age_days:g} days old" if d.max_age_days else ""
    within = f"within {d.within_days:g} days" if d.within_days else ""
    return ", ".join(filter(None, [TIMES[d.when], old, within, "active" if d.clinical == "active" else ""]))


def recognised_by(order: Order) -> str:
    parts = (order.codes, order.ingredients, (f"group {order.group}",) if order.group else (), order.words)
    return ", ".join(x.replace("|", " ") for part in parts for x in part)


def readings(page: PageWriter, finding: kb.Finding) -> None:
    """How this finding is read from a record: a section of its page."""
    declared = page.base.fhir.readings.get(finding.id, ())
    page.table(
        "Read from a FHIR record",
        ("way", "from", "time", "why"),
        ((d.read, where_read(d), limits(d), page.support(d.support)) for d in declared),
    )
