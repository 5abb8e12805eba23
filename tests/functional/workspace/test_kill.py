"""`kill -9` at any moment of autosave: every answer that was acknowledged is there afterwards."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Timer

import httpx2
import pytest

from afterdisc.clinic import audit
from afterdisc.clinic.database import migrate, open_database
from afterdisc.clinic.moments import system_clock
from afterdisc.clinic.record import latest_answers
from afterdisc.program import Program
from functional.workspace.house import House, build

N_ROUNDS = 200
FINDINGS = ("leg_pain_nrs", "back_pain_nrs", "odi_percent")


def serve_in_child(url: str, program: Program, port: int) -> int:
    """The real server in a process of its own; returns its number."""
    child = os.fork()
    if child:
        return child
    try:
        import uvicorn

        from afterdisc.service.app import create_app
        from afterdisc.service.desk import Desk
        from afterdisc.service.settings import Settings

        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1)
        os.dup2(devnull, 2)
        desk = Desk(Settings(database_url=url), open_database(url), program, system_clock)
        uvicorn.run(create_app(desk), host="127.0.0.1", port=port, log_config=None, access_log=False)
    finally:
        os._exit(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(400):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return
        time.sleep(0.01)
    raise AssertionError("the server did not come up")


def send_until_killed(send: Callable[[int], bool], child: int, after_seconds: float, first: int) -> int:
    """Send answers one after the other; the first that is acknowledged starts the clock of a killer beside it.

    Returns the last one that was acknowledged. However slow the machine, the kill falls into the stream of answers.
    """
    n = first + 1
    assert send(n), "the server does not take answers"
    killer = Timer(after_seconds, os.kill, (child, signal.SIGKILL))
    killer.start()
    try:
        while send(n + 1):
            n += 1
    except httpx2.HTTPError:
        pass  # the server is dead
    killer.join()
    os.waitpid(child, 0)
    return n


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_in_two_hundred_kills(tmp_path: Path, program: Program) -> None:
    url = f"sqlite:///{tmp_path / 'clinic.sqlite'}"
    house = build(url, program)
    house.clock.now = system_clock()
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    token = next(iter(visitor.client.cookies.values()))
    visitor.answer(visit, {"fever": False})  # what each server would have to make first is made once, here
    house.database.close()
    moments = random.Random(1)
    count = dict.fromkeys(FINDINGS, 0)
    for turn in range(N_ROUNDS):
        finding, port = FINDINGS[turn % len(FINDINGS)], free_port()
        child = serve_in_child(url, program, port)
        wait_for(port)
        headers = {"Origin": f"http://127.0.0.1:{port}", "X-CSRF-Token": visitor.csrf, "Accept": "application/json"}
        headers["Cookie"] = f"afterdisc_session={token}"
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:

            def send(n: int, client: httpx2.Client = client, finding: str = finding, turn: int = turn) -> bool:
                answer = {"finding": finding, "value": (n % 100) / 10, "key": f"{turn:08d}-{n:08d}", "seen": 2**60}
                reply = client.post(f"/visits/{visit}/answers", json={"answers": [answer]}, timeout=30)
                assert reply.status_code == 200, reply.text
                return len(reply.json()["kept"]) == 1

            count[finding] = send_until_killed(send, child, moments.uniform(0.0, 0.25), count[finding])
        check(tmp_path / "clinic.sqlite", visit, finding, count[finding], turn)
    whole(url, visit, house)


def check(file: Path, visit: str, finding: str, acknowledged: int, turn: int) -> None:
    """Every acknowledged answer stands in the file; at most the one in flight stands there too."""
    with sqlite3.connect(file) as connection:
        asked = "SELECT key FROM answer WHERE visit_id = ? AND finding = ? ORDER BY id"
        keys = [row[0] for row in connection.execute(asked, (visit, finding))]
    numbers = [int(key.split("-")[1]) for key in keys]
    assert acknowledged == 0 or acknowledged in numbers
    assert max(numbers, default=0) <= acknowledged + 1
    assert len(set(keys)) == len(keys)


def whole(url: str, visit: str, house: House) -> None:
    """Afterwards the database is sound, the chain holds, and the record is the last answer of each finding."""
    database = open_database(url)
    migrate(database)
    with database.reading() as session:
        assert audit.verify(session).holds
        assert {a.finding for a in latest_answers(session, visit)} == {"fever", *FINDINGS}
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
