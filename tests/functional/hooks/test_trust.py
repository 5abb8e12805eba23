"""Who may call: on a site that names its record systems only they, each with a signed token of its own for every call."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from afterdisc.clinic.ehr_tables import CardFeedback, HookCall
from afterdisc.program import Program
from functional.hooks.calls import NUMB_SADDLE, VIEW, Machine, machine, view
from functional.hooks.trusted import ISSUER, NOW, System, running
from functional.workspace.house import House, build

HERE = f"http://testserver/cds-services/{VIEW}"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running() as made:
        yield made


@pytest.fixture
def site(tmp_path: Path, program: Program, system: System) -> Iterator[House]:
    made = build(f"sqlite:///{tmp_path / 'trust.sqlite'}", program, ehr=system.file(tmp_path))
    yield made
    made.database.close()


def call(site: House, program: Program, token: str | None, scheme: str = "Bearer") -> Any:
    headers = {"Authorization": f"{scheme} {token}"} if token is not None else {}
    return machine(site).call(VIEW, view(program, NUMB_SADDLE), headers=headers)


@pytest.mark.cds_hooks(176, 200, 205)
@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_signed_token_for_this_service_is_let_in(site: House, program: Program, system: System, algorithm: str) -> None:
    answer = call(site, program, system.token(HERE, algorithm))
    assert (answer.status_code, len(answer.json()["cards"])) == (200, 1)
    with site.database.reading() as session:
        assert session.scalars(select(HookCall)).one().issuer == ISSUER


@pytest.mark.cds_hooks(177)
def test_without_a_token_nothing_is_answered(site: House, program: Program) -> None:
    for answer in (call(site, program, None), call(site, program, "abc"), call(site, program, "abc", "Basic")):
        assert answer.status_code == 401
        assert answer.json()["resourceType"] == "OperationOutcome"
    with site.database.reading() as session:
        assert session.scalars(select(HookCall)).all() == []


def test_discovery_needs_no_token_since_it_tells_nothing_of_anybody(site: House) -> None:
    assert machine(site).discover().status_code == 200


@pytest.mark.cds_hooks(195, 199)
def test_only_the_systems_that_the_site_names_are_trusted(site: House, program: Program, system: System) -> None:
    """Their keys are where the site says, whatever a token says."""
    for token in (
        system.token(HERE, iss="https://evil.example"),
        system.token(HERE, header={"jku": "https://evil.example/jwks.json"}),
        system.token(HERE, header={"kid": "another"}),
    ):
        assert call(site, program, token).status_code == 401
    assert call(site, program, system.token(HERE, header={"jku": system.jwks})).status_code == 200


@pytest.mark.cds_hooks(201)
def test_a_token_that_is_not_signed_is_refused(site: House, program: Program, system: System) -> None:
    head, claims, _ = system.token(HERE).split(".")
    said = json.loads(base64.urlsafe_b64decode(head + "=="))
    for algorithm in ("none", "None", "NONE"):
        bare = base64.urlsafe_b64encode(json.dumps(said | {"alg": algorithm}).encode()).decode().rstrip("=")
        for signature in ("", "x"):
            assert call(site, program, f"{bare}.{claims}.{signature}").status_code == 401


@pytest.mark.cds_hooks(203)
def test_a_token_signed_with_a_shared_secret_is_refused(site: House, program: Program, system: System) -> None:
    assert call(site, program, system.token(HERE, "HS384", header={"kid": "ES384"})).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "http://testserver/cds-services/afterdisc-order-sign"},
        {"aud": "http://testserver/cds-services"},
        {"aud": HERE + "/"},
        {"aud": None},
        {"exp": NOW - 60},
        {"exp": None},
        {"iat": NOW + 600, "exp": NOW + 800},
        {"exp": NOW + 86_400},
        {"jti": None},
    ],
)
def test_a_token_for_another_address_or_time_is_refused(
    site: House, program: Program, system: System, claims: dict[str, Any]
) -> None:
    assert call(site, program, system.token(HERE, **claims)).status_code == 401


def test_a_token_works_once(site: House, program: Program, system: System) -> None:
    token = system.token(HERE)
    assert [call(site, program, token).status_code for _ in range(3)] == [200, 401, 401]


def test_a_changed_token_is_refused(site: House, program: Program, system: System) -> None:
    head, claims, signature = system.token(HERE).split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    other = base64.urlsafe_b64encode(json.dumps(said | {"jti": "another"}).encode()).decode().rstrip("=")
    assert call(site, program, f"{head}.{other}.{signature}").status_code == 401


def test_feedback_needs_a_token_for_its_own_address(site: House, program: Program, system: System) -> None:
    (card,) = call(site, program, system.token(HERE)).json()["cards"]
    told = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-25T10:05:31Z"}
    statuses = []
    for audience in (HERE, HERE + "/feedback"):
        headers = {"Authorization": f"Bearer {system.token(audience)}"}
        answer = machine(site).client.post(f"/cds-services/{VIEW}/feedback", json={"feedback": [told]}, headers=headers)
        statuses.append(answer.status_code)
    assert statuses == [401, 200]
    with site.database.reading() as session:
        assert session.scalars(select(CardFeedback)).one().issuer == ISSUER


def test_a_person_who_is_signed_in_is_no_machine(site: House, program: Program) -> None:
    visitor = site.visitor("clinician")
    answer = visitor.post(f"/cds-services/{VIEW}", json=view(program))
    assert answer.status_code == 401


def test_browsers_of_a_trusted_system_may_call(site: House, program: Program, system: System) -> None:
    asked = machine(site).client.options(f"/cds-services/{VIEW}", headers={"Origin": ISSUER})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, ISSUER)
    refused = machine(site).call(VIEW, view(program), headers={"Origin": ISSUER})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, ISSUER)


def test_without_any_named_system_only_this_machine_may_call(house: House, program: Program) -> None:
    from starlette.testclient import TestClient

    far = Machine(TestClient(house.app, base_url="http://testserver", client=("192.0.2.7", 50_000)))
    assert far.call(VIEW, view(program)).status_code == 401
    assert machine(house).call(VIEW, view(program)).status_code == 200
