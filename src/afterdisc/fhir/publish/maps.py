"""ConceptMaps between our ids and the codes of others, in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.fhir.publish.meta import Publication
from afterdisc.fhir.write.coded import SAME_ENOUGH
from afterdisc.fhir.write.shape import Json

MIRRORED = {"narrower": "wider", "wider": "narrower"}
CATEGORY_CODES = ("ICD-10-CM", "ICD-10", "OPCS-4")  # in these the beginning of a code is a code itself
Systems = Mapping[str, list[str]]


@dataclass(frozen=True)
class Link:
    """One of ours and one of theirs; `equivalence` says what theirs is to ours."""

    ours: str
    system: str
    theirs: str
    equivalence: str
    comment: str = ""


def concept_maps(pub: Publication) -> list[Json]:
    made = []
    for system, title, links in (
        ("finding", "Findings", _findings(pub)),
        ("cause", "Causes", _causes(pub)),
        ("investigation", "Investigations", _proposals(pub, pub.base.investigations)),
        ("treatment", "Treatments", _proposals(pub, pub.base.treatments)),
    ):
        kept = list(dict.fromkeys(links))
        if kept:
            made += [_outward(pub, system, title, kept), _inward(pub, system, title, kept)]
    return made


def _outward(pub: Publication, system: str, title: str, links: list[Link]) -> Json:
    rows: dict[str, dict[str, list[Json]]] = {}
    for link in links:
        target = _target(link.theirs, link.equivalence, link.comment)
        rows.setdefault(link.system, {}).setdefault(link.ours, []).append(target)
    groups = [_group(pub.system(system), other, elements) for other, elements in rows.items()]
    description = f"{title} of Afterdisc and the codes of others that say them."
    return pub.plain("ConceptMap", f"{system}-to-codes", f"{title} to codes", description, group=groups)


def _inward(pub: Publication, system: str, title: str, links: list[Link]) -> Json:
    rows: dict[str, dict[str, list[Json]]] = {}
    for link in links:
        target = _target(link.ours, MIRRORED.get(link.equivalence, link.equivalence), link.comment)
        rows.setdefault(link.system, {}).setdefault(link.theirs, []).append(target)
    groups = [_group(other, pub.system(system), elements) for other, elements in rows.items()]
    description = f"Codes of others and what they say of {title.lower()} of Afterdisc."
    return pub.plain("ConceptMap", f"codes-to-{system}", f"Codes to {title.lower()}", description, group=groups)


def _target(code: str, equivalence: str, comment: str) -> Json:
    return {"code": code, "equivalence": equivalence} | ({"comment": comment} if comment else {})


def _group(source: str, target: str, elements: Mapping[str, list[Json]]) -> Json:
    return {"source": source, "target": target, "element": [{"code": c, "target": t} for c, t in elements.items()]}


# -------------------------------------------------------------------------------------------------------------------- links


def _findings(pub: Publication) -> Iterator[Link]:
    systems: Systems = pub.program.book["fhir"]["systems"]
    for finding, declared in pub.program.book["fhir"]["readings"].items():
        for d in declared:
            for written in d["codes"]:
                name, _, code = written.partition("|")
                if not code.endswith("*") or name in CATEGORY_CODES:
                    kind, comment = _said(finding, d, code)
                    yield Link(finding, systems[name][0], code.rstrip("*").rstrip("."), kind, comment)


def _said(finding: str, d: Mapping[str, Any], code: str) -> tuple[str, str]:
    """What a code is to the finding it is read from."""
    if d["read"] in ("quantity", "state", "yes_no"):
        return "equivalent", ""
    if d["read"] != "present":
        return "relatedto", f"Read as {d['read']}: {d['why']}"
    if d["gives"] is not True:
        return "relatedto", f"Such an entry gives `{finding}` the value `{d['gives']}`"
    whole = d["denies"] if d["denies"] is not None else [c for c in d["codes"] if not c.endswith("*")]
    if any(c.partition("|")[2] == code for c in whole):
        return "equivalent", ""
    return "narrower", f"One way of having it. {d['why']}".strip()


def _causes(pub: Publication) -> Iterator[Link]:
    systems: Systems = pub.program.book["fhir"]["systems"]
    for cause in pub.base.causes.values():
        for code in cause.codes:
            if code.system in systems and not code.unsure:
                kind = "equivalent" if not code.note else "wider" if code.note.startswith(SAME_ENOUGH) else "narrower"
                yield Link(cause.id, systems[code.system][0], code.code, kind, code.note)


def _proposals(pub: Publication, names: Iterable[str]) -> Iterator[Link]:
    systems: Systems = pub.program.book["fhir"]["systems"]
    for name in names:
        proposal = pub.base.fhir.proposals.get(name)
        if proposal and proposal.code:
            system, _, code = proposal.code.partition("|")
            yield Link(name, systems[system][0], code, "relatedto", "The code under which it is proposed")
