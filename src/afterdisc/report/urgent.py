"""Which tests the raised red flags ask for, and which tests are withheld or at hand: from the truth of rules alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from afterdisc.report.index import Index
from afterdisc.words.truth import Truth
from afterdisc.words.urgency import URGENCIES


@dataclass(frozen=True)
class Raised:
    """A red flag that fired, and how urgent it is; `ask` is the flag of the unanswered questions."""

    name: str
    urgency: str


def raised_flags(index: Index, truth: Callable[[int], Truth]) -> list[Raised]:
    """Every red flag that fired, at its most urgent level that fired; the most urgent first, else in program order."""
    out = []
    for name, levels in index.flags.items():
        fired = [urgency for root, urgency in levels if truth(root) is True]
        if fired:
            out.append(Raised(name, min(fired, key=URGENCIES.index)))
    return sorted(out, key=lambda flag: URGENCIES.index(flag.urgency))


class UrgentTests:
    """What stands for or against tests in one case: `truth` of a root, `flags` that fired with the most urgent first."""

    def __init__(self, index: Index, truth: Callable[[int], Truth], flags: Sequence[Raised]) -> None:
        self.index, self.book, self.truth, self.flags = index, index.program.book, truth, flags
        self.fired = {f.name for f in flags if f.urgency != "ask"}
        rules = self.book["imaging"]
        self.imaging = [(r, rules[r]) for r, root in index.imaging.items() if truth(root) is True]
        self.withheld = self._withheld()
        self.at_hand = self._at_hand()

    def _withheld(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Investigations not to be done now, each with the rule that says so."""
        out: dict[str, tuple[str, dict[str, Any]]] = {}
        for rule, text in self.imaging:
            if not self.fired & set(text["overridden_by"]):
                for test in text["withhold"]:
                    out.setdefault(test, (rule, text))
        for test, roots in self.index.gates.items():
            for root, rule in roots:
                text, truth = self.book["gates"][rule], self.truth(root)
                stops = (text["then"] in ("withhold", "avoid") and truth is True) or (
                    text["then"] == "require" and truth is not True
                )
                if stops:
                    out.setdefault(test, (rule, text))
        return out

    def _at_hand(self) -> set[str]:
        """Tests whose result is there already; only an emergency asks for them again."""
        rules = self.book["gates"]
        return {
            test
            for test, roots in self.index.gates.items()
            for root, rule in roots
            if rules[rule]["then"] == "at_hand" and self.truth(root) is True
        }

    def asked_for(self) -> dict[str, Raised]:
        """Test -> the flag that asks for it, most urgent first."""
        out: dict[str, Raised] = {}
        for flag in self.flags:
            if flag.urgency == "ask":
                continue
            again = flag.urgency in ("E0", "E1")
            for asked in self.book["red_flags"][flag.name]["investigations"]:
                for test in self._instead(asked):
                    if again or test not in self.at_hand:
                        out.setdefault(test, flag)
        return self._without_lesser(out)

    def _instead(self, test: str) -> list[str]:
        """The test itself, or what the rule that withholds it puts first."""
        if test not in self.withheld:
            return [test]
        rule = self.book["imaging"].get(self.withheld[test][0], {"first": []})
        return [t for t in rule["first"] if t not in self.withheld]

    def _without_lesser(self, tests: dict[str, Raised]) -> dict[str, Raised]:
        """Outside an emergency, a test that answers only part of another one on the list is dropped."""
        answers = {t: set(self.book["investigations"][t]["gives"]) for t in tests}
        return {
            t: flag
            for t, flag in tests.items()
            if flag.urgency == "E0" or not any(answers[t] and answers[t] < answers[other] for other in tests)
        }
