"""Timed rounds, and the figures made from them."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Rounds = list[tuple[float, float]]  # (wall, processor time) of one unit of work, in seconds, one a round


@dataclass(frozen=True)
class Contender:
    """Something to time: a call of `run` does `n` units of work."""

    name: str
    run: Callable[[], object]
    n: int = 1


@dataclass(frozen=True)
class Figure:
    """One measured number: the median over the rounds, the smallest and the largest, and what it should be."""

    measure: str
    values: Sequence[float]
    unit: str
    target: str = ""
    met: bool | None = None
    note: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        return median(self.values)

    def plain(self) -> dict[str, Any]:
        spread = {"median": self.value, "min": min(self.values), "max": max(self.values), "rounds": len(self.values)}
        said = {"unit": self.unit, "target": self.target, "met": self.met, "note": self.note}
        return {"measure": self.measure, **spread, **said, **self.detail}


def interleaved(contenders: Sequence[Contender], rounds: int) -> dict[str, Rounds]:
    """Wall and processor time of one unit of each, round after round, so that a busy moment strikes all alike."""
    for contender in contenders:
        contender.run()  # compiled, loaded, in the cache
    out: dict[str, Rounds] = {c.name: [] for c in contenders}
    for _ in range(rounds):
        for contender in contenders:
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            contender.run()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            out[contender.name].append((wall / contender.n, cpu / contender.n))
    return out


def seconds(rounds: Rounds) -> list[float]:
    return [wall for wall, _ in rounds]


def cpu_seconds(rounds: Rounds) -> list[float]:
    return [cpu for _, cpu in rounds]


def times_as_fast(ours: Sequence[float], peer: Sequence[float]) -> list[float]:
    """Peer over ours, round by round."""
    return [p / o for o, p in zip(ours, peer, strict=True)]


def at_least(measure: str, values: Sequence[float], floor: float, *, note: str = "", **detail: Any) -> Figure:
    """A ratio that should not fall below a floor."""
    return Figure(measure, values, "x", f">= {floor:g} x", median(values) >= floor, note, detail)


def under(measure: str, values: Sequence[float], ceiling: float, unit: str, *, note: str = "", **detail: Any) -> Figure:
    """A time or a ratio that should stay under a ceiling."""
    return Figure(measure, values, unit, f"< {ceiling:g} {unit}", median(values) < ceiling, note, detail)


def spread(rounds: Rounds, scale: float) -> dict[str, float]:
    """Median wall, its range, and median processor time, for the JSON file."""
    wall = [w * scale for w in seconds(rounds)]
    cpu = [c * scale for c in cpu_seconds(rounds)]
    return {"wall": median(wall), "wall_min": min(wall), "wall_max": max(wall), "cpu": median(cpu)}


def progress(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)
