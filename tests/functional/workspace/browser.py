"""A real server on the loopback and a real Chromium, for the tests that look at pages."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from functional.workspace.house import House

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def served(house: House) -> Iterator[str]:
    """The workspace on a port of the loopback; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(house.app, host="127.0.0.1", port=port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@dataclass
class Tab:
    """One page of a browser, with everything that went wrong on it."""

    page: Any
    base: str
    wrong: list[str]
    asked: list[str]

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def sign_in(self, house: House, role: str = "clinician") -> None:
        token = next(iter(house.visitor(role).client.cookies.values()))
        self.page.context.add_cookies([{"name": "afterdisc_session", "value": token, "url": self.base}])

    def saved(self) -> None:
        self.page.wait_for_selector("#saved.good")

    def violations(self) -> list[str]:
        """What axe finds on the page as it stands."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
        return [f"{v['id']}: {v['nodes'][0]['target']} {v['nodes'][0]['html'][:160]}" for v in found]

    def foreign(self) -> list[str]:
        """Requests that went anywhere but to this server."""
        return [url for url in self.asked if not url.startswith((self.base, "data:", "blob:"))]


def tab_of(browser: Any, base: str, **viewport: Any) -> Tab:
    context = browser.new_context(viewport={"width": 1400, "height": 1000, **viewport})
    page = context.new_page()
    tab = Tab(page, base, [], [])
    page.on("request", lambda r: tab.asked.append(r.url))
    page.on("pageerror", lambda e: tab.wrong.append(str(e)))
    page.on("console", lambda m: tab.wrong.append(m.text) if m.type == "error" else None)
    return tab
