"""Investigations, treatments and their rules, from YAML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from afterdisc.errors import UnreadableKnowledge
from afterdisc.knowledge import base as kb
from afterdisc.knowledge.conditions import parse_condition
from afterdisc.knowledge.fields import Fields
from afterdisc.knowledge.reading import Files, each, named
from afterdisc.knowledge.tree import Map, Seq


def read_investigations(files: Files) -> dict[str, kb.Investigation]:
    out: dict[str, kb.Investigation] = {}
    for file in files.all_of("investigations"):
        out |= named(file.parts("investigations", "investigation"), _investigation)
    return out


def read_gates(files: Files) -> tuple[kb.Rule, ...]:
    """The rules of investigations, from every file that holds some."""
    with_rules = (f for f in files.all_of("investigations") if "rules" in f.tree)
    return tuple(rule for f in with_rules for rule in each(f.items("rules", "rule"), read_rule))


def _investigation(name: str, f: Fields) -> kb.Investigation:
    return kb.Investigation(name, f.text("label"), f.text("kind"), f.names("gives"), f.text("burden"), f.codes(), f.where())


def read_rule(f: Fields) -> kb.Rule:
    dose = None
    if isinstance(f.raw("dose"), Map):
        d = Fields(f.raw("dose"), "dose", f.problems)
        dose = kb.Dose(d.number("max_mg_per_day"), d.maybe_number("times_per_day"), d.text("text", ""))
        d.done()
    unknown = f.text("unknown", "")
    if unknown not in ("", "withhold"):
        raise UnreadableKnowledge(f"{f.what}: `unknown` can only be `withhold`", where=f.where("unknown"))
    return kb.Rule(
        id=f.text("id"),
        then=f.text("then"),
        when=parse_condition(f.raw("when"), f.where("when")),
        say=f.text("say"),
        dose=dose,
        unknown_withholds=unknown == "withhold",
        support=f.support(),
        vignettes=tuple(read_vignettes(f, "fires")),
        where=f.where(),
    )


def read_vignettes(f: Fields, answer: str) -> Iterator[kb.Vignette]:
    for v in f.items("vignettes", f"{f.what}, vignette"):
        given = dict(v.raw("given") or {})
        probabilities = {str(k): float(p) for k, p in (given.pop("P", None) or {}).items()}
        expect = v.raw(answer)
        if expect is None:
            raise UnreadableKnowledge(f"{v.what}: `{answer}` is missing", where=v.where())
        yield kb.Vignette(v.text("name"), _plain(given), probabilities, expect, v.where())
        v.done()


def read_treatment(f: Fields) -> kb.Treatment:
    return kb.Treatment(
        id=f.text("id"),
        label=f.text("label"),
        rung=int(f.number("rung")),
        elective=f.flag("elective"),
        seed=f.flag("seed", False),
        invasiveness=int(f.number("invasiveness", 0)),
        stability=f.text("stability", "none"),
        summary=f.text("summary"),
        plain=_plain_words(f.part("plain")),
        guidelines=each(f.items("guidelines", "guideline"), _guideline),
        rules=each(f.items("rules", f"{f.what}, rule"), read_rule),
        benefit=named(f.parts("benefit", "benefit"), _benefit),
        shifts=each(f.items("shifts", "shift"), _shift),
        harms=each(f.items("harms", "harm"), _harm),
        codes=f.codes(),
        review_by=f.text("review_by", ""),
        where=f.where(),
    )


def _plain_words(f: Fields) -> kb.Plain:
    plain = kb.Plain(f.text("what"), f.text("good"), f.text("bad"), f.text("life"))
    f.done()
    return plain


def _guideline(f: Fields) -> kb.Guideline:
    stance = f.text("stance")
    if stance not in ("for", "against", "conditional", "open"):
        raise UnreadableKnowledge(f"{f.what}: `{stance}` is no stance", where=f.where("stance"))
    return kb.Guideline(f.text("body"), int(f.number("year")), stance, f.text("for_whom", ""), f.text("says"), f.names("facts"))


def _benefit(name: str, f: Fields) -> kb.Benefit:
    return kb.Benefit(f.number("p"), f.number("low"), f.number("high"), f.support())


def _shift(f: Fields) -> kb.Shift:
    return kb.Shift(
        finding=f.text("finding", "") or None,
        state=_state_text(f.raw("state")),
        concurrent_cause=f.text("concurrent_cause", "") or None,
        odds_ratio=f.number("odds_ratio"),
        low=f.number("low"),
        high=f.number("high"),
        support=f.support(),
    )


def _harm(f: Fields) -> kb.Harm:
    return kb.Harm(f.text("harm"), f.number("p"), f.number("low"), f.number("high"), f.text("window", ""), f.support())


def _state_text(raw: Any) -> str | None:
    if raw is None:
        return None
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, Seq | list) else value
