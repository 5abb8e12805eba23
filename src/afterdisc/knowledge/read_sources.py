"""Facts and works, from the tables in sources/."""

from __future__ import annotations

from afterdisc.knowledge import base as kb
from afterdisc.knowledge.reading import Files


def read_facts(files: Files) -> dict[str, kb.Fact]:
    return {
        r["fact_id"]: kb.Fact(
            id=r["fact_id"],
            item=r["item"],
            value=r["value"],
            unit=r["unit"],
            low=r["low"],
            high=r["high"],
            n=r["n"],
            population=r["population"],
            source=r["source_id"],
            locator=r["locator"],
            verified=r["verified"] == "yes",
            note=r["note"],
        )
        for r in files.rows("facts-*.csv")
    }


def read_sources(files: Files) -> dict[str, kb.Source]:
    return {
        r["source_id"]: kb.Source(
            id=r["source_id"],
            author=r["first_author"],
            year=r["year"],
            title=r["title"],
            journal=r["journal"],
            doi=r["doi"],
            pmid=r["pmid"],
            url=r["url"],
            design=r["design"],
        )
        for r in files.rows("sources-*.csv")
    }
