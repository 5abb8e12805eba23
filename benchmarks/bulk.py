"""A FHIR bulk export to findings, against DuckDB's bare read_json; and Observations to a table, against fhir.resources."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from fhir.resources.R4B.observation import Observation
from figures import Contender, Figure, at_least, cpu_seconds, interleaved, progress, times_as_fast

from afterdisc.program import Program
from afterdisc.registry.bulk import findings_of, views_of
from afterdisc.views import compile_view, read_view, run_view

N_PEOPLE, SEED, AT = 250, 4, "2026-11-01"
N_PARSED = 2_000  # lines that the peer parses in one round
# Lines of one person by type, and those of them that carry a declared code: the shares that Synthea's people have.
LINES = {"Observation": 1270, "Procedure": 370, "Encounter": 170, "Claim": 170, "Condition": 160, "DiagnosticReport": 115}
DECLARED = {"Observation": 127, "Procedure": 3, "Condition": 4, "DiagnosticReport": 1}
CODES = {
    "Observation": ("http://loinc.org", "1988-5"),
    "Procedure": ("http://www.ama-assn.org/go/cpt", "63030"),
    "Condition": ("http://snomed.info/sct", "23056005"),
    "DiagnosticReport": ("http://loinc.org", "24967-2"),
}
WHEN = {"Observation": "effectiveDateTime", "Procedure": "performedDateTime", "Condition": "onsetDateTime"}
VIEW = {
    "resourceType": "ViewDefinition",
    "name": "observations",
    "status": "active",
    "resource": "Observation",
    "select": [
        {
            "column": [
                {"name": "id", "path": "getResourceKey()"},
                {"name": "patient", "path": "subject.getReferenceKey(Patient)"},
                {"name": "status", "path": "status"},
                {"name": "code", "path": "code.coding.first().code"},
                {"name": "day", "path": "effective.ofType(dateTime)"},
                {"name": "amount", "path": "value.ofType(Quantity).value"},
                {"name": "unit", "path": "value.ofType(Quantity).code"},
            ]
        }
    ],
}


def measure(program: Program, rounds: int) -> Iterator[Figure]:
    """The figures of this file."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        export(source, N_PEOPLE)
        megabytes = sum(f.stat().st_size for f in source.glob("*.ndjson")) / 1e6
        progress(f"bulk: {N_PEOPLE} people, {megabytes:.0f} MB, {rounds} rounds")
        yield table(source, rounds)
        yield ingest(program, source, megabytes, rounds)


def ingest(program: Program, source: Path, megabytes: float, rounds: int) -> Figure:
    """From the files to the findings of every person; the peer reads the elements our views read, and leaves it at that."""
    columns = {view["resource"]: compile_view(read_view(view)).columns for view in views_of(program)}
    times = interleaved(
        [
            Contender("ours", lambda: people(program, source)),
            Contender("bare", lambda: [bare(file, columns.get(file.stem, {})) for file in source.glob("*.ndjson")]),
        ],
        rounds,
    )
    ours, peer = cpu_seconds(times["ours"]), cpu_seconds(times["bare"])
    note = f"{megabytes / min(ours):.0f} MB/s of processor time, DuckDB alone {megabytes / min(peer):.0f}"
    return at_least("FHIR bulk export to findings, to a bare read_json", times_as_fast(ours, peer), 0.6, note=note)


def people(program: Program, source: Path) -> None:
    n = sum(batch.num_rows for batch in findings_of(program, source, at=AT).batches())
    assert n == N_PEOPLE, "somebody is missing"


def bare(file: Path, columns: dict[str, str]) -> None:
    """Every element that our views read of this type, each counted so that none is passed over."""
    wanted = {"resourceType": "VARCHAR", "id": "VARCHAR"} | dict(columns)
    given = ", ".join(f"'{name}': '{kind}'" for name, kind in wanted.items())
    counted = ", ".join(f'count("{name}")' for name in wanted)
    duckdb.sql(f"SELECT {counted} FROM read_json('{file}', format = 'newline_delimited', columns = {{{given}}})").fetchall()


def table(source: Path, rounds: int) -> Figure:
    """A line of Observation.ndjson as seven columns."""
    file = source / "Observation.ndjson"
    view, n = read_view(VIEW), N_PEOPLE * LINES["Observation"]
    with file.open() as handle:
        lines = [next(handle) for _ in range(N_PARSED)]
    read = [batch.num_rows for batch in run_view(view, file).batches]
    assert sum(read) == n, "a line is missing"
    times = interleaved(
        [
            Contender("ours", lambda: list(run_view(view, file).batches), n),
            Contender("fhir.resources", lambda: [Observation.model_validate_json(line) for line in lines], N_PARSED),
        ],
        rounds,
    )
    ratio = times_as_fast(cpu_seconds(times["ours"]), cpu_seconds(times["fhir.resources"]))
    return at_least("Observations to a table, to fhir.resources", ratio, 100)


def export(folder: Path, n_people: int) -> None:
    """One file a type, the entries of a person one after the other; the same for everybody who runs it."""
    draw = random.Random(SEED)
    with (folder / "Patient.ndjson").open("w") as patients:
        for k in range(n_people):
            person = {"resourceType": "Patient", "id": f"p{k}", "gender": "female", "birthDate": "1970-03-04"}
            patients.write(json.dumps(person, separators=(",", ":")) + "\n")
    for kind, n in LINES.items():
        with (folder / f"{kind}.ndjson").open("w") as handle:
            for k in range(n_people):
                for i in range(n):
                    handle.write(json.dumps(entry(draw, kind, k, i), separators=(",", ":")) + "\n")


def entry(draw: random.Random, kind: str, person: int, i: int) -> dict[str, Any]:
    """One resource of the size that Synthea gives it: some 800 characters."""
    system, code = CODES[kind] if i < DECLARED.get(kind, 0) else ("http://loinc.org", f"{i}-0")
    said, unit = "What was found or done", "mg/L"
    day = (date(2026, 10, 30) - timedelta(days=draw.randrange(3000))).isoformat()
    return {
        "resourceType": kind,
        "id": f"{kind}-{person}-{i}-03f2fe7f-04f9-4136-bcce-2c5ba49abe73",
        "meta": {"profile": [f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{kind.lower()}"]},
        "status": "completed" if kind == "Procedure" else "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "lab"}]}],
        "code": {"coding": [{"system": system, "code": code, "display": said}], "text": said},
        "subject": {"reference": f"Patient/p{person}"},
        "encounter": {"reference": f"Encounter/{person}-{i}-03f2fe7f-04f9-4136-bcce-2c5ba49abe73"},
        WHEN.get(kind, "effectiveDateTime"): f"{day}T09:30:00+01:00",
        "issued": f"{day}T09:30:00.123+01:00",
        "valueQuantity": {"value": draw.randrange(90), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        "text": {"status": "generated", "div": "x" * 120},
    }


if __name__ == "__main__":
    from afterdisc.door import load_program

    for figure in measure(load_program(), 5):
        print(f"{figure.measure}: {figure.value:.2f} ({min(figure.values):.2f} to {max(figure.values):.2f}) {figure.note}")
