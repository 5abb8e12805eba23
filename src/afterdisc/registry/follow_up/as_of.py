"""as_of: the state of every finding on a day, or at each visit, by SQL in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from afterdisc.errors import UnreadableSource
from afterdisc.program import Program
from afterdisc.registry.columns import ID, RECORD_COLUMNS, findings_schema
from afterdisc.registry.follow_up.rules import Hold, holds

VISIT, INDEX, FILE, ROW = "visit_date", "index_operation_date", "source_file", "source_row"
EVENTS = ("recurrence_date", "reoperation_date", "fusion_date", "death_date")  # what a later day tells is not known yet
BATCH_ROWS = 16_384
MEMORY = "2GB"  # what does not fit is spilled beside the files


def as_of(program: Program, files: Sequence[Path], *, date: str | None = None, each_visit: bool = False) -> Iterator[Any]:
    """Record batches of a findings table: one row a person as of `date`, or one a visit with what was known by then.

    files  Parquet findings tables with `id` and `visit_date`; people may be spread over files and rows in any order

    A visit after the day asked never counts; a row without a visit date counts as the oldest, for its day is not known.
    Of two rows of one day that both know a finding and disagree, neither is taken: the finding is unknown. Time that goes
    on passing (age, weeks since surgery) is reckoned to the day asked. Events of the record after that day are left out.
    The rows come by person, then by visit, whatever the order of the input.

    Raises UnreadableSource if a file has no visit dates.
    """
    import pyarrow.parquet as pq

    if not files:
        return
    names = list(dict.fromkeys(name for file in files for name in pq.read_schema(file).names))
    missing = next((name for name in (ID, VISIT) if name not in names), None)
    if missing:
        raise UnreadableSource(f"there is no column `{missing}`: what was known on a day needs the day of every visit.")
    with _database(files) as connection:
        query = _each_visit(program, names) if each_visit else _on_a_day(program, names)
        given: dict[str, object] = {"files": [str(f) for f in files], **({} if each_visit else {"day": date})}
        reader = connection.sql(query, params=given).to_arrow_reader(BATCH_ROWS)
        schema = findings_schema(program, names)
        for batch in reader:
            yield batch.select(schema.names).cast(schema)


def n_left_out(files: Sequence[Path], *, date: str | None = None, each_visit: bool = False) -> int:
    """How many people `as_of` gives no row: all their visits are after the day, or with a row a visit none has a day."""
    if not files:
        return 0
    has_row = f"{VISIT} IS NOT NULL" if each_visit else f"{VISIT} IS NULL OR {VISIT} <= CAST($day AS DATE)"
    query = f"""
        SELECT count(*) FROM (SELECT {ID} FROM {SOURCE} WHERE {ID} IS NOT NULL GROUP BY {ID} HAVING NOT bool_or({has_row}))
    """
    given: dict[str, object] = {"files": [str(f) for f in files], **({} if each_visit else {"day": date})}
    with _database(files) as connection:
        return int(connection.execute(query, given).fetchall()[0][0])


def _database(files: Sequence[Path]) -> Any:
    """A database in memory; what does not fit is spilled beside the files."""
    import duckdb

    spill = str(files[0].parent / "spilled")
    settings: dict[str, Any] = {"temp_directory": spill, "memory_limit": MEMORY, "preserve_insertion_order": False}
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


UNDATED = "DATE '0001-01-01'"
AT = f"coalesce({VISIT}, {UNDATED})"
SOURCE = "read_parquet($files, union_by_name = true)"


def _on_a_day(program: Program, names: list[str]) -> str:
    """One row a person who had a visit by the day."""
    day = "CAST($day AS DATE)"
    columns = [f'"{name}"' for name in names]
    last = f"max({VISIT})"
    record = [_record(name, day) for name in names if name in RECORD_COLUMNS and name != VISIT]
    found = [_state(name, hold, day, INDEX in names) for name, hold in _findings(program, names)]
    shown = _shown(program, names, day)
    return f"""
        WITH seen AS (SELECT {", ".join(columns)} FROM {SOURCE} WHERE {VISIT} IS NULL OR {VISIT} <= {day}),
        people AS (SELECT {ID}, {_comma([f"{last} AS {VISIT}", *record, *found])} FROM seen GROUP BY {ID})
        SELECT {shown} FROM people ORDER BY {ID}
    """


def _each_visit(program: Program, names: list[str]) -> str:
    """One row a visit day: every row of the person up to it, joined and grouped as for that day."""
    columns = [f's."{name}" AS "{name}"' for name in names if name not in (ID, VISIT)]
    record = [_record(name, "day") for name in names if name in RECORD_COLUMNS and name != VISIT]
    found = [_state(name, hold, "day", INDEX in names) for name, hold in _findings(program, names)]
    shown = _shown(program, names, VISIT)
    return f"""
        WITH source AS (SELECT * FROM {SOURCE}),
        days AS (SELECT DISTINCT {ID}, {VISIT} AS day FROM source WHERE {VISIT} IS NOT NULL),
        seen AS (SELECT d.{ID} AS {ID}, d.day AS day, {_comma([f"s.{VISIT} AS {VISIT}", *columns])}
                 FROM days d JOIN source s ON s.{ID} = d.{ID} AND (s.{VISIT} IS NULL OR s.{VISIT} <= d.day)),
        people AS (SELECT {ID}, {_comma([f"day AS {VISIT}", *record, *found])} FROM seen GROUP BY {ID}, day)
        SELECT {shown} FROM people ORDER BY {ID}, {VISIT}
    """


def _comma(parts: list[str]) -> str:
    return ", ".join(parts)


def _findings(program: Program, names: list[str]) -> list[tuple[str, Hold]]:
    every = holds(program)
    return [(name, every[name]) for name in names if name in every]


def _shown(program: Program, names: list[str], day: str) -> str:
    """Every column of the row, time that goes on passing reckoned to the day."""
    every = holds(program)
    since = program.columns[program.time_column].name if INDEX in names else ""
    return _comma([_grown(name, every.get(name, Hold()), day, since) for name in names])


def _record(name: str, day: str) -> str:
    """The newest that is told; of events, the first day of which any row tells, if it is not later than the day asked."""
    if name in (FILE, ROW):
        return f'arg_max("{name}", struct_pack(d := {AT}, f := {FILE}, r := {ROW})) AS "{name}"'
    if name in EVENTS:
        return f'min("{name}") FILTER ("{name}" <= {day}) AS "{name}"'
    at = f"struct_pack(d := {AT}, v := \"{name}\")"  # of two rows of one day the greater, whatever their order
    return f'arg_max("{name}", {at}) FILTER ("{name}" IS NOT NULL) AS "{name}"'


def _state(name: str, hold: Hold, day: str, has_index: bool) -> str:
    """The aggregate that tells a finding: among the newest rows that know it, the one value they agree on."""
    column, known = f'"{name}"', f'"{name}" IS NOT NULL'
    if hold.max_age_days is not None:
        known += f" AND {VISIT} >= {day} - INTERVAL {int(hold.max_age_days)} DAY"
    if hold.since_surgery and has_index:
        known += f" AND ({INDEX} IS NULL OR {VISIT} IS NULL OR {VISIT} >= {INDEX})"
    out = _agreed(column, known)
    if hold.is_history:
        out = f"CASE WHEN bool_or({column}) FILTER ({known}) THEN true ELSE {out} END"
    grown = f", max({AT}) FILTER ({known}) AS \"{name} at\"" if hold.grows_by else ""
    return f'{out} AS "{name}"{grown}'


def _agreed(column: str, known: str) -> str:
    """arg_max over equal days would take any: the least and the greatest value of the newest day must be the same."""
    low = f"arg_max({column}, struct_pack(d := {AT}, v := CAST({column} AS VARCHAR))) FILTER ({known})"
    high = f"arg_min({column}, struct_pack(d := -epoch({AT}), v := CAST({column} AS VARCHAR))) FILTER ({known})"
    return f"CASE WHEN CAST({low} AS VARCHAR) = CAST({high} AS VARCHAR) THEN {low} END"


def _grown(name: str, hold: Hold, day: str, from_index: str) -> str:
    """Time that goes on passing: the number of the visit and what has passed since; from the operation's day if it is known."""
    if not hold.grows_by:
        return f'"{name}"'
    since = f'"{name} at"'
    passed = {
        "days": f"date_diff('day', {since}, {day})",
        "weeks": f"round(date_diff('day', {since}, {day}) / 7.0, 2)",
        "months": f"date_sub('month', {since}, {day})",
        "years": f"date_sub('year', {since}, {day})",
    }[hold.grows_by]
    grown = f"\"{name}\" + CASE WHEN {since} = {UNDATED} THEN NULL ELSE {passed} END"
    if name == from_index:
        grown = f"coalesce(round(date_diff('day', {INDEX}, {day}) / 7.0, 2), {grown})"
    return f'({grown}) AS "{name}"'
