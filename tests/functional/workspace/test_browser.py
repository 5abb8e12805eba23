"""The workspace in a real browser: every story of a clinician, by mouse and by keyboard, wide, zoomed and on a telephone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from afterdisc.clinic.demo import add_demo
from afterdisc.program import Program
from functional.workspace.browser import Tab, chromium, served, tab_of
from functional.workspace.house import House, build

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.json"))
BUDGET = 25


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    if not chromium():
        pytest.skip("needs Chromium")
    with api.sync_playwright() as play:
        made = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Iterator[tuple[House, str]]:
    """A workspace with the demo clinic, served."""
    house = build(f"sqlite:///{tmp_path_factory.mktemp('web') / 'clinic.sqlite'}", program)
    house.desk.settings.allowed_hosts = "127.0.0.1"
    from afterdisc.service.app import create_app

    house.app = create_app(house.desk)
    by = house.account("clinician")
    with house.database.writing() as session:
        add_demo(session, program, today=house.desk.today(), at=house.desk.at(), by=by)
    with served(house) as base:
        yield house, base


@pytest.fixture
def tab(browser: Any, clinic: tuple[House, str]) -> Iterator[Tab]:
    house, base = clinic
    made = tab_of(browser, base)
    made.sign_in(house)
    yield made
    assert made.foreign() == []
    assert made.wrong == []
    made.page.context.close()


def new_visit(tab: Tab, number: str) -> str:
    """A new patient, entered by hand; returns the path of the visit."""
    page = tab.page
    tab.go("/worklist")
    page.click("text=New patient")
    page.fill("#family_name", "Example")
    page.fill("#given_name", "Erin")
    page.fill("#number", number)
    page.fill("#birth_date", "1979-05-02")
    page.fill("#operated_on", "2026-04-01")
    page.click("label:has-text('L4-L5')")
    page.click("text=Save and begin")
    page.wait_for_selector("#live")
    return str(page.url).removeprefix(tab.base)


def demo_visit(tab: Tab, number: str) -> str:
    tab.go(f"/worklist?q={number}")
    link = tab.page.locator("tbody th a").first
    link.click()
    tab.page.wait_for_selector("#live, #line-of-time")
    if tab.page.query_selector("#line-of-time"):
        tab.page.locator("#visits ~ form tbody th a").first.click()
        tab.page.wait_for_selector("#live")
    return str(tab.page.url).removeprefix(tab.base)


# -- stories -----------------------------------------------------------------------------------------------------------


def test_from_a_new_patient_to_a_signed_note_and_a_letter(tab: Tab) -> None:
    visit = new_visit(tab, "S-1")
    page = tab.page
    page.click("[data-no-to-all]")
    tab.saved()
    for finding, answer in (("leg_relief_after_surgery", "Good"), ("onset", "Sudden"), ("dominant_pain", "Leg")):
        field = page.locator(f"#form-{finding}")
        page.evaluate("f => { document.getElementById('form-' + f).closest('details').open = true }", finding)
        field.locator(f"label:has-text('{answer}')").first.click()
        tab.saved()
    page.evaluate("document.getElementById('form-leg_pain_nrs').closest('details').open = true")
    page.fill("#form-leg_pain_nrs input[type=text]", "7")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#form-leg_pain_nrs [data-origin]').textContent.includes('today')")
    assert page.inner_text("#live .code") == "E2"
    assert "Recurrent disc herniation" in page.inner_text("#announced") or "Recurrent" in page.text_content("#announced")
    tab.go(f"{visit}/decide")
    card = page.locator(".proposal").first
    card.locator("summary").click()
    card.locator("input[value=accept]").check()
    card.locator("button").click()
    page.wait_for_selector(".decided.accept")
    page.fill("form[data-draft$=note] textarea", "Seen and talked over.")
    page.wait_for_function("() => /^Kept [0-2]/.test(document.querySelector('[data-draft-state]').textContent)")
    page.reload()
    assert page.input_value("form[data-draft$=note] textarea") == "Seen and talked over."
    page.click("text=Sign the note")
    page.wait_for_selector(".note")
    assert "unchanged since" in page.inner_text(".note")
    for paper in ("letter.pdf", "letter.docx", "sheet.pdf"):
        assert page.request.get(f"{tab.base}{visit}/{paper}").ok
    tab.go(visit)
    assert "not changed any more" in page.inner_text("#saved")


def test_every_number_opens_its_evidence(tab: Tab) -> None:
    demo_visit(tab, "DEMO-08")
    page = tab.page
    page.click("#tab-causes")
    page.locator("#live td.number a").first.click()
    page.wait_for_selector("#dialog[open] .weights")
    page.locator("#dialog-body a.ref").first.click()
    page.wait_for_selector("#dialog[open] .evidence")
    assert "Source" in page.inner_text("#dialog-body")
    page.keyboard.press("Escape")
    page.locator("#live .judged").first.click()
    assert "judgement" in page.inner_text("#dialog-title").lower()
    page.keyboard.press("Escape")
    page.click("#tab-options")
    page.locator("#live .brief a[href*='/evidence/benefits/']").first.click()
    page.wait_for_selector("#dialog[open] table")
    assert "Chance of benefit" in page.inner_text("#dialog-title")


def test_what_if_moves_the_answer_and_saves_nothing(tab: Tab) -> None:
    visit = demo_visit(tab, "DEMO-08")
    page = tab.page
    before = page.request.get(f"{tab.base}{visit}/live").json()["record"]
    page.click("#tab-what-if")
    page.click("#suppose-more")
    page.select_option("select[name=finding]", "mri_disc_fragment_index")
    page.locator("#supposed-rows select[name=value]").select_option("no")
    page.wait_for_selector(".supposed .moved")
    assert "not saved" in page.inner_text(".supposed")
    assert re.search(r"[+-]\d+ points", page.inner_text(".supposed .moved"))
    assert page.request.get(f"{tab.base}{visit}/live").json()["record"] == before


def test_nothing_typed_is_lost_when_the_network_goes(tab: Tab) -> None:
    visit = new_visit(tab, "S-2")
    page = tab.page
    page.context.set_offline(True)
    page.locator("#next [data-finding]").first.locator("label:has-text('No')").last.click()
    page.wait_for_selector("#saved.bad")
    assert "kept in this browser" in page.inner_text("#saved")
    finding = page.locator("#next [data-finding]").first.get_attribute("data-finding")
    page.context.set_offline(False)
    tab.saved()
    record = {k["finding"]: k["value"] for k in page.request.get(f"{tab.base}{visit}/live").json()["record"]}
    assert record[finding] is False
    tab.wrong.clear()  # the browser reports the connection it had lost


def test_nothing_typed_is_lost_when_the_tab_dies(tab: Tab, clinic: tuple[House, str]) -> None:
    visit = new_visit(tab, "S-3")
    page = tab.page
    page.context.set_offline(True)
    page.locator("#next [data-finding]").first.locator("label:has-text('Yes')").click()
    page.wait_for_selector("#saved.bad")
    finding = page.locator("#next [data-finding]").first.get_attribute("data-finding")
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)
    tab.page = context.new_page()
    tab.go(visit)
    tab.saved()
    record = {k["finding"]: k["value"] for k in tab.page.request.get(f"{tab.base}{visit}/live").json()["record"]}
    assert record[finding] is True
    tab.wrong.clear()


def test_another_device_goes_on_where_the_first_left(tab: Tab, browser: Any, clinic: tuple[House, str]) -> None:
    visit = new_visit(tab, "S-4")
    tab.page.click("[data-no-to-all]")
    tab.saved()
    other = tab_of(browser, tab.base, width=820, height=1100)
    other.sign_in(clinic[0])
    other.go(visit)
    fields = other.page.locator("details.part [data-finding]:has(input[value=false]:checked)")
    assert fields.count() == 6
    other.page.context.close()


def test_a_locked_screen_keeps_what_was_typed(tab: Tab, clinic: tuple[House, str]) -> None:
    house, _ = clinic
    new_visit(tab, "S-5")
    page = tab.page
    with house.database.writing() as session:
        from afterdisc.clinic.tables import SignIn

        for row in session.query(SignIn):
            row.locked_at = house.desk.at()
    page.locator("#next [data-finding]").first.locator("label:has-text('No')").last.click()
    page.wait_for_selector("#saved.bad")
    assert "locked" in page.inner_text("#saved")
    assert page.locator("#saved a").get_attribute("href").startswith("/unlock?next=")
    assert json.loads(page.evaluate("Object.entries(localStorage).find(([k]) => k.includes('outbox'))[1]"))
    page.evaluate("localStorage.clear()")
    tab.wrong.clear()


def test_two_people_are_shown_both_answers_and_choose(tab: Tab, browser: Any, clinic: tuple[House, str]) -> None:
    house, _ = clinic
    visit = new_visit(tab, "S-6")
    if "second" not in house.accounts:
        from afterdisc.clinic import people

        with house.database.writing() as session:
            made = people.add_account(
                session, login="second", name="Bo", roles=["clinician"], password=None, at=house.desk.at(), by=None
            )
        house.accounts["second"] = made.id
    other = tab_of(browser, tab.base)
    other.sign_in(house, "second")
    other.go(visit)
    first = "#next [data-finding=bladder_disturbance]"
    tab.page.locator(first).locator("label:has-text('No')").last.click()
    tab.saved()
    other.page.locator(first).locator("label:has-text('Yes')").click()
    other.page.wait_for_selector(".clash")
    assert "Somebody else answered “no”" in other.page.inner_text(".clash")
    other.page.click("text=Save mine")
    other.saved()
    live = other.page.request.get(f"{tab.base}{visit}/live").json()["record"]
    assert next(k for k in live if k["finding"] == "bladder_disturbance")["value"] is True
    other.page.context.close()


def test_films_are_measured_and_written_to_the_findings(tab: Tab, tmp_path: Path) -> None:
    visit = new_visit(tab, "S-7")
    page = tab.page
    tab.go(f"{visit}/measure")
    for name, shift in (("flexion", 60), ("extension", 0)):
        film(tmp_path / f"{name}.png", shift)
        section = page.locator(f"[data-film={name}]")
        section.locator("[data-file]").set_input_files(tmp_path / f"{name}.png")
        section.locator("svg[data-points]").wait_for()
        section.locator("[data-opened]").wait_for()
        place(section, [(200 + shift, 300), (500 + shift, 300), (200, 380), (500, 380)])
        section.locator("[data-calibrate]").click()
        place(section, [(200, 560), (500, 560)])
        section.locator("[data-length]").fill("30")
    page.wait_for_function("() => !document.getElementById('result').hidden")
    assert float(page.inner_text("[data-r=translation_mm]")) == pytest.approx(6.0, abs=0.4)
    page.locator("[data-film=flexion] [data-corner=upper_back]").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("() => Number(document.querySelector('[data-r=translation_mm]').textContent) > 6.6")
    page.click("#save")
    page.wait_for_function("() => document.getElementById('result-say').textContent.startsWith('Saved')")
    tab.go(visit)
    assert "measured on films" in page.text_content("#form-flexion_extension_translation_mm [data-origin]")


def film(path: Path, shift: int) -> None:
    image = Image.new("L", (700, 700), 25)
    draw = ImageDraw.Draw(image)
    draw.rectangle((200 + shift, 120, 500 + shift, 300), fill=160)
    draw.rectangle((200, 380, 500, 560), fill=150)
    image.save(path)


def place(section: Any, points: list[tuple[int, int]]) -> None:
    svg = section.locator("svg[data-points]")
    for x, y in points:
        box = svg.bounding_box()
        svg.click(position={"x": x / 700 * box["width"], "y": y / 700 * box["height"]})


def test_the_persons_own_form_tells_at_once_what_cannot_wait(tab: Tab, browser: Any) -> None:
    visit = new_visit(tab, "S-8")
    tab.go(f"{visit}/invite")
    tab.page.click("main button.nhsuk-button")
    link = tab.page.input_value(".long-link")
    person = tab_of(browser, tab.base, width=390, height=844)
    person.go(link.removeprefix(tab.base))
    assert "Example" not in person.page.inner_text("body")
    person.page.locator("[data-finding=saddle_numbness] label:has-text('Yes')").click()
    person.page.wait_for_selector(".emergency.now")
    assert "emergency" in person.page.inner_text(".emergency.now").lower()
    assert person.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert person.violations() == []
    person.page.locator("[name=sure]").check()
    person.page.click("text=Send to my clinic")
    person.page.wait_for_selector("text=Sent to your clinic")
    assert person.wrong == []
    tab.go(visit)
    assert "reported by the person" in tab.page.inner_text("#reported")
    assert tab.page.inner_text("#live .code") == "E0"
    tab.page.click("#confirm-reported")
    tab.page.wait_for_function("() => !document.getElementById('reported')")
    person.page.context.close()


# -- by keyboard alone -------------------------------------------------------------------------------------------------


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))


def tab_to(page: Any, selector: str, at_most: int = 60) -> None:
    """Press Tab until this has the focus."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab; at {focused(page)}")


def test_a_whole_visit_by_keyboard_alone(tab: Tab) -> None:
    page = tab.page
    tab.go("/worklist")
    tab_to(page, "a[href='/patients/new']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#family_name")
    tab_to(page, "#family_name")
    page.keyboard.type("Keys")
    tab_to(page, "#number")
    page.keyboard.type("K-1")
    tab_to(page, "#birth_date")
    page.keyboard.type("05021979")
    tab_to(page, "#operated_on")
    page.keyboard.type("04012026")
    tab_to(page, "main button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#live")
    visit = str(page.url).removeprefix(tab.base)
    assert "Danger questions" in page.inner_text("#next-title"), page.inner_text("#next")
    tab_to(page, "[data-no-to-all]")
    page.keyboard.press("Enter")
    tab.saved()
    for _ in range(4):  # y, n and u answer; the focus goes on to the next question by itself
        page.wait_for_timeout(250)
        if not page.evaluate("document.activeElement.closest('#next [data-finding]') !== null"):
            tab_to(page, "#next input")
        kind = page.evaluate("document.activeElement.closest('[data-finding]').dataset.kind")
        before = page.evaluate("document.querySelector('#next [data-finding]').dataset.finding")
        if kind == "bool":
            page.keyboard.press("n")
        elif page.evaluate("document.activeElement.type") == "radio":
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Enter")
        else:
            page.keyboard.type("5")
            page.keyboard.press("Enter")
        page.wait_for_function("f => document.querySelector('#next [data-finding]')?.dataset.finding !== f", arg=before)
    tab_to(page, "#tab-now", 200)
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-causes", "aria-selected") == "true"
    tab_to(page, "#live a[data-dialog]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog[open]")
    page.keyboard.press("Escape")
    tab.go(f"{visit}/decide")
    tab_to(page, ".proposal summary")
    page.keyboard.press("Enter")
    tab_to(page, "input[name=choice]")
    page.keyboard.press("Space")
    tab_to(page, ".proposal button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".decided")
    tab_to(page, "form[data-draft$=note] textarea", 200)
    page.keyboard.type("By keyboard.")
    tab_to(page, "form[data-draft$=note] button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note")
    assert "By keyboard." in page.inner_text(".note")


# -- every page --------------------------------------------------------------------------------------------------------


def pages(tab: Tab, house: House) -> list[str]:
    visit = demo_visit(tab, "DEMO-08")
    tab.page.locator(".person h1 a").click()
    tab.page.wait_for_selector("#line-of-time")
    patient = str(tab.page.url).removeprefix(tab.base)
    tab.go("/worklist?q=DEMO-01")
    tab.page.locator("tbody th a").first.click()
    tab.page.locator(".person h1 a").click()
    tab.page.click("text=What changed between")
    tab.page.wait_for_selector("#because")
    compare = str(tab.page.url).removeprefix(tab.base)
    return ["/worklist", "/patients/new", patient, compare, visit, f"{visit}/decide", f"{visit}/measure", f"{visit}/invite",
            f"{visit}/options/gabapentin", f"{visit}/findings/fever", "/medicine", "/facts/dx001", "/nowhere"]  # fmt: skip


def opened(tab: Tab) -> None:
    """Everything that can be opened is open, and all parts of the assessment are shown."""
    if tab.page.query_selector("#tab-all"):
        tab.page.click("#tab-all")
    tab.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")


def test_no_page_has_a_violation_of_wcag(tab: Tab, clinic: tuple[House, str]) -> None:
    found = {}
    for path in pages(tab, clinic[0]):
        tab.go(path)
        opened(tab)
        found[path] = tab.violations()
    tab.go("/sign-in")
    found["/sign-in"] = tab.violations()
    tab.wrong = [w for w in tab.wrong if "404" not in w]
    assert not any(found.values()), "\n".join(f"{p}: {v}" for p, v in found.items() if v)


def test_no_page_of_the_house_has_a_violation_of_wcag(browser: Any, clinic: tuple[House, str]) -> None:
    house, base = clinic
    admin = tab_of(browser, base)
    admin.sign_in(house, "administrator")
    found = {}
    for path in ("/admin", "/admin/audit", "/admin/audit/verify", "/unlock"):
        admin.go(path)
        opened(admin)
        found[path] = admin.violations()
    assert not any(found.values()), "\n".join(f"{p}: {v}" for p, v in found.items() if v)
    assert admin.foreign() == []
    admin.page.context.close()


@pytest.mark.parametrize(("width", "height", "what"), [(390, 844, "telephone"), (700, 500, "zoom200"), (320, 640, "narrow")])
def test_pages_scroll_only_down(browser: Any, clinic: tuple[House, str], width: int, height: int, what: str) -> None:
    """200 % zoom on a screen of 1400 by 1000 is a window of 700 by 500."""
    house, base = clinic
    wide = tab_of(browser, base)
    wide.sign_in(house)
    paths = pages(wide, house)
    small = tab_of(browser, base, width=width, height=height)
    small.sign_in(house)
    too_wide = {}
    for path in paths:
        small.go(path)
        opened(small)
        needed = small.page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            too_wide[path] = (needed, small.page.evaluate(WIDEST, width))
    assert not too_wide, "\n".join(f"{p}: {v}" for p, v in too_wide.items())
    wide.page.context.close()
    small.page.context.close()


WIDEST = """w => [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > w + 1)
  .map(e => e.tagName + '.' + e.className).slice(0, 4)"""


# -- how much a clinician has to enter ---------------------------------------------------------------------------------


def plan_of(told: dict[str, Any]) -> str:
    """What a clinician would do now: urgency, and the offered options in order."""
    live = told["live"]
    urgency = re.search(r'class="code">([^<]+)<', live)
    option = r'/options/([a-z_]+)" data-dialog>[^<]*</a> <span class="badge (recommended|option|caution)"'
    offered = re.findall(option, live)
    steps = re.findall(r'<li class="[^"]*">\s*<h3>([^<]+)', live)
    return json.dumps([urgency[1] if urgency else "", offered, steps[:1]])


def test_the_plan_stands_after_few_interactions(clinic: tuple[House, str], tmp_path: Path) -> None:
    """For each example person: answer what is asked, in the order in which it is asked, and count clicks and entries.

    "No to all" is one interaction. The count is that after which urgency, first step and offered options no longer change.
    """
    house, _ = clinic
    counts = {}
    for path in EXAMPLES:
        truth = json.loads(path.read_text())["findings"]
        counts[path.stem] = interactions(house, path.stem, truth)
    table = "\n".join(f"| {name.replace('-', ' ')} | {n} |" for name, n in counts.items())
    (Path(os.environ.get("AFTERDISC_ENTRY_TABLE") or tmp_path / "entry.md")).write_text(table + "\n")
    ordered = sorted(counts.values())
    assert ordered[len(ordered) // 2] <= BUDGET, counts
    assert len(ordered) == len(EXAMPLES) >= 9


KNOWN_BEFORE = ("age_years", "sex", "weeks_since_surgery", "index_procedure", "index_level", "index_side")


def interactions(house: House, name: str, truth: dict[str, Any]) -> int:
    from functional.workspace.house import Visitor

    visit = house.visit(house.patient(f"E-{name}", birth_date=None, sex=None))
    visitor: Visitor = house.visitor("clinician")
    visitor.client.base_url = "http://127.0.0.1"
    visitor.client.headers["Origin"] = "http://127.0.0.1"
    for cookie in list(visitor.client.cookies.jar):
        visitor.client.cookies.set(cookie.name, cookie.value, domain="127.0.0.1", path="/")
    entered = {f: v for f, v in truth.items() if f in KNOWN_BEFORE}  # with the patient, before the visit
    told = visitor.answer(visit, entered).json()
    told = visitor.answer(visit, {"weeks_since_surgery": truth.get("weeks_since_surgery")}).json()
    plans, n = [(0, plan_of(told))], 0
    for _ in range(120):
        asked = re.findall(r'data-finding="([a-z0-9_]+)"', told["next"])
        if not asked:
            break
        if "data-no-to-all" in told["next"]:
            noes = [f for f in asked if truth.get(f) is False]
            n += len(asked) - len(noes) + bool(noes)  # a yes and a "not known" are a click each, the noes one for all
            told = visitor.answer(visit, {f: truth.get(f) for f in asked}).json()
        else:
            n += 1
            told = visitor.answer(visit, {asked[0]: truth.get(asked[0])}).json()
        plans.append((n, plan_of(told)))
    final = plans[-1][1]
    assert re.match(r'\["(E\d|ask)", \[', final), final
    assert len({plan for _, plan in plans}) > 1 or n < 3, "a plan that never moves measures nothing"
    first_stable = len(plans)
    while first_stable > 0 and plans[first_stable - 1][1] == final:
        first_stable -= 1
    return plans[first_stable][0] if first_stable < len(plans) else n
