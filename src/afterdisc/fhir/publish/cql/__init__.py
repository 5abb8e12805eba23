"""Conditions of the knowledge base as CQL libraries, each as text and as ELM.

Comes in: a knowledge base and its book. Goes out: `CqlLibrary`s. Refuses to know: FHIR resources other than the Observations
that findings are read from, and how a library is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from afterdisc.fhir.publish.cql.findings import findings_library
from afterdisc.fhir.publish.cql.gates import gates_library
from afterdisc.fhir.publish.cql.library import OBSERVATIONS, OBSERVATIONS_VERSION, CqlLibrary
from afterdisc.fhir.publish.cql.logic import shared_names
from afterdisc.fhir.publish.cql.plan import plan_library
from afterdisc.fhir.publish.cql.rules import imaging_library, red_flags_library
from afterdisc.knowledge.base import KnowledgeBase

__all__ = ["OBSERVATIONS", "OBSERVATIONS_VERSION", "CqlLibrary", "libraries_of", "written_by_hand"]


def libraries_of(base: KnowledgeBase, book: Mapping[str, Any]) -> list[CqlLibrary]:
    """All that are generated; each includes only those before it, and `Observations`, which is written by hand."""
    names = shared_names(base)
    return [
        findings_library(base, book, names),
        red_flags_library(base, names),
        imaging_library(base, names),
        gates_library(base, names),
        plan_library(base),
    ]


def written_by_hand() -> tuple[str, str]:
    """(CQL, ELM) of the library Observations; the ELM is what the reference translator made of the text."""
    text, elm = ((files(__name__) / f"{OBSERVATIONS}.{kind}").read_text(encoding="utf-8") for kind in ("cql", "json"))
    return text, elm.strip()
