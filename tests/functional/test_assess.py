"""`afterdisc assess`: one case in, one assessment out, in the form that was asked for."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

import afterdisc as ad
from afterdisc.program import Program
from functional.terminal import EXAMPLE, EXAMPLES, afterdisc


def case_of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_json_is_what_the_library_answers(path: Path) -> None:
    said = afterdisc("assess", path, "--json")
    assert said.status == 0
    assert said.err == ""
    assert json.loads(said.out) == ad.assess(case_of(path))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_page_says_what_the_assessment_holds(path: Path) -> None:
    page, answer = afterdisc("assess", path), ad.assess(case_of(path))
    assert page.status == 0
    shown = " ".join(page.out.split())
    assert f"{answer['urgency']} · {answer['urgency_meaning']}" in shown
    assert answer["stage_label"] in shown
    assert answer["knowledge"]["fingerprint"] in shown
    assert answer["intended_use"][:60] in shown
    for treatment in answer["treatments"]:
        if treatment["status"] in ("recommended", "caution"):
            assert treatment["label"] in shown


def test_the_page_is_plain_text_where_it_is_no_terminal() -> None:
    assert "\x1b" not in afterdisc("assess", EXAMPLE).out


def test_intervals_can_be_left_out() -> None:
    with_, without = (
        json.loads(afterdisc("assess", EXAMPLE, "--json", *more).out) for more in ((), ("--no-intervals",))
    )
    assert all("interval" in c for c in with_["causes"])
    assert not any("interval" in c for c in without["causes"])
    assert [c["probability"] for c in with_["causes"]] == [c["probability"] for c in without["causes"]]


def test_html_is_one_page_that_loads_nothing(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = afterdisc("assess", EXAMPLE, "--html", page)
    assert (said.status, said.out) == (0, "")
    assert str(page) in said.err
    text = page.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert case_of(EXAMPLE)["id"] in text
    assert loaded_by(text) == []
    assert not re.search(r"url\(\s*[\"']?(https?:)?//|@import", text)


def loaded_by(page: str) -> list[str]:
    """What a browser would fetch to show a page: every address that is no link to click, no anchor, no data."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            fetched = [str(v) for k, v in attrs if k in ("src", "srcset", "href", "data", "action") and tag != "a"]
            found.extend(v for v in fetched if not v.startswith(("#", "data:")))

    Reader().feed(page)
    return found


def test_a_page_that_loads_something_would_be_seen() -> None:
    assert loaded_by('<a href="https://a"><link rel=x href="data:,"><img src="https://b/c.png">') == ["https://b/c.png"]


def test_html_and_json_may_be_asked_for_together(tmp_path: Path) -> None:
    said = afterdisc("assess", EXAMPLE, "--json", "--html", tmp_path / "page.html")
    assert json.loads(said.out)["schema"] == "afterdisc-assessment/1"
    assert (tmp_path / "page.html").stat().st_size > 1000


def test_a_failed_html_leaves_the_old_page_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.html"
    page.write_text("old")
    monkeypatch.setattr("afterdisc.report.page.render_html", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        afterdisc("assess", EXAMPLE, "--html", page)
    assert page.read_text() == "old"
    assert list(tmp_path.iterdir()) == [page]


@pytest.mark.parametrize("where", ["absent/page.html", "."])
def test_a_page_that_cannot_be_written_is_one_error(tmp_path: Path, where: str) -> None:
    said = afterdisc("assess", EXAMPLE, "--html", tmp_path / where)
    assert said.status in (1, 2)
    assert said.err.count("Error:") == 1
    assert "Traceback" not in said.err


# -- where a case may come from ----------------------------------------------------------------------------------


def test_a_case_may_come_from_standard_input_as_json() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert afterdisc("assess", "-", "--json", stdin=text).out == afterdisc("assess", EXAMPLE, "--json").out


def test_a_case_may_come_from_standard_input_as_yaml() -> None:
    text = yaml.safe_dump(case_of(EXAMPLE))
    assert afterdisc("assess", "-", "--json", stdin=text).out == afterdisc("assess", EXAMPLE, "--json").out


@pytest.mark.parametrize("ending", [".yaml", ".yml"])
def test_a_case_may_be_a_yaml_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"case{ending}"
    path.write_text(yaml.safe_dump(case_of(EXAMPLE)), encoding="utf-8")
    assert afterdisc("assess", path, "--json").out == afterdisc("assess", EXAMPLE, "--json").out


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert afterdisc("assess", path, "--json").out == afterdisc("assess", EXAMPLE, "--json").out


def test_the_findings_may_stand_alone(tmp_path: Path) -> None:
    case = case_of(EXAMPLE)
    bare = {"id": case["id"]} | case["findings"]
    assert afterdisc("assess", "-", "--json", stdin=json.dumps(bare)).out == afterdisc("assess", EXAMPLE, "--json").out


def test_null_is_unknown(program: Program) -> None:
    case = case_of(EXAMPLE)
    case["findings"] = dict.fromkeys(program.book["findings"]) | case["findings"]
    assert None in case["findings"].values()
    assert ad.assess(case) == ad.assess(case_of(EXAMPLE))


def test_an_empty_case_is_answered_with_the_first_questions() -> None:
    said = afterdisc("assess", "-", "--json", stdin="{}")
    answer = json.loads(said.out)
    assert said.status == 0
    assert answer["urgency"] == "ask"
    assert answer["questions"][0]["id"] == "weeks_since_surgery"
    assert any(q["mandatory"] for q in answer["questions"])
    assert afterdisc("assess", "-", "--json", stdin='{"findings": {}}').out == said.out


# -- what a stranger's text may do -------------------------------------------------------------------------------

HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "an escape": "\x1b[31mred\x1b]0;title\x07",
    "a C1 control": "\x9b31mred",
    "a new line": "one\r\ntwo",
    "a change of direction": "\u202egnp.exe",
    "half a character": "\ud83d",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_an_id_is_shown_and_never_obeyed(tmp_path: Path, name: str) -> None:
    text = json.dumps({"id": name, "findings": {}})
    page = tmp_path / "page.html"
    for words in ([], ["--json"], ["--html", page]):
        said = afterdisc("assess", "-", *words, stdin=text)
        assert said.status == 0
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said.out + said.err)
    assert json.loads(afterdisc("assess", "-", "--json", stdin=text).out)["id"] == name
    html = page.read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", html)
