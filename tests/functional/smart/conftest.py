"""A record system, a workspace that knows it, and a browser that goes from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest
import yaml
from starlette.testclient import TestClient

from afterdisc.program import Program
from functional.smart.ehr_server import CLIENT, PATIENT, SECRET, Ehr, ehr_server
from functional.smart.person import record
from functional.workspace.house import ORIGIN, START, House, Visitor, build


@dataclass
class Launch:
    """One workspace beside one record system."""

    ehr: Ehr
    house: House
    folder: Path
    issuer: dict[str, Any] = field(default_factory=dict)

    def connect(self, **more: Any) -> None:
        """Write the site's file; what is given takes the place of what is usual."""
        self.issuer = self.ehr.issuer(**more)
        (self.folder / "ehr.yaml").write_text(yaml.safe_dump({"issuers": [self.issuer]}), encoding="utf-8")

    def browser(self) -> TestClient:
        return TestClient(self.house.app, base_url=ORIGIN, follow_redirects=False)

    def begun(self, browser: TestClient, **query: str) -> Any:
        """The workspace's answer to a launch."""
        return browser.get(f"/launch?{urlencode({'iss': self.ehr.fhir, 'launch': 'opaque-17'} | query)}")

    def agreed(self, address: str) -> str:
        """What the record system sends the browser back to: path and query at the workspace."""
        answer = httpx2.get(address, follow_redirects=False)
        assert answer.status_code == 302
        parts = urlsplit(answer.headers["location"])
        return f"{parts.path}?{parts.query}"

    def launched(self, browser: TestClient, **query: str) -> Any:
        """All of it: the answer of the callback."""
        return browser.get(self.agreed(self.begun(browser, **query).headers["location"]))

    def visitor(self, browser: TestClient) -> Visitor:
        """The signed-in browser with the token its pages carry."""
        from afterdisc.clinic import people
        from afterdisc.service.guard import COOKIE

        with self.house.database.reading() as session:
            found = people.visitor_of(session, browser.cookies[COOKIE], self.house.clock(), self.house.desk.limits)
        assert found is not None
        browser.headers["Origin"] = ORIGIN
        return Visitor(browser, found.csrf)


@pytest.fixture
def launch(tmp_path: Path, program: Program) -> Iterator[Launch]:
    with ehr_server(START.timestamp()) as ehr:
        ehr.records = record(PATIENT)
        (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
        (tmp_path / "secret").chmod(0o600)
        house = build(
            f"sqlite:///{tmp_path / 'clinic.sqlite'}",
            program,
            ehr=str(tmp_path / "ehr.yaml"),
            ehr_keys=str(tmp_path / "keys.json"),
        )
        house.account("administrator")
        made = Launch(ehr, house, tmp_path)
        made.connect()
        yield made
        house.database.close()


__all__ = ["CLIENT", "SECRET"]
