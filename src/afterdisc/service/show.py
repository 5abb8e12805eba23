"""How values of the record are shown: dates, ages, answers, origins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from afterdisc.clinic.record import ORIGINS, Known
from afterdisc.report.answers import answer as answer
from afterdisc.words.days import day

NOT_ASKED = "not asked yet"
Item = Mapping[str, Any]
NAVIGATION = (
    ("/worklist", "Worklist", ("clinician",)),
    ("/medicine", "Medicine", ("clinician", "reviewer")),
    ("/admin", "Administration", ("administrator",)),
)


def clock_time(stamped: str) -> str:
    return stamped[11:16]


def how_old(observed_on: str, today: str) -> str:
    """How long ago, as one says it."""
    days = (date.fromisoformat(today) - date.fromisoformat(observed_on[:10])).days
    if days <= 0:
        return "today"
    for size, name in ((365, "year"), (30, "month"), (7, "week"), (1, "day")):
        if days >= size:
            n = days // size
            return f"{n} {name}{'s' if n > 1 else ''} ago"
    return "today"


def origin(name: str) -> str:
    return ORIGINS.get(name, name)


def full_name(patient: Any) -> str:
    return ", ".join(part for part in (patient.family_name, patient.given_name) if part)


def provenance(known: Known, today: str) -> str:
    """Where a value comes from and how old it is, in half a sentence."""
    entry = f" ({known.source})" if known.source else ""
    said = f"{origin(known.origin)}{entry}, {how_old(known.observed_on, today)}"
    return said if known.is_confirmed else f"{said}, not confirmed"


KINDS_OF_LINE = {
    "mcid": "Smallest change that matters (MCID)",
    "success": "Change of those who call it a success",
    "failure": "Less change than this: not helped",
    "pass": "Acceptable state (PASS)",
}


def threshold(line: Item) -> str:
    """What a line of an instrument means."""
    return KINDS_OF_LINE[line["kind"]]


def record_parts(visit_id: str) -> tuple[tuple[str, str], ...]:
    """The pages of one visit where the site is connected to a record system."""
    at = f"/visits/{visit_id}"
    return ((f"{at}/from-record", "From the record"), (f"{at}/send", "Send back"))


def visit_parts(visit_id: str) -> tuple[tuple[str, str], ...]:
    """The pages of one visit."""
    at = f"/visits/{visit_id}"
    return (
        (at, "Assess"),
        (f"{at}/decide", "Decide and record"),
        (f"{at}/measure", "Measure films"),
        (f"{at}/invite", "Before the visit"),
    )


FILTERS: dict[str, Callable[..., Any]] = {
    "day": day,
    "clock_time": clock_time,
    "how_old": how_old,
    "origin": origin,
    "full_name": full_name,
    "score_option": lambda pair: (pair[0], pair[1]["label"]),
    "treatment_option": lambda pair: (pair[0], pair[1]["label"]),
}
