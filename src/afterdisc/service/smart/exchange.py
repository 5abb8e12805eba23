"""From a code to a token, and from a refresh token to the next: as a public client, with a secret, or with our key."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from afterdisc.errors import RecordUnreachable
from afterdisc.service.ehr.assertion import client_assertion
from afterdisc.service.ehr.issuers import Issuer
from afterdisc.service.ehr.own_keys import signer_of
from afterdisc.service.ehr.reading import ID
from afterdisc.service.ehr.token_endpoint import Access, ask_token
from afterdisc.service.smart.begun import Begun

REFERENCE = re.compile(rf"[A-Za-z]{{1,40}}/{ID.pattern}")
MOST_CONTEXT = 20
SOONER_SECONDS = 30.0  # a token that runs out within this time is renewed first


@dataclass(frozen=True)
class Granted:
    """What a record system let us have for one person. `refresh` "": none. `until` in seconds since the epoch.

    context  what the launch was about besides the person: `Encounter/7`, `ServiceRequest/8`
    user     who is at the screen, `Practitioner/9`; "" if that is not known
    """

    issuer: str
    patient: str
    context: tuple[str, ...]
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    id_token: str = field(repr=False)
    scopes: tuple[str, ...]
    until: float
    needs_banner: bool
    token_endpoint: str
    signing_algorithms: tuple[str, ...]
    user: str = ""

    def as_data(self) -> dict[str, Any]:
        return asdict(self) | {"id_token": ""}


def granted_of(data: Mapping[str, Any]) -> Granted:
    lists = {name: tuple(data[name]) for name in ("context", "scopes", "signing_algorithms")}
    return Granted(**{**data, **lists})


def exchange(issuer: Issuer, begun: Begun, code: str, *, key_file: Path, now: float) -> Granted:
    """Raises RecordUnreachable if the code is not taken, or if the answer names no person."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": begun.redirect_uri,
        "code_verifier": begun.verifier,
    }
    found = _asked(issuer, begun.token_endpoint, begun.signing_algorithms, form, key_file, now)
    patient = found.said.get("patient")
    if not isinstance(patient, str) or not ID.fullmatch(patient):
        raise RecordUnreachable("the record system did not say whom it is about. Open the person there, then launch again.")
    said = found.said
    return Granted(
        issuer=issuer.name,
        patient=patient,
        context=_context(said),
        access=found.token,
        refresh=_text(said, "refresh_token"),
        id_token=_text(said, "id_token"),
        scopes=found.scopes or tuple(begun.scopes.split()),
        until=found.ends,
        needs_banner=said.get("need_patient_banner") is not False,
        token_endpoint=begun.token_endpoint,
        signing_algorithms=begun.signing_algorithms,
    )


def renewed(issuer: Issuer, granted: Granted, *, key_file: Path, now: float) -> Granted:
    """The same with a token that still holds; asks for a new one only if it must. Raises RecordUnreachable if it cannot."""
    if granted.until > now + SOONER_SECONDS:
        return granted
    if not granted.refresh:
        raise RecordUnreachable("the access to the record system has run out. Open the person there again.")
    form = {"grant_type": "refresh_token", "refresh_token": granted.refresh}
    found = _asked(issuer, granted.token_endpoint, granted.signing_algorithms, form, key_file, now)
    if found.said.get("patient", granted.patient) != granted.patient:
        raise RecordUnreachable("the record system gave access to somebody else. Open the person there again.")
    said = asdict(granted) | {
        "access": found.token,
        "refresh": _text(found.said, "refresh_token") or granted.refresh,
        "until": found.ends if math.isfinite(found.ends) else now,
        "scopes": found.scopes or granted.scopes,
    }
    return granted_of(said)


def _asked(
    issuer: Issuer, address: str, algorithms: tuple[str, ...], form: dict[str, str], key_file: Path, now: float
) -> Access:
    if issuer.authentication == "secret":
        return ask_token(address, form, now=now, basic=(issuer.client_id, issuer.client_secret))
    if issuer.authentication == "key":
        signer = signer_of(issuer.key_file or key_file, algorithms)
        return ask_token(address, form | client_assertion(signer, issuer.client_id, address, now=now), now=now)
    return ask_token(address, form | {"client_id": issuer.client_id}, now=now)


def _context(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The encounter, and what `fhirContext` names for the launch itself: an entry without a role, or with the role `launch`.

    Only what lies on the same server; roles that nobody here knows are passed over.
    """
    listed = said.get("fhirContext")
    entries = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
    named = [_text(e, "reference") for e in entries if e.get("role", "launch") == "launch"]
    found = [f"Encounter/{_text(said, 'encounter')}", *named]
    return tuple(dict.fromkeys(f for f in found if REFERENCE.fullmatch(f)))[:MOST_CONTEXT]


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""
