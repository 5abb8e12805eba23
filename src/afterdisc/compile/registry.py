"""What a registry's report and follow-up need to know, as plain data."""

from __future__ import annotations

import dataclasses
from typing import Any

from afterdisc.compile.cited import support_of
from afterdisc.knowledge.registry import RegistryKnowledge, Synthetic


def registry_of(made: RegistryKnowledge) -> dict[str, Any]:
    """The book's part `registry`: age limits by when a finding is asked, indicators, what is described and compared with."""
    few = made.suppress_below
    return {
        "max_age_days": {name: hold.days for name, hold in made.max_age.items()},
        "indicators": {i.id: {"title": i.title, "why": i.why, **support_of(i.support)} for i in made.indicators.values()},
        "findings": list(made.findings),
        "suppress_below": None if few is None else {"count": few.days, **support_of(few.support)},
        "benchmarks": [_plain(b) for b in made.benchmarks],
        "event_benchmarks": [_plain(b) for b in made.event_benchmarks],
        "synthetic": None if made.synthetic is None else _synthetic(made.synthetic),
    }


def _synthetic(made: Synthetic) -> dict[str, Any]:
    return {
        "n_sites": made.n_sites,
        "largest_share": made.largest_share,
        "events": {n: {"per_year": e.per_year, "with_cause": dict(e.with_cause)} for n, e in made.events.items()},
        "before_index": {n: {"mean": s.mean, "sd": s.sd, "low": s.low, "high": s.high} for n, s in made.before_index.items()},
        "earlier_visit_share": made.earlier_visit_share,
    }


def _plain(item: Any) -> dict[str, Any]:
    fields = {f.name: getattr(item, f.name) for f in dataclasses.fields(item) if f.name != "support"}
    return fields | support_of(item.support)
