"""Which scopes a launch asks for, and what those that were granted allow."""

from __future__ import annotations

from collections.abc import Iterable

from afterdisc.fhir.write.bundle import WRITTEN
from afterdisc.program import Program
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.ehr.scopes import scopes_read, types_read

WHO = "openid fhirUser"
AGAIN = "online_access"
INSIDE, OUTSIDE = "launch", "launch/patient"  # the context is there already, or is to be asked for
OLD = {"read": "rs", "write": "cud", "*": "cruds"}  # SMART 1


def scopes_of(issuer: Issuer, program: Program, *, is_from_ehr: bool) -> str:
    """The person, and what the site has set for this record system, else: who, what the readings need, and a fresh token.

    Where the site wants to send assessments back, also what that takes.
    """
    own = issuer.scopes.split() or [*WHO.split(), AGAIN, *scopes_read(program, "patient").split()]
    to_send = [f"patient/{kind}.c" for kind in WRITTEN] if issuer.write_back and not may_send(own) else []
    context = INSIDE if is_from_ehr else OUTSIDE
    return " ".join(dict.fromkeys([context, *(s for s in own if s not in (INSIDE, OUTSIDE)), *to_send]))


def may_send(granted: Iterable[str]) -> bool:
    """Do these scopes let us create what an assessment is written as?"""
    allowed = _kinds(granted, "c")
    return "*" in allowed or set(WRITTEN) <= allowed


def not_granted(granted: Iterable[str], program: Program) -> tuple[str, ...]:
    """The types of resource that the readings need and these scopes give neither by search nor by reading."""
    granted = list(granted)
    allowed = _kinds(granted, "s") | _kinds(granted, "r")
    return () if "*" in allowed else tuple(kind for kind in types_read(program) if kind not in allowed)


def _kinds(granted: Iterable[str], letter: str) -> set[str]:
    """The types that a letter of SMART 2 is granted for, narrowed by a search or not; scopes of SMART 1 count too."""
    found = set()
    for scope in granted:
        context, _, rest = scope.partition("?")[0].partition("/")
        kind, _, letters = rest.partition(".")
        if context in ("patient", "user") and letter in OLD.get(letters, letters):
            found.add(kind)
    return found
