"""Which numbers matter most: how far the answers move when one number is drawn anew from its own uncertainty.

    python docs/build_sensitivity.py

For synthetic people, and one number of the knowledge base after the other, the probabilities of the causes are computed
again with that number alone redrawn. Writes the table in `evaluation.md`. Takes a few minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pages import table, write_part

import afterdisc as ad
from afterdisc.cohort import draw_cases
from afterdisc.engine import direct, kernel
from afterdisc.engine.evaluate import engine_of, weights_of
from afterdisc.engine.tables import discount, set_table
from afterdisc.intake import batch_from_cases
from afterdisc.knowledge import INSTALLED, read_knowledge
from afterdisc.program.program import UNKNOWN

N, SEED, N_DRAWS, SHOWN = 300, 2, 10, 20
NO_CAUSE = "expected_recovery"


@dataclass(frozen=True)
class Number:
    """One redrawn number: its kind, what it is about, what it rests on, and the mean change of the answers."""

    kind: str
    what: str
    support: str
    change: float


class Cohort:
    """People with the weights of all sets of causes; the same findings are known in each trial."""

    def __init__(self) -> None:
        self.program = p = ad.load_program()
        self.base = read_knowledge(INSTALLED)
        self.engine = engine_of(p)
        self.sets = self.engine.tables.sets
        batch = batch_from_cases(p, draw_cases(p, N, SEED))
        self.states = ad.evaluate(p, batch).states
        weeks = np.minimum(batch.rows[:, p.time_column], p.latest_weeks)
        self.times = [kernel.time_share(p.centre_weeks, float(w)) for w in weeks]
        rows = zip(self.states, weeks, strict=True)
        weights = np.array([weights_of(self.engine, s, float(w))[: self.sets.n] for s, w in rows])
        self.weights = weights / weights.sum(axis=1, keepdims=True)
        self.member = np.column_stack([self.engine.tables.membership, np.eye(self.sets.n)[0]])
        self.before = self.weights @ self.member
        self.power = np.ones(self.states.shape)
        for i, s in enumerate(self.states):
            for f, k in direct.members(p, s):
                self.power[i, f] = discount(p.rho[p.group[f]], k) if p.group[f] >= 0 else 1.0

    def change(self, who: np.ndarray, ratio: np.ndarray) -> float:
        """The largest move of any cause, averaged over all people; `ratio` [who, set] is what the weights are times."""
        w = self.weights[who] * ratio
        after = (w / w.sum(axis=1, keepdims=True)) @ self.member
        return float(np.abs(after - self.before[who]).max(axis=1).sum() / len(self.states))


def main() -> None:
    cohort = Cohort()
    numbers = sorted((*likelihoods(cohort), *priors(cohort), *risk_factors(cohort)), key=lambda n: -n.change)
    total = sum(n.change for n in numbers)
    kinds = {k: sum(n.change for n in numbers if n.kind == k) / total for k in dict.fromkeys(n.kind for n in numbers)}
    judged = sum(n.change for n in numbers if n.support == "judgement") / total
    rows = [(i, n.kind, n.what, n.support, f"{100 * n.change:.1f}") for i, n in enumerate(numbers[:SHOWN], 1)]
    head = (
        f"{N} synthetic people (seed {SEED}), {len(numbers):,} numbers, {N_DRAWS} draws of each, knowledge "
        f"{cohort.program.version}, fingerprint `{cohort.program.fingerprint}`. The last column is the largest move of "
        "any cause's probability, averaged over all people, in percentage points."
    )
    shares = ", ".join(f"{100 * share:.0f} % comes from {kind}s" for kind, share in kinds.items())
    foot = f"Of all movement {shares}; {100 * judged:.0f} % comes from numbers that are judgement."
    text = "\n\n".join((head, table(("", "kind", "number", "rests on", "move"), rows), foot))
    write_part("evaluation.md", "sensitivity", text)


# ------------------------------------------------------------------------------------------- numbers, one kind a turn


def likelihoods(c: Cohort) -> Iterator[Number]:
    p = c.program
    for f in np.flatnonzero(p.has_likelihood):
        who = np.flatnonzero(c.states[:, f] != UNKNOWN)
        if not len(who):
            continue
        mean = {int(v): _table(c, f, _rows(p, v)) for v in p.variant_of[f]}
        old = _seen(c, f, who, mean)
        for columns in _columns(p, f):
            changes = []
            for d in range(N_DRAWS):
                tables = {v: _table(c, f, _redrawn(p, v, columns, d)) for v in mean}
                changes.append(c.change(who, _seen(c, f, who, tables) / old))
            yield _named(c, f, columns, float(np.mean(changes)))


def _rows(p, variant: int) -> np.ndarray:
    return p.likelihood[p.row_start[variant] : p.row_start[variant + 1]]


def _redrawn(p, variant: int, columns: list[int], draw: int) -> np.ndarray:
    rows = _rows(p, variant).copy()
    rows[:, columns] = p.likelihood_draws[draw, p.row_start[variant] : p.row_start[variant + 1]][:, columns]
    return rows


def _columns(p, f: int) -> Iterator[list[int]]:
    """Columns that one number fills: the background with all that fall back on it, then each cause by itself."""
    v = p.variant_of[f, 0]
    drawn = p.likelihood_draws[:, p.row_start[v] : p.row_start[v + 1]]
    back = [j for j in range(drawn.shape[2]) if np.array_equal(drawn[:, :, j], drawn[:, :, -2])]
    yield back
    yield from ([j] for j in range(drawn.shape[2]) if j not in back)


def _table(c: Cohort, f: int, rows: np.ndarray) -> np.ndarray:
    return set_table(rows, bool(c.program.combine[f]), c.sets, c.program.mixture_weight)


def _seen(c: Cohort, f: int, who: np.ndarray, tables: dict[int, np.ndarray]) -> np.ndarray:
    """[who, set] the discounted likelihood of what each person showed."""
    out = np.empty((len(who), c.sets.n))
    for row, i in enumerate(who):
        before, after, share = c.times[i]
        state, power = c.states[i, f], c.power[i, f]
        early = tables[int(c.program.variant_of[f, before])][state] ** power
        late = tables[int(c.program.variant_of[f, after])][state] ** power
        out[row] = (1 - share) * early + share * late
    return out


def _named(c: Cohort, f: int, columns: list[int], change: float) -> Number:
    finding = c.program.findings[f]
    model = c.base.model_findings[finding]
    if len(c.program.causes) in columns:
        return Number("background", f"`{finding}` in people with nothing that causes it", _support(model.background), change)
    name = [*c.program.causes, "", NO_CAUSE][columns[0]]
    return Number("likelihood", f"`{finding}` given `{name}`", _support(c.base.causes[name].findings[finding]), change)


def _support(rows) -> str:
    kinds = [r.support.kind for r in rows]
    return max(set(kinds), key=kinds.count) if kinds else "background"


def priors(c: Cohort) -> Iterator[Number]:
    p = c.program
    everybody = np.arange(len(c.states))
    shift = p.log_odds_draws - p.log_odds[0]  # [draw, slice, cause + 1]
    for j, name in enumerate((*p.causes, NO_CAUSE)):
        changes = []
        for d in range(N_DRAWS):
            moved = [(1 - s) * shift[d, a, j] + s * shift[d, b, j] for a, b, s in c.times]
            changes.append(c.change(everybody, np.exp(np.outer(moved, c.member[:, j]))))
        yield Number("prior", f"`{name}`", _support(c.base.causes[name].priors), float(np.mean(changes)))


def risk_factors(c: Cohort) -> Iterator[Number]:
    p = c.program
    shift = p.log_shift_draws - p.log_shift  # [draw, row, cause]
    for f, finding in enumerate(p.findings):
        for j, name in enumerate(p.causes):
            row = p.shift_row[f][np.minimum(c.states[:, f], 7)]  # [person]
            who = np.flatnonzero((c.states[:, f] != UNKNOWN) & (row >= 0))
            who = who[p.log_shift[row[who], j] != 0]
            if not len(who):
                continue
            moved = [np.exp(np.outer(shift[d, row[who], j], c.member[:, j])) for d in range(N_DRAWS)]
            risk = [r for r in c.base.causes[name].risk_factors if r.finding == finding]
            change = float(np.mean([c.change(who, m) for m in moved]))
            yield Number("risk factor", f"`{finding}` for `{name}`", _support(risk), change)


if __name__ == "__main__":
    main()
