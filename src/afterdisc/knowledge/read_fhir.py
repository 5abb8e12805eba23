"""How a record is read, from the YAML of the folder `fhir`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from afterdisc.errors import UnreadableKnowledge
from afterdisc.knowledge.fhir import Declaration, FhirMap, IndexOperation, Order, OverrideReason, Proposal
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.reading import Files, each, named
from afterdisc.knowledge.tree import Map, Seq

SHARED = ("base", "medicines", "orders")


def read_fhir(files: Files) -> FhirMap:
    """Systems and codes, then file by file how every finding is read, then orders and what we write."""
    base, medicines, orders = (files.one(f"fhir/{name}.yaml") for name in SHARED)
    index = base.part("index_operation")
    readings: dict[str, tuple[Declaration, ...]] = {}
    for file in files.all_of("fhir"):
        if file.what.removeprefix("fhir/").removesuffix(".yaml") not in SHARED:
            readings |= dict(_readings(file))
    made = FhirMap(
        canonical=base.text("canonical"),
        systems=_lists(base, "systems"),
        yes=base.names("yes"),
        no=base.names("no"),
        no_known_allergy=base.names("no_known_allergy"),
        index_operation=IndexOperation(index.names("codes"), index.support()),
        readings=readings,
        ingredients=_lists(medicines, "ingredients"),
        brands=medicines.texts("brands"),
        orders=named(orders.parts("orders", "order"), _order),
        proposals=named(orders.parts("proposals", "proposal"), _proposal),
        override_reasons=each(orders.items("override_reasons", "override reason"), _reason),
    )
    for file in (base, index, medicines, orders):
        file.done()
    return made


def _lists(f: Fields, key: str) -> dict[str, tuple[str, ...]]:
    inside = f.part(key)
    return {name: inside.names(name) for name in inside.tree}


def _readings(file: Fields) -> Iterator[tuple[str, tuple[Declaration, ...]]]:
    file.text("title")
    findings = file.part("readings")
    for name in findings.tree:
        yield name, each(findings.items(name, f"reading of `{name}`"), partial(_declaration, name))
    findings.done()
    file.done()


def _declaration(finding: str, f: Fields) -> Declaration:
    gives = f.raw("gives", True)
    if not isinstance(gives, str | float | int):
        raise UnreadableKnowledge(f"{f.what}: `gives` must be a value of the finding", where=f.where("gives"))
    resources = f.names("from") if isinstance(f.tree.get("from"), Seq) else (f.text("from"),)
    return Declaration(
        finding=finding,
        resources=resources,
        read=f.text("read"),
        codes=f.names("codes"),
        at_least=f.maybe_number("at_least"),
        units=_units(f),
        states=_lists(f, "states") if "states" in f.tree else {},
        path=f.text("path", ""),
        gives=gives,
        denies=f.names("denies") if "denies" in f.tree else None,
        clinical=f.text("clinical", "any"),
        within_days=f.maybe_number("within_days"),
        unit=f.text("unit", ""),
        when=f.text("when", "latest"),
        max_age_days=f.maybe_number("max_age_days"),
        say=f.text("say", ""),
        support=f.support(),
        where=f.where(),
    )


def _units(f: Fields) -> dict[str, tuple[float, float]]:
    """`{mg/dL: 10}`, or with an offset `{"[degF]": {factor: 0.5556, offset: -17.78}}`."""
    if "units" not in f.tree:
        return {}
    inside = f.part("units")
    out = {}
    for unit, value in inside.tree.items():
        if isinstance(value, Map):
            both = inside.part(unit)
            out[unit] = (both.number("factor"), both.number("offset"))
            both.done()
        else:
            out[unit] = (inside.number(unit), 0.0)
    return out


def _order(name: str, f: Fields) -> Order:
    return Order(name, f.names("codes"), f.names("ingredients"), f.text("group", ""), f.names("words"), f.support(), f.where())


def _proposal(name: str, f: Fields) -> Proposal:
    return Proposal(name, f.text("resource"), f.text("code", ""), f.text("display"), f.where())


def _reason(f: Fields) -> OverrideReason:
    return OverrideReason(f.text("code"), f.text("display"))
