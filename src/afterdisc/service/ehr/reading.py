"""Whose FHIR server may be read, and what is read of one person: for a CDS Hooks call what it lacks, else everything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from afterdisc.errors import RecordUnreachable
from afterdisc.program import Program
from afterdisc.service.ehr.bounded import is_here, is_safe
from afterdisc.service.ehr.fhir_client import WHOSE, FhirClient, Resource
from afterdisc.service.ehr.issuers import Issuers
from afterdisc.service.ehr.scopes import types_read

HOOK_SECONDS = 8.0  # a clinician waits for a card
PER_PAGE = 200
CATEGORIES = ("laboratory", "vital-signs", "exam", "imaging", "procedure", "survey", "social-history", "therapy", "activity")
MOST_MEDICINES = 200
OTHERWISE = (400, 403, 422)  # refusals after which it is worth asking in another way
BY_REFERENCE = {"Medication", "Patient"}  # read by their address, not searched for
ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")  # FHIR: the type `id`


def allowed(issuers: Issuers, fhir_server: str) -> bool:
    """May this server be called? One the site has set; without any set, one on this machine."""
    if issuers.all or not issuers.is_readable:
        return issuers.of_fhir(fhir_server) is not None
    return is_safe(fhir_server) and is_here(fhir_server)


def read_missing(
    issuers: Issuers, fhir_server: str, authorization: Mapping[str, Any], queries: Sequence[str]
) -> list[Resource]:
    """The answer to each query, in order; an OperationOutcome stands where one failed.

    authorization  `fhirAuthorization` of a CDS Hooks request. Raises RecordUnreachable for a server that may not be called.
    """
    if not allowed(issuers, fhir_server):
        raise RecordUnreachable("this site does not read from that FHIR server. Name it in the file of AFTERDISC_EHR.")
    token = authorization.get("access_token")
    base = fhir_server.rstrip("/")
    with FhirClient(base, token if isinstance(token, str) else "", HOOK_SECONDS) as client:
        return client.each(client.whole_or_failed, list(queries))


def reader_of(issuers: Issuers) -> Callable[[str, Mapping[str, Any], Sequence[str]], list[Resource]]:
    """`read_missing` for one site."""
    return lambda server, authorization, queries: read_missing(issuers, server, authorization, queries)


def everything_of(client: FhirClient, program: Program, patient: str) -> list[Resource]:
    """The person, every resource of the types that the knowledge base reads, and the medicines these point to.

    patient  "123". What could not be read is there as an OperationOutcome, so that its absence says nothing. Raises
    RecordUnreachable only if the person cannot be read.
    """
    if not ID.fullmatch(patient):
        raise RecordUnreachable("a patient id in FHIR has 1 to 64 letters, digits, `-` or `.`. Give the id alone.")
    person = client.read(f"Patient/{patient}")
    kinds = [kind for kind in types_read(program) if kind not in BY_REFERENCE]
    found = client.each(lambda kind: _of_kind(client, kind, patient), kinds)
    medicines = list(dict.fromkeys(_medicines(found, client.base)))[:MOST_MEDICINES]
    return [person, *found, *client.each(client.whole_or_failed, medicines)]


def _of_kind(client: FhirClient, kind: str, patient: str) -> Resource:
    """All of one type. Servers differ in how they want to be asked: by patient, by subject, or a category at a time."""
    queries = [f"{kind}?{whose}&_count={PER_PAGE}" for whose in (f"patient={patient}", f"subject=Patient/{patient}")]
    for query in queries:
        try:
            return _only_of(patient, client.whole(query))
        except RecordUnreachable as error:
            last = error
        if last.status not in OTHERWISE:
            break
    if kind != "Observation" or last.status not in OTHERWISE:
        return client.failed(last)
    return _only_of(patient, _merged([client.whole_or_failed(f"{queries[0]}&category={c}") for c in CATEGORIES]))


def _only_of(patient: str, found: Resource) -> Resource:
    """Without what names somebody else: a server may understand a search in its own way."""
    return found | {"entry": [e for e in found.get("entry", []) if _subject(e) in ("", f"Patient/{patient}")]}


def _subject(entry: Any) -> str:
    """`Patient/12` of the person an entry is about; "" if it does not say."""
    resource = entry.get("resource") if isinstance(entry, dict) else None
    for name in WHOSE:
        pointer = resource.get(name) if isinstance(resource, dict) else None
        address = pointer.get("reference") if isinstance(pointer, dict) else None
        if isinstance(address, str):
            return "/".join(address.partition("/_history/")[0].split("/")[-2:])
    return ""


def _merged(parts: Sequence[Resource]) -> Resource:
    """Several searches as one, each resource once."""
    entries: dict[object, Any] = {}
    for i, part in enumerate(parts):
        for j, entry in enumerate(part.get("entry", [{"resource": part}])):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            own = resource.get("id") if isinstance(resource, dict) else None
            entries.setdefault(own if isinstance(own, str) else (i, j), entry)
    return {"resourceType": "Bundle", "type": "searchset", "entry": list(entries.values())}


def _medicines(found: Sequence[Resource], base: str) -> Iterator[str]:
    """`Medication/12` of each medicine that is only pointed to, on this server."""
    for bundle in found:
        entries = bundle.get("entry")
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            pointer = resource.get("medicationReference") if isinstance(resource, dict) else None
            address = pointer.get("reference") if isinstance(pointer, dict) else None
            if isinstance(address, str):
                kind, _, own = address.removeprefix(f"{base}/").partition("/_history/")[0].partition("/")
                if kind == "Medication" and own and "/" not in own:
                    yield f"Medication/{own}"
