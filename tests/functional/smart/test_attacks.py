"""What a launch refuses: other people's codes, states, tokens and servers. Nothing of them is told, and nobody is let in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from afterdisc.clinic.tables import Patient, SignIn
from functional.smart.conftest import Launch
from functional.smart.ehr_server import Ehr


def nobody_got_in(launch: Launch, answer: Any) -> None:
    assert answer.status_code in (403, 404, 409, 422, 502), answer.text
    assert "afterdisc_session" not in answer.headers.get("set-cookie", "")
    with launch.house.database.reading() as session:
        assert session.scalars(select(Patient)).all() == []
        assert session.scalars(select(SignIn)).all() == []


ID_TOKENS: dict[str, tuple[Callable[[Ehr], None], str]] = {
    "for another app": (lambda ehr: ehr.claims.update(aud="another-app"), "another app"),
    "for two apps, given to the other": (
        lambda ehr: ehr.claims.update(aud=["x", "afterdisc-at-the-clinic"], azp="x"),
        "another app",
    ),
    "of another issuer": (lambda ehr: ehr.claims.update(iss="https://elsewhere.example"), "somebody else"),
    "expired": (lambda ehr: ehr.claims.update(exp=int(ehr.now) - 120), "expired"),
    "without an end": (lambda ehr: ehr.claims.update(exp=None), "expired"),
    "from the future": (lambda ehr: ehr.claims.update(iat=int(ehr.now) + 600), "future"),
    "of another launch": (lambda ehr: ehr.claims.update(nonce="another"), "another launch"),
    "without a nonce": (lambda ehr: ehr.claims.update(nonce=None), "another launch"),
    "of nobody": (lambda ehr: ehr.claims.update(sub=None), "nobody"),
    "not signed": (lambda ehr: setattr(ehr, "signs_falsely", "none"), "no key"),
    "signed by a stranger": (lambda ehr: setattr(ehr, "signs_falsely", "stranger"), "no key"),
    "signed with a key that it brings along": (lambda ehr: setattr(ehr, "signs_falsely", "brought"), "no key"),
    "signed with the public key as a secret": (lambda ehr: setattr(ehr, "signs_falsely", "secret"), "no key"),
    "whose issuer has another name": (lambda ehr: ehr.openid.update(issuer="https://elsewhere.example"), "another name"),
    "whose keys are not safe": (lambda ehr: ehr.openid.update(jwks_uri="http://elsewhere.example/jwks"), "no https address"),
    "whose keys are no keys": (lambda ehr: ehr.openid.update(jwks_uri=f"{ehr.address}/chart"), "cannot be had"),
    "no token at all": (lambda ehr: ehr.token_says.update(id_token="x.y.z"), "no key"),
}


@pytest.mark.smart(201, 218)
@pytest.mark.parametrize("name", ID_TOKENS)
def test_an_id_token_that_does_not_hold_lets_nobody_in(launch: Launch, name: str) -> None:
    spoil, reason = ID_TOKENS[name]
    spoil(launch.ehr)
    answer = launch.launched(launch.browser())
    nobody_got_in(launch, answer)
    assert reason in answer.text
    assert "clinician-7" not in answer.text


@pytest.mark.smart(4, 60, 61)
def test_a_state_of_another_browser_is_refused(launch: Launch) -> None:
    """The code is real and stolen; it came back in a browser that did not begin the launch."""
    way_back = launch.agreed(launch.begun(launch.browser()).headers["location"])
    nobody_got_in(launch, launch.browser().get(way_back))
    other = launch.browser()
    launch.begun(other)
    nobody_got_in(launch, other.get(way_back))
    assert launch.ehr.exchanged == []


@pytest.mark.smart(4, 60)
@pytest.mark.parametrize("state", ["", "x", "0" * 43])
def test_a_state_that_was_never_given_is_refused(launch: Launch, state: str) -> None:
    browser = launch.browser()
    launch.begun(browser)
    nobody_got_in(launch, browser.get(f"/smart/callback?code=abc&state={state}"))
    assert launch.ehr.exchanged == []


def test_a_state_serves_once(launch: Launch) -> None:
    browser = launch.browser()
    way_back = launch.agreed(launch.begun(browser).headers["location"])
    ((name, cookie),) = browser.cookies.items()
    assert browser.get(way_back).status_code == 303
    again = launch.browser()
    again.cookies.set(name, cookie, domain="testserver.local", path="/smart")
    assert again.get(way_back).status_code == 409
    assert len(launch.ehr.exchanged) == 1


def test_a_launch_that_took_too_long_is_refused(launch: Launch) -> None:
    browser = launch.browser()
    way_back = launch.agreed(launch.begun(browser).headers["location"])
    launch.house.clock.on(minutes=11)
    nobody_got_in(launch, browser.get(way_back))


@pytest.mark.smart(70)
def test_a_stolen_code_is_worth_nothing_without_its_verifier(launch: Launch) -> None:
    """The thief begins a launch of their own, and puts the stolen code into its way back."""
    stolen = parse_qs(urlsplit(launch.agreed(launch.begun(launch.browser()).headers["location"])).query)["code"][0]
    thief = launch.browser()
    state = parse_qs(urlsplit(launch.begun(thief).headers["location"]).query)["state"][0]
    answer = thief.get(f"/smart/callback?code={stolen}&state={state}")
    nobody_got_in(launch, answer)
    assert "invalid_grant" in answer.text


@pytest.mark.smart(1)
@pytest.mark.parametrize("iss", ["https://evil.example/fhir", "http://169.254.169.254/", "file:///etc/passwd", "", "x" * 1999])
def test_a_server_that_the_site_has_not_named_is_asked_nothing(launch: Launch, iss: str) -> None:
    nobody_got_in(launch, launch.begun(launch.browser(), iss=iss))
    assert launch.ehr.requests == 0


def test_a_name_that_is_not_in_the_file_begins_nothing(launch: Launch) -> None:
    nobody_got_in(launch, launch.browser().get("/smart/start?issuer=Elsewhere"))
    assert launch.ehr.requests == 0


@pytest.mark.smart(6)
def test_nobody_is_sent_elsewhere(launch: Launch) -> None:
    """Whatever comes back with the code, the browser stays here."""
    browser = launch.browser()
    way_back = launch.agreed(launch.begun(browser).headers["location"])
    answer = browser.get(f"{way_back}&redirect_uri=https://evil.example&next=https://evil.example&RelayState=//evil.example")
    assert answer.headers["location"].startswith("/visits/")


@pytest.mark.smart(5)
def test_what_comes_from_there_is_shown_as_text(launch: Launch) -> None:
    person = launch.ehr.records["Patient"][0]
    person["name"][0]["family"] = "<script>alert(1)</script>"
    launch.ehr.claims["name"] = "<img src=x onerror=alert(1)>"
    browser = launch.browser()
    shown = browser.get(launch.launched(browser).headers["location"])
    assert "<script>alert(1)" not in shown.text
    assert "<img src=x" not in shown.text
    assert "&lt;script&gt;" in shown.text


def test_a_refusal_there_is_told_in_our_words(launch: Launch) -> None:
    launch.ehr.refuses = "access_denied"
    answer = launch.launched(launch.browser())
    nobody_got_in(launch, answer)
    assert "did not allow the launch" in answer.text


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"patient": None}, "whom it is about"),
        ({"patient": "../Practitioner/1"}, "whom it is about"),
        ({"token_type": "mac"}, "bearer"),
    ],
)
def test_an_answer_that_names_no_person_or_no_bearer_token_is_refused(
    launch: Launch, said: dict[str, Any], reason: str
) -> None:
    launch.ehr.token_says = said
    answer = launch.launched(launch.browser())
    nobody_got_in(launch, answer)
    assert reason in answer.text


@pytest.mark.smart(1, 232)
@pytest.mark.parametrize(
    "said",
    [
        {"authorization_endpoint": "http://elsewhere.example/authorize"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"code_challenge_methods_supported": ["plain"]},
        {"token_endpoint": None},
    ],
)
def test_a_server_that_is_not_safe_enough_is_not_used(launch: Launch, said: dict[str, Any]) -> None:
    launch.ehr.configuration = said
    nobody_got_in(launch, launch.begun(launch.browser()))
    assert launch.ehr.asked == []


def test_the_record_of_somebody_else_in_the_answer_is_left_out(launch: Launch) -> None:
    other = {**launch.ehr.records["Observation"][0], "id": "crp-9", "subject": {"reference": "Patient/pat-2"}}
    other["valueQuantity"] = {**other["valueQuantity"], "value": 30}
    launch.ehr.records["Observation"].append(other)
    browser = launch.browser()
    shown = browser.get(launch.launched(browser).headers["location"])
    assert "Observation/crp-1" in shown.text
    assert "Observation/crp-9" not in shown.text


def test_another_sign_in_does_not_get_at_the_access(launch: Launch) -> None:
    browser = launch.browser()
    place = launch.launched(browser).headers["location"]
    other = launch.house.visitor("clinician")
    assert "was not launched" in other.get(place).text
    assert other.post(place).status_code == 409
    assert other.post(place.replace("from-record", "send")).status_code == 409
    assert launch.ehr.sent == []
