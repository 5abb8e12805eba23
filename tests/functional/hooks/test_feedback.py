"""What clinicians did with cards: taken in, kept, and counted by rule and week."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select as rows

from afterdisc.clinic import audit
from afterdisc.clinic.ehr_tables import CardFeedback, HookCard
from afterdisc.clinic.hook_report import rules_by_week, services_by_week, week_of
from afterdisc.program import Program
from functional.hooks.calls import NUMB_SADDLE, POOR_KIDNEYS, SIGN, VIEW, Json, Machine, prescription, sign, view
from functional.workspace.house import House

WHEN = "2026-11-25T10:05:31Z"
COMMENT = "Creatinine was of another patient, Ms Beeblebrox"


@pytest.fixture
def card(ehr: Machine, program: Program) -> Json:
    (found,) = ehr.cards(SIGN, sign(program, POOR_KIDNEYS, prescription("Ibuprofen 400 mg tablet")))
    return found


def accepted(card: Json) -> Json:
    taken = [{"id": s["uuid"]} for s in card["suggestions"]]
    return {"card": card["uuid"], "outcome": "accepted", "acceptedSuggestions": taken, "outcomeTimestamp": WHEN}


def overridden(card: Json, **reason: Any) -> Json:
    given = {"overrideReason": reason} if reason else {}
    return {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": WHEN} | given


def kept(house: House) -> list[CardFeedback]:
    with house.database.reading() as session:
        return list(session.scalars(rows(CardFeedback)))


@pytest.mark.cds_hooks(148)
def test_an_accepted_suggestion_is_kept(ehr: Machine, house: House, card: Json) -> None:
    assert ehr.tell(SIGN, accepted(card)).status_code == 200
    (told,) = kept(house)
    assert (told.card, told.outcome, told.suggestions) == (card["uuid"], "accepted", [card["suggestions"][0]["uuid"]])
    assert (told.acted_at, told.has_comment) == (WHEN, False)


def test_an_override_is_kept_with_its_reason_and_comment(ehr: Machine, house: House, card: Json) -> None:
    reason = card["overrideReasons"][0]
    assert ehr.tell(SIGN, overridden(card, reason=reason, userComment=COMMENT)).status_code == 200
    (told,) = kept(house)
    assert (told.override_code, told.has_comment, told.user_comment) == (reason["code"], True, COMMENT)


def test_a_reason_of_the_clients_own_is_kept_under_its_system(ehr: Machine, house: House, card: Json) -> None:
    own = {"system": "https://ehr.example/reasons", "code": "busy"}
    ehr.tell(SIGN, overridden(card, reason=own))
    ehr.tell(SIGN, overridden(card, reason={"code": "bare"}), overridden(card))
    assert {f.override_code for f in kept(house)} == {"https://ehr.example/reasons|busy", "bare", ""}


@pytest.mark.parametrize(
    ("element", "change"),
    [
        ("card", {"card": ""}),
        ("card", {"card": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
        ("outcome", {"outcome": "ignored"}),
        ("outcomeTimestamp", {"outcomeTimestamp": "yesterday"}),
        ("outcomeTimestamp", {"outcomeTimestamp": "2026-11-25T10:05:31"}),
        ("acceptedSuggestions", {"acceptedSuggestions": []}),
        ("acceptedSuggestions[0].id", {"acceptedSuggestions": [{"uuid": "x"}]}),
    ],
)
def test_wrong_feedback_is_refused_by_the_element_and_nothing_is_kept(
    ehr: Machine, house: House, card: Json, element: str, change: Json
) -> None:
    answer = ehr.tell(SIGN, overridden(card), accepted(card) | change)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == [f"feedback[1].{element}"]
    assert kept(house) == []


@pytest.mark.parametrize("body", [[], {}, {"feedback": []}, {"feedback": {}}, {"feedback": ["x"]}])
def test_what_is_no_feedback_is_refused(ehr: Machine, body: Any) -> None:
    answer = ehr.client.post(f"/cds-services/{SIGN}/feedback", json=body)
    assert answer.status_code in (400, 422)


def test_a_card_of_another_service_is_not_taken(ehr: Machine, card: Json) -> None:
    assert ehr.tell(VIEW, accepted(card)).status_code == 400


def test_the_audit_holds_that_there_was_feedback_and_nothing_of_what_was_said(ehr: Machine, house: House, card: Json) -> None:
    ehr.tell(SIGN, overridden(card, userComment=COMMENT))
    with house.database.reading() as session:
        assert audit.verify(session).holds
        entries = list(session.scalars(rows(audit.Audit)))
    assert [a.action for a in entries[-2:]] == ["hooks.answered", "hooks.feedback"]
    assert entries[-1].subject_id == card["uuid"]
    assert "Beeblebrox" not in "".join(a.detail for a in entries)


# -- the report ----------------------------------------------------------------------------------------------------------


def test_the_report_counts_by_rule_and_week(ehr: Machine, house: House, program: Program, card: Json) -> None:
    (flag,) = ehr.cards(VIEW, view(program, NUMB_SADDLE))
    reason = card["overrideReasons"][0]
    ehr.tell(SIGN, overridden(card))
    house.clock.on(minutes=1)
    ehr.tell(SIGN, overridden(card, reason=reason, userComment=COMMENT))  # the latest report counts
    ehr.tell(VIEW, accepted(flag | {"suggestions": [{"uuid": "x"}]}))
    with house.database.reading() as session:
        found = {r.rule: r for r in rules_by_week(session, "2026-11-01")}
        services = {s.service: s for s in services_by_week(session, "2026-11-01")}
    nsaid, saddle = found["nsaid.renal_failure"], found["R01"]
    assert (nsaid.week, nsaid.shown, nsaid.silent, nsaid.accepted) == ("2026-W48", 1, 0, 0)
    assert (dict(nsaid.overridden), nsaid.comments) == ({reason["code"]: 1}, 1)
    assert (saddle.shown, saddle.accepted) == (1, 1)
    assert (services[SIGN].calls, services[SIGN].with_cards, services[VIEW].silent) == (1, 1, 0)
    assert services[SIGN].slowest_in_100_ms > 0


def test_a_week_begins_on_monday() -> None:
    assert [week_of(day) for day in ("2026-11-22", "2026-11-23", "2027-01-01")] == ["2026-W47", "2026-W48", "2026-W53"]


def test_the_command_prints_counts_and_no_persons(
    ehr: Machine, house: House, card: Json, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from afterdisc.cli import cli

    ehr.tell(SIGN, overridden(card, reason=card["overrideReasons"][0], userComment=COMMENT))
    body = view(program)
    body["prefetch"]["procedures"] = None
    ehr.cards(VIEW, body)
    monkeypatch.setenv("AFTERDISC_DATABASE_URL", house.database.url)
    shown = CliRunner().invoke(cli, ["hooks", "report", "--weeks", "520"])
    assert shown.exit_code == 0, shown.output
    assert "nsaid.renal_failure" in shown.output
    assert f"overridden, {card['overrideReasons'][0]['code']}: 1" in shown.output
    assert "nothing was looked at, no lumbar disc operation on record: 1" in shown.output
    assert "Beeblebrox" not in shown.output
    data = json.loads(CliRunner().invoke(cli, ["hooks", "report", "--weeks", "520", "--json"]).output)
    assert {r["rule"] for r in data["rules"]} == {"nsaid.renal_failure"}


def test_the_command_says_when_there_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from afterdisc.cli import cli

    monkeypatch.setenv("AFTERDISC_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    assert CliRunner().invoke(cli, ["hooks", "report"]).output == "No service was called in the last 12 weeks.\n"


def test_a_card_is_kept_once_however_often_it_is_asked_for(ehr: Machine, house: House, program: Program) -> None:
    for _ in range(3):
        ehr.cards(VIEW, view(program, NUMB_SADDLE))
    with house.database.reading() as session:
        assert len(list(session.scalars(rows(HookCard)))) == 1


def test_reviewers_of_the_medicine_see_the_counts(ehr: Machine, house: House, card: Json) -> None:
    reason = card["overrideReasons"][0]
    ehr.tell(SIGN, overridden(card, reason=reason, userComment=COMMENT))
    shown = house.visitor("reviewer").get("/medicine").text
    assert "nsaid.renal_failure" in shown
    assert f"1 × {reason['display']}" in shown
    assert "Beeblebrox" not in shown
