"""Answers beside the truth: one row is one assessment of a person whose true causes are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.errors import UnreadableSource
from afterdisc.validation.truth import EXPECTED, read_truth
from afterdisc.words.nearest import did_you_mean

MEMORY = "2GB"
N_TOP = 3
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Matched:
    """What is compared. Rows of one person share their number in `person`, and are drawn again together."""

    causes: tuple[str, ...]
    p: Floats  # [cause, row]
    is_true: npt.NDArray[np.bool_]  # [cause, row]
    top: npt.NDArray[np.uint8]  # [row] which of the heaviest combinations is the true one; 0 if none
    person: npt.NDArray[np.int32]  # [row] from 0, without gaps

    @property
    def n_rows(self) -> int:
        return len(self.person)

    @property
    def n_people(self) -> int:
        return int(self.person.max()) + 1 if self.n_rows else 0

    def taken(self, rows: npt.NDArray[np.bool_]) -> Matched:
        """Only these rows; people are numbered anew."""
        _, person = np.unique(self.person[rows], return_inverse=True)
        return Matched(self.causes, self.p[:, rows], self.is_true[:, rows], self.top[rows], person.astype(np.int32))


@dataclass(frozen=True)
class Compared:
    """Rows with their columns to group by, how many people were left out and why, and the knowledge of the answers."""

    rows: Matched
    by: dict[str, npt.NDArray[Any]]  # column -> one value a row: numbers (NaN unknown), or text (None unknown)
    people: dict[str, int]
    knowledge: dict[str, str]


def matched(out: Path, truth: Path, by: Sequence[str] = ()) -> Compared:
    """The answers of folder `out` beside the true causes of file `truth`, by id.

    Raises UnreadableSource if one of them is not what it should be, if no id is in both, or for a column to group by that the
    answers do not hold.
    """
    import duckdb

    files = sorted(out.glob("people/*.parquet")) or sorted(out.glob("*/people/*.parquet"))
    if not files:
        raise UnreadableSource(f"{out.name} holds no answers (people/*.parquet). Name the folder that `registry run` wrote.")
    try:
        with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
            names = ", ".join("'" + str(f).replace("'", "''") + "'" for f in files)
            connection.execute(f"CREATE VIEW people AS SELECT * FROM read_parquet([{names}], union_by_name = true)")
            columns = {row[0]: str(row[1]) for row in connection.execute("DESCRIBE people").fetchall()}
            causes = _causes(columns, out)
            _check_columns(columns, by)
            people = read_truth(connection, truth, causes)
            rows, values = _rows(connection, causes, by, columns, people["rows_compared"])
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise UnreadableSource(f"{out.name} or {truth.name} cannot be read ({type(error).__name__}). Write it again.") from None
    return Compared(rows, values, people, _knowledge(files[0]))


def _causes(columns: dict[str, str], out: Path) -> tuple[str, ...]:
    found = tuple(
        c.removeprefix("p_") for c, kind in columns.items()
        if c.startswith("p_") and kind == "DOUBLE" and c != "p_at_cap" and not c.endswith(("_low", "_high"))
    )  # fmt: skip
    if EXPECTED not in found or "id" not in columns:
        raise UnreadableSource(f"{out.name} holds no answers of `registry run`: it lacks `id` or `p_{EXPECTED}`.")
    return found


def _check_columns(columns: dict[str, str], by: Sequence[str]) -> None:
    for name in by:
        if name not in columns:
            hint = did_you_mean(name, list(columns))
            raise UnreadableSource(f"The answers hold no column `{name}` to group by. {hint}".rstrip())


def _rows(
    connection: Any, causes: tuple[str, ...], by: Sequence[str], columns: dict[str, str], n: int
) -> tuple[Matched, dict[str, npt.NDArray[Any]]]:
    """Batch by batch into whole arrays, so that no second copy of everything is ever held."""
    p, is_true = np.empty((len(causes), n)), np.empty((len(causes), n), np.bool_)
    top, person = np.zeros(n, np.uint8), np.empty(n, np.int32)
    values = {name: np.empty(n, np.float64 if _is_number(columns[name]) else object) for name in by}
    at = 0
    for batch in connection.sql(_query(causes, by, columns)).to_arrow_reader(65_536):
        here = slice(at, at + batch.num_rows)
        taken = {name: batch.column(i).to_numpy(zero_copy_only=False) for i, name in enumerate(batch.schema.names)}
        for j in range(len(causes)):
            p[j, here], is_true[j, here] = taken[f"p{j}"], taken[f"y{j}"]
        top[here], person[here] = taken["top"], taken["person"]
        for k, name in enumerate(by):
            values[name][here] = taken[f"by{k}"]
        at += batch.num_rows
    return Matched(causes, p, is_true, top, person), values


def _query(causes: tuple[str, ...], by: Sequence[str], columns: dict[str, str]) -> str:
    parts = [f'"p_{c}" AS p{j}, list_contains(causes, \'{c}\') AS y{j}' for j, c in enumerate(causes)]
    cases = [
        f"WHEN list_sort(string_split(top_{k}, ' + ')) = causes THEN {k}" for k in range(1, N_TOP + 1) if f"top_{k}" in columns
    ]
    parts.append(f"CAST({'CASE ' + ' '.join(cases) + ' ELSE 0 END' if cases else '0'} AS UTINYINT) AS top")
    parts += [f'CAST("{n}" AS {"DOUBLE" if _is_number(columns[n]) else "VARCHAR"}) AS by{k}' for k, n in enumerate(by)]
    parts.append("CAST(person AS INTEGER) AS person")
    return f"SELECT {', '.join(parts)} FROM people JOIN truth ON truth.id = CAST(people.id AS VARCHAR)"


def _is_number(kind: str) -> bool:
    return kind in ("DOUBLE", "FLOAT") or "INT" in kind


def _knowledge(file: Path) -> dict[str, str]:
    import pyarrow.parquet as pq

    told = pq.read_schema(file).metadata or {}
    return {name: told.get(f"afterdisc.knowledge.{name}".encode(), b"").decode() for name in ("version", "fingerprint")}
