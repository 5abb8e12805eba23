"""A whole workspace for a test: a real database, the installed knowledge, a clock that stands still until it is moved."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from afterdisc.clinic import patients, people, visits
from afterdisc.clinic.database import Database, migrate, open_database
from afterdisc.clinic.patients import NewOperation, NewPatient
from afterdisc.program import Program
from afterdisc.service.app import create_app
from afterdisc.service.desk import Desk
from afterdisc.service.guard import COOKIE
from afterdisc.service.settings import Settings

PASSWORD = "a long enough word"
ORIGIN = "http://testserver"
START = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass
class House:
    """One running workspace and whoever works in it."""

    desk: Desk
    clock: Clock
    app: FastAPI
    accounts: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.desk.database

    def account(self, role: str) -> str:
        """The id of an account with this role alone; `login` is the role's name."""
        if role not in self.accounts:
            with self.database.writing() as session:
                made = people.add_account(
                    session, login=role, name=f"Ada {role.title()}", roles=[role], password=None, at=self.desk.at(), by=None
                )
                self.accounts[role] = made.id
        return self.accounts[role]

    def visitor(self, role: str | None = "clinician") -> Visitor:
        """A browser, signed in in this role (None: not signed in)."""
        client = TestClient(self.app, base_url=ORIGIN, follow_redirects=False, headers={"Origin": ORIGIN})
        if role is None:
            return Visitor(client, "")
        account_id = self.account(role)
        with self.database.writing() as session:
            account = people.account(session, account_id)
            token = people.sign_in(session, account, self.clock(), how="test")
        client.cookies.set(COOKIE, token, domain="testserver.local", path="/")
        with self.database.reading() as session:
            found = people.visitor_of(session, token, self.clock(), self.desk.limits)
        assert found is not None
        return Visitor(client, found.csrf)

    def patient(self, number: str = "P-1", **more: Any) -> str:
        """A person with an index operation 34 weeks ago; returns the id."""
        operation = NewOperation(on="2026-04-01", procedure="microdiscectomy", level="L4-L5", side="left", is_index=True)
        fields: dict[str, Any] = {"family_name": "Example", "given_name": "Erin", "birth_date": "1979-05-02", "sex": "female"}
        new = NewPatient(number=number, operations=(operation,), **{**fields, **more})
        by = self.account("clinician")
        with self.database.writing() as session:
            return patients.add_patient(session, new, at=self.desk.at(), by=by).id

    def visit(self, patient_id: str, on: str | None = None, *, carries: bool = False) -> str:
        by = self.account("clinician")
        with self.database.writing() as session:
            book = self.desk.program.book if carries else None
            made = visits.open_visit(session, patient_id, on=on or self.desk.today(), at=self.desk.at(), by=by, book=book)
            return made.id


@dataclass
class Visitor:
    """A browser and the token its pages carry."""

    client: TestClient
    csrf: str
    n_keys: int = 0

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, data: Any = None, **more: Any) -> Any:
        headers = {"X-CSRF-Token": self.csrf, **more.pop("headers", {})}
        return self.client.post(path, data=data, headers=headers, **more)

    def answer(self, visit: str, answers: dict[str, Any], seen: int = 0, insists: bool = False) -> Any:
        """Give answers as the screen does."""
        told = []
        for finding, value in answers.items():
            self.n_keys += 1
            key = f"{id(self):x}-{self.n_keys:08d}"
            told.append({"finding": finding, "value": value, "key": key, "seen": seen, "insists": insists})
        return self.post(f"/visits/{visit}/answers", json={"answers": told})


def build(url: str, program: Program, **settings: Any) -> House:
    clock = Clock()
    database = open_database(url)
    migrate(database)
    made = Settings(database_url=url, allowed_hosts="testserver", **settings)
    desk = Desk(made, database, program, clock)
    return House(desk, clock, create_app(desk))


# ------------------------------------------------------------------------------------------------------------ PostgreSQL


def postgres_binaries() -> Path | None:
    """Where PostgreSQL's own programs are; Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return kept[-1].parent if kept else None


def as_postgres(*words: str) -> list[str]:
    """The same command as a user that PostgreSQL accepts: it refuses to run as root."""
    import os

    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else list(words)


def run_quietly(words: list[str]) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
