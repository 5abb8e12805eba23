"""The validation as one self-contained page: no request leaves it, and it holds no script."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from afterdisc.report.page import loader
from afterdisc.validation import draw
from afterdisc.validation.cause import MEASURES

if TYPE_CHECKING:
    from jinja2 import Environment

NAMES = {
    "auc": "AUC",
    "brier": "Brier score",
    "scaled_brier": "scaled Brier",
    "slope": "slope",
    "intercept": "intercept",
    "observed_to_expected": "found / promised",
    "ece": "calibration error",
}
PARTS = {
    "any": "a true cause is among the k most probable",
    "all": "all true causes are among the k most probable",
    "combination": "the true combination is among the k heaviest",
}
WHO = {"everybody": "everybody", "with_a_cause": "those with a cause"}
THRESHOLDS_SHOWN = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)


def render_validation(result: dict[str, Any], *, made_on: str) -> str:
    """The page. `made_on` is the day that stands on it, as an ISO date."""
    shown = [c for c in result["causes"] if not c["not_shown"]]
    shown.sort(key=lambda c: -c["with_cause"])
    estimates = [(c["label"], c["measures"]["auc"]) for c in shown]
    slopes = [(c["label"], c["measures"]["slope"]) for c in shown if c["measures"]["slope"]["value"] is not None]
    return _environment().get_template("validation.html").render(
        v=result, made_on=made_on, shown=shown, hidden=[c for c in result["causes"] if c["not_shown"]], 
        measures=MEASURES, parts=PARTS, who=WHO, draw=draw, thresholds=THRESHOLDS_SHOWN,
        aucs=draw.forest("aucs", "AUC of every cause", estimates, low=0.4, high=1.0, mark=0.5) if estimates else "",
        slopes=draw.forest("slopes", "Calibration slope of every cause", slopes, low=0.0, high=2.0, mark=1.0) if slopes else "",
    )  # fmt: skip


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    own = PackageLoader("afterdisc.validation", "templates")
    env = Environment(
        loader=ChoiceLoader([own, loader()]), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters |= {"cell": _cell, "estimate": _estimate, "named": NAMES.__getitem__}
    return env


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(value, float) else str(value)


def _estimate(found: dict[str, float | None]) -> str:
    """`0.812 (0.790 to 0.833)`."""
    if found["value"] is None:
        return "–"
    if found["low"] is None or found["high"] is None:
        return _number(found["value"])
    return f"{_number(found['value'])} ({_number(found['low'])} to {_number(found['high'])})"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) >= 0.001 or value == 0 else f"{value:.1e}"
