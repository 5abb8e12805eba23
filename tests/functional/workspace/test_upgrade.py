"""A database made by the revision before comes to this one with everything it held, and its audit chain holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, select, text

from afterdisc.clinic import audit, people
from afterdisc.clinic.database import Database, _alembic, is_current, migrate, newest_revision, open_database, revision_of
from afterdisc.clinic.tables import Answer, Base
from afterdisc.errors import DatabaseUnusable

AT = "2026-11-01T10:00:00.000Z"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    sqlite = f"sqlite:///{tmp_path / 'old.sqlite'}"
    made = open_database(sqlite if request.param == "sqlite" else request.getfixturevalue("empty_postgres")())
    yield made
    made.close()


def previous() -> str:
    script = ScriptDirectory.from_config(_alembic())
    step = script.get_revision(newest_revision())
    assert step is not None
    assert isinstance(step.down_revision, str)
    return step.down_revision


def fill(database: Database) -> None:
    """Rows in the tables as they were then."""
    there = MetaData()
    there.reflect(database.engine)
    with database.writing() as session:
        people.add_account(session, login="ada", name="Ada", roles=["clinician"], password=None, at=AT, by=None)
        for table, row in (
            ("patient", {"id": "p", "number": "P-1", "family_name": "Old", "given_name": "", "created_at": AT}),
            ("visit", {"id": "v", "patient_id": "p", "on": "2026-11-01", "created_at": AT}),
        ):
            session.execute(there.tables[table].insert(), [row])
        for i in range(3):
            answer = {"visit_id": "v", "finding": "fever", "value": bool(i % 2), "origin": "clinician", "is_confirmed": True}
            session.execute(there.tables["answer"].insert(), [{**answer, "key": f"key-{i}", "at": AT}])
            audit.record(session, at=AT, by=None, action="answer.kept", kind="visit", subject="v", finding="fever")


def test_a_database_of_the_revision_before_migrates_with_its_chain_intact(database: Database) -> None:
    migrate(database, previous())
    assert not is_current(database)
    fill(database)
    with database.reading() as session:
        before = audit.verify(session)
    migrate(database)
    assert is_current(database)
    with database.reading() as session:
        assert audit.verify(session) == before
        assert before.n_rows == 4
        assert [a.value for a in session.scalars(select(Answer).order_by(Answer.id))] == [False, True, False]
    migrate(database)  # and a second time changes nothing
    assert revision_of(database) == newest_revision()


def test_the_migrations_make_what_the_code_expects(database: Database) -> None:
    migrate(database)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_migration_cut_short_leaves_the_revision_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'half.sqlite'}")
    migrate(database, previous())
    fill(database)
    from alembic import op

    real, made = op.create_table, []

    def dies(name: str, *args: Any, **more: Any) -> Any:
        if made:
            raise KeyboardInterrupt
        made.append(name)
        return real(name, *args, **more)

    def dies_at_once(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(op, "create_table", dies)
    for later_step in ("create_index", "add_column"):
        monkeypatch.setattr(op, later_step, dies_at_once)
    with pytest.raises(KeyboardInterrupt):
        migrate(database)
    monkeypatch.undo()
    assert made
    assert revision_of(database) == previous()
    assert made[0] not in inspect(database.engine).get_table_names()
    migrate(database)
    assert is_current(database)
    database.close()


def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    migrate(database)
    with database.engine.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    with pytest.raises(DatabaseUnusable, match="newer Afterdisc"):
        migrate(database)
