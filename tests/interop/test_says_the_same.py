"""cql-execution and encender say of synthetic people what our engine says: the published rules are the rules."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from afterdisc.door import assess
from afterdisc.fhir import read_record, record_of
from afterdisc.fhir.publish import rules_that_need_a_probability
from afterdisc.fhir.publish.cql.logic import probability_name, rule_name
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.program import Program
from afterdisc.review.vignettes import Trial, chance, meets, trials_of
from afterdisc.words.status import OFFERED
from functional.fhir.own_codes import record_with
from interop.bundles import AT, INSTANT, SEEN, Expected, Person, expected, people, spelt
from interop.node import lines, needs
from interop.plans import applying_actions, is_asked_for, is_withheld, status_of

Json = dict[str, Any]
LIBRARIES = ("RedFlags", "ImagingChoice", "TreatmentGates")
N_ALL, N_SOME = 320, 24
HOW_MANY = [N_SOME, pytest.param(N_ALL, marks=pytest.mark.slow)]
N_WITHOUT_PROBABILITIES = 80


@dataclass(frozen=True)
class Compared:
    """A person, what the engine says, and what the published expressions say."""

    person: Person
    engine: Expected
    cql: Mapping[str, Any]


def asked(person: Person, told: Expected | None) -> Json:
    """With the probabilities that CQL cannot work out, or without."""
    parameters = dict(told.probabilities) if told else {}
    return {"bundle": person.bundle, "at": INSTANT, "parameters": parameters}


@pytest.fixture(scope="module")
def everybody(program: Program, knowledge: KnowledgeBase) -> list[tuple[Person, Expected]]:
    drawn = people(program, knowledge, N_ALL)
    return list(zip(drawn, expected(program, [p.findings for p in drawn]), strict=True))


def compared(package: Path, pairs: list[tuple[Person, Expected]], *, probabilities: bool = True) -> list[Compared]:
    needs("cql-execution", "cql-exec-fhir")
    given = [asked(person, told if probabilities else None) for person, told in pairs]
    answers = lines("cql_run.mjs", str(package), *LIBRARIES, given=given)
    together = [{name: value for values in answer.values() for name, value in values.items()} for answer in answers]
    return [Compared(person, told, values) for (person, told), values in zip(pairs, together, strict=True)]


def differences(found: list[Compared]) -> Counter[str]:
    """How often which expression says something else than the engine."""
    out: Counter[str] = Counter()
    for each in found:
        out.update(name for name, truth in each.engine.truths.items() if each.cql[name] is not truth)
        out.update(f"{t}_status" for t, status in each.engine.statuses.items() if each.cql[f"{t}_status"] != status)
        out.update(["urgency"] if each.cql["urgency"] != each.engine.urgency else [])
    return out


@pytest.mark.parametrize("n", HOW_MANY)
def test_every_red_flag_imaging_rule_and_treatment_rule_is_as_true_as_in_the_engine(
    package: Path, everybody: list[tuple[Person, Expected]], n: int
) -> None:
    found = compared(package, everybody[:n])
    assert len(found) == n
    assert all(len(each.engine.truths) > 900 for each in found)
    assert differences(found) == Counter()


@pytest.mark.slow
def test_the_people_try_nearly_every_rule_in_every_way(everybody: list[tuple[Person, Expected]]) -> None:
    seen: defaultdict[str, set[bool | None]] = defaultdict(set)
    for _, told in everybody:
        for name, truth in told.truths.items():
            seen[name].add(truth)
    share = {truth: sum(truth in s for s in seen.values()) / len(seen) for truth in (True, False, None)}
    assert share[False] > 0.95
    assert share[True] > 0.95
    assert share[None] > 0.65  # three in ten ask first whether something is known, and so are never unknown


@pytest.mark.slow
def test_every_vignette_beside_a_rule_comes_out_as_it_says(
    program: Program, knowledge: KnowledgeBase, package: Path
) -> None:
    needs("cql-execution", "cql-exec-fhir")
    trials = [t for t in trials_of(knowledge) if t.kind in ("flag", "imaging", "gate", "treatment")]
    assert len(trials) > 1000
    given = [
        {
            "bundle": record_with(program, spelt(program, t.vignette.given), SEEN),
            "at": INSTANT,
            "parameters": chances(program, t),
            "library": PUBLISHED_IN[t.kind],
            "expressions": expressions_of(t),
        }
        for t in trials
    ]
    answers = lines("cql_run.mjs", str(package), given=given)
    said = [verdict(trial, answer) for trial, answer in zip(trials, answers, strict=True)]
    assert [(t.id, s) for t, s in zip(trials, said, strict=True) if not meets(s, t.vignette.expect)] == []


PUBLISHED_IN = {"flag": "RedFlags", "imaging": "ImagingChoice", "gate": "TreatmentGates", "treatment": "TreatmentGates"}


def expressions_of(trial: Trial) -> list[str]:
    return [f"{trial.owner}_status", f"{trial.owner}_urgency"] if trial.kind == "flag" else [rule_name(trial.owner)]


def verdict(trial: Trial, answer: Json) -> Any:
    """Of a red flag E0, E1, E2, ask or cleared; of a rule its truth."""
    if trial.kind != "flag":
        return answer[rule_name(trial.owner)]
    status = answer[f"{trial.owner}_status"]
    return answer[f"{trial.owner}_urgency"] if status == "fired" else status


def chances(program: Program, trial: Trial) -> dict[str, float]:
    """The probabilities of a vignette, as parameters."""
    found = {probability_name(c): chance(c, trial.vignette.probabilities) for c in program.probability_causes}
    return {name: value for name, value in found.items() if value == value}


def test_what_the_bundles_hold_is_what_our_own_reading_finds(
    program: Program, everybody: list[tuple[Person, Expected]]
) -> None:
    for person, _ in everybody[:60]:
        assert read_record(program, record_of(person.bundle), at=AT).findings == dict(person.findings)


def test_status_and_urgency_of_each_red_flag_are_those_of_the_assessment(
    program: Program, knowledge: KnowledgeBase, package: Path, everybody: list[tuple[Person, Expected]]
) -> None:
    for each in compared(package, everybody[:N_SOME]):
        made = assess({"findings": dict(each.person.findings)}, program=program, intervals=False)
        for flag in made["red_flags"]:
            assert each.cql[f"{flag['id']}_status"] == flag["status"]
            assert each.cql[f"{flag['id']}_urgency"] == (flag["urgency"] if flag["status"] == "fired" else None)
            assert flag["status"] == status_of(knowledge.red_flags[flag["id"]], each.engine.truths)
        withheld = {test for test in knowledge.investigations if each.cql[f"{test}_withheld"]}
        assert withheld == {test["id"] for test in made["not_now"]}
        assert withheld == {test for test in knowledge.investigations if is_withheld(knowledge, test, each.engine.truths)}
        urgent = {step["id"] for step in made["next_steps"] if "urgency" in step}
        assert urgent <= {test for test in knowledge.investigations if is_asked_for(knowledge, test, each.engine.truths)}


# ------------------------------------------------------------------------------------------------- without probabilities


@pytest.mark.parametrize("n", [8, pytest.param(N_WITHOUT_PROBABILITIES, marks=pytest.mark.slow)])
def test_without_probabilities_a_rule_is_as_true_or_unknown_and_never_the_contrary(
    knowledge: KnowledgeBase, package: Path, everybody: list[tuple[Person, Expected]], n: int
) -> None:
    asking = {rule_name(rule) for rule in rules_that_need_a_probability(knowledge)}
    n_unknown = 0
    for each in compared(package, everybody[:n], probabilities=False):
        for name, truth in each.engine.truths.items():
            if name in asking:
                assert each.cql[name] in (truth, None), name
                n_unknown += each.cql[name] is None and truth is not None
            else:
                assert each.cql[name] is truth, name
        assert each.cql["urgency"] == each.engine.urgency
    assert n_unknown > 0


@pytest.mark.parametrize("n", [8, pytest.param(N_WITHOUT_PROBABILITIES, marks=pytest.mark.slow)])
def test_without_probabilities_nothing_is_offered_that_the_engine_would_not_offer(
    package: Path, everybody: list[tuple[Person, Expected]], n: int
) -> None:
    n_offered = 0
    for each in compared(package, everybody[:n], probabilities=False):
        offered = {t for t in each.engine.statuses if each.cql[f"{t}_offered"]}
        assert all(each.engine.statuses[t] in OFFERED for t in offered)
        n_offered += len(offered)
    assert n_offered > 0


# ---------------------------------------------------------------------------------------------------------------- $apply


@pytest.mark.parametrize("n", HOW_MANY)
def test_apply_by_encender_gives_the_actions_that_the_engine_asks_for(
    knowledge: KnowledgeBase, package: Path, everybody: list[tuple[Person, Expected]], n: int
) -> None:
    needs("encender", "cql-execution")
    given = [asked(person, told) for person, told in everybody[:n]]
    applied = lines("apply.mjs", str(package), "re-evaluation", given=given)
    for (_, told), answer in zip(everybody, applied, strict=False):
        assert set(answer["actions"]) == applying_actions(knowledge, told)
        assert len(answer["actions"]) == len(set(answer["actions"]))


def test_apply_proposes_each_thing_once_in_the_words_of_its_definition(
    package: Path, everybody: list[tuple[Person, Expected]]
) -> None:
    needs("encender", "cql-execution")
    given = [asked(person, told) for person, told in everybody[:N_SOME]]
    n = 0
    for answer in lines("apply.mjs", str(package), "re-evaluation", given=given):
        proposals = [name for name in answer["actions"] if name.endswith(".proposal")]
        made = answer["resources"]
        assert len(made) == len(proposals)
        assert {r["resourceType"] for r in made} <= {"ServiceRequest", "MedicationRequest"}
        assert {r["intent"] for r in made} <= {"proposal"}
        assert len({r["basedOn"][0]["reference"] for r in made if "basedOn" in r}) == sum("basedOn" in r for r in made)
        n += len(made)
    assert n > 40


@pytest.mark.slow
def test_encender_as_it_comes_applies_the_package_as_it_is(
    package: Path, everybody: list[tuple[Person, Expected]]
) -> None:
    """Its own worker, its own decoding of the ELM in the Library, the clock of the machine."""
    needs("encender", "cql-execution")
    given = [asked(person, told) for person, told in everybody[:2]]
    ours = lines("apply.mjs", str(package), "re-evaluation", given=given)
    theirs = lines("apply.mjs", str(package), "re-evaluation", "own", given=given)
    assert [a["actions"] for a in theirs] == [a["actions"] for a in ours]


def test_of_a_child_nothing_is_said_but_that_it_is_out_of_scope(
    package: Path, everybody: list[tuple[Person, Expected]]
) -> None:
    needs("encender", "cql-execution")
    bundle = json.loads(json.dumps(everybody[0][0].bundle))
    (age,) = [e["resource"] for e in bundle["entry"] if "age_years" in json.dumps(e) and e["resource"]["id"][0] == "f"]
    for kind in ("valueInteger", "valueQuantity"):
        age.pop(kind, None)
    age["valueQuantity"] = {"value": 12}
    (answer,) = lines("apply.mjs", str(package), "re-evaluation", given=[{"bundle": bundle, "at": INSTANT, "parameters": {}}])
    assert answer == {"actions": ["refused"], "resources": []}
