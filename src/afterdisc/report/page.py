"""The HTML page: one self-contained file that asks nothing of the network and reads without a script."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from afterdisc.report import phrases
from afterdisc.report.phrases import Item, Labels
from afterdisc.report.svg import Charts
from afterdisc.report.works import Works, author_year, is_confirmed, is_judged, link, title

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment

N_WEIGHED = 4  # causes whose findings are drawn
WORTH_WEIGHING = 0.03
N_COMBINATIONS = 5
FILTERS = {
    "percent": phrases.percent,
    "share": phrases.share,
    "interval": phrases.interval,
    "times": phrases.times,
    "decided": phrases.decided,
    "spelt": phrases.spelt,
    "sentence": phrases.sentence,
    "author_year": author_year,
    "title_of": title,
    "link": link,
    "is_confirmed": is_confirmed,
}
MENTION = Markup('<a class="ref" href="#{target}" aria-label="{name}">{shown}</a>')


def render_html(assessment: Item) -> str:
    """What does the assessment say, with every number and argument followed to its source?

    One file: no request leaves it, styles are inline, and it holds no script. Every word of the assessment is escaped.
    """
    return _environment().get_template("page.html").render(view_of(assessment))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined  # whoever asks for JSON does not wait for it

    env = Environment(loader=loader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters |= FILTERS
    return env


def loader() -> BaseLoader:
    """The templates of the page and of its parts, and the style sheet of the parts."""
    from jinja2 import ChoiceLoader, PackageLoader

    return ChoiceLoader([PackageLoader("afterdisc.report", "templates"), PackageLoader("afterdisc.report", "static")])


def view_of(assessment: Item) -> dict[str, Any]:
    """What the templates ask for: the assessment, and the words, charts and citations made from it."""
    works, labels = Works(assessment["sources"]), Labels(assessment)
    return {
        "a": assessment,
        "say": phrases,
        "works": works,
        "cite": lambda line: _citation(works, line),
        "labels": labels,
        "charts": Charts(),
        "largest_weight": _largest_weight(assessment),
        "weighed": weighed(assessment),
        "combinations": phrases.sets(assessment)[:N_COMBINATIONS],
        "depth_at": None,  # the depth of an option stands on the page itself, not at an address of its own
    }


def weighed(assessment: Item) -> list[Item]:
    """The leading causes whose findings are drawn: at least two, at most four."""
    causes = [c for c in phrases.in_view(assessment) if c["evidence"]][:N_WEIGHED]
    return [c for place, c in enumerate(causes) if place < 2 or c["probability"] >= WORTH_WEIGHING]


def _largest_weight(assessment: Item) -> float:
    """The scale all weight charts share, so that their bars compare; never so fine that little looks like much."""
    weights: list[float] = [abs(line["weight"]) for cause in weighed(assessment) for line in cause["evidence"]]
    return max([math.log(2), *weights])


def _citation(works: Works, line: Item) -> Markup:
    """Links from a line to each fact and to the judgement it rests on."""
    links = [
        MENTION.format(target=f"fact-{m.fact}", name=f"Source {m.work}.{m.part}", shown=f"{m.work}.{m.part}")
        for m in works.marks(line)
    ]
    judged = works.judgement(line)
    if judged:
        links.append(MENTION.format(target=f"judgement-{judged}", name=f"Judgement J{judged}", shown=f"J{judged}"))
    elif is_judged(line):
        links.append(Markup('<span class="ref">judgement</span>'))
    return Markup(' <span class="refs">{}</span>').format(Markup(" ").join(links)) if links else Markup("")
