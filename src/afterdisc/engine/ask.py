"""ask_next: what is worth asking, examining or testing next, and what would it change?

For every unanswered finding, and every investigation that answers several at once: the information it is expected to
give about the causes, and the chance that it would change the treatment that leads now [raiffa1961]. Looked at over the
heaviest sets of causes; other findings and their discounts are held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterdisc.engine import kernel
from afterdisc.engine.benefit import Benefits
from afterdisc.engine.compiled import compiled
from afterdisc.engine.evaluate import Engine, weights_of
from afterdisc.engine.sets import heaviest
from afterdisc.program.program import UNKNOWN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
N_SETS = 128  # the heaviest sets of causes
N_RESULTS = 32  # drawn results of an investigation that answers several questions
RESULT_SEED = 11


@dataclass(frozen=True)
class Worth:
    """What an answer is worth, in this order of axes: [question or investigation].

    bits    expected information about the causes, in bits
    change  chance that another treatment would lead, and by more than the setting `plan_changes_by`
    gain    expected gain in the chance of benefit, less cost
    """

    bits: Floats
    change: Floats
    gain: Floats


class Asker:
    """One case's heaviest sets, what leads now, and the rows of every unknown finding."""

    def __init__(
        self,
        engine: Engine,
        benefits: Benefits,
        states: npt.NDArray[np.uint8],
        weeks: float,
        person: dict[str, str],
        allowed: npt.NDArray[np.bool_],
    ) -> None:
        p, t = engine.program, engine.tables
        self.engine, self.states = engine, states
        w = weights_of(engine, states, weeks)[: t.sets.n]
        self.top = heaviest(w, N_SETS)
        self.p = w[self.top] / w[self.top].sum()
        logits = benefits.logits[:, self.top] + benefits.shifts(person, self.top)
        utility = 1 / (1 + np.exp(-logits)) - p.treatment_cost[:, None]
        utility = utility[allowed]
        self.utility = np.ascontiguousarray(utility.T)  # [set, allowed treatment]
        self.treatments = np.flatnonzero(allowed)
        now = utility @ self.p if len(utility) else np.zeros(0)
        self.leading = int(np.argmax(now)) if len(now) else -1
        self.now = now
        self.margin = p.settings["plan_changes_by"]
        middle = float(p.centre_weeks[int(np.argmax(p.slice_share))])
        self.before, self.after, self.share = kernel.time_share(p.centre_weeks, middle if weeks != weeks else weeks)
        self.counts = np.zeros((max(1, len(p.rho)), 3), np.int64)
        kernel.count_members(states, p.has_likelihood, p.group, t.sign, p.row_start, p.variant_of, self.counts)

    def open_findings(self, silent: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Findings with a weight that are unknown and would count if known."""
        return np.flatnonzero((self.states == UNKNOWN) & self.engine.program.has_likelihood & ~silent)

    def _rows(self, findings: Sequence[int], extra: Sequence[int]) -> tuple[Floats, Floats, Ints]:
        """P(state | set) and the discounted likelihood [state of all findings, set], and where each finding starts.

        `extra` says how many mates in its group become known together with a finding.
        """
        p, t = self.engine.program, self.engine.tables
        which = np.array(findings, np.int64)
        start = np.zeros(len(which) + 1, np.int64)
        np.cumsum(self.engine.n_states[which], out=start[1:])
        plain, weighed = np.empty((start[-1], len(self.top))), np.empty((start[-1], len(self.top)))
        _gather(
            which, np.array(extra, np.int64), start, self.before, self.after, self.share, p.row_start, p.variant_of, p.group,
            t.sign, t.group_size, self.counts, t.row_of, t.rows, t.scale, self.top, plain, weighed,
        )  # fmt: skip
        return plain, weighed, start

    def worth_of_each(self, findings: Sequence[int]) -> Worth:
        """Each finding asked alone."""
        out = np.zeros((len(findings), 3))
        plain, weighed, start = self._rows(findings, [0] * len(findings))
        _each_question(self.p, plain, weighed, start, self.utility, self.leading, self.margin, out)
        return Worth(out[:, 0], out[:, 1], out[:, 2])

    def worth_of_tests(self, tests: Sequence[Sequence[int]]) -> Worth:
        """Each test, which answers several findings at once: exactly if it is one finding, else over drawn results."""
        group = self.engine.program.group
        flat = [f for findings in tests for f in findings]
        extra = []
        for findings in tests:
            mates = [int(group[f]) for f in findings]
            extra += [mates.count(g) - 1 if g >= 0 else 0 for g in mates]
        plain, weighed, start = self._rows(flat, extra)
        first = np.zeros(len(tests) + 1, np.int64)
        np.cumsum([len(findings) for findings in tests], out=first[1:])
        out = np.zeros((len(tests), 3))
        _each_test(self.p, plain, weighed, start, first, UNIFORMS, self.utility, self.leading, self.margin, out)
        return Worth(out[:, 0], out[:, 1], out[:, 2])


# [result, question] the same numbers for every case, so that an answer depends on the case alone
UNIFORMS = np.random.Generator(np.random.PCG64(RESULT_SEED)).random((N_RESULTS, kernel.MAX_LISTED))


@compiled()
def _leads(q, utility, leading, sums):  # type: ignore[no-untyped-def]
    """(utility of the treatment that leads under q, utility of the one that leads now).

    sums [treatment] is scratch: the treatments are summed side by side, each over the sets in order.
    """
    best, now = -1e9, -1e9
    for t in range(sums.shape[0]):
        sums[t] = 0.0
    for h in range(q.shape[0]):
        row, x = utility[h], q[h]
        for t in range(sums.shape[0]):
            sums[t] += row[t] * x
    for t in range(sums.shape[0]):
        best = max(best, sums[t])
        if t == leading:
            now = sums[t]
    return best, now


@compiled()
def _divergence(q, p):  # type: ignore[no-untyped-def]
    out = 0.0
    for h in range(q.shape[0]):
        if q[h] > 1e-300:
            out += q[h] * np.log2(q[h] / p[h])
    return out


@compiled()
def _gather(  # type: ignore[no-untyped-def]
    which, extra, start, before, after, share, row_start, variant_of, group, sign, group_size, counts, row_of, rows, scale,
    top, plain, weighed,
):  # fmt: skip
    for i in range(which.shape[0]):
        f = which[i]
        for s in range(start[i + 1] - start[i]):
            first = row_start[variant_of[f, before]] + s
            a, b = row_of[first], row_of[row_start[variant_of[f, after]] + s]
            k = 0
            if group[f] >= 0:
                k = min(kernel.members_known(sign[first], counts[group[f]]) + extra[i], group_size[f] - 1)
            _mix(rows, scale, a, b, share, top, plain[start[i] + s])
            if k == 0:
                weighed[start[i] + s, :] = plain[start[i] + s, :]
            else:
                _mix(rows, scale, a + k, b + k, share, top, weighed[start[i] + s])


@compiled()
def _mix(rows, scale, a, b, share, top, out):  # type: ignore[no-untyped-def]
    for h in range(top.shape[0]):
        early = rows[a, top[h]] * scale[a]
        out[h] = early if a == b else (1.0 - share) * early + share * rows[b, top[h]] * scale[b]


@compiled()
def _each_question(p, plain, weighed, start, utility, leading, margin, out):  # type: ignore[no-untyped-def]
    for f in range(start.shape[0] - 1):
        _one_question(p, plain[start[f] : start[f + 1]], weighed[start[f] : start[f + 1]], utility, leading, margin, out[f])


@compiled()
def _each_test(p, plain, weighed, start, first, uniform, utility, leading, margin, out):  # type: ignore[no-untyped-def]
    for i in range(first.shape[0] - 1):
        a, b = first[i], first[i + 1]
        if b - a == 1:
            rows = slice(start[a], start[b])
            _one_question(p, plain[rows], weighed[rows], utility, leading, margin, out[i])
        elif b > a:
            _several_questions(p, plain, weighed, start[a : b + 1], uniform, utility, leading, margin, out[i])


@compiled()
def _one_question(p, plain, weighed, utility, leading, margin, out):  # type: ignore[no-untyped-def]
    n = p.shape[0]
    q, sums = np.empty(n), np.empty(utility.shape[1])
    value_now, _ = _leads(p, utility, leading, sums)
    total = 0.0
    for s in range(plain.shape[0]):
        for h in range(n):
            total += p[h] * plain[s, h]
    for s in range(plain.shape[0]):
        chance, mass = 0.0, 0.0
        for h in range(n):
            chance += p[h] * plain[s, h]
            q[h] = p[h] * weighed[s, h]
            mass += q[h]
        chance /= total
        for h in range(n):
            q[h] /= mass
        out[0] += chance * _divergence(q, p)
        value, same = _leads(q, utility, leading, sums)
        out[1] += chance if value - same > margin else 0.0
        out[2] += chance * (value - value_now)


@compiled()
def _several_questions(p, plain, weighed, start, uniform, utility, leading, margin, out):  # type: ignore[no-untyped-def]
    n, n_results = p.shape[0], uniform.shape[0]
    q, sums = np.empty(n), np.empty(utility.shape[1])
    value_now, _ = _leads(p, utility, leading, sums)
    for r in range(n_results):
        target, truth, upto = (r + 0.5) / n_results, 0, p[0]
        while upto < target and truth < n - 1:
            truth += 1
            upto += p[truth]
        for h in range(n):
            q[h] = p[h]
        for f in range(start.shape[0] - 1):
            x, state, last = uniform[r, f], start[f], start[f + 1] - 1
            while x > plain[state, truth] and state < last:
                x -= plain[state, truth]
                state += 1
            for h in range(n):
                q[h] *= weighed[state, h]
        mass = 0.0
        for h in range(n):
            mass += q[h]
        for h in range(n):
            q[h] /= mass
        out[0] += _divergence(q, p) / n_results
        value, same = _leads(q, utility, leading, sums)
        out[1] += 1.0 / n_results if value - same > margin else 0.0
        out[2] += (value - value_now) / n_results
