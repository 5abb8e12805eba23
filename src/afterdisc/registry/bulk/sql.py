"""The SQL of an ingest, statement by statement: which entries count, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from afterdisc.fhir.read.codes import CODED_BY
from afterdisc.fhir.read.stands import STATUSES, WITHOUT_STATUS
from afterdisc.program import Program
from afterdisc.registry.bulk.views import MEDICINES, OUR_CODES, PATIENT, RESPONSE, codes_of, views_of
from afterdisc.views import compile_view, read_view
from afterdisc.views.run import relation_over
from afterdisc.views.shape import literal

PERSON = r"regexp_extract(coalesce(subject, patient), '(?:^|/)(Patient/[A-Za-z0-9\-\.]+)(?:/_history/.*)?$', 1)"
MEDICATION = r"(?:^|/)(Medication/[A-Za-z0-9\-\.]+)(?:/_history/.*)?$"
KEY = "kind || '/' || id"


def statements(program: Program) -> Iterator[str]:
    """From `kept`, the lines that may count, to `entries`, those that do and whose they are."""
    yield "CREATE TABLE codes (kind VARCHAR, system VARCHAR, code VARCHAR, n_letters INTEGER)"
    yield from _codes(program)
    yield "CREATE TABLE counting (key VARCHAR)"
    yield "CREATE TABLE entries (place BIGINT, kind VARCHAR, patient VARCHAR)"
    for view in views_of(program):
        kind = str(view["resource"])
        if kind in CODED_BY:
            yield _counting(program, view, kind)
        yield _entries(program, kind)
    yield _medications()


def people() -> str:
    """patient, all entries that count for them: one row a person, in the order of their ids."""
    return (
        "SELECT e.patient, list(k.json ORDER BY k.json) AS entries FROM entries e JOIN kept k ON e.place = k.rowid "
        "WHERE e.patient LIKE 'Patient/%' GROUP BY e.patient ORDER BY e.patient"
    )


def of_nobody() -> str:
    """Entries that count but name no person."""
    return "SELECT kind, count(*) FROM entries WHERE patient IS NULL OR patient = '' GROUP BY ALL ORDER BY ALL"


def _codes(program: Program) -> Iterator[str]:
    rows = []
    for kind, codes in codes_of(program).items():
        rows += [(kind, system, code, "NULL") for system, code in sorted(codes.exact)]
        rows += [(kind, system, start, str(len(start))) for system, start in sorted(codes.begins)]
    for start in range(0, len(rows), 500):
        values = ", ".join(f"({literal(k)}, {literal(s)}, {literal(c)}, {n})" for k, s, c, n in rows[start : start + 500])
        yield f"INSERT INTO codes VALUES {values}"


def _counting(program: Program, view: Mapping[str, object], kind: str) -> str:
    """The keys of entries whose code is declared, exactly or by its beginning, or is one of ours."""
    compiled = compile_view(read_view(view))
    rows = compiled.over(relation_over(compiled, f"SELECT json FROM kept WHERE kind = {literal(kind)}"))
    ours = f"system = {literal(program.book['fhir']['canonical'] + OUR_CODES)}"
    lengths = sorted({len(start) for _, start in codes_of(program)[kind].begins})
    mine = f"c.kind = {literal(kind)} AND c.system = rtrim(v.system, '/')"
    matches = ["c.n_letters IS NULL AND c.code = trim(v.code)"]
    matches += [f"c.n_letters = {n} AND c.code = left(trim(v.code), {n})" for n in lengths]
    parts = [f"SELECT key FROM v SEMI JOIN codes c ON {mine} AND {match}" for match in matches]
    if kind == "Observation":
        parts.append(f"SELECT key FROM v WHERE {ours}")
    return f"INSERT INTO counting WITH v AS MATERIALIZED ({rows}) SELECT DISTINCT key FROM ({' UNION ALL '.join(parts)})"


def _entries(program: Program, kind: str) -> str:
    """Those entries themselves, with whose they are; of medicines, people and our questionnaire every one that stands."""
    person = KEY if kind == PATIENT else PERSON
    conditions = [f"kind = {literal(kind)}"]
    if kind in STATUSES and kind not in WITHOUT_STATUS:
        conditions.append(f"status IN ({', '.join(map(literal, sorted(STATUSES[kind])))})")
    if kind == RESPONSE:
        ours = literal(program.book["fhir"]["canonical"] + "/Questionnaire/intake")
        conditions.append(f"starts_with(json ->> '$.questionnaire', {ours})")
    elif kind not in (PATIENT, *MEDICINES):
        conditions.append(f"(id IS NULL OR {KEY} IN (SELECT key FROM counting))")
    return f"INSERT INTO entries SELECT rowid, kind, {person} FROM kept WHERE {' AND '.join(conditions)}"


def _medications() -> str:
    """The medicines that people's entries point to, beside those entries."""
    pointed = f"regexp_extract(json ->> '$.medicationReference.reference', {literal(MEDICATION)}, 1)"
    medicines = ", ".join(map(literal, MEDICINES))
    asked = f"SELECT e.patient, json FROM entries e JOIN kept k ON e.place = k.rowid WHERE e.kind IN ({medicines})"
    return (
        f"INSERT INTO entries SELECT DISTINCT m.place, 'Medication', p.patient FROM "
        f"(SELECT patient, {pointed} AS key FROM ({asked}) WHERE key <> '') p JOIN "
        f"(SELECT {KEY} AS key, rowid AS place FROM kept WHERE kind = 'Medication') m ON p.key = m.key"
    )
