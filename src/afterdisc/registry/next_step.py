"""The stage of each case and the first of its next steps, for a block of cases; each as the assessment alone gives it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.engine.evaluate import Outcome
from afterdisc.intake import Batch
from afterdisc.program import Program, kept_with_program
from afterdisc.report.case import Case
from afterdisc.report.index import index_of
from afterdisc.report.safety import OTHERWISE, red_flags
from afterdisc.report.steps import QUESTION_STEP, Steps
from afterdisc.report.urgent import UrgentTests, raised_flags

Places = npt.NDArray[np.intp]
NONE = ""  # nothing is left to ask or to do
MOST_KEPT = 100_000  # patterns of rules whose urgent test is remembered


class NextStep:
    """Made once for a program; remembers which urgent test a pattern of rules leads to."""

    def __init__(self, program: Program) -> None:
        self.program, self.index = program, index_of(program)
        flags = [root for levels in self.index.flags.values() for root, _ in levels]
        gates = [root for roots in self.index.gates.values() for root, _ in roots]
        rest = [*self.index.imaging.values(), *gates]
        self.decides = np.array([*flags, *rest], np.intp)
        # an emergency's first test comes first whatever else is raised, but for what lifts the withholding of a test
        now = [r for levels in self.index.flags.values() for r, u in levels if u == "E0"]
        lifting = {f for rule in program.book["imaging"].values() for f in rule["overridden_by"]}
        lifts = [r for f in lifting for r, _ in self.index.flags.get(f, ())]
        self.emergency = np.array(now, np.intp)
        self.decides_now = np.array(sorted({*now, *lifts, *rest}), np.intp)
        self.fires = np.array([r for levels in self.index.flags.values() for r, u in levels if u != "ask"], np.intp)
        place = {column.name: i for i, column in enumerate(program.columns)}
        self.first = [place[f] for f in program.book["first_questions"]]
        self.mandatory = [[place[f] for f in item["any_of"]] for item in program.book["mandatory"]]
        self.kept: dict[bytes, str] = {}

    def of(self, batch: Batch, outcome: Outcome) -> list[str]:
        """[case] the id of the first next step, NONE if there is none."""
        out = np.full(len(batch), NONE, object)
        open_ = np.ones(len(batch), np.bool_)
        is_now = (outcome.truth[:, self.emergency] == 1).any(axis=1)
        for i in np.flatnonzero((outcome.truth[:, self.fires] == 1).any(axis=1)):
            test = self._urgent(outcome.truth[i], bool(is_now[i]))
            if test:
                out[i], open_[i] = test, False
        asks = open_ & self._must_ask(batch)
        out[asks] = QUESTION_STEP
        for i in np.flatnonzero(open_ & ~asks):
            case = Case(self.program, batch, outcome, int(i))
            steps = Steps(case, red_flags(case)).next_steps
            out[i] = steps[0]["id"] if steps else NONE
        return out.tolist()

    def _urgent(self, truth: npt.NDArray[np.int8], is_now: bool) -> str:
        """The first test that the raised red flags ask for; it hangs on which of a few rules are true."""
        if is_now:
            test = self._kept(b"now", self.decides_now, truth)
            if test:
                return test
        return self._kept(b"all", self.decides, truth)

    def _kept(self, what: bytes, decides: Places, truth: npt.NDArray[np.int8]) -> str:
        """The first test asked for, remembered by the truth of what decides it; of an emergency only if it asks for one."""
        key = what + np.packbits(truth[decides] == 1).tobytes()
        if key not in self.kept:
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            values = truth.tolist()

            def of(root: int) -> bool | None:
                return None if values[root] < 0 else values[root] == 1

            asked = UrgentTests(self.index, of, raised_flags(self.index, of)).asked_for()
            first, flag = next(iter(asked.items()), (NONE, None))
            counts = what == b"all" or (flag is not None and flag.urgency == "E0")
            self.kept[key] = first if counts else NONE
        return self.kept[key]

    def _must_ask(self, batch: Batch) -> npt.NDArray[np.bool_]:
        """[case] whether a first question or a mandatory red-flag item is open."""
        unknown = np.isnan(batch.rows)
        out = unknown[:, self.first].any(axis=1)
        for columns in self.mandatory:
            out |= unknown[:, columns].all(axis=1)
        return np.asarray(out)


@kept_with_program
def next_step_of(program: Program) -> NextStep:
    return NextStep(program)


@kept_with_program
def stage_names(program: Program) -> tuple[str, ...]:
    """The stages in order of precedence."""
    return tuple(dict.fromkeys([*index_of(program).stages, OTHERWISE]))


def stages(program: Program, truth: npt.NDArray[np.int8]) -> Places:
    """[case] position in `stage_names`: the first whose condition is true."""
    names = stage_names(program)
    out = np.full(len(truth), names.index(OTHERWISE), np.intp)
    for name, root in reversed(index_of(program).stages.items()):
        out[truth[:, root] == 1] = names.index(name)
    return out


def flag_truths(program: Program, truth: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """[case, flag] 1 fired, 0 cleared, -1 cannot be cleared: as the assessment says of every red flag."""
    flags = index_of(program).flags
    out = np.empty((len(truth), len(flags)), np.int8)
    for j, levels in enumerate(flags.values()):
        of = truth[:, [root for root, _ in levels]]
        out[:, j] = np.where((of == 1).any(axis=1), 1, np.where((of == -1).any(axis=1), -1, 0))
    return out

