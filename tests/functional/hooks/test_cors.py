"""Record systems that call from a browser: who may, and that a browser that asks first needs no token."""

from __future__ import annotations

from pathlib import Path

import pytest

from afterdisc.program import Program
from functional.hooks.calls import NUMB_SADDLE, SERVICES, VIEW, Machine, machine, view
from functional.workspace.house import House, build

EHR, STRANGER = "https://ehr.example", "https://evil.example"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture
def open_house(tmp_path: Path, program: Program) -> House:
    return build(f"sqlite:///{tmp_path / 'cors.sqlite'}", program, hooks_origins=f"{EHR}, https://other.example")


@pytest.mark.cds_hooks(208)
@pytest.mark.parametrize("path", [p for s in SERVICES for p in (f"/cds-services/{s}", f"/cds-services/{s}/feedback")])
def test_a_browser_of_a_record_system_may_ask_and_call(open_house: House, path: str) -> None:
    answer = machine(open_house).client.options(path, headers={"Origin": EHR, **ASKS})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == EHR
    assert answer.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "Content-Type" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.cds_hooks(208)
def test_discovery_may_be_read_from_everywhere(ehr: Machine) -> None:
    asked = ehr.client.options("/cds-services", headers={"Origin": STRANGER})
    for answer in (asked, ehr.discover(headers={"Origin": STRANGER})):
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]


def test_answers_about_people_are_handed_to_the_named_origins_only(open_house: House, program: Program) -> None:
    caller = machine(open_house)
    mine = caller.call(VIEW, view(program, NUMB_SADDLE), headers={"Origin": EHR})
    assert mine.headers["access-control-allow-origin"] == EHR
    assert mine.headers["vary"] == "Origin"
    theirs = caller.call(VIEW, view(program, NUMB_SADDLE), headers={"Origin": STRANGER})
    assert "access-control-allow-origin" not in theirs.headers
    asked = caller.client.options(f"/cds-services/{VIEW}", headers={"Origin": STRANGER, **ASKS})
    assert asked.status_code == 403
    assert "access-control-allow-origin" not in asked.headers


def test_errors_are_handed_over_too(open_house: House) -> None:
    answer = machine(open_house).call(VIEW, {}, headers={"Origin": EHR})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (400, EHR)


def test_without_a_setting_no_browser_may_call(ehr: Machine) -> None:
    assert ehr.client.options(f"/cds-services/{VIEW}", headers={"Origin": EHR, **ASKS}).status_code == 403


def test_other_addresses_know_nothing_of_it(open_house: House) -> None:
    answer = machine(open_house).client.get("/health", headers={"Origin": EHR})
    assert "access-control-allow-origin" not in answer.headers
