"""What a FHIR client sends, and in what form it may be answered: media types and size here, the JSON itself in `fhir`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from anyio import CapacityLimiter, to_thread
from fastapi import Request

from afterdisc.fhir.shape import refuse_other_shapes
from afterdisc.fhir.strict import MOST_BYTES, read_json
from afterdisc.service.guard import TooLarge
from afterdisc.service.outcomes import NotTaken

JSON_TYPES = {"application/fhir+json", "application/json"}
ACCEPTED = JSON_TYPES | {"application/*", "*/*"}
FORMATS = JSON_TYPES | {"json"}
R4 = {"4.0", "4.0.1"}
LARGE, AT_ONCE = 1_000_000, 2
Result = TypeVar("Result")


def answers_in_json(request: Request) -> None:
    """Raises NotTaken (406) if the caller wants another form than FHIR R4 as JSON."""
    asked = request.query_params.get("_format")
    wanted = [asked.replace(" ", "+")] if asked else (request.headers.get("Accept") or "*/*").split(",")
    if not any(_is_ours(each, FORMATS if asked else ACCEPTED) for each in wanted):
        raise NotTaken(406, "Answers are FHIR R4 in JSON. Ask for `application/fhir+json` (Accept, or _format=json).")


async def body_in(request: Request) -> bytes:
    """The body, if it is of a media type that is read here. Raises NotTaken (415) or TooLarge (413)."""
    if not _is_ours(request.headers.get("Content-Type", ""), JSON_TYPES):
        raise NotTaken(415, "Send FHIR R4 in JSON: Content-Type application/fhir+json (or application/json), in UTF-8.")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise NotTaken(415, "Send it as it is, without Content-Encoding.")
    return await bytes_in(request, MOST_BYTES)


def resource_of(raw: bytes) -> dict[str, Any]:
    """The resource in a body. Raises UnreadableRecord for what is no FHIR R4 in strict JSON."""
    found = read_json(raw)
    refuse_other_shapes(found)
    return found


async def worked_out(request: Request, n_bytes: int, work: Callable[[], Result]) -> Result:
    """The result of work in a thread; of large bodies only a few are worked on at once, so that memory stays bounded."""
    return await to_thread.run_sync(work, limiter=_large(request) if n_bytes > LARGE else None)


def _large(request: Request) -> CapacityLimiter:
    state = request.app.state
    if not hasattr(state, "large_bodies"):
        state.large_bodies = CapacityLimiter(AT_ONCE)
    return cast(CapacityLimiter, state.large_bodies)


async def bytes_in(request: Request, at_most: int) -> bytes:
    """The body as it came. Raises TooLarge as soon as it is more than this."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > at_most:
        raise TooLarge
    parts, n = [], 0
    async for part in request.stream():
        n += len(part)
        if n > at_most:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def _is_ours(media: str, types: set[str]) -> bool:
    """`application/fhir+json; fhirVersion=4.0; charset=utf-8`, as far as we can write it."""
    kind, *parameters = (part.strip() for part in media.split(";"))
    given = {name.strip().lower(): value.strip(' "') for name, _, value in (p.partition("=") for p in parameters)}
    is_r4, is_utf8 = given.get("fhirversion", "4.0") in R4, given.get("charset", "utf-8").lower() in ("utf-8", "utf8")
    return kind.lower() in types and is_r4 and is_utf8 and given.get("q") != "0"
