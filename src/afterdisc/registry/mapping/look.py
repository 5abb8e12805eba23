"""A look at the first rows of a source: to draft a map, or to try one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from afterdisc.errors import UnreadableSource
from afterdisc.program import Program
from afterdisc.registry.files.pieces import pieces_of
from afterdisc.registry.files.sources import source_files
from afterdisc.registry.mapping.mapped import mapped
from afterdisc.registry.mapping.read import read_map
from afterdisc.registry.mapping.suggest import MOST_CODES, Suggestion, suggest
from afterdisc.registry.outcomes import outcomes

SAMPLE_ROWS = 5_000
LONGEST_CODE = 30


def drafted(program: Program, source: Path) -> Suggestion:
    """A draft of a map for the first file of a source."""
    table = _first_rows(source)
    return suggest(program, table.schema.names, _codes(table), source=source.name)


def checked(program: Program, source: Path, map_file: Path) -> tuple[int, Counter[tuple[str, str]]]:
    """(rows tried, (column, reason) -> how many rows), over mapping and the assessment itself."""
    import pyarrow as pa

    table, given = _first_rows(source), read_map(map_file, program)
    given.refuse_columns(table.schema.names, source.name)
    batches = table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
    found, refused = mapped(given, program, batches[0])
    wrong = Counter((column, reason) for _, column, reason in refused)
    _, more = outcomes(program, found, intervals=False)
    wrong.update((refusal.column, refusal.reason) for refusal in more)
    return table.num_rows, wrong


def _first_rows(source: Path) -> Any:
    files, _ = source_files(source)
    if files[0].kind == "ndjson":
        raise UnreadableSource(f"{source.name} is FHIR: it needs no map; the knowledge base says how it is read.")
    piece = next(iter(pieces_of(files[0], SAMPLE_ROWS)), None)
    if piece is None:
        raise UnreadableSource(f"{files[0].name} holds no rows.")
    return piece.table


def _codes(table: Any) -> dict[str, list[str]]:
    """The different values of columns that hold few: codes, not persons."""
    import pyarrow as pa
    import pyarrow.compute as pc

    out = {}
    for name in table.schema.names:
        values = table.column(name)
        if pa.types.is_nested(values.type):
            continue
        different = [v for v in pc.unique(values.cast(pa.string())).to_pylist() if v]
        if len(different) <= min(MOST_CODES, table.num_rows // 2) and all(len(v) <= LONGEST_CODE for v in different):
            out[name] = sorted(different)
    return out
