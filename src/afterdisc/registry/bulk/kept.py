"""The first pass over an export: which lines may count at all, told from their text, so that the rest is never taken apart.

What is kept may be more than what counts, never less: the views, and the reader of one record, decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from afterdisc.program import Program, kept_with_program
from afterdisc.registry.bulk.views import MEDICINES, PATIENT, RESPONSE, codes_of
from afterdisc.views.run import LARGEST_RESOURCE
from afterdisc.views.shape import literal

WHOLE_TYPES = (PATIENT, RESPONSE, "Medication", *MEDICINES)  # every one may count, whatever its codes
BEGINNING = r'^\s*\{\s*(?:"id"\s*:\s*"[^"\\]*"\s*,\s*)?"resourceType"\s*:\s*"'  # as some are
USUAL = '{"resourceType":"'  # as nearly all are written
PARTS = ("resourceType", "id", "subject.reference", "patient.reference", "status", "effectiveDateTime", "component", "code")
TABLE = (  # one row a line that may count: its type, parts of it as text, and all of it
    "CREATE TABLE kept (kind VARCHAR, id VARCHAR, subject VARCHAR, patient VARCHAR, status VARCHAR, "
    "effective VARCHAR, component VARCHAR, code VARCHAR, json JSON)"
)


def objects(files: Sequence[Path]) -> str:
    """One row a line; a line that is no JSON is null."""
    names = "[" + ", ".join(literal(str(f)) for f in files) + "]"
    return f"read_ndjson_objects({names}, ignore_errors = true, maximum_object_size = {LARGEST_RESOURCE})"


def keep(program: Program, files: Sequence[Path]) -> str:
    """Put the lines of files that may count into `kept`, with their type; null where a line is no resource."""
    holds = f"{_holds(codes_pattern(program))} OR {_is_of_whole_type()}"
    lines = f"SELECT json FROM {objects(files)} WHERE json IS NULL OR {holds}"
    parts = f"json_extract_string(json, [{', '.join(literal('$.' + path) for path in PARTS)}])"
    kind = "CASE WHEN regexp_full_match(part[1], '[A-Z][A-Za-z]*') THEN part[1] END"
    named = ", ".join(f"part[{k}]" for k in range(2, len(PARTS) + 1))
    return f"INSERT INTO kept SELECT {kind}, {named}, json FROM (SELECT json, {parts} AS part FROM ({lines}))"


def _is_of_whole_type() -> str:
    """One of WHOLE_TYPES, or no resource at all; looked up in the JSON only where the text does not tell it at once."""
    begins = " OR ".join(f"starts_with(json, {literal(USUAL + kind)})" for kind in ("Patient", RESPONSE, "Medication"))
    is_plain, whole = _holds(BEGINNING + "[A-Za-z]"), ", ".join(map(literal, WHOLE_TYPES))
    told = _holds(BEGINNING + f'(?:{"|".join(WHOLE_TYPES)})"')
    looked_up = f"coalesce(json ->> '$.resourceType' IN ({whole}), true)"
    odd = f"CASE WHEN {is_plain} THEN {told} ELSE {looked_up} END"
    return f"{begins} OR (NOT starts_with(json, {literal(USUAL)}) AND {odd})"


def _holds(pattern: str) -> str:
    return f"regexp_matches(json, {literal(pattern)})"


@kept_with_program
def codes_pattern(program: Program) -> str:
    """A regular expression that the text of every entry of a declared code, or of one of ours, holds.

    It begins with the same letters for all of them, for which matching is many times as fast. A code with an escape in it may
    be any.
    """
    codes = codes_of(program).values()
    exact = {code for one in codes for _, code in one.exact} | set(program.book["findings"])
    begins = {start for one in codes for _, start in one.begins}
    words = [re.escape(code) + r'\s*"' for code in sorted(exact)] + [re.escape(start) for start in sorted(begins)]
    return rf'"code"\s*:\s*"\s*(?:{"|".join(words)}|[^"\\]*\\)'
