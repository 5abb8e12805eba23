"""Time from the index operation to a recurrence or a further operation, where death or a fusion may come first.

Kaplan-Meier [kaplan1958] treats what comes first as if the person had left; Aalen-Johansen [aalen1978] counts it as what it
is: somebody who died can have no recurrence. Both by lifelines.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from afterdisc.registry.summary.answers import Answers
from afterdisc.registry.summary.draw import Line, Mark, curves
from afterdisc.registry.summary.figure import Figure, Table
from afterdisc.registry.summary.suppress import small

DAYS_A_YEAR = 365.25
COMPETING = {"recurrence": ("fusion", "death"), "reoperation": ("death",)}
TITLES = {"recurrence": "Time to a recurrent herniation", "reoperation": "Time to a further operation"}
SEED = 20261125  # lifelines parts ties at random; the same for everybody
POINTS = 24


def event_figures(a: Answers, book: Mapping[str, Any], floor: int) -> list[Figure]:
    """One figure an event that the registry has dates for; none without the day of the index operation."""
    if not a.has("index_operation_date"):
        return []
    marks = book["registry"]["event_benchmarks"]
    return [f for event in COMPETING if a.has(f"{event}_date") and (f := _figure(a, event, marks, floor)) is not None]


def _figure(a: Answers, event: str, marks: list[Mapping[str, Any]], floor: int) -> Figure | None:
    rivals = [r for r in COMPETING[event] if a.has(f"{r}_date")]
    counted = _counted(a, event, rivals)
    n = sum(k for *_, k in counted)
    if not n or small(n, floor):
        return None
    n_out = int(a.one("SELECT count(DISTINCT id) FROM visits WHERE index_operation_date IS NOT NULL")) - n
    km, aj = _fitted(counted)
    longest = max(days for days, _, _ in counted) / DAYS_A_YEAR
    ticks = [longest * i / POINTS for i in range(POINTS + 1)]
    rows: list[tuple[Any, ...]] = []
    kept = _kept(counted, ticks, floor)
    for years in ticks:
        left = sum(k for days, _, k in counted if days >= years * DAYS_A_YEAR)
        shown = [
            _at(curve, years * DAYS_A_YEAR)
            for curve in (km["value"], km["low"], km["high"], aj["value"], aj["low"], aj["high"])
        ]
        hidden = years not in kept or small(left, floor)
        rows.append((round(years, 2), None if hidden else left, *(None if hidden else round(x, 4) for x in shown)))
    shown_rows = [r for r in rows if r[1] is not None]
    kept_shown = [years for years, r in zip(ticks, rows, strict=True) if r[1] is not None]
    if small(n_out, floor) and shown_rows and rows[0][1] is not None:
        rows[0] = shown_rows[0] = (rows[0][0], None, *rows[0][2:])  # all less those at risk would give who is left out
    lines = [
        Line("Kaplan-Meier", [(r[0], r[2]) for r in shown_rows], [(r[0], r[3], r[4]) for r in shown_rows]),
        Line("Aalen-Johansen", [(r[0], r[5]) for r in shown_rows], [(r[0], r[6], r[7]) for r in shown_rows]),
    ]
    mine = [m for m in marks if m["event"] == event and m["years"] <= longest]
    published = [Mark(f"published, {m['years']:g} y", m["years"], m["value"], hollow=True) for m in mine]
    risk = [(r[0], "–" if r[1] is None else f"{r[1]:,}") for r in shown_rows[:: max(1, len(shown_rows) // 6)]]
    if not shown_rows:
        return None
    until = shown_rows[-1][0]
    n_events = sum(k for days, kind, k in counted if kind == 1 and days <= max(kept_shown) * DAYS_A_YEAR)
    drawn = curves(
        event,
        TITLES[event],
        lines,
        published,
        x_label="years after the index operation",
        y_label="share with the event",
        at_risk=risk,
    )
    few_out = small(n_out, floor)
    who = "People" if few_out else f"{n:,} people"
    how_many = "A few" if few_out else f"{n_out:,}"
    left_out = f"{how_many} more are left out: never seen after it, or an event before it. " if n_out else ""
    say = (
        f"{who} with a dated index operation, {n_events:,} with the event by {until:g} years. {left_out}"
        f"Competing: {' and '.join(rivals) or 'nothing'}. Steps of few people are left out. "
        "A hollow dot is a published result of other people, shown beside and never averaged in."
    )
    columns = ("years", "at risk", "Kaplan-Meier", "low", "high", "Aalen-Johansen", "low", "high")
    return Figure(event, TITLES[event], say, Table(columns, tuple(rows)), drawn, tuple(f for m in mine for f in m["facts"]))


def _kept(counted: list[tuple[int, int, int]], ticks: list[float], floor: int) -> set[float]:
    """The points whose step from the point before is of nobody or of enough people, of every kind; small steps are joined."""
    kept, before = set(), -1.0
    for years in ticks:
        step = [sum(n for days, kind, n in counted if kind == k and before < days <= years * DAYS_A_YEAR) for k in (0, 1, 2)]
        if not any(small(n, floor) for n in step):
            kept.add(years)
            before = years * DAYS_A_YEAR
    return kept


def _counted(a: Answers, event: str, rivals: list[str]) -> list[tuple[int, int, int]]:
    """(days, 1 the event, 2 a rival came first, 0 neither so far, people); of a person the first index operation counts."""
    last = [f"max({c})" for c in ("last_seen_date", "visit_date") if a.has(c)]
    first_rival = f"least({', '.join(f'min({r}_date)' for r in rivals)})" if rivals else "CAST(NULL AS DATE)"
    until = f"coalesce({', '.join([*last, first_rival, f'min({event}_date)'])})"
    sql = f"""
        WITH one AS (SELECT id, min(index_operation_date) AS start, min({event}_date) AS event, {first_rival} AS rival,
                            {until} AS seen
                     FROM visits WHERE index_operation_date IS NOT NULL GROUP BY id),
        known AS (SELECT start, CASE WHEN event IS NOT NULL AND (rival IS NULL OR event <= rival) THEN 1
                                     WHEN rival IS NOT NULL THEN 2 ELSE 0 END AS kind, event, rival, seen FROM one)
        SELECT date_diff('day', start, CASE kind WHEN 1 THEN event WHEN 2 THEN rival ELSE seen END) AS days, kind, count(*)
        FROM known WHERE seen IS NOT NULL OR kind > 0 GROUP BY ALL HAVING days >= 0 ORDER BY ALL
    """
    return [(int(d), int(k), int(n)) for d, k, n in a.rows(sql)]


def _fitted(
    counted: list[tuple[int, int, int]],
) -> tuple[dict[str, list[tuple[float, float]]], dict[str, list[tuple[float, float]]]]:
    """Cumulative incidence by both methods: {value, low, high} as (days, share) steps."""
    from lifelines import AalenJohansenFitter, KaplanMeierFitter

    days, kinds, weights = ([row[i] for row in counted] for i in range(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about ties and weights that are whole numbers: both are meant
        km = KaplanMeierFitter().fit(days, [k == 1 for k in kinds], weights=weights)
        aj = AalenJohansenFitter(seed=SEED).fit(days, kinds, event_of_interest=1, weights=weights)
    band, spread = km.confidence_interval_survival_function_, aj.confidence_interval_
    share = aj.cumulative_density_.iloc[:, 0]  # before the first event there is no variance: the interval is the value
    return (
        {
            "value": _steps(1 - km.survival_function_.iloc[:, 0]),
            "low": _steps(1 - band.iloc[:, 1]),
            "high": _steps(1 - band.iloc[:, 0]),
        },
        {
            "value": _steps(share),
            "low": _steps(spread.iloc[:, 0].fillna(share)),
            "high": _steps(spread.iloc[:, 1].fillna(share)),
        },
    )


def _steps(series: Any) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in series.items() if y == y]


def _at(steps: list[tuple[float, float]], days: float) -> float:
    value = 0.0
    for x, y in steps:
        if x > days:
            break
        value = y
    return value
