"""Outcomes as an Arrow table: one row a case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from afterdisc.engine.evaluate import engine_of, evaluate_rows
from afterdisc.engine.plan import statuses
from afterdisc.intake import Batch
from afterdisc.program import Program
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES


def table_of(program: Program, batches: Iterable[Batch]) -> Any:
    """id, urgency, `p_<cause>` for every cause, `status_<treatment>` for every treatment, and what lies beyond the cap."""
    import pyarrow as pa

    return pa.concat_tables([_table(program, batch) for batch in batches])


def _table(program: Program, batch: Batch) -> Any:
    import pyarrow as pa

    outcome = evaluate_rows(program, batch.rows)
    status = statuses(engine_of(program), outcome.truth, outcome.urgency, batch.rows)

    def coded(codes: np.ndarray[Any, Any], words: tuple[str, ...]) -> Any:
        return pa.DictionaryArray.from_arrays(pa.array(np.ascontiguousarray(codes), pa.int8()), pa.array(words))

    columns: dict[str, Any] = {"id": pa.array(batch.ids, pa.string()), "urgency": coded(outcome.urgency, URGENCIES)}
    for j, cause in enumerate((*program.causes, "expected_recovery")):
        columns[f"p_{cause}"] = pa.array(np.ascontiguousarray(outcome.probability[:, j]))
    for j, treatment in enumerate(program.treatments):
        columns[f"status_{treatment}"] = coded(status[:, j], STATUSES)
    columns["causes_considered"] = pa.array(outcome.cap)
    columns["p_at_cap"] = pa.array(outcome.at_cap)
    table = pa.table(columns)
    return table.replace_schema_metadata(
        {"afterdisc.knowledge.version": program.version, "afterdisc.knowledge.fingerprint": program.fingerprint}
    )
