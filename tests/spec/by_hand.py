"""Bayes' rule by hand for the two causes of these chapters."""

from __future__ import annotations

from afterdisc.knowledge.base import NO_CAUSE

CAUSES, NOTHING = {"a": 0.4, "b": 0.3}, 0.4
PRIOR = {"": 0.4, "a": 0.3, "b": 0.2, "ab": 0.1}  # the only one with these probabilities


def bayes(under: dict[str, float]) -> dict[str, float]:
    """The probability of each cause from P(what was found | set of causes)."""
    joint = {s: p * under[s] for s, p in PRIOR.items()}
    whole = sum(joint.values())
    return {
        "a": (joint["a"] + joint["ab"]) / whole,
        "b": (joint["b"] + joint["ab"]) / whole,
        NO_CAUSE: joint[""] / whole,
    }
