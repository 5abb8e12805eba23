"""The value of an Observation or a component, as a finding would hold it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from afterdisc.fhir.read.codes import Lookup, Reader, codings

NUMBERS = ("valueInteger", "valueDecimal")
UNITLESS = "1"
SAME_AS_ONE = {"", "1", "{score}", "{points}", "{#}", "{count}", "score"}
UCUM = "http://unitsofmeasure.org"
COMPARATORS = {"<": "less than this", "<=": "at most this", ">": "more than this", ">=": "at least this"}
REASONS = {  # http://terminology.hl7.org/CodeSystem/data-absent-reason
    "unknown": "not known",
    "asked-unknown": "asked, not known",
    "temp-unknown": "not known yet",
    "not-asked": "not asked",
    "asked-declined": "asked, not answered",
    "masked": "withheld",
    "not-applicable": "not applicable",
    "unsupported": "not supported",
    "not-performed": "not done",
    "not-permitted": "not permitted",
    "error": "an error",
    "as-text": "only as text",
}


class NotReadable(Exception):
    """Why a value cannot be read, and how to mend it; holds nothing of the value."""

    def __init__(self, why: str, mend: str = "") -> None:
        self.why, self.mend = why, mend
        super().__init__(why)


def absent_because(node: Mapping[str, Any]) -> str | None:
    """The record's own reason for having no value, in words; None if it gives none."""
    if "dataAbsentReason" not in node:
        return None
    said = [REASONS[code] for _, code, _ in codings(node["dataAbsentReason"]) if code in REASONS]
    return said[0] if said else "no reason that can be read"


def reaches(reader: Reader, node: Mapping[str, Any]) -> tuple[bool, str]:
    """(is the number at least the declared limit, note). Raises NotReadable."""
    value, note = quantity(reader, node)
    return value >= reader.d["at_least"], note


def quantity(reader: Reader, node: Mapping[str, Any]) -> tuple[float, str]:
    """(number in the finding's unit, note). Raises NotReadable."""
    units: Mapping[str, list[float]] = reader.d["units"]
    for name in NUMBERS:
        if name in node:
            return _scaled(node[name], _unit_of(units, ""), ""), ""
    given = node.get("valueQuantity")
    if not isinstance(given, dict):
        raise NotReadable("it holds no number", "Send valueQuantity with a UCUM code.")
    unit = given.get("code") if given.get("system") in (UCUM, None) and given.get("code") else given.get("unit", "")
    comparator = given.get("comparator")
    note = COMPARATORS.get(comparator, "") if isinstance(comparator, str) else ""
    return _scaled(given.get("value"), _unit_of(units, unit), note), note


def _unit_of(units: Mapping[str, list[float]], unit: object) -> list[float]:
    text = unit.strip() if isinstance(unit, str) else ""
    if text in units:
        return units[text]
    if text in SAME_AS_ONE and UNITLESS in units:
        return units[UNITLESS]
    missing = "it has no unit" if not text else "its unit is not one of those declared"
    raise NotReadable(missing, f"Declared: {', '.join(units)} (UCUM).")


def _scaled(value: object, scale: list[float], _: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotReadable("its value is no number", "Send a JSON number.")
    factor, offset = scale
    return value if factor == 1 and offset == 0 else round(value * factor + offset, 6)


def coded_state(reader: Reader, node: Mapping[str, Any]) -> Any:
    """The state a coded value stands for; true or false for a yes/no finding. Raises NotReadable."""
    for system, code, _ in codings(node.get("valueCodeableConcept")):
        state = reader.states.get((system, code))
        if state is not None:
            return state == "true" if reader.kind == "bool" else state
    raise NotReadable("its coded value is not one of those declared")


def yes_or_no(lookup: Lookup, node: Mapping[str, Any]) -> bool:
    """From valueBoolean or a coded yes or no. Raises NotReadable."""
    if isinstance(node.get("valueBoolean"), bool):
        return bool(node["valueBoolean"])
    pairs = {(system, code) for system, code, _ in codings(node.get("valueCodeableConcept"))}
    if bool(pairs & lookup.yes) != bool(pairs & lookup.no):
        return bool(pairs & lookup.yes)
    raise NotReadable("it is neither a yes nor a no", "Send valueBoolean, or a coded yes or no.")


def fitted(kind: str, limits: list[float] | None, value: Any) -> Any:
    """The value as the finding takes it. Raises NotReadable for one that this finding cannot have."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if limits and not limits[0] <= value <= limits[1]:
        raise NotReadable("its value is outside what is possible", "Check the unit.")
    if kind == "count":
        if value != int(value):
            raise NotReadable("its value is no whole number")
        return int(value)
    return value
