"""The chance of benefit of each treatment, weighed over what may be the cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from afterdisc.engine.compiled import compiled
from afterdisc.engine.draws import interval
from afterdisc.engine.evaluate import Engine, engine_of
from afterdisc.engine.sets import heaviest
from afterdisc.program import Program, kept_with_program

Floats = npt.NDArray[np.float64]
N_SETS_FOR_INTERVALS = 32  # the heaviest sets, which hold nearly all of the probability


def set_logits(per_cause: npt.NDArray[np.floating], unlisted: float, member: Floats, weight: Floats) -> npt.NDArray[Any]:
    """[set, ..., treatment] log odds of benefit under each set of causes, in the precision of `per_cause`.

    per_cause [..., treatment, cause + 1]. Several causes combine on the log-odds scale, the amplifier with its small
    weight; a cause that the treatment has no row for counts with the chance of an unlisted pair. The empty set is the
    expected course, the last column.
    """
    p = np.clip(np.where(np.isnan(per_cause), float(unlisted), per_cause), 1e-4, 1 - 1e-4)
    logit = np.log(p / (1 - p))
    share = member * weight
    share = (share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)).astype(logit.dtype)
    out = np.tensordot(share, logit[..., :-1], axes=(1, -1))
    out[0] = logit[..., -1]
    return out


class Benefits:
    """The tables of one engine, made on first use.

    logits, chance  float64 [treatment, set]        of the means
    drawn           float32 [set, draw, treatment]  chance under each draw
    """

    def __init__(self, engine: Engine) -> None:
        p, self.engine = engine.program, engine
        member = engine.tables.membership
        self.logits: Floats = np.ascontiguousarray(set_logits(p.benefit, p.benefit_unlisted, member, p.mixture_weight).T)
        self.chance = 1 / (1 + np.exp(-self.logits))
        drawn = set_logits(p.benefit_draws, p.benefit_unlisted, member, p.mixture_weight)
        np.exp(np.negative(drawn, out=drawn), out=drawn)  # in place: it is large
        drawn += 1
        self.drawn: npt.NDArray[np.float32] = np.reciprocal(drawn, out=drawn)
        at = {c: i for i, c in enumerate(p.causes)}
        self.keys = [(p.treatments.index(t), f, s, at.get(c, -1)) for t, f, s, c in p.shift_keys]

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

    def mean(self, by_set: Floats, states: Mapping[str, str]) -> Floats:
        """[treatment] chance of benefit, weighed over the probabilities of the sets of causes."""
        n = len(self.logits[0])
        shift = self.shifts(states, np.arange(n))
        moved = np.flatnonzero(shift.any(axis=1))
        chance = self.chance
        if len(moved):
            chance = chance.copy()
            chance[moved] = 1 / (1 + np.exp(-(self.logits[moved] + shift[moved])))
        return np.asarray(chance @ by_set[:n])

    def expected(
        self, by_set: Floats, draws: npt.NDArray[np.float32] | None, states: Mapping[str, str], level: float
    ) -> tuple[Floats, Floats]:
        """(chance of benefit [treatment], interval [treatment, 2]) for one case.

        by_set  float64 [set]          probability of each set of causes
        draws   float32 [draw, set]    the same under each draw of the parameters; without them the interval is NaN
        """
        mean = self.mean(by_set, states)
        if draws is None:
            return mean, np.full((len(mean), 2), np.nan)
        top = heaviest(by_set[: len(self.logits[0])], N_SETS_FOR_INTERVALS)
        odds_ratio = np.exp(self.shifts(states, top).T).astype(np.float32)  # [top, treatment]
        weight = draws[:, top]
        weight = weight / weight.sum(axis=1, keepdims=True)
        drawn = np.zeros((len(weight), len(mean)), np.float32)
        _weigh(self.drawn, top, odds_ratio, np.ascontiguousarray(weight.T), drawn)
        band = interval(drawn, level)
        return mean, np.stack([np.minimum(band[:, 0], mean), np.maximum(band[:, 1], mean)], axis=-1)


@compiled()
def _weigh(chance, top, odds_ratio, weight, out):  # type: ignore[no-untyped-def]
    """Adds to out [draw, treatment] the chance under each of the heaviest sets, moved by its odds ratio and weighed."""
    for k in range(top.shape[0]):
        for d in range(out.shape[0]):
            row, x, total = chance[top[k], d], weight[k, d], out[d]
            for t in range(out.shape[1]):
                c = row[t] * odds_ratio[k, t]
                total[t] += x * (c / (c + (np.float32(1) - row[t])))


@kept_with_program
def benefits_of(program: Program) -> Benefits:
    return Benefits(engine_of(program))
