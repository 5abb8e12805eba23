"""What is kept of a call, silent mode, speed, and how calls that come together are written together."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy import select as rows

from afterdisc.clinic import audit, erasure
from afterdisc.clinic.database import Database
from afterdisc.clinic.ehr_tables import EhrPatient, HookCall, HookCard, PlanSeen
from afterdisc.clinic.hook_log import Called, HookLog, KeptCard, person_key
from afterdisc.clinic.hook_report import rules_by_week
from afterdisc.errors import DatabaseBusy
from afterdisc.program import Program
from functional.hooks.calls import NUMB_SADDLE, SERVICES, VIEW, Machine, examples, machine, person, view
from functional.workspace.conftest import either, empty_postgres, postgres
from functional.workspace.house import House, build

__all__ = ["either", "empty_postgres", "postgres"]



def calls(database: Database) -> list[HookCall]:
    with database.reading() as session:
        return list(session.scalars(rows(HookCall).order_by(HookCall.at, HookCall.id)))


def test_a_call_is_kept_with_ids_and_counts(ehr: Machine, house: House, program: Program) -> None:
    ehr.cards(VIEW, view(program, NUMB_SADDLE))
    (call,) = calls(house.database)
    assert (call.service, call.hook, call.issuer, call.n_cards, call.silent) == (VIEW, "patient-view", "", 1, False)
    assert call.fingerprint == program.fingerprint
    assert call.found == {"urgency": "E0", "rules": ["R01"]}
    assert call.milliseconds > 0
    with house.database.reading() as session:
        (card,) = session.scalars(rows(HookCard))
    assert (card.topic, card.rules, card.indicator) == ("R01", ["R01"], "critical")


def test_nothing_of_a_person_is_in_the_database_afterwards(ehr: Machine, house: House, program: Program) -> None:
    """Not a name, an id, a date of birth or a value; not even whose plan was seen."""
    for _, service, body in examples(program):
        body["prefetch"]["patient"] = person(name=[{"family": "Beeblebrox"}], born="1961-07-13")
        body["context"]["patientId"] = body["prefetch"]["patient"]["id"] = "person-4711"
        for resource in [e["resource"] for b in body["prefetch"].values() if b and "entry" in b for e in b["entry"]]:
            resource["subject"] = {"reference": "Patient/person-4711"}
        assert ehr.call(service, body).status_code == 200
    with house.database.engine.connect() as connection:
        held = "".join(
            str(row)
            for table in inspect(house.database.engine).get_table_names()
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        )
    assert not [secret for secret in ("Beeblebrox", "4711", "1961", "saddle_numbness") if secret in held]


def test_the_audit_chain_holds_a_row_for_every_call(ehr: Machine, house: House, program: Program) -> None:
    for _ in range(3):
        ehr.cards(VIEW, view(program))
    with house.database.reading() as session:
        assert audit.verify(session).holds
        entries = [a for a in session.scalars(rows(audit.Audit)) if a.action == "hooks.answered"]
    assert [(a.subject_kind, a.detail) for a in entries] == [
        ("hook_call", '{"n_cards":0,"service":"afterdisc-patient-view","silent":false}')
    ] * 3


def test_in_silence_cards_are_worked_out_and_kept_and_not_shown(tmp_path: Path, program: Program) -> None:
    house = build(f"sqlite:///{tmp_path / 'silent.sqlite'}", program, hooks_silent=True)
    for _, service, body in examples(program):
        answer = machine(house).call(service, body)
        assert (answer.status_code, answer.json()) == (200, {"cards": []})
    assert [(c.silent, c.n_cards) for c in calls(house.database)] == [(True, 1)] * 8
    with house.database.reading() as session:
        assert {c.silent for c in session.scalars(rows(HookCard))} == {True}
    house.database.close()


def test_erasing_a_person_forgets_the_plan_that_was_seen_elsewhere(ehr: Machine, house: House, program: Program) -> None:
    server = "https://ehr.example/fhir"
    ehr.cards(VIEW, view(program) | {"fhirServer": f"{server}/"})
    patient_id = house.patient()
    with house.database.writing() as session:
        assert session.get(PlanSeen, person_key(server, "p1")) is not None
        session.add(EhrPatient(patient_id=patient_id, issuer=server, fhir_id="p1", created_at=house.desk.at()))
    with house.database.writing() as session:
        gone = erasure.erase(session, patient_id, at=house.desk.at(), by=None)
    assert (gone["plan_seen"], gone["ehr_patient"]) == (1, 1)
    with house.database.reading() as session:
        assert session.scalars(rows(PlanSeen)).all() == []


def test_calls_cards_and_feedback_are_kept_alike_on_sqlite_and_postgresql(either: House, program: Program) -> None:
    ehr = machine(either)
    (card,) = ehr.cards(VIEW, view(program, NUMB_SADDLE))
    ehr.cards(VIEW, view(program, NUMB_SADDLE))
    told = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-25T10:05:31Z"}
    assert ehr.tell(VIEW, told).status_code == 200
    assert [(c.n_cards, c.found) for c in calls(either.database)] == [(1, {"urgency": "E0", "rules": ["R01"]})] * 2
    with either.database.reading() as session:
        (row,) = rules_by_week(session, "2026-11-01")
        assert (row.rule, row.shown, sum(row.overridden.values())) == ("R01", 1, 1)
        assert len(session.scalars(rows(PlanSeen)).all()) == 1
        assert audit.verify(session).holds


# -- speed -------------------------------------------------------------------------------------------------------------


@pytest.mark.cds_hooks(27)
def test_an_answer_takes_far_less_than_half_a_second(ehr: Machine, program: Program) -> None:
    for _, service, body in examples(program):
        ehr.call(service, body)
    for _, service, body in examples(program):
        begun = time.perf_counter()
        ehr.call(service, body)
        assert time.perf_counter() - begun < 0.25
    assert set(SERVICES) == {service for _, service, _ in examples(program)}


def test_a_record_that_needs_no_card_costs_no_report(program: Program, monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    from afterdisc import door

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a whole assessment was made")

    monkeypatch.setattr(door, "assess", never)
    assert machine(house).cards(VIEW, view(program, {"leg_pain_nrs": 4})) == []


# -- one write for many -------------------------------------------------------------------------------------------------


def called(n: int) -> Called:
    card = KeptCard(f"card-{n}", "R01", ("R01",), "critical")
    at = "2026-11-25T10:00:00.000Z"
    return Called(at, VIEW, "patient-view", "", "f", False, 1.0, {"n": n}, (card,), f"person-{n}", "plan")


def test_calls_that_come_together_are_all_kept(house: House) -> None:
    log, n = HookLog(house.database), 40
    threads = [threading.Thread(target=log.keep, args=(called(i),)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(c.found["n"] for c in calls(house.database)) == list(range(n))
    with house.database.reading() as session:
        assert audit.verify(session).holds
        assert len(session.scalars(rows(PlanSeen)).all()) == n


def test_a_call_that_cannot_be_kept_is_told_to_everybody_who_waited(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    log = HookLog(house.database)
    with house.database.writing():  # somebody else holds the database
        monkeypatch.setattr("afterdisc.clinic.database.WAIT_SECONDS", 1)
        with house.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=50")
        told: list[Exception] = []

        def keep(i: int) -> None:
            try:
                log.keep(called(i))
            except DatabaseBusy as error:
                told.append(error)

        threads = [threading.Thread(target=keep, args=(i,)) for i in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(told) == 3
    log.keep(called(9))  # and it goes on afterwards
    assert [c.found["n"] for c in calls(house.database)] == [9]
