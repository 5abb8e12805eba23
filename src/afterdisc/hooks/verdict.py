"""What an assessment says against an ordered test or treatment: the lines of its rules, and how much they weigh.

Nothing is decided here. The status is the assessment's; this only picks the lines that led to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afterdisc.hooks.orders import Draft
from afterdisc.program import Program
from afterdisc.report import phrases
from afterdisc.report.phrases import OPEN_RED_FLAG

Item = Mapping[str, Any]
INDICATORS = ("info", "warning", "critical")
AVOID, LOWER, NOT_YET, NOT_FIT, NOT_NOW, CAREFUL, OTHER_FIRST = (
    "Avoid",
    "Lower dose",
    "Not yet",
    "Does not fit",
    "Not now",
    "Caution",
    "Another picture first",
)
WEIGHS = {AVOID: 2, LOWER: 1, NOT_YET: 1, NOT_FIT: 1, NOT_NOW: 1, CAREFUL: 0, OTHER_FIRST: 0}
SPEAKS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {  # status -> what to say, and the lines that led to it
    "avoid": ((AVOID, ("avoid",)),),
    "not_yet": ((NOT_YET, ("withhold",)),),
    "not_indicated": ((NOT_FIT, ("rule_out",)), (CAREFUL, ("against",))),
    "caution": ((CAREFUL, ("caution",)),),
}


@dataclass(frozen=True)
class Verdict:
    """What speaks against one order. `unknown`: findings that could change it; `instead`: a test to order in its place."""

    option: str
    system: str  # treatment or investigation
    label: str
    word: str
    lines: tuple[Item, ...]
    unknown: tuple[str, ...] = ()
    instead: str = ""
    is_emergency: bool = False

    @property
    def weight(self) -> int:
        return 2 if self.is_emergency else WEIGHS[self.word]

    @property
    def indicator(self) -> str:
        return INDICATORS[self.weight]

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(str(line["id"]) for line in self.lines)


def verdict_on(program: Program, assessment: Item, draft: Draft) -> Verdict | None:
    """None if nothing speaks against the order, or if it may stand for something that nothing speaks against."""
    found = [_on(program, assessment, option, draft) for option in draft.options]
    against = [v for v in found if v is not None]
    return min(against, key=lambda v: v.weight) if len(against) == len(found) and against else None


def _on(program: Program, assessment: Item, option: str, draft: Draft) -> Verdict | None:
    if option in program.book["treatments"]:
        treatment = next(t for t in assessment["treatments"] if t["id"] == option)
        return _on_treatment(assessment, treatment, draft)
    return _on_investigation(program, assessment, option)


# ---------------------------------------------------------------------------------------------------------- treatments


def _on_treatment(assessment: Item, treatment: Item, draft: Draft) -> Verdict | None:
    word, lines = _against(treatment, draft)
    if not lines:
        return None
    is_open = any(line["id"] == OPEN_RED_FLAG for line in lines)
    flags = [_as_line(flag) for flag in phrases.raised(dict(assessment))] if is_open else []
    return Verdict(
        treatment["id"],
        "treatment",
        treatment["label"],
        word,
        (*lines, *flags),
        tuple(treatment["missing"]),
        is_emergency=is_open,
    )


def _against(treatment: Item, draft: Draft) -> tuple[str, tuple[Item, ...]]:
    """The word for it and the lines; no lines where the plan does not speak against the order."""
    if treatment["status"] == "reduce_dose":
        return LOWER, tuple(_dose(treatment, draft))
    for word, then in SPEAKS.get(treatment["status"], ()):
        lines = [line for line in treatment["against"] if line["then"] in then]
        if word == NOT_YET:
            lines += treatment["gates"]
        if lines:
            return word, tuple(lines)
    return "", ()


def _dose(treatment: Item, draft: Draft) -> Iterator[Item]:
    """The line that lowers the dose, unless the order is known to stay within it."""
    dose = treatment.get("dose")
    within = dose is not None and draft.mg_per_day is not None and draft.mg_per_day <= dose["max_mg_per_day"]
    if not within:
        yield from (line for line in treatment["against"] if line["then"] == "reduce_dose")


def _as_line(flag: Item) -> Item:
    return {**flag, "say": f"{flag['title']}: {flag['action']}"}


# ------------------------------------------------------------------------------------------------------ investigations


def _on_investigation(program: Program, assessment: Item, test: str) -> Verdict | None:
    if any(step["id"] == test and "urgency" in step for step in assessment["next_steps"]):
        return None  # a red flag asks for it
    withheld = {n["id"]: n for n in assessment["not_now"]}
    if test in withheld:
        rule = program.book["imaging"].get(withheld[test]["rule"], {"first": ()})
        line = {**withheld[test], "id": withheld[test]["rule"]}
        return _of_test(program, test, NOT_NOW, (line,), _free(rule["first"], withheld))
    return _second_choice(program, assessment, test, withheld)


def _second_choice(program: Program, assessment: Item, test: str, withheld: Item) -> Verdict | None:
    """Where a rule that holds names another picture first and this one after it; the last such rule speaks first."""
    rules = [(note, program.book["imaging"][note["id"]]) for note in assessment["imaging"]]
    if any(test in rule["first"] for _, rule in rules):
        return None
    lines = [(note, first) for note, rule in rules if test in rule["next"] and (first := _free(rule["first"], withheld))]
    if not lines:
        return None
    return _of_test(program, test, OTHER_FIRST, tuple(note for note, _ in reversed(lines)), lines[-1][1])


def _free(tests: Sequence[str], withheld: Item) -> str:
    """The first of these that nothing withholds; "" if there is none."""
    return next((t for t in tests if t not in withheld), "")


def _of_test(program: Program, test: str, word: str, lines: tuple[Item, ...], instead: str) -> Verdict:
    label = program.book["investigations"][test]["label"]
    return Verdict(test, "investigation", label, word, lines, instead=instead)
