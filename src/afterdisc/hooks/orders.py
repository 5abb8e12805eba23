"""Which investigations and treatments a draft order may stand for: by code, by ingredient, else by the words of its text."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from afterdisc.fhir import Record, record_of
from afterdisc.fhir.read.codes import codings, lookup_of, pairs_of
from afterdisc.fhir.read.hits import Setting
from afterdisc.fhir.read.medicines import Taken, medicines_taken
from afterdisc.fhir.record import address_of
from afterdisc.hooks.request import HookRequest, Resource
from afterdisc.hooks.services import ORDER_SELECT
from afterdisc.program import Program, kept_with_program
from afterdisc.words.ingredient import ingredient

CODED_BY: Mapping[str, str] = {
    "MedicationRequest": "medicationCodeableConcept",
    "ServiceRequest": "code",
    "DeviceRequest": "codeCodeableConcept",
}
OVER = {"completed", "cancelled", "stopped", "revoked", "entered-in-error", "ended"}
LONGEST_TEXT = 500
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Draft:
    """One order of the session. `options`: what it may stand for, several where its code does not say which."""

    resource: Resource
    options: tuple[str, ...]
    mg_per_day: float | None = None

    @property
    def address(self) -> str:
        """`MedicationRequest/103`; "" for one without an id, which cannot be pointed at."""
        return address_of(self.resource) if "id" in self.resource else ""


@dataclass
class OrderIndex:
    """From codes, ingredients and words to options."""

    exact: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    begins: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # system -> (beginning of a code, option)
    ingredients: dict[str, list[str]] = field(default_factory=dict)
    phrases: list[tuple[tuple[str, ...], str]] = field(default_factory=list)  # those of most words first


@kept_with_program
def order_index(program: Program) -> OrderIndex:
    index, fhir = OrderIndex(), program.book["fhir"]
    for option, order in fhir["orders"].items():
        for system, code in pairs_of(fhir, order["codes"]):
            if code.endswith("*"):
                index.begins.setdefault(system, []).append((code[:-1], option))
            else:
                index.exact.setdefault((system, code), []).append(option)
        for name in order["ingredients"]:
            index.ingredients.setdefault(ingredient(name), []).append(option)
        index.phrases += [(_words(phrase), option) for phrase in order["words"]]
    index.phrases.sort(key=lambda p: -len(p[0]))
    return index


def drafts_of(program: Program, request: HookRequest, *, at: str) -> list[Draft]:
    """The orders of a call that we know something about, in their order; of `order-select` only those just selected.

    An order for somebody else than the person in context is passed over, and so is one that is over or forbids.
    """
    signed = [_as_if_signed(r) for r in request.drafts]
    record = record_of(signed, patient=request.patient)
    theirs = {id(r) for kind in CODED_BY for r in record.resources(kind)}
    found = []
    for draft, as_signed in zip(request.drafts, signed, strict=True):
        if id(as_signed) in theirs and _is_meant(request, draft):
            taken = _medicine(program, record, as_signed, at)
            options = _options(order_index(program), as_signed, taken)
            if options:
                found.append(Draft(draft, options, taken.mg_per_day if taken else None))
    return found


def _as_if_signed(draft: Resource) -> dict[str, Any]:
    """A prescription as it would stand in the record; other resources as they are."""
    if draft.get("resourceType") != "MedicationRequest":
        return dict(draft)
    return {k: v for k, v in draft.items() if k != "authoredOn"} | {"status": "active", "intent": "order"}


def _is_meant(request: HookRequest, draft: Resource) -> bool:
    if str(draft.get("status")) in OVER or draft.get("doNotPerform") is True:
        return False
    if request.service.hook != ORDER_SELECT:
        return True
    own = address_of(draft)
    return any(own == s or own == "/".join(s.rsplit("/", 2)[-2:]) or draft.get("id") == s for s in request.selections)


def _medicine(program: Program, record: Record, draft: Resource, at: str) -> Taken | None:
    """What the prescription comes to; None if the order is none."""
    if draft["resourceType"] != "MedicationRequest":
        return None
    alone = dataclasses.replace(record, of_type={"MedicationRequest": (draft,)})
    taken = medicines_taken(program, lookup_of(program), alone, Setting(at))
    return taken[0] if taken else None


def _options(index: OrderIndex, draft: Resource, taken: Taken | None) -> tuple[str, ...]:
    concept = draft.get(CODED_BY[draft["resourceType"]])
    coded = list(_by_code(index, concept))
    if taken:
        coded += [option for name in taken.ingredients for option in index.ingredients.get(name, ())]
    return tuple(dict.fromkeys(coded or _by_words(index, concept)))


def _by_code(index: OrderIndex, concept: object) -> Iterator[str]:
    for system, code, _ in codings(concept):
        yield from index.exact.get((system, code), ())
        yield from (option for beginning, option in index.begins.get(system, ()) if code.startswith(beginning))


def _by_words(index: OrderIndex, concept: object) -> list[str]:
    """The options of the phrase with most words that stands in one of the texts; of several just as long, all."""
    texts = [_words(text[:LONGEST_TEXT]) for text in _texts(concept)]
    longest, found = 0, []
    for phrase, option in index.phrases:
        if len(phrase) < longest:
            break
        if any(_stands_in(phrase, text) for text in texts):
            longest = len(phrase)
            found.append(option)
    return found


def _texts(concept: object) -> Iterator[str]:
    if isinstance(concept, Mapping) and isinstance(concept.get("text"), str):
        yield concept["text"]
    yield from (coding["display"] for _, _, coding in codings(concept) if isinstance(coding.get("display"), str))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.lower()))


def _stands_in(phrase: tuple[str, ...], text: tuple[str, ...]) -> bool:
    """All words of the phrase, in its order, with others between them or not."""
    rest = iter(text)
    return bool(phrase) and all(word in rest for word in phrase)
