"""How often which rule put up a card, and what clinicians made of it: by week, without persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc.clinic.ehr_tables import CardFeedback, HookCall, HookCard

NO_REASON = "no reason given"


@dataclass
class RuleWeek:
    """One rule in one week: cards shown, worked out in silence, accepted, overridden by reason, and not answered."""

    week: str  # `2026-W48`
    rule: str
    shown: int = 0
    silent: int = 0
    accepted: int = 0
    overridden: Counter[str] = field(default_factory=Counter)
    comments: int = 0

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "overridden": dict(sorted(self.overridden.items()))}


@dataclass
class ServiceWeek:
    """One service in one week: calls, how many gave a card, how many were answered in silence, and how fast."""

    week: str
    service: str
    calls: int = 0
    with_cards: int = 0
    silent: int = 0
    slowest_in_100_ms: float = 0.0  # 99 of 100 calls were faster
    why_nothing: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "why_nothing": dict(sorted(self.why_nothing.items()))}


def rules_by_week(session: Session, since: str) -> list[RuleWeek]:
    """Every rule behind a card since a day, the newest week first. A card of several rules counts for each of them.

    Of several reports on one card the latest counts.
    """
    latest = {f.card: f for f in session.scalars(select(CardFeedback).order_by(CardFeedback.at, CardFeedback.id))}
    found: dict[tuple[str, str], RuleWeek] = {}
    for card in session.scalars(select(HookCard).where(HookCard.at >= since).order_by(HookCard.at)):
        week = week_of(card.at)
        for rule in card.rules or [card.topic]:
            row = found.setdefault((week, rule), RuleWeek(week, rule))
            if card.silent:
                row.silent += 1
            else:
                row.shown += 1
                _count(row, latest.get(card.uuid))
    return sorted(found.values(), key=lambda r: (_newest_first(r.week), -r.shown, r.rule))


def _count(row: RuleWeek, told: CardFeedback | None) -> None:
    if told is None:
        return
    row.comments += told.has_comment
    if told.outcome == "accepted":
        row.accepted += 1
    else:
        row.overridden[told.override_code or NO_REASON] += 1


def services_by_week(session: Session, since: str) -> list[ServiceWeek]:
    """Every service called since a day, the newest week first."""
    found: dict[tuple[str, str], ServiceWeek] = {}
    times: dict[tuple[str, str], list[float]] = {}
    for call in session.scalars(select(HookCall).where(HookCall.at >= since).order_by(HookCall.at)):
        key = (week_of(call.at), call.service)
        row = found.setdefault(key, ServiceWeek(*key))
        times.setdefault(key, []).append(call.milliseconds)
        row.calls += 1
        row.with_cards += call.n_cards > 0
        row.silent += call.silent
        if call.found.get("why"):
            row.why_nothing[call.found["why"]] += 1
    for key, row in found.items():
        row.slowest_in_100_ms = _at_99(times[key])
    return sorted(found.values(), key=lambda r: (_newest_first(r.week), r.service))


def _at_99(times: Iterable[float]) -> float:
    listed = sorted(times)
    return round(listed[min(len(listed) - 1, int(0.99 * len(listed)))], 1)


def week_of(at: str) -> str:
    """`2026-W48` of an ISO time."""
    year, week, _ = date.fromisoformat(at[:10]).isocalendar()
    return f"{year}-W{week:02d}"


def _newest_first(week: str) -> tuple[int, int]:
    year, number = week.split("-W")
    return -int(year), -int(number)
