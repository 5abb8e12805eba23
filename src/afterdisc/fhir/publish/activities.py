"""ActivityDefinitions: one for each investigation and each treatment, as a proposal."""

from __future__ import annotations

from collections.abc import Iterator

from afterdisc.fhir.publish.meta import TOPICS, Publication, unique
from afterdisc.fhir.write.coded import proposal_codings, proposal_of
from afterdisc.fhir.write.shape import Json
from afterdisc.knowledge.base import Investigation, Treatment

TREATMENT: Json = {"system": TOPICS, "code": "treatment", "display": "Treatment"}


def activity_definitions(pub: Publication) -> Iterator[Json]:
    yield from (_investigation(pub, test) for test in pub.base.investigations.values())
    yield from (_treatment(pub, treatment) for treatment in pub.base.treatments.values())


def activity(pub: Publication, name: str) -> str:
    """What an action of the plan refers to."""
    return pub.canonical_of("ActivityDefinition", name)


def _investigation(pub: Publication, test: Investigation) -> Json:
    gives = ", ".join(dict.fromkeys(pub.base.findings[f].label for f in test.gives if f in pub.base.findings))
    description = f"{test.label} ({test.kind})." + (f" Would answer: {gives}." if gives else "")
    return pub.artifact(
        "ActivityDefinition",
        test.id,
        test.label,
        description,
        kind="ServiceRequest",
        intent="proposal",
        doNotPerform=False,
        code=_what(pub, "investigation", test.id, test.label),
    )


def _treatment(pub: Publication, treatment: Treatment) -> Json:
    kind = proposal_of(pub.program, treatment.id).get("resource", "ServiceRequest")
    what = _what(pub, "treatment", treatment.id, treatment.label)
    facts = [f for g in treatment.guidelines for f in g.facts] + [f for h in treatment.harms for f in h.support.facts]
    guidelines = [
        {"type": "documentation", "label": f"{g.body} {g.year}: {g.stance}", "display": f"For {g.for_whom}. {g.says}"}
        for g in treatment.guidelines
    ]
    return pub.artifact(
        "ActivityDefinition",
        treatment.id,
        treatment.label,
        treatment.summary,
        topic=[{"coding": [TREATMENT], "text": pub.base.title}],
        effectivePeriod=pub.period() | ({"end": treatment.review_by} if treatment.review_by else {}),
        relatedArtifact=[*pub.artifacts.cited(facts), *unique(guidelines)],
        kind=kind,
        intent="proposal",
        doNotPerform=False,
        **({"productCodeableConcept": what} if kind == "MedicationRequest" else {"code": what}),
    )


def _what(pub: Publication, system: str, name: str, label: str) -> Json:
    """The declared code of others, ours, and the words."""
    words = proposal_of(pub.program, name).get("display") or label
    return {"coding": [*proposal_codings(pub.program, name), pub.coding(system, name, label)], "text": words}
