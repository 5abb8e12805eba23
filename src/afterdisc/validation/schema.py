"""The JSON Schema of a validation, version 1. A new key may be added within a version; none is renamed or removed."""

from __future__ import annotations

from typing import Any

from afterdisc.validation.cause import MEASURES
from afterdisc.validation.ranking import PARTS
from afterdisc.validation.validate import SCHEMA, WHO

TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number"}, {"type": "integer", "minimum": 0}
MAYBE, MAYBE_COUNT = {"type": ["number", "null"]}, {"type": ["integer", "null"], "minimum": 0}
ESTIMATE: dict[str, Any] = {
    "type": "object",
    "required": ["value", "low", "high"],
    "properties": {"value": MAYBE, "low": MAYBE, "high": MAYBE},
    "additionalProperties": False,
}
PEOPLE = (
    "in_answers", "in_truth", "without_truth", "without_answer", "truth_unknown", "truth_contrary", "compared", "rows_compared",
    "rows_without_id",
)  # fmt: skip


def validation_schema() -> dict[str, Any]:
    """The schema as a dictionary (JSON Schema 2020-12)."""
    settings = {"draws": COUNT, "seed": {"type": "integer"}, "level": NUMBER, "shown_from": COUNT}
    shares = {"type": "object", "patternProperties": {"^[0-9]+$": ESTIMATE}, "additionalProperties": False}
    ranking = _object({"rows": MAYBE_COUNT, **dict.fromkeys(PARTS, shares)})
    group = _object({"group": TEXT, "people": MAYBE_COUNT, "rows": MAYBE_COUNT, "causes": _list(_cause())})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What an Afterdisc validation says",
    } | _object(
        {
            "schema": {"const": SCHEMA},
            "knowledge": _object({"version": TEXT, "fingerprint": TEXT}),
            "software": {"type": "object", "additionalProperties": TEXT},
            "settings": _object(settings),
            "people": _object(dict.fromkeys(PEOPLE, MAYBE_COUNT)),
            "causes": _list(_cause()),
            "together": {"type": "object", "additionalProperties": ESTIMATE},
            "ranking": _object(dict.fromkeys(WHO, ranking)),
            "groups": _list(_object({"column": TEXT, "groups": _list(group)})),
        }
    )


def _cause() -> dict[str, Any]:
    point = _object({"rows": COUNT, "promised": NUMBER, "found": ESTIMATE})
    threshold = _object({"threshold": NUMBER, "model": ESTIMATE, "everybody": NUMBER})
    return _object(
        {"cause": TEXT, "label": TEXT, "rows": COUNT, "with_cause": MAYBE_COUNT, "not_shown": TEXT},
        {
            "measures": _object(dict.fromkeys(MEASURES, ESTIMATE)),
            "calibration": _list(point),
            "decision": _list(threshold),
        },
    )


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = required | (optional or {})
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}
