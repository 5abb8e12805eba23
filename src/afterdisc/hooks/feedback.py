"""What clinicians did with cards, as clients report it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from afterdisc.errors import BadHookCall

OUTCOMES = ("accepted", "overridden")
MOST_ENTRIES, LONGEST_COMMENT, LONGEST_CODE = 200, 4_000, 200


@dataclass(frozen=True)
class Feedback:
    """What became of one card. `suggestions`: those accepted; `reason`: `system|code` of an override, "" if none was given."""

    card: str
    outcome: str
    at: str
    suggestions: tuple[str, ...] = ()
    reason: str = ""
    comment: str = ""


def feedback_of(data: object) -> list[Feedback]:
    """Every entry of a feedback call. Raises BadHookCall, which names the element, never what was sent."""
    listed = _object(data, "body").get("feedback")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_ENTRIES:
        raise BadHookCall(f"must be a list of 1 to {MOST_ENTRIES}.", element="feedback")
    return [_entry(_object(one, f"feedback[{i}]"), f"feedback[{i}]") for i, one in enumerate(listed)]


def _entry(one: Mapping[str, Any], place: str) -> Feedback:
    outcome = one.get("outcome")
    if outcome not in OUTCOMES:
        raise BadHookCall(f"must be one of {', '.join(OUTCOMES)}.", element=f"{place}.outcome")
    reason, comment = _override(one, place) if outcome == "overridden" else ("", "")
    return Feedback(
        card=_text(one.get("card"), f"{place}.card"),
        outcome=outcome,
        at=_instant(one.get("outcomeTimestamp"), f"{place}.outcomeTimestamp"),
        suggestions=_accepted(one.get("acceptedSuggestions"), f"{place}.acceptedSuggestions") if outcome == "accepted" else (),
        reason=reason,
        comment=comment,
    )


def _override(one: Mapping[str, Any], place: str) -> tuple[str, str]:
    if "overrideReason" not in one:
        return "", ""
    place = f"{place}.overrideReason"
    given = _object(one["overrideReason"], place)
    comment = _text(given["userComment"], f"{place}.userComment", LONGEST_COMMENT) if "userComment" in given else ""
    return _coding(given["reason"], f"{place}.reason") if "reason" in given else "", comment


def _coding(given: object, place: str) -> str:
    reason = _object(given, place)
    system = _text(reason["system"], f"{place}.system") if "system" in reason else ""
    return f"{system}|{_text(reason.get('code'), f'{place}.code')}"


def _accepted(given: object, place: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not given:
        raise BadHookCall("must list the suggestions that were accepted.", element=place)
    return tuple(_text(_object(one, f"{place}[{i}]").get("id"), f"{place}[{i}].id") for i, one in enumerate(given))


def _object(value: object, element: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadHookCall("must be a JSON object.", element=element)
    return value


def _text(value: object, element: str, longest: int = LONGEST_CODE) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise BadHookCall(f"must be text of 1 to {longest} characters.", element=element)
    return value


def _instant(value: object, element: str) -> str:
    text = _text(value, element, 40)
    try:
        if "T" in text and datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None:
            return text
    except ValueError:
        pass
    raise BadHookCall("must be a time with its zone, such as 2026-11-25T10:30:00Z.", element=element)
