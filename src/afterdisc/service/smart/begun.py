"""A launch that was begun: what is asked for, and what is kept until the browser comes back with the answer."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from afterdisc.errors import NotPossible
from afterdisc.program import Program
from afterdisc.service.ehr.discovery import SmartConfiguration
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.smart.scopes import scopes_of

LONGEST_LAUNCH = 2000


@dataclass(frozen=True)
class Begun:
    """Kept sealed, for one use. `issuer` is the name of the record system in the site's file."""

    issuer: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str
    token_endpoint: str
    oidc_issuer: str
    jwks: str
    signing_algorithms: tuple[str, ...]
    scopes: str

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def begun_of(data: Mapping[str, Any]) -> Begun:
    return Begun(**{**data, "signing_algorithms": tuple(data["signing_algorithms"])})


def begin(
    issuer: Issuer, configuration: SmartConfiguration, program: Program, *, redirect_uri: str, launch: str = "", iss: str = ""
) -> tuple[str, Begun]:
    """The address to send the browser to, and what to keep. Raises NotPossible where the server cannot do what SMART asks.

    launch  the opaque value an EHR launch came with; "" for a launch from outside of it
    iss     the FHIR base as that launch wrote it; it is the audience, to the letter
    """
    _refuse_unfit(issuer, configuration, is_from_ehr=bool(launch))
    begun = Begun(
        issuer=issuer.name,
        state=token_urlsafe(32),
        nonce=token_urlsafe(24),
        verifier=token_urlsafe(64),
        redirect_uri=redirect_uri,
        token_endpoint=configuration.token,
        oidc_issuer=configuration.issuer,
        jwks=configuration.jwks,
        signing_algorithms=configuration.signing_algorithms,
        scopes=scopes_of(issuer, program, is_from_ehr=bool(launch)),
    )
    asked = {
        "response_type": "code",
        "client_id": issuer.client_id,
        "redirect_uri": redirect_uri,
        "scope": begun.scopes,
        "state": begun.state,
        "aud": iss or issuer.fhir,
        "code_challenge": challenge(begun.verifier),
        "code_challenge_method": "S256",
        "nonce": begun.nonce,
    } | ({"launch": launch} if launch else {})
    return _with_query(configuration.authorization, asked), begun


def _refuse_unfit(issuer: Issuer, configuration: SmartConfiguration, *, is_from_ehr: bool) -> None:
    """Raises NotPossible if the server lacks what a launch takes. One that says nothing of it may have it."""
    can, methods = configuration.capabilities, configuration.challenge_methods
    if not configuration.authorization or not configuration.token:
        raise NotPossible("this record system names no authorization or token endpoint. Ask who runs it.")
    if methods and "S256" not in methods:
        raise NotPossible("this record system does not take PKCE with S256, without which no launch is made. Ask who runs it.")
    if can and not is_from_ehr and "launch-standalone" not in can:
        raise NotPossible("this record system cannot be asked from outside (`launch-standalone`). Open the person there.")
    if not issuer.client_id:
        raise NotPossible(f"`{issuer.name}` has no `client_id:` in the file of AFTERDISC_EHR. Register the app and add it.")


def challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with_query(address: str, more: Mapping[str, str]) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])))
