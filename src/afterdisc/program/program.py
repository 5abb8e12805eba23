"""The Program: what the engine runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

UNKNOWN = 255  # the code of a state nobody knows


@dataclass(frozen=True)
class Column:
    """One column of a batch: a finding, or one entry of a set or map finding.

    A number stands as itself, a yes/no finding as 0 or 1, a state as its position in `states`, an ingredient of a set
    as 0 or 1. Unknown is NaN.
    """

    name: str
    finding: str
    kind: str  # bool | number | count | ordinal | category | set | map
    entry: str  # the ingredient, for set and map
    states: tuple[str, ...]
    low: float
    high: float
    absent: float  # what an entry that a known set or map does not list stands for


@dataclass(frozen=True)
class Tape:
    """All conditions of all rules as one list of nodes, children before parents, each distinct node once.

    op        int8    [node]   see `engine.rules`
    column    int32   [node]   the column an atom reads, else -1
    value     float64 [node]   the limit of a comparison; n of at_least
    start     int32   [node]   where the children (or the accepted states) begin in `items`
    count     int32   [node]   how many there are
    items     int32   [item]   node numbers of children, or accepted states
    late      bool    [node]   needs a probability or the urgency: evaluated after the causes
    """

    op: npt.NDArray[np.int8]
    column: Ints
    value: Floats
    start: Ints
    count: Ints
    items: Ints
    late: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Root:
    """A condition somebody asks for: its node on the tape, and what it belongs to."""

    node: int
    kind: str  # derived | silent | flag | imaging | gate | treatment | course | stage | indicator | contradiction | scope
    owner: str  # the finding, red flag, investigation, treatment …
    name: str  # the state, urgency or rule id


@dataclass(frozen=True)
class Program:
    """Everything needed to assess a case, and nothing that needs the YAML again.

    Axes: column (of a batch), node and root (of the tape), finding (that carries weight), variant (one finding's tables
    in one stretch of time), row (one state of one variant), cause, slice (of time since surgery), draw.
    """

    version: str
    fingerprint: str
    seed: int  # of the parameter draws
    columns: tuple[Column, ...]
    late_columns: tuple[str, ...]  # appended after inference: urgency, then one per distinct probability
    tape: Tape
    roots: tuple[Root, ...]
    # causes
    causes: tuple[str, ...]
    pair_odds: Floats  # [cause, cause], 0 where two exclude each other
    mixture_weight: Floats  # [cause]
    log_odds: Floats  # [cap, slice, cause + 1]; the last is the free weight of the empty set; cap 3, 4, 5
    log_odds_draws: Floats  # [draw, slice, cause + 1], for a cap of three
    caps: tuple[int, ...]
    recheck_above: float
    # time
    centre_weeks: Floats  # [slice]
    slice_share: Floats  # [slice]
    latest_weeks: float
    time_column: int
    # findings that carry weight
    findings: tuple[str, ...]
    asks: tuple[str, ...]  # [finding] the finding a person is asked for
    states: tuple[tuple[str, ...], ...]  # [finding][state]
    combine: npt.NDArray[np.int8]  # [finding] 0 mixture, 1 noisy (or, max)
    source_column: Ints  # [finding], -1 for a derived one
    bin_start: Ints  # [finding] into bin_low, bin_high; -1 where the column already holds the state
    bin_low: Floats
    bin_high: Floats
    state_map: Ints  # [finding, 8] column state -> model state
    derived_root: Ints  # [finding] first of its roots, -1 if not derived
    silent_root: Ints  # [finding], -1 if never silent
    group: Ints  # [finding], -1 without a group
    rho: Floats  # [group]
    group_names: tuple[str, ...]
    variant_of: Ints  # [finding, slice]
    row_start: Ints  # [variant]
    likelihood: Floats  # [row, cause + 2]: by cause, then background, then the empty set
    likelihood_draws: Singles  # [draw, row, cause + 2]
    has_likelihood: npt.NDArray[np.bool_]  # [finding]; a risk factor alone has none
    # risk factors
    shift_row: Ints  # [finding, state] row of log_shift, -1 if none
    log_shift: Floats  # [shift_row, cause]
    log_shift_draws: Singles  # [draw, shift_row, cause]
    # treatments
    treatments: tuple[str, ...]
    benefit: Floats  # [treatment, cause + 1]; NaN where a cause has no row; the last is the expected course
    benefit_draws: Singles  # [draw, treatment, cause + 1]
    benefit_unlisted: float
    treatment_cost: Floats  # [treatment] invasiveness, on the scale of a chance of benefit
    shift_log_benefit: Floats  # [benefit_shift]
    shift_keys: tuple[tuple[str, str, str, str], ...]  # treatment, finding, state, concurrent cause
    # probabilities that rules ask for
    probability_causes: tuple[tuple[str, ...], ...]  # [late column - 1]
    orders: tuple[tuple[int, int, float, str], ...]  # column, column it may not exceed, slack, what to say
    # words, and where everything comes from
    settings: Mapping[str, float]
    book: Mapping[str, Any]

    @property
    def n_causes(self) -> int:
        return len(self.causes)

    @property
    def n_draws(self) -> int:
        return len(self.log_odds_draws)

    @cached_property
    def kept(self) -> dict[object, Any]:
        """What others made from this very object; see `kept_with_program`. No part of the program: a copy starts with none."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "kept"}

    def column_index(self) -> dict[str, int]:
        return {column.name: i for i, column in enumerate(self.columns)}
