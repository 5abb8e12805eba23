"""Who is at the screen of the record system: the id_token, checked as OpenID Connect Core 3.1.3.7 asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from afterdisc.errors import RecordUnreachable
from afterdisc.service.ehr.bounded import NoAnswer, call, is_safe, origin_of
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.oidc import ProviderError
from afterdisc.service.smart.begun import Begun

ALGORITHMS = ["RS256", "RS384", "PS256", "ES256", "ES384"]
KINDS: Mapping[str, type[ECKey] | type[RSAKey]] = {"EC": ECKey, "RSA": RSAKey}
SLACK_SECONDS = 60.0
OPENID = "/.well-known/openid-configuration"
BAD = "the record system says who you are with a token that does not hold"
Key = RSAKey | ECKey


@dataclass(frozen=True)
class Who:
    """A user of a record system. `fhir_user` is the address of their resource there, "" if it is not said."""

    issuer: str
    subject: str
    name: str
    fhir_user: str


def who_of(id_token: str, issuer: Issuer, begun: Begun, *, now: float) -> Who:
    """Raises ProviderError with the reason, and nothing of the token; RecordUnreachable if the keys cannot be had."""
    expected = begun.oidc_issuer or issuer.fhir  # without a word in the SMART configuration, the FHIR base itself
    claims = _verified(id_token, _keys(expected, begun))
    if claims.get("iss") != expected:
        raise ProviderError(f"{BAD}: it is from somebody else.")
    if not _is_for(issuer.client_id, claims):
        raise ProviderError(f"{BAD}: it is meant for another app.")
    if claims.get("nonce") != begun.nonce:
        raise ProviderError(f"{BAD}: it belongs to another launch.")
    if not _number(claims.get("exp")) > now - SLACK_SECONDS:
        raise ProviderError(f"{BAD}: it has expired.")
    if _number(claims.get("iat", now)) > now + SLACK_SECONDS:
        raise ProviderError(f"{BAD}: it is from the future; check the clocks.")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise ProviderError(f"{BAD}: it names nobody.")
    named = claims.get("name")
    user = claims.get("fhirUser", claims.get("profile"))
    return Who(expected, subject, named if isinstance(named, str) else "", user if isinstance(user, str) else "")


def _is_for(client_id: str, claims: Mapping[str, Any]) -> bool:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    used_by = claims.get("azp", client_id if len(audiences) == 1 else None)
    return client_id in audiences and used_by == client_id


def _keys(expected: str, begun: Begun) -> list[Key]:
    """The issuer's keys: by its OpenID configuration; a server without one has named them in its SMART configuration."""
    if not is_safe(expected):
        raise ProviderError(f"{BAD}: its issuer is no https address.")
    try:
        address = _address_of_keys(expected) or begun.jwks
        if not is_safe(address) or origin_of(address)[0] != origin_of(expected)[0]:
            raise NoAnswer("it names no https address for them")
        reply = call("GET", address, headers={"Accept": "application/json"})
        listed = reply.json().get("keys") if reply.is_good else None
    except NoAnswer as none:
        raise RecordUnreachable(f"the keys of the record system cannot be had: {none.why}. Ask who runs it.") from None
    if not isinstance(listed, list):
        raise RecordUnreachable("the keys of the record system cannot be had: there is no set of keys. Ask who runs it.")
    return list(_usable(listed))


def _address_of_keys(expected: str) -> str:
    """As its OpenID configuration has it; "" without one."""
    reply = call("GET", expected.rstrip("/") + OPENID, headers={"Accept": "application/json"})
    if not reply.is_good:
        return ""
    said = reply.json()
    if str(said.get("issuer", "")).rstrip("/") != expected.rstrip("/"):
        raise ProviderError(f"{BAD}: its issuer calls itself by another name.")
    found = said.get("jwks_uri")
    return found if isinstance(found, str) else ""


def _usable(listed: list[Any]) -> Iterator[Key]:
    """Keys that verify signatures; a set may hold others, and those are passed over. Not every server names its keys."""
    for jwk in listed:
        kind = KINDS.get(str(jwk.get("kty"))) if isinstance(jwk, dict) else None
        if kind is None or jwk.get("use", "sig") != "sig":
            continue
        try:
            yield kind.import_key(jwk)
        except (JoseError, ValueError, TypeError, KeyError):
            continue


def _verified(id_token: str, keys: list[Key]) -> Mapping[str, Any]:
    """The claims, if one of the keys signed them; a key that names its id is tried only for that id."""
    for key in keys:
        try:
            token = jwt.decode(id_token, key, algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError):
            continue
        if token.header.get("kid") in (None, key.kid) or key.kid is None:
            return token.claims
    raise ProviderError(f"{BAD}: no key of its issuer fits.")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
