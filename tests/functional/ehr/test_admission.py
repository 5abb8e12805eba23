"""Machines at the door: from this machine without a token, from elsewhere never; once per token, whichever process is asked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from afterdisc.clinic.ehr_tables import SeenToken
from afterdisc.program import Program
from afterdisc.service.access import ACCESS, EVERYBODY, MACHINES
from afterdisc.service.app import routes
from afterdisc.service.guard import COOKIE
from functional.ehr.caller import Signing, issuers_file, trusted
from functional.ehr.conftest import FROM_AFAR, SITE, Door
from functional.workspace.house import House, build

BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": []}
KIND = {"Content-Type": "application/fhir+json"}


@pytest.fixture
def house(tmp_path: Path, program: Program) -> Iterator[House]:
    made = build(f"sqlite:///{tmp_path / 'clinic.sqlite'}", program)
    yield made
    made.database.close()


def assess(house: House, host: str, **headers: str) -> Any:
    client = TestClient(house.app, base_url=SITE, client=(host, 50_000))
    return client.post("/fhir/$assess", json=BUNDLE, headers=KIND | headers)


# -- without a file -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "127.8.8.8"])
def test_without_a_file_this_machine_may_call(house: House, host: str) -> None:
    assert assess(house, host).status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7", "10.0.0.1", "testclient", "", "localhost.evil.example"])
def test_without_a_file_no_other_machine_may_call(house: House, host: str) -> None:
    answer = assess(house, host)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="afterdisc"'
    assert "no system that may call it" in answer.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_a_proxy_on_this_machine_is_not_this_machine(house: House, name: str) -> None:
    assert assess(house, "127.0.0.1", **{name: "127.0.0.1"}).status_code == 401


def test_a_token_is_no_help_where_nobody_is_trusted(house: House, signing_keys: dict[str, Any]) -> None:
    token = Signing("http://127.0.0.1:9/jwks.json", keys=signing_keys).token(f"{SITE}/fhir", house.clock())
    assert assess(house, "192.0.2.7", Authorization=f"Bearer {token}").status_code == 401


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_page_of_another_site_cannot_call_as_this_machine(house: House, kind: str) -> None:
    """A browser sends these kinds unasked, and asks before it sends any other; the answer to that is no."""
    client = TestClient(house.app, base_url=SITE, client=("127.0.0.1", 50_000))
    page = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for path in ("/fhir/$assess", "/cds-services/afterdisc-patient-view", "/cds-services/afterdisc-patient-view/feedback"):
        assert client.post(path, content=b"{}", headers=page | {"Content-Type": kind}).status_code == 415
        assert "access-control-allow-origin" not in client.options(path, headers=page | asks).headers


# -- with one -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.7"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}])
def test_with_a_file_everybody_shows_a_token(door: Door, host: str, header: dict[str, str]) -> None:
    answer = assess(door.house, host, **header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="afterdisc"'


def test_somebody_signed_in_is_no_machine(door: Door) -> None:
    visitor = door.house.visitor("clinician")
    answer = visitor.post("/fhir/$assess", json=BUNDLE, headers=KIND)
    assert answer.status_code == 401


def test_a_cookie_beside_a_token_changes_nothing(door: Door) -> None:
    cookie = door.house.visitor("clinician").client.cookies[COOKIE]
    assert door.assess(door.token(), Cookie=f"{COOKIE}={cookie}").status_code == 200
    with door.house.database.reading() as session:
        assert session.scalars(select(SeenToken)).all()


def test_behind_a_proxy_the_public_address_counts(tmp_path: Path, program: Program, door: Door) -> None:
    public = "https://afterdisc.clinic.example"
    file = issuers_file(tmp_path, trusted(door.signing))
    house = build(f"sqlite:///{tmp_path / 'p.sqlite'}", program, ehr=str(file), origin=public)
    for audience, status in ((f"{public}/fhir/$assess", 200), (f"{public}/fhir", 200), (f"{SITE}/fhir/$assess", 401)):
        token = door.signing.token(audience, house.clock())
        assert assess(house, "192.0.2.7", Authorization=f"Bearer {token}").status_code == status, audience
    house.database.close()


def test_refused_machines_are_slowed_down_and_good_ones_are_not(door: Door) -> None:
    codes = [door.assess("x.y.z").status_code for _ in range(130)]
    assert codes == [401] * 120 + [429] * 10
    assert door.assess(door.token()).status_code == 200


def test_what_is_logged_of_a_refusal_names_the_reason_alone(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    token = door.token(aud="https://evil.example/fhir")
    assert door.assess(token).status_code == 401
    out = capsys.readouterr().out
    assert "machine refused" in out
    assert "it is meant for another address" in out
    assert "evil.example" not in out
    assert not [part for part in token.split(".") if part in out]


def test_a_mistake_in_the_file_shuts_the_doors_and_people_work_on(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    token = door.token()
    file = Path(door.house.desk.settings.ehr)
    right = file.read_text()
    file.write_text(right.replace("https://ehr.example/fhir", "http://ehr.example/fhir"))
    for host in ("127.0.0.1", "192.0.2.7"):
        refused = assess(door.house, host, Authorization=f"Bearer {token}")
        assert refused.status_code == 401
        assert "ehr" not in refused.text
    stranger = TestClient(door.house.app, base_url=SITE, client=FROM_AFAR)
    origin = {"Origin": "https://evil.example"}
    assert stranger.post("/cds-services/afterdisc-patient-view", json={}, headers=origin).status_code == 401
    assert stranger.get("/sign-in").status_code in (200, 303)
    assert door.house.visitor("clinician").get("/worklist").status_code == 200
    assert capsys.readouterr().out.count("record systems cannot be read") == 1
    file.write_text(right)
    assert door.assess(token).status_code == 200


# -- once, whoever is asked ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_two_processes_one_takes_a_token(
    request: pytest.FixtureRequest, tmp_path: Path, program: Program, door: Door, kind: str
) -> None:
    """Each has connections, keys and memory of its own; what they share is the database."""
    file = str(issuers_file(tmp_path, trusted(door.signing)))
    is_sqlite = kind == "sqlite"
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}" if is_sqlite else request.getfixturevalue("empty_postgres")()
    houses = [build(url, program, ehr=file) for _ in range(2)]
    clients = [TestClient(h.app, base_url=SITE, client=FROM_AFAR) for h in houses]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            headers = KIND | {"Authorization": f"Bearer {door.token()}"}
            calls = [pool.submit(c.post, "/fhir/$assess", json=BUNDLE, headers=headers) for c in clients * 4]
            assert sorted(c.result().status_code for c in calls) == [200] + [401] * 7
    for house in houses:
        house.database.close()


def test_tokens_are_forgotten_when_nobody_can_use_them_any_more(door: Door) -> None:
    for minutes in (0, 3, 3, 3):
        door.house.clock.on(minutes=minutes)
        assert door.assess(door.token()).status_code == 200
    with door.house.database.reading() as session:
        assert len(session.scalars(select(SeenToken)).all()) == 2


# -- every door ---------------------------------------------------------------------------------------------------------


def test_every_door_of_machines_asks_who_calls(door: Door) -> None:
    """Whatever is below the addresses that machines call, and tells or takes anything of a person."""
    asked = []
    for route in routes():
        if ACCESS[route.name] is MACHINES:
            asked.append(route.name)
            method = sorted(route.methods)[0]
            answer = door.client.request(method, route.path.replace("{service_id}", "afterdisc-patient-view"))
            assert answer.status_code == 401, route.name
    assert len(asked) >= 7
    open_to_all = {r.name for r in routes() if r.path.startswith(("/fhir", "/cds")) and ACCESS[r.name] is EVERYBODY}
    assert {r.methods == {"GET"} for r in routes() if r.name in open_to_all} == {True}
