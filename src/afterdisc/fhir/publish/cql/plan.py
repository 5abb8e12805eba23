"""The library ReEvaluation: every condition of the PlanDefinition under a name that a plan can write."""

from __future__ import annotations

from afterdisc.fhir.publish.cql import terms
from afterdisc.fhir.publish.cql.library import CqlLibrary
from afterdisc.fhir.publish.cql.logic import FINDINGS, GATES, IMAGING, PLAN, RED_FLAGS, level_name, raised, rule_name
from afterdisc.fhir.publish.cql.rules import below, withholds
from afterdisc.fhir.publish.cql.terms import Term
from afterdisc.knowledge.base import KnowledgeBase, RedFlag, Rule

ABOUT = "The conditions of PlanDefinition re-evaluation. Each is that of another library; PlanDefinition looks in one alone."
PROCEED, REFUSED = "proceed", "refused"
AGAIN, SOON = ("E0", "E1"), ("E2",)  # at such an urgency a test is done again; at such only if its result is not there


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
    for test, text in base.investigations.items():
        library.add(asked_for(test), _asked_for(base, test), f"{text.label}: a red flag or an imaging rule asks for it")
    for rule in base.gates:
        library.add(applies(rule), _applies(rule))
    for treatment in base.treatments.values():
        status = terms.ref(f"{treatment.id}_status", GATES)
        library.add(considered(treatment.id), terms.compare(status, "!=", terms.text("not_indicated")))
        library.add(offered(treatment.id), terms.ref(offered(treatment.id), GATES))
        for rule in treatment.rules:
            library.add(applies(rule), _applies(rule))
    return library


def _asked_for(base: KnowledgeBase, test: str) -> Term:
    """Not withheld; and of what is at hand already only what an emergency asks for again."""
    flags = [flag for flag in base.red_flags.values() if test in flag.investigations]
    urgent = _raised_at(flags, AGAIN)
    soon = [*_raised_at(flags, SOON), *(terms.ref(r.id, IMAGING) for r in base.imaging.values() if test in r.first)]
    if soon and any(gate.then == "at_hand" and gate.id.startswith(f"{test}.") for gate in base.gates):
        soon = [terms.every([terms.no(terms.ref(f"{test}_at_hand", GATES)), terms.some(soon)])]
    is_due = terms.is_true(terms.some([*urgent, *soon])) if urgent or soon else terms.truth(False)
    return terms.every([terms.no(terms.ref(f"{test}_withheld", GATES)), is_due])


def _raised_at(flags: list[RedFlag], urgencies: tuple[str, ...]) -> list[Term]:
    levels = ((flag.id, level.urgency) for flag in flags for level in flag.levels)
    return [terms.ref(level_name(flag, urgency), RED_FLAGS) for flag, urgency in levels if urgency in urgencies]


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


def asked_for(test: str) -> str:
    return f"{test}_asked_for"


def considered(treatment: str) -> str:
    return f"{treatment}_considered"


def offered(treatment: str) -> str:
    return f"{treatment}_offered"
