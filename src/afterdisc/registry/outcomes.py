"""outcomes: a record batch of findings in, a record batch of answers out; one row is one person at one evaluation.

The one function behind the runner, Spark and the tests. It keeps nothing between calls, and a row's answer does not
depend on the rows beside it, nor on how a table is cut into batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.direct import set_names
from afterdisc.engine.evaluate import Outcome, engine_of, evaluate_rows
from afterdisc.engine.intervals import intervals_of
from afterdisc.engine.plan import statuses
from afterdisc.intake import Batch
from afterdisc.intake.arrow import ids_of, rows_from_arrow
from afterdisc.program import Program, kept_with_program
from afterdisc.registry.columns import ID, RECORD_COLUMNS, finding_type, record_type
from afterdisc.registry.indicators import INDICATOR_STATES, indicator_codes, indicator_names
from afterdisc.registry.next_step import NONE, flag_truths, next_step_of, stage_names, stages
from afterdisc.report.index import index_of
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES

N_TOP = 3  # combinations of causes that are written
BLOCK_ROWS = 8_192  # held as numbers at once
EXPECTED = "expected_recovery"
Codes = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Refusal:
    """Why one row was not assessed: its position in the batch, the column (empty: the row as a whole), the reason."""

    row: int
    column: str
    reason: str


def outcomes(program: Program, batch: Any, *, intervals: bool = True) -> tuple[Any, list[Refusal]]:
    """(answers, refusals) of a findings table; refused rows are left out of the answers, the rest keep their order.

    batch      pyarrow RecordBatch: `id`, record columns (`RECORD_COLUMNS`) and one column a finding; see
               `findings_schema`. Null is unknown.
    intervals  with the credible interval of every cause; takes most of the time

    Columns of the answers: `outcome_schema`. Raises UnknownFinding, ImpossibleState or ImpossibleValue for a column that
    is no finding or whose type cannot hold it; never for a single row.
    """
    import pyarrow as pa

    schema = outcome_schema(program, batch.schema.names, intervals=intervals)
    parts, refused = [], []
    for start in range(0, batch.num_rows, BLOCK_ROWS):
        part, wrong = _block(program, batch.slice(start, BLOCK_ROWS), start, schema, intervals)
        parts.append(part)
        refused += wrong
    table = pa.Table.from_batches(parts, schema).combine_chunks()
    return (table.to_batches() or [pa.RecordBatch.from_pylist([], schema)])[0], refused


def outcome_schema(program: Program, names: Sequence[str], *, intervals: bool = True) -> Any:
    """The schema of the answers to a findings table with these columns.

    In order: `id`, the record columns given; `urgency`, `stage`, `next_step` (null: nothing is left to do); `p_<cause>`
    and with intervals `p_<cause>_low`, `p_<cause>_high`; the heaviest combinations `top_1` … with their weights;
    `causes_considered`, `p_at_cap`; `flag_<id>` (true raised, false cleared, null cannot be cleared: ask);
    `status_<treatment>`; `indicator_<id>`; `finding_<id>` of the findings that the registry report describes.
    """
    import pyarrow as pa

    causes = (*program.causes, EXPECTED)
    word = pa.dictionary(pa.int8(), pa.string())
    fields = [pa.field(ID, pa.string()), *(pa.field(n, record_type(n)) for n in RECORD_COLUMNS if n in names)]
    fields += [pa.field("urgency", word), pa.field("stage", word), pa.field("next_step", pa.string())]
    fields += [pa.field(f"p_{c}", pa.float64()) for c in causes]
    if intervals:
        fields += [pa.field(f"p_{c}_{end}", pa.float32()) for c in causes for end in ("low", "high")]
    for k in range(1, N_TOP + 1):
        fields += [pa.field(f"top_{k}", pa.string()), pa.field(f"top_{k}_weight", pa.float64())]
    fields += [pa.field("causes_considered", pa.int8()), pa.field("p_at_cap", pa.float64())]
    fields += [pa.field(f"flag_{name}", pa.bool_()) for name in index_of(program).flags]
    fields += [pa.field(f"status_{name}", word) for name in program.treatments]
    fields += [pa.field(f"indicator_{name}", word) for name in indicator_names(program)]
    simple = {c.finding: c for c in program.columns if not c.entry}
    fields += [pa.field(f"finding_{n}", finding_type(simple[n])) for n in kept_findings(program)]
    version = {"afterdisc.knowledge.version": program.version, "afterdisc.knowledge.fingerprint": program.fingerprint}
    return pa.schema(fields, metadata=version)


@kept_with_program
def kept_findings(program: Program) -> tuple[str, ...]:
    """The findings that are written beside the answers: those the registry report describes."""
    return tuple(program.book.get("registry", {}).get("findings", ()))


def _block(program: Program, table: Any, start: int, schema: Any, intervals: bool) -> tuple[Any, list[Refusal]]:
    import pyarrow as pa

    record = [name for name in table.schema.names if name in RECORD_COLUMNS]
    rows, wrong = rows_from_arrow(program, table.drop_columns(record))
    refused = sorted(
        (Refusal(start + int(at), w.column, f"{type(w.error).__name__}: {w.error}") for w in wrong for at in w.rows),
        key=lambda r: (r.row, r.column, r.reason),
    )
    good = np.setdiff1d(np.arange(table.num_rows), [r.row - start for r in refused])
    if refused:
        table, rows = table.take(pa.array(good, pa.int64())), rows[good]
    batch = Batch(rows, ids_of(table, 0))
    outcome = evaluate_rows(program, rows)
    columns: dict[str, Any] = {ID: table.column(ID).cast(pa.string()) if ID in table.schema.names else pa.array(batch.ids)}
    columns |= {name: table.column(name).cast(record_type(name)) for name in record}
    columns |= _answers(program, batch, outcome, intervals) | _kept(program, table)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema), refused


def _answers(program: Program, batch: Batch, outcome: Outcome, intervals: bool) -> dict[str, Any]:
    import pyarrow as pa

    step = next_step_of(program).of(batch, outcome)
    out: dict[str, Any] = {
        "urgency": _words(outcome.urgency, URGENCIES),
        "stage": _words(stages(program, outcome.truth), stage_names(program)),
        "next_step": pa.array([None if name == NONE else name for name in step], pa.string()),
        "causes_considered": pa.array(outcome.cap),
        "p_at_cap": pa.array(outcome.at_cap),
    }
    out |= _causes(program, batch, outcome, intervals) | _tops(program, outcome)
    flags = flag_truths(program, outcome.truth)
    for j, name in enumerate(index_of(program).flags):
        out[f"flag_{name}"] = pa.array(flags[:, j] == 1, mask=flags[:, j] == -1)
    status = statuses(engine_of(program), outcome.truth, outcome.urgency, batch.rows)
    for j, treatment in enumerate(program.treatments):
        out[f"status_{treatment}"] = _words(status[:, j], STATUSES)
    codes = indicator_codes(program, outcome.truth)
    for j, name in enumerate(indicator_names(program)):
        out[f"indicator_{name}"] = _words(codes[:, j], INDICATOR_STATES)
    return out


def _causes(program: Program, batch: Batch, outcome: Outcome, intervals: bool) -> dict[str, Any]:
    import pyarrow as pa

    causes = (*program.causes, EXPECTED)
    out = {f"p_{c}": pa.array(np.ascontiguousarray(outcome.probability[:, j])) for j, c in enumerate(causes)}
    if intervals:
        weeks = np.minimum(batch.rows[:, program.time_column], program.latest_weeks)
        low, high = intervals_of(program, outcome.states, weeks, outcome.cap)
        low, high = np.minimum(low, outcome.probability), np.maximum(high, outcome.probability)  # as the assessment shows them
        for j, c in enumerate(causes):
            out[f"p_{c}_low"] = pa.array(low[:, j].astype(np.float32))
            out[f"p_{c}_high"] = pa.array(high[:, j].astype(np.float32))
    return out


def _tops(program: Program, outcome: Outcome) -> dict[str, Any]:
    import pyarrow as pa

    names = _combinations(program)
    out = {}
    for k in range(N_TOP):
        out[f"top_{k + 1}"] = names.take(pa.array(outcome.top_set[:, k]))
        out[f"top_{k + 1}_weight"] = pa.array(np.ascontiguousarray(outcome.top_weight[:, k]))
    return out


@kept_with_program
def _combinations(program: Program) -> Any:
    """What each set of causes is called; sets of fewer causes come first, so one list serves every cap."""
    import pyarrow as pa

    return pa.array([" + ".join(names) or EXPECTED for names in set_names(program.causes, program.caps[-1])])


def _kept(program: Program, table: Any) -> dict[str, Any]:
    """The kept findings as they came; null where the table does not hold them."""
    import pyarrow as pa

    simple = {c.finding: c for c in program.columns if not c.entry}
    out = {}
    for name in kept_findings(program):
        kind = finding_type(simple[name])
        given = table.column(name).cast(kind) if name in table.schema.names else pa.nulls(table.num_rows, kind)
        out[f"finding_{name}"] = given
    return out


def _words(codes: Codes, words: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(np.ascontiguousarray(codes), pa.int8()), pa.array(words, pa.string()))
