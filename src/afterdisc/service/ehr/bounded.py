"""One call of another system over HTTP, bounded in time and bytes.

No redirect is followed: the answer comes from whom we asked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SECONDS = 10.0
MOST_BYTES = 1_000_000
UNTRUSTED = "its certificate is not one that this machine trusts (SSL_CERT_FILE may name the authority)"


class NoAnswer(Exception):
    """Nothing usable came. `why` says what happened and repeats nothing of what was sent or received."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The JSON object in it. Raises NoAnswer if it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise NoAnswer("it sent something that is not JSON") from None
        if not isinstance(found, dict):
            raise NoAnswer("it sent something that is no JSON object")
        return found


def is_here(address: str) -> bool:
    """Does this address lead to this very machine?"""
    return _parts(address)[1] in LOOPBACK


def is_safe(address: str) -> bool:
    """May secrets and patients travel there? Over TLS, or within this machine."""
    scheme, host, _ = _parts(address)
    return bool(host) and (scheme == "https" or (scheme == "http" and host in LOOPBACK))


def origin_of(address: str) -> tuple[str, str, int]:
    """Scheme, host and port, the usual port written out."""
    scheme, host, port = _parts(address)
    return scheme, host, port or {"https": 443, "http": 80}.get(scheme, 0)


def _parts(address: str) -> tuple[str, str, int]:
    try:
        found = urlsplit(address)
        port = found.port or 0
    except ValueError:
        return "", "", 0
    named = found.hostname if "@" not in found.netloc else None  # an address with a name and password is never meant
    return found.scheme.lower(), (named or "").lower(), port


@contextmanager
def client_for(address: str, seconds: float = SECONDS) -> Iterator[httpx2.Client]:
    """Connections to one server, kept open in between; on this machine past any proxy."""
    with httpx2.Client(timeout=seconds, follow_redirects=False, trust_env=not is_here(address)) as client:
        yield client


def call(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    most_bytes: int = MOST_BYTES,
    seconds: float = SECONDS,
    client: httpx2.Client | None = None,
) -> Reply:
    """Ask once. Raises NoAnswer if the server can't be reached, is too slow, or sends more than `most_bytes`."""
    if client is None:
        with client_for(address, seconds) as own:
            return call(method, address, headers=headers, content=content, most_bytes=most_bytes, seconds=seconds, client=own)
    ends = time.monotonic() + seconds
    asked = {"Accept-Encoding": "identity", **(headers or {})}
    try:
        with client.stream(method, address, headers=asked, content=content, timeout=seconds) as reply:
            body = _body(reply, most_bytes, ends)
            return Reply(reply.status_code, {k.lower(): v for k, v in reply.headers.items()}, body)
    except httpx2.TimeoutException:
        raise NoAnswer("it took too long to answer") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        raise NoAnswer(UNTRUSTED if "CERTIFICATE_VERIFY_FAILED" in str(error) else "it cannot be reached") from None


def _body(reply: httpx2.Response, most_bytes: int, ends: float) -> bytes:
    """The bytes as they come; packed ones are refused, since a few of them may unfold to any number."""
    if reply.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise NoAnswer("it sent a packed answer, which was not asked for")
    parts, n = [], 0
    for part in reply.iter_raw():
        n += len(part)
        if n > most_bytes:
            raise NoAnswer(f"it sent more than {most_bytes / 1e6:g} MB")
        if time.monotonic() > ends:
            raise NoAnswer("it took too long to answer")
        parts.append(part)
    return b"".join(parts)
