"""The units of findings in UCUM; the numbers themselves are never touched."""

from __future__ import annotations

from collections.abc import Mapping

from afterdisc.fhir.write.shape import Json

UCUM = "http://unitsofmeasure.org"
CODES: Mapping[str, str] = {  # as findings write it -> UCUM
    "%": "%",
    "10^9/L": "10*9/L",
    "MME/day": "{MME}/d",
    "MRC grade": "{MRC_grade}",
    "SD": "{SD}",
    "days": "d",
    "degrees": "deg",
    "events": "{events}",
    "hours": "h",
    "index": "{index}",
    "injections": "{injections}",
    "kg/m2": "kg/m2",
    "mL": "mL",
    "mL/min": "mL/min",
    "mg": "mg",
    "mg/L": "mg/L",
    "mm": "mm",
    "mm/h": "mm/h",
    "months": "mo",
    "operations": "{operations}",
    "points": "{score}",
    "ratio": "{ratio}",
    "tests": "{tests}",
    "weeks": "wk",
    "years": "a",
    "°C": "Cel",
}


def unit_coding(unit: str) -> Json:
    """A finding's unit as coding; empty for none."""
    return {"system": UCUM, "code": CODES[unit], "display": unit} if unit in CODES else {}


def quantity(value: float, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": CODES[unit]}
