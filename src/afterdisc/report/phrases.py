"""The wording the terminal page and the HTML page share: chances, weights, what is missing, what must be asked."""

from __future__ import annotations

import math
import re
from typing import Any

from afterdisc.words.status import MEANING, OFFERED

Item = dict[str, Any]

SIGN = {
    "recommended": "✓",
    "option": "○",
    "caution": "!",
    "reduce_dose": "↓",
    "not_yet": "…",
    "avoid": "✕",
    "not_indicated": "–",
}
NAME = {status: status.replace("_", " ").capitalize() for status in SIGN}
STANCE_SIGN = {"for": "+", "against": "−", "conditional": "±", "open": "?"}
STABILITY = {"keeps": "keeps stability", "lessens": "lessens stability", "restores": "restores stability", "none": ""}
CAPITALS = ("csf", "ct", "dn4", "emg", "esi", "esr", "fbss", "mr", "mri", "nrs", "nsaid", "peld", "scs", "plif", "tlif")
OPEN_RED_FLAG = "open_red_flag"
NOT_RECORDED = " is not recorded"
WORTH_A_LINE = 0.1  # a waiting treatment with a smaller chance of benefit and nothing for it is only counted
LITTLE = 0.005
FIRST_RUNG_OF_OPERATIONS = 8  # of the ladder in treatments/


# -- numbers -----------------------------------------------------------------------------------------------------------


def percent(p: float) -> str:
    """A chance in whole per cent; the ends are never shown as certainty."""
    if p < 0.005:
        return "<1\u00a0%"
    return ">99\u00a0%" if p > 0.995 else f"{100 * p:.0f}\u00a0%"


def share(p: float) -> str:
    """A frequency; a rare one keeps its size."""
    return f"{100 * p:.0f}\u00a0%" if p >= 0.01 or p == 0 else f"{100 * p:.2g}\u00a0%"


def interval(band: list[float] | None) -> str:
    """The interval in whole per cent; empty when none was drawn."""
    return f"{100 * band[0]:.0f}–{100 * band[1]:.0f}\u00a0%" if band else ""


def times(weight: float) -> str:
    """By what the odds of a cause are multiplied."""
    factor = math.exp(weight)
    digits = 2 if factor < 2 else 1 if factor < 10 else 0
    return f"×{factor:.{digits}f}"


def change(step: Item) -> list[str]:
    """What a step may change, in half sentences; nothing is said of what is not to be expected."""
    out = []
    if step["chance_of_change"] >= LITTLE:
        out.append(f"may change the plan: {percent(step['chance_of_change'])}")
    if step["bits"] >= LITTLE:
        out.append(f"tells {step['bits']:.2f} bits about the cause")
    return out


def plural(n: int, one: str, many: str | None = None) -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"


# -- red flags ---------------------------------------------------------------------------------------------------------


def raised(assessment: Item) -> list[Item]:
    """The red flags that ask for action now; the one that only says "ask" is told by the questions."""
    return [f for f in assessment["red_flags"] if f["status"] == "fired" and f["urgency"] != "ask"]


def raised_ask(assessment: Item) -> Item | None:
    """The red flag that stands for unanswered mandatory questions."""
    return next((f for f in assessment["red_flags"] if f["status"] == "fired" and f["urgency"] == "ask"), None)


def must_ask(assessment: Item) -> list[str]:
    """The mandatory questions nobody has answered."""
    listed = [q["question"] for q in assessment["questions"] if q["mandatory"]]
    flag = raised_ask(assessment)
    return listed or (list(flag["ask"]) if flag else [])


def must_ask_about(assessment: Item) -> list[str]:
    """The same in a word or two each."""
    mandatory = "red flag: "
    named = [m["for"].removeprefix(mandatory) for m in assessment["missing"] if m["for"].startswith(mandatory)]
    return [f"{name[:1].lower()}{name[1:]}" for name in named]


def unsettled(assessment: Item) -> list[Item]:
    """Red flags that could still be raised by an answer nobody has given."""
    return [f for f in assessment["red_flags"] if f["status"] == "ask"]


def standing(assessment: Item) -> str:
    """One plain sentence on the red flags."""
    flags, questions = raised(assessment), must_ask(assessment)
    if flags and questions:
        return f"{plural(len(flags), 'red flag')} raised. The others cannot be cleared: questions are open."
    if flags:
        return f"{plural(len(flags), 'red flag')} raised."
    if questions or assessment["urgency"] == "ask":
        return "This person cannot be cleared: questions are open, and unknown is not absent."
    return "The mandatory danger questions are answered and raise nothing."


def decided(line: Item) -> list[str]:
    """What decided a line: what was found first; what was not recorded only where nothing else is said of it."""
    told = [x.replace(">=", "≥").replace("<=", "≤") for x in line.get("decided_by", [])]
    found = [x for x in told if not x.endswith(NOT_RECORDED)]
    silent = [x for x in told if x.endswith(NOT_RECORDED)]
    return found + [x for x in silent if not any(f.startswith(x.removesuffix(NOT_RECORDED) + ":") for f in found)]


def reassures(assessment: Item) -> bool:
    """May the page say what is normal at this time? Not while an emergency or same-day red flag is open."""
    return assessment["urgency"] not in ("E0", "E1")


# -- causes ------------------------------------------------------------------------------------------------------------


def in_view(assessment: Item) -> list[Item]:
    return [c for c in assessment["causes"] if not c.get("set_aside")]


def set_aside(assessment: Item) -> Item | None:
    """The expected course while an emergency or same-day red flag is open."""
    return next((c for c in assessment["causes"] if c.get("set_aside")), None)


def weighing(cause: Item, n: int) -> list[Item]:
    """The n findings that weigh most, whichever way; at least one of each way if there is one."""
    lines: list[Item] = cause["evidence"]
    kept = lines[:n]
    for sign in (1, -1):
        if kept and not any(line["weight"] * sign > 0 for line in kept):
            kept = kept[: n - 1] + [line for line in lines if line["weight"] * sign > 0][:1] or kept
    return kept if kept else lines[:n]


def sets(assessment: Item) -> list[Item]:
    """The leading sets of causes; the expected course alone is left out where it is set aside."""
    aside = set_aside(assessment)
    return [c for c in assessment["combinations"] if aside is None or c["causes"] != [aside["id"]]]


def together(assessment: Item, combination: Item) -> str:
    """A set of causes in words."""
    names = {c["id"]: c["label"] for c in assessment["causes"]}
    return " + ".join(names.get(c, spelt(c)) for c in combination["causes"])


# -- treatments --------------------------------------------------------------------------------------------------------


def offered(assessment: Item) -> list[tuple[str, list[Item]]]:
    """The offered treatments by status, in the order of the assessment."""
    groups = [(s, [t for t in assessment["treatments"] if t["status"] == s]) for s in OFFERED]
    return [(status, options) for status, options in groups if options]


def meaning(status: str) -> str:
    """What a status says, without its name."""
    return MEANING[status].partition(": ")[2]


def with_status(assessment: Item, status: str) -> list[Item]:
    return [t for t in assessment["treatments"] if t["status"] == status]


def is_relevant(treatment: Item) -> bool:
    """Is a waiting treatment worth a line?"""
    return bool(treatment["for"]) or treatment["benefit"]["p"] >= WORTH_A_LINE


def waiting(assessment: Item) -> tuple[list[Item], list[Item]]:
    """The waiting treatments worth a line, and the rest."""
    options = with_status(assessment, "not_yet")
    return [t for t in options if is_relevant(t)], [t for t in options if not is_relevant(t)]


def waits_for_red_flag(treatment: Item) -> bool:
    return any(line["id"] == OPEN_RED_FLAG for line in treatment["against"])


def own_against(treatment: Item) -> list[Item]:
    """What speaks against this very treatment, the open red flag apart."""
    return [line for line in treatment["against"] if line["id"] != OPEN_RED_FLAG]


def reasons_to_wait(treatment: Item) -> list[Item]:
    """Why a treatment waits: the open red flag, what must be put right, the gates it has not passed."""
    stops = [line for line in treatment["against"] if line["id"] == OPEN_RED_FLAG or line.get("decided_by")]
    return [*stops, *treatment["gates"]]


def guidelines_disagree(treatment: Item) -> bool:
    return len({g["stance"] for g in treatment["guidelines"]}) > 1


def is_surgery_of_seed(treatment: Item) -> bool:
    """One of the operations the source article names."""
    return bool(treatment["seed"]) and treatment["rung"] >= FIRST_RUNG_OF_OPERATIONS


# -- names -------------------------------------------------------------------------------------------------------------


class Labels:
    """What a finding is called, as far as the assessment itself says; else its id spelt out."""

    def __init__(self, assessment: Item) -> None:
        self._of: dict[str, str] = {}
        for line in (*assessment["questions"], *assessment["missing"]):
            self._of.setdefault(line["id"], line["label"])
        for cause in assessment["causes"]:
            for line in cause["evidence"]:
                self._of.setdefault(line["finding"], line["label"])
        self._of |= assessment.get("labels", {})

    def __call__(self, finding: str) -> str:
        return self._of.get(finding) or spelt(finding)

    def some(self, findings: list[str], n: int) -> str:
        """The first n by name, and how many more."""
        shown = "; ".join(dict.fromkeys(self(f) for f in findings[:n]))
        more = len(findings) - n
        return f"{shown}; and {more} more" if more > 0 else shown


def spelt(name: str) -> str:
    """An id as words."""
    words = " ".join(w.upper() if w in CAPITALS else w for w in name.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def sentence(text: str) -> str:
    """With a full stop at its end."""
    return text if text.endswith((".", "?", "!")) else text + "."


def plain(text: str) -> str:
    """Text without control characters: an id from a file must not steer a terminal."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", text)
