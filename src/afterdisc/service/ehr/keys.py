"""Other people's public keys, fetched when they are needed and kept for a while."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from afterdisc.service.ehr.bounded import NoAnswer, call

SECONDS = 5.0  # to wait for an answer
KEPT_SECONDS = 600.0  # at most, whatever the server says
NOT_AGAIN_WITHIN = 10.0  # an unknown key, or a server that fails, does not let strangers make us ask all the time
MOST_BYTES = 200_000
MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,9})")
KINDS: Mapping[str, type[ECKey] | type[RSAKey]] = {"EC": ECKey, "RSA": RSAKey}
Key = ECKey | RSAKey


class KeysUnreachable(Exception):
    """The keys cannot be had, or what came is no set of keys."""


@dataclass(frozen=True)
class _Kept:
    """What an address answered; `keys` None if it failed. Times are seconds since the epoch."""

    keys: tuple[Key, ...] | None
    fetched_at: float
    until: float

    def serves(self, key_id: str, now: float) -> bool:
        if 0 <= now - self.fetched_at < NOT_AGAIN_WITHIN:
            return True
        return self.keys is not None and self.fetched_at <= now < self.until and any(k.kid == key_id for k in self.keys)


@dataclass
class Keys:
    """Sets of public keys by their address. Times are seconds since the epoch, given by the caller."""

    kept: dict[str, _Kept] = field(default_factory=dict)
    locks: dict[str, threading.Lock] = field(default_factory=dict)

    def with_id(self, address: str, key_id: str, now: float) -> Key:
        """The one key of this id. Raises KeysUnreachable; LookupError if there is none, or more than one.

        An id that is not known is asked for once more: keys are changed from time to time.
        """
        found = self.kept.get(address)
        if found is None or not found.serves(key_id, now):
            with self.locks.setdefault(address, threading.Lock()):  # others who ask for the same wait for this one answer
                found = self.kept.get(address)
                if found is None or not found.serves(key_id, now):
                    found = self.kept[address] = _fetched(address, now)
        if found.keys is None:
            raise KeysUnreachable
        named = [key for key in found.keys if key.kid == key_id]
        if len(named) != 1:
            raise LookupError
        return named[0]


def count_usable(address: str, now: float) -> int:
    """How many keys at this address could verify a token. Raises KeysUnreachable."""
    found = _fetched(address, now).keys
    if found is None:
        raise KeysUnreachable
    return len(found)


def _fetched(address: str, now: float) -> _Kept:
    try:
        reply = call("GET", address, headers={"Accept": "application/json"}, most_bytes=MOST_BYTES, seconds=SECONDS)
        listed = reply.json().get("keys") if reply.is_good else None
    except NoAnswer:
        listed = None
    if not isinstance(listed, list):
        return _Kept(None, now, now)
    return _Kept(tuple(_usable(listed)), now, now + _seconds_kept(reply.headers.get("cache-control", "")))


def _usable(listed: list[Any]) -> Iterator[Key]:
    """The keys that can verify a signature here. Others are passed over: a set may hold more than we know of."""
    for jwk in listed:
        kind = KINDS.get(str(jwk.get("kty"))) if isinstance(jwk, dict) else None
        if kind is None or jwk.get("use", "sig") != "sig" or not isinstance(jwk.get("kid"), str):
            continue
        try:
            yield kind.import_key({k: v for k, v in jwk.items() if k not in ("d", "p", "q", "dp", "dq", "qi", "oth")})
        except (JoseError, ValueError, TypeError, KeyError):
            continue


def _seconds_kept(cache_control: str) -> float:
    said = cache_control.lower()
    if "no-store" in said or "no-cache" in said:
        return 0.0
    found = MAX_AGE.search(said)
    return min(float(found[1]), KEPT_SECONDS) if found else KEPT_SECONDS
