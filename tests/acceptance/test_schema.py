"""Every assessment is what the published JSON Schema says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import afterdisc as ad
from acceptance.coded import EXAMPLES, ROOT, every_case
from afterdisc.program import Program
from afterdisc.report.schema import assessment_schema

PUBLISHED_SCHEMA = ROOT / "docs" / "schema" / "assessment-1.json"
VALIDATOR = Draft202012Validator(assessment_schema())


def closed(schema: Any) -> Any:
    """The same schema, with every object allowed its named keys only: nothing leaves the house undescribed."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(part) for key, part in schema.items()}
    if "properties" in out:
        out.setdefault("additionalProperties", False)
    return out


def errors(validator: Draft202012Validator, answer: dict[str, Any]) -> list[str]:
    plain = json.loads(json.dumps(answer))
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(plain)]


def test_the_published_schema_is_the_one_in_use() -> None:
    published = json.loads(PUBLISHED_SCHEMA.read_text(encoding="utf-8"))
    assert published == assessment_schema(), "write it anew: ./run schema > docs/schema/assessment-1.json"


@pytest.mark.parametrize("case", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_is_valid(case: dict[str, Any]) -> None:
    assert errors(VALIDATOR, ad.assess(case)) == []


def test_coded_cases_are_valid(program: Program) -> None:
    """Every third of them, for time."""
    for name, findings in (*list(every_case())[::3], ("nothing known", {})):
        assert errors(VALIDATOR, ad.assess(findings, program=program, intervals=False)) == [], name


@pytest.mark.parametrize("case", EXAMPLES.values(), ids=EXAMPLES)
def test_nothing_is_answered_that_the_schema_does_not_describe(case: dict[str, Any]) -> None:
    assert errors(Draft202012Validator(closed(assessment_schema())), ad.assess(case)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("urgency", "E4"), ("urgency", None), ("causes", [{}]), ("treatments", {}), ("schema", "afterdisc-assessment/2")],
)
def test_what_is_no_assessment_is_not_valid(key: str, value: Any) -> None:
    assert errors(VALIDATOR, ad.assess({}) | {key: value})


def test_probabilities_and_order_are_what_the_schema_cannot_say(program: Program) -> None:
    for name, findings in every_case():
        answer = ad.assess(findings, program=program, intervals=False)
        set_aside = [c for c in answer["causes"] if c.get("set_aside")]
        chances = [c["probability"] for c in answer["causes"] if c not in set_aside]
        assert chances == sorted(chances, reverse=True), name
        assert answer["causes"][len(chances) :] == set_aside, name
        fired = [f["urgency"] for f in answer["red_flags"] if f["status"] == "fired"]
        assert answer["urgency"] == min(fired, key=["E0", "E1", "E2", "ask", "E3"].index, default="E3"), name
        assert len(answer["treatments"]) == len(program.treatments), name
