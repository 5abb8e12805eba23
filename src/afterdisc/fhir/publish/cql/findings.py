"""The library Findings: one expression for each finding, for each definition, and for each state that is worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from afterdisc.fhir.publish.cql import terms
from afterdisc.fhir.publish.cql.library import OBSERVATIONS, OBSERVATIONS_VERSION, CqlLibrary
from afterdisc.fhir.publish.cql.logic import FINDINGS, Logic, Names, listed_ingredients, names_of, needs_probability
from afterdisc.fhir.publish.cql.terms import Term
from afterdisc.fhir.publish.rested import why
from afterdisc.knowledge.base import Finding, KnowledgeBase
from afterdisc.knowledge.conditions import findings_in

ABOUT = (
    "What a record says of each finding. A finding is read from Observations in our own code system; some measurements from "
    "LOINC codes too. Null is unknown, never no."
)
EVERY_NUMBER = 1e15
EVERY, OWN = "Every Observation", "Own Observations"


def findings_library(base: KnowledgeBase, book: Mapping[str, Any], names: Names) -> CqlLibrary:
    library = CqlLibrary(FINDINGS, base.version, ABOUT, includes=((OBSERVATIONS, OBSERVATIONS_VERSION),))
    reader = _Reader(library, book["fhir"])
    for name in _asked_of_anybody(base):
        library.add(as_written(name), reader.at_any_age(base.findings[name]), f"{base.findings[name].label}, whatever it is")
    for finding in base.findings.values():
        library.add(finding.id, reader.read(finding), finding.label, f"Unit: {finding.unit}" if finding.unit else "")
    for name, ingredients in listed_ingredients(base):
        named = terms.call(OBSERVATIONS, "Names", terms.ref(name), terms.listed(map(terms.text, ingredients)))
        library.add(names_of(base, name, ingredients), named)
    _worked_out(base, library, Logic(base, FINDINGS, names))
    return library


class _Reader:
    """How each kind of finding is read: all Observations are fetched once and looked through by code."""

    def __init__(self, library: CqlLibrary, fhir: Mapping[str, Any]) -> None:
        self.library, self.fhir = library, fhir
        library.add(EVERY, terms.every_observation())
        library.add(OWN, self._coded(f"{fhir['canonical']}/CodeSystem/finding"), "By the code of a finding")
        plain = (d for declared in fhir["readings"].values() for d in declared if is_plain(d))
        for system in dict.fromkeys(code.partition("|")[0] for d in plain for code in d["codes"]):
            library.add(f"{system} Observations", self._coded(fhir["systems"][system][0]))

    def _coded(self, address: str) -> Term:
        return terms.call(OBSERVATIONS, "Coded", terms.ref(EVERY), terms.text(address))

    def read(self, finding: Finding) -> Term:
        own = terms.call(OBSERVATIONS, "Of", terms.ref(OWN), terms.listed([terms.text(finding.id)]))
        match finding.kind:
            case "bool":
                return terms.call(OBSERVATIONS, "YesNo", own)
            case "number":
                return self._number(finding, own, finding.range)
            case "count":
                return terms.call(OBSERVATIONS, "Whole", self._number(finding, own, finding.range))
            case "set" | "map":
                return terms.call(OBSERVATIONS, "Entries", own, self._address("ingredient"))
        allowed = terms.listed(map(terms.text, finding.values))
        return terms.call(OBSERVATIONS, "State", own, self._address("state"), allowed)

    def _address(self, system: str) -> Term:
        return terms.text(f"{self.fhir['canonical']}/CodeSystem/{system}")

    def at_any_age(self, finding: Finding) -> Term:
        """A number that may lie outside the range of the finding: that is what puts a person out of scope."""
        own = terms.call(OBSERVATIONS, "Of", terms.ref(OWN), terms.listed([terms.text(finding.id)]))
        return self._number(finding, own, None)

    def _number(self, finding: Finding, own: Term, limits: tuple[float, float] | None) -> Term:
        measured = [self._measured(d) for d in self.fhir["readings"].get(finding.id, ()) if is_plain(d)]
        numbers = terms.flatten([terms.call(OBSERVATIONS, "OwnNumbers", own), *measured])
        low, high = limits or (-EVERY_NUMBER, EVERY_NUMBER)
        return terms.call(OBSERVATIONS, "Number", numbers, terms.number(low), terms.number(high))

    def _measured(self, declared: Mapping[str, Any]) -> Term:
        units = terms.listed(
            terms.tuple_of(code=terms.text(_unit(code)), factor=terms.number(factor), offset=terms.number(offset))
            for code, (factor, offset) in declared["units"].items()
        )
        days = declared["max_age_days"]
        limit = terms.NO_DAYS if days is None else terms.whole(int(days))
        return terms.call(OBSERVATIONS, "Measurements", self._others(declared["codes"]), units, limit)

    def _others(self, written: Sequence[str]) -> Term:
        """Observations with codes of others, `LOINC|1988-5`."""
        by_system: dict[str, list[Term]] = {}
        for system, _, code in (w.partition("|") for w in written):
            by_system.setdefault(system, []).append(terms.text(code))
        return terms.flatten(
            [
                terms.call(OBSERVATIONS, "Of", terms.ref(f"{system} Observations"), terms.listed(codes))
                for system, codes in by_system.items()
            ]
        )


def is_plain(declared: Mapping[str, Any]) -> bool:
    """A measurement that needs nothing but its codes, its unit and its age: no operation date, no hierarchy of codes."""
    exact = not any(code.endswith("*") for code in declared["codes"])
    return bool(declared["read"] == "quantity" and declared["when"] == "latest" and exact)


def _unit(code: str) -> str:
    return "" if code == "1" else code


def _worked_out(base: KnowledgeBase, library: CqlLibrary, logic: Logic) -> None:
    for definition in base.definitions.values():
        if not needs_probability(definition.when):
            library.add(definition.id, logic.written_out(definition.when), definition.means, why(definition.support))
    for model in base.model_findings.values():
        for state, condition in (model.derived_from or {}).items():
            if not needs_probability(condition):
                library.add(f"{model.id}_is_{state}", logic.term(condition), f"{model.label}: {state.replace('_', ' ')}")
    for refusal in base.contradictions:
        library.add(f"refused_{refusal.id}", logic.term(refusal.when), refusal.say)
    anybody = Logic(base, FINDINGS, {}, {name: as_written(name) for name in _asked_of_anybody(base)})
    for refusal in base.out_of_scope:
        library.add(f"refused_{refusal.id}", anybody.written_out(refusal.when), refusal.say)
    for order in base.orders:
        larger = terms.compare(terms.ref(order.first), ">", _plus(order.not_above, order.slack))
        library.add(f"refused_{order.first}_above_{order.not_above}", larger, order.say)
    refused = [terms.ref(name) for name in library.statements if name.startswith("refused_")]
    library.add("refused", terms.is_true(terms.some(refused)), "Answers that contradict each other, or a person out of scope.")


def _asked_of_anybody(base: KnowledgeBase) -> list[str]:
    """The numbers by which a person is found to be out of scope, a child for example."""
    asked = (name for refusal in base.out_of_scope for name in findings_in(refusal.when))
    return list(dict.fromkeys(name for name in asked if base.findings[name].kind == "number"))


def as_written(name: str) -> str:
    return f"{name}_as_written"


def _plus(name: str, slack: float) -> Term:
    if not slack:
        return terms.ref(name)
    return terms.plus(terms.ref(name), terms.number(slack))
