"""Sites, days, events and scores before the operation of synthetic people."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.cohort import Drawn
from afterdisc.program import Program

EPOCH = date(1970, 1, 1).toordinal()
DAYS_A_YEAR, YEARS_BACK = 365.25, 6
EVENTS = ("recurrence", "reoperation", "fusion", "death")
NEVER = np.datetime64("NaT", "D")


def dated(program: Program, drawn: Drawn, rng: np.random.Generator, today: date) -> dict[str, Any]:
    """[person] arrays: site (text), days (datetime64, NaT for never), scores. Everybody is seen before `today`.

    Events come at a constant rate a year from the index operation (death from the visit), by the cause truly at work; what
    death or the last day seen cuts off does not happen.
    """
    made, n = program.book["registry"]["synthetic"], len(drawn.rows)
    weeks = drawn.rows[:, program.time_column]
    visit = today.toordinal() - EPOCH - rng.integers(1, int(YEARS_BACK * DAYS_A_YEAR), n)
    index = visit - np.round(np.nan_to_num(weeks) * 7).astype(np.int64)
    out: dict[str, Any] = {"site": _sites(made, n, rng), "visit_date": _days(visit), "index_operation_date": _days(index)}
    last = np.minimum(today.toordinal() - EPOCH, visit + rng.integers(0, int(2 * DAYS_A_YEAR), n))
    times = {
        event: (visit if event == "death" else index)  # who came to the visit was alive
        + np.ceil(rng.exponential(1.0, n) / _rates(made, event, drawn) * DAYS_A_YEAR)
        for event in EVENTS
    }
    last = np.minimum(last, times["death"])
    for event in EVENTS:
        happened = times[event] <= last
        out[f"{event}_date"] = np.where(happened, _days(np.where(happened, times[event], 0).astype(np.int64)), NEVER)
    out["last_seen_date"] = _days(last.astype(np.int64))
    for name, score in made["before_index"].items():
        value = rng.normal(score["mean"], score["sd"], n)
        out[name] = np.clip(np.round(value), score["low"], score["high"])
    return out


def _sites(made: dict[str, Any], n: int, rng: np.random.Generator) -> list[str]:
    """Sites of unequal size, their shares in a geometric row."""
    ratio = 1 - made["largest_share"]
    share = made["largest_share"] * ratio ** np.arange(made["n_sites"])
    at = rng.choice(made["n_sites"], size=n, p=share / share.sum())
    return [f"Site {i + 1:02d}" for i in at.tolist()]


def _rates(made: dict[str, Any], event: str, drawn: Drawn) -> npt.NDArray[np.float64]:
    told = made["events"][event]
    rates = [next((r for c, r in told["with_cause"].items() if c in causes), told["per_year"]) for causes in drawn.causes]
    return np.array(rates, np.float64)


def _days(since_1970: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
    return np.asarray(since_1970).astype("datetime64[D]")
