"""Entries that a newer one of the same code overtakes, whatever else the record holds: they need not be read.

The newest entry decides. So of the observations of one code, those dated to an earlier day than one that stands and has a value
can decide nothing, unless a reading counts entries, or takes an older yes as lasting.
"""

from __future__ import annotations

import json
from typing import Any

from afterdisc.fhir.read.codes import Reader, lookup_of, readers_for
from afterdisc.program import Program
from afterdisc.registry.bulk.views import OUR_CODES
from afterdisc.views.shape import literal

KIND = "Observation"
NEWEST_DECIDES = ("quantity", "at_least", "state", "yes_no")
CLOSE_DAYS = 3  # so near to the day asked, an hour or a time zone may put an entry after it
CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-3]):[0-5]\d)?"
WRITTEN = rf"\d{{4}}-\d\d-\d\d(T{CLOCK})?"


def observed() -> str:
    """The table `observed`: the place of an entry that stands, whose it is, its code as written, its day, and whether it says
    that a value is absent."""
    is_absent = "contains(k.json, '\"dataAbsentReason\"')"
    day = "TRY_CAST(left(effective, 10) AS DATE)"
    return (
        f"CREATE TABLE observed AS SELECT place, e.patient, code, {day} AS day, {is_absent} AS is_absent "
        f"FROM entries e JOIN kept k ON e.place = k.rowid WHERE e.kind = {literal(KIND)} AND component IS NULL "
        f"AND regexp_full_match(effective, {literal(WRITTEN)}) AND {day} IS NOT NULL"
    )


CODES = "SELECT DISTINCT code FROM observed WHERE code IS NOT NULL"


def may_be_overtaken(program: Program, code: str) -> bool:
    """Whether of all readings of this code, a CodeableConcept as JSON, the newest entry decides."""
    lookup, ours = lookup_of(program), program.book["fhir"]["canonical"] + OUR_CODES
    concept: Any = json.loads(code)
    if ours in code or any(kind == KIND for kind, _ in lookup.by_path):
        return False
    readers = [reader for reader, _ in readers_for(lookup, KIND, concept)]
    return bool(readers) and all(map(_newest_decides, readers))


def _newest_decides(reader: Reader) -> bool:
    is_lasting = reader.d["when"] == "any" and reader.kind == "bool"
    return reader.d["read"] in NEWEST_DECIDES and not is_lasting


def remove(at: str) -> str:
    """Delete what is overtaken; the codes that may be stand in the table `overtakable`."""
    newest = (
        "SELECT patient, code, max(day) AS day FROM observed WHERE NOT is_absent AND code IN (SELECT code FROM overtakable) "
        f"AND day <= DATE {literal(at[:10])} - {CLOSE_DAYS} GROUP BY ALL"
    )
    return (
        f"DELETE FROM entries WHERE place IN (SELECT o.place FROM observed o JOIN ({newest}) n "
        "ON o.patient = n.patient AND o.code = n.code AND o.day < n.day)"
    )
