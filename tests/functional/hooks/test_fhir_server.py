"""A call that brings no data, only a FHIR server and a token: the record is read there (sekmet-fhir, on the loopback)."""

from __future__ import annotations

from typing import Any

import pytest

from afterdisc.program import Program
from functional.ehr.sekmet import Sekmet, sekmet
from functional.hooks.calls import NUMB_SADDLE, VIEW, Machine, finding, operation, person, view, without

__all__ = ["sekmet"]
SURVEY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}


def access(server: Sekmet, token: str) -> dict[str, Any]:
    given = {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": "system/*.rs", "subject": "afterdisc"}
    return {"fhirServer": server.base, "fhirAuthorization": given}


@pytest.fixture(scope="module")
def filled(sekmet: Sekmet, program: Program) -> Sekmet:
    found = finding(program, "saddle_numbness", True) | {"category": [SURVEY]}
    sekmet.put(person(), operation(program), found)
    return sekmet


@pytest.mark.slow
@pytest.mark.cds_hooks(34, 60, 61)
def test_the_record_is_read_from_the_callers_server(ehr: Machine, program: Program, filled: Sekmet) -> None:
    """The same card as with a full prefetch, but that it is another call."""
    body = without(view(program), "prefetch") | access(filled, filled.token)
    (read,) = ehr.cards(VIEW, body)
    (sent,) = ehr.cards(VIEW, view(program, NUMB_SADDLE))
    assert (read["summary"], read["source"]) == (sent["summary"], sent["source"])


@pytest.mark.slow
@pytest.mark.cds_hooks(54)
def test_a_server_that_refuses_the_token_leaves_412(ehr: Machine, program: Program, filled: Sekmet) -> None:
    body = without(view(program), "prefetch") | access(filled, "not-the-token")
    answer = ehr.call(VIEW, body)
    assert answer.status_code == 412
    assert "not-the-token" not in answer.text


@pytest.mark.slow
def test_a_server_the_site_does_not_allow_is_never_asked(ehr: Machine, program: Program) -> None:
    body = without(view(program), "prefetch") | {
        "fhirServer": "http://192.0.2.1/fhir",
        "fhirAuthorization": {"access_token": "x", "token_type": "Bearer"},
    }
    assert ehr.call(VIEW, body).status_code == 412
