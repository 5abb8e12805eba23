"""One question to a token endpoint, with or without a person at the screen, and how its refusals are told."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

from afterdisc.errors import RecordUnreachable
from afterdisc.service.ehr.bounded import NoAnswer, Reply, call

FORM = "application/x-www-form-urlencoded"
ASSUMED_SECONDS = 300.0  # for a server that does not say how long its token holds
LONGEST_SECONDS = 1e9
REFUSALS: Mapping[str, str] = {  # RFC 6749, and what to do about each
    "invalid_client": "it does not know this client id, its secret or its key. Register the id and the address of our keys",
    "invalid_scope": "it does not give these scopes. Have them granted, or set `scopes:` to those that are",
    "unauthorized_client": "this client may not ask in this way. Have the grant allowed where it is registered",
    "unsupported_grant_type": "it does not offer this way",
    "invalid_request": "it does not understand the request. Check `authentication:`",
    "invalid_grant": "the code or the refresh token does not hold any more. Begin again",
}


@dataclass(frozen=True)
class Access:
    """A token, what it allows, and until when (seconds since the epoch). `said`: all that came with it."""

    token: str = field(repr=False)
    scopes: tuple[str, ...]
    ends: float
    said: Mapping[str, Any] = field(repr=False)


def ask_token(address: str, form: Mapping[str, str], *, now: float, basic: tuple[str, str] | None = None) -> Access:
    """What a token endpoint gives for these fields. Raises RecordUnreachable in words of ours, never in the server's.

    basic  client id and secret, for a client that has one (client-confidential-symmetric)
    now    seconds since the epoch
    """
    headers = {"Content-Type": FORM, "Accept": "application/json"} | ({"Authorization": _basic(*basic)} if basic else {})
    try:
        reply = call("POST", address, headers=headers, content=urlencode(form).encode())
        return _access(reply, form.get("scope", ""), now)
    except NoAnswer as none:
        raise RecordUnreachable(f"the token endpoint: {none.why}.") from None


def _basic(client_id: str, secret: str) -> str:
    """As RFC 6749 has it (2.3.1): each part is form-encoded first."""
    both = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(both.encode()).decode()}"


def _access(reply: Reply, asked: str, now: float) -> Access:
    if not reply.is_good:
        raise NoAnswer(_refusal(reply))
    said = reply.json()
    token, kind, seconds = said.get("access_token"), said.get("token_type"), said.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(kind, str) or kind.lower() != "bearer":
        raise NoAnswer("it gave no bearer token")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < LONGEST_SECONDS:
        seconds = ASSUMED_SECONDS
    scopes = said.get("scope", asked)
    return Access(token, tuple(scopes.split()) if isinstance(scopes, str) else (), now + seconds, said)


def _refusal(reply: Reply) -> str:
    """The reason by its code, in our words: what the server adds of its own may hold anything."""
    try:
        code = reply.json().get("error")
    except NoAnswer:
        code = None
    known = REFUSALS.get(code, "") if isinstance(code, str) else ""
    return f"it refused with {code}: {known}" if known else f"it answered {reply.status}"
