"""The libraries RedFlags and ImagingChoice."""

from __future__ import annotations

from afterdisc.fhir.publish.cql import terms
from afterdisc.fhir.publish.cql.library import OBSERVATIONS, OBSERVATIONS_VERSION, CqlLibrary
from afterdisc.fhir.publish.cql.logic import FINDINGS, IMAGING, RED_FLAGS, Logic, Names, level_name, raised
from afterdisc.fhir.publish.cql.terms import Term
from afterdisc.fhir.publish.rested import why
from afterdisc.knowledge.base import ImagingRule, KnowledgeBase, RedFlag
from afterdisc.knowledge.names import URGENCY
from afterdisc.words.urgency import MEANING, URGENCIES

FLAGS_ABOUT = (
    "Red flags. R01_E0 is true, false or null (unknown); R01_status is fired, ask (cannot be cleared) or cleared; an open "
    "question never clears a flag."
)
IMAGING_ABOUT = "Which picture answers which question. I05_withholds is true while no red flag that overrides it is raised."


def below(base: KnowledgeBase, *libraries: str) -> tuple[tuple[str, str], ...]:
    """What a library includes, with versions."""
    return ((OBSERVATIONS, OBSERVATIONS_VERSION), *((name, base.version) for name in libraries))


def red_flags_library(base: KnowledgeBase, names: Names) -> CqlLibrary:
    library = CqlLibrary(RED_FLAGS, base.version, FLAGS_ABOUT, includes=below(base, FINDINGS))
    logic = Logic(base, RED_FLAGS, names)
    for flag in base.red_flags.values():
        _red_flag(library, logic, flag)
    library.add(URGENCY, _urgency(base), "The most urgent red flag that is raised; E3, routine, if none is.")
    return library


def _red_flag(library: CqlLibrary, logic: Logic, flag: RedFlag) -> None:
    levels = sorted(flag.levels, key=lambda level: URGENCIES.index(level.urgency))
    for i, level in enumerate(levels):
        about = (f"{flag.id} {flag.title}", why(flag.support)) if i == 0 else ()
        name = level_name(flag.id, level.urgency)
        library.add(name, logic.written_out(level.when), *about, MEANING[level.urgency])
    refs = [(terms.ref(level_name(flag.id, level.urgency)), level.urgency) for level in levels]
    library.add(raised(flag.id), terms.some([ref for ref, _ in refs]))
    is_raised = terms.ref(raised(flag.id))
    told = [(is_raised, terms.text("fired")), (terms.is_unknown(is_raised), terms.text("ask"))]
    library.add(f"{flag.id}_status", terms.case(told, terms.text("cleared")))
    library.add(f"{flag.id}_urgency", terms.case([(ref, terms.text(u)) for ref, u in refs], terms.NO_TEXT))


def _urgency(base: KnowledgeBase) -> Term:
    choices = []
    for urgency in URGENCIES[:-1]:
        flags = [f.id for f in base.red_flags.values() if any(level.urgency == urgency for level in f.levels)]
        if flags:
            choices.append((terms.some([terms.ref(level_name(f, urgency)) for f in flags]), terms.text(urgency)))
    return terms.case(choices, terms.text(URGENCIES[-1]))


def imaging_library(base: KnowledgeBase, names: Names) -> CqlLibrary:
    library = CqlLibrary(IMAGING, base.version, IMAGING_ABOUT, includes=below(base, FINDINGS, RED_FLAGS))
    logic = Logic(base, IMAGING, names)
    for rule in base.imaging.values():
        library.add(rule.id, logic.written_out(rule.when), f"{rule.id} {rule.title}", rule.say, why(rule.support))
        if rule.withhold:
            library.add(withholds(rule.id), _withholds(base, logic, rule), f"Not now: {', '.join(rule.withhold)}")
    return library


def withholds(rule: str) -> str:
    return f"{rule}_withholds"


def _withholds(base: KnowledgeBase, logic: Logic, rule: ImagingRule) -> Term:
    """A flag that only cannot be cleared overrides nothing."""
    overriding = [
        logic.ref(RED_FLAGS, level_name(flag, level.urgency))
        for flag in rule.overridden_by
        for level in base.red_flags[flag].levels
        if level.urgency != "ask"
    ]
    applies = terms.is_true(terms.ref(rule.id))
    return terms.every([applies, terms.no(terms.is_true(terms.some(overriding)))]) if overriding else applies
