"""How a machine is told that something cannot be done: a FHIR OperationOutcome that names element, rule and how to mend."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi import Response
from starlette.exceptions import HTTPException

from afterdisc.errors import HookError, UnreadableRecord
from afterdisc.fhir.write.outcome import ISSUE_TYPES, Issue
from afterdisc.fhir.write.outcome import outcome_of as write_outcome

FHIR_JSON = "application/fhir+json"
DOORS = ("/fhir", "/cds-services")  # the addresses that machines call
BY_STATUS = {
    400: "structure",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    412: "incomplete",
    413: "too-long",
    415: "not-supported",
    422: "processing",
    429: "throttled",
    502: "transient",
    503: "transient",
}
RULES = {"version": "not-supported"}  # a short name of ours that is no issue type of FHIR
PLAIN = {
    400: "This request cannot be read. Send what the CapabilityStatement (GET /fhir/metadata) says.",
    404: "Nothing is at this address. GET /fhir/metadata says what there is.",
    405: "This address does not take this method. GET /fhir/metadata says what it takes.",
    413: "Larger than what is taken here. Send one person's record, and of it only the resource types that are read.",
}


def speaks_fhir(path: str) -> bool:
    """Is this an address below a machine's door?"""
    return any(path == door or path.startswith(f"{door}/") for door in DOORS)


class NotTaken(HTTPException):
    """A form of question or answer that is not spoken here. `detail` says which are."""


def outcome_of(error: Exception | None, status: int, say: str) -> Response:
    """An OperationOutcome for what a page would say so; an error that knows its element and rule adds them."""
    if isinstance(error, HTTPException):
        words = error.detail if isinstance(error, NotTaken) else PLAIN.get(status, "Send it in another way.")
        return outcome(status, words, headers=error.headers)
    if isinstance(error, UnreadableRecord):
        return outcome(status, say, rule=error.rule, element=error.element)
    if isinstance(error, HookError):
        return outcome(status, say, element=error.element)
    return outcome(status, say)


def outcome(
    status: int,
    say: str,
    *,
    rule: str = "",
    element: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An OperationOutcome with one error.

    say       what is wrong and how to mend it, without a value of the request
    rule      the type of the issue (FHIR's IssueType, or `version`); by default that of the status
    element   FHIRPath of what is meant
    """
    code = rule if rule in ISSUE_TYPES else RULES.get(rule) or BY_STATUS.get(status, "exception")
    issue = Issue(code, say, element, rule or code, "fatal" if status == 500 else "error")
    return Response(json.dumps(write_outcome([issue]), ensure_ascii=False).encode(), status, headers, FHIR_JSON)
