"""Opening the clinic's database, bringing it to this version, and reading and writing in whole steps.

SQLite (one file, write-ahead log) by default, PostgreSQL by its address. A write is one transaction: it is on the disk when
the call returns, or it never was.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from afterdisc.errors import DatabaseBusy, DatabaseFull, DatabaseUnusable

WAIT_SECONDS = 5
SQLITE_HABITS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")  # deleted rows are overwritten
AUDIT_LOCK = 7_311_002  # any number, the same for all: one writer at a time continues the audit chain


class Database:
    """One open database, shared by all threads."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _engine(url, pool_size)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment and keeps nothing."""
        with errors_told(), Session(self.engine, expire_on_commit=False) as session:
            yield session  # closing it ends the transaction; what was read stays readable

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are all kept at the end, or none if anything goes wrong. Writers take turns."""
        with errors_told(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                session.connection(execution_options={"afterdisc_begin": "IMMEDIATE"})
            else:
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": AUDIT_LOCK})
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """The database at an address, `sqlite:///PATH` or `postgresql://user@host/name`; makes a SQLite file, closed to others."""
    address = _address(url)
    if address.startswith("sqlite:///"):
        _prepare_file(Path(address.removeprefix("sqlite:///")))
    return Database(address)


def _address(url: str) -> str:
    """The address with the driver that ships with Afterdisc."""
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+pg8000://" + url.removeprefix(short)
    if not url.startswith(("sqlite:///", "postgresql+")):
        raise DatabaseUnusable(
            "the database address is neither `sqlite:///FILE` nor `postgresql://…`. Check AFTERDISC_DATABASE_URL."
        )
    return url


def _prepare_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseUnusable(
            f"the database file {path.name} cannot be opened ({error.strerror}). Check the folder and its rights."
        ) from None


def _engine(url: str, pool_size: int) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, pool_timeout=WAIT_SECONDS)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=WAIT_SECONDS,
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so
        for line in (*SQLITE_HABITS, f"busy_timeout={WAIT_SECONDS * 1000}"):
            connection.execute(f"PRAGMA {line}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        mode = connection.get_execution_options().get("afterdisc_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


# ------------------------------------------------------------------------------------------------- what can go wrong


@contextmanager
def errors_told() -> Iterator[None]:
    """Turns what a database driver says into an error that a person can act on; no value of the statement is repeated."""
    try:
        yield
    except TimeoutError:
        raise DatabaseBusy("the database is busy. Nothing was lost; try again in a moment.") from None
    except DBAPIError as error:
        told = told_of(error)
        if told is None:
            raise
        raise told from None


def told_of(error: DBAPIError) -> Exception | None:
    said = str(error.orig).lower()
    if "locked" in said or "busy" in said:
        return DatabaseBusy("the database is busy. Nothing was lost; try again in a moment.")
    if "full" in said or "no space" in said or "disk i/o" in said or "quota" in said:
        return DatabaseFull("the disk of the database is full. What was saved is safe; make room, then save again.")
    if "readonly" in said or "read-only" in said or "unable to open" in said:
        return DatabaseUnusable("the database cannot be written. Check the rights of its file and folder.")
    gone = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated or "network error" in said
    if gone or "not a database" in said or "malformed" in said:
        return DatabaseUnusable("the database does not answer or is damaged. `afterdisc serve` prints why in its log.")
    return None


# --------------------------------------------------------------------------------------------------------- migrations


def revision_of(database: Database) -> str | None:
    """The revision a database is at; None for an empty one."""
    from alembic.runtime.migration import MigrationContext

    with errors_told(), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory.from_config(_alembic()).get_current_head())


def is_current(database: Database) -> bool:
    return revision_of(database) == newest_revision()


def migrate(database: Database, revision: str = "head") -> None:
    """Bring a database to this version, each step whole or not at all; does nothing if it is there already.

    Raises DatabaseUnusable for a database that a newer Afterdisc has written.
    """
    from alembic import command
    from alembic.util.exc import CommandError

    config = _alembic()
    with errors_told(), database.engine.connect() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, revision)
        except CommandError:
            raise DatabaseUnusable(
                "the database was written by a newer Afterdisc than this one. Install that version, or restore a backup."
            ) from None
        connection.commit()


def _alembic() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def sqlite_path(database: Database) -> Path | None:
    """The file of a SQLite database, None for another one."""
    name = make_url(database.url).database
    return Path(name) if database.is_sqlite and name else None
