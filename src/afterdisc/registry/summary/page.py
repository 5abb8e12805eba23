"""The report as one self-contained page: no request leaves it, and it holds no script."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from afterdisc.registry.summary.summary import Summary
from afterdisc.report.page import loader

if TYPE_CHECKING:
    from jinja2 import Environment


def render_report(summary: Summary, *, made_on: str) -> str:
    """The page. `made_on` is the day that stands on it, as an ISO date."""
    return _environment().get_template("registry.html").render(s=summary, made_on=made_on)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    own = PackageLoader("afterdisc.registry.summary", "templates")
    env = Environment(
        loader=ChoiceLoader([own, loader()]), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters["cell"] = _cell
    return env


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
