"""Fifty textbook cases come out as a textbook says, within the margins written beside them."""

from __future__ import annotations

from typing import Any

import pytest

import afterdisc as ad
from acceptance.coded import TEXTBOOK
from afterdisc.program import Program


def faults(answer: dict[str, Any], expect: dict[str, Any]) -> list[str]:
    chance = {c["id"]: c["probability"] for c in answer["causes"]}
    first, together = max(chance, key=lambda c: chance[c]), answer["combinations"][0]["causes"]
    out = [f"{c} {chance[c]:.3f} < {p}" for c, p in expect.get("at_least", {}).items() if chance[c] < p]
    out += [f"{c} {chance[c]:.3f} > {p}" for c, p in expect.get("at_most", {}).items() if chance[c] > p]
    if expect.get("top", first) != first:
        out.append(f"first is {first}, not {expect['top']}")
    if set(expect.get("top_set", together)) != set(together):
        out.append(f"together {together}, not {expect['top_set']}")
    return out


def test_the_cases_are_there() -> None:
    assert len(TEXTBOOK) == 50


@pytest.mark.parametrize("case", TEXTBOOK, ids=lambda case: f"{case['id']} {case['title']}")
def test_it_comes_out_as_the_textbook_says(program: Program, case: dict[str, Any]) -> None:
    assert faults(ad.assess(case["findings"], program=program, intervals=False), case["expect"]) == []


@pytest.mark.parametrize(
    "expect",
    [
        {"top": "hip_pathology"},
        {"top_set": ["hip_pathology"]},
        {"at_least": {"recurrent_herniation": 1.01}},
        {"at_most": {"recurrent_herniation": 0.5}},
    ],
)
def test_each_expectation_can_fail(program: Program, expect: dict[str, Any]) -> None:
    answer = ad.assess(TEXTBOOK[0]["findings"], program=program, intervals=False)
    assert len(faults(answer, expect)) == 1
