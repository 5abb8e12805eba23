"""The receipt of a run: what went in, what came out, by which knowledge and software, and what was not read."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from afterdisc.program import Program
from afterdisc.registry.files.sources import SourceFile, sha256_of
from afterdisc.registry.run.journal import Journal
from afterdisc.registry.run.parts import PEOPLE, REFUSED, WORK, people_part, room_needed, write_whole
from afterdisc.registry.run.stages import Stage

NAME = "receipt.json"
SCHEMA = "afterdisc-registry-receipt/1"
PACKAGES = ("afterdisc", "numpy", "numba", "pyarrow", "duckdb")


def receipt_of(
    program: Program,
    out: Path,
    journal: Journal,
    *,
    command: str,
    settings: dict[str, Any],
    files: list[SourceFile],
    stages: list[Stage],
    problems: list[dict[str, str]],
    not_read: list[str],
    begun: str,
    ended: str,
) -> dict[str, Any]:
    """The receipt as plain data. Every row of the source is in `rows`: in = out + refused, stage by stage.

    But for the stage `follow_up`, which joins the rows of a person; it says how many people have no row, and so are left out.
    """
    assessed = Stage(
        "assessed",
        sum(d.n_in for d in journal.done),
        sum(d.n_out for d in journal.done),
        sum(d.n_refused for d in journal.done),
    )
    every = [*stages, assessed]
    written = [d for d in journal.done if d.sha256]
    parts = [{"file": f"{PEOPLE}/{people_part(out, d.part).name}", "rows": d.n_out, "sha256": d.sha256} for d in written]
    return {
        "schema": SCHEMA,
        "complete": not problems,
        "rows": {"in": every[0].n_in, "out": assessed.n_out, "refused": sum(s.n_refused for s in every)},
        "stages": [asdict(s) for s in every],
        "problems": problems,
        "not_read": not_read,
        "several_rows_a_person": _several_rows(out, [str(people_part(out, d.part)) for d in written]),
        "knowledge": {"version": program.version, "fingerprint": program.fingerprint},
        "command": command,
        "settings": settings,
        "software": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "begun": begun,
        "ended": ended,
        "sources": [{"name": f.name, "bytes": f.n_bytes, "sha256": _checksum(f)} for f in files],
        "parts": parts,
        "refused": {"file": REFUSED, "sha256": sha256_of(out / REFUSED)},
    }


def _checksum(file: SourceFile) -> str | None:
    """None if the file cannot be read, which `problems` tells."""
    try:
        return sha256_of(file.path)
    except OSError:
        return None


def _several_rows(out: Path, files: list[str]) -> dict[str, int]:
    """How many people stand in several rows of one visit day (or of none), and in how many rows they stand."""
    if not files:
        return {"people": 0, "rows": 0}
    import duckdb
    import pyarrow.parquet as pq

    key = "id, visit_date" if "visit_date" in pq.read_schema(files[0]).names else "id"
    several = f"SELECT count(*) AS n FROM read_parquet(?) GROUP BY {key} HAVING n > 1"
    with duckdb.connect(config={"temp_directory": str(out / WORK / "spilled"), "memory_limit": "1GB"}) as connection:
        people, rows = connection.execute(f"SELECT count(*), coalesce(sum(n), 0) FROM ({several})", [files]).fetchall()[0]
    return {"people": int(people), "rows": int(rows)}


def write_receipt(out: Path, receipt: dict[str, Any]) -> None:
    with room_needed(out):
        write_whole(out / NAME, json.dumps(receipt, ensure_ascii=False, indent=2).encode() + b"\n")


def read_receipt(out: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads((out / NAME).read_bytes())
    except FileNotFoundError:
        return None
    return told


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
