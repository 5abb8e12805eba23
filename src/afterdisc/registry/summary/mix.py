"""Who they are and what may be the cause: flow, case mix, cause mix, leading causes, red flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.registry.outcomes import EXPECTED
from afterdisc.registry.summary.answers import Answers
from afterdisc.registry.summary.draw import bars, flow
from afterdisc.registry.summary.figure import Figure, Table
from afterdisc.registry.summary.intervals import expected_count
from afterdisc.registry.summary.suppress import small, suppressed
from afterdisc.words.urgency import MEANING, URGENCIES

Book = Mapping[str, Any]
TESTS_SHOWN = 6
HIDDEN = "suppressed"


def flow_figure(a: Answers, book: Book, floor: int) -> Figure:
    """From rows of the source to the next step."""
    receipt = a.receipt or {}
    n = int(a.one("SELECT count(*) FROM people"))
    first = [
        ("rows in the source", receipt.get("rows", {}).get("in", n)),
        ("refused, see refused.csv", receipt.get("rows", {}).get("refused", 0)),
    ]
    urgency = dict(a.rows("SELECT CAST(urgency AS VARCHAR), count(*) FROM people GROUP BY 1"))
    stages = dict(a.rows("SELECT CAST(stage AS VARCHAR), count(*) FROM people GROUP BY 1 ORDER BY 2 DESC, 1"))
    steps = a.rows("SELECT coalesce(next_step, ''), count(*) FROM people GROUP BY 1 ORDER BY 2 DESC, 1")
    listed = [
        (book["investigations"].get(name, {}).get("label", "Questions" if name else "Nothing left"), k)
        for name, k in steps[:TESTS_SHOWN]
    ]
    rest = sum(k for _, k in steps[TESTS_SHOWN:])
    parts = [
        ("rows", first, False),
        ("assessed", [("assessed", n)], False),
        ("urgency", [(f"{u} {MEANING[u].split(':')[0]}", int(urgency.get(u, 0))) for u in URGENCIES if urgency.get(u)], True),
        ("stage", [(book["stages"].get(s, {"label": s})["label"], int(k)) for s, k in stages.items()], True),
        ("first next step", [*((label, int(k)) for label, k in listed), *([("other tests", rest)] if rest else [])], True),
    ]
    rows, boxes = [], []
    for part, counted, adds_up in parts:
        counts = [k for _, k in counted]
        told: list[int | None] = suppressed(counts, floor) if adds_up else [*counts]
        if part == "rows" and small(counts[1], floor):
            told = [None, None]  # read and refused differ by the assessed, which are shown
        if part in ("rows", "assessed") and small(n, floor):
            told = [None] * len(counts)
        boxes.append([(label, _count(k), (k or 0) / max(n, 1)) for (label, _), k in zip(counted, told, strict=True)])
        rows += [(part, label, k) for (label, _), k in zip(counted, told, strict=True)]
    say = "Everybody who was assessed, by how soon they must be seen, where they stand, and the first thing to do next."
    return Figure(
        "flow", "How people flow", say, Table(("part", "what", "people"), tuple(rows)), flow("flow", "How people flow", boxes)
    )


def case_mix_figures(a: Answers, book: Book, floor: int) -> list[Figure]:
    """Numbers as median and quartiles, states as counts; what is unknown is counted and never read as no."""
    n = int(a.one("SELECT count(*) FROM people"))
    numbers, states = [], []
    for finding in book["registry"]["findings"]:
        column, text = f"finding_{finding}", book["findings"][finding]
        if not a.has(column):
            continue
        if text["kind"] in ("number", "count"):
            q = f'SELECT count("{column}"), quantile_cont("{column}", [0.25, 0.5, 0.75]) FROM people'
            known, quartiles = a.rows(q)[0]
            few = known // 4 < floor  # a quarter of them must be enough people, or a quartile is somebody's value
            shown: list[float | None] = [None] * 3 if few else [round(x, 2) for x in quartiles]
            numbers.append((text["label"], text["unit"], *suppressed([known, n - known], floor), *shown))
        else:
            counted = a.rows(f'SELECT CAST("{column}" AS VARCHAR) AS state, count(*) FROM people GROUP BY 1 ORDER BY 2 DESC, 1')
            listed = suppressed([k for _, k in counted], floor)
            states += [
                (
                    text["label"],
                    "unknown" if s is None else text["values"].get(s, s),
                    k,
                    None if k is None else round(k / max(n, 1), 4),
                )
                for (s, _), k in zip(counted, listed, strict=True)
            ]
    made = []
    if numbers:
        columns = ("finding", "unit", "known", "unknown", "lower quartile", "median", "upper quartile")
        made.append(
            Figure(
                "case_mix_numbers",
                "Case mix: numbers",
                "Median and quartiles of those in whom it is known.",
                Table(columns, tuple(numbers)),
            )
        )
    if states:
        say = "How many are in each state; nobody asked is a state of its own."
        made.append(
            Figure("case_mix_states", "Case mix: states", say, Table(("finding", "state", "people", "share"), tuple(states)))
        )
    return made


def cause_figure(a: Answers, book: Book, floor: int) -> Figure:
    """How many people are expected to have each cause: the mean of its probabilities. Causes may be several at once."""
    names = [*(c for c in book["causes"] if c != EXPECTED and a.has(f"p_{c}")), EXPECTED]
    sums = a.rows("SELECT count(*), " + ", ".join(f"sum(p_{c}), sum(p_{c} * (1 - p_{c}))" for c in names) + " FROM people")[0]
    n = int(sums[0])
    rows = []
    for j, cause in enumerate(names):
        total, spread = sums[1 + 2 * j] or 0.0, sums[2 + 2 * j] or 0.0
        low, high = expected_count(total, spread)
        rows.append((book["causes"][cause]["label"], total / max(n, 1), low / max(n, 1), min(high / max(n, 1), 1.0)))
    rows.sort(key=lambda row: -row[1])
    if small(n, floor):
        rows = [(label, None, None, None) for label, *_ in rows]  # type: ignore[misc]
    drawn = bars("causes", "Cause mix", [(r[0], r[1], (r[2], r[3])) for r in rows if r[1] is not None])
    say = (
        "The share of people in whom each cause is expected to be at work, with the 95 % interval that the uncertainty about "
        "each person leaves. Several causes may be at work in one person, so the shares add up to more than one."
    )
    table = Table(
        ("cause", "expected share", "low", "high"),
        tuple((r[0], *(None if x is None else round(x, 4) for x in r[1:])) for r in rows),
    )
    return Figure("cause_mix", "Cause mix", say, table, drawn)


def flag_figure(a: Answers, book: Book, floor: int) -> Figure:
    """Of every red flag: raised, cleared, and not to be cleared since nobody asked."""
    names = [name for name in book["red_flags"] if a.has(f"flag_{name}")]
    counts = a.rows(
        "SELECT count(*), "
        + ", ".join(f'count(*) FILTER ("flag_{f}"), count(*) FILTER ("flag_{f}" IS NULL)' for f in names)
        + " FROM people"
    )[0]
    n, rows = int(counts[0]), []
    for j, name in enumerate(names):
        raised, open_ = int(counts[1 + 2 * j]), int(counts[2 + 2 * j])
        shown = suppressed([raised, open_, n - raised - open_], floor)
        rows.append((name, book["red_flags"][name]["title"], *shown))
    rows.sort(key=lambda row: (-(row[2] or 0), row[0]))
    drawn = bars("flags", "Red flags raised", [(f"{r[0]} {r[1]}", r[2] / max(n, 1), None) for r in rows[:15] if r[2]])
    say = (
        "Raised, not to be cleared because an answer is missing, or cleared. What cannot be cleared is never counted as "
        "cleared."
    )
    return Figure(
        "red_flags", "Red flags", say, Table(("flag", "title", "raised", "cannot be cleared", "cleared"), tuple(rows)), drawn
    )


def _count(n: int | None) -> str:
    return HIDDEN if n is None else f"{n:,}"
