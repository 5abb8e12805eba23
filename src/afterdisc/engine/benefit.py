"""The chance of benefit of each treatment, weighed over what may be the cause."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from afterdisc.engine.draws import interval
from afterdisc.engine.evaluate import Engine, engine_of
from afterdisc.program import Program, kept_with_program

Floats = npt.NDArray[np.float64]
N_SETS_FOR_INTERVALS = 32  # the heaviest sets, which hold nearly all of the probability


def set_logits(per_cause: npt.NDArray[np.floating], unlisted: float, member: Floats, weight: Floats) -> Floats:
    """[..., treatment, set] log odds of benefit under each set of causes.

    Several causes combine on the log-odds scale, the amplifier with its small weight; a cause that the treatment has no
    row for counts with the chance of an unlisted pair. The empty set is the expected course, the last column.
    """
    p = np.clip(np.where(np.isnan(per_cause), unlisted, per_cause), 1e-4, 1 - 1e-4)
    logit = np.log(p / (1 - p))
    share = member * weight
    share = share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
    out = logit[..., :-1] @ share.T
    out[..., 0] = logit[..., -1]
    return np.asarray(out)


class Benefits:
    """The tables of one engine, made on first use."""

    def __init__(self, engine: Engine) -> None:
        p, self.engine = engine.program, engine
        member = engine.tables.membership
        self.logits = set_logits(p.benefit, p.benefit_unlisted, member, p.mixture_weight)  # [treatment, set]
        drawn = set_logits(p.benefit_draws, p.benefit_unlisted, member, p.mixture_weight)
        self.drawn = np.asarray(drawn, np.float32)  # [draw, treatment, set]
        at = {c: i for i, c in enumerate(p.causes)}
        self.keys = [
            (p.treatments.index(t), f, s, at.get(c, -1)) for t, f, s, c in p.shift_keys
        ]

    def shifts(self, states: Mapping[str, str], sets: npt.NDArray[np.intp]) -> Floats:
        """[treatment, len(sets)] what this person's findings add to the log odds of benefit.

        `states` maps finding to the state seen; unknown ones are absent.
        """
        p = self.engine.program
        out = np.zeros((len(p.treatments), len(sets)))
        member = self.engine.tables.membership[sets]
        for (treatment, finding, state, cause), value in zip(self.keys, p.shift_log_benefit, strict=True):
            if finding and states.get(finding) != state:
                continue
            out[treatment] += value * member[:, cause] if cause >= 0 else value
        return out

    def expected(
        self, by_set: Floats, draws: npt.NDArray[np.float32] | None, states: Mapping[str, str], level: float
    ) -> tuple[Floats, Floats]:
        """(chance of benefit [treatment], interval [treatment, 2]) for one case.

        by_set  float64 [set]          probability of each set of causes
        draws   float32 [draw, set]    the same under each draw of the parameters; without them the interval is NaN
        """
        n = len(self.logits[0])
        everything = np.arange(n)
        shifted = self.logits + self.shifts(states, everything)
        mean = (1 / (1 + np.exp(-shifted))) @ by_set[:n]
        if draws is None:
            return mean, np.full((len(mean), 2), np.nan)
        top = np.argsort(-by_set[:n], kind="stable")[:N_SETS_FOR_INTERVALS]
        shift = self.shifts(states, top).astype(np.float32)
        chance = 1 / (1 + np.exp(-(self.drawn[:, :, top] + shift)))  # [draw, treatment, top]
        weight = draws[:, top]
        weight = weight / weight.sum(axis=1, keepdims=True)
        drawn = (chance @ weight[:, :, None])[:, :, 0]
        band = interval(drawn, level)
        return mean, np.stack([np.minimum(band[:, 0], mean), np.maximum(band[:, 1], mean)], axis=-1)


@kept_with_program
def benefits_of(program: Program) -> Benefits:
    return Benefits(engine_of(program))
