"""lowBoundary and highBoundary of a value as text: the least and the greatest instant or number it may stand for."""

from __future__ import annotations

INSTANTS = ("dateTime", "instant")


def boundary(text: str, of_type: str, *, low: bool) -> str:
    """SQL of the boundary of a FHIR primitive held as text; null of what is no date, time or number."""
    if of_type == "time":
        return _time(text, low)
    if of_type in INSTANTS:
        return _instant(text, low)
    if of_type in ("date", ""):
        return f"CASE WHEN {_is_date(text)} THEN {_date(text, low)} ELSE CAST({_number(text, low)} AS VARCHAR) END"
    return f"CAST({_number(text, low)} AS VARCHAR)"


def _is_date(text: str) -> str:
    return rf"regexp_full_match({text}, '\d{{4}}(-\d\d(-\d\d)?)?')"


def _number(text: str, low: bool) -> str:
    places = f"length(split_part({text}, '.', 2))"
    exact = f"TRY_CAST({text} AS DOUBLE) {'-' if low else '+'} 0.5 * pow(10, -{places})"
    return f"round({exact}, CAST({places} + 1 AS INTEGER))"


def _date(text: str, low: bool) -> str:
    first = f"TRY_CAST({text} || CASE length({text}) WHEN 4 THEN '-01-01' WHEN 7 THEN '-01' ELSE '' END AS DATE)"
    if low:
        return f"CAST({first} AS VARCHAR)"
    year = f"{first} + INTERVAL 1 YEAR - INTERVAL 1 DAY"
    last = f"CASE length({text}) WHEN 4 THEN {year} WHEN 7 THEN last_day({first}) ELSE {first} END"
    return f"CAST(CAST({last} AS DATE) AS VARCHAR)"


def _instant(text: str, low: bool) -> str:
    clock, zone = ("T00:00:00.000", "+14:00") if low else ("T23:59:59.999", "-12:00")
    has_zone = rf"regexp_matches({text}, '(Z|[+-]\d\d:\d\d)$')"
    bare = rf"regexp_replace({text}, '(Z|[+-]\d\d:\d\d)$', '')"
    kept = rf"CASE WHEN {has_zone} THEN regexp_extract({text}, '(Z|[+-]\d\d:\d\d)$') ELSE '{zone}' END"
    day, time = f"split_part({bare}, 'T', 1)", f"split_part({bare}, 'T', 2)"
    whole = f"CAST(TRY_CAST({day} AS DATE) AS VARCHAR) || 'T' || {_time(time, low)} || {kept}"
    return f"CASE WHEN {_is_date(text)} THEN {_date(text, low)} || '{clock}{zone}' ELSE {whole} END"


def _time(text: str, low: bool) -> str:
    rest, parts = ("00", ".000") if low else ("59", ".999")
    whole = f"CASE length({text}) WHEN 2 THEN {text} || ':{rest}:{rest}' WHEN 5 THEN {text} || ':{rest}' ELSE {text} END"
    short = rf"WHEN regexp_full_match({text}, '\d\d(:\d\d(:\d\d)?)?') THEN {whole} || '{parts}'"
    exact = rf"WHEN regexp_full_match({text}, '\d\d:\d\d:\d\d\.\d+') THEN {text}"
    return f"CASE {short} {exact} END"
