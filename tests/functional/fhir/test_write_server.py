"""A FHIR server that others wrote takes our transaction whole, and gives back what went in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from afterdisc.door import assess
from afterdisc.fhir.write import probabilities_of
from afterdisc.program import Program
from agreement.people import examples
from functional.ehr.sekmet import Sekmet, running
from functional.fhir.valid.people import SUBJECT, as_text, reading_of, record_with, written

Json = dict[str, Any]
CASE = {"id": "recurrence", "findings": examples()["returning-leg-pain"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sekmet]:
    with running(tmp_path_factory.mktemp("sekmet")) as made:
        yield made


@pytest.fixture(scope="module")
def assessment(program: Program) -> Json:
    return assess(CASE, program=program)


@pytest.fixture(scope="module")
def written_back(program: Program, server: Sekmet, assessment: Json) -> list[str]:
    """The addresses under which the server keeps what we posted; the record that it rests on was there before."""
    server.put(*(entry["resource"] for entry in record_with(program, CASE["findings"])["entry"]))
    reading = reading_of(program, CASE["findings"])
    posted = written(program, CASE, assessment, reading=reading, kind="transaction", with_response=True)
    answer = sent(server, posted)
    assert [e["response"]["status"][:3] for e in answer["entry"]] == ["201"] * len(posted["entry"])
    return [re.search(r"([A-Z]\w+/[^/]+)(/_history/\d+)?$", e["response"]["location"])[1] for e in answer["entry"]]  # type: ignore[index]


def sent(server: Sekmet, transaction: Json) -> Json:
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/fhir+json"}
    with httpx2.Client(trust_env=False, timeout=60) as client:
        reply = client.post(server.base, headers=headers, json=transaction)
    assert reply.status_code == 200, reply.text[:2000]
    answer: Json = reply.json()
    return answer


def test_every_type_is_taken(written_back: list[str]) -> None:
    kinds = Counter(address.partition("/")[0] for address in written_back)
    assert set(kinds) == {
        "RiskAssessment",
        "DetectedIssue",
        "ServiceRequest",
        "MedicationRequest",
        "Task",
        "CarePlan",
        "QuestionnaireResponse",
        "Provenance",
    }


def test_the_probabilities_come_back_to_the_last_bit(
    program: Program, server: Sekmet, assessment: Json, written_back: list[str]
) -> None:
    (address,) = [a for a in written_back if a.startswith("RiskAssessment/")]
    risk = server.get(address)
    assert risk["subject"]["reference"] == SUBJECT
    assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in assessment["causes"]}


def test_every_reference_leads_to_something_the_server_has(server: Sekmet, written_back: list[str]) -> None:
    kept = {address: server.get(address) for address in written_back}
    used = {r for made in kept.values() for r in re.findall(r'"reference": "([^"#]+)"', as_text(made))}
    assert not [r for r in used if r.startswith("urn:")]
    observed = {r for r in used if r.startswith("Observation/")}
    assert observed
    assert used - observed - {SUBJECT} <= set(kept)
    assert all(server.get(r)["resourceType"] == "Observation" for r in sorted(observed)[:3])
