"""Workspaces for the tests, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from afterdisc.program import Program
from functional.workspace.house import House, as_postgres, build, postgres_binaries, run_quietly


@pytest.fixture
def house(tmp_path: Path, program: Program) -> Iterator[House]:
    """A workspace on SQLite."""
    made = build(f"sqlite:///{tmp_path / 'clinic.sqlite'}", program)
    yield made
    made.database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of this session's own, on the loopback."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("needs PostgreSQL")
    folder = Path(tempfile.mkdtemp(prefix="afterdisc-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    run_quietly(as_postgres(str(binaries / "initdb"), "-D", data, "-U", "afterdisc", "-A", "trust", "-E", "UTF8"))
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    start = as_postgres(str(binaries / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(folder / "log"), "start")
    run_quietly(start)
    try:
        yield f"postgresql+pg8000://afterdisc@127.0.0.1:{port}"
    finally:
        run_quietly(as_postgres(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "stop"))
        shutil.rmtree(folder, ignore_errors=True)


N_MADE = iter(range(1, 100_000))


@pytest.fixture
def empty_postgres(postgres: str) -> Callable[[], str]:
    """Makes a new, empty database and gives its address."""

    def make() -> str:
        name = f"clinic_{os.getpid()}_{next(N_MADE)}"
        engine = create_engine(f"{postgres}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return f"{postgres}/{name}"

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path, program: Program) -> Iterator[House]:
    """A workspace on SQLite, then the same on PostgreSQL."""
    if request.param == "sqlite":
        made = build(f"sqlite:///{tmp_path / 'clinic.sqlite'}", program)
    else:
        made = build(request.getfixturevalue("empty_postgres")(), program)
    yield made
    made.database.close()
