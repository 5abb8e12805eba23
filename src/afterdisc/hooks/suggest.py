"""What a card offers to do with an order: take it away, or put another one in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.fhir.write.coded import own, proposal_codings, proposal_of
from afterdisc.fhir.write.shape import trimmed
from afterdisc.hooks.card import Maker
from afterdisc.hooks.orders import Draft
from afterdisc.hooks.verdict import AVOID, NOT_FIT, NOT_NOW, NOT_YET, Verdict

Json = dict[str, Any]
TAKES_AWAY = {AVOID, NOT_FIT, NOT_NOW, NOT_YET}
OF_THE_OLD_ORDER = {  # what belongs to the order that goes, or to the server that kept it
    "id",
    "meta",
    "text",
    "identifier",
    "code",
    "orderDetail",
    "extension",
    "modifierExtension",
    "instantiatesCanonical",
    "instantiatesUri",
}


def suggestions_of(maker: Maker, draft: Draft, verdict: Verdict) -> list[Json]:
    """Nothing for an order without an id: it cannot be pointed at."""
    if not draft.address:
        return []
    key = f"{draft.address}|{verdict.option}"
    if verdict.instead and draft.resource["resourceType"] == "ServiceRequest":
        return [_replace(maker, key, draft, verdict)]
    if verdict.word in TAKES_AWAY:
        return [
            {
                "label": f"Remove this order: {verdict.label}",
                "uuid": maker.uuid(f"remove|{key}"),
                "isRecommended": verdict.word == AVOID,
                "actions": [_delete(draft, f"Remove the draft order ({verdict.label})")],
            }
        ]
    return []


def _replace(maker: Maker, key: str, draft: Draft, verdict: Verdict) -> Json:
    label = maker.program.book["investigations"][verdict.instead]["label"]
    created = {
        "type": "create",
        "description": f"Order {label} instead",
        "resource": _in_its_place(maker, draft.resource, verdict.instead, label),
    }
    return {
        "label": f"Replace by {label}",
        "uuid": maker.uuid(f"replace|{key}"),
        "isRecommended": True,
        "actions": [_delete(draft, f"Remove the draft order ({verdict.label})"), created],
    }


def _delete(draft: Draft, description: str) -> Json:
    return {"type": "delete", "description": description, "resourceId": draft.address}


def _in_its_place(maker: Maker, old: Mapping[str, Any], option: str, label: str) -> Json:
    """The old order for the same person, reason and time, with another code."""
    kept = {k: v for k, v in old.items() if k not in OF_THE_OLD_ORDER and not k.startswith("_")}
    shown = str(proposal_of(maker.program, option).get("display", label))
    codes = [{**coding, "display": shown} for coding in proposal_codings(maker.program, option)]
    code = {"coding": [*codes, own(maker.program, "investigation", option, label)], "text": label}
    made: Json = trimmed({**kept, "code": code})
    return made
