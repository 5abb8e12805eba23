"""The ways of reading that a declaration can name; each takes the hits of one declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from afterdisc.fhir.read import values
from afterdisc.fhir.read.codes import Lookup
from afterdisc.fhir.read.hits import Candidate, Hit, Pointer, Setting, Unread, unread
from afterdisc.fhir.read.stands import is_active
from afterdisc.fhir.read.times import elapsed, is_after
from afterdisc.fhir.read.values import NotReadable
from afterdisc.words.days import days_between

Read = Candidate | Unread | Pointer
AT_LEAST = "at least: others may be recorded elsewhere"
COARSE = "its date is not exact enough for this"


def in_time(hit: Hit, setting: Setting) -> str:
    """"" if the hit counts at this time, else why not."""
    d, when = hit.reader.d, hit.when
    if not when.is_readable:
        return "its date cannot be read"
    if d["max_age_days"] is not None:
        if not when.is_to_the_day:
            return "it has no date to the day, so its age is not known"
        if days_between(when.day, setting.at) > d["max_age_days"]:
            return f"it is older than {d['max_age_days']:g} days, so it counts as unknown"
    if d["when"] == "since_surgery":
        if not setting.operated.is_to_the_day:
            return "the day of the operation is not known, so this may be from before it"
        if not when.is_to_the_day:
            return "it has no date to the day, so it may be from before the operation"
        if when.day < setting.operated.day:
            return "it is from before the operation"
    return ""


def _candidate(hit: Hit, value: Any, note: str = "") -> Candidate:
    d, reader = hit.reader.d, hit.reader
    lasting = d["when"] == "any" and value is True
    at_least = reader.kind == "count" and d["read"] in ("count", "present")
    told = note or (AT_LEAST if at_least else "")
    return Candidate(
        reader.finding, value, hit.when, hit.address, hit.element, hit.code, reader.order, told, lasting, at_least
    )


def _valued(read: Callable[[Hit], tuple[Any, str]]) -> Callable[[list[Hit], Setting, Lookup], Iterator[Read]]:
    """A way that reads one value from each hit."""

    def way(hits: list[Hit], setting: Setting, _: Lookup) -> Iterator[Read]:
        for hit in hits:
            late = in_time(hit, setting)
            if late:
                yield unread(hit, late)
                continue
            absent = values.absent_because(hit.node)
            if absent is not None:
                yield unread(hit, f"the record says why it has no value: {absent}")
                if hit.reader.kind not in ("number", "count"):
                    yield _candidate(hit, None)
                continue
            try:
                value, note = read(hit)
            except NotReadable as error:
                yield unread(hit, error.why, error.mend)
                yield _candidate(hit, None)  # an older entry must not stand in for a newer one that nobody understands
                continue
            yield _candidate(hit, value, note)

    return way


def _yes_no(hits: list[Hit], setting: Setting, lookup: Lookup) -> Iterator[Read]:
    yield from _valued(lambda hit: (values.yes_or_no(lookup, hit.node), ""))(hits, setting, lookup)


def _state(hits: list[Hit], setting: Setting, lookup: Lookup) -> Iterator[Read]:
    by_path = [h for h in hits if h.reader.d["path"]]
    yield from _valued(lambda hit: (values.coded_state(hit.reader, hit.node), ""))(
        [h for h in hits if not h.reader.d["path"]], setting, lookup
    )
    for hit in by_path:  # of the person: there is no older one
        said = hit.node.get(hit.reader.d["path"])
        found = next((state for state, words in hit.reader.d["states"].items() if said in words), None)
        yield unread(hit, "it is not one of the values declared") if found is None else _candidate(hit, found)


def _present(hits: list[Hit], setting: Setting, lookup: Lookup) -> Iterator[Read]:
    for hit in hits:
        d = hit.reader.d
        late = in_time(hit, setting)
        if late:
            yield unread(hit, late)
        elif hit.is_denied:
            yield from _denied(hit)
        elif d["clinical"] == "active" and not is_active(hit.resource, setting.at):
            yield unread(hit, "it is no longer active")
        else:
            yield _candidate(hit, d["gives"])


def _denied(hit: Hit) -> Iterator[Read]:
    d = hit.reader.d
    whole = d["denies"] if d["denies"] is not None else [c for c in d["codes"] if not c.endswith("*")]
    if hit.reader.kind == "bool" and d["gives"] is True and hit.code in whole:
        yield _candidate(hit, False, "refuted in the record")
    else:
        yield unread(hit, "it is refuted, which does not settle the whole of this finding")


def _count(hits: list[Hit], setting: Setting, _: Lookup) -> Iterator[Read]:
    within, counted, last = hits[0].reader.d["within_days"], {}, None
    for hit in hits:
        late = _no_event(hit) or in_time(hit, setting)
        if not late and not hit.when.is_to_the_day:
            late = COARSE
        if late:
            yield unread(hit, late)
        elif within is None or days_between(hit.when.day, setting.at) <= within:
            counted[hit.when.day] = hit
            last = hit if last is None or hit.when.sort_key > last.when.sort_key else last
    if last is not None:
        yield _candidate(last, len(counted))


def _no_event(hit: Hit) -> str:
    """Why this entry is no event at all; "" if it is one."""
    if hit.is_denied:
        return "it is refuted"
    absent = values.absent_because(hit.node)
    return f"the record says why it has no value: {absent}" if absent is not None else ""


def _elapsed(hits: list[Hit], setting: Setting, _: Lookup) -> Iterator[Read]:
    newest: Hit | None = None
    for hit in hits:
        late = _no_event(hit) or in_time(hit, setting)
        if late:
            yield unread(hit, late)
        elif not hit.when.is_known:
            yield unread(hit, "it has no date")
        elif newest is None or hit.when.sort_key > newest.when.sort_key:
            newest = hit
    if newest is not None:
        time = elapsed(newest.when, setting.at, newest.reader.d["unit"])
        yield unread(newest, COARSE) if time is None else _candidate(newest, time)


def _document(hits: list[Hit], setting: Setting, _: Lookup) -> Iterator[Read]:
    for hit in hits:
        if not in_time(hit, setting):
            yield Pointer(hit.reader.finding, hit.address, hit.when.day, hit.reader.d["say"])


WAYS: Mapping[str, Callable[[list[Hit], Setting, Lookup], Iterator[Read]]] = {
    "quantity": _valued(lambda hit: values.quantity(hit.reader, hit.node)),
    "at_least": _valued(lambda hit: values.reaches(hit.reader, hit.node)),
    "yes_no": _yes_no,
    "state": _state,
    "present": _present,
    "count": _count,
    "elapsed": _elapsed,
    "document": _document,
}


def is_later(hit: Hit, setting: Setting) -> bool:
    """Dated after the day that is asked about: such a resource does not exist yet."""
    return hit.when.is_known and is_after(hit.when, setting.at)
