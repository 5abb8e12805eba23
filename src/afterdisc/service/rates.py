"""How often one address may call what needs no sign-in: enough for people, too little for guessing."""

from __future__ import annotations

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

OPEN_DOORS = "120/minute"


class Rates:
    """The counts of one running workspace, by address."""

    def __init__(self, allowed: str = OPEN_DOORS) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._item: RateLimitItem = parse(allowed)

    def takes(self, address: str) -> bool:
        """Count one call; False if it is one too many."""
        return bool(self._limiter.hit(self._item, address))
