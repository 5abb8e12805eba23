"""Gathers the resources of a call: what was prefetched, and what is missing of it from the caller's FHIR server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afterdisc.errors import AfterdiscError, MissingData
from afterdisc.hooks.prefetch import REQUIRED, Query, queries
from afterdisc.hooks.request import HookRequest, Resource
from afterdisc.program import Program

Fetch = Callable[[str, Mapping[str, Any], Sequence[str]], list[dict[str, Any]]]
"""(FHIR server, fhirAuthorization, queries) -> the answer to each, in order: a Bundle, a resource or an OperationOutcome."""


@dataclass(frozen=True)
class Gathered:
    """The resources of a call. `failed`: keys whose data could not be had; `partial`: of which only the first page was."""

    resources: tuple[Resource, ...]
    failed: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    fetched: tuple[str, ...] = ()

    @property
    def unseen(self) -> tuple[str, ...]:
        return (*self.failed, *self.partial)


def must_fetch(program: Program, request: HookRequest) -> bool:
    """Is something missing that the caller lets us read from its server?"""
    sent = request.prefetch
    wanted = (key not in sent or (isinstance(sent[key], dict) and _has_more(sent[key])) for key in queries(program))
    return request.authorization is not None and any(wanted)


def gather(program: Program, request: HookRequest, fetch: Fetch | None = None) -> Gathered:
    """Prefetched data first; what was not sent, or sent by halves, is then read with `fetch`, if the caller allows it.

    A key with null was asked for and holds nothing. A key with an OperationOutcome was asked for and failed; asking again
    would fail too. Raises MissingData if patient or procedures are not to be had.
    """
    wanted, sent = queries(program), request.prefetch
    missing = [key for key in wanted if key not in sent]
    asked = {key: sent[key] for key in wanted if sent.get(key) is not None}
    good = {key: value for key, value in asked.items() if isinstance(value, dict) and not _has_failed(value)}
    halves = [key for key, value in good.items() if _has_more(value)]
    read = _read(request, [wanted[key] for key in (*missing, *halves)], fetch)
    failed = [key for key in wanted if (key in asked and key not in good) or (key in missing and key not in read)]
    _refuse_without_the_minimum([key for key in failed if key in REQUIRED])
    left = tuple(key for key in halves if key not in read)
    return Gathered(tuple((good | read).values()), tuple(failed), left, tuple(read))


def _has_failed(sent: Resource) -> bool:
    """An OperationOutcome that is more than a remark, alone or instead of what was searched for."""
    if sent.get("resourceType") == "OperationOutcome":
        return True
    entries = sent.get("entry")
    if sent.get("resourceType") != "Bundle" or not isinstance(entries, list) or not entries:
        return False
    return all(isinstance(e, dict) and _is_error(e.get("resource")) for e in entries)


def _is_error(resource: object) -> bool:
    if not isinstance(resource, dict) or resource.get("resourceType") != "OperationOutcome":
        return False
    issues = resource.get("issue")
    listed = issues if isinstance(issues, list) else []
    return any(isinstance(i, dict) and i.get("severity") in ("error", "fatal") for i in listed)


def _has_more(sent: Resource) -> bool:
    """A page of a search that says there is another."""
    links = sent.get("link") if sent.get("resourceType") == "Bundle" else None
    return isinstance(links, list) and any(isinstance(x, dict) and x.get("relation") == "next" for x in links)


def _read(request: HookRequest, wanted: list[Query], fetch: Fetch | None) -> dict[str, Resource]:
    """What could be read of these, by key; nothing if the caller offers no access, or its server is not one we may call."""
    if not wanted or fetch is None or request.authorization is None:
        return {}
    try:
        answers = fetch(request.fhir_server, request.authorization, [q.of(request.patient) for q in wanted])
    except AfterdiscError:
        return {}
    return {q.key: a for q, a in zip(wanted, answers, strict=True) if not _has_failed(a)}


def _refuse_without_the_minimum(missing: list[str]) -> None:
    if missing:
        named = ", ".join(f"`{key}`" for key in missing)
        raise MissingData(
            f"{named} cannot be had. Send it as the prefetch template of the discovery asks, or fhirServer with "
            "fhirAuthorization, the server being one that this site allows.",
            element=f"prefetch.{missing[0]}",
        )
