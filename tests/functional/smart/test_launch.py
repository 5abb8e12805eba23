"""Launched from a record system: who, whom, what their record gave, and nothing more than was asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from afterdisc.clinic.ehr_tables import EhrAccess, EhrLaunch
from afterdisc.clinic.record import record_of
from afterdisc.clinic.tables import Account, Answer, Patient, Visit
from afterdisc.service.ehr.own_keys import make_key_file, public_keys
from functional.smart.conftest import CLIENT, Launch
from functional.smart.ehr_server import PATIENT
from functional.smart.person import OPERATED


def only(launch: Launch, table: Any) -> Any:
    with launch.house.database.reading() as session:
        (found,) = session.scalars(select(table)).all()
        session.expunge(found)
    return found


@pytest.mark.smart(29, 32, 33, 34, 35, 37, 39, 40, 41, 44, 45, 47, 50, 51, 150, 151, 161, 196, 46, 148, 195)
def test_what_is_asked_of_the_authorization_server(launch: Launch) -> None:
    """PKCE with S256, an unpredictable state, the FHIR base as audience, the launch value, and scopes for what is read."""
    browser = launch.browser()
    answer = launch.begun(browser)
    assert answer.status_code == 303
    parts = urlsplit(answer.headers["location"])
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{launch.ehr.address}/authorize"
    assert query["tenant"] == "7"  # a query that the endpoint has of its own stays
    assert query["response_type"] == "code"
    assert query["client_id"] == CLIENT
    assert query["redirect_uri"] == "http://testserver/smart/callback"
    assert (query["launch"], query["aud"]) == ("opaque-17", launch.ehr.fhir)
    assert query["code_challenge_method"] == "S256"
    assert len(query["code_challenge"]) == 43
    assert len(query["state"]) >= 40
    scopes = query["scope"].split()
    assert {"launch", "openid", "fhirUser", "online_access", "patient/Condition.rs", "patient/Patient.rs"} <= set(scopes)
    assert not [s for s in scopes if s.endswith((".c", ".cud", ".*")) or "/*." in s]
    again = parse_qs(urlsplit(launch.begun(launch.browser()).headers["location"]).query)
    assert again["state"][0] != query["state"]
    assert again["code_challenge"][0] != query["code_challenge"]


@pytest.mark.smart(1, 2, 3, 4, 13, 20, 21, 60, 61, 62, 63, 67, 68, 69, 70, 71, 93, 121, 125, 135, 137, 201, 202, 218)
def test_a_launch_opens_the_visit_of_that_person_with_what_their_record_says(launch: Launch) -> None:
    browser = launch.browser()
    answer = launch.launched(browser)
    assert answer.status_code == 303, answer.text
    visit, patient = only(launch, Visit), only(launch, Patient)
    assert answer.headers["location"] == f"/visits/{visit.id}/from-record"
    assert (patient.number, patient.family_name, patient.given_name) == ("H-4711", "Launch", "Lena Maria")
    assert (patient.birth_date, patient.sex) == ("1979-05-02", "female")
    with launch.house.database.reading() as session:
        account = session.scalar(select(Account).where(Account.oidc_subject == "clinician-7"))
        assert account is not None
        assert (account.name, account.roles) == ("Dr Ada Launch", ["clinician"])
        known = record_of(session, session.get_one(Visit, visit.id))
    assert (known["crp_mg_l"].value, known["crp_mg_l"].observed_on) == (12.0, "2026-11-23")
    assert (known["crp_mg_l"].origin, known["crp_mg_l"].is_confirmed) == ("import", False)
    assert known["crp_mg_l"].source == "Observation/crp-1"
    assert known["takes"].value == ["ibuprofen", None]
    assert (known["weeks_since_surgery"].value, known["weeks_since_surgery"].origin) == (12.0, "record")
    assert "esr_mm_h" not in known
    form = launch.ehr.exchanged[0]["form"]
    assert form["grant_type"] == "authorization_code"
    assert form["redirect_uri"] == "http://testserver/smart/callback"
    assert (form["client_id"], len(form["code_verifier"]) >= 43) == (CLIENT, True)
    assert all(token == f"Bearer {launch.ehr.access}" for _, token in launch.ehr.read)
    shown = browser.get(answer.headers["location"])
    assert shown.status_code == 200
    for text in ("C-reactive protein", "Observation/crp-1", "its unit is not one of those declared", "operation note"):
        assert text in shown.text
    opened = browser.get(f"/visits/{visit.id}")
    assert "from the record system (Observation/crp-1)" in opened.text
    assert "not confirmed" in opened.text


@pytest.mark.smart(36, 152, 166)
def test_a_launch_from_outside_asks_whom_it_is_about(launch: Launch) -> None:
    browser = launch.browser()
    assert "/smart/start?issuer=General%20Hospital" in browser.get("/sign-in").text
    answer = browser.get("/smart/start?issuer=General%20Hospital")
    query = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert "launch" not in query
    assert "launch/patient" in query["scope"].split()
    assert browser.get(launch.agreed(answer.headers["location"])).status_code == 303
    assert only(launch, Patient).number == "H-4711"


@pytest.mark.smart(23, 64, 72, 345)
def test_with_a_secret_the_client_authenticates_by_basic_and_sends_no_client_id(launch: Launch) -> None:
    launch.connect(authentication="secret", client_secret_file="secret")
    launch.ehr.authentication = "secret"
    assert launch.launched(launch.browser()).status_code == 303
    assert launch.ehr.exchanged[0]["authorization"].startswith("Basic ")
    assert "client_id" not in launch.ehr.exchanged[0]["form"]


@pytest.mark.smart(22, 319, 320, 321, 322, 323, 327, 328, 329, 330, 331, 332, 333, 334, 65)
def test_with_a_key_the_client_signs_who_it_is(launch: Launch) -> None:
    make_key_file(launch.folder / "keys.json")
    launch.connect(authentication="key")
    launch.ehr.authentication, launch.ehr.client_keys = "key", public_keys([launch.folder / "keys.json"])
    assert launch.launched(launch.browser()).status_code == 303
    assert launch.launched(launch.browser()).status_code == 303
    assert len(launch.ehr.assertions) == 2
    assert launch.ehr.exchanged[0]["form"]["client_assertion_type"].endswith("jwt-bearer")


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_an_id_token_is_taken_with_either_algorithm(launch: Launch, algorithm: str) -> None:
    launch.ehr.signed_with = algorithm
    assert launch.launched(launch.browser()).status_code == 303


@pytest.mark.smart(379)
def test_relative_endpoints_count_from_the_fhir_base(launch: Launch) -> None:
    launch.ehr.configuration = {"authorization_endpoint": "../authorize", "token_endpoint": "../token"}
    assert launch.launched(launch.browser()).status_code == 303


@pytest.mark.smart(105, 106, 108, 215, 117)
def test_a_token_that_has_run_out_is_renewed_and_the_new_refresh_token_kept(launch: Launch) -> None:
    browser = launch.browser()
    launch.launched(browser)
    visit, first = only(launch, Visit), launch.ehr.refresh
    me = launch.visitor(browser)
    for minutes in (6, 6):
        launch.house.clock.on(minutes=minutes)
        launch.ehr.now = launch.house.clock().timestamp()
        assert me.post(f"/visits/{visit.id}/from-record").status_code == 303
    forms = [e["form"] for e in launch.ehr.exchanged[1:]]
    assert [f["grant_type"] for f in forms] == ["refresh_token", "refresh_token"]
    assert forms[0]["refresh_token"] == first
    assert forms[1]["refresh_token"] not in (first, launch.ehr.refresh)
    assert all("scope" not in f for f in forms)


def test_reading_again_takes_what_is_new_and_leaves_what_a_clinician_said(launch: Launch) -> None:
    browser = launch.browser()
    launch.launched(browser)
    visit, me = only(launch, Visit), launch.visitor(browser)
    assert me.answer(visit.id, {"takes": ["naproxen"]}, seen=2**60).status_code == 200
    crp = launch.ehr.records["Observation"][0]
    crp["valueQuantity"]["value"], crp["effectiveDateTime"] = 3.0, "2026-11-24T08:00:00Z"
    assert me.post(f"/visits/{visit.id}/from-record").status_code == 303
    with launch.house.database.reading() as session:
        known = record_of(session, session.get_one(Visit, visit.id))
        n_answers = len(session.scalars(select(Answer).where(Answer.finding == "crp_mg_l")).all())
    assert (known["crp_mg_l"].value, n_answers) == (30.0, 2)
    assert (known["takes"].value, known["takes"].origin) == (["naproxen"], "clinician")
    assert "Not taken over: another answer stands" in browser.get(f"/visits/{visit.id}/from-record").text


def test_a_second_launch_finds_the_same_person_and_the_same_visit(launch: Launch) -> None:
    for _ in range(2):
        assert launch.launched(launch.browser()).status_code == 303
    only(launch, Patient)
    only(launch, Visit)


def test_somebody_here_with_the_same_number_and_another_name_is_not_taken_for_them(launch: Launch) -> None:
    launch.house.patient("H-4711")
    assert launch.launched(launch.browser()).status_code == 303
    with launch.house.database.reading() as session:
        numbers = sorted(p.number for p in session.scalars(select(Patient)))
    assert len(numbers) == 2
    assert numbers[1].startswith("H-4711 (")


def test_somebody_entered_here_before_is_linked(launch: Launch) -> None:
    launch.house.patient("H-4711", family_name="LAUNCH", given_name="L.")
    assert launch.launched(launch.browser()).status_code == 303
    assert only(launch, Patient).given_name == "L."


def test_a_search_that_fails_is_told_and_says_nothing_of_what_is_missing(launch: Launch) -> None:
    real = launch.ehr.resource

    def without_conditions(path: str, query: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        return (503, {}) if path.startswith("Condition") else real(path, query, authorization)

    launch.ehr.resource = without_conditions  # type: ignore[method-assign]
    browser = launch.browser()
    shown = browser.get(launch.launched(browser).headers["location"])
    assert "Some of the record could not be read" in shown.text
    assert "Condition" in shown.text


def test_without_an_id_token_only_somebody_signed_in_here_gets_in(launch: Launch) -> None:
    launch.ehr.token_says = {"id_token": None}
    refused = launch.launched(launch.browser())
    assert refused.status_code == 409
    assert "did not say who you are" in refused.text
    me = launch.house.visitor("clinician")
    assert launch.launched(me.client).status_code == 303


def test_somebody_without_the_role_is_told_so(launch: Launch) -> None:
    launch.connect(roles=[])
    refused = launch.launched(launch.browser())
    assert refused.status_code == 403
    assert launch.house.visitor().get("/worklist").status_code == 200


@pytest.mark.smart(7, 295, 8, 9, 90)
def test_tokens_are_kept_sealed_and_go_with_the_sign_in(launch: Launch) -> None:
    """Nothing in the database opens them, no cookie holds them, and signing out deletes them."""
    browser = launch.browser()
    launch.launched(browser)
    kept = only(launch, EhrAccess)
    assert kept.patient_id == only(launch, Patient).id
    secrets = (launch.ehr.access, launch.ehr.refresh)
    raw = (launch.folder / "clinic.sqlite").read_bytes() + (launch.folder / "clinic.sqlite-wal").read_bytes()
    for secret in secrets:
        assert secret.encode() not in raw
        assert all(secret not in str(value) for value in browser.cookies.values())
    me = launch.visitor(browser)
    assert me.post("/sign-out").status_code == 303
    with launch.house.database.reading() as session:
        assert session.scalars(select(EhrAccess)).all() == []
        assert session.scalars(select(EhrLaunch)).all() == []


def test_the_time_is_that_of_the_operation_in_the_record(launch: Launch) -> None:
    launch.launched(launch.browser())
    with launch.house.database.reading() as session:
        from afterdisc.clinic.patients import operations_of

        (operation,) = operations_of(session, only(launch, Patient).id)
    assert (operation.on, operation.is_index) == (OPERATED, True)
    assert launch.ehr.read[0][0] == f"Patient/{PATIENT}"


def test_what_nobody_could_name_stays_unknown_when_a_clinician_confirms_it(launch: Launch) -> None:
    """The field shows `?` for it, and what the field shows is what is sent back."""
    browser = launch.browser()
    launch.launched(browser)
    visit, me = only(launch, Visit), launch.visitor(browser)
    shown = me.get(f"/visits/{visit.id}").text
    assert 'value="ibuprofen, ?"' in shown
    assert 'value="ibuprofen ?"' in shown
    told = {"takes": "ibuprofen, ?", "dose_mg_per_day": "ibuprofen ?"}
    answer = me.answer(visit.id, told, seen=2**60)
    assert answer.json()["refused"] == []
    with launch.house.database.reading() as session:
        known = record_of(session, session.get_one(Visit, visit.id))
    assert (known["takes"].value, known["takes"].is_confirmed) == (["ibuprofen", None], True)
    assert known["dose_mg_per_day"].value == {"ibuprofen": None}
