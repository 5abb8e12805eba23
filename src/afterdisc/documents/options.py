"""Which options stand side by side on the sheet, in plain words and as so many of a hundred people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from afterdisc.documents.sheet import Chance, Option
from afterdisc.report import phrases
from afterdisc.report.icon_array import counted, in_words
from afterdisc.words.status import OFFERED

Item = Mapping[str, Any]
AT_MOST = 4
ENOUGH = 2  # beside staying; a third is shown only if it is of a third kind
N_HARMS = 2
ALIKE = ("operation", "any_")  # harms that tell the same story in two ways: a second operation, a problem of any kind
AMONG_SOME = "_in_"  # of a harm's name: counted among people with that illness
STAYING = "No operation now"
RUNG_OF_STAYING = 1  # of the ladder in treatments/: explanation and activity
RUNG_OF_PROCEDURES = 4
BETTER = "clearly better after a year"
URGENT = "Something has to be looked at first, before anything is chosen. Your clinician will tell you what happens now."
NOT_ENOUGH = "Too little is known yet to say what causes the pain. Some questions have to be answered first."
GO_ON = "You go on as you are, keep moving, and look again together on a day you agree on."
WINDOWS = {
    "hospital stay": "while in hospital",
    "long term": "over the years",
    "operation": "",
    "per year": "each year",
    "procedure": "",
    "trial": "",
}


def options_of(book: Item, a: Item, *, at_most: int = AT_MOST, chosen: Sequence[str] = ()) -> tuple[Option, ...]:
    """No operation now, then the best of each kind that is open: medicine or exercise, injection or programme, operation.

    `chosen` are ids of treatments to show instead of the best of each kind. While an emergency or same-day red flag is open
    nothing elective is laid out.
    """
    if not phrases.reassures(dict(a)):
        return ()
    shown = shown_of(a, at_most=at_most, chosen=chosen)
    return (_staying(book, a), *(_option(book, t) for t in shown)) if shown else ()


def shown_of(a: Item, *, at_most: int = AT_MOST, chosen: Sequence[str] = ()) -> list[Item]:
    """The treatments shown beside staying as it is."""
    options = [t for t in open_of(a) if t["rung"] > RUNG_OF_STAYING]
    if chosen:
        return [t for t in options if t["id"] in chosen][: at_most - 1]
    best: dict[str, Item] = {}
    for t in options:
        best.setdefault(_kind(t), t)
    first = [best[k] for k in ("operation", "procedure", "light") if k in best]
    rungs = {t["rung"] for t in first}
    rest = [t for t in options if t not in first]
    fresh = [t for t in rest if t["rung"] not in rungs]
    filled = [*first, *fresh, *(t for t in rest if t not in fresh)][: max(ENOUGH, len(first))]
    return sorted(filled[: at_most - 1], key=lambda t: t["rung"])


def open_of(a: Item) -> list[Item]:
    """Everything that is open to this person, the greater benefit first."""
    return sorted((t for t in a["treatments"] if t["status"] in OFFERED), key=lambda t: (-t["benefit"]["p"], t["id"]))


def others_of(a: Item, shown: Iterable[Option]) -> tuple[str, ...]:
    """What is open too, by name."""
    names = {o.label for o in shown}
    return tuple(t["label"] for t in open_of(a) if t["label"] not in names and t["rung"] > RUNG_OF_STAYING)


def not_yet_of(a: Item) -> tuple[str, ...]:
    """Operations that may become open later, by name; none while an emergency comes first."""
    if not phrases.reassures(dict(a)):
        return ()
    waiting, _ = phrases.waiting(dict(a))
    return tuple(t["label"] for t in waiting if t["rung"] >= phrases.FIRST_RUNG_OF_OPERATIONS)


def cause_in_plain(book: Item, a: Item) -> str:
    """What is most likely the matter, with its number and the room it leaves; nothing while danger is not ruled out."""
    if not phrases.reassures(dict(a)):
        return URGENT
    if a["urgency"] == "ask":
        return NOT_ENOUGH
    leading = phrases.in_view(dict(a))[0]
    plain = book["causes"].get(leading["id"], {}).get("plain") or leading["summary"]
    band = leading.get("interval") or (None, None)
    chance = in_words(counted(leading["probability"], *band))
    return f"{phrases.sentence(plain)} Chance that this plays a part: {chance}. Other causes stay possible."


def _kind(t: Item) -> str:
    if t["rung"] >= phrases.FIRST_RUNG_OF_OPERATIONS:
        return "operation"
    return "procedure" if t["rung"] >= RUNG_OF_PROCEDURES else "light"


def _staying(book: Item, a: Item) -> Option:
    """Staying without an operation, with the numbers of explanation and activity where they are open to this person."""
    t = next((t for t in open_of(a) if t["rung"] == RUNG_OF_STAYING), None)
    if t is None:
        return Option(STAYING, GO_ON, "", "", "", None)
    told = _option(book, t)
    return Option(STAYING, told.what, told.good, told.bad, told.life, told.benefit, told.harms, told.also)


def _option(book: Item, t: Item) -> Option:
    plain = book["treatments"].get(t["id"], {}).get("plain") or {}
    harms = sorted(t["harms"], key=lambda h: -h["p"])
    drawn = _drawn(harms)
    return Option(
        label=t["label"],
        what=plain.get("what") or t["summary"],
        good=plain.get("good", ""),
        bad=plain.get("bad", ""),
        life=plain.get("life", ""),
        benefit=_chance(BETTER, t["benefit"]["p"], *(t["benefit"].get("interval") or (None, None))),
        harms=tuple(_chance(_harm(book, h), h["p"], h["low"], h["high"]) for h in drawn),
        also=tuple(f"{_harm(book, h)}: {in_words(counted(h['p']))}" for h in harms if h not in drawn),
    )


def _drawn(harms: list[Item]) -> list[Item]:
    """The most frequent harm of each of two kinds; one counted only among people with another illness is told in words."""
    kinds: dict[str, Item] = {}
    for h in harms:
        if counted(h["p"]).n > 0 and AMONG_SOME not in h["harm"]:
            kinds.setdefault(next((k for k in ALIKE if k in h["harm"]), h["harm"]), h)
    return list(kinds.values())[:N_HARMS]


def _chance(label: str, p: float, low: float | None, high: float | None) -> Chance:
    c = counted(p, low, high)
    return Chance(label, c.n, c.low, c.high)


def _harm(book: Item, h: Item) -> str:
    """The harm in plain words, with the time it was counted over."""
    name = book.get("harms", {}).get(h["harm"]) or phrases.spelt(h["harm"])
    window = WINDOWS.get(h["window"], f"within {h['window']}" if h["window"][:1].isdigit() else "")
    return f"{name} ({window})" if window else str(name)
