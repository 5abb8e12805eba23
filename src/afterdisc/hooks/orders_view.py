"""The cards about draft orders: one an order that something speaks against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from afterdisc.hooks.card import Maker, Shown
from afterdisc.hooks.orders import Draft
from afterdisc.hooks.suggest import suggestions_of
from afterdisc.hooks.verdict import OTHER_FIRST, Verdict, verdict_on
from afterdisc.hooks.words import plain, rule_lines, unknown_line


def cards(maker: Maker, drafts: Iterable[Draft]) -> list[Shown]:
    """In the order of the drafts."""
    judged = [(draft, verdict_on(maker.program, maker.assessment, draft)) for draft in drafts]
    return [_card(maker, i, draft, verdict) for i, (draft, verdict) in enumerate(judged) if verdict is not None]


def _card(maker: Maker, place: int, draft: Draft, verdict: Verdict) -> Shown:
    return maker.shown(
        f"order|{draft.address or place}|{verdict.option}",
        system=verdict.system,
        code=verdict.option,
        label=verdict.label,
        line=_line(maker, verdict),
        indicator=verdict.indicator,
        about=_about(maker, verdict),
        lines=verdict.lines,
        is_open=bool(verdict.unknown),
        suggestions=suggestions_of(maker, draft, verdict),
    )


def _line(maker: Maker, verdict: Verdict) -> str:
    first = verdict.lines[0]
    if verdict.word == OTHER_FIRST:
        return f"{first['title']}: {_instead(maker, verdict)} rather than {verdict.label}."
    return f"{verdict.word}: {verdict.label}. {first['say']}"


def _instead(maker: Maker, verdict: Verdict) -> str:
    return str(maker.program.book["investigations"][verdict.instead]["label"])


def _about(maker: Maker, verdict: Verdict) -> Iterator[str]:
    yield f"**{plain(verdict.word)}: {plain(verdict.label)}**"
    yield ""
    yield from rule_lines(verdict.lines)
    if verdict.instead:
        yield f"- **Instead:** {plain(_instead(maker, verdict))}"
    yield ""
    yield from unknown_line(verdict.unknown, maker.assessment["labels"], "this")
