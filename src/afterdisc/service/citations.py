"""How the workspace cites: each mark opens the fact, or tells the judgement, without leaving the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from afterdisc.report.works import is_judged, judgement_of

FACT = Markup('<a class="ref" href="/facts/{fact}" data-dialog aria-label="Source {mark}">{mark}</a>')
JUDGED = Markup(
    '<button type="button" class="ref judged" data-because="{because}" data-worth="{worth}" aria-label="Judgement">J</button>'
)


def citing(view: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Markup]:
    """The `cite` of the report's templates."""

    def cite(line: Mapping[str, Any]) -> Markup:
        marks = [FACT.format(fact=m.fact, mark=f"{m.work}.{m.part}") for m in view["works"].marks(line)]
        told = judgement_of(dict(line))
        if told:
            marks.append(JUDGED.format(because=told[0], worth="" if told[1] is None else f"{told[1]:g}"))
        elif is_judged(dict(line)):
            marks.append(Markup('<span class="ref">judgement</span>'))
        return Markup(' <span class="refs">{}</span>').format(Markup(" ").join(marks)) if marks else Markup("")

    return cite
