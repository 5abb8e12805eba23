"""Fifty clinicians at once: how long a live update takes, from the answer given to the new assessment on the screen."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from figures import Figure, progress

from afterdisc.program import Program

N_USERS = 50
THINK_SECONDS = (1.5, 4.5)  # between two answers of one person
AIM_MS = 300.0


@dataclass
class Seen:
    """What the users met with."""

    live_ms: list[float] = field(default_factory=list)
    bare_ms: list[float] = field(default_factory=list)
    n_wrong: int = 0


def measure(program: Program, seconds: int) -> Iterator[Figure]:
    """The figures of this file. The peer is the server's own bare answer (`/health`), asked for by the same users."""
    progress(f"workspace: {N_USERS} users for {seconds} s against one server process on this machine")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'clinic.sqlite'}"
        users = prepare(url, program)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "afterdisc.cli", "serve", "--port", str(port)],
            env={**os.environ, "AFTERDISC_DATABASE_URL": url},
            stderr=subprocess.DEVNULL,
        )
        try:
            seen = asyncio.run(_crowd(program, users, port, seconds))
        finally:
            server.terminate()
            server.wait(timeout=20)
    p95 = quantile(seen.live_ms, 0.95)
    note = f"{len(seen.live_ms)} updates, {seen.n_wrong} errors, {len(seen.live_ms) / seconds:.1f} a second"
    target = f"under {AIM_MS:g} ms"
    yield Figure("live update, 95th percentile", [p95], "ms", note=note, target=target, met=p95 < AIM_MS and not seen.n_wrong)
    yield Figure("live update, median", [quantile(seen.live_ms, 0.5)], "ms")
    yield Figure("live update, slowest", [max(seen.live_ms)], "ms")
    bare = quantile(seen.bare_ms, 0.5)
    yield Figure(
        "live update to a bare answer of the same server", [quantile(seen.live_ms, 0.5) / bare], "x", note=f"{bare:.1f} ms"
    )


def prepare(url: str, program: Program) -> list[tuple[str, str, str]]:
    """A record with one account, one patient and one visit a user; gives (visit, session token, page token)."""
    from afterdisc.clinic import patients, people, visits
    from afterdisc.clinic.database import migrate, open_database
    from afterdisc.clinic.moments import stamp
    from afterdisc.clinic.patients import NewOperation, NewPatient

    database, now = open_database(url), datetime.now(UTC)
    migrate(database)
    at, out = stamp(now), []
    for i in range(N_USERS):
        with database.writing() as session:
            who = people.add_account(session, login=f"u{i}", name=f"U {i}", roles=["clinician"], password=None, at=at, by=None)
            operation = NewOperation(on="2026-03-02", procedure="microdiscectomy", level="L4-L5", side="left", is_index=True)
            new = NewPatient(f"P-{i}", f"Example {i}", birth_date="1980-01-01", sex="female", operations=(operation,))
            patient = patients.add_patient(session, new, at=at, by=who.id)
            visit = visits.open_visit(session, patient.id, on=at[:10], at=at, by=who.id)
            token = people.sign_in(session, who, now, how="benchmark")
        with database.reading() as session:
            visitor = people.visitor_of(session, token, now, people.Limits())
            assert visitor is not None
        out.append((visit.id, token, visitor.csrf))
    database.close()
    return out


async def _crowd(program: Program, users: list[tuple[str, str, str]], port: int, seconds: int) -> Seen:
    import httpx2

    base, seen = f"http://127.0.0.1:{port}", Seen()
    async with httpx2.AsyncClient(base_url=base, timeout=30, limits=httpx2.Limits(max_connections=100)) as client:
        for _ in range(200):
            try:
                await client.get("/health")
                break
            except httpx2.HTTPError:
                await asyncio.sleep(0.1)
        until = time.perf_counter() + seconds
        await asyncio.gather(*(_user(client, program, i, user, base, until, seen) for i, user in enumerate(users)))
    return seen


async def _user(client: Any, program: Program, i: int, user: tuple[str, str, str], base: str, until: float, seen: Seen) -> None:
    visit, token, csrf = user
    chance = random.Random(i)
    headers = {"Origin": base, "X-CSRF-Token": csrf, "Accept": "application/json", "Cookie": f"afterdisc_session={token}"}
    texts = {f: t for f, t in program.book["findings"].items() if t["kind"] in ("bool", "ordinal", "category")}
    names = list(texts)
    chance.shuffle(names)
    await asyncio.sleep(chance.uniform(0, THINK_SECONDS[1]))
    for n, finding in enumerate(names * 3):
        if time.perf_counter() > until:
            return
        value = (
            chance.choice([True, False, False])
            if texts[finding]["kind"] == "bool"
            else chance.choice(list(texts[finding]["values"]))
        )
        answer = {"finding": finding, "value": value, "key": f"{i:08d}-{n:08d}", "seen": 2**60}
        started = time.perf_counter()
        reply = await client.post(f"/visits/{visit}/answers", json={"answers": [answer]}, headers=headers)
        seen.live_ms.append(1000 * (time.perf_counter() - started))
        seen.n_wrong += reply.status_code != 200
        if n % 5 == 0:
            started = time.perf_counter()
            await client.get("/health")
            seen.bare_ms.append(1000 * (time.perf_counter() - started))
        await asyncio.sleep(chance.uniform(*THINK_SECONDS))


def quantile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)]
