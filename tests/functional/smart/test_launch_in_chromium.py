"""The whole launch in a real browser: the record system's page, what the record gave, the visit, and sending back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from afterdisc.service.app import create_app
from functional.smart.conftest import Launch
from functional.workspace.browser import Tab, chromium, served, tab_of

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium() is None, reason="Chromium is not installed")]


@pytest.fixture
def tab(launch: Launch) -> Iterator[Tab]:
    from playwright.sync_api import sync_playwright

    launch.ehr.address = launch.ehr.address.replace("127.0.0.1", "localhost")  # another site than the workspace
    launch.connect(write_back=True)
    launch.house.desk.settings.allowed_hosts = "127.0.0.1"
    launch.house.app = create_app(launch.house.desk)
    with served(launch.house) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield tab_of(browser, base)
        browser.close()


def name_of(tab: Tab) -> Any:
    return tab.page.get_by_role("heading", level=1).inner_text()


def test_from_the_record_system_to_the_visit_and_back(launch: Launch, tab: Tab) -> None:
    query = urlencode({"iss": launch.ehr.fhir, "launch": "opaque-17"})
    tab.page.goto(f"{launch.ehr.address}/chart")
    tab.page.evaluate("address => { location.href = address }", f"{tab.base}/launch?{query}")  # there and back again
    tab.page.wait_for_url("**/from-record")
    assert "Launch, Lena Maria" in name_of(tab)
    assert tab.page.get_by_text("What the record gave").is_visible()
    assert tab.page.get_by_role("rowheader", name="C-reactive protein").is_visible()
    assert tab.violations() == []
    tab.page.get_by_role("link", name="Go on to the visit").click()
    tab.page.wait_for_url("**/visits/*")
    assert tab.page.get_by_text("answers from the record system").is_visible()
    assert tab.violations() == []
    tab.page.get_by_role("link", name="Send back").click()
    assert tab.page.get_by_text("Nothing is sent until you say so").is_visible()
    assert tab.violations() == []
    assert launch.ehr.sent == []
    tab.page.get_by_role("button", name="Send to General Hospital").click()
    tab.page.get_by_text("Sent 25 Nov 2026").wait_for()
    assert len(launch.ehr.sent) == 1
    assert tab.wrong == []


def test_from_the_door_and_from_the_worklist_to_the_record_system_and_back(launch: Launch, tab: Tab) -> None:
    tab.go("/sign-in")
    assert tab.violations() == []
    for _ in range(2):
        tab.page.get_by_role("link", name="Open from General Hospital").click()
        tab.page.wait_for_url("**/from-record")
        tab.go("/worklist")
        assert tab.violations() == []
    tab.page.get_by_role("button", name="Lock").click()
    tab.page.wait_for_url("**/unlock")
    assert tab.violations() == []
    tab.page.get_by_role("link", name="Open from General Hospital").click()
    tab.page.wait_for_url("**/from-record")
    assert tab.wrong == []


@pytest.mark.parametrize("width", [320, 390, 700])
def test_the_pages_fit_a_narrow_screen(launch: Launch, tab: Tab, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 800})
    tab.go(f"/launch?{urlencode({'iss': launch.ehr.fhir, 'launch': 'x'})}")
    tab.page.wait_for_url("**/from-record")
    for page in ("from-record", "send"):
        tab.page.goto(tab.page.url.rpartition("/")[0] + f"/{page}")
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
