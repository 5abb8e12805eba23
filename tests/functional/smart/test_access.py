"""Access to a record while somebody is signed in: renewed, ended, several at a time, and never half done."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from afterdisc.clinic.ehr_tables import EhrAccess
from functional.smart.conftest import Launch
from functional.smart.test_attacks import nobody_got_in
from functional.smart.test_what_is_launched import place


def later(launch: Launch, minutes: float) -> None:
    launch.house.clock.on(minutes=minutes)
    launch.ehr.now = launch.house.clock().timestamp()


@pytest.mark.smart(117)
def test_a_new_refresh_token_is_kept_although_what_followed_failed(launch: Launch) -> None:
    """The old one is worth nothing any more."""
    browser = launch.browser()
    launch.launched(browser)
    me, page = launch.visitor(browser), place(launch)
    real = launch.ehr.resource
    launch.ehr.resource = lambda *_: (503, {})  # type: ignore[method-assign]
    later(launch, 6)
    assert me.post(page).status_code == 502
    launch.ehr.resource = real  # type: ignore[method-assign]
    later(launch, 6)
    assert me.post(page).status_code == 303
    assert [e["form"]["grant_type"] for e in launch.ehr.exchanged] == ["authorization_code", "refresh_token", "refresh_token"]


def test_access_that_turns_to_somebody_else_is_refused(launch: Launch) -> None:
    browser = launch.browser()
    launch.launched(browser)
    n_read = len(launch.ehr.read)
    launch.ehr.token_says = {"patient": "pat-2"}
    later(launch, 6)
    answer = launch.visitor(browser).post(place(launch))
    assert answer.status_code == 502
    assert "somebody else" in answer.text
    assert len(launch.ehr.read) == n_read


def test_without_a_refresh_token_the_end_of_the_access_is_told(launch: Launch) -> None:
    launch.ehr.token_says = {"refresh_token": None}
    browser = launch.browser()
    launch.launched(browser)
    later(launch, 6)
    answer = launch.visitor(browser).post(place(launch))
    assert answer.status_code == 502
    assert "Open the person there again" in answer.text


def test_a_record_that_cannot_be_read_leaves_nobody_signed_in_and_nothing_half_done(launch: Launch) -> None:
    launch.ehr.records["Patient"] = []
    nobody_got_in(launch, launch.launched(launch.browser()))


def test_access_of_a_sign_in_that_has_ended_goes(launch: Launch) -> None:
    launch.launched(launch.browser())
    later(launch, 13 * 60)
    launch.launched(launch.browser())
    with launch.house.database.reading() as session:
        assert len(session.scalars(select(EhrAccess)).all()) == 1


def test_two_launches_go_side_by_side_in_one_browser(launch: Launch) -> None:
    browser = launch.browser()
    ways_back = [launch.agreed(launch.begun(browser).headers["location"]) for _ in range(2)]
    assert [browser.get(way).status_code for way in ways_back] == [303, 303]
    assert not [name for name in browser.cookies if name.startswith("afterdisc_launch")]


def test_two_people_are_open_side_by_side(launch: Launch) -> None:
    """Each visit goes on with the access to its own person."""
    browser = launch.browser()
    first = launch.launched(browser).headers["location"]
    other = {**launch.ehr.records["Patient"][0], "id": "pat-2", "identifier": [{"value": "H-2"}]}
    launch.ehr.records = {"Patient": [*launch.ehr.records["Patient"], other]}
    launch.ehr.token_says = {"patient": "pat-2"}
    second = launch.launched(browser).headers["location"]
    assert first != second
    for page, gave in ((first, "Observation/crp-1"), (second, "Patient/pat-2")):
        shown = browser.get(page).text
        assert gave in shown
        assert "was not launched" not in shown


def test_reading_again_on_another_day_goes_into_the_visit_of_that_day(launch: Launch) -> None:
    browser = launch.browser()
    later(launch, 13 * 60)  # late in the evening
    first = launch.launched(browser).headers["location"]
    for _ in range(12):
        later(launch, 10)
        me = launch.visitor(browser)
        me.post("/still-here")
    second = me.post(first).headers["location"]
    assert second != first
    assert f'It was read for <a href="{second}">another visit</a>' in browser.get(first).text


def test_a_mistake_in_the_file_does_not_close_the_clinic(launch: Launch) -> None:
    """The door, the worklist and the visits open; only launches wait until it is mended."""
    browser = launch.browser()
    page = launch.launched(browser).headers["location"]
    (launch.folder / "ehr.yaml").write_text("issuers: [", encoding="utf-8")
    for path in ("/worklist", page, page.removesuffix("/from-record")):
        assert browser.get(path).status_code == 200
    assert launch.browser().get("/sign-in").status_code == 200
    answer = launch.begun(launch.browser())
    assert (answer.status_code, "the log says which" in answer.text) == (409, True)


def test_the_worklist_leads_to_the_record_system(launch: Launch) -> None:
    assert "Open from General Hospital" in launch.house.visitor().get("/worklist").text
    launch.connect(client_id="")
    assert "Open from" not in launch.house.visitor().get("/worklist").text
