"""CodeSystems of everything that has an id, and ValueSets: of each way a finding is read, of each group of ingredients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from afterdisc.fhir.publish.meta import Publication
from afterdisc.fhir.write.coded import ISSUES, OWN_SYSTEMS
from afterdisc.fhir.write.shape import Json
from afterdisc.words.ingredient import ingredient
from afterdisc.words.urgency import MEANING

CONSEQUENCES = {
    "recommend": "Speaks for it, and nothing that could forbid it is unknown",
    "offer": "It fits",
    "for": "Speaks for it",
    "against": "Speaks against it",
    "inform": "To be told with it",
    "caution": "A danger to weigh",
    "reduce_dose": "In a lower dose",
    "require": "Must be so first",
    "withhold": "Not now",
    "rule_out": "Does not fit",
    "avoid": "Likely to harm this person",
    "at_hand": "Its result is there already",
}
SYSTEMS: Mapping[str, str] = {
    **OWN_SYSTEMS,
    "ingredient": "Ingredients of medicines",
    "imaging-rule": "Rules of imaging",
    "urgency": "Urgencies",
    "consequence": "What a rule does",
}
Concepts = Mapping[str, str]


def code_systems(pub: Publication) -> list[Json]:
    return [
        pub.plain(
            "CodeSystem",
            name,
            f"{title} (Afterdisc)",
            f"{title}, as Afterdisc names them.",
            caseSensitive=True,
            valueSet=pub.address("ValueSet", name),
            content="complete",
            count=len(concepts),
            concept=[{"code": code, "display": display or code} for code, display in concepts.items()],
        )
        for name, title in SYSTEMS.items()
        for concepts in (concepts_of(pub, name),)
    ]


def concepts_of(pub: Publication, system: str) -> Concepts:
    """code -> display. A state that several findings share has the words of the first."""
    base = pub.base
    match system:
        case "finding":
            return {f.id: f.label for f in base.findings.values()}
        case "state":
            states: dict[str, str] = {}
            for finding in base.findings.values():
                states = dict(finding.values) | states
            return states
        case "cause":
            return {c.id: c.label for c in base.causes.values()}
        case "red-flag":
            return {f.id: f.title for f in base.red_flags.values()}
        case "investigation":
            return {i.id: i.label for i in base.investigations.values()}
        case "treatment":
            return {t.id: t.label for t in base.treatments.values()}
        case "issue":
            return ISSUES
        case "ingredient":
            return dict.fromkeys(_ingredients(pub), "")
        case "imaging-rule":
            return {r.id: r.title for r in base.imaging.values()}
        case "urgency":
            return MEANING
    return CONSEQUENCES


def _ingredients(pub: Publication) -> list[str]:
    """Every one that a group, a record or a treatment can name, and the groups themselves."""
    named = (i for group, members in pub.base.groups.items() for i in (*members, group))
    return sorted({ingredient(i) for i in (*named, *pub.base.fhir.ingredients, *_medicines(pub))})


def _medicines(pub: Publication) -> Iterator[str]:
    proposals = pub.base.fhir.proposals
    yield from (t for t in pub.base.treatments if t in proposals and proposals[t].resource == "MedicationRequest")


# ---------------------------------------------------------------------------------------------------------------- value sets


def value_sets(pub: Publication) -> list[Json]:
    whole = [
        pub.plain("ValueSet", name, f"{title} (Afterdisc)", f"All of {title.lower()}.", compose=_all_of(pub, name))
        for name, title in SYSTEMS.items()
    ]
    return [*whole, *_states(pub), *_readings(pub), *_groups(pub)]


def _all_of(pub: Publication, system: str) -> Json:
    return {"include": [{"system": pub.system(system)}]}


def _states(pub: Publication) -> Iterator[Json]:
    for finding in pub.base.findings.values():
        if finding.values:
            concepts = [{"code": code, "display": label} for code, label in finding.values.items()]
            compose = {"include": [{"system": pub.system("state"), "concept": concepts}]}
            title = f"States of: {finding.label}"
            yield pub.plain("ValueSet", f"states-{finding.id}", title, f"What `{finding.id}` can be.", compose=compose)


def _readings(pub: Publication) -> Iterator[Json]:
    """The codes by which one declaration knows a finding in a record."""
    for finding, declared in pub.program.book["fhir"]["readings"].items():
        label = pub.base.findings[finding].label
        for i, d in enumerate((d for d in declared if d["codes"]), 1):
            where = ", ".join(d["from"])
            yield pub.plain(
                "ValueSet",
                f"reading-{finding}-{i}",
                f"{label}, as recorded ({where}, {i})",
                f"Codes of {where} from which `{finding}` is read. {d['why']}".strip(),
                compose={"include": coded(pub, d["codes"])},
            )


def coded(pub: Publication, written: Iterable[str]) -> list[Json]:
    """`LOINC|1988-5` by system; `C50*` is every code that begins so."""
    systems: Mapping[str, Any] = pub.program.book["fhir"]["systems"]
    exact: dict[str, list[str]] = {}
    begins: dict[str, list[str]] = {}
    for name, _, code in (w.partition("|") for w in written):
        (begins if code.endswith("*") else exact).setdefault(systems[name][0], []).append(code.rstrip("*"))
    out: list[Json] = [{"system": s, "concept": [{"code": c} for c in dict.fromkeys(codes)]} for s, codes in exact.items()]
    for system, beginnings in begins.items():
        out += [{"system": system, "filter": [_beginning(b)]} for b in dict.fromkeys(beginnings)]
    return out


def _beginning(code: str) -> Json:
    return {"property": "code", "op": "regex", "value": f"{code.replace('.', chr(92) + '.')}.*"}


def _groups(pub: Publication) -> Iterator[Json]:
    """Each group in our names and in the codes by which records name its members."""
    coded_as = {ingredient(name): codes for name, codes in pub.base.fhir.ingredients.items()}
    for group, members in pub.base.groups.items():
        names = dict.fromkeys(ingredient(i) for i in (*members, group))
        ours: Json = {"system": pub.system("ingredient"), "concept": [{"code": name} for name in names]}
        theirs = coded(pub, (code for name in names for code in coded_as.get(name, ())))
        title = f"Ingredients: {group.replace('_', ' ')}"
        description = f"What counts as {group.replace('_', ' ')}."
        yield pub.plain("ValueSet", f"ingredients-{group}", title, description, compose={"include": [ours, *theirs]})
