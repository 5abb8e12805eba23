"""The user of a record system as its FHIR server describes them: by `fhirUser` of the id_token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from afterdisc.errors import NotPossible, RecordUnreachable
from afterdisc.service.ehr.fhir_client import FhirClient
from afterdisc.service.smart.identity import Who

TREAT = ("Practitioner", "PractitionerRole")
ARE_TREATED = ("Patient", "RelatedPerson")
USER = re.compile(rf"(?:.*/)?((?:{'|'.join((*TREAT, *ARE_TREATED, 'Person'))})/[A-Za-z0-9.\-]{{1,64}})(?:/_history/[^/]+)?")
LONGEST = 200


def kind_of(who: Who) -> str:
    """The type of resource that describes them, "" if it is not said."""
    found = USER.fullmatch(who.fhir_user)
    return found[1].partition("/")[0] if found else ""


def reference_of(who: Who, base: str) -> str:
    """`Practitioner/7` on the FHIR server with this base; "" for somebody who is described elsewhere."""
    found = USER.fullmatch(who.fhir_user)
    is_there = who.fhir_user.startswith(f"{base}/") or "://" not in who.fhir_user
    return found[1] if found and is_there else ""


def refuse_patients(who: Who) -> None:
    """Raises NotPossible for somebody whom their record system knows as a patient or as a relative."""
    if kind_of(who) in ARE_TREATED:
        raise NotPossible("the record system knows you as a patient or a relative; this workspace is for those who treat them.")


def named(who: Who, client: FhirClient) -> Who:
    """The same with their name, read from their resource if the id_token has none. Without leave to read it: as they were."""
    reference = reference_of(who, client.base)
    if who.name or not reference:
        return who
    try:
        return replace(who, name=_name_in(client.read(reference)))
    except RecordUnreachable:
        return who


def _name_in(resource: Mapping[str, Any]) -> str:
    if resource.get("resourceType") == "PractitionerRole":
        practitioner = resource.get("practitioner")
        return _text(practitioner.get("display")) if isinstance(practitioner, dict) else ""
    listed = resource.get("name")
    names = [n for n in listed if isinstance(n, dict)] if isinstance(listed, list) else []
    name = next((n for n in names if n.get("use") == "official"), names[0] if names else {})
    parts = [*_texts(name.get("prefix")), *_texts(name.get("given")), _text(name.get("family"))]
    return (_text(name.get("text")) or " ".join(p for p in parts if p))[:LONGEST]


def _texts(value: object) -> list[str]:
    return [_text(v) for v in value] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value.strip()[:LONGEST] if isinstance(value, str) else ""
