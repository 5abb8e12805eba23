"""The FHIR server that the tests of this folder read from, a record system's machine, and workspaces that know it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from afterdisc.program import Program
from functional.ehr.caller import KeyServer, Signing, issuers_file, key_server, trusted
from functional.ehr.sekmet import sekmet
from functional.hooks.calls import VIEW, view
from functional.workspace.conftest import empty_postgres, postgres
from functional.workspace.house import House, build

__all__ = ["empty_postgres", "postgres", "sekmet"]
SITE = "http://testserver"
ASSESS = f"{SITE}/fhir/$assess"
FROM_AFAR = ("192.0.2.7", 50_000)  # an address of no machine (RFC 5737)


@dataclass
class Door:
    """A workspace that trusts one machine, called from afar."""

    house: House
    signing: Signing
    shown: KeyServer
    client: TestClient

    def token(self, audience: str = ASSESS, **other: Any) -> str:
        return self.signing.token(audience, self.house.clock(), **other)

    def assess(self, token: str | None, **headers: str) -> Any:
        """Call the FHIR operation with this token."""
        given = {} if token is None else {"Authorization": f"Bearer {token}"}
        body = {"resourceType": "Bundle", "type": "collection", "entry": []}
        kind = {"Content-Type": "application/fhir+json"}
        return self.client.post("/fhir/$assess", json=body, headers=given | kind | headers)

    def view(self, token: str, program: Program) -> Any:
        """Call a CDS Hooks service with this token."""
        body = view(program, {"saddle_numbness": True})
        return self.client.post(f"/cds-services/{VIEW}", json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="session")
def signing_keys() -> dict[str, Any]:
    return Signing("").keys


@pytest.fixture
def shown() -> Iterator[KeyServer]:
    with key_server() as server:
        yield server


@pytest.fixture
def door(tmp_path: Path, program: Program, shown: KeyServer, signing_keys: dict[str, Any]) -> Iterator[Door]:
    signing = Signing(shown.address, keys=dict(signing_keys))
    shown.show(*signing.public())
    file = issuers_file(tmp_path, trusted(signing))
    house = build(f"sqlite:///{tmp_path / 'clinic.sqlite'}", program, ehr=str(file))
    yield Door(house, signing, shown, TestClient(house.app, base_url=SITE, client=FROM_AFAR))
    house.database.close()
