"""Records that another program invented (Synthea's shape), with the story of a disc operation grafted on.

The right things are found, nothing else changes, and what is absent stays unknown; also by way of a server of others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

import afterdisc as ad
from afterdisc.fhir import Reading, read_record, record_of
from afterdisc.fhir.shape import refuse_other_shapes
from afterdisc.fhir.strict import read_json
from afterdisc.fhir.write import probabilities_of
from afterdisc.program import Program
from functional.ehr.sekmet import Sekmet
from functional.fhir.synthea import AT, N_PEOPLE, Json, grafted, people
from functional.terminal import afterdisc
from functional.workspace.house import House

STORY = {
    "weeks_since_surgery": 33.71,
    "n_lumbar_operations": 1,
    "leg_pain_present": True,
    "crp_mg_l": 4.0,
    "mri_contrast_done": True,
    "esi_count_12_months": 2,
    "egfr_ml_min": 55,
    "creatinine_age_days": 17,
}
READ = (
    "Condition",
    "Procedure",
    "Observation",
    "DiagnosticReport",
    "MedicationRequest",
    "MedicationStatement",
    "AllergyIntolerance",
    "Device",
    "ServiceRequest",
    "DocumentReference",
    "QuestionnaireResponse",
)
NEVER_SAID = ("saddle_numbness", "bladder_disturbance", "fever", "cancer_history", "odi_percent", "hardware_present")


@dataclass(frozen=True)
class Person:
    """One invented record, without the story and with it."""

    plain: Json
    story: Json
    before: Reading
    after: Reading


@pytest.fixture(scope="module")
def persons(program: Program) -> list[Person]:
    made = [(record, grafted(record)) for record in people()]
    assert len(made) == N_PEOPLE
    return [Person(a, b, _read(program, a), _read(program, b)) for a, b in made]


def _read(program: Program, record: Any) -> Reading:
    return read_record(program, record_of(record), at=AT)


def test_their_records_are_r4_to_us(persons: list[Person]) -> None:
    for person in persons:
        assert len(person.story["entry"]) > 2_000
        refuse_other_shapes(read_json(json.dumps(person.story).encode()))


def test_the_story_is_found_and_nothing_else_changes(persons: list[Person]) -> None:
    for person in persons:
        before, after = person.before.findings, person.after.findings
        new = {name: value for name, value in after.items() if before.get(name) != value}
        assert {"ibuprofen"} | set(filter(None, before.get("takes", []))) == set(filter(None, new.pop("takes")))
        assert new.pop("dose_mg_per_day")["ibuprofen"] == 1200
        assert new == STORY
        assert before.keys() <= after.keys()
        assert person.after.operated_on == "2026-03-10"


def test_everything_found_says_where_it_comes_from(persons: list[Person]) -> None:
    for person in persons:
        held = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in person.story["entry"]}
        found = {f.finding: f for f in person.after.found}
        assert {f.resource for f in found.values()} <= held
        assert found["crp_mg_l"].code == "LOINC|1988-5"
        assert (found["crp_mg_l"].resource, found["crp_mg_l"].on) == ("Observation/story-6", "2026-10-29")
        assert all(f.on <= AT for f in found.values())


def test_what_is_absent_stays_unknown(persons: list[Person], program: Program) -> None:
    for person in persons:
        assert not set(NEVER_SAID) & set(person.after.findings)
        missing = {m.finding for m in person.after.missing}
        assert missing | set(person.after.findings) == set(program.book["findings"])
        for found in person.after.found:
            if found.value is False:  # only where somebody answered
                assert found.resource.startswith("Observation/")


def test_what_the_story_holds_but_cannot_be_read_is_told(persons: list[Person]) -> None:
    for person in persons:
        told = {(u.finding, u.resource): u.why for u in person.after.unread}
        assert "asked, not answered" in told["odi_percent", "Observation/story-8"]
        assert "refuted" in told["fever", "Condition/story-4"]
        assert [(p.finding, p.resource) for p in person.after.points] == [
            ("operative_report_reviewed", "DocumentReference/story-10")
        ]


def test_before_the_operation_nothing_of_it_is_known(persons: list[Person], program: Program) -> None:
    for person in persons:
        earlier = read_record(program, record_of(person.story), at="2026-03-01")
        assert earlier.operated_on == ""
        assert not set(STORY) & set(earlier.findings)


def test_the_endpoint_and_the_command_give_the_same_assessment(
    persons: list[Person], program: Program, house: House, tmp_path: Path
) -> None:
    client = TestClient(house.app, base_url="http://testserver", client=("127.0.0.1", 50_000))
    for person in persons:
        expected = ad.assess(person.after.case(), program=program)
        path = tmp_path / "record.json"
        path.write_text(json.dumps(person.story), encoding="utf-8")
        assert json.loads(afterdisc("fhir", "assess", path, "--at", AT, "--json").out) == expected
        question = {
            "resourceType": "Parameters",
            "parameter": [{"name": "record", "resource": person.story}, {"name": "at", "valueDate": AT}],
        }
        made = client.post("/fhir/$assess", json=question).json()
        risk = next(e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == "RiskAssessment")
        assert probabilities_of(program, risk) == {c["id"]: c["probability"] for c in expected["causes"]}
        assert risk["subject"]["reference"] == person.after.patient


# ------------------------------------------------------------------------------------------------- by way of a real server


def everything(server: Sekmet, own: str) -> Any:
    return server.get(f"Patient/{own}/$everything?_count=10000")


def by_search(server: Sekmet, own: str) -> list[Any]:
    """As an app reads: one search a type, page after page."""
    pages = (page for kind in READ for page in _pages(server, f"{kind}?patient={own}&_count=500"))
    return [server.get(f"Patient/{own}"), *pages]


def _pages(server: Sekmet, path: str) -> Iterator[Any]:
    while path:
        page = server.get(path)
        yield page
        following = next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), "")
        path = following.removeprefix(f"{server.base}/")


def posted(server: Sekmet, transaction: Json) -> Any:
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/fhir+json"}
    answer = httpx2.post(server.base, content=json.dumps(transaction), headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text[:2000]
    return answer.json()


@pytest.mark.parametrize("read_back", [everything, by_search], ids=["everything", "search"])
def test_a_server_gives_back_the_same_findings(
    persons: list[Person], program: Program, sekmet: Sekmet, read_back: Callable[[Sekmet, str], Any]
) -> None:
    for person in persons:
        kept = posted(sekmet, person.story)
        assert all(e["response"]["status"].startswith("201") for e in kept["entry"])
        own = kept["entry"][0]["response"]["location"].removeprefix(f"{sekmet.base}/").split("/")[1]
        again = _read(program, read_back(sekmet, own))
        assert again.patient == f"Patient/{own}"
        assert again.findings == person.after.findings
        assert again.foreign == ()
        shown = [(f.finding, f.on, f.code, f.element) for f in person.after.found]
        assert [(f.finding, f.on, f.code, f.element) for f in again.found] == shown
