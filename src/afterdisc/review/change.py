"""Two assessments of one person side by side: what changed, and because of which finding or which knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc import door
from afterdisc.errors import CaseError
from afterdisc.program import Program

Findings = Mapping[str, Any]
LITTLE = 0.005  # a cause that moves less is not worth a line


@dataclass(frozen=True)
class Moved:
    """One cause: its probability before and after."""

    id: str
    label: str
    before: float
    after: float

    @property
    def by(self) -> float:
        return self.after - self.before


@dataclass(frozen=True)
class Because:
    """One finding that differs, and how the cause it moves most would stand without that difference.

    `cause` None: the difference moves no cause; `by` is then 0.
    """

    finding: str
    before: Any
    after: Any
    cause: str | None
    by: float


@dataclass(frozen=True)
class Change:
    """Everything that differs between two assessments."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    causes: tuple[Moved, ...]
    findings: tuple[Because, ...]
    options: tuple[tuple[str, str, str], ...]  # label, status before, status after
    knowledge: tuple[Moved, ...] | None  # what the other knowledge alone moves; None if it is the same or cannot be told


def change(before: Findings, after: Findings, *, then: Program, now: Program) -> Change:
    """Compare a person's findings at two times, each assessed with the knowledge of its time.

    The share of a finding is what goes back when that finding alone is set back; shares need not add up, since findings
    speak together. Raises CaseError if either set of findings contradicts itself.
    """
    first, second = _assess(before, then), _assess(after, now)
    other = _with_other_knowledge(before, then, now)
    return Change(
        before=first,
        after=second,
        causes=_moved(first, second),
        findings=tuple(_because(before, after, second, now)),
        options=_options(first, second),
        knowledge=_moved(first, other) if other else None,
    )


def _assess(findings: Findings, program: Program) -> dict[str, Any]:
    return door.assess({"findings": dict(findings)}, program=program)


def _with_other_knowledge(before: Findings, then: Program, now: Program) -> dict[str, Any] | None:
    """The earlier findings with the later knowledge; None if it is the same, or has no such answers any more."""
    if then.fingerprint == now.fingerprint:
        return None
    try:
        return _assess(before, now)
    except CaseError:
        return None


def _moved(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Moved, ...]:
    """Causes by the size of their move; one that only one of the two knows stands at nought in the other."""
    old, new = ({c["id"]: c for c in side["causes"]} for side in (first, second))
    rows = [Moved(i, c["label"], _chance(old.get(i)), _chance(new.get(i))) for i, c in {**old, **new}.items()]
    return tuple(sorted((m for m in rows if abs(m.by) >= LITTLE), key=lambda m: -abs(m.by)))


def _chance(cause: Mapping[str, Any] | None) -> float:
    return float(cause["probability"]) if cause else 0.0


def _because(before: Findings, after: Findings, second: Mapping[str, Any], now: Program) -> list[Because]:
    differing = [f for f in {**before, **after} if before.get(f) != after.get(f)]
    rows = [_share(f, before.get(f), after, second, now) for f in differing]
    return sorted(rows, key=lambda b: -abs(b.by))


def _share(finding: str, old: Any, after: Findings, second: Mapping[str, Any], now: Program) -> Because:
    back = {**after, finding: old}
    try:
        without = door.assess({"findings": back}, program=now, intervals=False)
    except CaseError:  # the old answer does not go with the others any more: nothing can be said of it alone
        return Because(finding, old, after.get(finding), None, 0.0)
    moved = _moved(without, second)
    first = moved[0] if moved else None
    return Because(finding, old, after.get(finding), first.label if first else None, first.by if first else 0.0)


def _options(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    old = {t["id"]: t["status"] for t in first["treatments"]}
    return tuple(
        (t["label"], old.get(t["id"], "not_indicated"), t["status"])
        for t in second["treatments"]
        if old.get(t["id"]) != t["status"]
    )
