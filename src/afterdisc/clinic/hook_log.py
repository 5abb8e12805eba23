"""What is kept of CDS Hooks: calls, the cards they gave, and what became of those. No value of a patient.

A call is on the disk when `keep` returns. Calls that arrive together share one write, so that many cost little more than one.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.database import Database
from afterdisc.clinic.ehr_tables import CardFeedback, HookCall, HookCard, PlanSeen
from afterdisc.clinic.moments import new_id
from afterdisc.errors import BadHookCall

Row = dict[str, Any]


@dataclass(frozen=True)
class KeptCard:
    """One card as it is kept: of what it speaks, and by which rules."""

    uuid: str
    topic: str
    rules: tuple[str, ...]
    indicator: str


@dataclass(frozen=True)
class Called:
    """One call as it is kept. `person` and `plan`: whose plan was looked at, and its digest; "" if none was."""

    at: str
    service: str
    hook: str
    issuer: str
    fingerprint: str
    silent: bool
    milliseconds: float
    found: Mapping[str, Any]
    cards: tuple[KeptCard, ...] = ()
    person: str = ""
    plan: str = ""


@dataclass
class _Waiting:
    call: Called
    is_done: bool = False
    error: Exception | None = None


@dataclass
class HookLog:
    """Keeps calls, one write at a time; whoever waits meanwhile goes along with the next."""

    database: Database
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _list: threading.Lock = field(default_factory=threading.Lock)
    _waiting: list[_Waiting] = field(default_factory=list)

    def keep(self, call: Called) -> None:
        """Raises DatabaseError if it cannot be kept."""
        mine = _Waiting(call)
        with self._list:
            self._waiting.append(mine)
        with self._turn:
            if not mine.is_done:
                self._write()
        if mine.error is not None:
            raise mine.error

    def _write(self) -> None:
        with self._list:
            batch, self._waiting = self._waiting, []
        try:
            with self.database.writing() as session:
                _keep(session, [waiting.call for waiting in batch])
        except Exception as error:
            for waiting in batch:
                waiting.error = error
        for waiting in batch:
            waiting.is_done = True


def _keep(session: Session, calls: Sequence[Called]) -> None:
    """All of them in few statements: one a table."""
    named = [(new_id(), call) for call in calls]
    session.execute(insert(HookCall), [_call(name, call) for name, call in named])
    cards = {card.uuid: _card(call, card, name) for name, call in reversed(named) for card in call.cards}
    if cards:
        known = set(session.scalars(select(HookCard.uuid).where(HookCard.uuid.in_(cards))))
        new = [row for uuid, row in cards.items() if uuid not in known]
        if new:
            session.execute(insert(HookCard), new)
    seen = {call.person: _seen(call) for call in calls if call.person and call.plan}
    if seen:
        session.execute(delete(PlanSeen).where(PlanSeen.person.in_(seen)))
        session.execute(insert(PlanSeen), list(seen.values()))
    audit.record_all(session, (_entry(name, call) for name, call in named))


def _call(name: str, call: Called) -> Row:
    columns = ("at", "service", "hook", "issuer", "fingerprint", "silent", "milliseconds")
    return {"id": name, "n_cards": len(call.cards), "found": dict(call.found), **{c: getattr(call, c) for c in columns}}


def _card(call: Called, card: KeptCard, name: str) -> Row:
    about = {"uuid": card.uuid, "topic": card.topic, "rules": list(card.rules), "indicator": card.indicator}
    return about | {"call_id": name, "service": call.service, "silent": call.silent, "at": call.at}


def _seen(call: Called) -> Row:
    return {"person": call.person, "plan": call.plan, "fingerprint": call.fingerprint, "at": call.at}


def _entry(name: str, call: Called) -> audit.Entry:
    about = {"service": call.service, "n_cards": len(call.cards), "silent": call.silent}
    return audit.Entry(call.at, None, "hooks.answered", "hook_call", name, about)


# ------------------------------------------------------------------------------------------------- what was seen before


def person_key(issuer: str, fhir_id: str) -> str:
    """A name for a person of a record system that does not show who it is; not a secret to whoever knows the ids."""
    return hashlib.sha256(f"{issuer}\0{fhir_id}".encode()).hexdigest()[:32]


def last_plan(session: Session, person: str) -> str | None:
    """The digest of what was advised when this record was last opened; None if it never was."""
    return session.scalar(select(PlanSeen.plan).where(PlanSeen.person == person))


# ---------------------------------------------------------------------------------------------------------- feedback


@dataclass(frozen=True)
class Reported:
    """What became of one card, as a record system reports it."""

    card: str
    outcome: str
    at: str
    suggestions: Sequence[str]
    reason: str
    comment: str


def keep_feedback(session: Session, service: str, told: Iterable[Reported], *, issuer: str, at: str) -> int:
    """Keep every entry, or none: raises BadHookCall for a card that this service never gave. Returns how many."""
    listed = list(told)
    for i, one in enumerate(listed):
        card = session.get(HookCard, one.card)
        if card is None or card.service != service:
            raise BadHookCall("no card of this service has this uuid.", element=f"feedback[{i}].card")
    for one in listed:
        session.add(_feedback(service, one, issuer, at))
        about = {"service": service, "outcome": one.outcome}
        audit.record(session, at=at, by=None, action="hooks.feedback", kind="hook_card", subject=one.card, **about)
    return len(listed)


def _feedback(service: str, one: Reported, issuer: str, at: str) -> CardFeedback:
    return CardFeedback(
        id=new_id(),
        card=one.card,
        service=service,
        outcome=one.outcome,
        override_code=one.reason,
        suggestions=list(one.suggestions),
        has_comment=bool(one.comment),
        user_comment=one.comment,
        acted_at=one.at,
        issuer=issuer,
        at=at,
    )
