"""What is asked for and what came with the launch: scopes, refusals, context."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from afterdisc.clinic.tables import Patient, Visit
from afterdisc.fhir.write.bundle import WRITTEN
from afterdisc.program import Program
from afterdisc.service.ehr.scopes import scopes_read
from functional.smart.conftest import Launch
from functional.smart.test_attacks import nobody_got_in


def asked(answer: Any) -> dict[str, str]:
    """The authorization request."""
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def place(launch: Launch) -> str:
    """The page of what the record gave to the only visit."""
    with launch.house.database.reading() as session:
        return f"/visits/{session.scalars(select(Visit)).one().id}/from-record"


# -- what is asked for ---------------------------------------------------------------------------------------------------


@pytest.mark.smart(41)
def test_the_audience_is_the_address_that_the_launch_named_to_the_letter(launch: Launch) -> None:
    """The site's file may write it in another way, with a slash at the end or without."""
    for iss in (launch.ehr.fhir, f"{launch.ehr.fhir}/"):
        assert asked(launch.begun(launch.browser(), iss=iss))["aud"] == iss
    assert asked(launch.browser().get("/smart/start?issuer=General%20Hospital"))["aud"] == launch.ehr.fhir


@pytest.mark.smart(133, 211)
def test_the_request_fits_into_an_address_and_asks_for_nothing_else(launch: Launch) -> None:
    launch.connect(write_back=True)
    answer = launch.begun(launch.browser())
    assert len(answer.headers["location"]) < 2000
    said = {"response_type", "client_id", "redirect_uri", "scope", "state", "aud", "launch", "nonce"}
    assert set(asked(answer)) - {"tenant"} == said | {"code_challenge", "code_challenge_method"}


@pytest.mark.smart(122, 124)
def test_nothing_is_asked_for_that_would_change_or_delete_an_entry(launch: Launch) -> None:
    launch.connect(write_back=True)
    scopes = asked(launch.begun(launch.browser()))["scope"].split()
    assert {scope.partition(".")[2] for scope in scopes if "/" in scope} == {"rs", "c"}


@pytest.mark.smart(143, 239)
def test_without_a_person_everything_that_is_asked_for_begins_with_system(program: Program) -> None:
    assert {scope.partition("/")[0] for scope in scopes_read(program, "system").split()} == {"system"}


@pytest.mark.smart(37, 132, 141, 146, 153, 155, 156, 216)
def test_scopes_that_the_site_has_set_are_asked_for_with_the_context_of_each_way(launch: Launch) -> None:
    context = "launch/encounter launch/list?role=medications"
    own = f"{context} openid offline_access user/*.rs patient/Observation.rs?category=laboratory"
    launch.connect(scopes=f"launch {own}")
    assert asked(launch.begun(launch.browser()))["scope"] == f"launch {own}"
    assert asked(launch.browser().get("/smart/start?issuer=General%20Hospital"))["scope"] == f"launch/patient {own}"


def test_what_it_takes_to_send_is_asked_for_beside_them_unless_they_give_it(launch: Launch) -> None:
    launch.connect(scopes="openid patient/*.rs", write_back=True)
    assert {f"patient/{kind}.c" for kind in WRITTEN} < set(asked(launch.begun(launch.browser()))["scope"].split())
    launch.connect(scopes="openid patient/*.cruds", write_back=True)
    assert asked(launch.begun(launch.browser()))["scope"] == "launch openid patient/*.cruds"


def test_a_server_that_cannot_be_asked_from_outside_is_told(launch: Launch) -> None:
    launch.ehr.configuration = {"capabilities": ["launch-ehr"]}
    answer = launch.browser().get("/smart/start?issuer=General%20Hospital")
    nobody_got_in(launch, answer)
    assert "Open the person there" in answer.text
    assert launch.begun(launch.browser()).status_code == 303


@pytest.mark.parametrize(
    ("code", "words"),
    [("access_denied", "said no"), ("invalid_scope", "set `scopes:`"), ("<b>made up</b>", "did not allow the launch.")],
)
def test_a_refusal_is_told_by_its_code_and_in_our_words(launch: Launch, code: str, words: str) -> None:
    launch.ehr.refuses = code
    answer = launch.launched(launch.browser())
    nobody_got_in(launch, answer)
    assert words in answer.text
    assert "made up" not in answer.text


# -- what came with it ---------------------------------------------------------------------------------------------------


@pytest.mark.smart(191)
def test_what_the_launch_was_about_is_shown_with_the_role_launch_or_without_one(launch: Launch) -> None:
    launch.ehr.token_says = {
        "fhirContext": [
            {"reference": "ServiceRequest/8"},
            {"reference": "DiagnosticReport/9", "role": "launch"},
            {"reference": "List/10", "role": "https://example.org/another"},
            {"reference": "https://evil.example/Task/11"},
            {"canonical": "https://example.org/Questionnaire/12"},
            "nonsense",
        ]
    }
    browser = launch.browser()
    launch.launched(browser)
    assert "It was opened on Encounter/enc-1, ServiceRequest/8, DiagnosticReport/9." in browser.get(place(launch)).text


@pytest.mark.smart(193)
@pytest.mark.parametrize(
    "said",
    [
        {"intent": "reconcile-medications"},
        {"fhirContext": "nonsense", "encounter": 7},
        {"smart_style_url": "https://evil.example/style.json", "tenant": "7"},
        {"need_patient_banner": False, "encounter": None},
    ],
)
def test_what_a_server_adds_that_nobody_here_knows_changes_nothing(launch: Launch, said: dict[str, Any]) -> None:
    launch.ehr.token_says = said
    browser = launch.browser()
    launch.launched(browser)
    shown = browser.get(place(launch)).text
    assert "What the record gave" in shown
    assert "Launch, Lena Maria" in shown  # whose record it is stands on every page
    assert "evil.example" not in shown


@pytest.mark.smart(147)
def test_what_was_not_granted_is_told_and_so_what_is_missing_is_explained(launch: Launch) -> None:
    launch.ehr.granted = "launch openid patient/Patient.r patient/Observation.rs user/Procedure.read"
    browser = launch.browser()
    launch.launched(browser)
    shown = browser.get(place(launch)).text
    (listed,) = re.findall("has not granted reading these: (.*?)\\.", shown)
    assert "Condition" in (kinds := listed.split(", "))
    assert not {"Patient", "Observation", "Procedure"} & set(kinds)


@pytest.mark.parametrize("born", ["1979", "1979-13-01", "1979-W05-2", 7, None])
def test_a_birth_date_that_is_no_whole_day_stays_unknown(launch: Launch, born: Any) -> None:
    launch.ehr.records["Patient"][0]["birthDate"] = born
    assert launch.launched(launch.browser()).status_code == 303
    with launch.house.database.reading() as session:
        assert session.scalars(select(Patient.birth_date)).one() is None
