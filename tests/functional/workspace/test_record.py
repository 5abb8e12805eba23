"""The record: every answer is kept, none is overwritten, and what was signed stays as it was. On both databases."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from afterdisc.clinic import assessments, audit, care, course, erasure, patients, record, visits
from afterdisc.clinic.backup import backup, export_person, restore
from afterdisc.clinic.database import migrate, open_database
from afterdisc.clinic.demo import add_demo, remove_demo
from afterdisc.clinic.tables import Answer, Audit, Base, KeptAssessment, Patient
from afterdisc.clinic.visits import Clash, Given
from afterdisc.errors import CaseError, ContradictoryFacts, DatabaseUnusable, NotPossible
from functional.workspace.house import House

RETURNING = {"leg_relief_after_surgery": "good", "onset": "sudden", "leg_pain_nrs": 7, "dominant_pain": "leg", "fever": False}


def give(house: House, visit_id: str, finding: str, value: Any, *, by: str = "clinician", **more: Any) -> Any:
    account = house.account(by)
    key = more.pop("key", f"{visit_id}-{finding}-{value}-{by}-{house.desk.at()}-{more}")
    with house.database.writing() as session:
        given = Given(finding, value, key=key, **more)
        visit = visits.visit(session, visit_id)
        return visits.keep_answer(session, house.desk.program, visit, given, at=house.desk.at(), by=account)


def known(house: House, visit_id: str) -> dict[str, record.Known]:
    with house.database.reading() as session:
        return record.record_of(session, visits.visit(session, visit_id))


# -- answers -----------------------------------------------------------------------------------------------------------


def test_the_last_answer_is_the_record_and_the_others_its_history(either: House) -> None:
    visit = either.visit(either.patient())
    first = give(either, visit, "leg_pain_nrs", 7)
    give(either, visit, "leg_pain_nrs", 4, seen=first.answer_id)
    assert known(either, visit)["leg_pain_nrs"].value == 4
    with either.database.reading() as session:
        rows = visits.history_of(session, visits.visit(session, visit), "leg_pain_nrs")
    assert [row.value for row in rows] == [4, 7]


def test_not_asked_not_known_no_and_yes_are_four_states(either: House) -> None:
    visit = either.visit(either.patient())
    give(either, visit, "fever", False)
    give(either, visit, "new_weakness", True)
    give(either, visit, "new_numbness", None)
    found = known(either, visit)
    assert (found["fever"].value, found["new_weakness"].value, found["new_numbness"].value) == (False, True, None)
    assert "saddle_numbness" not in found
    case = record.case_of(type("V", (), {"id": visit})(), found)["findings"]
    assert case["fever"] is False
    assert "new_numbness" not in case


def test_an_answer_sent_twice_counts_once(either: House) -> None:
    visit = either.visit(either.patient())
    first = give(either, visit, "fever", False, key="the-same-key")
    again = give(either, visit, "fever", False, key="the-same-key")
    assert first.answer_id == again.answer_id
    with either.database.reading() as session:
        assert len(list(session.scalars(select(Answer).where(Answer.visit_id == visit)))) == 1


def test_the_second_of_two_people_is_told_and_nothing_is_taken_over_the_first(either: House) -> None:
    visit = either.visit(either.patient())
    first = give(either, visit, "fever", True)
    clash = give(either, visit, "fever", False, by="administrator", seen=0)
    assert isinstance(clash, Clash)
    assert (clash.theirs.value, clash.mine) == (True, False)
    assert known(either, visit)["fever"].value is True
    assert isinstance(give(either, visit, "fever", True, by="administrator", seen=0), record.Known)  # the same is no clash
    kept = give(either, visit, "fever", False, by="administrator", seen=first.answer_id, insists=True)
    assert kept.value is False


def test_a_value_that_cannot_be_is_refused_and_the_old_one_stays(either: House) -> None:
    visit = either.visit(either.patient())
    give(either, visit, "leg_pain_nrs", 3)
    with pytest.raises(CaseError, match="takes 0 to 10"):
        give(either, visit, "leg_pain_nrs", 11)
    assert known(either, visit)["leg_pain_nrs"].value == 3


def test_what_follows_from_the_operation_is_worked_out_and_an_answer_overrides_it(either: House) -> None:
    visit = either.visit(either.patient())
    found = known(either, visit)
    assert found["weeks_since_surgery"].value == 34
    assert found["age_years"].value == 47
    assert (found["index_level"].value, found["index_level"].origin) == ("L4-L5", "record")
    give(either, visit, "index_level", "L5-S1")
    assert known(either, visit)["index_level"].value == "L5-S1"


def test_a_new_visit_takes_over_what_lasts_with_its_day_and_asks_the_rest_again(either: House) -> None:
    patient = either.patient()
    first = either.visit(patient)
    lasting = {"diabetes": True, "smoker": True, "mri_contrast_done": True}
    passing = {"leg_pain_nrs": 8, "fever": False, "cancer_history": False}  # an old no is no answer
    for finding, value in {**lasting, **passing}.items():
        give(either, first, finding, value)
    either.clock.on(days=20)
    found = known(either, either.visit(patient, carries=True))
    assert {f for f, k in found.items() if k.origin == "carried"} == set(lasting)
    assert found["diabetes"].observed_on == "2026-11-25"
    assert not set(passing) & set(found)


def test_what_was_seen_before_a_new_operation_is_asked_again(either: House) -> None:
    patient = either.patient()
    first = either.visit(patient)
    for finding, value in {"diabetes": True, "mri_contrast_done": True}.items():
        give(either, first, finding, value)
    either.clock.on(days=60)
    with either.database.writing() as session:
        again = patients.NewOperation(on="2026-12-20", procedure="microdiscectomy", is_index=True)
        patients.add_operation(session, patient, again, at=either.desk.at(), by=None)
    found = known(either, either.visit(patient, carries=True))
    assert found["diabetes"].origin == "carried"
    assert "mri_contrast_done" not in found


def test_answers_that_contradict_each_other_are_both_kept(either: House) -> None:
    visit = either.visit(either.patient())
    give(either, visit, "weeks_since_surgery", 10)
    give(either, visit, "pain_free_interval_weeks", 30)
    assert known(either, visit)["pain_free_interval_weeks"].value == 30
    with pytest.raises(ContradictoryFacts), either.database.writing() as session:
        care.sign(session, either.desk.program, visits.visit(session, visit), "note", at=either.desk.at(), by="x")


# -- signed, immutable, replayed ---------------------------------------------------------------------------------------


def signed_visit(house: House) -> str:
    visit = house.visit(house.patient())
    for finding, value in RETURNING.items():
        give(house, visit, finding, value)
    with house.database.writing() as session:
        row = visits.visit(session, visit)
        care.sign(session, house.desk.program, row, "Agreed.", at=house.desk.at(), by=house.accounts["clinician"])
    return visit


def test_a_signed_visit_takes_no_answer_and_no_decision(either: House) -> None:
    visit = signed_visit(either)
    with pytest.raises(NotPossible, match="signed"):
        give(either, visit, "fever", True)
    with either.database.writing() as session:
        row = visits.visit(session, visit)
        made = care.Decided("treatment", "gabapentin", "decline", "person_declines")
        with pytest.raises(NotPossible, match="signed"):
            care.decide(session, either.desk.program, row, made, at=either.desk.at(), by=None)


def test_a_kept_assessment_replays_to_the_last_bit(either: House) -> None:
    visit = signed_visit(either)
    with either.database.reading() as session:
        kept = assessments.latest_of(session, visit)
        assert kept is not None
        assert assessments.replays(session, kept, either.desk.program)
        changed = json.loads(kept.case_json)
        changed["findings"]["leg_pain_nrs"] = 2
        kept.case_json = json.dumps(changed)
        assert not assessments.replays(session, kept, either.desk.program)


@pytest.mark.parametrize("table", ["answer", "assessment", "note", "audit"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_the_database_itself_refuses_to_change_what_was_written(either: House, table: str, verb: str) -> None:
    signed_visit(either)
    statement = f"DELETE FROM {table}" if verb == "DELETE" else f"UPDATE {table} SET at = 'x'"
    with either.database.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(statement))


def test_a_note_changed_behind_the_back_of_the_database_no_longer_fits_its_seal(house: House) -> None:
    visit = signed_visit(house)
    with house.database.engine.connect() as connection:
        connection.execute(text("DROP TRIGGER note_no_update"))
        connection.execute(text("UPDATE note SET text = 'Other.'"))
        connection.commit()
    with house.database.reading() as session:
        (note,) = care.notes_of(session, visit)
        assert care.signature_of(note) != note.signature


# -- audit -------------------------------------------------------------------------------------------------------------


def test_the_audit_chain_holds_and_names_no_value(either: House) -> None:
    signed_visit(either)
    with either.database.reading() as session:
        assert audit.verify(session).holds
        said = " ".join(row.detail for row in session.scalars(select(Audit)))
    assert "leg_pain_nrs" in said
    assert '"value"' not in said
    assert "Agreed." not in said
    assert "Example" not in said


@pytest.mark.parametrize("harm", ["UPDATE audit SET action = 'nothing' WHERE seq = 3", "DELETE FROM audit WHERE seq = 3"])
def test_a_row_changed_or_taken_out_of_the_audit_is_found(house: House, harm: str) -> None:
    signed_visit(house)
    with house.database.engine.connect() as connection:
        for trigger in ("audit_no_update", "audit_no_delete"):
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text(harm))
        connection.commit()
    with house.database.reading() as session:
        verdict = audit.verify(session)
    assert (verdict.holds, verdict.broken_at) == (False, 3 if harm.startswith("UPDATE") else 4)


# -- erasing, exporting, backing up ------------------------------------------------------------------------------------


def test_an_erased_person_is_gone_from_every_table_and_the_others_stay(either: House) -> None:
    signed_visit(either)
    other = either.visit(either.patient("P-2"))
    give(either, other, "fever", False)
    with either.database.reading() as session:
        patient = session.scalars(select(Patient).where(Patient.number == "P-1")).one().id
    with either.database.writing() as session:
        entered = course.Entered("leg_pain_nrs", 5, "2026-10-01")
        course.add_score(session, either.desk.program, patient, entered, at=either.desk.at(), by=None)
        erasure.erase(session, patient, at=either.desk.at(), by=None)
    with either.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in ("erasure", "audit"):
                rows = [dict(r) for r in session.execute(select(table)).mappings()]
                assert patient not in str(rows), table.name
        assert session.scalars(select(Patient.number)).all() == ["P-2"]
        assert audit.verify(session).holds
    assert known(either, other)["fever"].value is False


def test_an_export_holds_everything_of_one_person_and_nothing_of_another(house: House) -> None:
    visit = signed_visit(house)
    other = house.visit(house.patient("P-2", family_name="Somebodyelse"))
    give(house, other, "fever", False)
    with house.database.reading() as session:
        patient = visits.visit(session, visit).patient_id
        data = export_person(session, patient)
    assert {a["finding"] for a in data["answer"]} == set(RETURNING)
    assert data["assessment"][0]["answer"]["urgency"]
    assert "Somebodyelse" not in json.dumps(data)


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_backup_comes_back_the_same_on_either_database(
    either: House, target: str, request: pytest.FixtureRequest, tmp_path: Any
) -> None:
    signed_visit(either)
    made = io.BytesIO()
    receipt = backup(either.database, made)
    url = f"sqlite:///{tmp_path / 'restored.sqlite'}" if target == "sqlite" else request.getfixturevalue("empty_postgres")()
    database = open_database(url)
    made.seek(0)
    assert restore(database, made).audit_head == receipt.audit_head
    again = io.BytesIO()
    assert backup(database, again).n_rows == receipt.n_rows
    with database.writing() as session:  # and it goes on from there
        audit.record(session, at="2026-12-01T00:00:00.000Z", by=None, action="x", kind="site", subject="site")
        row = session.scalars(select(KeptAssessment)).one()
        assert assessments.replays(session, row, either.desk.program)
    with database.reading() as session:
        assert audit.verify(session).holds
    database.close()


def test_a_damaged_backup_changes_nothing(house: House, tmp_path: Any) -> None:
    signed_visit(house)
    made = io.BytesIO()
    backup(house.database, made)
    data = bytearray(made.getvalue())
    place = data.index(b"answer.jsonl") + 60
    data[place : place + 20] = bytes(20)
    database = open_database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with pytest.raises(NotPossible, match=r"damaged|no Afterdisc backup"):
        restore(database, io.BytesIO(bytes(data)))
    with pytest.raises(NotPossible, match="no Afterdisc backup"):
        restore(database, io.BytesIO(b"a picture of a cat"))
    migrate(database)
    with database.reading() as session:
        assert session.scalars(select(Patient)).all() == []
    database.close()


def test_a_backup_is_not_restored_over_a_record(house: House) -> None:
    signed_visit(house)
    made = io.BytesIO()
    backup(house.database, made)
    made.seek(0)
    with pytest.raises(DatabaseUnusable, match="holds something"):
        restore(house.database, made)


def test_the_demo_clinic_comes_marked_and_goes_in_one_step(either: House) -> None:
    by = either.account("clinician")
    mine = either.patient()
    with either.database.writing() as session:
        n = add_demo(session, either.desk.program, today=either.desk.today(), at=either.desk.at(), by=by)
        assert n >= 12
        assert add_demo(session, either.desk.program, today=either.desk.today(), at=either.desk.at(), by=by) == 0
        assert all(p.demo for p in session.scalars(select(Patient).where(Patient.id != mine)))
    with either.database.writing() as session:
        assert remove_demo(session, at=either.desk.at(), by=by) == n
        assert [p.id for p in session.scalars(select(Patient))] == [mine]


def test_writers_take_turns_and_nothing_of_a_failed_write_stays(either: House) -> None:
    patient = either.patient()

    def halfway() -> None:
        with either.database.writing() as session:
            session.execute(update(Patient).where(Patient.id == patient).values(family_name="Halfway"))
            patients.check_date("day", "no date")

    with pytest.raises(NotPossible):
        halfway()
    with either.database.reading() as session:
        assert session.get_one(Patient, patient).family_name == "Example"
