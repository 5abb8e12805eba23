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


def risk_of(launch: Launch) -> dict[str, Any]:
    """The RiskAssessment that was sent last."""
    found: dict[str, Any] = launch.ehr.sent[-1]["entry"][0]["resource"]
    assert found["resourceType"] == "RiskAssessment"
    return found


def test_what_is_sent_names_the_entries_it_rests_on_and_no_others(writing: Launch) -> None:
    me, place = opened(writing)
    me.post(place)
    assert {"reference": "Observation/crp-1"} in risk_of(writing)["basis"]
    assert {"reference": "MedicationRequest/med-1"} in risk_of(writing)["basis"]
    me.answer(place.split("/")[2], {"crp_mg_l": 40}, seen=2**60)
    me.post(place)
    assert {"reference": "Observation/crp-1"} not in risk_of(writing)["basis"]
    assert {"reference": "MedicationRequest/med-1"} in risk_of(writing)["basis"]


def test_what_is_sent_is_final_only_when_whoever_sends_it_has_signed(writing: Launch) -> None:
    me, place = opened(writing)
    me.post(place)
    assert risk_of(writing)["status"] == "preliminary"
    assert me.post(place.replace("/send", "/sign"), {"text": "Seen."}).status_code == 303
    me.post(place)
    assert risk_of(writing)["status"] == "final"


def test_a_token_that_was_renewed_to_send_is_kept_although_sending_failed(writing: Launch) -> None:
    me, place = opened(writing)
    for takes, status in ((500, 502), (201, 303)):
        writing.house.clock.on(minutes=6)
        writing.ehr.now = writing.house.clock().timestamp()
        writing.ehr.takes = takes
        assert me.post(place).status_code == status
    assert len(sent(writing)) == 1


@pytest.mark.parametrize("response", [None, "201", {}, {"status": 201}, {"status": "400 Bad Request"}])
def test_an_entry_that_is_not_confirmed_is_no_success(writing: Launch, response: Any) -> None:
    me, place = opened(writing)

    def take(bundle: dict[str, Any], _: str) -> tuple[int, dict[str, Any]]:
        made = [{"response": {"status": "201 Created"}} for _ in bundle["entry"][1:]]
        return 200, {"resourceType": "Bundle", "entry": [{"response": response}, *made]}

    writing.ehr.transaction = take  # type: ignore[method-assign]
    is_made = response == {"status": 201}
    assert me.post(place).status_code == (303 if is_made else 502)
    assert len(sent(writing)) == is_made
