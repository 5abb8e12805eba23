"""What the arithmetic needs besides causes and findings, from YAML."""

from __future__ import annotations

from collections.abc import Iterator

from afterdisc.knowledge import base as kb
from afterdisc.knowledge.conditions import parse_condition
from afterdisc.knowledge.fields import Fields


def read_slices(f: Fields) -> Iterator[kb.Slice]:
    for s in f.items("slices", "slice"):
        weeks = s.raw("weeks")
        yield kb.Slice((float(weeks[0]), float(weeks[1])), s.number("centre_weeks"), s.number("share"))
        s.done()


def read_dependence(name: str, f: Fields) -> kb.DependenceGroup:
    return kb.DependenceGroup(name, f.number("rho"), f.names("members"), f.support())


def read_concurrency(f: Fields) -> kb.Concurrency:
    supports: list[kb.Support] = []

    def number(key: str) -> float:
        part = Fields(f.raw(key), key, f.problems, f.where())
        supports.append(part.support())
        return part.number("value")

    weights = {}
    for cause, part in f.parts("mixture_weight", "mixture weight"):
        weights[cause] = part.number("value")
        supports.append(part.support())
    excludes = []
    for part in f.items("excludes", "exclusion"):
        first, second = part.names("causes")
        excludes.append((first, second))
        supports.append(part.support())
    odds = {}
    for part in f.items("odds_multipliers", "odds multiplier"):
        value = part.number("value")
        supports.append(part.support())
        for pair in part.raw("pairs"):
            odds[(str(pair[0]), str(pair[1]))] = value
    return kb.Concurrency(int(number("max_causes")), number("recheck_above"), weights, tuple(excludes), odds, tuple(supports))


def read_order(f: Fields) -> kb.Order:
    return kb.Order(f.text("first"), f.text("not_above"), f.number("slack", 0), f.text("say"))


def read_refusal(name: str, f: Fields) -> kb.Refusal:
    return kb.Refusal(name, parse_condition(f.raw("when"), f.where("when")), f.text("say"), f.where())


def read_setting(name: str, f: Fields) -> kb.Setting:
    return kb.Setting(f.number("value"), f.support())


def read_economic(name: str, f: Fields) -> kb.EconomicItem:
    return kb.EconomicItem(
        name,
        f.text("item"),
        f.text("kind"),
        f.number("value"),
        f.maybe_number("low"),
        f.maybe_number("high"),
        f.text("currency", ""),
        f.text("year", ""),
        f.support(),
    )
