"""Signing in through an identity provider: a real one on the loopback, and what a false one may try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import oidc_provider_mock
import pytest
from sqlalchemy import select

from afterdisc.clinic.moments import system_clock
from afterdisc.clinic.tables import Account
from afterdisc.program import Program
from functional.workspace.house import ORIGIN, House, build


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def house(tmp_path: Path, program: Program, provider: str) -> Iterator[House]:
    settings: dict[str, Any] = {"oidc_issuer": provider, "oidc_client_id": "afterdisc", "oidc_client_secret": "secret"}
    made = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program, **settings)
    made.clock.now = system_clock()  # the provider looks at the real clock
    yield made
    made.database.close()


def at_provider(start: Any, subject: str = "ada@clinic.example") -> str:
    """What the person does there; gives the address they come back to."""
    httpx2.put(f"{start.split('/oauth2')[0]}/users/{subject}", json={"name": "Ada Marsh"})
    reply = httpx2.post(start, data={"sub": subject})
    assert reply.status_code == 302, reply.text
    return str(reply.headers["location"])


def begin(house: House) -> tuple[Any, str]:
    visitor = house.visitor(None)
    answer = visitor.get("/oidc/start")
    assert answer.status_code == 303
    return visitor, answer.headers["location"]


def test_whoever_is_new_is_known_afterwards_but_may_nothing_until_given_a_role(house: House) -> None:
    visitor, start = begin(house)
    asked = parse_qs(urlsplit(start).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{ORIGIN}/oidc/callback"]
    back = at_provider(start)
    answer = visitor.get(back.removeprefix(ORIGIN))
    assert answer.status_code == 403
    assert "No role yet" in answer.text
    with house.database.writing() as session:
        account = session.scalars(select(Account)).one()
        assert (account.name, account.oidc_subject, account.password_hash) == ("Ada Marsh", "ada@clinic.example", None)
        account.roles = ["clinician"]
    visitor, start = begin(house)
    answer = visitor.get(at_provider(start).removeprefix(ORIGIN))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert visitor.get("/worklist").status_code == 200


def test_an_answer_that_was_not_asked_for_here_is_refused(house: House) -> None:
    _, start = begin(house)
    back = at_provider(start).removeprefix(ORIGIN)
    stranger = house.visitor(None)
    assert stranger.get(back).status_code == 409
    other, _ = begin(house)  # somebody else's sign-in: another state
    assert other.get(back).status_code == 409


def test_a_code_works_once(house: House) -> None:
    visitor, start = begin(house)
    kept = dict(visitor.client.cookies)
    back = at_provider(start).removeprefix(ORIGIN)
    visitor.get(back)
    again = house.visitor(None)
    for name, value in kept.items():
        again.client.cookies.set(name, value, domain="testserver.local", path="/oidc")
    answer = again.get(back)
    assert answer.status_code == 409
    assert "refused" in answer.text


def test_a_token_for_somebody_else_or_of_another_time_is_refused(house: House) -> None:
    visitor, start = begin(house)
    back = at_provider(start).removeprefix(ORIGIN)
    house.clock.on(days=3)
    assert visitor.get(back).status_code == 409
    house.clock.on(days=-3)
    visitor, start = begin(house)
    back = at_provider(start).removeprefix(ORIGIN)
    house.desk.settings.oidc_client_id = "another-application"
    assert visitor.get(back).status_code == 409


def test_a_provider_that_does_not_answer_is_told_plainly(house: House) -> None:
    house.desk.settings.oidc_issuer = "http://127.0.0.1:9"
    answer = house.visitor(None).get("/oidc/start")
    assert answer.status_code == 409
    assert "does not answer" in answer.text


def test_a_site_without_a_provider_offers_none(tmp_path: Path, program: Program) -> None:
    house = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program)
    assert house.visitor(None).get("/oidc/start").status_code == 404
