"""Dates as FHIR writes them: to the year, the month, the day or the second."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from afterdisc.words.days import days_between, weeks_between, whole_years

_FHIR = re.compile(r"(\d{4})(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?")
Resource = Mapping[str, Any]
ELEMENTS: Mapping[str, tuple[str, ...]] = {  # where each kind of resource says when; the first that is there counts
    "Observation": ("effectiveDateTime", "effectivePeriod.end", "effectivePeriod.start", "effectiveInstant", "issued"),
    "Condition": ("onsetDateTime", "onsetPeriod.start", "recordedDate"),
    "Procedure": ("performedDateTime", "performedPeriod.start", "performedPeriod.end"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod.start", "issued"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod.start", "dateAsserted"),
    "AllergyIntolerance": ("onsetDateTime", "recordedDate"),
    "ServiceRequest": ("occurrenceDateTime", "occurrencePeriod.start", "authoredOn"),
    "DocumentReference": ("date", "context.period.start"),
    "QuestionnaireResponse": ("authored",),
    "Patient": ("birthDate",),
}
IN_DAYS = {"days": 1.0, "months": 30.4375, "years": 365.25}


@dataclass(frozen=True)
class Moment:
    """One date of a record as written; `is_readable` False for text that is no date."""

    text: str
    is_readable: bool = True

    @property
    def is_known(self) -> bool:
        return self.is_readable and bool(self.text)

    @property
    def day(self) -> str:
        return self.text[:10]

    @property
    def is_to_the_day(self) -> bool:
        return self.is_known and len(self.text) >= 10

    @property
    def sort_key(self) -> str:
        """Sorts in the order of time where both sides are equally exact: instants in UTC, days as they are."""
        instant = self.instant
        return instant.astimezone(UTC).isoformat() if instant else self.text

    @property
    def instant(self) -> datetime | None:
        """None unless it is to the minute and says its time zone."""
        if len(self.text) < 17 or not self.is_readable:
            return None
        found = datetime.fromisoformat(self.text.replace("Z", "+00:00"))
        return found if found.tzinfo else None


NEVER = Moment("")


def moment_of(value: object) -> Moment:
    """A date of a record. Text that is no date gives one that is not readable."""
    if not isinstance(value, str):
        return Moment("", is_readable=value is None)
    if not _FHIR.fullmatch(value):
        return Moment("", is_readable=False)
    try:
        if len(value) >= 17:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        date.fromisoformat((value + "-01-01")[:10] if len(value) == 4 else (value + "-01")[:10])
    except ValueError:
        return Moment("", is_readable=False)
    return Moment(value)


def when_of(resource: Resource) -> Moment:
    """The date that counts for a resource; not known if it says none."""
    for element in ELEMENTS.get(str(resource.get("resourceType")), ()):
        found: Any = resource
        for step in element.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        if found is not None:
            return moment_of(found)
    return NEVER


def is_after(moment: Moment, at: str) -> bool:
    """Is it later than `at`? Compared as exactly as the coarser of both is written."""
    other = moment_of(at)
    ours, theirs = moment.instant, other.instant
    if ours and theirs:
        return ours > theirs
    n = min(len(moment.day), len(other.day))
    return moment.day[:n] > other.day[:n]


def elapsed(moment: Moment, at: str, unit: str) -> float | None:
    """From a moment to `at` in this unit: whole years, else to a hundredth; None where the date is too coarse for it."""
    if unit == "hours":
        begun, ended = moment.instant, moment_of(at).instant
        return round((ended - begun).total_seconds() / 3600, 2) if begun and ended else None
    if not moment.is_to_the_day:
        return None
    if unit == "years":
        return float(whole_years(moment.day, at))
    if unit == "weeks":
        return weeks_between(moment.day, at)
    return round(days_between(moment.day, at) / IN_DAYS[unit], 2)
