"""Bad days: a locked database, a full disk, a wrong clock, two screens. A clear message, and nothing that was kept is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from afterdisc.clinic import database as clinic_database
from afterdisc.clinic.database import open_database
from afterdisc.clinic.tables import Answer
from afterdisc.errors import DatabaseUnusable
from afterdisc.program import Program
from functional.workspace.house import House, build

JSON = {"Accept": "application/json"}


def kept(house: House) -> list[Any]:
    with house.database.reading() as session:
        return [a.value for a in session.scalars(select(Answer).order_by(Answer.id))]


def test_a_locked_database_is_told_and_the_answer_goes_in_when_it_is_free(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic_database, "WAIT_SECONDS", 0.2)
    house = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program)
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    visitor.answer(visit, {"leg_pain_nrs": 6})
    other = sqlite3.connect(tmp_path / "c.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    one = {"answers": [{"finding": "fever", "value": False, "key": "one-and-the-same"}]}
    refused = visitor.post(f"/visits/{visit}/answers", json=one, headers=JSON)
    assert refused.status_code == 503
    assert "busy" in refused.json()["say"]
    assert visitor.get("/worklist").status_code in (200, 503)
    other.execute("ROLLBACK")
    assert visitor.post(f"/visits/{visit}/answers", json=one, headers=JSON).status_code == 200
    assert kept(house) == [6, False]


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path, program: Program) -> None:
    house = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program)
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    visitor.answer(visit, {"leg_pain_nrs": 6})

    @event.listens_for(house.database.engine, "begin")
    def no_room(connection: Any) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    told = visitor.post(f"/visits/{visit}/drafts/note", {"text": "x" * 20_000}, headers=JSON)
    assert told.status_code == 503
    assert "full" in told.json()["say"]
    assert kept(house) == [6]
    assert visitor.get("/health").status_code == 200


def test_a_file_that_is_no_database_is_told_without_touching_it(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite").write_bytes(b"this is a letter to my aunt, not a database" * 50)
    before = (tmp_path / "c.sqlite").read_bytes()
    from afterdisc.clinic.database import migrate

    with pytest.raises(DatabaseUnusable, match=r"damaged|does not answer"):
        migrate(open_database(f"sqlite:///{tmp_path / 'c.sqlite'}"))
    assert (tmp_path / "c.sqlite").read_bytes() == before


@pytest.mark.parametrize("url", ["mysql://x", "clinic.sqlite", "postgresql://nobody@127.0.0.1:1/none"])
def test_an_address_that_leads_nowhere_is_told(url: str) -> None:
    from afterdisc.clinic.database import migrate

    with pytest.raises(DatabaseUnusable):
        migrate(open_database(url))


def test_the_database_file_is_for_its_owner_alone(house: House, tmp_path: Path) -> None:
    assert (tmp_path / "clinic.sqlite").stat().st_mode & 0o077 == 0


def test_a_clock_gone_wrong_neither_signs_people_out_nor_loses_an_answer(house: House) -> None:
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    visitor.answer(visit, {"leg_pain_nrs": 6})
    house.clock.on(days=-400)
    assert visitor.answer(visit, {"leg_pain_nrs": 5}).status_code == 200
    assert kept(house) == [6, 5]
    answer = visitor.get(f"/visits/{visit}")
    assert answer.status_code == 200
    refused = visitor.post("/patients", {"number": "P-2", "family_name": "X", "operated_on": "2026-04-01"})
    assert refused.status_code == 422
    assert "future" in refused.text
    assert "clock of this machine" in refused.text


def test_a_patient_entered_wrongly_keeps_what_was_typed(house: House) -> None:
    house.patient("P-1")
    visitor = house.visitor("clinician")
    again = visitor.post("/patients", {"number": "P-1", "family_name": "Longname", "operated_on": "2026-04-01"})
    assert again.status_code == 422
    assert "taken" in again.text
    assert 'value="Longname"' in again.text


def test_two_screens_the_second_is_told_and_shown_both(house: House) -> None:
    visit = house.visit(house.patient())
    first = house.visitor("clinician")
    with house.database.writing() as session:
        from afterdisc.clinic import people

        people.add_account(session, login="bob", name="Bob", roles=["clinician"], password=None, at=house.desk.at(), by=None)
    second = house.visitor("clinician")
    first.answer(visit, {"dominant_pain": "leg"})
    # the same person on another device is no clash; somebody else is
    assert second.answer(visit, {"dominant_pain": "back"}).json()["clashes"] == []
    with house.database.reading() as session:
        from sqlalchemy import select as choose

        from afterdisc.clinic.tables import Account

        bob = session.scalars(choose(Account).where(Account.login == "bob")).one()
    house.accounts["other"] = bob.id
    other = house.visitor("other")
    told = other.answer(visit, {"dominant_pain": "equal"}).json()
    (clash,) = told["clashes"]
    assert (clash["theirs"], clash["mine"]) == ("Back", "Leg and back alike")
    assert told["kept"] == []
    assert kept(house) == ["leg", "back"]
    assert other.answer(visit, {"dominant_pain": "equal"}, insists=True).json()["kept"][0]["value"] == "equal"


def test_an_upload_that_is_no_picture_is_told(house: House) -> None:
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    files = {"film": ("film.png", b"not a picture", "image/png")}
    answer = visitor.client.post(f"/visits/{visit}/films", files=files, headers={"X-CSRF-Token": visitor.csrf, **JSON})
    assert answer.status_code == 422
    assert "neither PNG, JPEG nor DICOM" in answer.json()["say"]


def test_contradicting_answers_are_kept_and_named_and_the_assessment_comes_back(house: House) -> None:
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    told = visitor.answer(visit, {"pain_free_interval_weeks": "60"}).json()
    assert "contradict" in told["live"]
    assert visitor.get(f"/visits/{visit}/letter.pdf").status_code == 409
    told = visitor.answer(visit, {"pain_free_interval_weeks": "20"}, seen=10**6).json()
    assert "contradict" not in told["live"]


def test_health_says_when_the_database_is_gone(house: House) -> None:
    assert house.visitor(None).get("/health").json()["status"] == "pass"
    with house.database.engine.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        connection.commit()
    answer = house.visitor(None).get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "fail")
