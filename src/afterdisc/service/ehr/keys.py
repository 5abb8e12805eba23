"""Other people's public keys, fetched when they are needed and kept for a while."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx2
from joserfc.jwk import KeySet

SECONDS = 5.0  # to wait for an answer
KEPT_SECONDS = 600.0
NOT_AGAIN_WITHIN = 10.0  # an unknown key does not let strangers make us ask all the time
MOST_BYTES = 200_000


class KeysUnreachable(Exception):
    """The keys cannot be had, or what came is no set of keys."""


@dataclass
class _Kept:
    keys: Any
    ids: frozenset[str]
    fetched_at: float


@dataclass
class Keys:
    """Sets of public keys by their address. Times are seconds since the epoch, given by the caller."""

    kept: dict[str, _Kept] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def with_id(self, address: str, key_id: str, now: float) -> Any:
        """The one key of this id. Raises KeysUnreachable; LookupError if there is none, or more than one."""
        with self.lock:
            kept = self.kept.get(address)
            stale = kept is None or now - kept.fetched_at > KEPT_SECONDS
            unknown = kept is not None and key_id not in kept.ids and now - kept.fetched_at > NOT_AGAIN_WITHIN
            if kept is None or stale or unknown:
                kept = self.kept[address] = _fetched(address, now)
        found = [key for key in kept.keys.keys if key.kid == key_id]
        if len(found) != 1:
            raise LookupError
        return found[0]


def _fetched(address: str, now: float) -> _Kept:
    try:
        accept = {"Accept": "application/json"}
        with httpx2.stream("GET", address, timeout=SECONDS, follow_redirects=False, headers=accept) as reply:
            reply.raise_for_status()
            body = b""
            for part in reply.iter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise KeysUnreachable
        keys = KeySet.import_key_set(json.loads(body))
    except KeysUnreachable:
        raise
    except Exception:  # httpx2 and joserfc each raise their own; none of their texts is for a caller
        raise KeysUnreachable from None
    return _Kept(keys, frozenset(str(key.kid) for key in keys.keys if key.kid), now)
