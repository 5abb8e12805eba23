"""What somebody hostile may try: each is refused, and nothing of a patient stands in a log or an error."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select, text

from afterdisc.clinic import people
from afterdisc.clinic.tables import Answer, Patient, SignIn
from afterdisc.program import Program
from afterdisc.service.access import ACCESS, MACHINES
from afterdisc.service.app import routes
from afterdisc.service.guard import COOKIE
from functional.workspace.house import ORIGIN, PASSWORD, House, Visitor, build

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE patient; --",
    "{{ 7 * 7 }}{% for x in [].__class__.__mro__ %}",
    "#set text(red); #import \"x\"",
    "../../../../etc/passwd",
    "\u202eevil\u0000\r\nSet-Cookie: a=b",
]


@pytest.fixture
def staffed(house: House) -> House:
    with house.database.writing() as session:
        people.add_account(
            session, login="ada", name="Ada", roles=["clinician"], password=PASSWORD, at=house.desk.at(), by=None
        )
    return house


def sign_in(house: House, visitor: Visitor, password: str = PASSWORD, login: str = "ada", **more: Any) -> Any:
    return visitor.client.post("/sign-in", data={"login": login, "password": password, **more})


# -- signing in --------------------------------------------------------------------------------------------------------


def test_a_session_known_before_signing_in_is_worth_nothing_afterwards(staffed: House) -> None:
    visitor = staffed.visitor(None)
    visitor.client.cookies.set(COOKIE, "chosen-by-somebody-else", domain="testserver.local", path="/")
    answer = sign_in(staffed, visitor)
    assert answer.status_code == 303
    given = answer.cookies[COOKIE]
    assert given != "chosen-by-somebody-else"
    assert re.search(r"HttpOnly", answer.headers["set-cookie"])
    assert "SameSite=lax" in answer.headers["set-cookie"]
    attacker = staffed.visitor(None)
    attacker.client.cookies.set(COOKIE, "chosen-by-somebody-else", domain="testserver.local", path="/")
    assert attacker.get("/worklist").status_code == 303


def test_the_database_holds_no_token_that_could_be_used(staffed: House) -> None:
    visitor = staffed.visitor(None)
    token = sign_in(staffed, visitor).cookies[COOKIE]
    with staffed.database.reading() as session:
        assert token not in str([row.token_hash for row in session.scalars(select(SignIn))])


def test_signing_out_ends_the_session_on_the_server(staffed: House) -> None:
    visitor = staffed.visitor("clinician")
    token = visitor.client.cookies[COOKIE]
    assert visitor.post("/sign-out").status_code == 303
    again = staffed.visitor(None)
    again.client.cookies.set(COOKIE, token, domain="testserver.local", path="/")
    assert again.get("/worklist").status_code == 303


def test_guessing_passwords_is_stopped_and_the_right_one_waits_too(staffed: House) -> None:
    visitor = staffed.visitor(None)
    codes = [sign_in(staffed, visitor, password=f"wrong word {i}").status_code for i in range(people.MOST_FAILURES + 2)]
    assert codes[: people.MOST_FAILURES] == [401] * people.MOST_FAILURES
    assert codes[people.MOST_FAILURES :] == [429, 429]
    assert sign_in(staffed, visitor).status_code == 429
    staffed.clock.on(minutes=16)
    assert sign_in(staffed, visitor).status_code == 303


def test_an_unknown_name_and_a_wrong_password_are_told_in_the_same_words(staffed: House) -> None:
    wrong = sign_in(staffed, staffed.visitor(None), password="not the one")
    nobody = sign_in(staffed, staffed.visitor(None), login="nobody", password="not the one")
    assert (wrong.status_code, nobody.status_code) == (401, 401)
    assert re.sub("ada|nobody", "", wrong.text) == re.sub("ada|nobody", "", nobody.text)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site_after_signing_in(staffed: House, target: str) -> None:
    answer = sign_in(staffed, staffed.visitor(None), next=target)
    assert answer.headers["location"] == "/"


def test_a_screen_left_alone_locks_and_opens_with_the_password_only(staffed: House) -> None:
    visitor = staffed.visitor(None)
    sign_in(staffed, visitor)
    csrf = re.search(r'name="csrf" content="([^"]+)"', visitor.get("/worklist").text)
    assert csrf
    visitor.csrf = csrf[1]
    staffed.clock.on(minutes=16)
    assert visitor.get("/worklist").headers["location"].startswith("/unlock?")
    answer = visitor.post("/visits/x/answers", json={"answers": []}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["door"]) == (423, "/unlock")
    assert visitor.post("/unlock", {"password": "not the one"}).status_code == 401
    assert visitor.get("/worklist").status_code == 303
    assert visitor.post("/unlock", {"password": PASSWORD}).status_code == 303
    assert visitor.get("/worklist").status_code == 200


def test_work_keeps_the_lock_away_but_not_for_ever(staffed: House) -> None:
    visitor = staffed.visitor("clinician")
    for _ in range(80):
        staffed.clock.on(minutes=10)
        visitor.post("/still-here")
        if staffed.clock.now.hour == 21:
            assert visitor.get("/worklist").status_code == 200
    assert visitor.get("/worklist").headers["location"].startswith("/sign-in?")


# -- requests from elsewhere -------------------------------------------------------------------------------------------


FOREIGN = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"})


def posts() -> list[str]:
    """What people change. Machines come from no page; how they are known is tested in `functional/ehr`."""
    found = [r.path for r in routes() if "POST" in r.methods and ACCESS[r.name] is not MACHINES]
    assert len(found) > 25
    return found


def test_no_change_is_taken_from_another_site(house: House) -> None:
    house.patient()
    visitor = house.visitor("clinician")
    for path in posts():
        for headers in FOREIGN:
            answer = visitor.post(path.replace("{", "x").replace("}", "x"), {}, headers=headers)
            assert answer.status_code == 403, path


def test_no_change_is_taken_without_the_token_of_our_pages(house: House) -> None:
    patient = house.patient()
    visitor = house.visitor("clinician")
    for token in ("", "wrong"):
        visitor.csrf = token
        assert visitor.post(f"/patients/{patient}/visits").status_code == 403
        assert visitor.post(f"/patients/{patient}/visits", {"csrf": token}).status_code == 403


def test_a_request_without_origin_is_taken_only_if_the_browser_says_it_is_ours(house: House) -> None:
    visitor = house.visitor("clinician")
    del visitor.client.headers["Origin"]
    assert visitor.post("/demo/remove").status_code == 403
    assert visitor.post("/demo/remove", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_a_name_that_is_not_ours_is_not_answered(house: House) -> None:
    assert house.visitor(None).get("/health", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/sign-in", "/worklist", "/nowhere", "/static/page.js", "/before/" + "x" * 30])
def test_every_answer_carries_the_headers(house: House, path: str) -> None:
    headers = house.visitor("clinician").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    if not path.startswith("/static"):
        assert headers["cache-control"] == "no-store"


def test_behind_tls_cookies_are_secure(tmp_path: Any, program: Program) -> None:
    house = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program, origin="https://clinic.example")
    with house.database.writing() as session:
        at = house.desk.at()
        people.add_account(session, login="ada", name="Ada", roles=["clinician"], password=PASSWORD, at=at, by=None)
    visitor = house.visitor(None)
    visitor.client.headers["Origin"] = "https://clinic.example"
    answer = sign_in(house, visitor)
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


# -- hostile input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_script_in_a_name_is_shown_as_text_everywhere(house: House, attack: str) -> None:
    visitor = house.visitor("clinician")
    form = {"number": f"P {attack}"[:100], "family_name": attack, "given_name": attack}
    answer = visitor.post("/patients", form)
    assert answer.status_code in (303, 422)
    if answer.status_code == 422:
        return
    visit = answer.headers["location"]
    for path in ("/worklist", visit, f"{visit}/decide", f"{visit}/invite", f"{visit}/measure"):
        shown = visitor.get(path)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
        assert "<img src=x" not in shown.text
        assert "{{ 7 * 7 }}" not in attack or ">49<" not in shown.text
    for paper in ("letter.pdf", "letter.docx", "sheet.pdf"):
        assert visitor.get(f"{visit}/{paper}").status_code == 200
    with house.database.reading() as session:
        assert session.scalar(select(Patient.id)) is not None


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2f..%2fapp.py",
        "/static/vendor/../../access.py",
        "/static/%2e%2e/settings.py",
        "/static/vendor/README.md",
        "/static//etc/passwd",
    ],
)
def test_no_file_outside_is_served(house: House, path: str) -> None:
    assert house.visitor("clinician").get(path).status_code in (400, 404)


@pytest.mark.parametrize("attack", ["' OR 1=1 --", "x' UNION SELECT * FROM account --", "%27", "\u0000"])
def test_sql_in_a_search_or_an_id_finds_nothing(house: House, attack: str) -> None:
    house.patient()
    visitor = house.visitor("clinician")
    answer = visitor.get("/worklist", params={"q": attack})
    assert answer.status_code == 200
    assert "Example" not in answer.text
    assert visitor.get(f"/patients/{attack.replace(chr(0), '%00')}").status_code == 404


def test_fifty_megabytes_are_refused_and_nothing_is_lost(tmp_path: Any, program: Program) -> None:
    house = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program, most_upload_mb=40)
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    visitor.answer(visit, {"leg_pain_nrs": 6})
    big = "x" * 50_000_000
    assert visitor.post(f"/visits/{visit}/drafts/note", {"text": big}).status_code == 413
    assert visitor.post(f"/visits/{visit}/drafts/note", {"text": big[:100_000]}).status_code == 422
    with house.database.reading() as session:
        assert [a.value for a in session.scalars(select(Answer))] == [6]


@pytest.mark.parametrize("n_bytes", [1_000_000])
def test_a_body_without_a_length_is_counted_as_it_comes(tmp_path: Any, program: Program, n_bytes: int) -> None:
    house = build(f"sqlite:///{tmp_path / 'c.sqlite'}", program, most_upload_mb=0.5)
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")

    def pieces() -> Any:
        for _ in range(10):
            yield b"x" * (n_bytes // 10)

    kind = {"Content-Type": "application/json"}
    answer = visitor.client.post(f"/visits/{visit}/answers", content=pieces(), headers={"X-CSRF-Token": visitor.csrf, **kind})
    assert answer.status_code == 413


def test_no_value_of_a_patient_stands_in_an_error_or_a_log(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    told = visitor.answer(visit, {"leg_pain_nrs": 987654, "index_level": "L9-SECRET", "nonsense_SECRET": True}).json()
    assert len(told["refused"]) == 3
    assert "987654" not in json.dumps(told["refused"])
    assert "SECRET" not in json.dumps([r["say"] for r in told["refused"]])
    with house.database.engine.connect() as connection:  # a fault of the program: the table is gone
        connection.execute(text("ALTER TABLE answer RENAME COLUMN value TO gone"))
        connection.commit()
    answer = visitor.answer(visit, {"back_pain_nrs": 3})
    assert answer.status_code in (500, 503)
    out = capsys.readouterr()
    assert "back_pain" not in out.out + out.err
    assert "Example" not in out.out + out.err + answer.text
    assert "Traceback" not in out.out + out.err + answer.text


def test_a_link_before_the_visit_works_once_and_gives_nothing_away(house: House) -> None:
    visit = house.visit(house.patient())
    clinician = house.visitor("clinician")
    link = re.search(r"/before/[\w-]+", clinician.post(f"/visits/{visit}/invite").text)
    assert link
    person = house.visitor(None)
    page = person.get(link[0])
    assert page.status_code == 200
    assert "Example" not in page.text
    assert person.post(link[0] + "/answers", json={"answers": {"leg_pain_nrs": "8", "fever": "no"}}).json()["refused"] == {}
    assert person.post(link[0], {"sure": "yes"}).status_code == 200
    for path, form in ((link[0], None), (link[0] + "/answers", {"answers": {"fever": "yes"}})):
        answer = person.get(path) if form is None else person.post(path, json=form)
        assert answer.status_code == 404
    assert "reported by the person" in clinician.get(f"/visits/{visit}").text


def test_an_open_door_is_not_for_hammering(house: House) -> None:
    stranger = house.visitor(None)
    codes = [stranger.get("/before/" + f"{i:030d}").status_code for i in range(130)]
    assert codes[:120] == [404] * 120
    assert codes[120:] == [429] * 10
    assert stranger.get("/health").status_code == 200
    assert house.visitor("clinician").get("/worklist").status_code == 200


def test_a_link_ends_by_itself_and_with_the_next_one(house: House) -> None:
    visit = house.visit(house.patient())
    clinician = house.visitor("clinician")

    def link() -> str:
        found = re.search(r"/before/[\w-]+", clinician.post(f"/visits/{visit}/invite").text)
        assert found
        return found[0]

    first, second = link(), link()
    person = house.visitor(None)
    assert person.get(first).status_code == 404
    assert person.get(second).status_code == 200
    house.clock.on(days=15)
    assert person.get(second).status_code == 404
