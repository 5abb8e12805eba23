"""Which scopes a launch asks for, and whether what was granted allows sending."""

from __future__ import annotations

from collections.abc import Iterable

from afterdisc.fhir.write.bundle import WRITTEN
from afterdisc.program import Program
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.ehr.scopes import scopes_read

WHO = "openid fhirUser"
AGAIN = "online_access"


def scopes_of(issuer: Issuer, program: Program, *, is_from_ehr: bool) -> str:
    """What the site has set for this record system, else: who, this person, what the readings need, and a fresh token."""
    if issuer.scopes:
        return issuer.scopes
    context = "launch" if is_from_ehr else "launch/patient"
    to_send = [f"patient/{kind}.c" for kind in WRITTEN] if issuer.write_back else []
    return " ".join([context, WHO, AGAIN, scopes_read(program, "patient"), *to_send])


def may_send(granted: Iterable[str]) -> bool:
    """Do these scopes let us create what an assessment is written as? Both ways of writing scopes count."""
    allowed: set[str] = set()
    for scope in granted:
        context, _, rest = scope.partition("?")[0].partition("/")
        kind, _, letters = rest.partition(".")
        if context in ("patient", "user") and ("c" in letters or letters in ("write", "*")) and letters != "read":
            allowed.add(kind)
    return "*" in allowed or set(WRITTEN) <= allowed
