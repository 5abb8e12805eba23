"""publish: all resources as a FHIR package, and as the input from which sushi builds an implementation guide."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from afterdisc.errors import CaseError
from afterdisc.fhir.publish.activities import activity_definitions
from afterdisc.fhir.publish.cql import CqlLibrary
from afterdisc.fhir.publish.libraries import generated, library_resources
from afterdisc.fhir.publish.maps import concept_maps
from afterdisc.fhir.publish.meta import COPYRIGHT, Publication
from afterdisc.fhir.publish.plan import plan_definition
from afterdisc.fhir.publish.terminology import code_systems, value_sets
from afterdisc.fhir.write.extensions import extension_definitions
from afterdisc.fhir.write.questionnaire import questionnaire_of
from afterdisc.fhir.write.shape import Json

PACKAGE = "org.afterdisc.fhir"
R4 = "4.0.1"
INDEXED = ("resourceType", "id", "url", "version", "kind", "type")


def resources_of(pub: Publication, made: list[CqlLibrary]) -> Iterator[Json]:
    """Every resource that is published; `made` are the generated CQL libraries."""
    yield from code_systems(pub)
    yield from value_sets(pub)
    yield from concept_maps(pub)
    yield from (_dated(pub, definition) for definition in extension_definitions(pub.program))
    yield questionnaire(pub)
    yield from library_resources(pub, made)
    yield from activity_definitions(pub)
    yield plan_definition(pub)
