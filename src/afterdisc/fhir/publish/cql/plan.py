"""The library ReEvaluation: every condition of the PlanDefinition under a name that a plan can write."""

from __future__ import annotations

from afterdisc.fhir.publish.cql import terms
from afterdisc.fhir.publish.cql.library import CqlLibrary
from afterdisc.fhir.publish.cql.logic import FINDINGS, GATES, IMAGING, PLAN, RED_FLAGS, level_name, raised, rule_name
from afterdisc.fhir.publish.cql.rules import below, withholds
from afterdisc.fhir.publish.cql.terms import Term
from afterdisc.knowledge.base import KnowledgeBase, Rule

ABOUT = "The conditions of PlanDefinition re-evaluation. Each is that of another library; PlanDefinition looks in one alone."
PROCEED, REFUSED = "proceed", "refused"


def plan_library(base: KnowledgeBase) -> CqlLibrary:
    library = CqlLibrary(PLAN, base.version, ABOUT, includes=below(base, FINDINGS, RED_FLAGS, IMAGING, GATES))
    refused = terms.ref("refused", FINDINGS)
    library.add(REFUSED, refused, "Nothing is said of a person out of scope, or of answers that contradict each other.")
    library.add(PROCEED, terms.no(refused))
    for flag in base.red_flags.values():
        status = terms.ref(f"{flag.id}_status", RED_FLAGS)
        library.add(uncleared(flag.id), terms.compare(status, "!=", terms.text("cleared")))
        library.add(cannot_clear(flag.id), terms.compare(status, "==", terms.text("ask")))
        for name in (raised(flag.id), *(level_name(flag.id, level.urgency) for level in flag.levels)):
            library.add(name, terms.ref(name, RED_FLAGS))
    for choice in base.imaging.values():
        for name in (choice.id, *([withholds(choice.id)] if choice.withhold else [])):
            library.add(name, terms.ref(name, IMAGING))
    for test in base.investigations:
        library.add(possible(test), terms.no(terms.ref(f"{test}_withheld", GATES)))
    for rule in base.gates:
        library.add(applies(rule), _applies(rule))
    for treatment in base.treatments.values():
        status = terms.ref(f"{treatment.id}_status", GATES)
        library.add(considered(treatment.id), terms.compare(status, "!=", terms.text("not_indicated")))
        library.add(offered(treatment.id), terms.ref(offered(treatment.id), GATES))
        for rule in treatment.rules:
            library.add(applies(rule), _applies(rule))
    return library


def _applies(rule: Rule) -> Term:
    """What must be so is told where it is not known to be so; every other rule where it is true."""
    truth = terms.ref(rule_name(rule.id), GATES)
    return terms.no(terms.is_true(truth)) if rule.then == "require" else truth


def applies(rule: Rule) -> str:
    return f"{rule_name(rule.id)}{'_unmet' if rule.then == 'require' else ''}"


def uncleared(flag: str) -> str:
    return f"{flag}_uncleared"


def cannot_clear(flag: str) -> str:
    return f"{flag}_cannot_clear"


def possible(test: str) -> str:
    return f"{test}_possible"


def considered(treatment: str) -> str:
    return f"{treatment}_considered"


def offered(treatment: str) -> str:
    return f"{treatment}_offered"
