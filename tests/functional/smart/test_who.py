"""Who comes from a record system: by their id_token, by what the record system knows of them, and by who was here before."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from afterdisc.clinic import people
from afterdisc.clinic.ehr_tables import EhrAccess
from afterdisc.clinic.tables import Account, SignIn
from afterdisc.service.guard import COOKIE
from functional.smart.conftest import Launch
from functional.smart.test_attacks import nobody_got_in


def launched_account(launch: Launch) -> Account:
    with launch.house.database.reading() as session:
        found = session.scalar(select(Account).where(Account.oidc_subject == "clinician-7"))
        assert found is not None
        session.expunge(found)
    return found


def n_rows(launch: Launch, table: Any) -> int:
    with launch.house.database.reading() as session:
        return len(session.scalars(select(table)).all())


HERE = ["Practitioner/prac-1", "{fhir}/Practitioner/prac-1", "{fhir}/Practitioner/prac-1/_history/3"]
ELSEWHERE = ["http://127.0.0.1:9/fhir/Practitioner/prac-1", "https://evil.example/Practitioner/1", "", "x"]


@pytest.mark.smart(202)
@pytest.mark.parametrize("written", HERE)
def test_a_name_that_the_id_token_lacks_is_read_from_the_users_resource(launch: Launch, written: str) -> None:
    launch.ehr.claims = {"name": None, "fhirUser": written.format(fhir=launch.ehr.fhir)}
    assert launch.launched(launch.browser()).status_code == 303
    assert launched_account(launch).name == "Dr Ada Reader"
    assert ("Practitioner/prac-1", f"Bearer {launch.ehr.access}") in launch.ehr.read


@pytest.mark.smart(97, 98)
@pytest.mark.parametrize("written", ELSEWHERE)
def test_a_user_who_is_described_elsewhere_is_not_asked_for_there(launch: Launch, written: str) -> None:
    """The token would go along."""
    launch.ehr.claims = {"name": None, "fhirUser": written}
    launch.launched(launch.browser())
    assert not [path for path, _ in launch.ehr.read if path.startswith("Practitioner")]
    assert launched_account(launch).name == "clinician-7"


def test_a_user_whose_resource_cannot_be_read_comes_in_all_the_same(launch: Launch) -> None:
    launch.ehr.claims = {"name": None}
    launch.ehr.records["Practitioner"] = []
    assert launch.launched(launch.browser()).status_code == 303


@pytest.mark.parametrize("kind", ["Patient", "RelatedPerson"])
def test_patients_and_relatives_do_not_get_in(launch: Launch, kind: str) -> None:
    launch.ehr.claims = {"fhirUser": f"{launch.ehr.fhir}/{kind}/7"}
    answer = launch.launched(launch.browser())
    nobody_got_in(launch, answer)
    assert "for those who treat them" in answer.text
    assert launch.ehr.read == []


@pytest.mark.parametrize("said", [{"fhirUser": None}, {"fhirUser": "Person/7"}, {"fhirUser": "https://elsewhere.example/7"}])
def test_roles_are_given_to_those_alone_who_treat_patients_there(launch: Launch, said: dict[str, Any]) -> None:
    """The account is made, so that an administrator can give it one."""
    launch.ehr.claims = said
    answer = launch.launched(launch.browser())
    assert answer.status_code == 403
    assert "No role yet" in answer.text
    assert launched_account(launch).roles == []
    with launch.house.database.writing() as session:
        people.change_roles(session, launched_account(launch).id, ["clinician"], at=launch.house.desk.at(), by=None)
    assert launch.launched(launch.browser()).status_code == 303


def test_roles_that_an_administrator_took_away_do_not_come_back(launch: Launch) -> None:
    launch.launched(launch.browser())
    with launch.house.database.writing() as session:
        people.change_roles(session, launched_account(launch).id, [], at=launch.house.desk.at(), by=None)
    launch.house.clock.on(minutes=1)
    launch.ehr.now = launch.house.clock().timestamp()
    assert launch.launched(launch.browser()).status_code == 403


def test_an_account_that_is_closed_stays_closed(launch: Launch) -> None:
    launch.launched(launch.browser())
    with launch.house.database.writing() as session:
        people.close_account(session, launched_account(launch).id, at=launch.house.desk.at(), by=None)
    answer = launch.launched(launch.browser())
    assert answer.status_code == 403
    assert n_rows(launch, SignIn) == 0


@pytest.mark.smart(201)
def test_an_id_token_that_was_made_for_another_apps_use_is_refused(launch: Launch) -> None:
    launch.ehr.claims = {"azp": "another-app"}
    nobody_got_in(launch, launch.launched(launch.browser()))


@pytest.mark.smart(201)
@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_set_of_keys_may_leave_them_without_names_and_hold_others(launch: Launch, algorithm: str) -> None:
    launch.ehr.signed_with, launch.ehr.names_keys = algorithm, False
    launch.ehr.more_keys = [{"kty": "AKP", "alg": "ML-DSA-44"}, {"kty": "RSA", "use": "enc"}, {"kty": "EC", "crv": "?"}]
    assert launch.launched(launch.browser()).status_code == 303


def test_a_server_without_an_openid_configuration_has_named_its_keys_for_smart(launch: Launch) -> None:
    launch.ehr.openid = None
    assert launch.launched(launch.browser()).status_code == 303
    launch.ehr.configuration = {"jwks_uri": None}
    assert "cannot be had" in launch.launched(launch.browser()).text


def test_a_locked_screen_is_not_opened_by_a_launch_that_does_not_say_who_it_is(launch: Launch) -> None:
    me = launch.house.visitor("clinician")
    assert me.post("/lock").status_code == 303
    launch.ehr.token_says = {"id_token": None}
    answer = launch.launched(me.client)
    assert answer.status_code == 409
    assert "Sign in here first" in answer.text
    assert me.get("/worklist").headers["location"].startswith("/unlock")


def test_whoever_is_signed_in_stays_so_with_what_else_is_open(launch: Launch) -> None:
    """The pages that are open elsewhere in the browser go on: their token still holds."""
    browser = launch.browser()
    first = launch.launched(browser).headers["location"]
    me = launch.visitor(browser)
    token = browser.cookies[COOKIE]
    assert launch.launched(browser).headers["location"] == first
    assert browser.cookies[COOKIE] == token
    assert me.answer(first.split("/")[2], {"fever": False}).status_code == 200
    assert n_rows(launch, SignIn) == 1


def test_the_sign_in_of_somebody_else_in_this_browser_ends(launch: Launch) -> None:
    before = launch.house.visitor("clinician")
    old = before.client.cookies[COOKIE]
    assert launch.launched(before.client).status_code == 303
    assert before.client.cookies[COOKIE] != old
    assert n_rows(launch, SignIn) == 1


def test_after_a_lock_the_launch_is_a_new_sign_in(launch: Launch) -> None:
    browser = launch.browser()
    launch.launched(browser)
    launch.visitor(browser).post("/lock")
    locked = browser.get("/unlock")
    assert "Open from General Hospital" in locked.text
    assert "/oidc/start" not in locked.text
    old = browser.cookies[COOKIE]
    assert launch.launched(browser).status_code == 303
    assert browser.cookies[COOKIE] != old
    assert (n_rows(launch, SignIn), n_rows(launch, EhrAccess)) == (1, 1)
