"""draw_registry: people in blocks, each block with its true causes; the same seed gives the same people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from afterdisc.cohort import Wanted, draw_rows
from afterdisc.errors import RegistryError
from afterdisc.program import Program
from afterdisc.registry.columns import findings_schema
from afterdisc.registry.synthetic.dates import dated
from afterdisc.registry.synthetic.table import findings_table, last_visits

BLOCK = 8_192  # people drawn at once
ENOUGH_TRIES = 200  # blocks without a single person in whom the condition is true
SALT = 1_000_003


@dataclass(frozen=True)
class Asked:
    """What is asked for: how many people, from which seed, in whom what is true, seen how often, in a registry of which day."""

    n: int
    seed: int = 1
    where: Wanted | None = None
    n_visits: int = 1
    today: str = "2026-01-01"


@dataclass(frozen=True)
class Block:
    """Some people: their findings (one row a visit) and the truth (`id`, `causes`), as Arrow tables."""

    findings: Any
    truth: Any
    n: int


def draw_registry(program: Program, asked: Asked) -> Iterator[Block]:
    """Blocks of people, `asked.n` in all: exactly so many in whom the condition is true.

    Each block of the draw has a seed of its own, so that a draw with a condition gives those people, in their order, whom
    the draw without it gives and in whom it is true. Raises RegistryError if the condition is true in nobody, or in so few
    that there is no end to it.
    """
    given, number, tries = 0, 0, 0
    while given < asked.n:
        drawn = draw_rows(program, BLOCK, asked.seed * SALT + number)
        rng = np.random.Generator(np.random.PCG64([asked.seed, number]))
        keep = np.arange(BLOCK) if asked.where is None else np.flatnonzero(asked.where.holds(drawn.rows))
        made = _block(program, asked, drawn, rng, keep[: asked.n - given], given)
        tries = 0 if made.n else tries + 1
        if tries >= ENOUGH_TRIES:
            raise RegistryError(
                f"of {ENOUGH_TRIES * BLOCK:,} people in a row the condition was true in nobody ({given:,} of {asked.n:,} were "
                "found before). Ask for something less rare; what is unknown is not true."
            )
        given, number = given + made.n, number + 1
        if made.n:
            yield made


def _block(program: Program, asked: Asked, drawn: Any, rng: np.random.Generator, keep: Any, given: int) -> Block:
    """Dates and sites are drawn for the whole block, so that they do not depend on the condition."""
    import pyarrow as pa

    record = dated(program, drawn, rng, date.fromisoformat(asked.today))
    earlier = last_visits(program, drawn.rows, rng, asked.n_visits)
    ids = [f"s{asked.seed}-{given + i + 1:08d}" for i in range(len(keep))]
    findings = findings_table(program, earlier, record, keep, ids)
    causes = [drawn.causes[int(i)] for i in keep]
    truth = pa.table({"id": pa.array(ids, pa.string()), "causes": pa.array(causes, pa.list_(pa.string()))})
    return Block(findings, truth, len(keep))


def schema_of(program: Program) -> Any:
    """The schema of the findings of a synthetic registry: lists and maps are not drawn."""
    from afterdisc.registry.synthetic.table import drawn_columns

    return findings_schema(program, ["id", *RECORD, *(name for name, _ in drawn_columns(program))])


RECORD = (
    "visit_date", "site", "index_operation_date", "recurrence_date", "reoperation_date", "fusion_date", "death_date",
    "last_seen_date", "odi_percent_before_index", "leg_pain_nrs_before_index", "back_pain_nrs_before_index",
)  # fmt: skip
