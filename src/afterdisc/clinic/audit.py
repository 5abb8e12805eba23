"""Who did what, when: rows that are only ever added, each sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from afterdisc.clinic.tables import Audit

START = "0" * 64


@dataclass(frozen=True)
class Verdict:
    """How far the chain holds: the rows read, the last hash, and the first row that does not fit (None if all do)."""

    n_rows: int
    head: str
    broken_at: int | None

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def record(
    session: Session, *, at: str, by: str | None, action: str, kind: str, subject: str, **detail: Any
) -> None:
    """Add one row, within the caller's write. `detail` holds ids, names of findings and counts; never a patient's value."""
    record_all(session, [Entry(at, by, action, kind, subject, detail)])


@dataclass(frozen=True)
class Entry:
    """One thing that somebody did, before it has its place in the chain."""

    at: str
    by: str | None
    action: str
    kind: str
    subject: str
    detail: Mapping[str, Any]


def record_all(session: Session, entries: Iterable[Entry]) -> None:
    """Add a row for each, in this order, within the caller's write."""
    last = session.execute(select(Audit.seq, Audit.hash).order_by(Audit.seq.desc()).limit(1)).first()
    seq, head = (last.seq, last.hash) if last else (0, START)
    rows = []
    for entry in entries:
        seq += 1
        detail = json.dumps(entry.detail, sort_keys=True, separators=(",", ":"))
        row = Link(seq, entry.at, entry.by, entry.action, entry.kind, entry.subject, detail, head)
        head = seal(row)
        rows.append({**asdict(row), "hash": head})
    session.execute(insert(Audit), rows)


@dataclass(frozen=True)
class Link:
    """What is sealed of a row."""

    seq: int
    at: str
    account_id: str | None
    action: str
    subject_kind: str
    subject_id: str
    detail: str
    previous: str


def seal(row: Audit | Link) -> str:
    """The hash of a row and, through it, of all rows before."""
    said = [row.seq, row.at, row.account_id, row.action, row.subject_kind, row.subject_id, row.detail, row.previous]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def verify(session: Session) -> Verdict:
    """Does every row fit the one before, with no number left out?"""
    n_rows, head = 0, START
    for row in _rows(session):
        if row.seq != n_rows + 1 or row.previous != head or row.hash != seal(row):
            return Verdict(n_rows, head, row.seq)
        n_rows, head = n_rows + 1, row.hash
    return Verdict(n_rows, head, None)


def _rows(session: Session) -> Iterator[Audit]:
    yield from session.scalars(select(Audit).order_by(Audit.seq).execution_options(yield_per=1000))
