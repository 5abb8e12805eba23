"""What comes before the assessment: mapping columns, choosing each person's state, reading a FHIR export.

Each stage writes Parquet files below `work` and a mark when it is whole; a start after a kill takes whole stages as they are.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from afterdisc.program import Program
from afterdisc.registry.columns import SOURCE_FILE, SOURCE_ROW
from afterdisc.registry.files.pieces import Piece
from afterdisc.registry.files.sources import SourceFile
from afterdisc.registry.run.parts import REFUSED, WORK, Row, refused_file, room_needed, write_whole

ROWS_A_FILE = 262_144


@dataclass(frozen=True)
class Stage:
    """What a stage took in, gave out and refused. One row is one row of the source, then one person (and visit).

    n_people_left_out  people without a row: as of a day those first seen later, with a row a visit those without
                       a dated visit
    """

    name: str
    n_in: int
    n_out: int
    n_refused: int
    n_people_left_out: int = 0


def staged(
    out: Path, name: str, make: Callable[[Path], Stage], problems: list[dict[str, str]]
) -> tuple[Stage, list[SourceFile]]:
    """The stage and its files, made now unless they were made whole before.

    What was found damaged on the way is added to `problems`, now or again. Refused rows stand in REFUSED beside the files.
    """
    begun = len(problems)
    folder = out / WORK / name
    mark = out / WORK / f"{name}.json"
    if not mark.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with room_needed(out):
            stage = make(folder)
            write_whole(mark, json.dumps({"stage": asdict(stage), "problems": problems[begun:]}).encode())
    told = json.loads(mark.read_bytes())
    problems[begun:] = told["problems"]
    paths = sorted(folder.glob("*.parquet"))
    return Stage(**told["stage"]), [SourceFile(p, p.name, "parquet", p.stat().st_size) for p in paths]


def write_tables(folder: Path, tables: Iterable[Any]) -> int:
    """Write tables or record batches into files of some hundred thousand rows, other columns into another file.

    Returns how many rows.
    """
    import pyarrow.parquet as pq

    n, writer, number, in_file = 0, None, 0, 0
    for table in tables:
        if writer is not None and not writer.schema.equals(table.schema):
            writer.close()
            writer, number, in_file = None, number + 1, 0
        if writer is None:
            writer = pq.ParquetWriter(folder / f"part-{number:05d}.parquet", table.schema, compression="zstd")
        writer.write(table)
        n, in_file = n + table.num_rows, in_file + table.num_rows
        if in_file >= ROWS_A_FILE:
            writer.close()
            writer, number, in_file = None, number + 1, 0
    if writer is not None:
        writer.close()
    return n


def follow_up_stage(
    program: Program, files: list[SourceFile], *, as_of: str | None, each_visit: bool
) -> Callable[[Path], Stage]:
    """One row a person as of a day, or one a visit."""

    def make(folder: Path) -> Stage:
        import pyarrow.parquet as pq

        from afterdisc.registry.follow_up import as_of as states_as_of
        from afterdisc.registry.follow_up import n_left_out

        paths = [f.path for f in files]
        n_in = sum(pq.read_metadata(path).num_rows for path in paths)
        n_out = write_tables(folder, states_as_of(program, paths, date=as_of, each_visit=each_visit))
        return Stage("follow_up", n_in, n_out, 0, n_left_out(paths, date=as_of, each_visit=each_visit))

    return make


def table_stage(pieces: Iterable[Piece], findings_of: Callable[[Piece], tuple[Any, list[Row]]]) -> Callable[[Path], Stage]:
    """Rows of a source as findings tables."""

    def make(folder: Path) -> Stage:
        n_in = n_refused = 0

        def tables() -> Iterable[Any]:
            nonlocal n_in, n_refused
            for piece in pieces:
                table, wrong = findings_of(piece)
                n_in += piece.n_rows
                n_refused += len({row for _, row, _, _ in wrong})
                refuse(wrong)
                if table.num_rows:
                    yield table

        with refused_file(folder / REFUSED) as refuse:
            n_out = write_tables(folder, tables())
        return Stage("findings", n_in, n_out, n_refused)

    return make


def fhir_stage(program: Program, source: Path, problems: list[dict[str, str]], *, at: str) -> Callable[[Path], Stage]:
    """A FHIR bulk export as a findings table, one row a person; `source_row` is their place in the order of ids."""

    def make(folder: Path) -> Stage:
        from afterdisc.registry.bulk import findings_of

        ingest = findings_of(program, source, at=at)
        n_out = write_tables(folder, _numbered(ingest.batches(), source.name))
        problems.extend(ingest.problems)
        with refused_file(folder / REFUSED) as refuse:
            refuse(ingest.refused())
        return Stage("fhir", n_out, n_out, 0)

    return make


def _numbered(batches: Iterable[Any], source: str) -> Iterable[Any]:
    import pyarrow as pa

    n = 0
    for batch in batches:
        numbers = pa.array(range(n + 1, n + batch.num_rows + 1), pa.int64())
        n += batch.num_rows
        yield batch.append_column(SOURCE_FILE, pa.repeat(pa.scalar(source), batch.num_rows)).append_column(SOURCE_ROW, numbers)
