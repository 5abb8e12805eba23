"""A real FHIR server that others wrote (sekmet-fhir), on the loopback, with SMART backend services.

`from functional.ehr.sekmet import sekmet` in a conftest gives the fixture: one server for the session, up in about 5 s.
It lets in `sekmet.token`, and the client `sekmet.client_id` with the keys in `sekmet.key_file`.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from afterdisc.service.ehr.own_keys import make_key_file, public_keys

FHIR_JSON = "application/fhir+json"
TOKEN = "a-token-for-tests-only"
CLIENT = "afterdisc"
SERVE = "from sekmet.cli import app; app()"
UP_SECONDS = 60


@dataclass(frozen=True)
class Sekmet:
    """The running server. `base` is its FHIR base."""

    base: str
    token: str
    client_id: str
    key_file: Path  # our private keys, whose public halves it knows

    def put(self, *resources: Mapping[str, Any]) -> None:
        """Keep these resources under their own ids, all or none."""
        entries = [_put(r) for r in resources]
        self._send("POST", self.base, {"resourceType": "Bundle", "type": "transaction", "entry": entries})

    def get(self, path: str) -> Any:
        return self._send("GET", f"{self.base}/{path}")

    def _send(self, method: str, address: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": FHIR_JSON}
        content = None if body is None else json.dumps(body)
        with httpx2.Client(trust_env=False, timeout=30) as client:
            reply = client.request(method, address, headers=headers, content=content)
        assert reply.status_code < 300, reply.text
        return reply.json()


def _put(resource: Mapping[str, Any]) -> dict[str, Any]:
    address = f"{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": f"urn:x:{address}", "resource": resource, "request": {"method": "PUT", "url": address}}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, **client: Any) -> Iterator[Sekmet]:
    """A server as long as the block runs.

    client  how it knows our keys (`jwks_url`) and what it grants (`scopes`); by default the keys themselves, to read all
    """
    if importlib.util.find_spec("sekmet") is None:
        pytest.skip("needs the FHIR server sekmet-fhir")
    keys = folder / "ours.json"
    make_key_file(keys)
    known = {"client_id": CLIENT, "scopes": "system/*.rs", "jwks": public_keys([str(keys)])} | client
    port = free_port()
    made = Sekmet(f"http://127.0.0.1:{port}/fhir", TOKEN, CLIENT, keys)
    settings = {
        "base_url": made.base,
        "host": "127.0.0.1",
        "port": port,
        "data_dir": str(folder / "data"),
        "simulator": {"enabled": False},
        "server_auth": {"types": ["bearer", "smart"], "tokens": [TOKEN], "smart_clients": [known]},
    }
    (folder / "sekmet.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    words = [sys.executable, "-c", SERVE, "serve", "--config", "sekmet.yaml", "--host", "127.0.0.1"]
    with (folder / "log").open("wb") as log, subprocess.Popen(words, cwd=folder, stdout=log, stderr=log) as process:
        try:
            _wait(made, process, folder / "log")
            yield made
        finally:
            process.terminate()


def _wait(made: Sekmet, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + UP_SECONDS
    with httpx2.Client(trust_env=False, timeout=2) as client:
        while time.monotonic() < ends and process.poll() is None:
            try:
                if client.get(f"{made.base}/metadata").status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.1)
    raise AssertionError(f"sekmet did not come up: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def sekmet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sekmet]:
    """One FHIR server for the whole session; give what you put there ids of your own."""
    with running(tmp_path_factory.mktemp("sekmet")) as server:
        yield server
