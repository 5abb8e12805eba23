"""The card shown when a record is opened: for a raised red flag, or for a plan that has changed. Else there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from afterdisc.hooks.card import Maker, Shown
from afterdisc.hooks.glance import Glance
from afterdisc.hooks.words import plain, rule_lines, unknown_line
from afterdisc.report import phrases
from afterdisc.words.urgency import MEANING

Item = Mapping[str, Any]
INDICATOR = {"E0": "critical", "E1": "critical", "E2": "warning", "ask": "warning"}
MOST_OPTIONS = 5
PLAN_TOPIC = "plan"


def needs_card(glance: Glance, answered: bool, last_plan: str | None) -> str:
    """What the card is about: `flag`, `ask` or `plan`; "" for none.

    answered   whether the record answers any of the questions that red flags rest on; without one there is no reason to ask
    last_plan  the digest of the plan when the record was last looked at; None if it never was
    """
    if glance.raised:
        return "flag"
    if glance.must_ask and answered:
        return "ask"
    return "plan" if last_plan is not None and last_plan != glance.plan else ""


def card(maker: Maker, about: str) -> Shown:
    if about == "flag":
        return _flag_card(maker)
    return _ask_card(maker) if about == "ask" else _plan_card(maker)


# ----------------------------------------------------------------------------------------------------------- red flags


def _flag_card(maker: Maker) -> Shown:
    """One card for all raised red flags, under the name of the most urgent."""
    a = maker.assessment
    flags = phrases.raised(dict(a))
    first = flags[0]
    return maker.shown(
        f"flag|{first['id']}",
        system="red-flag",
        code=first["id"],
        label=first["title"],
        line=f"{first['title']}. {first['action']}",
        indicator=INDICATOR[first["urgency"]],
        about=_flags(a, flags),
        lines=flags,
        is_open=True,
    )


def _flags(a: Item, flags: Sequence[Item]) -> Iterator[str]:
    for flag in flags:
        yield f"**{plain(flag['title'])}** ({plain(MEANING[flag['urgency']])})"
        yield ""
        yield from rule_lines([{**flag, "say": flag["because"]}])
        yield f"- **Do:** {plain(flag['action'])}"
        yield ""
    yield from _must_ask(a)


def _must_ask(a: Item) -> Iterator[str]:
    questions = phrases.must_ask(dict(a))
    if questions:
        yield "**Not on record. Until these are answered no red flag is cleared:**"
        yield ""
        yield from (f"- {plain(q)}" for q in questions)


def _ask_card(maker: Maker) -> Shown:
    a = maker.assessment
    flag = phrases.raised_ask(dict(a)) or {"id": "ask", "title": "Red flags cannot be cleared", "sources": []}
    about = ", ".join(phrases.must_ask_about(dict(a)))
    return maker.shown(
        f"ask|{flag['id']}",
        system="red-flag",
        code=flag["id"],
        label=flag["title"],
        line=f"Red flags cannot be cleared after the disc operation. Ask about {about}.",
        indicator=INDICATOR["ask"],
        about=_must_ask(a),
        lines=[flag],
        is_open=True,
    )


# ---------------------------------------------------------------------------------------------------------------- plan


def _plan_card(maker: Maker) -> Shown:
    a = maker.assessment
    return maker.shown(
        "plan",
        system="stage",
        code=a["stage"],
        label=a["stage_label"],
        line=f"The plan has changed since this record was last opened. Now: {a['stage_label']}.",
        indicator="info",
        about=_plan(a),
        lines=_reasons(a),
        is_open=True,
    )


def _plan(a: Item) -> Iterator[str]:
    yield f"**{plain(a['stage_label'])}.** {plain(a['stage_says'])}"
    yield ""
    step = next((s for s in a["next_steps"] if s["kind"] != "question"), None)
    if step:
        yield f"- **Next step:** {plain(step['label'])}"
    for word, status in (("Recommended", "recommended"), ("Reduce the dose", "reduce_dose"), ("Avoid", "avoid")):
        named = [plain(t["label"]) for t in a["treatments"] if t["status"] == status][:MOST_OPTIONS]
        if named:
            yield f"- **{word}:** {', '.join(named)}"
    yield ""
    yield from unknown_line([m["id"] for m in a["missing"]], {m["id"]: m["label"] for m in a["missing"]}, "the plan")


def _reasons(a: Item) -> list[Item]:
    """The lines behind what is recommended, lowered or avoided."""
    wanted = {"recommended": ("recommend",), "reduce_dose": ("reduce_dose",), "avoid": ("avoid",)}
    return [
        line
        for t in a["treatments"]
        for line in (*t["for"], *t["against"])
        if line["then"] in wanted.get(t["status"], ())
    ]
