"""Reading from a record system's FHIR server, and writing there what a clinician sends; bounded in time, pages and bytes.

Only servers that the site has set are called; without any set, only one on this very machine. No redirect is followed, and
a next page is read only from the same server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from afterdisc.errors import RecordUnreachable
from afterdisc.program import Program
from afterdisc.service.ehr.issuers import LOOPBACK, Issuers

FHIR_JSON = "application/fhir+json"
SECONDS = 10.0  # for one answer
ALL_SECONDS = 60.0  # for everything of one person
MOST_PAGES = 20  # of one search
MOST_BYTES = 32_000_000  # of one person
PER_PAGE = 200
OF_THE_PERSON = {"Patient", "Practitioner"}
Resource = dict[str, Any]


@dataclass
class FhirClient:
    """One FHIR server, with or without a token. Raises RecordUnreachable, which repeats nothing that was sent or read."""

    base: str
    token: str = field(default="", repr=False)
    seconds: float = SECONDS
    left: int = MOST_BYTES

    def read(self, path: str) -> Resource:
        """One resource, or the first page of a search, by its path relative to the base."""
        return self._asked("GET", self._address(path))

    def search(self, path: str) -> Iterator[Resource]:
        """The pages of a search, each a Bundle."""
        page = self.read(path)
        for _ in range(MOST_PAGES):
            yield page
            following = _next(page)
            if not following:
                return
            address = urljoin(f"{self.base}/", following)
            if _origin(address) != _origin(self.base):
                raise RecordUnreachable("the FHIR server points to another server for the next page, which is not followed.")
            page = self._asked("GET", address)
        raise RecordUnreachable(f"a search has more than {MOST_PAGES} pages. Narrow it, or ask the server for larger pages.")

    def create(self, resource: Resource) -> Resource:
        """Send a transaction Bundle to the base, or a resource to the address of its type."""
        kind = str(resource["resourceType"])
        return self._asked("POST", self.base if kind == "Bundle" else f"{self.base}/{kind}", resource)

    def _address(self, path: str) -> str:
        if path.startswith(("http:", "https:", "//", "/")) or ".." in path.partition("?")[0]:
            raise RecordUnreachable("an address outside of the FHIR server was asked for.")
        return f"{self.base}/{path}"

    def _asked(self, method: str, address: str, body: Resource | None = None) -> Resource:
        headers = {"Accept": FHIR_JSON} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        if body is not None:
            headers["Content-Type"] = FHIR_JSON
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            with httpx2.stream(
                method, address, headers=headers, content=content, timeout=self.seconds, follow_redirects=False
            ) as reply:
                return self._body(reply)
        except httpx2.TimeoutException:
            raise RecordUnreachable("the FHIR server took too long to answer. Try again.") from None
        except httpx2.HTTPError:
            raise RecordUnreachable("the FHIR server cannot be reached. Check its address, then try again.") from None

    def _body(self, reply: Any) -> Resource:
        data = bytearray()
        for part in reply.iter_bytes():
            data += part
            if len(data) > self.left:
                raise RecordUnreachable(f"the FHIR server sent more than {MOST_BYTES // 1_000_000} MB for one person.")
        self.left -= len(data)
        if reply.status_code in (401, 403):
            raise RecordUnreachable("the FHIR server refuses access: the token may have run out, or its scopes are too narrow.")
        if not 200 <= reply.status_code < 300:
            raise RecordUnreachable(f"the FHIR server answered {reply.status_code}.")
        try:
            found = json.loads(bytes(data)) if data else {}
        except ValueError:
            raise RecordUnreachable("the FHIR server sent something that is not JSON.") from None
        if not isinstance(found, dict):
            raise RecordUnreachable("the FHIR server sent something that is no resource.")
        return found


def _next(page: Resource) -> str:
    links = page.get("link")
    listed = links if isinstance(links, list) else []
    found = next((x.get("url") for x in listed if isinstance(x, dict) and x.get("relation") == "next"), "")
    return found if isinstance(found, str) else ""


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme.lower(), parts.netloc.lower()


def allowed(issuers: Issuers, fhir_server: str) -> bool:
    """May this server be called? One the site has set; without any set, one on this machine."""
    if issuers.all:
        return issuers.of_fhir(fhir_server) is not None
    parts = urlsplit(fhir_server)
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK


def read_missing(
    issuers: Issuers, fhir_server: str, authorization: Mapping[str, Any], queries: Sequence[str]
) -> list[Resource]:
    """The answer to each query, in order; an OperationOutcome stands where one failed.

    authorization  `fhirAuthorization` of a CDS Hooks request. Raises RecordUnreachable for a server that may not be called.
    """
    if not allowed(issuers, fhir_server):
        raise RecordUnreachable("this site does not read from that FHIR server. Name it in the file of AFTERDISC_EHR.")
    token = authorization.get("access_token")
    client = FhirClient(fhir_server.rstrip("/"), token if isinstance(token, str) else "")
    ends, out = time.monotonic() + ALL_SECONDS, []
    for query in queries:
        try:
            if time.monotonic() > ends:
                raise RecordUnreachable("reading took too long.")
            out.append(_whole(client, query))
        except RecordUnreachable as error:
            out.append(_failed(error))
    return out


def everything_of(client: FhirClient, program: Program, patient: str) -> list[Resource]:
    """The person and every resource of the kinds that the readings of the knowledge base need; failures among them.

    patient  "123". Raises RecordUnreachable only if the person cannot be read.
    """
    out, ends = [client.read(f"Patient/{patient}")], time.monotonic() + ALL_SECONDS
    for kind in needed(program):
        try:
            if time.monotonic() > ends:
                raise RecordUnreachable("reading took too long.")
            out.append(_whole(client, f"{kind}?patient={patient}&_count={PER_PAGE}"))
        except RecordUnreachable as error:
            out.append(_failed(error))
    return out


def needed(program: Program) -> tuple[str, ...]:
    """The kinds of resource that any finding is read from, the person apart."""
    readings = program.book["fhir"]["readings"].values()
    kinds = {kind for declared in readings for d in declared for kind in d["from"]} | {"Observation", "Procedure"}
    return tuple(sorted((kinds | {"QuestionnaireResponse"}) - OF_THE_PERSON))


def reader_of(issuers: Issuers) -> Callable[[str, Mapping[str, Any], Sequence[str]], list[Resource]]:
    """`read_missing` for this site."""
    return lambda server, authorization, queries: read_missing(issuers, server, authorization, queries)


def _whole(client: FhirClient, query: str) -> Resource:
    """One resource as it is; a search as one Bundle of all its pages."""
    if "?" not in query:
        return client.read(query)
    entries: list[Any] = []
    for page in client.search(query):
        found = page.get("entry")
        entries += found if isinstance(found, list) else []
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def _failed(error: RecordUnreachable) -> Resource:
    issue = {"severity": "error", "code": "exception", "diagnostics": str(error)}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
