"""Discovery: what a client learns before it calls, in the way of 2.0 and of 3.0."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import pytest

from afterdisc.program import Program
from functional.hooks.calls import SERVICES, Machine, members, view

TOKEN = re.compile(r"\{\{(.*?)\}\}")
R4_SEARCH = {"patient", "category", "status"}


@pytest.mark.cds_hooks(1, 4, 5, 6, 13)
def test_the_services_are_listed_at_the_address_that_the_standard_gives(ehr: Machine) -> None:
    answer = ehr.discover()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert [s["id"] for s in answer.json()["services"]] == list(SERVICES)


@pytest.mark.cds_hooks(7, 8, 9, 10, 11, 12)
def test_each_service_says_its_hook_and_what_it_does_and_needs(ehr: Machine) -> None:
    services = ehr.discover().json()["services"]
    for service in services:
        words = ("hook", "title", "description", "id", "usageRequirements")
        assert all(isinstance(service[w], str) and service[w].strip() for w in words)
        assert all(isinstance(k, str) and isinstance(v, str) for k, v in service["prefetch"].items())
    assert [s["hook"] for s in services] == ["patient-view", "order-select", "order-sign"]


@pytest.mark.cds_hooks(12)
def test_what_is_needed_at_least_is_told(ehr: Machine) -> None:
    for service in ehr.discover().json()["services"]:
        assert "`patient`" in service["usageRequirements"]
        assert "`procedures`" in service["usageRequirements"]


@pytest.mark.cds_hooks(16)
def test_a_service_is_called_at_its_id(ehr: Machine, program: Program) -> None:
    ids = {s["hook"]: s["id"] for s in ehr.discover().json()["services"]}
    assert ehr.call(ids["patient-view"], view(program)).status_code == 200
    assert ehr.call("no-such-service", view(program)).status_code == 404


@pytest.mark.cds_hooks(210, 211)
def test_no_service_replaces_the_cards_of_another(ehr: Machine) -> None:
    """Services of one id would say so; ours speak of different things and have ids of their own."""
    ids = [s["id"] for s in ehr.discover().json()["services"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.cds_hooks(29, 35, 36, 55, 56, 57, 59)
def test_templates_use_the_persons_id_from_the_context_and_no_other_token(ehr: Machine) -> None:
    for service in ehr.discover().json()["services"]:
        for template in service["prefetch"].values():
            assert TOKEN.findall(template) == ["context.patientId"]
            assert template.count("{{") == template.count("}}") == 1


@pytest.mark.cds_hooks(58)
def test_templates_keep_to_the_searches_that_every_server_has(ehr: Machine) -> None:
    for service in ehr.discover().json()["services"]:
        for template in service["prefetch"].values():
            kind, _, query = template.partition("?")
            assert re.fullmatch(r"[A-Z][A-Za-z]+(/\{\{context\.patientId\}\})?", kind)
            assert {name for name, _ in parse_qsl(query)} <= R4_SEARCH


def test_what_is_asked_for_is_what_the_knowledge_base_reads(ehr: Machine, program: Program) -> None:
    asked = {t.partition("?")[0].partition("/")[0] for t in ehr.discover().json()["services"][0]["prefetch"].values()}
    readings = [d for listed in program.book["fhir"]["readings"].values() for d in listed]
    read = {kind for d in readings if d["read"] != "document" for kind in d["from"]}
    assert asked == read | {"Patient", "Procedure", "QuestionnaireResponse", "Observation"}


def test_documents_are_not_asked_for_since_they_give_no_value(ehr: Machine) -> None:
    assert "DocumentReference" not in str(ehr.discover().json())


@pytest.mark.cds_hooks(3)
def test_nothing_in_it_is_empty(ehr: Machine) -> None:
    for version in ("2.0", "3.0"):
        assert not [v for v in members(ehr.discover(params={"version": version}).json()) if v in (None, "", [], {})]


def test_it_is_sent_again_only_when_it_has_changed(ehr: Machine, program: Program) -> None:
    first = ehr.discover()
    assert first.headers["x-afterdisc-knowledge"] == f"{program.version}; fingerprint={program.fingerprint}"
    again = ehr.discover(headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ehr.discover(headers={"If-None-Match": '"another"'}).status_code == 200


def test_in_the_way_of_3_0_old_results_need_not_be_sent(ehr: Machine, program: Program) -> None:
    old, new = (ehr.discover(params={"version": v}).json()["services"][0] for v in ("2.0", "3.0"))
    assert (new["version"], new["hookVersion"]) == ("3.0.0", "1.0")
    assert "version" not in old
    dated = {key: t for key, t in new["prefetch"].items() if t != old["prefetch"][key]}
    for key, template in dated.items():
        assert re.fullmatch(re.escape(old["prefetch"][key]) + r"&date=ge\{\{today\(\) - [1-9]\d* days\}\}", template)
    ages = [d["max_age_days"] for f, listed in program.book["fhir"]["readings"].items() for d in listed
            if "Observation" in d["from"] and program.book["findings"][f]["group"] == "lab"]
    if all(ages):
        assert f"today() - {max(ages):g} days" in dated["observations-laboratory"]
    assert "observations-survey" not in dated  # answers to our own questionnaire do not age


@pytest.mark.cds_hooks(14)
def test_another_version_is_refused_by_name(ehr: Machine) -> None:
    answer = ehr.discover(params={"version": "1.0"})
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["version"]
