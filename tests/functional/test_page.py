"""The HTML page: sound markup, nothing fetched, every number followed to its source, nothing hidden behind colour."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import lru_cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import afterdisc as ad
from afterdisc.report import render_html
from functional.terminal import EXAMPLES

VOID = {"meta", "link", "br", "img", "hr", "input"}
NAMES = [path.stem for path in EXAMPLES] + ["nothing known"]
EMERGENCY = "cannot-pass-urine"
RETURNING = "returning-leg-pain"


@lru_cache
def answer(name: str) -> dict[str, Any]:
    path = next((p for p in EXAMPLES if p.stem == name), None)
    return ad.assess(json.loads(path.read_text(encoding="utf-8")) if path else {})


def changed(name: str) -> dict[str, Any]:
    """A copy of an answer that a test may change."""
    return copy.deepcopy(answer(name))


class Page(HTMLParser):
    """A page taken apart: its elements with their text, and whatever was not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []  # beside elements: all text within
        self.unclosed: list[str] = []
        self._open: list[int] = []
        self.feed(html)
        self.unclosed += [self.elements[i][0] for i in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))
        self.texts.append("")
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._open and self.elements[self._open[-1]][0] == tag:
            self._open.pop()
        else:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        for i in self._open:
            self.texts[i] += data

    def all(self, *tags: str) -> list[tuple[str, dict[str, str], str]]:
        pairs = zip(self.elements, self.texts, strict=True)
        return [(tag, attrs, " ".join(text.split())) for (tag, attrs), text in pairs if tag in tags]

    @property
    def text(self) -> str:
        """What is read on the page."""
        return next(text for _, _, text in self.all("body"))

    @property
    def ids(self) -> Counter[str]:
        return Counter(attrs["id"] for _, attrs in self.elements if "id" in attrs)

    def by_id(self, name: str) -> str:
        pairs = zip(self.elements, self.texts, strict=True)
        return next(" ".join(text.split()) for (_, attrs), text in pairs if attrs.get("id") == name)


@lru_cache
def page(name: str) -> Page:
    return Page(render_html(answer(name)))


def plain(text: str) -> str:
    return " ".join(text.split())


# -- sound for every reader ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_element_is_closed_in_order(name: str) -> None:
    assert page(name).unclosed == []


@pytest.mark.parametrize("name", NAMES)
def test_every_id_is_given_once(name: str) -> None:
    assert [i for i, n in page(name).ids.items() if n > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_link_within_the_page_has_its_target(name: str) -> None:
    links = [attrs["href"] for _, attrs, _ in page(name).all("a") if attrs["href"].startswith("#")]
    assert links
    assert {link[1:] for link in links} - set(page(name).ids) == set()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_fetched_and_nothing_runs(name: str) -> None:
    fetching = ("src", "srcset", "href", "xlink:href", "data", "action", "poster", "background", "style")
    asked = [v for tag, attrs in page(name).elements if tag != "a" for k, v in attrs.items() if k in fetching]
    assert [v for v in asked if not v.startswith(("#", "data:"))] == []
    assert page(name).all("script", "iframe", "object", "embed", "form") == []
    assert [k for _, attrs in page(name).elements for k in attrs if k.startswith("on")] == []
    (style,) = page(name).all("style")
    assert "url(" not in style[2]
    assert "@import" not in style[2]


@pytest.mark.parametrize("name", NAMES)
def test_headings_step_down_one_at_a_time(name: str) -> None:
    levels = [int(tag[1]) for tag, _, _ in page(name).all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_without_sight_finds_the_parts(name: str) -> None:
    p = page(name)
    (html,) = p.all("html")
    assert html[1]["lang"] == "en-GB"
    assert [len(p.all(tag)) for tag in ("main", "header", "footer", "nav", "h1")] == [1, 1, 1, 1, 1]
    assert answer(name)["id"] in p.all("title")[0][2]
    assert p.all("nav")[0][1]["aria-label"]
    first_link = p.all("a")[0]
    assert first_link[1]["href"] == "#main"
    for _, attrs, _ in p.all("section"):
        assert p.by_id(attrs["aria-labelledby"])


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_a_name_and_a_description(name: str) -> None:
    pictures = page(name).all("svg", "img")
    assert pictures
    for tag, attrs, _ in pictures:
        assert tag == "svg"
        assert attrs["role"] == "img"
        assert all(page(name).by_id(i) for i in attrs["aria-labelledby"].split())


@pytest.mark.parametrize("name", NAMES)
def test_tables_have_a_name_and_their_heads_a_scope(name: str) -> None:
    p = page(name)
    assert all("scope" in attrs for _, attrs, _ in p.all("th"))
    assert all(text for _, _, text in p.all("th"))
    named = len([1 for _, attrs, _ in p.all("table") if attrs.get("aria-labelledby") in p.ids])
    assert named + len([1 for _, _, text in p.all("caption") if text]) == len(p.all("table"))


def test_words_on_their_ground_have_contrast_enough() -> None:
    (style,) = page(RETURNING).all("style")
    tone = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", style[2]))
    pairs = re.findall(r"color: var\(--([\w-]+)\); background: var\(--([\w-]+)\)", style[2])
    assert len(pairs) >= 6
    on_white = [(ink, "#ffffff") for ink in ("ink", "soft", "accent", "grey", "red")]
    on_tint = [("ink", tone[t]) for t in tone if t.endswith("-tint")] + [
        ("soft", tone["ground"]),
        ("accent", tone["ground"]),
    ]
    for ink, ground in [*on_white, *on_tint, *((a, tone[b]) for a, b in pairs)]:
        assert contrast(tone[ink], ground) >= 4.5, (ink, ground)
    for mark in ("for", "against"):
        assert contrast(tone[mark], "#ffffff") >= 3


def contrast(a: str, b: str) -> float:
    """The ratio of relative luminances, as WCAG 2 defines it."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(tone: str) -> float:
    parts = [int(tone[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_measured_as_published() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


# -- nothing in a case can become markup ---------------------------------------------------------------------------


def test_a_hostile_case_id_stays_text() -> None:
    said = changed(RETURNING)
    said["id"] = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    html = render_html(said)
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2  # title and heading


def test_hostile_words_of_the_knowledge_stay_text() -> None:
    said = changed(RETURNING)
    said["causes"][0]["label"] = "<b onclick=x>cause</b>"
    said["causes"][0]["evidence"][0]["label"] = "</title></svg><script>"
    said["treatments"][0]["for"][0]["say"] = "<i>say</i>"
    html = render_html(said)
    assert "<b onclick" not in html
    assert "</title></svg><script>" not in html
    assert "<i>say" not in html
    assert Page(html).unclosed == []


def test_only_web_addresses_become_links() -> None:
    said = changed(RETURNING)
    for fact in said["sources"].values():
        fact["work"] = fact["work"] | {"doi": "", "url": "javascript:alert(1)"}
    assert "javascript:" not in render_html(said)


# -- what it says --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_raised_red_flags_stand_first_with_what_to_do(name: str) -> None:
    said, text = answer(name), page(name).text
    assert f"{said['urgency']} {said['urgency_meaning']}" in text
    where = text.index("Where the person stands", text.index(said["urgency_meaning"]))
    for flag in said["red_flags"]:
        if flag["status"] == "fired" and flag["urgency"] != "ask":
            assert flag["title"] in text[:where]
            assert plain(flag["action"]) in text[:where]


def test_the_emergency_example_raises_one() -> None:
    assert any(f["status"] == "fired" and f["urgency"] == "E0" for f in answer(EMERGENCY)["red_flags"])


def test_who_cannot_be_cleared_is_told_in_plain_words() -> None:
    said, text = answer("nothing known"), page("nothing known").text
    assert said["urgency"] == "ask"
    assert "Cannot be cleared: ask" in text
    for question in (q for q in said["questions"] if q["mandatory"]):
        assert question["question"] in text


def test_the_red_flag_asks_where_no_question_is_listed() -> None:
    said = changed("nothing known")
    said["questions"] = []
    text = Page(render_html(said)).text
    (flag,) = [f for f in said["red_flags"] if f["id"] == "R30"]
    assert flag["ask"]
    for question in flag["ask"]:
        assert question in text


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_reassured_by_an_empty_field(name: str) -> None:
    said, _, _ = page(name).text.partition("Only what this page cites")  # a source may speak of its own people so
    assert "no red flag" not in said.lower()


def test_the_expected_course_is_set_aside_in_an_emergency() -> None:
    said, text = answer(EMERGENCY), page(EMERGENCY).text
    (aside,) = [c for c in said["causes"] if c.get("set_aside")]
    assert f"{aside['label']}: set aside while a red flag is open" in text
    assert aside["label"] not in [head for _, _, head in page(EMERGENCY).all("th")]
    assert plain(said["expected_course"]["normally_seen"]) not in text


def test_the_expected_course_is_told_otherwise() -> None:
    assert plain(answer(RETURNING)["expected_course"]["normally_seen"]) in page(RETURNING).text


@pytest.mark.parametrize("name", NAMES)
def test_every_treatment_stands_with_its_status_in_words(name: str) -> None:
    heads = [head for _, attrs, head in page(name).all("th") if attrs.get("scope") == "row"]
    for t in answer(name)["treatments"]:
        status = t["status"].replace("_", " ").capitalize()
        assert any(head.startswith(t["label"]) and status in head for head in heads), t["id"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_to_be_avoided_says_the_reason_of_its_own(name: str) -> None:
    text = page(name).text
    for t in (t for t in answer(name)["treatments"] if t["status"] == "avoid"):
        own = [line for line in t["against"] if line["id"] != "open_red_flag"]
        assert plain(own[0]["say"]) in text


def test_intervals_may_be_left_out() -> None:
    assert 'class="whisker"' in render_html(answer(RETURNING))
    case = json.loads(next(p for p in EXAMPLES if p.stem == RETURNING).read_text(encoding="utf-8"))
    html = render_html(ad.assess(case, intervals=False))
    assert 'class="whisker"' not in html
    assert Page(html).unclosed == []


# -- every number to its source ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_only_what_is_cited_is_listed(name: str) -> None:
    listed = {i for i in page(name).ids if i.startswith(("fact-", "judgement-"))}
    linked = {attrs["href"][1:] for _, attrs, _ in page(name).all("a") if attrs["href"].startswith(("#fact-", "#judg"))}
    assert listed == linked


@pytest.mark.parametrize("name", NAMES)
def test_arguments_and_weights_lead_to_every_fact_they_rest_on(name: str) -> None:
    said, ids = answer(name), page(name).ids
    lines = [line for t in said["treatments"] for part in ("for", "against") for line in t[part]]
    offered = [t for t in said["treatments"] if t["status"] in ("recommended", "option")]
    lines += [{"sources": h["facts"]} for t in offered for h in t["harms"]]
    lines += [{"sources": g["facts"]} for t in said["treatments"] for g in t["guidelines"]]
    for cause in [c for c in said["causes"] if c["evidence"] and not c.get("set_aside")][:2]:
        lines += [cause["prior"], *cause["evidence"]]
    lines += said["not_now"] + said["notes"] + said["imaging"]
    lines += [f for f in said["red_flags"] if f["status"] == "fired"]
    for fact in {f for line in lines for f in line["sources"]}:
        assert f"fact-{fact}" in ids


def test_a_mark_names_the_work_and_the_figure() -> None:
    marks = {attrs["href"]: text for _, attrs, text in page(RETURNING).all("a") if attrs["href"].startswith("#fact-")}
    assert len(set(marks.values())) == len(marks)
    for href, mark in marks.items():
        assert page(RETURNING).by_id(href[1:]).startswith(mark)


def test_a_fact_shows_value_place_and_whether_it_was_seen() -> None:
    said = changed(RETURNING)
    flag = next(f for f in said["red_flags"] if f["status"] == "fired")
    seen, unseen = flag["sources"][:2]
    said["sources"][seen] |= {"value": "0.4321", "locator": "table 7", "verified": True}
    said["sources"][unseen] |= {"verified": False}
    p = Page(render_html(said))
    assert "0.4321" in p.by_id(f"fact-{seen}")
    assert "Table 7; seen in the source" in p.by_id(f"fact-{seen}")
    assert "unconfirmed" in p.by_id(f"fact-{unseen}")


def test_a_judgement_shows_its_reason_and_its_worth() -> None:
    said = changed(RETURNING)
    line = said["treatments"][0]["for"][0]
    line |= {"support": "judgement", "judgement": {"because": "A reason of its own", "worth": 7.0}}
    p = Page(render_html(said))
    told = [text for _, attrs, text in p.all("li") if attrs.get("id", "").startswith("judgement-")]
    assert any(text.endswith("A reason of its own. Worth 7 patients.") for text in told)


# -- as it is used -------------------------------------------------------------------------------------------------


def test_who_asks_for_json_waits_for_no_page() -> None:
    code = "import sys, afterdisc as ad; ad.assess({}); print([m for m in ('rich', 'jinja2') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 400, 1280])
def test_a_browser_asks_for_nothing_and_scrolls_only_down(tmp_path: Path, width: int) -> None:
    api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("needs Chromium")
    file = tmp_path / "page.html"
    file.write_text(render_html(answer(RETURNING)), encoding="utf-8")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": width, "height": 800})
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(file.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert [url for url in asked if not url.startswith(("data:", file.as_uri()))] == []
        browser.close()
