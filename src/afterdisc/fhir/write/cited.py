"""Where a number comes from: lines with the ids of their facts, and the works with their DOI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from afterdisc.fhir.write.frame import Frame
from afterdisc.fhir.write.shape import Json

DOI = "https://doi.org/"


def with_sources(say: str, line: Mapping[str, Any], *, briefly: bool = False) -> str:
    """`say [dx115, dx351]`, with the judgement where no fact carries it; `briefly`: only what the judgement is worth."""
    facts = f" [{', '.join(line['sources'])}]" if line["sources"] else ""
    judged = line.get("judgement")
    return f"{say}{facts}{_judgement(judged, briefly) if judged else ''}"


def _judgement(judged: Mapping[str, Any], briefly: bool) -> str:
    worth = f" worth {judged['worth']:g} people" if judged["worth"] is not None else ""
    because = "" if briefly else f": {judged['because'].rstrip('.')}"
    return f" (judgement{worth}{because})"


def works(frame: Frame, facts: Iterable[str]) -> list[Json]:
    """One extension for each work that these facts stand in, naming the facts with value and place."""
    by_work: dict[str, list[str]] = {}
    for fact in dict.fromkeys(facts):
        if fact in frame.book["facts"]:
            by_work.setdefault(frame.book["facts"][fact]["source"], []).append(fact)
    address = f"{frame.canonical}/StructureDefinition/related-artifact"
    return [{"url": address, "valueRelatedArtifact": _artifact(frame, work, by_work[work])} for work in sorted(by_work)]


def _artifact(frame: Frame, work: str, facts: list[str]) -> Json:
    text = frame.book["sources"].get(work, {})
    shown = "; ".join(_fact(frame.book["facts"][f]) for f in sorted(facts))
    return {
        "type": "citation",
        "label": work,
        "display": shown,
        "citation": _citation(text),
        "url": _address(text),
    }


def _fact(fact: Mapping[str, Any]) -> str:
    value = f" = {fact['value']} {fact['unit']}".rstrip() if fact["value"] else ""
    place = f" ({fact['locator']})" if fact["locator"] else ""
    seen = "" if fact["verified"] else ", recalled, not seen there"
    return f"{fact['id']}{value}{place}{seen}"


def _citation(work: Mapping[str, Any]) -> str:
    """`Author (year). Title. Journal. doi:… PMID …`, without what is not known of the work."""
    year = f"({work['year']})" if work.get("year") else ""
    parts = [" ".join(p for p in (work.get("author"), year) if p), work.get("title"), work.get("journal")]
    sentences = [f"{part.rstrip('.')}." for part in parts if part]
    numbers = [f"{word}{work[key]}" for word, key in (("doi:", "doi"), ("PMID ", "pmid")) if work.get(key)]
    return " ".join([*sentences, *numbers])


def _address(work: Mapping[str, Any]) -> str:
    if work.get("doi"):
        return DOI + quote(work["doi"], safe="/.:()-_;")
    url = str(work.get("url", ""))
    return url if url.startswith("https://") else ""
