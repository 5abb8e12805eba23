"""The tables of P(state | cause), by finding and stretch of time, and their draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterdisc.knowledge.base import NO_CAUSE, Distribution, KnowledgeBase, ModelFinding


@dataclass(frozen=True)
class LikelihoodTables:
    variant_of: npt.NDArray[np.int32]  # [finding, slice]
    row_start: npt.NDArray[np.int32]  # [variant]
    mean: npt.NDArray[np.float64]  # [row, cause + 2]
    draws: npt.NDArray[np.float32]  # [draw, row, cause + 2]


def likelihood_tables(
    base: KnowledgeBase, findings: list[ModelFinding], *, n_draws: int, rng: np.random.Generator
) -> LikelihoodTables:
    """Findings without a background (risk factors only) get variant -1."""
    columns = [*base.cause_names, "", NO_CAUSE]  # causes, background, the empty set
    variant_of = np.full((len(findings), len(base.slices)), -1, np.int32)
    row_start: list[int] = []
    means: list[npt.NDArray[np.float64]] = []
    draws: list[npt.NDArray[np.float64]] = []
    drawn: dict[int, npt.NDArray[np.float64]] = {}

    def draw(row: Distribution, states: tuple[str, ...]) -> npt.NDArray[np.float64]:
        if id(row) not in drawn:
            vector = np.array([row.p[s] for s in states])
            gamma = rng.standard_gamma(vector * (row.support.worth or 1.0) + 1e-3, size=(n_draws, len(states)))
            drawn[id(row)] = gamma / gamma.sum(axis=1, keepdims=True)
        return drawn[id(row)]

    n_rows = 0
    for i, finding in enumerate(findings):
        if not finding.background:
            continue
        seen: dict[tuple[int, ...], int] = {}
        for j, piece in enumerate(base.slices):
            rows = _rows(base, finding, columns, piece.weeks[0])
            key = tuple(id(r) for r in rows)
            if key not in seen:
                seen[key] = len(row_start)
                row_start.append(n_rows)
                means.append(np.array([[r.p[s] for r in rows] for s in finding.states]))
                drawn_rows = np.stack([draw(r, finding.states) for r in rows], axis=2)  # [draw, state, cause]
                draws.append(drawn_rows)
                n_rows += len(finding.states)
            variant_of[i, j] = seen[key]
    return LikelihoodTables(
        variant_of,
        np.array([*row_start, n_rows], np.int32),
        np.vstack(means) if means else np.zeros((0, len(columns))),
        np.ascontiguousarray(np.concatenate(draws, axis=1), np.float32)
        if draws
        else np.zeros((n_draws, 0, len(columns)), np.float32),
    )


def _rows(base: KnowledgeBase, finding: ModelFinding, columns: list[str], week: float) -> list[Distribution]:
    """For each column the distribution in force that week: a timed row first, then the untimed one, then the background."""
    background = _in_force(finding.background, week)
    assert background is not None
    out = []
    for cause in columns:
        rows = base.causes[cause].findings.get(finding.id, ()) if cause else finding.background
        out.append(_in_force(rows, week) or background)
    return out


def _in_force(rows: tuple[Distribution, ...], week: float) -> Distribution | None:
    timed = (r for r in rows if r.weeks and r.weeks[0] <= week < r.weeks[1])
    return next(timed, None) or next((r for r in rows if r.weeks is None), None)
