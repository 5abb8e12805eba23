"""Do the declarations of how a record is read fit the findings, and are their systems and units declared?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from afterdisc.errors import BadDistribution, KnowledgeError, UndeclaredName, UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.fhir import CLINICAL, ELAPSED_UNITS, READS, RESOURCES, WHEN, Declaration, FhirMap
from afterdisc.knowledge.places import Places

KINDS: dict[str, tuple[str, ...]] = {  # way of reading -> the kinds of finding it can give
    "quantity": ("number", "count"),
    "at_least": ("bool",),
    "state": ("bool", "category", "ordinal"),
    "yes_no": ("bool",),
    "present": ("bool", "category", "ordinal", "number", "count"),
    "count": ("count", "number"),
    "elapsed": ("number", "count"),
    "medicines": ("set",),
    "doses": ("map",),
    "taken": ("bool", "category", "ordinal"),
}
WITHOUT_CODES = ("medicines", "doses", "taken")
PLACE = "fhir/base.yaml:1"


def fhir_errors(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    """Everything wrong with the folder `fhir`."""
    fhir = base.fhir
    for finding in base.findings.values():
        if finding.id not in fhir.readings:
            yield UndeclaredName(
                f"nothing says how `{finding.id}` is read from a record",
                where=PLACE,
                mend=f"Add `{finding.id}:` with its declarations, or with `[]`, to the file of its group under fhir/.",
            )
    for name, declared in fhir.readings.items():
        if name not in base.findings:
            yield places.undeclared(name, "finding", base.findings, declared[0].where if declared else PLACE)
            continue
        for one in declared:
            yield from _declaration(base, base.findings[name], one, places)
    index = fhir.index_operation.codes if fhir.index_operation else ()
    shared = (*fhir.yes, *fhir.no, *fhir.no_known_allergy, *index)
    yield from _codes(fhir, shared, PLACE, places)
    for codes in fhir.ingredients.values():
        yield from _codes(fhir, codes, "fhir/medicines.yaml:1", places)
    yield from _orders(base, places)


def _declaration(base: KnowledgeBase, finding: kb.Finding, d: Declaration, places: Places) -> Iterator[KnowledgeError]:
    for resource in d.resources:
        if resource not in RESOURCES:
            yield places.undeclared(resource, "resource", RESOURCES, d.where)
    yield from _word(d.read, "way of reading", READS, d.where, places)
    yield from _word(d.when, "time", WHEN, d.where, places)
    yield from _word(d.clinical, "clinical status", CLINICAL, d.where, places)
    if d.read not in READS:
        return
    wrong = [r for r in d.resources if r in RESOURCES and r not in READS[d.read]]
    if wrong:
        yield UnreadableKnowledge(f"`{d.read}` does not read {', '.join(wrong)}", where=places.of(d.where, d.read))
    if finding.kind not in KINDS.get(d.read, (finding.kind,)):
        yield UnreadableKnowledge(
            f"`{d.read}` gives no {finding.kind}, which `{finding.id}` is", where=places.of(d.where, d.read)
        )
    if not d.codes and not d.path and d.read not in WITHOUT_CODES:
        what = f"a reading of `{finding.id}` names no codes"
        yield UnreadableKnowledge(what, where=d.where, mend="Add `codes: [SYSTEM|code]`.")
    yield from _codes(base.fhir, d.codes, d.where, places)
    yield from (e for code in d.denies or () for e in _word(code, "code of this reading", d.codes, d.where, places))
    yield from _values(base, finding, d, places)


def _values(base: KnowledgeBase, finding: kb.Finding, d: Declaration, places: Places) -> Iterator[KnowledgeError]:
    known = ("true", "false") if finding.kind == "bool" else tuple(finding.values)
    if d.read in ("state", "taken"):
        for state, codes in d.states.items():
            yield from _word(state, f"state of `{finding.id}`", known, d.where, places)
            if d.read == "state" and not d.path:
                yield from _codes(base.fhir, codes, d.where, places)
        if not d.states:
            yield UnreadableKnowledge(f"a reading of `{finding.id}` names no states", where=d.where)
    if d.read == "present" and known and finding.kind != "bool":
        yield from _word(str(d.gives), f"state of `{finding.id}`", known, d.where, places)
    if d.read == "at_least" and d.at_least is None:
        yield UnreadableKnowledge(f"a reading of `{finding.id}` names no limit", where=d.where, mend="Add `at_least: 3`.")
    if d.read in ("quantity", "at_least") and (not d.units or any(factor == 0 for factor, _ in d.units.values())):
        yield BadDistribution(f"a reading of `{finding.id}` needs units with factors other than 0", where=d.where)
    if d.read == "elapsed":
        yield from _word(d.unit, "unit of time", ELAPSED_UNITS, d.where, places)
    if d.read == "document" and not d.say:
        yield UnreadableKnowledge(f"the document for `{finding.id}` needs `say:`", where=d.where)
    for age in (d.max_age_days, d.within_days):
        if age is not None and age <= 0:
            yield BadDistribution(f"an age limit of `{finding.id}` is not above 0", where=d.where)


def _word(word: str, what: str, known: Iterable[str], where: str, places: Places) -> Iterator[KnowledgeError]:
    if word not in known:
        yield places.undeclared(word, what, tuple(known), where)


def _codes(fhir: FhirMap, codes: Iterable[str], where: str, places: Places) -> Iterator[KnowledgeError]:
    for written in codes:
        system, bar, code = written.partition("|")
        if not bar or not code:
            yield UnreadableKnowledge(f"`{written}` is no code", where=places.of(where, written), mend="Write `SYSTEM|code`.")
        elif system not in fhir.systems:
            yield places.undeclared(system, "code system", fhir.systems, where)


def _orders(base: KnowledgeBase, places: Places) -> Iterator[KnowledgeError]:
    fhir, known = base.fhir, {**base.investigations, **base.treatments}
    for order in fhir.orders.values():
        yield from _word(order.id, "investigation or treatment", known, order.where, places)
        yield from _codes(fhir, order.codes, order.where, places)
        if order.group:
            yield from _word(order.group, "group of ingredients", base.groups, order.where, places)
        if not (order.codes or order.ingredients or order.group or order.words):
            yield UnreadableKnowledge(f"nothing says by what an order of `{order.id}` is recognised", where=order.where)
    for proposal in fhir.proposals.values():
        yield from _word(proposal.id, "investigation or treatment", known, proposal.where, places)
        yield from _word(proposal.resource, "resource", ("ServiceRequest", "MedicationRequest"), proposal.where, places)
        yield from _codes(fhir, [proposal.code] if proposal.code else [], proposal.where, places)
