"""What was known on a day, in plain Python, row by row: slow and obvious."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from afterdisc.registry.follow_up.rules import Hold

FIRST = date(1, 1, 1)


def state_on(rows: Sequence[Mapping[str, Any]], day: date, name: str, hold: Hold) -> Any:
    """The value of one finding of one person on a day; None is unknown."""
    index = newest(seen(rows, day), "index_operation_date")
    if name == "weeks_since_surgery" and index is not None:
        return round((day - index).days / 7, 2)
    known = [r for r in seen(rows, day) if r.get(name) is not None and counts(r, day, hold)]
    if not known:
        return None
    if hold.is_history and any(r[name] is True for r in known):
        return True
    last = max(on(r) for r in known)
    values = {str(r[name]) for r in known if on(r) == last}
    value = next(r[name] for r in known if on(r) == last) if len(values) == 1 else None
    if not hold.grows_by:
        return value
    return None if value is None or last == FIRST else value + passed(last, day, hold.grows_by)


def seen(rows: Sequence[Mapping[str, Any]], day: date) -> list[Mapping[str, Any]]:
    return [r for r in rows if on(r) <= day]


def on(row: Mapping[str, Any]) -> date:
    return row.get("visit_date") or FIRST


def counts(row: Mapping[str, Any], day: date, hold: Hold) -> bool:
    if hold.max_age_days is not None and (on(row) == FIRST or on(row) < day - timedelta(days=int(hold.max_age_days))):
        return False
    index = row.get("index_operation_date")
    return not (hold.since_surgery and index and on(row) != FIRST and on(row) < index)


def newest(rows: Sequence[Mapping[str, Any]], name: str) -> Any:
    told = [r for r in rows if r.get(name) is not None]
    return max(told, key=on)[name] if told else None


def passed(start: date, end: date, unit: str) -> float:
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    days = (end - start).days
    return {"days": days, "weeks": round(days / 7, 2), "months": months, "years": months // 12}[unit]
