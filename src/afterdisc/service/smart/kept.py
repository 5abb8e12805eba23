"""What a sign-in may do in a record system for one person: kept sealed under the browser's own token, for as long as that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from afterdisc.clinic import ehr_links
from afterdisc.errors import NotPossible
from afterdisc.service.desk import Desk
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.smart.exchange import Granted, granted_of, renewed
from afterdisc.service.smart.scopes import may_send
from afterdisc.service.smart.seal import opened, sealed

NOT_LAUNCHED = "this sign-in was not launched from a record system on this person. Open the person there."


@dataclass(frozen=True)
class Kept:
    """The access, and what the record gave when it was read last. `issuer` is the name in the site's file."""

    issuer: str
    patient_id: str
    granted: Granted
    told: Mapping[str, Any]

    @property
    def may_send(self) -> bool:
        return may_send(self.granted.scopes)


def keep(session: Session, desk: Desk, kept: Kept, token: str) -> None:
    """Keep it for the sign-in with this token; what belongs to sign-ins that have ended goes."""
    ehr_links.drop_access(session, desk.now() - desk.limits.whole)
    data = sealed({"granted": kept.granted.as_data(), "told": kept.told}, token)
    ehr_links.keep_access(session, ehr_links.digest(token), kept.issuer, kept.patient_id, data, at=desk.at())


def kept_of(session: Session, token: str, patient_id: str) -> Kept | None:
    """None if this sign-in was not launched on them."""
    row = ehr_links.access_of(session, ehr_links.digest(token), patient_id)
    data = opened(row.data, token) if row else None
    if row is None or data is None:
        return None
    return Kept(row.issuer, patient_id, granted_of(data["granted"]), data["told"])


def renewed_access(desk: Desk, kept: Kept | None, token: str) -> tuple[Granted, Issuer]:
    """Access that holds now. A new refresh token is kept before anything else is done: the old one is worth nothing.

    Raises NotPossible without a launch, RecordUnreachable if the access has run out.
    """
    issuer = desk.issuers.named(kept.issuer) if kept else None
    if kept is None or issuer is None:
        raise NotPossible(NOT_LAUNCHED)
    granted = renewed(issuer, kept.granted, key_file=desk.settings.ehr_key_file, now=desk.now().timestamp())
    if granted != kept.granted:
        with desk.database.writing() as session:
            keep(session, desk, Kept(kept.issuer, kept.patient_id, granted, kept.told), token)
    return granted, issuer
