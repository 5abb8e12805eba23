"""A card as CDS Hooks 2.0 has it. What is empty is left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from afterdisc.fhir.write.coded import own
from afterdisc.hooks.request import HookRequest
from afterdisc.hooks.words import author, closed_up, footer, source_lines, summary
from afterdisc.program import Program
from afterdisc.report import works

Item = Mapping[str, Any]
Json = dict[str, Any]
EXTENSION = "org.afterdisc.knowledge"


@dataclass(frozen=True)
class Shown:
    """One card and what is kept of it: no values, only of what it speaks and by which rules."""

    card: Json
    topic: str
    rules: tuple[str, ...]

    @property
    def uuid(self) -> str:
        return str(self.card["uuid"])

    @property
    def indicator(self) -> str:
        return str(self.card["indicator"])


@dataclass(frozen=True)
class Maker:
    """Makes the cards of one call."""

    program: Program
    request: HookRequest
    assessment: Item
    app_url: str
    unseen: tuple[str, ...] = ()  # what could not be read of the record, in words

    def uuid(self, key: str) -> str:
        """Of a card or a suggestion: the same for the same call and key, so that a repeated call shows no second card."""
        return str(uuid5(self.request.hook_instance, key))

    def shown(
        self,
        key: str,
        *,
        system: str,
        code: str,
        label: str,
        line: str,
        indicator: str,
        about: Iterable[str],
        lines: Sequence[Item],
        is_open: bool,
        suggestions: Sequence[Json] = (),
    ) -> Shown:
        """A card.

        key      of the card within the call
        system   our code system of the topic, `code` and `label` the topic
        line     the summary; is cut to fit
        about    the details, in Markdown
        lines    the rules behind it, for the sources
        is_open  something unknown could change it, so it is told what could not be seen
        """
        uuid = self.uuid(key)
        card: Json = {
            "uuid": uuid,
            "summary": summary(line),
            "indicator": indicator,
            "detail": closed_up(self._detail(about, lines, is_open)),
            "source": self._source(lines) | {"topic": own(self.program, system, code, label)},
            "overrideReasons": self._reasons(),
            "links": [self._link(uuid, code)],
            "extension": {EXTENSION: {k: self.assessment["knowledge"][k] for k in ("version", "fingerprint")}},
        }
        if suggestions:
            card |= {"suggestions": list(suggestions), "selectionBehavior": "at-most-one"}
        rules = tuple(str(x["id"]) for x in lines)
        return Shown({k: v for k, v in card.items() if v not in ("", [], {})}, code, rules)

    def _detail(self, about: Iterable[str], lines: Sequence[Item], is_open: bool) -> Iterable[str]:
        yield from about
        if self.unseen and is_open:
            yield ""
            yield f"**Could not be seen in this record:** {', '.join(self.unseen)}. It counts as unknown."
        yield ""
        yield from source_lines(lines, self.assessment["sources"])
        yield ""
        yield footer(self.assessment)

    def _source(self, lines: Sequence[Item]) -> Json:
        """The first work behind the card that has an address; else our knowledge base itself."""
        version, canonical = self.assessment["knowledge"]["version"], self.program.book["fhir"]["canonical"]
        facts = self.assessment["sources"]
        for fact in (f for line in lines for f in line["sources"] if f in facts):
            work = facts[fact]["work"]
            if work and works.link(work):
                named = author(work) or works.title(work)
                return {"label": f"{named} · Afterdisc {version}", "url": works.link(work)}
        return {"label": f"Afterdisc {version}", "url": f"{canonical}/PlanDefinition/re-evaluation"}

    def _reasons(self) -> list[Json]:
        reasons = self.program.book["fhir"]["override_reasons"]
        return [own(self.program, "override-reason", r["code"], r["display"]) for r in reasons]

    def _link(self, uuid: str, code: str) -> Json:
        context = {"card": uuid, "service": self.request.service.id, "topic": code}
        return {"label": "Open in Afterdisc", "url": self.app_url, "type": "smart", "appContext": json.dumps(context)}
