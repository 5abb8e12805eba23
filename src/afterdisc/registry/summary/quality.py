"""Quality indicators: rates with intervals, funnel plots between sites, the trend; and results beside published ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from afterdisc.registry.summary.answers import Answers
from afterdisc.registry.summary.draw import Line, Mark, bars, curves, funnel
from afterdisc.registry.summary.figure import Figure, Table
from afterdisc.registry.summary.intervals import Z_95, control_limits, wilson
from afterdisc.registry.summary.suppress import hidden_rates, rate_hidden, small, suppressed

Book = Mapping[str, Any]
STATES = ("met", "not_met", "unknown", "not_applicable")
WARNING, ALARM = 1.96, 3.09  # limits of 95 and 99.8 % [spiegelhalter2005]
QUARTERS = 12


def indicator_figures(a: Answers, book: Book, floor: int) -> list[Figure]:
    names = [i for i in book["registry"]["indicators"] if a.has(f"indicator_{i}")]
    if not names:
        return []
    made = [_overall(a, book, names, floor)]
    for name in names:
        if None in _shown(_found(a, name), floor)[:2]:
            continue  # the sum over sites or quarters would give back what is hidden above
        if a.has("site"):
            made += _by_site(a, book, name, floor)
        if a.has("visit_date"):
            made += _trend(a, book, name, floor)
    return made


def _overall(a: Answers, book: Book, names: list[str], floor: int) -> Figure:
    rows: list[tuple[Any, ...]] = []
    drawn: list[tuple[str, float, tuple[float, float] | None]] = []
    facts: list[str] = []
    for name in names:
        found = _found(a, name)
        met, known = found[0], found[0] + found[1]
        text = book["registry"]["indicators"][name]
        shown = _shown(found, floor)
        hidden = None in shown[:2] or rate_hidden(met, known, floor)
        low, high = wilson(met, known)
        rate = None if hidden or not known else met / known
        shares = (None, None, None) if rate is None else (round(rate, 4), round(low, 4), round(high, 4))
        rows.append((text["title"], *shown, *shares))
        if rate is not None:
            drawn.append((text["title"], rate, (low, high)))
        facts += text["facts"]
    columns = ("indicator", "met", "not met", "unknown", "not about them", "rate of the known", "low", "high")
    say = (
        "Of the people an indicator is about and of whom the answer is known, the share in whom it is met. Unknown is counted "
        "apart, never as not met."
    )
    picture = bars("indicators", "Quality indicators", drawn, largest=1.0)
    return Figure("indicators", "Quality indicators", say, Table(columns, tuple(rows)), picture, tuple(dict.fromkeys(facts)))


def _found(a: Answers, name: str) -> list[int]:
    """People in each of STATES."""
    counts = dict(a.rows(f'SELECT CAST("indicator_{name}" AS VARCHAR), count(*) FROM people GROUP BY 1'))
    return [int(counts.get(state, 0)) for state in STATES]


def _shown(found: list[int], floor: int) -> list[int | None]:
    """What may be shown of them: met and not met, which sites and quarters add up to, are hidden last."""
    return suppressed(found, floor, last=(0, 1))


def _counts(a: Answers, name: str, by: str, among: str) -> list[tuple[Any, int, int]]:
    """(group, met, known) of one indicator; group None where it is not recorded. One person counts once a group."""
    column = f'CAST("indicator_{name}" AS VARCHAR)'
    sql = (
        f"SELECT {by} AS g, count(*) FILTER ({column} = 'met'), count(*) FILTER ({column} IN ('met', 'not_met')) "
        f"FROM {among} GROUP BY 1 ORDER BY 1 NULLS LAST"
    )
    return [(g, int(m), int(k)) for g, m, k in a.rows(sql)]


def _by_site(a: Answers, book: Book, name: str, floor: int) -> list[Figure]:
    """A funnel plot: which sites lie outside what chance allows around the rate of all."""
    counted = [("not recorded" if g is None else str(g), m, k) for g, m, k in _counts(a, name, "site", "people") if k]
    whole = sum(k for _, _, k in counted)
    if len(counted) < 2 or not whole:
        return []
    overall = sum(m for _, m, _ in counted) / whole
    rows: list[tuple[Any, ...]] = []
    marks: list[Mark] = []
    hidden = hidden_rates([(m, k) for _, m, k in counted], floor)
    for i, (site, met, known) in enumerate(counted):
        if i in hidden:
            rows.append((site, None, None, None, None, None, "suppressed"))
            continue
        low, high = wilson(met, known)
        inside = control_limits(overall, known, ALARM)
        told = "outside the 99.8 % limits" if not inside[0] <= met / known <= inside[1] else ""
        rows.append((site, met, known, *(round(x, 4) for x in (met / known, low, high)), told))
        marks.append(Mark(site, known, met / known, hollow=not told))
    if not marks:
        return []
    title = f"{book['registry']['indicators'][name]['title']}: sites"
    picture = funnel(f"site-{name}", title, marks, _limits(overall, max(m.x for m in marks)), overall)
    say = (
        "One dot a site. The lines are where 95 and 99.8 % of sites would lie if they differed by chance alone; a filled dot "
        "lies outside."
    )
    columns = ("site", "met", "known", "rate", "low", "high", "remark")
    return [Figure(f"sites_{name}", title, say, Table(columns, tuple(rows)), picture)]


def _limits(overall: float, most: float) -> list[Line]:
    sizes = [most * (0.01 + 0.99 * (i / 40) ** 2) * 1.05 for i in range(41)]
    return [Line("", [(n, control_limits(overall, n, z)[side]) for n in sizes]) for z in (WARNING, ALARM) for side in (0, 1)]


def _trend(a: Answers, book: Book, name: str, floor: int) -> list[Figure]:
    """By quarter of the visit."""
    by = "date_trunc('quarter', visit_date)"
    every = _counts(a, name, by, a.last_of(by))
    never = hidden_rates([(m, k) for _, m, k in every], floor)
    dated = [(quarter, m, k, i in never) for i, (quarter, m, k) in enumerate(every) if quarter is not None][-QUARTERS:]
    rows: list[tuple[Any, ...]] = []
    points: list[tuple[float, float]] = []
    band: list[tuple[float, float, float]] = []
    for i, (quarter, met, known, hidden) in enumerate(dated):
        label = f"{quarter.year} Q{(quarter.month - 1) // 3 + 1}"
        if not known or hidden:
            rows.append((label, None, None, None, None, None))
            continue
        low, high = wilson(met, known)
        rows.append((label, met, known, *(round(x, 4) for x in (met / known, low, high))))
        points.append((float(i), met / known))
        band.append((float(i), low, high))
    if len(points) < 2:
        return []
    title = f"{book['registry']['indicators'][name]['title']}: trend"
    ticks = [(float(i), row[0]) for i, row in enumerate(rows)][:: max(1, len(rows) // 6)]
    picture = curves(
        f"trend-{name}",
        title,
        [Line("rate", points, band)],
        x_label="quarter of the visit",
        y_label="share of the known",
        ticks=ticks,
    )
    columns = ("quarter", "met", "known", "rate", "low", "high")
    return [
        Figure(f"trend_{name}", title, "By quarter of the visit, with 95 % intervals.", Table(columns, tuple(rows)), picture)
    ]


def benchmark_figure(a: Answers, book: Book, floor: int) -> Figure | None:
    """Results a year after surgery beside published ones."""
    weeks, rows, facts = "finding_weeks_since_surgery", [], []
    everybody = int(a.one("SELECT count(*) FROM people"))
    for mark in book["registry"]["benchmarks"]:
        after = f"finding_{mark['after']}"
        if not a.has(weeks, after, mark["before"]):
            continue
        change = f'("{mark["before"]}" - "{after}")'
        value = change if mark["measure"] == "improvement" else f"CAST({change} >= {mark['at_least']} AS DOUBLE)"
        sql = f"SELECT count({value}), avg({value}), stddev_samp({value}) FROM people WHERE {weeks} BETWEEN ? AND ?"
        n, mean, spread = a.rows(sql, mark["weeks"])[0]
        share = mark["measure"] == "share_improved"
        if not n or small(n, floor) or (share and rate_hidden(round(n * mean), n, floor)):
            rows.append((mark["title"], None, None, None, None, mark["value"], mark["low"], mark["high"], mark["unit"]))
            continue
        if share:
            low, high = wilson(n * mean, n)
        else:
            half = Z_95 * (spread or 0.0) / math.sqrt(n)
            low, high = mean - half, mean + half
        own = [round(x, 3) for x in (mean, low, high)]
        told = None if small(everybody - n, floor) else n
        rows.append((mark["title"], told, *own, mark["value"], mark["low"], mark["high"], mark["unit"]))
        facts += mark["facts"]
    if not rows:
        return None
    columns = ("result", "people", "here", "low", "high", "published", "low", "high", "unit")
    say = (
        "People at the weeks of the published result with both scores. Published results are of unselected people after a "
        "first operation; who is re-evaluated because of pain will do worse. They stand side by side and are never averaged."
    )
    return Figure(
        "benchmarks", "Results beside published ones", say, Table(columns, tuple(rows)), facts=tuple(dict.fromkeys(facts))
    )
