"""What a rule rests on: in a line of text, and as RelatedArtifacts that name the work, the place in it, and the judgement."""

from __future__ import annotations

from collections.abc import Iterable

from afterdisc.fhir.write.cited import works
from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.shape import Json
from afterdisc.knowledge.base import Support
from afterdisc.program import Program


def why(support: Support) -> str:
    """`Rests on saf0026, saf0029; judgement worth 20 people: …`"""
    facts = ", ".join(support.facts)
    worth = f" worth {support.worth:g} people" if support.worth is not None else ""
    judged = f"judgement{worth}: {support.because}" if support.because else ""
    said = "; ".join(part for part in (facts, judged) if part)
    return f"Rests on {said}" if said else ""


class Artifacts:
    """RelatedArtifacts of facts and judgements; one for each work, naming every fact taken from it with its place."""

    def __init__(self, program: Program, at: str) -> None:
        self._frame = Frame(program, {"findings": {}}, {}, "", at)
        self._known: dict[tuple[str, ...], list[Json]] = {}

    def of(self, support: Support) -> list[Json]:
        judged = support.because.strip()
        worth = f" (worth {support.worth:g} people)" if support.worth is not None else ""
        justified: list[Json] = [{"type": "justification", "display": f"Judgement{worth}: {judged}"}] if judged else []
        return [*self.cited(support.facts), *justified]

    def cited(self, facts: Iterable[str]) -> list[Json]:
        key = tuple(sorted(set(facts)))
        if key not in self._known:
            extensions = works(self._frame, key)
            self._known[key] = [{k: v for k, v in e["valueRelatedArtifact"].items() if v} for e in extensions]
        return self._known[key]
