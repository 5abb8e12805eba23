"""findings_of: a bulk export as findings tables, one row a person; what could not be read is told."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afterdisc.errors import UnreadableRecord, UnreadableSource
from afterdisc.fhir import read_record, record_of
from afterdisc.intake.batch import layout_of
from afterdisc.program import Program
from afterdisc.registry.bulk import overtaken, sql
from afterdisc.registry.bulk.kept import TABLE, keep
from afterdisc.registry.bulk.lines import readable_copy
from afterdisc.registry.columns import findings_schema
from afterdisc.views.run import view_files
from afterdisc.views.shape import literal

PEOPLE_A_BATCH = 4_096
MEMORY = "2GB"  # what does not fit is spilled
Row = tuple[str, int, str, str]  # source, row, column, reason
NO_JSON = "UnreadableRecord: an entry of a person is no JSON that can be read."
ENDS = "it ends in the middle: a copy cut short? Fetch it again."
RECORD = ("index_operation_date", "death_date", "visit_date")


def findings_of(program: Program, source: Path, *, at: str, n_threads: int | None = None) -> Ingest:
    """An export, read as of a day: entries dated later do not exist yet.

    source  a file or a folder of NDJSON, also packed by gzip or zstd; every type of resource in any file
    at      ISO date or instant

    Every person's findings are those that `read_record` gives for their entries alone. Raises UnreadableSource if there
    is no Patient at all.
    """
    return Ingest(program, source, at, n_threads)


class Ingest:
    """`batches` gives findings tables (pyarrow RecordBatch) with `id` and record columns, then `refused` tells the rest."""

    def __init__(self, program: Program, source: Path, at: str, n_threads: int | None) -> None:
        self.program, self.source, self.at, self.n_threads = program, source, at, n_threads
        self.schema = findings_schema(program, ["id", *RECORD, *layout_of(program).simple])
        self._refused: list[Row] = []
        self.problems: list[dict[str, str]] = []  # files that could not be read to their end

    def refused(self) -> list[Row]:
        """(file, line, element, reason) of lines that are no resource, of people whose record cannot be read, and of entries
        that name nobody (line 0: a count of them). Complete once `batches` is through."""
        return sorted(self._refused)

    def batches(self) -> Iterator[Any]:
        """One row a person, by id; at least one batch."""
        import pyarrow as pa

        with tempfile.TemporaryDirectory(prefix="afterdisc-") as work:
            rows: list[dict[str, Any]] = []
            n = 0
            for patient, entries in self._people(Path(work)):
                row = self._row(patient, entries)
                if row is not None:
                    rows.append(row)
                if len(rows) == PEOPLE_A_BATCH:
                    yield pa.RecordBatch.from_pylist(rows, self.schema)
                    rows, n = [], n + len(rows)
            if rows or not n:
                yield pa.RecordBatch.from_pylist(rows, self.schema)

    # -- whose entries -----------------------------------------------------------------------------------------------

    def _people(self, work: Path) -> Iterator[tuple[str, list[str]]]:
        import duckdb

        settings: dict[str, Any] = {"temp_directory": str(work), "memory_limit": MEMORY, "preserve_insertion_order": False}
        if self.n_threads:
            settings["threads"] = self.n_threads
        with duckdb.connect(config=settings) as connection:
            connection.execute(TABLE)
            self._keep(connection, work)
            if not connection.execute("SELECT count(*) FROM kept WHERE kind = 'Patient'").fetchall()[0][0]:
                told = "holds no Patient. Is it a FHIR R4 bulk export, one resource a line?"
                raise UnreadableSource(f"{self.source.name} {told}")
            for statement in sql.statements(self.program):
                connection.execute(statement)
            for kind, n in connection.execute(sql.of_nobody()).fetchall():
                told = f"UnreadableRecord: {n} entries name no Patient."
                self._refused.append((self.source.name, 0, f"{kind}.subject", told))
            self._leave_out_overtaken(connection)
            reader = connection.sql(sql.people()).to_arrow_reader(PEOPLE_A_BATCH)
            for batch in reader:
                yield from zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)

    def _keep(self, connection: Any, work: Path) -> None:
        """What may count of all files at once; if a line is no resource or a file is damaged, of one after the other."""
        files = view_files(self.source)
        if not self._kept_whole(connection, files):
            for n, path in enumerate(files):
                if not self._kept_whole(connection, [path]):
                    copy = work / f"{n}.ndjson"
                    self._tell(path, *readable_copy(path, self._name(path), copy))
                    connection.execute(keep(self.program, [copy]))
                    copy.unlink()

    def _kept_whole(self, connection: Any, files: list[Path]) -> bool:
        """Keep what may count; nothing at all if a line is no resource or a file cannot be read to its end."""
        import duckdb

        connection.execute("BEGIN")
        try:
            connection.execute(keep(self.program, files))
            is_whole = not connection.execute("SELECT count(*) FROM kept WHERE kind IS NULL").fetchall()[0][0]
        except duckdb.OutOfMemoryException:  # of this machine, not of the file
            raise
        except duckdb.Error:
            is_whole = False
        connection.execute("COMMIT" if is_whole else "ROLLBACK")
        return is_whole

    def _leave_out_overtaken(self, connection: Any) -> None:
        connection.execute(overtaken.observed())
        codes = [code for (code,) in connection.execute(overtaken.CODES).fetchall()]
        connection.execute("CREATE TABLE overtakable (code VARCHAR)")
        named = [literal(code) for code in codes if overtaken.may_be_overtaken(self.program, code)]
        if named:
            connection.execute(f"INSERT INTO overtakable VALUES {', '.join(f'({code})' for code in named)}")
            connection.execute(overtaken.remove(self.at))

    def _name(self, path: Path) -> str:
        return path.relative_to(self.source).as_posix() if path != self.source else path.name

    def _tell(self, path: Path, told: list[Row], is_cut: bool) -> None:
        self._refused += told
        if is_cut:
            self.problems.append({"source": self._name(path), "what": f"{self._name(path)}: {ENDS}"})

    # -- one person --------------------------------------------------------------------------------------------------

    def _row(self, patient: str, entries: list[str]) -> dict[str, Any] | None:
        """The findings of one person; None if the record is no FHIR R4, which is told without naming the person."""
        try:
            resources = [json.loads(text) for text in entries]
            reading = read_record(self.program, record_of(resources, patient=patient), at=self.at)
        except UnreadableRecord as error:
            self._refused.append((self.source.name, 0, error.element, f"UnreadableRecord: {error}"))
            return None
        except (ValueError, RecursionError):
            self._refused.append((self.source.name, 0, "", NO_JSON))
            return None
        row: dict[str, Any] = dict(reading.findings)
        for name, value in row.items():
            if isinstance(value, dict):
                row[name] = list(value.items())
        row["id"] = patient.partition("/")[2]
        row["visit_date"] = _day(self.at)
        row["index_operation_date"] = _day(reading.operated_on)
        dead = next((r.get("deceasedDateTime") for r in resources if r.get("resourceType") == "Patient"), None)
        died, at = _day(dead), _day(self.at)
        row["death_date"] = died if died and died <= at else None
        return row


def _day(text: Any) -> Any:
    """The day of an ISO date or instant; None where it is not told to the day."""
    from datetime import date

    try:
        return date.fromisoformat(str(text)[:10]) if text and len(str(text)) >= 10 else None
    except ValueError:
        return None
