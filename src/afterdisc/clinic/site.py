"""Settings of the site that its people change on the screen: names, telephone numbers, which guidelines come first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from afterdisc.clinic import audit
from afterdisc.clinic.tables import Setting
from afterdisc.errors import NotPossible

LONGEST = 300


@dataclass(frozen=True)
class Site:
    """The settings as they stand. `words` are the site's own for what letters and forms name."""

    name: str
    guideline_first: str  # the body whose guidelines are shown first; empty: in the order of the knowledge base
    words: Mapping[str, str]


def site_of(session: Session, book: Mapping[str, Any]) -> Site:
    kept = {s.name: str(s.value) for s in session.scalars(select(Setting))}
    words = {name: kept.get(name) or str(default) for name, default in book["follow_up"]["site"].items()}
    return Site(kept.get("name", ""), kept.get("guideline_first", ""), words)


def bodies(book: Mapping[str, Any]) -> list[str]:
    """Every body whose guidelines the knowledge base holds."""
    return sorted({g["body"] for t in book["treatments"].values() for g in t["guidelines"]})


def change_site(session: Session, book: Mapping[str, Any], new: Mapping[str, str], *, at: str, by: str | None) -> None:
    """Keep new settings. Raises NotPossible for one that does not exist or is too long."""
    known = {"name", "guideline_first", *book["follow_up"]["site"]}
    for name, value in new.items():
        if name not in known:
            raise NotPossible("there is no such setting.")
        if len(value) > LONGEST:
            raise NotPossible(f"a setting is longer than {LONGEST} characters. Shorten it.")
        if name == "guideline_first" and value and value not in bodies(book):
            raise NotPossible("this body has no guideline in the installed knowledge base. Choose one from the list.")
        session.merge(Setting(name=name, value=value.strip()))
    audit.record(session, at=at, by=by, action="site.changed", kind="site", subject="site", settings=sorted(new))
