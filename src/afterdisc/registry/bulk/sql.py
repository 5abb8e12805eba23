"""The SQL of an ingest, statement by statement: which entries count, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from afterdisc.fhir.read.codes import CODED_BY
from afterdisc.program import Program
from afterdisc.registry.bulk.views import MEDICINES, OUR_CODES, PATIENT, RESPONSE, codes_of, views_of
from afterdisc.views import compile_view, read_view
from afterdisc.views.run import LARGEST_RESOURCE, relation_of
from afterdisc.views.shape import literal

PERSON = (
    "regexp_extract(coalesce(json ->> '$.subject.reference', json ->> '$.patient.reference'), "
    r"'(?:^|/)(Patient/[A-Za-z0-9\-\.]+)(?:/_history/.*)?$', 1)"
)
MEDICATION = r"(?:^|/)(Medication/[A-Za-z0-9\-\.]+)(?:/_history/.*)?$"
KEY = "(json ->> '$.resourceType') || '/' || (json ->> '$.id')"


def objects(files: Sequence[Path]) -> str:
    """One row a line; a line that is no JSON is null."""
    names = "[" + ", ".join(literal(str(f)) for f in files) + "]"
    return f"read_ndjson_objects({names}, ignore_errors = true, filename = true, maximum_object_size = {LARGEST_RESOURCE})"


def census(files: Sequence[Path]) -> str:
    """file, type of resource (null: no JSON, or none), how many."""
    return f"SELECT filename, json ->> '$.resourceType' AS kind, count(*) AS n FROM {objects(files)} GROUP BY ALL ORDER BY ALL"


def statements(program: Program, files: Mapping[str, Sequence[Path]]) -> Iterator[str]:
    """Everything before the last query: `files` are those that hold a type of resource."""
    yield "CREATE TABLE codes (kind VARCHAR, system VARCHAR, code VARCHAR, n_letters INTEGER)"
    yield from _codes(program)
    yield "CREATE TABLE counting (key VARCHAR)"
    yield "CREATE TABLE entries (patient VARCHAR, json VARCHAR)"
    for view in views_of(program):
        kind = str(view["resource"])
        if not files.get(kind):
            continue
        if kind in CODED_BY:
            yield _counting(program, view, kind, files[kind])
        yield _entries(program, kind, files[kind])
    if files.get("Medication"):
        yield _medications(files["Medication"])


def people() -> str:
    """patient, all entries that count for them: one row a person, in the order of their ids."""
    return (
        "SELECT patient, list(json ORDER BY json) AS entries FROM entries WHERE patient LIKE 'Patient/%' "
        "GROUP BY patient ORDER BY patient"
    )


def of_nobody() -> str:
    """Entries that count but name no person."""
    return (
        "SELECT json ->> '$.resourceType' AS kind, count(*) FROM entries WHERE patient IS NULL OR patient = '' "
        "GROUP BY ALL ORDER BY ALL"
    )


def _codes(program: Program) -> Iterator[str]:
    rows = []
    for kind, codes in codes_of(program).items():
        rows += [(kind, system, code, "NULL") for system, code in sorted(codes.exact)]
        rows += [(kind, system, start, str(len(start))) for system, start in sorted(codes.begins)]
    for start in range(0, len(rows), 500):
        values = ", ".join(f"({literal(k)}, {literal(s)}, {literal(c)}, {n})" for k, s, c, n in rows[start : start + 500])
        yield f"INSERT INTO codes VALUES {values}"


def _counting(program: Program, view: Mapping[str, object], kind: str, files: Sequence[Path]) -> str:
    """The keys of entries whose code is declared, exactly or by its beginning, or is one of ours."""
    compiled = compile_view(read_view(view))
    rows = compiled.over(relation_of(compiled, files))
    ours = f"system = {literal(program.book['fhir']['canonical'] + OUR_CODES)}"
    lengths = sorted({len(start) for _, start in codes_of(program)[kind].begins})
    mine = f"c.kind = {literal(kind)} AND c.system = rtrim(v.system, '/')"
    matches = ["c.n_letters IS NULL AND c.code = trim(v.code)"]
    matches += [f"c.n_letters = {n} AND c.code = left(trim(v.code), {n})" for n in lengths]
    parts = [f"SELECT key FROM v SEMI JOIN codes c ON {mine} AND {match}" for match in matches]
    if kind == "Observation":
        parts.append(f"SELECT key FROM v WHERE {ours}")
    return f"INSERT INTO counting WITH v AS MATERIALIZED ({rows}) SELECT DISTINCT key FROM ({' UNION ALL '.join(parts)})"


def _entries(program: Program, kind: str, files: Sequence[Path]) -> str:
    """Those entries themselves, with whose they are; of medicines, people and our questionnaire every one."""
    person = KEY if kind == PATIENT else PERSON
    conditions = [f"json ->> '$.resourceType' = {literal(kind)}"]
    if kind == RESPONSE:
        ours = literal(program.book["fhir"]["canonical"] + "/Questionnaire/intake")
        conditions.append(f"starts_with(json ->> '$.questionnaire', {ours})")
    elif kind not in (PATIENT, *MEDICINES):
        conditions.append(f"(json ->> '$.id' IS NULL OR {KEY} IN (SELECT key FROM counting))")
    return f"INSERT INTO entries SELECT {person}, CAST(json AS VARCHAR) FROM {objects(files)} WHERE {' AND '.join(conditions)}"


def _medications(files: Sequence[Path]) -> str:
    """The medicines that people's entries point to, beside those entries."""
    pointed = f"regexp_extract(json ->> '$.medicationReference.reference', {literal(MEDICATION)}, 1)"
    asked = f"SELECT patient, {pointed} AS key FROM (SELECT patient, CAST(json AS JSON) AS json FROM entries) WHERE key <> ''"
    listed = f"SELECT {KEY} AS key, json FROM {objects(files)} WHERE json ->> '$.resourceType' = 'Medication'"
    return (
        f"INSERT INTO entries SELECT DISTINCT p.patient, CAST(m.json AS VARCHAR) FROM ({asked}) p JOIN ({listed}) m "
        "ON p.key = m.key"
    )
