"""The book's part about records in FHIR: how findings are read, orders recognised and proposals written."""

from __future__ import annotations

import dataclasses
from typing import Any

from afterdisc.compile.cited import support_of
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.fhir import Declaration


def fhir_of(base: KnowledgeBase) -> dict[str, Any]:
    """Plain JSON. `readings` has every finding; a group of ingredients in an order is written out."""
    fhir, index = base.fhir, base.fhir.index_operation
    return {
        "canonical": fhir.canonical,
        "systems": {name: list(uris) for name, uris in fhir.systems.items()},
        "yes": list(fhir.yes),
        "no": list(fhir.no),
        "no_known_allergy": list(fhir.no_known_allergy),
        "index_operation": {"codes": list(index.codes), **support_of(index.support)} if index else {"codes": []},
        "readings": {name: [_declaration(d) for d in declared] for name, declared in fhir.readings.items()},
        "ingredients": {name: list(codes) for name, codes in fhir.ingredients.items()},
        "brands": dict(fhir.brands),
        "groups": {name: list(ingredients) for name, ingredients in base.groups.items()},
        "orders": {
            o.id: {
                "codes": list(o.codes),
                "ingredients": [*o.ingredients, *base.groups.get(o.group, ())],
                "words": list(o.words),
                **support_of(o.support),
            }
            for o in fhir.orders.values()
        },
        "proposals": {p.id: {"resource": p.resource, "code": p.code, "display": p.display} for p in fhir.proposals.values()},
        "override_reasons": [dataclasses.asdict(r) for r in fhir.override_reasons],
    }


def _declaration(d: Declaration) -> dict[str, Any]:
    return {
        "from": list(d.resources),
        "read": d.read,
        "codes": list(d.codes),
        "at_least": d.at_least,
        "units": {unit: list(both) for unit, both in d.units.items()},
        "states": {state: list(codes) for state, codes in d.states.items()},
        "path": d.path,
        "gives": d.gives,
        "denies": None if d.denies is None else list(d.denies),
        "clinical": d.clinical,
        "within_days": d.within_days,
        "unit": d.unit,
        "when": d.when,
        "max_age_days": d.max_age_days,
        "say": d.say,
        **support_of(d.support),
    }
