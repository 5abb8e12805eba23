"""validate: a folder of answers against the true causes, as plain data."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from afterdisc.validation.cause import MEASURES, calibration_curve, decision_curve, measured
from afterdisc.validation.cells import Counts, cells_of
from afterdisc.validation.draws import LEVEL, draws_of, estimate
from afterdisc.validation.groups import groups_of, hidden, too_few
from afterdisc.validation.matched import Compared, Matched, matched
from afterdisc.validation.ranking import KS, PARTS, WIDTH, ranks_of, within

SCHEMA = "afterdisc-validation/1"
WHO = ("everybody", "with_a_cause")
PACKAGES = ("afterdisc", "numpy", "duckdb", "pyarrow")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Settings:
    """How it is checked. `floor`: counts from 1 to below it are not shown; `labels`: cause -> what it is called."""

    floor: int
    by: tuple[str, ...] = ()
    n_draws: int = 200
    seed: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)


def validate(out: Path, truth: Path, settings: Settings, progress: Progress = lambda what, done, total: None) -> dict[str, Any]:
    """How good are the probabilities of `out`, given the true causes of `truth`?

    One row of what is compared is one assessment; a person may have several, and intervals come from drawing people, not
    rows. People without a known truth are left out and counted. The same seed gives the same result, in whatever order rows
    stand. Raises UnreadableSource if there is nothing to compare.
    """
    compared = matched(out, truth, settings.by)
    return {
        "schema": SCHEMA,
        "knowledge": compared.knowledge,
        "software": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "settings": {"draws": settings.n_draws, "seed": settings.seed, "level": LEVEL, "shown_from": settings.floor},
        "people": compared.people,
        **_results(compared.rows, settings, lambda done: progress("draws", done, settings.n_draws)),
        "groups": [_by_column(compared, name, settings, progress) for name in settings.by],
    }


# -- of all rows -----------------------------------------------------------------------------------------------------


def _results(rows: Matched, settings: Settings, progress: Callable[[int], None]) -> dict[str, Any]:
    shown = [j for j in range(len(rows.causes)) if not _why_not(rows, j, settings.floor)]
    cells = {j: cells_of(rows.p[j], rows.is_true[j]) for j in shown}
    ranks = ranks_of(rows)
    drawn = draws_of(
        rows.person,
        [*(cells[j].cell for j in shown), *ranks.values()],
        [*(cells[j].n_cells for j in shown), *[2 * WIDTH] * len(ranks)],
        n_draws=settings.n_draws,
        seed=settings.seed,
        progress=progress,
    )
    causes, moved = [], {}
    for j in range(len(rows.causes)):
        entry = _entry(rows, j, settings)
        if j in cells:
            counts = drawn[shown.index(j)]
            entry["measures"], moved[j] = measured(rows.p[j], rows.is_true[j], cells[j], counts)
            entry["calibration"] = calibration_curve(cells[j], counts, settings.floor)
            entry["decision"] = decision_curve(cells[j], counts)
        causes.append(entry)
    together = {
        f"mean_{name}": estimate(
            float(np.mean([causes[j]["measures"][name]["value"] for j in shown])) if shown else np.nan,
            np.mean([moved[j][name] for j in shown], axis=0) if shown else np.empty(0),
        )
        for name in ("auc", "brier", "ece")
    }
    return {"causes": causes, "together": together, "ranking": _ranking(ranks, drawn[len(shown) :], settings.floor)}


def _entry(rows: Matched, j: int, settings: Settings) -> dict[str, Any]:
    n, why = int(rows.is_true[j].sum()), _why_not(rows, j, settings.floor)
    is_small = too_few(n, settings.floor) or too_few(rows.n_rows - n, settings.floor)
    cause = rows.causes[j]
    return {
        "cause": cause,
        "label": settings.labels.get(cause, cause.replace("_", " ")),
        "rows": rows.n_rows,
        "with_cause": None if is_small else n,
        "not_shown": why,
    }


def _why_not(rows: Matched, j: int, floor: int) -> str:
    """Why no measure of this cause is shown; "" if they are."""
    n = int(rows.is_true[j].sum())
    if not n or n == rows.n_rows:
        return "nobody has it" if not n else "everybody has it"
    small = too_few(n, floor) or too_few(rows.n_rows - n, floor)
    return f"fewer than {floor} have it, or have it not" if small else ""


def _ranking(ranks: Mapping[str, Any], drawn: list[Counts], floor: int) -> dict[str, Any]:
    out: dict[str, Any] = {who: {} for who in WHO}
    for part, counts in zip(PARTS, drawn, strict=True):
        now = np.bincount(ranks[part], minlength=2 * WIDTH)[None]
        share, moved = within(now, part)[0], within(counts, part)
        ks = KS if part != "combination" else (1, 2, 3)
        for w, who in enumerate(WHO):
            n = int(now[0].sum() if w == 0 else now[0, WIDTH:].sum())
            out[who]["rows"] = None if too_few(n, floor) else n
            shown = n >= floor
            out[who][part] = {
                str(k): estimate(share[w, i] if shown else np.nan, moved[:, w, i] if shown else np.empty(0))
                for i, k in enumerate(ks)
            }
    return out


# -- by group --------------------------------------------------------------------------------------------------------


def _by_column(compared: Compared, name: str, settings: Settings, progress: Progress) -> dict[str, Any]:
    """Measures of every cause in every group of a column; a group that is too small is named without its numbers."""
    listed = list(groups_of(name, compared.by[name]))
    parts = [compared.rows.taken(rows) for _, rows in listed]
    unseen = hidden([part.n_people for part in parts], settings.floor)
    held = [_held([part.is_true[j] for part in parts], settings.floor) for j in range(len(compared.rows.causes))]
    groups: list[dict[str, Any]] = []
    for g, ((called, _), part) in enumerate(zip(listed, parts, strict=True)):
        progress(f"by {name}", g, len(listed))
        if g in unseen:
            groups.append({"group": called, "people": None, "rows": None, "causes": []})
            continue
        causes = _group_causes(part, [j for j in range(len(held)) if g in held[j]], settings)
        groups.append({"group": called, "people": part.n_people, "rows": part.n_rows, "causes": causes})
    return {"column": name, "groups": groups}


def _held(parts: list[Any], floor: int) -> set[int]:
    """The groups in which too few have a cause, or have it not, or which would give such a group away."""
    return hidden([int(part.sum()) for part in parts], floor) | hidden([int((~part).sum()) for part in parts], floor)


def _group_causes(rows: Matched, held: list[int], settings: Settings) -> list[dict[str, Any]]:
    entries = [_entry(rows, j, settings) for j in range(len(rows.causes))]
    for j in held:
        entries[j] |= {"with_cause": None, "not_shown": entries[j]["not_shown"] or "it would give away a small count"}
    shown = [j for j, entry in enumerate(entries) if not entry["not_shown"]]
    cells = {j: cells_of(rows.p[j], rows.is_true[j]) for j in shown}
    drawn = draws_of(
        rows.person,
        [cells[j].cell for j in shown],
        [cells[j].n_cells for j in shown],
        n_draws=settings.n_draws,
        seed=settings.seed,
        progress=lambda done: None,
    )
    for j, counts in zip(shown, drawn, strict=True):
        entries[j]["measures"], _ = measured(rows.p[j], rows.is_true[j], cells[j], counts)
    return entries


__all__ = ["MEASURES", "SCHEMA", "Settings", "validate"]
