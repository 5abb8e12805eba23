"""The status of every treatment for every case, from the truth of its rules.

From the top: avoid; reduce_dose of a medicine the person takes; not_indicated; not_yet; reduce_dose; caution; then
recommended, only if nothing that could forbid it is unknown; else option.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from afterdisc.engine.evaluate import Engine
from afterdisc.program import Program
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES

Bools = npt.NDArray[np.bool_]
SAME_DAY = URGENCIES.index("E1")


class TreatmentRules(NamedTuple):
    """The root positions of one treatment's rules, by what they do."""

    by_word: Mapping[str, list[int]]
    unknown_withholds: list[int]
    elective: bool
    taken_column: int  # -1 if the treatment is no single ingredient


def treatment_rules(program: Program) -> list[TreatmentRules]:
    columns = program.column_index()
    out = []
    for name in program.treatments:
        text = program.book["treatments"][name]
        by_word: dict[str, list[int]] = {}
        withholds = []
        for i, root in enumerate(program.roots):
            if root.kind == "treatment" and root.owner == name:
                rule = text["rules"][root.name]
                by_word.setdefault(rule["then"], []).append(i)
                if rule["unknown_withholds"]:
                    withholds.append(i)
        out.append(TreatmentRules(by_word, withholds, bool(text["elective"]), columns.get(f"takes[{name}]", -1)))
    return out


def statuses(
    engine: Engine, truth: npt.NDArray[np.int8], urgency: npt.NDArray[np.int8], rows: npt.NDArray[np.float64]
) -> npt.NDArray[np.int8]:
    """[case, treatment] position in words.status.STATUSES."""
    rules = _rules_of(engine)
    out = np.empty((len(truth), len(rules)), np.int8)
    for j, treatment in enumerate(rules):
        out[:, j] = _status(treatment, truth, urgency, rows)
    return out


_RULES: dict[str, list[TreatmentRules]] = {}


def _rules_of(engine: Engine) -> list[TreatmentRules]:
    key = engine.program.fingerprint
    if key not in _RULES:
        _RULES[key] = treatment_rules(engine.program)
    return _RULES[key]


def _status(
    t: TreatmentRules, truth: npt.NDArray[np.int8], urgency: npt.NDArray[np.int8], rows: npt.NDArray[np.float64]
) -> npt.NDArray[np.int8]:
    def some(word: str, value: int) -> Bools:
        return np.asarray((truth[:, t.by_word.get(word, [])] == value).any(axis=1))

    fits = some("offer", 1) | some("recommend", 1)
    perhaps = ~fits & (some("offer", -1) | some("recommend", -1))
    blocked = some("require", 0) | some("require", -1) | some("withhold", 1)
    blocked |= (truth[:, t.unknown_withholds] == -1).any(axis=1)
    if t.elective:
        blocked |= urgency <= SAME_DAY
    taken = rows[:, t.taken_column] == 1 if t.taken_column >= 0 else np.zeros(len(truth), np.bool_)
    open_ = some("avoid", -1) | some("withhold", -1)
    out = np.full(len(truth), STATUSES.index("option"), np.int8)
    for name, where in (  # later ones win
        ("recommended", some("recommend", 1) & ~open_),
        ("caution", some("caution", 1)),
        ("reduce_dose", some("reduce_dose", 1)),
        ("not_yet", blocked | perhaps),
        ("not_indicated", (~fits & ~perhaps) | some("rule_out", 1)),
        ("reduce_dose", some("reduce_dose", 1) & taken),
        ("avoid", some("avoid", 1)),
    ):
        out[where] = STATUSES.index(name)
    return out
