"""What to do next: red-flag tests, questions, examinations and tests, each with what it would change."""

from __future__ import annotations

from typing import Any

import numpy as np

from afterdisc.engine.ask import Asker
from afterdisc.engine.benefit import benefits_of
from afterdisc.report.case import Case
from afterdisc.report.index import index_of
from afterdisc.report.safety import unanswered
from afterdisc.report.support import support
from afterdisc.report.urgent import Raised, UrgentTests
from afterdisc.words.status import STATUSES

QUESTION_STEP = "questions"
N_QUESTIONS_LISTED = 6
ELECTIVE_BURDENS = {"E0": ("low", "moderate", "high"), "E1": ("high",)}  # elective tests wait as elective care does


class Steps:
    """The steps of one case. `next_steps`, `questions` and `withheld` are plain data."""

    def __init__(self, case: Case, flags: list[dict[str, Any]]) -> None:
        self.case, self.index = case, index_of(case.program)
        raised = [Raised(f["id"], f["urgency"]) for f in flags if f["status"] == "fired"]
        self.urgent = UrgentTests(self.index, case.truth, raised)
        self.titles = {f["id"]: f["title"] for f in flags}
        self.fired, self.imaging, self.at_hand = self.urgent.fired, self.urgent.imaging, self.urgent.at_hand
        self.withheld = {
            test: {"rule": rule, "say": text["say"], **support(text)} for test, (rule, text) in self.urgent.withheld.items()
        }
        self.first = {t: rule for rule, text in self.imaging for t in reversed(text["first"])}
        self.second = {t: rule for rule, text in self.imaging for t in reversed(text["next"])}
        self.asker = self._asker()
        self.open = self._open_findings()
        self._answered: dict[str, list[int]] = {}
        self.questions = self._questions()
        self.next_steps = self._next_steps()

    # -- rules ---------------------------------------------------------------------------------------------------

    def _checks(self, test: str) -> list[str]:
        """What to look out for before a test."""
        out = []
        pictured = self.case.book["investigations"][test]["kind"] in ("imaging", "test")
        for _, text in self.imaging:
            for_all = pictured and not (text["first"] or text["next"] or text["withhold"])
            if for_all or test in (*text["first"], *text["next"]):
                out += text["check"]
        for root, rule in self.index.gates.get(test, []):
            text = self.case.book["gates"][rule]
            if text["then"] in ("caution", "inform") and self.case.truth(root) is True:
                out.append(text["say"])
        return list(dict.fromkeys(out))

    # -- worth ---------------------------------------------------------------------------------------------------

    def _asker(self) -> Asker:
        case, p = self.case, self.case.program
        codes = case.status_codes
        barred = {STATUSES.index("avoid")}
        rules = case.book["treatments"]
        allowed = np.array([c not in barred and rules[t]["rung"] > 0 for t, c in zip(p.treatments, codes, strict=True)])
        return Asker(case.engine, benefits_of(case.program), case.states, case.weeks, case.person, allowed)

    def _open_findings(self) -> set[int]:
        p, case = self.case.program, self.case
        silent = np.array([r >= 0 and case.truth(int(r)) is True for r in p.silent_root])
        found = {int(f) for f in self.asker.open_findings(silent)} - self.index.substitutes
        return {f for f in found if self._would_count(f)}

    def _would_count(self, finding: int) -> bool:
        """A derived finding counts only if the answer to its own question would settle it."""
        p = self.case.program
        root = int(p.derived_root[finding])
        if root < 0:
            return True
        return p.asks[finding] in self.case.missing([root]) and len(self.case.missing([root])) == 1

    def _burden(self, word: str) -> float:
        return float(self.case.program.settings[f"burden_{word}"])

    def _score(self, bits: float, change: float, burden: str) -> float:
        settings = self.case.program.settings
        return change + settings["weight_of_a_bit"] * bits - self._burden(burden)

    # -- questions -----------------------------------------------------------------------------------------------

    def _questions(self) -> list[dict[str, Any]]:
        """Every open question and examination item by its own worth; mandatory red-flag items come first."""
        must = [f for m in unanswered(self.case) for f in m["any_of"][:1]]
        out = [self._opening(f) for f in self.case.book["first_questions"] if self._unknown(f)]
        out += [self._question(f, None) for f in must]
        asked = [
            (name, [j for j in js if j in self.open])
            for name, js in self.index.asked_by.items()
            if self.case.book["findings"][name]["asked_at"] in ("intake", "history", "exam", "review")
        ]
        first = {q["id"] for q in out}
        flat = [(name, js[0]) for name, js in asked if js and name not in first]
        worth = self.asker.worth_of_each([j for _, j in flat]) if flat else None
        rated = []
        for i, (name, _) in enumerate(flat):
            assert worth is not None
            values = float(worth.bits[i]), float(worth.change[i]), float(worth.gain[i])
            rated.append(self._question(name, values))
        settings = self.case.program.settings
        useful = [
            q
            for q in rated
            if q["chance_of_change"] >= settings["stop_asking_below_chance_of_change"]
            or q["bits"] >= settings["stop_asking_below_bits"]
        ]
        return out + sorted(useful, key=lambda q: (-q["score"], q["id"]))

    def _unknown(self, finding: str) -> bool:
        value = self.case.row[self.case.engine.column_at[finding]]
        return value != value

    def _opening(self, finding: str) -> dict[str, Any]:
        out = self._question(finding, (0.0, 0.0, 0.0))
        return out | {"why": out["why"] or "Nearly everything else hangs on it.", "score": 10.0}

    def _question(self, finding: str, worth: tuple[float, float, float] | None) -> dict[str, Any]:
        text = self.case.book["findings"][finding]
        out: dict[str, Any] = {
            "id": finding,
            "kind": text["asked_at"],
            "label": text["label"],
            "question": text["question"],
            "mandatory": worth is None,
            "patient_can_answer": text["patient_can_answer"],
        }
        if worth is None:
            return out | {"why": "A red flag cannot be cleared without it.", "bits": 0.0, "chance_of_change": 0.0, "score": 9.0}
        bits, change, gain = worth
        score = self._score(bits, change, "none")
        return out | {"why": text["why"], "bits": bits, "chance_of_change": change, "gain": gain, "score": score}

    # -- steps ---------------------------------------------------------------------------------------------------

    def _next_steps(self) -> list[dict[str, Any]]:
        urgent = self._urgent_tests()
        self.worth = self._worth_of_tests([*urgent, *self._useful_tests()])
        steps = [self._test(t, why, urgency=u) for t, (u, why) in urgent.items()]
        if self.questions:
            steps.append(self._question_step())
        tests = [self._test(t, "") for t in self._useful_tests() if t not in urgent]
        rated = sorted((t for t in tests if self._worth_doing(t)), key=_in_the_room_first)
        return steps + self._without_subsets(rated, list(urgent))

    def _urgent_tests(self) -> dict[str, tuple[str, str]]:
        """What the raised red flags ask for, most urgent first."""
        return {t: (f.urgency, f"{f.name}: {self.titles[f.name]}") for t, f in self.urgent.asked_for().items()}

    def _useful_tests(self) -> list[str]:
        """What may be proposed by its worth; while an emergency is open, only what costs the person nothing."""
        burdens = ELECTIVE_BURDENS.get(self.case.urgency, ())
        tests = self.case.book["investigations"]
        return [t for t in tests if t not in {*self.withheld, *self.at_hand} and tests[t]["burden"] not in burdens]

    def _worth_of_tests(self, tests: list[str]) -> dict[str, tuple[float, float, float]]:
        answering = [t for t in dict.fromkeys(tests) if self._answers(t)]
        if not answering:
            return {}
        w = self.asker.worth_of_tests([self._answers(t) for t in answering])
        return {t: (float(w.bits[i]), float(w.change[i]), float(w.gain[i])) for i, t in enumerate(answering)}

    def _answers(self, test: str) -> list[int]:
        if test not in self._answered:
            gives = self.case.book["investigations"][test]["gives"]
            self._answered[test] = sorted({j for f in gives for j in self.index.asked_by.get(f, []) if j in self.open})
        return self._answered[test]

    def _test(self, test: str, why: str, urgency: str | None = None) -> dict[str, Any]:
        text = self.case.book["investigations"][test]
        answers = self._answers(test)
        bits, change, gain = self.worth.get(test, (0.0, 0.0, 0.0))
        score = self._score(bits, change, text["burden"])
        rule = self.first.get(test)
        if rule:
            score += 1.0
            why = why or f"{rule}: {self.case.book['imaging'][rule]['title']}"
        elif test in self.second:
            rule = self.second[test]
            why = why or f"{rule}: {self.case.book['imaging'][rule]['title']} (second choice)"
        out: dict[str, Any] = {
            "id": test,
            "kind": text["kind"],
            "label": text["label"],
            "why": why,
            "bits": bits,
            "chance_of_change": change,
            "gain": gain,
            "burden": text["burden"],
            "score": score,
            "findings": [self.case.program.asks[j] for j in answers],
            "checks": self._checks(test),
            "sources": list(self.case.book["imaging"][rule]["facts"]) if rule else [],
        }
        return out | {"urgency": urgency} if urgency else out

    def _worth_doing(self, test: dict[str, Any]) -> bool:
        settings = self.case.program.settings
        if not test["findings"]:
            return False
        enough = test["chance_of_change"] >= settings["stop_asking_below_chance_of_change"]
        return bool(test["score"] > 0 and (enough or test["bits"] >= settings["worth_a_test_bits"]))

    def _without_subsets(self, tests: list[dict[str, Any]], urgent: list[str]) -> list[dict[str, Any]]:
        """A test that answers nothing beyond a better one is no step of its own."""
        covered = [set(self._answers(t)) for t in urgent]
        out = []
        for test in tests:
            answers = set(self._answers(test["id"]))
            if any(answers <= c for c in covered):
                continue
            covered.append(answers)
            out.append(test)
        return out

    def _question_step(self) -> dict[str, Any]:
        listed = self.questions[:N_QUESTIONS_LISTED]
        must = [q for q in self.questions if q["mandatory"]]
        return {
            "id": QUESTION_STEP,
            "kind": "question",
            "label": "Ask now: " + "; ".join(q["question"] for q in (must or listed)),
            "why": "Red flags cannot be cleared without these." if must else "These would move the answer most.",
            "bits": max((q["bits"] for q in listed), default=0.0),
            "chance_of_change": max((q["chance_of_change"] for q in listed), default=0.0),
            "burden": "none",
            "score": 9.0 if must else max(q["score"] for q in listed),
            "findings": [q["id"] for q in (must + [q for q in listed if q not in must])],
            "checks": [],
            "sources": [],
        }

    def imaging_notes(self) -> list[dict[str, Any]]:
        """Every imaging rule that applies, whether or not it changes the order of the steps."""
        return [
            {"id": rule, "title": text["title"], "say": text["say"], "check": text["check"], **support(text)}
            for rule, text in self.imaging
            if not (text["withhold"] and self.fired & set(text["overridden_by"]))
        ]

    def not_now(self) -> list[dict[str, Any]]:
        labels = self.case.book["investigations"]
        return [{"id": t, "label": labels[t]["label"], **why} for t, why in self.withheld.items() if t in labels]


def _in_the_room_first(test: dict[str, Any]) -> tuple[bool, float, str]:
    """The examination costs nothing and comes before any test; then by score."""
    return (test["kind"] != "exam" or test["burden"] != "none", -test["score"], test["id"])
