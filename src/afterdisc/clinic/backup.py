"""Backup and restore of the whole record, the same file for SQLite and PostgreSQL; and one person's record as one file.

A backup is a zip: a manifest with revision, counts and checksums, and one file of JSON lines a table. Sign-ins, launches
that have begun and tokens seen are left out.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import LargeBinary, MetaData, Table, func, inspect, select, text
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.database import Database, migrate, newest_revision, revision_of
from afterdisc.clinic.erasure import OF_A_PERSON, OF_A_VISIT
from afterdisc.clinic.patients import patient
from afterdisc.clinic.tables import Base, Visit
from afterdisc.errors import DatabaseUnusable, NotPossible

FORMAT = "afterdisc-backup/1"
LEFT_OUT = {"sign_in", "login_attempt", "seen_token", "ehr_launch", "ehr_access"}
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Receipt:
    """What was written or read: rows by table, and where the audit chain ends."""

    n_rows: Mapping[str, int]
    audit_head: str

    @property
    def n_all(self) -> int:
        return sum(self.n_rows.values())


def backup(database: Database, target: IO[bytes]) -> Receipt:
    """Write everything to a zip, as it was at one moment."""
    with database.reading() as session:
        if not database.is_sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        tables = [t for t in Base.metadata.sorted_tables if t.name not in LEFT_OUT]
        n_rows, sums = {}, {}
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for table in tables:
                n_rows[table.name], sums[table.name] = _write(session, table, out)
            receipt = Receipt(n_rows, audit.verify(session).head)
            manifest = {
                "format": FORMAT,
                "revision": revision_of(database),
                "rows": n_rows,
                "sha256": sums,
                "audit_head": receipt.audit_head,
            }
            out.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return receipt


def _write(session: Session, table: Table, out: zipfile.ZipFile) -> tuple[int, str]:
    n, digest = 0, hashlib.sha256()
    with out.open(f"{table.name}.jsonl", "w", force_zip64=True) as handle:
        for row in session.execute(select(table).execution_options(yield_per=500)).mappings():
            line = json.dumps(_plain(row), ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            handle.write(line)
            n += 1
    return n, digest.hexdigest()


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(k): {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for k, v in row.items()}


def restore(database: Database, source: IO[bytes]) -> Receipt:
    """Read a backup into an empty database, then bring it to this version. All of it or nothing.

    Raises NotPossible for a file that is no backup, is damaged or is newer; DatabaseUnusable if the database is not empty.
    """
    if not _is_empty(database):
        raise DatabaseUnusable("the database holds something already. Restore into an empty one: set AFTERDISC_DATABASE_URL.")
    with _opened(source) as data:
        manifest = _manifest(data)
        _check(data, manifest)
        migrate(database, manifest["revision"])
        _fill(database, data, manifest)
    migrate(database)
    with database.reading() as session:
        verdict = audit.verify(session)
    if not verdict.holds or verdict.head != manifest["audit_head"]:
        raise NotPossible("the audit chain of this backup does not hold. It was changed after it was made; use another one.")
    return Receipt(manifest["rows"], verdict.head)


def _is_empty(database: Database) -> bool:
    """No tables, or tables without an account or a patient."""
    found = set(inspect(database.engine).get_table_names())
    with database.reading() as session:
        counted = (select(func.count()).select_from(Base.metadata.tables[t]) for t in ("account", "patient") if t in found)
        return not any(session.scalar(n) for n in counted)


def _opened(source: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except zipfile.BadZipFile:
        raise NotPossible("this file is no Afterdisc backup. Choose the .zip that `afterdisc backup` wrote.") from None


def _manifest(data: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(data.read(MANIFEST))
    except (KeyError, ValueError):
        manifest = {}
    if manifest.get("format") != FORMAT:
        raise NotPossible("this file is no Afterdisc backup. Choose the .zip that `afterdisc backup` wrote.")
    if manifest["revision"] > newest_revision():
        raise NotPossible("this backup was made by a newer Afterdisc. Install that version first.")
    return manifest


def _check(data: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    """Every file is there and as it was written, before anything is changed."""
    for name, expected in manifest["sha256"].items():
        digest = hashlib.sha256()
        try:
            with data.open(f"{name}.jsonl") as handle:
                for chunk in iter(lambda h=handle: h.read(1 << 20), b""):  # type: ignore[misc]
                    digest.update(chunk)
        except (KeyError, zipfile.BadZipFile, zlib.error, OSError, EOFError):
            raise NotPossible("this backup is damaged. Nothing was changed; use another one.") from None
        if digest.hexdigest() != expected:
            raise NotPossible("this backup is damaged. Nothing was changed; use another one.")


def _fill(database: Database, data: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    """Into the tables as they are at the backup's own revision."""
    there = MetaData()
    there.reflect(database.engine)
    with database.writing() as session:
        for table in there.sorted_tables:
            if table.name in manifest["rows"]:
                for rows in _batches(data, table):
                    session.execute(table.insert(), rows)
                if not database.is_sqlite:
                    _count_on(session, table)


def _batches(data: zipfile.ZipFile, table: Table, size: int = 500) -> Iterator[list[dict[str, Any]]]:
    binary = {c.name for c in table.columns if isinstance(c.type, LargeBinary)}
    batch: list[dict[str, Any]] = []
    with data.open(f"{table.name}.jsonl") as handle:
        for line in io.TextIOWrapper(handle, "utf-8", newline="\n"):
            row = json.loads(line)
            batch.append({k: base64.b64decode(v["base64"]) if k in binary and v is not None else v for k, v in row.items()})
            if len(batch) == size:
                yield batch
                batch = []
    if batch:
        yield batch


def _count_on(session: Session, table: Table) -> None:
    """On PostgreSQL the next number of a counting column is one more than the largest that came in."""
    for column in table.primary_key.columns:
        sequence = session.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": f'"{table.name}"', "c": column.name})
        if sequence:
            top = session.scalar(select(func.max(column))) or 0
            session.execute(text("SELECT setval(:s, :n)"), {"s": sequence, "n": max(int(top), 1)})


# ------------------------------------------------------------------------------------------------------------ one person


def export_person(session: Session, patient_id: str) -> dict[str, Any]:
    """Everything that is kept of one person, as plain data; assessments are unpacked."""
    who = patient(session, patient_id)
    visits = select(Visit.id).where(Visit.patient_id == patient_id)
    out: dict[str, Any] = {"format": "afterdisc-person/1", "patient": [_row(who)]}
    out["visit"] = [_row(v) for v in session.scalars(select(Visit).where(Visit.patient_id == patient_id))]
    for table in OF_A_PERSON:
        mine = select(table).where(table.__table__.c.patient_id == patient_id)
        out[table.__tablename__] = [_row(r) for r in session.scalars(mine)]
    for table in OF_A_VISIT:
        mine = select(table).where(table.__table__.c.visit_id.in_(visits))
        out[table.__tablename__] = [_row(r) for r in session.scalars(mine)]
    return out


def _row(row: Base) -> dict[str, Any]:
    values = {c.name: getattr(row, inspect(type(row)).get_property_by_column(c).key) for c in row.__table__.columns}
    return {k: _unpacked(v) if isinstance(v, bytes) else v for k, v in values.items() if k != "token_hash"}


def _unpacked(data: bytes) -> Any:
    return json.loads(zlib.decompress(data))
