"""The library TreatmentGates: the truth of every rule of a treatment or an investigation, and what follows for each."""

from __future__ import annotations

from afterdisc.fhir.publish.cql import terms
from afterdisc.fhir.publish.cql.library import CqlLibrary
from afterdisc.fhir.publish.cql.logic import (
    FINDINGS,
    GATES,
    IMAGING,
    RED_FLAGS,
    TAKES,
    Logic,
    Names,
    listed_ingredients,
    names_of,
    needs_probability,
    one_of,
    probability_name,
    rule_name,
)
from afterdisc.fhir.publish.cql.rules import below, withholds
from afterdisc.fhir.publish.cql.terms import Term
from afterdisc.fhir.publish.rested import why
from afterdisc.knowledge.base import KnowledgeBase, Rule, Treatment
from afterdisc.knowledge.conditions import Probability, walk
from afterdisc.knowledge.names import URGENCY
from afterdisc.words.status import OFFERED

ABOUT = (
    "Rules of treatments and investigations, each true, false or null (unknown). The parameters are probabilities, which CQL "
    "cannot work out: without them the rules that ask for one are null unless the rest settles them, and the status leans to "
    "not_yet."
)
CAREFUL = ("avoid", "withhold", "rule_out", "caution", "reduce_dose")
WAITING = ("E0", "E1")  # while such a red flag is raised, elective steps wait


def gates_library(base: KnowledgeBase, names: Names) -> CqlLibrary:
    library = CqlLibrary(GATES, base.version, ABOUT, includes=below(base, FINDINGS, RED_FLAGS, IMAGING))
    logic = Logic(base, GATES, names)
    for rule in base.gates:
        _rule(library, logic, rule)
    for name in base.investigations:
        library.add(f"{name}_withheld", _withheld(base, logic, name), f"{base.investigations[name].label}: not now.")
        at_hand = [ref_to(r) for r in base.gates if _test(r) == name and r.then == "at_hand"]
        if at_hand:
            library.add(f"{name}_at_hand", terms.is_true(terms.some(at_hand)), "Its result is there already.")
    for treatment in base.treatments.values():
        for rule in treatment.rules:
            _rule(library, logic, rule)
        library.add(f"{treatment.id}_status", _status(base, logic, treatment), f"{treatment.label}: what follows")
        library.add(f"{treatment.id}_offered", one_of(terms.ref(f"{treatment.id}_status"), OFFERED))
    library.parameters |= dict(sorted(logic.parameters.items()))
    return library


def _without_its_probability(logic: Logic, rule: Rule) -> Term:
    """A rule that could speak against it waits for a probability that nobody gave."""
    asked = dict.fromkeys(node.causes for node in walk(rule.when) if isinstance(node, Probability))
    missing = [terms.is_unknown(terms.parameter(probability_name(causes))) for causes in asked]
    return terms.every([terms.is_unknown(ref_to(rule)), terms.some(missing)])


def _rule(library: CqlLibrary, logic: Logic, rule: Rule) -> None:
    head = f"{rule.id}: {rule.then.replace('_', ' ')}"
    library.add(rule_name(rule.id), logic.written_out(rule.when), head, rule.say, why(rule.support))


def ref_to(rule: Rule) -> Term:
    return terms.ref(rule_name(rule.id))


def _test(rule: Rule) -> str:
    return rule.id.partition(".")[0]


def _withheld(base: KnowledgeBase, logic: Logic, name: str) -> Term:
    """True or false: what is not known withholds nothing, but what must be known first does."""
    by_rules = [logic.ref(IMAGING, withholds(r.id)) for r in base.imaging.values() if name in r.withhold]
    stops = [terms.is_true(ref_to(r)) for r in base.gates if _test(r) == name and r.then in ("withhold", "avoid")]
    needs = [terms.no(terms.is_true(ref_to(r))) for r in base.gates if _test(r) == name and r.then == "require"]
    return terms.some([*by_rules, *stops, *needs])


# --------------------------------------------------------------------------------------------------- status of a treatment


def _status(base: KnowledgeBase, logic: Logic, treatment: Treatment) -> Term:
    """The first that is true, from the top; see `engine.plan`. What is empty cannot be true and is left out."""

    def of(*words: str) -> list[Term]:
        return [ref_to(rule) for rule in treatment.rules if rule.then in words]

    fits, ruled_out, reduce = terms.some(of("offer", "recommend")), of("rule_out"), of("reduce_dose")
    stops = [terms.is_false(terms.some(of("avoid", "withhold")))] if of("avoid", "withhold") else []
    choices = [
        ("avoid", of("avoid")),
        ("reduce_dose", _of_what_is_taken(base, logic, treatment, reduce)),
        ("not_indicated", [terms.is_false(fits), *map(terms.is_true, ruled_out)]),
        ("not_yet", [terms.is_unknown(fits), *_waits(logic, treatment)]),
        ("reduce_dose", reduce),
        ("caution", of("caution")),
        ("recommended", [terms.every([terms.some(of("recommend")), *stops])] if of("recommend") else []),
    ]
    return terms.case([(terms.some(when), terms.text(then)) for then, when in choices if when], terms.text("option"))


def _of_what_is_taken(base: KnowledgeBase, logic: Logic, treatment: Treatment, reduce: list[Term]) -> list[Term]:
    """A medicine the person takes already is told to be reduced before anything but avoid is looked at."""
    if not reduce or (TAKES, (treatment.id,)) not in set(listed_ingredients(base)):
        return []
    return [terms.every([terms.some(reduce), logic.ref(FINDINGS, names_of(base, TAKES, (treatment.id,)))])]


def _waits(logic: Logic, treatment: Treatment) -> list[Term]:
    rules = treatment.rules
    return [
        *(terms.no(terms.is_true(ref_to(r))) for r in rules if r.then == "require"),
        *(terms.is_true(ref_to(r)) for r in rules if r.then == "withhold"),
        *(terms.is_unknown(ref_to(r)) for r in rules if r.unknown_withholds),
        *(_without_its_probability(logic, r) for r in rules if r.then in CAREFUL and needs_probability(r.when)),
        *([one_of(logic.ref(RED_FLAGS, URGENCY), WAITING)] if treatment.elective else []),
    ]
