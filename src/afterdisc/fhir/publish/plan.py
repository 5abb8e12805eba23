"""PlanDefinition re-evaluation: red flags, imaging, investigations and treatments, each action with its condition in CQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from afterdisc.fhir.publish.activities import activity
from afterdisc.fhir.publish.cql.logic import PLAN, level_name, raised
from afterdisc.fhir.publish.cql.plan import (
    PROCEED,
    REFUSED,
    applies,
    asked_for,
    cannot_clear,
    considered,
    offered,
    uncleared,
)
from afterdisc.fhir.publish.cql.rules import withholds
from afterdisc.fhir.publish.meta import Publication, unique
from afterdisc.fhir.write.orders import PRIORITY
from afterdisc.fhir.write.shape import Json
from afterdisc.knowledge.base import ImagingRule, RedFlag, Rule, Treatment
from afterdisc.words.urgency import MEANING

ID = "re-evaluation"
KIND = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
CREATE: Json = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/action-type", "code": "create"}]}
SUBJECT: Json = {"coding": [{"system": "http://hl7.org/fhir/resource-types", "code": "Patient", "display": "Patient"}]}


def plan_definition(pub: Publication) -> Json:
    """One group of actions a step, in the order of the steps; each action shown only where its condition is true."""
    base = pub.base
    steps = (
        ("red-flags", "Red flags", [_red_flag(pub, flag) for flag in base.red_flags.values()]),
        ("imaging", "Imaging", [_imaging(pub, rule) for rule in base.imaging.values()]),
        ("investigations", "Investigations", [*_tests(pub), *(_gate(pub, rule) for rule in base.gates)]),
        ("treatments", "Treatments", [_treatment(pub, t) for t in base.treatments.values()]),
    )
    groups = [_action(name, title, PROCEED, [], action=actions) for name, title, actions in steps]
    return pub.artifact(
        "PlanDefinition",
        ID,
        base.title,
        f"{base.title}: red flags, the choice of imaging, and what speaks for and against each treatment.",
        type={"coding": [{"system": KIND, "code": "clinical-protocol", "display": "Clinical Protocol"}]},
        subjectCodeableConcept=SUBJECT,
        relatedArtifact=_composed_of(pub),
        library=[pub.canonical_of("Library", PLAN)],
        action=[_refusal(pub), *groups],
    )


def _composed_of(pub: Publication) -> list[Json]:
    form = pub.canonical_of("Questionnaire", "intake")
    return [{"type": "depends-on", "display": "The questions the findings come from", "resource": form}]


def _action(name: str, title: str, condition: str, documents: list[Json], **elements: Any) -> Json:
    """The id is the name of the condition, where there is only one action to it."""
    expression = {"language": "text/cql", "expression": condition}
    head = {"id": name, "title": title}
    applicable = [{"kind": "applicability", "expression": expression}]
    return head | {"documentation": documents, "condition": applicable} | elements


def _refusal(pub: Publication) -> Json:
    base = pub.base
    say = " ".join(r.say for r in (*base.out_of_scope, *base.contradictions))
    return _action(REFUSED, "Out of scope, or answers that contradict each other", REFUSED, [], description=say)


# ------------------------------------------------------------------------------------------------------------- red flags


def _red_flag(pub: Publication, flag: RedFlag) -> Json:
    """Its urgency, and what to do while it is raised."""
    levels = [_level(flag, level.urgency) for level in flag.levels]
    asks = _action(cannot_clear(flag.id), "Cannot be cleared: what decides is not known", cannot_clear(flag.id), [])
    named = [*_named(pub, f"{flag.id}.", "investigation", flag.investigations)]
    named += _named(pub, f"{flag.id}.", "treatment", flag.treatments)
    acts = _action(raised(flag.id), "To be done", raised(flag.id), [], description=flag.action, action=named)
    return _action(
        uncleared(flag.id),
        f"{flag.id} {flag.title}",
        uncleared(flag.id),
        pub.artifacts.of(flag.support),
        description=flag.because,
        code=[{"coding": [pub.coding("red-flag", flag.id, flag.title)]}],
        action=[*levels, asks, acts],
    )


def _level(flag: RedFlag, urgency: str) -> Json:
    name = level_name(flag.id, urgency)
    return _action(name, MEANING[urgency], name, [], priority=PRIORITY.get(urgency, "routine"))


def _named(pub: Publication, place: str, system: str, names: Iterable[str]) -> list[Json]:
    """What is spoken of. It is proposed in its own step, once, however many red flags and rules ask for it."""
    labelled = ((name, _label(pub, name)) for name in names)
    return [
        {"id": f"{place}{name}", "title": label, "code": [{"coding": [pub.coding(system, name, label)]}]}
        for name, label in labelled
    ]


def _label(pub: Publication, name: str) -> str:
    known: Mapping[str, Any] = {**pub.base.investigations, **pub.base.treatments}
    return str(known[name].label)


# --------------------------------------------------------------------------------------------------------------- imaging


def _imaging(pub: Publication, rule: ImagingRule) -> Json:
    parts = []
    for word, title, names in (("first", "First choice", rule.first), ("next", "Otherwise", rule.next)):
        if names:
            named = _named(pub, f"{rule.id}.{word}.", "investigation", names)
            parts.append({"id": f"{rule.id}.{word}", "title": title, "selectionBehavior": "at-most-one", "action": named})
    if rule.withhold:
        labels = ", ".join(_label(pub, name) for name in rule.withhold)
        parts.append(_action(withholds(rule.id), f"Not now: {labels}", withholds(rule.id), [], code=_does(pub, "withhold")))
    return _action(
        rule.id,
        f"{rule.id} {rule.title}",
        rule.id,
        pub.artifacts.of(rule.support),
        description=rule.say,
        textEquivalent=" ".join([rule.say, *rule.check]),
        code=[{"coding": [pub.coding("imaging-rule", rule.id, rule.title)]}],
        action=parts,
    )


# --------------------------------------------------------------------------------------------- investigations, treatments


def _tests(pub: Publication) -> list[Json]:
    return [_proposal(pub, test, asked_for(test)) for test in pub.base.investigations]


def _proposal(pub: Publication, name: str, condition: str) -> Json:
    made = {"type": CREATE, "definitionCanonical": activity(pub, name)}
    return _action(f"{name}.proposal", _label(pub, name), condition, [], **made)


def _gate(pub: Publication, rule: Rule) -> Json:
    test = rule.id.partition(".")[0]
    return _rule(pub, rule, f"{_label(pub, test)}: {rule.then.replace('_', ' ')}")


def _treatment(pub: Publication, treatment: Treatment) -> Json:
    """The proposal, if it is offered; then what each rule that applies says."""
    proposal = _proposal(pub, treatment.id, offered(treatment.id))
    return _action(
        considered(treatment.id),
        treatment.label,
        considered(treatment.id),
        [],
        description=treatment.summary,
        code=[{"coding": [pub.coding("treatment", treatment.id, treatment.label)]}],
        action=[proposal, *(_rule(pub, rule, rule.then.replace("_", " ").capitalize()) for rule in treatment.rules)],
    )


def _rule(pub: Publication, rule: Rule, title: str) -> Json:
    dose = {"textEquivalent": f"{rule.say} Dose: {rule.dose.text}."} if rule.dose else {}
    documents = unique(pub.artifacts.of(rule.support))
    return _action(applies(rule), title, applies(rule), documents, description=rule.say, code=_does(pub, rule.then), **dose)


def _does(pub: Publication, then: str) -> list[Json]:
    return [{"coding": [pub.coding("consequence", then)]}]
