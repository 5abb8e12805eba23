"""Is this machine one we trust? Bearer tokens as CDS Hooks 2.0 asks for them: a JWT signed with ES384 or RS384.

Checked: the algorithm, one key of that id at the address the site has set, issuer, audience, times, and that the token was
not used before. Nothing of a token goes into a message or a log.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws, jwt
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from afterdisc.clinic.database import Database
from afterdisc.clinic.ehr_tables import SeenToken
from afterdisc.clinic.moments import stamp
from afterdisc.service.ehr.issuers import Issuers
from afterdisc.service.ehr.keys import Keys, KeysUnreachable

ALGORITHMS = ["ES384", "RS384"]
SLACK_SECONDS = 30.0
LONGEST_SECONDS = 300.0  # CDS Hooks 2.0: a token lives no longer than five minutes
LONGEST_TOKEN = 8192
LONGEST_ID = 255


class NotTrusted(Exception):
    """Why a machine is not let in; holds nothing of its token."""

    def __init__(self, why: str) -> None:
        self.why = why
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
    header, claims = _unsigned(token)
    caller = issuers.callers.get(claims["iss"]) if isinstance(claims.get("iss"), str) else None
    if caller is None:
        raise NotTrusted("its issuer is not one that this site trusts")
    issuer, trusted = caller
    if header.get("jku", trusted.jwks) != trusted.jwks:
        raise NotTrusted("its keys are said to be at another address than the one set here")
    claims = _verified(token, header, trusted.jwks, keys, now.timestamp())
    if claims.get("iss") != trusted.issuer:
        raise NotTrusted("its issuer is not one that this site trusts")
    _check_times(claims, now.timestamp())
    audience = claims.get("aud")
    if not audiences & set(audience if isinstance(audience, list) else [audience] if isinstance(audience, str) else []):
        raise NotTrusted("it is meant for another address")
    _use_once(database, trusted.issuer, claims, now)
    return Machine(trusted.issuer, issuer.name)


def _unsigned(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims as they stand, to know whose key to ask for; nothing of them is believed yet."""
    if len(token) > LONGEST_TOKEN:
        raise NotTrusted("it is too long")
    try:
        parsed = jws.extract_compact(token.encode())
        header, claims = parsed.headers(), json.loads(parsed.payload)
    except Exception:
        raise NotTrusted("it is no signed token") from None
    if not isinstance(claims, dict) or header.get("alg") not in ALGORITHMS:
        raise NotTrusted("it is not signed with ES384 or RS384")
    if header.get("typ", "JWT") != "JWT" or not isinstance(header.get("kid"), str):
        raise NotTrusted("its header does not name a key")
    return header, claims


def _verified(token: str, header: Mapping[str, Any], jwks: str, keys: Keys, now: float) -> dict[str, Any]:
    try:
        key = keys.with_id(jwks, header["kid"], now)
        return dict(jwt.decode(token, key, algorithms=ALGORITHMS).claims)
    except KeysUnreachable:
        raise NotTrusted("the keys of its issuer cannot be had now") from None
    except LookupError:
        raise NotTrusted("its issuer has no such key") from None
    except Exception:  # joserfc raises several kinds; the reason is the same for the caller
        raise NotTrusted("its signature does not hold") from None


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    if expires is None or issued is None:
        raise NotTrusted("it does not say from when to when it holds")
    if expires <= now - SLACK_SECONDS:
        raise NotTrusted("it has expired")
    begins = _seconds(claims["nbf"]) if "nbf" in claims else issued
    if issued > now + SLACK_SECONDS or begins is None or begins > now + SLACK_SECONDS:
        raise NotTrusted("it is from the future; check the clocks")
    if expires - issued > LONGEST_SECONDS:
        raise NotTrusted("it holds for longer than five minutes")


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e11:
        return None
    return float(value)


def _use_once(database: Database, issuer: str, claims: Mapping[str, Any], now: datetime) -> None:
    """Remember the token until nobody could use it any more; in the database, so that every process knows it."""
    used = claims.get("jti")
    if not isinstance(used, str) or not 1 <= len(used) <= LONGEST_ID:
        raise NotTrusted("it has no id of its own")
    until = stamp(datetime.fromtimestamp(float(claims["exp"]) + 2 * SLACK_SECONDS, UTC))
    try:
        with database.writing() as session:
            session.execute(delete(SeenToken).where(SeenToken.expires_at < stamp(now)))
            session.add(SeenToken(issuer=issuer, jti=used, expires_at=until))
            session.flush()
    except IntegrityError:
        raise NotTrusted("it was used before") from None
