"""Sending an assessment back: only on the clinician's word, only where it is allowed, and told truly."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from afterdisc.clinic.tables import Audit, Visit
from afterdisc.fhir.write.bundle import WRITTEN
from functional.smart.conftest import Launch
from functional.smart.ehr_server import PATIENT
from functional.workspace.house import Visitor


@pytest.fixture
def writing(launch: Launch) -> Launch:
    launch.connect(write_back=True)
    return launch


def opened(launch: Launch) -> tuple[Visitor, str]:
    browser = launch.browser()
    launch.launched(browser)
    with launch.house.database.reading() as session:
        visit = session.scalars(select(Visit)).one().id
    return launch.visitor(browser), f"/visits/{visit}/send"


def sent(launch: Launch) -> list[Any]:
    with launch.house.database.reading() as session:
        return list(session.scalars(select(Audit.detail).where(Audit.action == "assessment.sent")))


@pytest.mark.smart(120)
def test_what_would_be_sent_is_shown_and_sent_only_then(writing: Launch) -> None:
    me, place = opened(writing)
    assert {f"patient/{kind}.c" for kind in WRITTEN} <= set(writing.ehr.asked[0]["scope"].split())
    page = me.get(place)
    assert page.status_code == 200
    assert "Send to General Hospital" in page.text
    assert "RiskAssessment" in page.text
    assert writing.ehr.sent == []
    assert me.post(place).status_code == 303
    (bundle,) = writing.ehr.sent
    assert bundle["type"] == "transaction"
    kinds = {e["resource"]["resourceType"] for e in bundle["entry"]}
    assert {"RiskAssessment", "CarePlan", "Provenance"} <= kinds <= set(WRITTEN)
    risk = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "RiskAssessment")
    assert risk["subject"] == {"reference": f"Patient/{PATIENT}"}
    assert "Sent 25 Nov 2026" in me.get(place).text
    assert len(sent(writing)) == 1


def test_without_the_scopes_nothing_is_offered_and_nothing_sent(launch: Launch) -> None:
    me, place = opened(launch)
    page = me.get(place)
    assert "has not allowed this app to write" in page.text
    assert "Send to General Hospital" not in page.text
    assert me.post(place).status_code == 409
    assert launch.ehr.sent == []


@pytest.mark.smart(147)
def test_scopes_that_were_asked_for_and_not_granted_count_as_not_granted(writing: Launch) -> None:
    writing.ehr.granted = "launch openid fhirUser patient/*.rs"
    me, place = opened(writing)
    assert me.post(place).status_code == 409
    assert writing.ehr.sent == []


def test_a_server_that_does_not_take_it_is_told_and_nothing_is_noted(writing: Launch) -> None:
    me, place = opened(writing)
    writing.ehr.takes = 422
    answer = me.post(place)
    assert answer.status_code == 502
    assert "FHIR server" in answer.text
    assert sent(writing) == []


def test_an_answer_that_confirms_only_a_part_is_no_success(writing: Launch) -> None:
    me, place = opened(writing)
    writing.ehr.transaction = lambda bundle, authorization: (200, {"resourceType": "Bundle", "entry": []})  # type: ignore[method-assign]
    answer = me.post(place)
    assert answer.status_code == 502
    assert "did not confirm" in answer.text
    assert sent(writing) == []


def test_sending_needs_the_token_of_our_pages(writing: Launch) -> None:
    me, place = opened(writing)
    assert me.client.post(place).status_code == 403
    assert writing.ehr.sent == []
