"""The sheet as what its template shows: dates and numbers in words, each chance drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterdisc.documents.drawable import drawable
from afterdisc.documents.sheet import MOST_OPTIONS, Chance, Option, Sheet
from afterdisc.report.icon_array import BAD, GOOD, Counted, icon_array, in_words
from afterdisc.words.days import day

LONGEST_LIST = 4
NAME, LINE, TEXT = 60, 110, 360  # characters that a place of the page holds
WARNING = 700  # with the longest words that a site can set


def data_of(sheet: Sheet) -> dict[str, Any]:
    """Plain values for the template. A long text is cut and says so, so that one page holds the whole."""
    return {
        "site": _short(sheet.site, NAME),
        "name": _short(sheet.person.name, NAME) or "name not recorded",
        "visit_on": day(sheet.visit_on),
        "cause": _short(sheet.cause, TEXT),
        "options": [_option(o, i) for i, o in enumerate(_shown(sheet))],
        "others": _short("; ".join(sheet.others), TEXT),
        "not_yet": _short("; ".join(sheet.not_yet), TEXT),
        "matters": _short(sheet.matters, TEXT),
        "wishes": _some(sheet.wishes),
        "unknown": _some(sheet.unknown),
        "warning": _short(sheet.warning, WARNING),
        "stamp": _short(sheet.stamp, TEXT),
    }


def pictures_of(sheet: Sheet) -> dict[str, str]:
    """Every drawing by its name, apart from the texts: a drawing is no text that might be spelt out or broken."""
    out: dict[str, str] = {}
    for i, o in enumerate(_shown(sheet)):
        if o.benefit:
            out[_name(i)] = _picture(o, o.benefit, GOOD)
        out |= {_name(i, j): _picture(o, h, BAD) for j, h in enumerate(o.harms)}
    return out


def _shown(sheet: Sheet) -> tuple[Option, ...]:
    return sheet.options[:MOST_OPTIONS]


def _name(option: int, harm: int | None = None) -> str:
    return f"benefit-{option}" if harm is None else f"harm-{option}-{harm}"


def _picture(option: Option, chance: Chance, colours: Mapping[str, str]) -> str:
    return str(icon_array("figures", drawable(f"{option.label}: {chance.label}"), _counted(chance), colours))


def _counted(chance: Chance) -> Counted:
    """A best guess may lie just outside its interval; the picture then ends at the guess."""
    low, high = chance.low, chance.high
    return Counted(chance.n, None if low is None else min(low, chance.n), None if high is None else max(high, chance.n))


def _option(o: Option, place: int) -> dict[str, Any]:
    return {
        "label": _short(o.label, NAME),
        **{field: _short(getattr(o, field), TEXT) for field in ("what", "good", "bad", "life")},
        "benefit": _told(o, o.benefit, _name(place)) if o.benefit else None,
        "harms": [_told(o, h, _name(place, j)) for j, h in enumerate(o.harms)],
        "also": [_short(harm, LINE) for harm in o.also],
    }


def _told(option: Option, chance: Chance, picture: str) -> dict[str, str]:
    """A chance in words: what stands above its picture, and what stands in for it."""
    said = in_words(_counted(chance))
    number, _, room = said.partition(", ")
    label = _short(chance.label, LINE)
    alt = f"{_short(option.label, NAME)}. {label}: {said}."
    return {"picture": picture, "alt": alt, "label": label, "number": number[:1].upper() + number[1:], "room": room}


def _some(items: tuple[str, ...]) -> list[str]:
    more = len(items) - LONGEST_LIST
    return [*(_short(i, LINE) for i in items[:LONGEST_LIST]), *([f"and {more} more"] if more > 0 else [])]


def _short(text: str, at_most: int) -> str:
    """On one line, and cut at a word with a sign that more was said."""
    line = " ".join(text.split())
    return line if len(line) <= at_most else line[:at_most].rsplit(" ", 1)[0] + " …"
