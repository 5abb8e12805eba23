"""Is this machine one we trust? Bearer tokens as CDS Hooks 2.0 asks for them: a JWT signed with ES384 or RS384.

Checked: the algorithm, one key of that id at the address the site has set, issuer, audience, times, and that the token was
not used before. Nothing of a token goes into a message or a log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.jws import JWSRegistry

from afterdisc.clinic.database import Database
from afterdisc.clinic.seen_tokens import use_once
from afterdisc.service.ehr.issuers import Issuers
from afterdisc.service.ehr.keys import Keys, KeysUnreachable

ALGORITHMS = ["ES384", "RS384"]
SLACK_SECONDS = 30.0
LONGEST_SECONDS = 300.0  # CDS Hooks: a token lives no longer than five minutes
LONGEST_TOKEN = 8192
LONGEST_ID = 255
LATEST = 1e11  # seconds since the epoch that are still a time
NOT_HERE = ("crit", "b64", "jwk", "x5u", "x5c")  # ways to change what is signed, or to bring a key along


class NotTrusted(Exception):
    """Why a machine is not let in; holds nothing of its token. `code` is that of RFC 6750, "" if it showed no token."""

    def __init__(self, why: str, code: str = "invalid_token") -> None:
        self.why, self.code = why, code
        super().__init__(why)


@dataclass(frozen=True)
class Machine:
    """A machine that was let in. `issuer` "" is this machine itself."""

    issuer: str
    name: str


HERE = Machine("", "this machine")


def machine_of(
    token: str, audiences: frozenset[str], issuers: Issuers, keys: Keys, database: Database, *, now: datetime
) -> Machine:
    """Whose token this is. Raises NotTrusted.

    audiences  the addresses for which a token may be meant: that of the service that is called, exact to the letter
    """
    header, said = _unsigned(token)
    issuer = said.get("iss")
    trusted = issuers.callers.get(issuer) if isinstance(issuer, str) else None
    if trusted is None:
        raise NotTrusted("its issuer is not one that this site trusts")
    system, caller = trusted
    if header.get("jku", caller.jwks) != caller.jwks:
        raise NotTrusted("its keys are said to be at another address than the one set here")
    claims = _verified(token, header["kid"], caller.jwks, keys, now.timestamp())
    expires = _expiry(claims, now.timestamp())
    if not _is_meant_for(claims.get("aud"), audiences):
        raise NotTrusted("it is meant for another address")
    _refuse_again(database, caller.issuer, claims.get("jti"), expires, now)
    return Machine(caller.issuer, system.name)


def _registry() -> JWSRegistry:
    """Takes header fields that it does not know, as RFC 7515 asks; what could change the meaning is refused before."""
    made = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    made.max_header_length = LONGEST_TOKEN
    return made


def _unsigned(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims as they stand, to know whose key to ask for; nothing of them is believed yet."""
    if len(token) > LONGEST_TOKEN:
        raise NotTrusted("it is too long")
    try:
        parsed = jws.extract_compact(token.encode(), registry=_registry())
        header, claims = parsed.headers(), json.loads(parsed.payload)
    except Exception:  # joserfc, base64 and json raise their own; the reason is the same for the caller
        raise NotTrusted("it is no signed token") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise NotTrusted("it is no signed token")
    if header.get("alg") not in ALGORITHMS:
        raise NotTrusted("it is not signed with ES384 or RS384")
    if header.get("typ") != "JWT" or any(name in header for name in NOT_HERE):
        raise NotTrusted("its header is not that of a JWT as CDS Hooks asks for it")
    if not isinstance(header.get("kid"), str) or not 1 <= len(header["kid"]) <= LONGEST_ID:
        raise NotTrusted("its header does not name a key")
    return header, claims


def _verified(token: str, kid: str, jwks: str, keys: Keys, now: float) -> Mapping[str, Any]:
    try:
        key = keys.with_id(jwks, kid, now)
        return jwt.decode(token, key, algorithms=ALGORITHMS, registry=_registry()).claims
    except KeysUnreachable:
        raise NotTrusted("the keys of its issuer cannot be had now") from None
    except LookupError:
        raise NotTrusted("its issuer has no such key, or more than one of that name") from None
    except Exception:  # joserfc raises several kinds; the reason is the same for the caller
        raise NotTrusted("its signature does not hold") from None


def _expiry(claims: Mapping[str, Any], now: float) -> float:
    """When it ends. Raises NotTrusted if it does not hold now, or for too long."""
    expires, issued = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    begins = _seconds(claims["nbf"]) if "nbf" in claims else issued
    if expires is None or issued is None or begins is None:
        raise NotTrusted("it does not say from when to when it holds")
    if expires <= now - SLACK_SECONDS:
        raise NotTrusted("it has expired")
    if max(issued, begins) > now + SLACK_SECONDS:
        raise NotTrusted("it is from the future; check the clocks")
    if expires - issued > LONGEST_SECONDS:
        raise NotTrusted("it holds for longer than five minutes")
    return expires


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LATEST:
        return None
    return float(value)


def _is_meant_for(audience: object, audiences: frozenset[str]) -> bool:
    listed = audience if isinstance(audience, list) else [audience]
    return any(isinstance(one, str) and one in audiences for one in listed)


def _refuse_again(database: Database, issuer: str, jti: object, expires: float, now: datetime) -> None:
    """Remember the token until nobody could use it any more; in the database, so that every process knows it."""
    if not isinstance(jti, str) or not 1 <= len(jti) <= LONGEST_ID:
        raise NotTrusted("it has no id of its own")
    until = datetime.fromtimestamp(expires + 2 * SLACK_SECONDS, UTC)
    with database.writing() as session:
        is_first = use_once(session, issuer, jti, until=until, now=now)
    if not is_first:
        raise NotTrusted("it was used before")
