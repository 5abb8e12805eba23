"""Data come with the call, or are read from the caller's FHIR server; what could not be had is unknown, and is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from afterdisc import hooks
from afterdisc.errors import MissingData, NotPossible
from afterdisc.program import Program
from functional.hooks.calls import (
    NUMB_SADDLE,
    POOR_KIDNEYS,
    SIGN,
    VIEW,
    Json,
    Machine,
    finding,
    operation,
    person,
    prescription,
    searchset,
    sign,
    view,
    without,
)
from functional.workspace.house import House

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
ACCESS = {
    "fhirServer": "https://ehr.example/fhir",
    "fhirAuthorization": {
        "access_token": "opaque",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "afterdisc",
    },
}
IBUPROFEN = prescription("Ibuprofen 400 mg tablet")


def gathered(program: Program, body: Json, fetch: hooks.Fetch | None = None) -> hooks.Gathered:
    service = next(s for s in hooks.SERVICES if s.hook == body["hook"])
    return hooks.gather(program, hooks.request_of(service, body), fetch)


class Server:
    """A FHIR server that has these answers, and keeps what it was asked."""

    def __init__(self, answers: Mapping[str, Json]) -> None:
        self.answers, self.asked, self.tokens = answers, [], []  # type: ignore[var-annotated]

    def __call__(self, server: str, authorization: Mapping[str, Any], queries: Sequence[str]) -> list[Json]:
        self.asked += [f"{server}/{q}" for q in queries]
        self.tokens.append(authorization["access_token"])
        return [self.answers.get(q, OUTCOME) for q in queries]


# ------------------------------------------------------------------------------------------------------------- prefetched


@pytest.mark.cds_hooks(28)
def test_a_full_prefetch_is_enough(ehr: Machine, program: Program) -> None:
    assert len(ehr.cards(VIEW, view(program, NUMB_SADDLE))) == 1


@pytest.mark.cds_hooks(34)
def test_single_resources_and_searchsets_are_taken_alike(program: Program) -> None:
    alone, listed = view(program), view(program)
    alone["prefetch"]["procedures"] = operation(program)
    listed["prefetch"]["patient"] = searchset(person())
    kinds = [[_kinds(r) for r in gathered(program, body).resources] for body in (alone, listed)]
    assert kinds == [[{"Patient"}, {"Procedure"}]] * 2


def _kinds(resource: Any) -> set[str]:
    return {e["resource"]["resourceType"] for e in resource["entry"]} if "entry" in resource else {resource["resourceType"]}


def test_null_says_that_there_is_nothing_so_it_is_not_asked_again(program: Program) -> None:
    server = Server({})
    found = gathered(program, view(program) | ACCESS, server)
    assert (server.asked, found.failed) == ([], ())


@pytest.mark.cds_hooks(52)
def test_an_operation_outcome_is_a_failure_that_is_not_tried_again(program: Program) -> None:
    for sent in (OUTCOME, searchset(OUTCOME)):
        server, body = Server({}), view(program) | ACCESS
        body["prefetch"]["observations-survey"] = sent
        found = gathered(program, body, server)
        assert (server.asked, found.failed) == ([], ("observations-survey",))


def test_a_remark_beside_results_is_no_failure(program: Program) -> None:
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}
    body = view(program)
    body["prefetch"]["observations-survey"] = searchset(finding(program, "fever", False), remark)
    assert gathered(program, body).failed == ()


def test_what_is_no_resource_is_a_failure(program: Program) -> None:
    body = view(program)
    body["prefetch"]["observations-survey"] = "<html>Error</html>"
    assert gathered(program, body).failed == ("observations-survey",)


@pytest.mark.cds_hooks(52)
def test_what_could_not_be_seen_is_told_where_it_could_change_the_card(ehr: Machine, program: Program) -> None:
    body = sign(program, {"leg_pain_nrs": 6, "age_years": 70}, IBUPROFEN)
    body["prefetch"]["observations-laboratory"] = OUTCOME
    (card,) = ehr.cards(SIGN, body)
    assert "Could not be seen in this record:** laboratory results" in card["detail"]


def test_and_is_not_told_where_it_could_not(ehr: Machine, program: Program) -> None:
    body = sign(program, POOR_KIDNEYS, IBUPROFEN)
    body["prefetch"]["observations-imaging"] = OUTCOME
    (card,) = ehr.cards(SIGN, body)
    assert "Could not be seen" not in card["detail"]


# ----------------------------------------------------------------------------------------- from the caller's FHIR server


@pytest.mark.cds_hooks(60)
def test_missing_keys_are_read_from_the_server_and_only_those(program: Program) -> None:
    body = without(view(program), "prefetch", "procedures") | ACCESS
    server = Server({"Procedure?patient=p1": searchset(operation(program))})
    found = gathered(program, body, server)
    assert server.asked == ["https://ehr.example/fhir/Procedure?patient=p1"]
    assert (found.fetched, found.failed) == (("procedures",), ())


@pytest.mark.cds_hooks(61)
def test_the_token_of_the_call_goes_with_every_question(program: Program) -> None:
    server = Server({"Procedure?patient=p1": searchset(operation(program))})
    gathered(program, without(view(program), "prefetch", "procedures") | ACCESS, server)
    assert server.tokens == ["opaque"]


def test_without_a_token_nothing_is_asked(program: Program) -> None:
    server = Server({})
    body = without(view(program), "prefetch", "observations-survey") | {"fhirServer": ACCESS["fhirServer"]}
    assert gathered(program, body, server).failed == ("observations-survey",)
    assert server.asked == []


def test_a_first_page_is_completed_from_the_server(program: Program) -> None:
    page = searchset(operation(program)) | {"link": [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]}
    whole = searchset(operation(program), operation(program, "2020-01-01", id="earlier"))
    body = view(program) | ACCESS
    body["prefetch"]["procedures"] = page
    found = gathered(program, body, Server({"Procedure?patient=p1": whole}))
    assert whole in found.resources
    assert page not in found.resources
    alone = gathered(program, body, Server({}))
    assert page in alone.resources
    assert alone.unseen == ("procedures",)


def test_a_server_that_cannot_be_asked_leaves_it_unknown(program: Program) -> None:
    def refuses(*_: Any) -> list[Json]:
        raise NotPossible("this FHIR server is not one of the site's.")

    body = without(view(program), "prefetch", "observations-survey") | ACCESS
    assert gathered(program, body, refuses).failed == ("observations-survey",)


@pytest.mark.cds_hooks(54)
@pytest.mark.parametrize("key", ["patient", "procedures"])
def test_without_the_minimum_it_is_412(ehr: Machine, program: Program, key: str) -> None:
    for body in (
        without(view(program, NUMB_SADDLE), "prefetch", key),
        view(program, NUMB_SADDLE) | {"prefetch": view(program)["prefetch"] | {key: OUTCOME}},
    ):
        answer = ehr.call(VIEW, body)
        assert answer.status_code == 412
        assert answer.json()["issue"][0]["expression"] == [f"prefetch.{key}"]
        with pytest.raises(MissingData):
            gathered(program, body)


@pytest.mark.cds_hooks(54)
def test_a_call_with_no_prefetch_at_all_is_412(ehr: Machine, program: Program) -> None:
    assert ehr.call(VIEW, without(view(program), "prefetch")).status_code == 412


def test_a_partial_prefetch_is_answered_with_what_is_there(ehr: Machine, house: House, program: Program) -> None:
    body = view(program, NUMB_SADDLE)
    kept = ("patient", "procedures", "observations-survey")
    body["prefetch"] = {k: v for k, v in body["prefetch"].items() if k in kept}
    (card,) = ehr.cards(VIEW, body)
    assert card["indicator"] == "critical"
    assert "Could not be seen in this record" in card["detail"]
