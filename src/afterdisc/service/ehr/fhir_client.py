"""A FHIR server of another system: reading from it, and sending to it what a clinician wants there.

Bounded in time, pages and bytes. No redirect is followed, and a next page is read only from the same server, so that a token
goes nowhere else.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

from afterdisc.errors import RecordUnreachable
from afterdisc.service.ehr.bounded import NoAnswer, Reply, call, is_here, origin_of

FHIR_JSON = "application/fhir+json"
SECONDS = 10.0  # for one answer
ALL_SECONDS = 60.0  # for everything that is asked of one server at a time
MOST_PAGES = 100  # of one search
MOST_BYTES = 32_000_000  # of one person
AT_A_TIME = 4
WHOSE = ("patient", "subject")  # search parameters without which a search gives other people's resources
SAID: dict[int, str] = {
    401: "does not know the token. It may have run out, or be meant for another server",
    403: "refuses it. The scopes that were granted do not cover it",
    404: "has no such thing",
    410: "has deleted it",
    429: "has had too many requests. Try again later",
}
CODES = {401: "login", 403: "forbidden", 404: "not-found", 410: "deleted", 429: "throttled", 0: "transient"}  # IssueType
Resource = dict[str, Any]
One = TypeVar("One")
Answer = TypeVar("Answer")


@dataclass
class FhirClient:
    """One FHIR server, with or without a token. Raises RecordUnreachable, which repeats nothing that was sent or read.

    base     without a slash at the end
    seconds  for everything this client is asked, counted from its first question
    """

    base: str
    token: str = field(default="", repr=False)
    seconds: float = ALL_SECONDS
    left: int = MOST_BYTES
    unread: list[str] = field(default_factory=list)  # why something could not be read, in our words
    _ends: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _http: httpx2.Client | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def read(self, path: str) -> Resource:
        """One resource, or the first page of a search, by its path relative to the base."""
        return self._asked("GET", self._address(path), path)

    def search(self, path: str) -> Iterator[Resource]:
        """The pages of a search, each a Bundle. Raises if there is no end to them."""
        address, seen = self._address(path), set[str]()
        while address:
            if address in seen or len(seen) >= MOST_PAGES:
                raise RecordUnreachable(f"{_kind(path)}: the search has no end, or more than {MOST_PAGES} pages. Narrow it.")
            seen.add(address)
            page = self._asked("GET", address, path)
            if page.get("resourceType") != "Bundle":
                raise RecordUnreachable(f"{_kind(path)}: the FHIR server answered a search with something else than a Bundle.")
            yield page
            address = self._next(page, address, path)

    def whole(self, query: str) -> Resource:
        """A resource as it is; a search as one Bundle with the entries of all its pages."""
        if "?" not in query:
            return self.read(query)
        entries: list[Any] = []
        for page in self.search(query):
            _refuse_left_out(query, page)
            found = page.get("entry")
            entries += [e for e in found if not _is_remark(e)] if isinstance(found, list) else []
        return {"resourceType": "Bundle", "type": "searchset", "entry": entries}

    def whole_or_failed(self, query: str) -> Resource:
        """As `whole`; an OperationOutcome stands for what could not be read."""
        try:
            return self.whole(query)
        except RecordUnreachable as error:
            return self.failed(error)

    def failed(self, error: RecordUnreachable) -> Resource:
        """The OperationOutcome that stands for what could not be read."""
        self.unread.append(str(error))
        code = CODES.get(error.status, "exception")
        issue = {"severity": "error", "code": code, "diagnostics": str(error)}
        return {"resourceType": "OperationOutcome", "issue": [issue]}

    def create(self, resource: Resource) -> Resource:
        """Send a new resource to the address of its type, or a transaction Bundle to the base; what became of it.

        Never tried twice: the server may have taken it though no answer came.
        """
        kind = str(resource["resourceType"])
        return self._asked("POST", self.base if kind == "Bundle" else f"{self.base}/{kind}", kind, resource)

    def each(self, ask: Callable[[One], Answer], asked: list[One]) -> list[Answer]:
        """The answer to each, in order; a few are asked at a time."""
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return list(pool.map(ask, asked))

    def _address(self, path: str) -> str:
        place = path.partition("?")[0]
        if "//" in place or ":" in place or "\\" in place or place.startswith("/") or ".." in place or "#" in path:
            raise RecordUnreachable("an address outside of the FHIR server was asked for.")
        return f"{self.base}/{path}"

    def _next(self, page: Resource, here: str, path: str) -> str:
        following = _link(page, "next")
        if not following:
            return ""
        address = urljoin(here, following)
        if origin_of(address) != origin_of(self.base):
            raise RecordUnreachable(f"{_kind(path)}: the FHIR server points elsewhere for the next page. That is not read.")
        return address

    def _asked(self, method: str, address: str, path: str, body: Resource | None = None) -> Resource:
        headers = {"Accept": FHIR_JSON, "Prefer": "handling=strict"}  # of a search: to leave nothing out of it
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers |= {"Content-Type": FHIR_JSON, "Prefer": "return=representation"}
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        http, seconds = self._begun()
        try:
            reply = call(method, address, headers=headers, content=content, most_bytes=self.left, seconds=seconds, client=http)
            return self._resource(reply, path)
        except NoAnswer as none:
            say = f"{_kind(path)} from the FHIR server: {none.why}. Check its address, then try again."
            raise RecordUnreachable(say) from None

    def _begun(self) -> tuple[httpx2.Client, float]:
        """The connections, and how many seconds this question may take."""
        with self._lock:
            now = time.monotonic()
            if self._http is None:
                self._http = httpx2.Client(follow_redirects=False, trust_env=not is_here(self.base))
            self._ends = self._ends or now + self.seconds
            left = self._ends - now
        if left <= 0:
            raise RecordUnreachable(f"reading took longer than {self.seconds:g} seconds.")
        return self._http, min(SECONDS, left)

    def _resource(self, reply: Reply, path: str) -> Resource:
        with self._lock:
            self.left -= len(reply.body)
        if not reply.is_good:
            said = SAID.get(reply.status, f"answered {reply.status}")
            raise RecordUnreachable(f"{_kind(path)}: the FHIR server {said}.", status=reply.status)
        if not reply.body.strip():
            return _made(reply.headers.get("location", ""))
        return reply.json()


def _link(page: Resource, relation: str) -> str:
    links = page.get("link")
    listed = links if isinstance(links, list) else []
    found = [x.get("url") for x in listed if isinstance(x, dict) and x.get("relation") == relation]
    return found[0] if found and isinstance(found[0], str) else ""


def _refuse_left_out(query: str, page: Resource) -> None:
    """A server that does not know a parameter may leave it out, and then gives everybody's; its `self` link says so."""
    used = parse_qs(urlsplit(_link(page, "self")).query)
    asked = [name for name in WHOSE if name in parse_qs(query.partition("?")[2])]
    if used and any(name not in used for name in asked):
        raise RecordUnreachable(f"{_kind(query)}: the FHIR server does not search by `{asked[0]}`.", status=400)


def _is_remark(entry: Any) -> bool:
    """An OperationOutcome among what was found that is no error."""
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict) or resource.get("resourceType") != "OperationOutcome":
        return False
    issues = resource.get("issue")
    listed = issues if isinstance(issues, list) else []
    return not any(isinstance(i, dict) and i.get("severity") in ("error", "fatal") for i in listed)


def _made(location: str) -> Resource:
    """`…/Observation/12/_history/1` as the little that it says; {} if it says nothing."""
    parts = location.partition("/_history/")[0].split("/")[-2:]
    return {"resourceType": parts[0], "id": parts[1]} if len(parts) == 2 and all(parts) else {}


def _kind(path: str) -> str:
    """The type of resource in a path: ids and what is searched for are not repeated."""
    first = path.partition("?")[0].partition("/")[0]
    return f"`{first}`" if first.isalpha() and len(first) <= 40 else "a request"
