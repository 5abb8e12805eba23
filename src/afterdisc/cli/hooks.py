"""Commands on CDS Hooks: how often which rule put up a card, and what clinicians made of it. They need the extra `web`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from afterdisc.cli import workspace, write
from afterdisc.words.printable import printable

if TYPE_CHECKING:
    from afterdisc.clinic.hook_report import RuleWeek, ServiceWeek


@click.group("hooks")
def hooks_group() -> None:
    """The cards shown in record systems (CDS Hooks)."""


@hooks_group.command("report")
@click.option("--weeks", type=click.IntRange(1, 520), default=12, show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def report(weeks: int, as_json: bool) -> None:
    """Cards by rule and week: shown, worked out in silence, accepted, overridden and why. Counts, no persons."""
    database = workspace.open_site()
    from afterdisc.clinic.hook_report import rules_by_week, services_by_week

    since = (date.today() - timedelta(weeks=weeks)).isoformat()
    with database.reading() as session:
        services, rules = services_by_week(session, since), rules_by_week(session, since)
    if as_json:
        click.echo(write.as_json({"services": [s.as_json() for s in services], "rules": [r.as_json() for r in rules]}))
    elif not services:
        click.echo(f"No service was called in the last {weeks} weeks.")
    else:
        click.echo("\n".join([*_services(services), "", *_rules(rules)]))


def _services(rows: Sequence[ServiceWeek]) -> Iterator[str]:
    yield from _table(
        ("week", "service", "calls", "with a card", "silent", "99 % within"),
        [(r.week, r.service, r.calls, r.with_cards, r.silent, f"{r.slowest_in_100_ms:g} ms") for r in rows],
    )
    for row in rows:
        for why, n in row.why_nothing.most_common():
            yield f"  {row.week}  {row.service}: nothing was looked at, {printable(why)}: {n}"


def _rules(rows: Sequence[RuleWeek]) -> Iterator[str]:
    if not rows:
        yield "No card was due."
        return
    heads = ("week", "rule", "shown", "silent", "accepted", "overridden", "comments")
    yield from _table(
        heads, [(r.week, r.rule, r.shown, r.silent, r.accepted, sum(r.overridden.values()), r.comments) for r in rows]
    )
    for row in rows:
        for reason, n in row.overridden.most_common():
            yield f"  {row.week}  {row.rule} overridden, {printable(reason)}: {n}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Columns as wide as they need; words to the left, numbers to the right."""
    cells = [heads, *([str(c) for c in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    for row in cells:
        parts = [c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        yield "  ".join(parts).rstrip()


COMMANDS = (hooks_group,)
