"""Who is at the screen of the record system: the id_token, checked as OpenID Connect Core 3.1.3.7 asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from afterdisc.errors import RecordUnreachable
from afterdisc.service.ehr.bounded import NoAnswer, call, is_safe, origin_of
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.oidc import ProviderError
from afterdisc.service.smart.begun import Begun

ALGORITHMS = ["RS256", "RS384", "PS256", "ES256", "ES384"]
SLACK_SECONDS = 60.0
OPENID = "/.well-known/openid-configuration"
BAD = "the record system says who you are with a token that does not hold"


@dataclass(frozen=True)
class Who:
    """A user of a record system. `fhir_user` is the address of their resource there, "" if it is not said."""

    issuer: str
    subject: str
    name: str
    fhir_user: str


def who_of(id_token: str, issuer: Issuer, begun: Begun, *, now: float) -> Who:
    """Raises ProviderError with the reason, and nothing of the token; RecordUnreachable if the keys cannot be had."""
    expected = _issuer_of(issuer, begun)
    claims = _verified(id_token, _keys(expected, begun))
    if claims.get("iss") != expected:
        raise ProviderError(f"{BAD}: it is from somebody else.")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if issuer.client_id not in audiences or (len(audiences) > 1 and claims.get("azp") != issuer.client_id):
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


def _issuer_of(issuer: Issuer, begun: Begun) -> str:
    """The `iss` that counts: as the SMART configuration names it; without a word there, the FHIR base itself."""
    return begun.oidc_issuer or issuer.fhir


def _keys(expected: str, begun: Begun) -> list[RSAKey | ECKey | OKPKey]:
    """The issuer's keys: by its OpenID configuration; a server without one has named them in its SMART configuration."""
    if not is_safe(expected):
        raise ProviderError(f"{BAD}: its issuer is no https address.")
    address = begun.jwks
    try:
        reply = call("GET", expected.rstrip("/") + OPENID, headers={"Accept": "application/json"})
        said = reply.json() if reply.is_good else {}
        if reply.is_good and str(said.get("issuer", "")).rstrip("/") != expected.rstrip("/"):
            raise ProviderError(f"{BAD}: its issuer calls itself by another name.")
        found = said.get("jwks_uri")
        address = found if isinstance(found, str) else address
        if not address or not is_safe(address):
            raise NoAnswer("it names no keys")
        if not begun.jwks and origin_of(address)[0] != origin_of(expected)[0]:
            raise NoAnswer("its keys are at an address that is not as safe")
        listed: Any = call("GET", address, headers={"Accept": "application/json"}).json()
        return [key for key in KeySet.import_key_set(listed).keys if isinstance(key, RSAKey | ECKey | OKPKey)]
    except NoAnswer as none:
        raise RecordUnreachable(f"the keys of the record system cannot be had: {none.why}.") from None
    except (JoseError, ValueError, TypeError, KeyError):
        raise RecordUnreachable("the keys of the record system cannot be read.") from None


def _verified(id_token: str, keys: list[RSAKey | ECKey | OKPKey]) -> Mapping[str, Any]:
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
