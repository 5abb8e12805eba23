"""What each quality indicator says of each case: met, not met, unknown, or not about this person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from afterdisc.program import Program, kept_with_program

INDICATOR_STATES = ("met", "not_met", "unknown", "not_applicable")
MET, NOT_MET, UNKNOWN, NOT_APPLICABLE = range(4)


@kept_with_program
def _roots(program: Program) -> dict[str, dict[str, int]]:
    """Indicator -> part ("applies", "met") -> its root."""
    out: dict[str, dict[str, int]] = {}
    for i, root in enumerate(program.roots):
        if root.kind == "indicator":
            out.setdefault(root.owner, {})[root.name] = i
    return out


def indicator_names(program: Program) -> tuple[str, ...]:
    """The indicators of the knowledge, in its order."""
    return tuple(_roots(program))


def indicator_codes(program: Program, truth: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """[case, indicator] position in INDICATOR_STATES. Whether it applies or was met may be unknown; that is never "not met"."""
    out = np.empty((len(truth), len(_roots(program))), np.int8)
    for j, parts in enumerate(_roots(program).values()):
        applies, met = truth[:, parts["applies"]], truth[:, parts["met"]]
        known = np.where(met == 1, MET, np.where(met == 0, NOT_MET, UNKNOWN))
        out[:, j] = np.where(applies == 0, NOT_APPLICABLE, np.where(applies == 1, known, UNKNOWN))
    return out
