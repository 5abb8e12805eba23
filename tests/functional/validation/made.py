"""Answers and truths made by hand, and the measures as other libraries and plain loops work them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from afterdisc.validation import Settings, validate

NONE = "expected_recovery"
FLOOR = 5


def answers(folder: Path, ids: Sequence[str], p: Mapping[str, Any], n_parts: int = 1, **columns: Any) -> Path:
    """A folder as `registry run` leaves it, with only the columns that are looked at."""
    (folder / "people").mkdir(parents=True)
    given = {"id": ids, **{f"p_{cause}": np.asarray(values, float) for cause, values in p.items()}, **columns}
    knowledge = {"afterdisc.knowledge.version": "1", "afterdisc.knowledge.fingerprint": "f"}
    table = pa.table(given).replace_schema_metadata(knowledge)
    size = -(-table.num_rows // n_parts)
    for k in range(n_parts):
        pq.write_table(table.slice(k * size, size), folder / "people" / f"part-{k:05d}.parquet")
    return folder


def truths(path: Path, ids: Sequence[str], causes: Sequence[list[str] | None]) -> Path:
    pq.write_table(pa.table({"id": ids, "causes": pa.array(causes, pa.list_(pa.string()))}), path)
    return path


def one_cause(folder: Path, p: Any, is_true: Any, rows_a_person: int = 1, n_draws: int = 0, **columns: Any) -> dict[str, Any]:
    """What is said of a cause `a` with these probabilities; a person's rows stand one after the other."""
    ids = [f"i{k // rows_a_person}" for k in range(len(p))]
    first = slice(None, None, rows_a_person)
    out = answers(folder / "out", ids, {"a": p, NONE: 1 - np.asarray(p)}, **columns)
    truth = truths(folder / "truth.parquet", ids[first], [["a"] if yes else [NONE] for yes in np.asarray(is_true)[first]])
    return validate(out, truth, Settings(FLOOR, by=tuple(columns), n_draws=n_draws))


def drawn(n: int, seed: int = 1) -> tuple[Any, Any]:
    """(probabilities with ties, whether it was true with that probability)."""
    rng = np.random.default_rng(seed)
    p = np.round(rng.beta(0.6, 2.5, n), 3)
    return p, rng.random(n) < p


def plain_benefit(p: Any, is_true: Any, threshold: float) -> float:
    acted = p >= threshold
    return float(((acted & is_true).sum() - (acted & ~is_true).sum() * threshold / (1 - threshold)) / len(p))


def plain_ece(p: Any, is_true: Any, groups: Any) -> float:
    """The mean distance of promised and found over groups, given as the probability each begins at."""
    place = np.searchsorted(groups, p, side="right")
    return float(sum((place == g).mean() * abs(p[place == g].mean() - is_true[place == g].mean()) for g in set(place)))
