"""Which of a person's own answers cannot wait for the visit, and what the person is told."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from afterdisc.words.truth import Truth, all_, any_, at_least, not_

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class EmergencyText:
    """What to tell a person who gave such an answer."""

    id: str
    urgency: str  # now | today
    title: str
    say: str


def emergencies_of(
    book: Mapping[str, Any], answers: Mapping[str, Any], *, site: Mapping[str, str] | None = None
) -> tuple[EmergencyText, ...]:
    """The texts that these answers demand, those for now before those for today; none if nothing does.

    answers  {finding: value}, as in a case; a finding that is missing or null is unknown, and unknown never demands a text.
    site     words of the site in place of the neutral ones, for example `local_emergency_number`.
    """
    follow_up = book["follow_up"]
    words = {**follow_up["site"], **(site or {})}
    found = [e for e in follow_up["emergency"] if truth_of(e["when"], answers) is True]
    texts = [EmergencyText(e["id"], e["urgency"], with_words(e["title"], words), with_words(e["say"], words)) for e in found]
    return tuple(sorted(texts, key=lambda t: t.urgency != "now"))


def with_words(text: str, words: Mapping[str, str]) -> str:
    """The text with `{name}` replaced by the word of the site."""
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


def truth_of(tree: Mapping[str, Any], answers: Mapping[str, Any]) -> Truth:
    """What a condition of the book comes to: true, false, or unknown."""
    match tree:
        case {"all": parts}:
            return all_(truth_of(p, answers) for p in parts)
        case {"any": parts}:
            return any_(truth_of(p, answers) for p in parts)
        case {"at_least": n, "of": parts}:
            return at_least(n, [truth_of(p, answers) for p in parts])
        case {"not": part}:
            return not_(truth_of(part, answers))
        case {"known": finding}:
            return answers.get(finding) is not None
    value = answers.get(tree["finding"])
    if value is None:
        return None
    if "is" in tree:
        return (str(value).lower() if isinstance(value, bool) else str(value)) in tree["is"]
    return COMPARE[tree["op"]](float(value), tree["value"])
