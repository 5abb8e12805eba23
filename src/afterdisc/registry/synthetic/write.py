"""write_registry: a synthetic registry as files, the truth beside it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from afterdisc.errors import AnotherRun, RegistryError
from afterdisc.program import Program
from afterdisc.registry.run.parts import room_needed
from afterdisc.registry.synthetic.fhir import resources_of
from afterdisc.registry.synthetic.registry import Asked, Block, draw_registry

KINDS = ("parquet", "csv", "fhir")
ROWS_A_FILE = 262_144


def write_registry(
    program: Program, asked: Asked, out: Path, *, kind: str = "parquet", progress: Callable[[int], None] = lambda n: None
) -> int:
    """Write `asked.n` people below `out`: `findings/` (Parquet or CSV) or `fhir/` (a bulk export), and `truth.parquet`.

    The same seed and condition give the same files to the byte. The folder must be new or empty; it is complete once
    `draw.json` stands in it. Returns how many rows or resources were written. Raises AnotherRun, NoRoom, RegistryError.
    """
    if kind not in KINDS:
        raise RegistryError(f"a registry is written as one of {', '.join(KINDS)}.")
    try:
        if out.exists() and any(out.iterdir()):
            raise AnotherRun(f"{out.name} is not empty. Name a new folder.")
        out.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise RegistryError(f"no folder can be made at {out.name}: {wrong.strerror}. Name a new folder.") from None
    writer = {"parquet": _parquet, "csv": _csv, "fhir": _fhir}[kind]
    n = 0
    try:
        with room_needed(out), _tables(out / "truth.parquet") as truth, writer(program, asked, out) as findings:
            for block in draw_registry(program, asked):
                truth(block.truth)
                n += findings(block)
                progress(block.n)
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)  # half a registry is none
        raise
    told = {"people": asked.n, "seed": asked.seed, "where": asked.where.text if asked.where else None, "visits": asked.n_visits}
    told |= {"today": asked.today, "kind": kind, "knowledge": program.version, "fingerprint": program.fingerprint}
    (out / "draw.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return n


@contextmanager
def _tables(path: Path) -> Iterator[Callable[[Any], int]]:
    import pyarrow.parquet as pq

    writer = None

    def write(table: Any) -> int:
        nonlocal writer
        if writer is None:
            writer = pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
        return int(table.num_rows)

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


@contextmanager
def _parquet(program: Program, asked: Asked, out: Path) -> Iterator[Callable[[Block], int]]:
    """Files of some hundred thousand rows."""
    folder = out / "findings"
    folder.mkdir()
    number, in_file = 0, 0
    opened = _tables(folder / f"part-{number:05d}.parquet")
    write = opened.__enter__()

    def add(block: Block) -> int:
        nonlocal number, in_file, opened, write
        if in_file >= ROWS_A_FILE:
            opened.__exit__(None, None, None)
            number, in_file = number + 1, 0
            opened = _tables(folder / f"part-{number:05d}.parquet")
            write = opened.__enter__()
        in_file += write(block.findings)
        return int(block.findings.num_rows)

    try:
        yield add
    finally:
        opened.__exit__(None, None, None)


@contextmanager
def _csv(program: Program, asked: Asked, out: Path) -> Iterator[Callable[[Block], int]]:
    import pyarrow.csv as csv

    folder = out / "findings"
    folder.mkdir()
    writer: Any = None

    def add(block: Block) -> int:
        nonlocal writer
        if writer is None:
            writer = csv.CSVWriter(folder / "findings.csv", block.findings.schema)
        writer.write_table(block.findings)
        return int(block.findings.num_rows)

    try:
        yield add
    finally:
        if writer is not None:
            writer.close()


@contextmanager
def _fhir(program: Program, asked: Asked, out: Path) -> Iterator[Callable[[Block], int]]:
    """One file a type of resource."""
    folder = out / "fhir"
    folder.mkdir()
    files: dict[str, IO[str]] = {}

    def add(block: Block) -> int:
        n = 0
        for resource in resources_of(program, block.findings):
            kind = resource["resourceType"]
            if kind not in files:
                files[kind] = (folder / f"{kind}.ndjson").open("w", encoding="utf-8")
            files[kind].write(json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n")
            n += 1
        return n

    try:
        yield add
    finally:
        for file in files.values():
            file.close()
