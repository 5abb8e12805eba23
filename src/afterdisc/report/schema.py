"""The JSON Schema of an assessment, version 1. A new key may be added within a version; none is renamed or removed."""

from __future__ import annotations

from typing import Any

from afterdisc.report.assessment import SCHEMA_ID
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES

TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
MAYBE_NUMBER = {"type": ["number", "null"]}
INTERVAL = {"type": "array", "items": PROBABILITY, "minItems": 2, "maxItems": 2}
TEXTS = {"type": "array", "items": TEXT}
URGENCY = {"enum": list(URGENCIES)}
SUPPORT = {"enum": ["measured", "derived", "judgement"]}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | (optional or {})}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


JUDGEMENT = _object({"because": TEXT, "worth": {"type": ["number", "null"]}})
LINE = _object(
    {"id": TEXT, "say": TEXT, "support": SUPPORT, "sources": TEXTS},
    {"judgement": JUDGEMENT, "decided_by": TEXTS, "then": TEXT},
)


def assessment_schema() -> dict[str, Any]:
    """The schema as a dictionary (JSON Schema 2020-12)."""
    schema = _object(
        {
            "schema": {"const": SCHEMA_ID},
            "id": TEXT,
            "urgency": URGENCY,
            "urgency_meaning": TEXT,
            "stage": TEXT,
            "stage_label": TEXT,
            "stage_says": TEXT,
            "red_flags": _list(_red_flag()),
            "causes": _list(_cause()),
            "combinations": _list(_object({"causes": TEXTS, "probability": PROBABILITY})),
            "concurrent_causes": _object(
                {
                    "max_causes": {"type": "integer", "minimum": 1},
                    "at_cap": PROBABILITY,
                    "beyond_three": {"type": ["number", "null"]},
                }
            ),
            "next_steps": _list(_step()),
            "questions": _list(_question()),
            "imaging": _list(
                _object(
                    {"id": TEXT, "title": TEXT, "say": TEXT, "check": TEXTS, "support": SUPPORT, "sources": TEXTS},
                    {"judgement": JUDGEMENT},
                )
            ),
            "not_now": _list(
                _object(
                    {"id": TEXT, "label": TEXT, "rule": TEXT, "say": TEXT, "support": SUPPORT, "sources": TEXTS},
                    {"judgement": JUDGEMENT},
                )
            ),
            "treatments": _list(_treatment()),
            "expected_course": {
                "anyOf": [
                    {"type": "null"},
                    _object(
                        {"time": TEXT, "normally_seen": TEXT, "not_normal": TEXT, "support": SUPPORT, "sources": TEXTS},
                        {"judgement": JUDGEMENT},
                    ),
                ]
            },
            "notes": _list(LINE),
            "missing": _list(_object({"id": TEXT, "label": TEXT, "for": TEXT})),
            "knowledge": _object({"version": TEXT, "fingerprint": TEXT, "review_by": TEXT}),
            "software": _object({"name": TEXT, "version": TEXT}),
            "intended_use": TEXT,
            "interval_level": PROBABILITY,
            "labels": {"type": "object", "additionalProperties": TEXT},
            "sources": {"type": "object", "additionalProperties": _fact()},
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Afterdisc assessment",
        "description": "One person at one evaluation. Unknown is never no. Probabilities of causes are not exclusive.",
    } | schema


def _red_flag() -> dict[str, Any]:
    return _object(
        {
            "id": TEXT,
            "title": TEXT,
            "status": {"enum": ["fired", "ask", "cleared"]},
            "urgency": URGENCY,
            "because": TEXT,
            "decided_by": TEXTS,
            "action": TEXT,
            "investigations": TEXTS,
            "treatments": TEXTS,
            "missing": TEXTS,
            "ask": TEXTS,
            "support": SUPPORT,
            "sources": TEXTS,
        },
        {"judgement": JUDGEMENT},
    )


def _cause() -> dict[str, Any]:
    evidence = _object(
        {
            "finding": TEXT,
            "label": TEXT,
            "found": TEXT,
            "weight": {"type": "number", "description": "natural-log odds; positive speaks for the cause"},
            "support": {"enum": [*SUPPORT["enum"], "background"]},
            "sources": TEXTS,
        },
        {"judgement": JUDGEMENT},
    )
    prior = _object(
        {"p": PROBABILITY, "weeks": _list(NUMBER), "support": SUPPORT, "sources": TEXTS}, {"judgement": JUDGEMENT}
    )
    return _object(
        {
            "id": TEXT,
            "label": TEXT,
            "probability": PROBABILITY,
            "evidence": _list(evidence),
            "summary": TEXT,
            "prior": prior,
        },
        {"interval": INTERVAL, "set_aside": FLAG},
    )


def _step() -> dict[str, Any]:
    return _object(
        {
            "id": TEXT,
            "kind": TEXT,
            "label": TEXT,
            "why": TEXT,
            "bits": NUMBER,
            "chance_of_change": PROBABILITY,
            "burden": {"enum": ["none", "low", "moderate", "high"]},
            "score": NUMBER,
            "findings": TEXTS,
            "checks": TEXTS,
            "sources": TEXTS,
        },
        {"gain": NUMBER, "urgency": URGENCY},
    )


def _question() -> dict[str, Any]:
    return _object(
        {
            "id": TEXT,
            "kind": TEXT,
            "label": TEXT,
            "question": TEXT,
            "mandatory": FLAG,
            "patient_can_answer": FLAG,
            "why": TEXT,
            "bits": NUMBER,
            "chance_of_change": PROBABILITY,
            "score": NUMBER,
        },
        {"gain": NUMBER},
    )


def _harm() -> dict[str, Any]:
    number = {"harm": TEXT, "p": PROBABILITY, "low": PROBABILITY, "high": PROBABILITY, "window": TEXT}
    return _object(number | {"support": SUPPORT, "facts": TEXTS, "why": TEXT, "worth": MAYBE_NUMBER, "where": TEXT})


def _fact() -> dict[str, Any]:
    """One figure as a work prints it, and the work."""
    names = ("id", "item", "value", "unit", "low", "high", "n", "population", "source", "locator", "note")
    work_names = ("id", "author", "year", "title", "journal", "doi", "pmid", "url", "design")
    work = _object(dict.fromkeys(work_names, TEXT))
    return _object(dict.fromkeys(names, TEXT) | {"verified": FLAG, "work": {"anyOf": [{"type": "null"}, work]}})


def _treatment() -> dict[str, Any]:
    guideline = _object(
        {
            "body": TEXT,
            "year": {"type": "integer"},
            "stance": {"enum": ["for", "against", "conditional", "open"]},
            "for_whom": TEXT,
            "says": TEXT,
            "facts": TEXTS,
        }
    )
    dose = _object(
        {"max_mg_per_day": NUMBER, "times_per_day": {"type": ["number", "null"]}, "text": TEXT},
    )
    return _object(
        {
            "id": TEXT,
            "label": TEXT,
            "rung": {"type": "integer"},
            "status": {"enum": list(STATUSES)},
            "summary": TEXT,
            "for": _list(LINE),
            "against": _list(LINE),
            "notes": _list(LINE),
            "gates": _list(LINE),
            "missing": TEXTS,
            "benefit": _object({"p": PROBABILITY, "by_cause": {"type": "object"}, "sources": TEXTS}, {"interval": INTERVAL}),
            "harms": _list(_harm()),
            "invasiveness": {"type": "integer", "minimum": 0, "maximum": 5},
            "stability": TEXT,
            "guidelines": _list(guideline),
            "seed": FLAG,
            "sources": TEXTS,
        },
        {"dose": dose},
    )
