"""The status of every treatment for every case, from the truth of its rules.

From the top: avoid; reduce_dose of a medicine the person takes; not_indicated; not_yet; reduce_dose; caution; then
recommended, only if nothing that could forbid it is unknown; else option.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.engine.evaluate import Engine
from afterdisc.program import Program, kept_with_program
from afterdisc.words.status import STATUSES
from afterdisc.words.urgency import URGENCIES

Bools = npt.NDArray[np.bool_]
SAME_DAY = URGENCIES.index("E1")


class PlanTables:
    """Which rule roots belong to which treatment, by what they do.

    roots[word]      positions of the roots of all rules of that kind
    belongs[word]    float32 [root, treatment]
    """

    def __init__(self, program: Program) -> None:
        columns = program.column_index()
        texts = program.book["treatments"]
        at = {name: j for j, name in enumerate(program.treatments)}
        found: dict[str, list[tuple[int, int]]] = {}
        for i, root in enumerate(program.roots):
            if root.kind == "treatment":
                rule = texts[root.owner]["rules"][root.name]
                found.setdefault(rule["then"], []).append((i, at[root.owner]))
                if rule["unknown_withholds"]:
                    found.setdefault("unknown_withholds", []).append((i, at[root.owner]))
        self.n = len(at)
        self.roots = {word: np.array([i for i, _ in pairs]) for word, pairs in found.items()}
        self.belongs = {word: _one_hot([j for _, j in pairs], self.n) for word, pairs in found.items()}
        self.elective = np.array([bool(texts[name]["elective"]) for name in at], np.bool_)
        taken = [columns.get(f"takes[{name}]", -1) for name in at]
        self.taken = [(j, c) for j, c in enumerate(taken) if c >= 0]

    def some(self, truth: npt.NDArray[np.int8], word: str, value: int) -> Bools:
        """[case, treatment] whether some rule of this kind has this truth."""
        if word not in self.roots:
            return np.zeros((len(truth), self.n), np.bool_)
        hits = (truth[:, self.roots[word]] == value).astype(np.float32)
        return np.asarray(hits @ self.belongs[word] > 0)


def _one_hot(places: list[int], n: int) -> npt.NDArray[np.float32]:
    out = np.zeros((len(places), n), np.float32)
    out[np.arange(len(places)), places] = 1
    return out


@kept_with_program
def plan_tables(program: Program) -> PlanTables:
    return PlanTables(program)


def statuses(
    engine: Engine, truth: npt.NDArray[np.int8], urgency: npt.NDArray[np.int8], rows: npt.NDArray[np.float64]
) -> npt.NDArray[np.int8]:
    """[case, treatment] position in words.status.STATUSES."""
    t = plan_tables(engine.program)

    def some(word: str, value: int) -> Bools:
        return t.some(truth, word, value)

    fits = some("offer", 1) | some("recommend", 1)
    perhaps = ~fits & (some("offer", -1) | some("recommend", -1))
    blocked = some("require", 0) | some("require", -1) | some("withhold", 1) | some("unknown_withholds", -1)
    blocked |= t.elective & (urgency <= SAME_DAY)[:, None]
    taken = np.zeros_like(fits)
    for j, column in t.taken:
        taken[:, j] = rows[:, column] == 1
    open_ = some("avoid", -1) | some("withhold", -1)
    reduce = some("reduce_dose", 1)
    out = np.full(fits.shape, STATUSES.index("option"), np.int8)
    for name, where in (  # later ones win
        ("recommended", some("recommend", 1) & ~open_),
        ("caution", some("caution", 1)),
        ("reduce_dose", reduce),
        ("not_yet", blocked | perhaps),
        ("not_indicated", (~fits & ~perhaps) | some("rule_out", 1)),
        ("reduce_dose", reduce & taken),
        ("avoid", some("avoid", 1)),
    ):
        out[where] = STATUSES.index(name)
    return out
