"""Whatever a call holds, the server answers, and an error repeats nothing of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afterdisc.program import Program
from functional.fhir.mutated import SECRET, damaged
from functional.hooks.calls import SIGN, VIEW, Json, Machine, examples, members, sign

CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True, "database": None}


def refused_or_answered(ehr: Machine, path: str, body: Any) -> None:
    raw = json.dumps(body).encode("utf-8", "surrogatepass")
    answer = ehr.client.post(path, content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, answer.text
    if answer.status_code == 200:
        cards = answer.json().get("cards", [])
        assert not [v for v in members(cards) if v is None]
        assert all(len(c["summary"]) < 140 for c in cards)
    else:
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert SECRET not in answer.text


@pytest.mark.slow
def test_a_damaged_call_is_refused_or_answered(ehr: Machine, program: Program) -> None:
    """Damage anywhere: in the call, its context, its orders, its prefetched resources."""
    for _, service, whole in examples(program):
        throw_damaged(ehr, f"/cds-services/{service}", whole)


def throw_damaged(ehr: Machine, path: str, whole: Json) -> None:
    @settings(max_examples=40, **CALM)
    @given(body=damaged(whole))
    def throw(body: Json) -> None:
        refused_or_answered(ehr, path, body)

    throw()


@pytest.mark.slow
def test_damaged_orders_are_refused_or_answered(ehr: Machine, program: Program) -> None:
    _, _, whole = next(e for e in examples(program) if e[0] == "contrast in question")
    orders = whole["context"]["draftOrders"]

    @settings(max_examples=150, **CALM)
    @given(bundle=damaged(orders))
    def throw(bundle: Json) -> None:
        body = sign(program, {"leg_pain_nrs": 6, "leg_relief_after_surgery": "good"})
        body["context"]["draftOrders"] = bundle
        refused_or_answered(ehr, f"/cds-services/{SIGN}", body)

    throw()


@pytest.mark.slow
def test_damaged_results_are_refused_or_answered(ehr: Machine, program: Program) -> None:
    _, _, whole = next(e for e in examples(program) if e[0] == "NSAID and kidneys")
    results = whole["prefetch"]["observations-survey"]

    @settings(max_examples=150, **CALM)
    @given(bundle=damaged(results))
    def throw(bundle: Json) -> None:
        body = json.loads(json.dumps(whole))
        body["prefetch"]["observations-survey"] = bundle
        refused_or_answered(ehr, f"/cds-services/{SIGN}", body)

    throw()


def test_any_json_as_feedback_is_refused(ehr: Machine) -> None:
    texts = st.text(max_size=20) | st.just(SECRET)
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
        max_leaves=12,
    )

    @settings(max_examples=150, **CALM)
    @given(body=anything)
    def throw(body: Any) -> None:
        answer = ehr.client.post(f"/cds-services/{VIEW}/feedback", json={"feedback": body})
        assert 400 <= answer.status_code < 500
        assert SECRET not in answer.text

    throw()


KEYS = ["card", "outcome", "outcomeTimestamp", "overrideReason", "reason", "userComment", "acceptedSuggestions", "id", "code"]


def test_a_deep_or_endless_call_is_refused_at_once(ehr: Machine) -> None:
    deep = "[" * 5_000 + "]" * 5_000
    for raw in (f'{{"context": {deep}}}', '{"prefetch": {"a": ' * 400 + "1" + "}}" * 400):
        answer = ehr.client.post(f"/cds-services/{VIEW}", content=raw, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500


def test_a_call_of_more_than_20_mb_is_refused(ehr: Machine) -> None:
    raw = b'{"hook": "' + b"x" * 20_000_001 + b'"}'
    answer = ehr.client.post(f"/cds-services/{VIEW}", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
