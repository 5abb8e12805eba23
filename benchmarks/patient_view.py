"""The CDS Hooks service `patient-view` with full prefetch, against a bare FastAPI echo of the same request."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from figures import Figure, at_least, progress
from workspace import quantile

from afterdisc import hooks
from afterdisc.program import Program

N_CONNECTIONS = 8
N_OBSERVATIONS, N_OTHERS = 60, 20
SECONDS = 8.0  # of one measurement
FLOOR, MOST_MS = 0.5, 25.0
SERVICE = "/cds-services/afterdisc-patient-view"
ECHO = """
import sys
import uvicorn
from fastapi import Body, FastAPI

app = FastAPI()

@app.post("/echo")
def echo(body: dict = Body()) -> dict:
    return body

@app.get("/health")
def health() -> dict:
    return {}

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False)
"""


def measure(program: Program, rounds: int) -> Iterator[Figure]:
    """Throughput at saturation in interleaved rounds, then the slowest of a hundred at half of it."""
    body = json.dumps(request(program)).encode()
    progress(f"patient-view: {len(body) / 1000:.0f} kB a request, one server process each, {N_CONNECTIONS} connections")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'clinic.sqlite'}"
        ours = [sys.executable, "-m", "afterdisc.cli", "serve", "--port"]
        with _serving(ours, {"AFTERDISC_DATABASE_URL": url}) as us, _serving([sys.executable, "-c", ECHO], {}) as echo:
            both = [(us + SERVICE, echo + "/echo")] * max(2, rounds // 2)
            for address in both[0]:
                asyncio.run(_saturated(address, body, 2.0))  # warm
            rates = [[asyncio.run(_saturated(address, body, SECONDS)) for address in pair] for pair in both]
            half = min(r[0] for r in rates) / 2
            late = asyncio.run(_paced(us + SERVICE, body, half, 3 * SECONDS))
    note = f"{rates[0][0]:.0f} against {rates[0][1]:.0f} requests a second"
    yield at_least("patient-view throughput to a bare echo", [a / b for a, b in rates], FLOOR, note=note)
    p99 = quantile(late, 0.99)
    yield Figure(
        "patient-view at half load, 99th percentile", [p99], "ms", f"< {MOST_MS:g} ms", p99 < MOST_MS, f"{half:.0f} a second"
    )
    yield Figure("patient-view at half load, median", [quantile(late, 0.5)], "ms")


def request(program: Program) -> dict[str, Any]:
    """A person eight weeks after a discectomy whose every prefetch template is answered, mostly with things of no matter."""
    service = next(s for s in hooks.discovery(program)["services"] if s["hook"] == "patient-view")
    prefetch = {key: _answer(key, template) for key, template in service["prefetch"].items()}
    return {
        "hook": "patient-view",
        "hookInstance": str(UUID(int=1)),
        "context": {"userId": "Practitioner/1", "patientId": "p1"},
        "prefetch": prefetch,
    }


def _answer(key: str, template: str) -> dict[str, Any]:
    if template.startswith("Patient/"):
        return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-03-01"}
    kind = template.partition("?")[0]
    n = N_OBSERVATIONS if kind == "Observation" else N_OTHERS
    resources = [_resource(kind, key, i) for i in range(n)]
    return {"resourceType": "Bundle", "type": "searchset", "total": n, "entry": [{"resource": r} for r in resources]}


def _resource(kind: str, key: str, i: int) -> dict[str, Any]:
    whose = {"reference": "Patient/p1"}
    day = f"2026-{1 + i % 10:02d}-{1 + i % 27:02d}"
    base = {"resourceType": kind, "id": f"{key[:30]}-{i}", "subject": whose, "status": "completed"}
    if kind == "Observation":
        crp = i % 20 == 0
        code = {"coding": [{"system": "http://loinc.org", "code": "1988-5" if crp else f"{i}-0", "display": f"Result {i}"}]}
        value = {"value": 4 + i % 7, "unit": "mg/L", "system": "http://unitsofmeasure.org", "code": "mg/L"}
        return base | {"status": "final", "code": code, "effectiveDateTime": f"{day}T08:00:00Z", "valueQuantity": value}
    if kind == "Procedure":
        code = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "63030" if i == 0 else f"9{i:04d}"}]}
        return base | {"code": code, "performedDateTime": "2026-09-20" if i == 0 else day}
    if kind.startswith("Medication"):
        active = {"status": "active", "intent": "order", "authoredOn": day}
        return base | active | {"medicationCodeableConcept": {"text": f"gabapentin {i}"}}
    if kind == "QuestionnaireResponse":
        return base | {"questionnaire": f"https://forms.example/{i}", "authored": day, "item": [{"linkId": str(i)}]}
    return base | {"patient": whose, "code": {"coding": [{"system": "http://snomed.info/sct", "code": str(10**8 + i)}]}}


@contextmanager
def _serving(command: list[str], settings: dict[str, str]) -> Iterator[str]:
    import httpx2

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [*command, str(port)], env={**os.environ, **settings}, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx2.get(f"{base}/health")
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=20)


async def _saturated(address: str, body: bytes, seconds: float) -> float:
    """Requests a second with every connection always busy."""
    done, until = 0, time.perf_counter() + seconds

    async def ask(client: Any) -> None:
        nonlocal done
        while time.perf_counter() < until:
            await _one(client, address, body)
            done += 1

    async with _client() as client:
        await asyncio.gather(*(ask(client) for _ in range(N_CONNECTIONS)))
    return done / seconds


async def _paced(address: str, body: bytes, rate: float, seconds: float) -> list[float]:
    """Milliseconds of each request, sent at an even rate whatever the answers take."""
    taken: list[float] = []

    async def ask(client: Any) -> None:
        started = time.perf_counter()
        await _one(client, address, body)
        taken.append(1000 * (time.perf_counter() - started))

    async with _client() as client, asyncio.TaskGroup() as group:
        begun = time.perf_counter()
        for i in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + i / rate - time.perf_counter()))
            group.create_task(ask(client))
    return taken


def _client() -> Any:
    import httpx2

    return httpx2.AsyncClient(timeout=60, limits=httpx2.Limits(max_connections=200))


async def _one(client: Any, address: str, body: bytes) -> None:
    reply = await client.post(address, content=body, headers={"Content-Type": "application/json"})
    if reply.status_code != 200:
        raise RuntimeError(f"{address.rpartition('/')[2]} answered {reply.status_code}")
