"""What a record system says of its authorisation: its SMART configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from afterdisc.errors import RecordUnreachable
from afterdisc.service.ehr.bounded import NoAnswer, call, is_safe

PATH = ".well-known/smart-configuration"


@dataclass(frozen=True)
class SmartConfiguration:
    """The endpoints of one FHIR server's authorization server, absolute; "" or () where it names none."""

    authorization: str
    token: str
    issuer: str
    jwks: str
    revocation: str
    capabilities: tuple[str, ...]
    scopes: tuple[str, ...]
    challenge_methods: tuple[str, ...]
    signing_algorithms: tuple[str, ...]  # for client assertions


def smart_configuration(fhir_base: str) -> SmartConfiguration:
    """Ask for it. Raises RecordUnreachable, also for an endpoint that is not https (except on this machine itself)."""
    base = fhir_base.rstrip("/") + "/"
    try:
        reply = call("GET", base + PATH, headers={"Accept": "application/json"})
        if not reply.is_good:
            raise NoAnswer(f"it answered {reply.status}")
        return _configuration(base, reply.json())
    except NoAnswer as none:
        raise RecordUnreachable(
            f"the SMART configuration of the FHIR server: {none.why}. Check that {PATH} below `fhir` can be read from here."
        ) from None


def _configuration(base: str, said: Mapping[str, Any]) -> SmartConfiguration:
    return SmartConfiguration(
        authorization=_address(base, said, "authorization_endpoint"),
        token=_address(base, said, "token_endpoint"),
        issuer=said["issuer"] if isinstance(said.get("issuer"), str) else "",
        jwks=_address(base, said, "jwks_uri"),
        revocation=_address(base, said, "revocation_endpoint"),
        capabilities=_texts(said, "capabilities"),
        scopes=_texts(said, "scopes_supported"),
        challenge_methods=_texts(said, "code_challenge_methods_supported"),
        signing_algorithms=_texts(said, "token_endpoint_auth_signing_alg_values_supported"),
    )


def _address(base: str, said: Mapping[str, Any], name: str) -> str:
    """Absolute; a relative one counts from the FHIR base (SMART App Launch 2.2, conformance)."""
    given = said.get(name)
    if not isinstance(given, str) or not given:
        return ""
    address = urljoin(base, given)
    if not is_safe(address):
        raise NoAnswer(f"its `{name}` is no https address")
    return address


def _texts(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = said.get(name)
    return tuple(x for x in given if isinstance(x, str)) if isinstance(given, list) else ()
