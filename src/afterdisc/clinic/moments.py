"""Time and identity as the record writes them. The clock is always given by the caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """`2026-11-25T10:30:00.000Z`: sorts as text in the order of time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment_of(stamped: str) -> datetime:
    return datetime.fromisoformat(stamped.replace("Z", "+00:00"))


def age(stamped: str, now: datetime) -> timedelta:
    return now - moment_of(stamped)


def new_id() -> str:
    return uuid4().hex
