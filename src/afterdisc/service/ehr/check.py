"""Does the connection to a record system work? Step by step, in words that help whoever sets it up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from afterdisc.errors import AfterdiscError, ClinicError
from afterdisc.service.ehr.backend import BackendService
from afterdisc.service.ehr.discovery import SmartConfiguration, smart_configuration
from afterdisc.service.ehr.fhir_client import FhirClient
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.ehr.keys import KeysUnreachable, count_usable

R4 = "4.0"


@dataclass(frozen=True)
class Step:
    """One thing that was tried, and what came of it."""

    name: str
    is_good: bool
    say: str


def steps(issuer: Issuer, backend: BackendService, *, now: float) -> Iterator[Step]:
    """Tries one record system; every step by itself, so that one failure does not hide another. Reads no patient's value."""
    yield _tried("FHIR server", lambda: _version(issuer))
    if issuer.client_id or issuer.backend:
        yield _tried("SMART configuration", lambda: _configuration(issuer))
    if issuer.backend:
        token = _tried("token without a person", lambda: _token(backend))
        yield token
        if token.is_good:
            yield _tried("one search with it", lambda: _search(backend))
    if issuer.hooks:
        jwks = issuer.hooks.jwks
        yield _tried("keys of its CDS Hooks client", lambda: _callers(jwks, now))


def _tried(name: str, do: Callable[[], str]) -> Step:
    try:
        return Step(name, True, do())
    except AfterdiscError as error:
        return Step(name, False, str(error))


def _version(issuer: Issuer) -> str:
    with FhirClient(issuer.fhir) as client:
        version = client.read("metadata").get("fhirVersion")
    if not isinstance(version, str) or not version.startswith(R4):
        raise ClinicError("it does not say that it speaks FHIR R4 (4.0.1), which is what is read here. Ask for its R4 address.")
    return "it speaks FHIR R4"


def _configuration(issuer: Issuer) -> str:
    found: SmartConfiguration = smart_configuration(issuer.fhir)
    lacks = [] if found.token else ["token_endpoint"]
    if issuer.client_id:
        lacks += [] if found.authorization else ["authorization_endpoint"]
        lacks += [] if "S256" in found.challenge_methods else ["S256 among code_challenge_methods_supported"]
    if lacks:
        raise ClinicError(f"it lacks {', '.join(lacks)}. Ask who runs the server.")
    return f"it names its endpoints and {len(found.capabilities)} capabilities"


def _token(backend: BackendService) -> str:
    access = backend.access()
    asked = (backend.issuer.backend.scopes if backend.issuer.backend else "") or backend.scopes
    missing = [scope for scope in asked.split() if scope not in access.scopes]
    seconds = round(access.ends - backend.now())
    left_out = f"; not granted as written: {', '.join(missing)}" if missing else ""
    return f"it was given, for {seconds} seconds{left_out}"


def _search(backend: BackendService) -> str:
    with backend.client() as client:
        client.read("Patient?_count=1")
    return "it answers"


def _callers(jwks: str, now: float) -> str:
    try:
        n_keys = count_usable(jwks, now)
    except KeysUnreachable:
        raise ClinicError("they cannot be had. Check `hooks: jwks`.") from None
    if not n_keys:
        raise ClinicError("none of them is for ES384 or RS384. Ask who runs the CDS Hooks client.")
    return f"{n_keys} can verify a token"
