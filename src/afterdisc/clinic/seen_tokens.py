"""Which tokens machines have used, so that none is taken twice, by whichever process."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from afterdisc.clinic.ehr_tables import SeenToken
from afterdisc.clinic.moments import stamp


def use_once(session: Session, issuer: str, jti: str, *, until: datetime, now: datetime) -> bool:
    """Note that this token is used; False if it was used before. Of its id a digest is kept until nobody can use it any more.

    session  a writing one: writers take turns, so of two who come at once with the same token one is told False
    """
    session.execute(delete(SeenToken).where(SeenToken.expires_at < stamp(now)))
    digest = hashlib.sha256(jti.encode("utf-8", "surrogatepass")).hexdigest()
    if session.get(SeenToken, (issuer, digest)) is not None:
        return False
    session.add(SeenToken(issuer=issuer, jti=digest, expires_at=stamp(until)))
    return True
