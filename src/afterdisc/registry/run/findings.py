"""A piece of a source as a findings table: by a registry's map, or by the columns' own names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from afterdisc.errors import UnreadableSource
from afterdisc.program import Program
from afterdisc.registry.columns import ID, RECORD_COLUMNS, SOURCE_FILE, SOURCE_ROW, record_type
from afterdisc.registry.files.pieces import Piece, column_names
from afterdisc.registry.files.sources import SourceFile
from afterdisc.registry.run.parts import Row
from afterdisc.registry.typed import refuse_names, refuse_twice, typed

NOBODY = "UnreadableRow: the row names no person. Fill in the column, or leave it out in every row."


@dataclass(frozen=True)
class FindingsOf:
    """Of a piece: (findings table with the source of each row, refused rows); a refused row is not in the table."""

    program: Program
    map: Any = None
    without: frozenset[str] = frozenset()
    record: tuple[str, ...] = ()  # record columns that every table gets, null where its file has none
    is_source: bool = True  # False: a table made by a stage before, which knows where its rows stood

    @staticmethod
    def plain(program: Program) -> FindingsOf:
        return FindingsOf(program, is_source=False)

    @staticmethod
    def checked(
        program: Program,
        files: list[SourceFile],
        map_file: Path | None,
        without: tuple[str, ...],
        problems: list[dict[str, str]],
    ) -> FindingsOf:
        """Looks at every file's columns first. A file that cannot be opened is added to `problems`.

        Raises UnknownFinding or UnreadableMap where columns do not fit: nothing is run on half of what was meant.
        """
        given, record = None, set()
        if map_file is not None:
            from afterdisc.registry.mapping import read_map

            given = read_map(map_file, program)
        for file in files:
            try:
                names = column_names(file)
            except UnreadableSource as error:
                problems.append({"source": file.name, "what": str(error)})
                continue
            names = [n for n in names if n not in without]
            if given is None:
                refuse_names(program, names, file.name)
                record |= {n for n in names if n in RECORD_COLUMNS and n not in (SOURCE_FILE, SOURCE_ROW)}
            else:
                refuse_twice(names, file.name)
                given.refuse_columns(names, file.name)
        return FindingsOf(program, given, frozenset(without), tuple(n for n in RECORD_COLUMNS if n in record))

    def __call__(self, piece: Piece) -> tuple[Any, list[Row]]:
        name, numbers = piece.file.name, row_numbers(piece)
        refused: list[Row] = [(name, r.row, r.column, r.reason) for r in piece.refused]
        without = self.without | {SOURCE_FILE, SOURCE_ROW} if self.is_source and self.map is None else self.without
        table = piece.table.drop_columns([c for c in piece.table.schema.names if c in without])
        if self.map is not None:
            made, wrong = self._mapped(table)
        else:
            made, found = typed(self.program, table)
            wrong = [(r.row, r.column, r.reason) for r in found]
        unread = {row for row, column, _ in wrong if column == ID}
        wrong += [(row, ID, NOBODY) for row in _nameless(made) if row not in unread]
        refused += [(name, int(numbers[row]), column, reason) for row, column, reason in wrong]
        return self._kept(made, name, numbers, {row for row, _, _ in wrong}), refused

    def _mapped(self, table: Any) -> tuple[Any, list[tuple[int, str, str]]]:
        import pyarrow as pa

        from afterdisc.registry.mapping import mapped

        batches = table.combine_chunks().to_batches()
        batch = batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)
        made, wrong = mapped(self.map, self.program, batch)
        return pa.Table.from_batches([made]), wrong

    def _kept(self, table: Any, file: str, numbers: Any, wrong: set[int]) -> Any:
        """Without the refused rows, with where each row stood in the source, and with a name for each person."""
        import pyarrow as pa

        if self.is_source or SOURCE_ROW not in table.schema.names:
            table = table.drop_columns([n for n in (SOURCE_FILE, SOURCE_ROW) if n in table.schema.names])
            table = table.append_column(SOURCE_FILE, pa.repeat(pa.scalar(file), len(numbers)))
            table = table.append_column(SOURCE_ROW, pa.array(numbers, pa.int64()))
        for name in self.record:
            if name not in table.schema.names:
                table = table.append_column(name, pa.nulls(table.num_rows, record_type(name)))
        if ID not in table.schema.names:
            table = table.add_column(0, ID, pa.array([str(n) for n in numbers], pa.string()))
        if not wrong:
            return table
        return table.take(pa.array(np.setdiff1d(np.arange(table.num_rows), sorted(wrong)), pa.int64()))


def _nameless(table: Any) -> Any:
    """Rows whose `id` is empty: taken together they would be one person."""
    import pyarrow.compute as pc

    if ID not in table.schema.names:
        return np.array([], np.intp)
    return np.flatnonzero(pc.fill_null(pc.equal(pc.utf8_trim_whitespace(table.column(ID)), ""), True).to_numpy())


def row_numbers(piece: Piece) -> Any:
    """[row of the table] the row of the file it was."""
    every = np.arange(piece.first_row, piece.first_row + piece.n_rows)
    return every[~np.isin(every, [r.row for r in piece.refused])] if piece.refused else every
