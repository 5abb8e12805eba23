"""What sushi needs beside the resources to build an implementation guide."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from afterdisc.fhir.publish.cql.logic import GATES, needs_probability
from afterdisc.fhir.publish.meta import PUBLISHER, Publication
from afterdisc.knowledge.base import KnowledgeBase

INDEX = """# {title}

{use}

Knowledge {version}, fingerprint {fingerprint}. **Not validated for clinical use.** Every rule names what it rests on in
`PlanDefinition.action.documentation`; the conditions are CQL in the Library resources.

## What CQL cannot say

{n_probability} of {n_rules} rules of treatments ask how probable a cause is. CQL cannot work that out. Each probability is a
parameter of the library {gates}; while it is not given, such a rule is unknown unless the rest of it decides, and a treatment
that it could speak against is not offered.

{listed}
"""


def rules_that_need_a_probability(base: KnowledgeBase) -> list[str]:
    """The ids of the rules that CQL cannot decide alone."""
    rules = (rule for treatment in base.treatments.values() for rule in treatment.rules)
    return [rule.id for rule in (*base.gates, *rules) if needs_probability(rule.when)]


def guide_files(pub: Publication, package: str, version: str, resources: Mapping[str, str]) -> dict[str, str]:
    """{path: content}: the configuration, one page, and the resources in their folders."""
    config = {
        "id": package,
        "canonical": pub.canonical,
        "name": "Afterdisc",
        "title": pub.base.title,
        "description": pub.base.intended_use,
        "status": "active",
        "experimental": True,
        "version": version,
        "date": pub.date,
        "fhirVersion": "4.0.1",
        "copyrightYear": pub.date[:4],
        "releaseLabel": "trial-use",
        "license": "Apache-2.0",
        "publisher": {"name": PUBLISHER, "url": pub.canonical},
        "pages": {"index.md": {"title": pub.base.title}},
        "menu": {"Home": "index.html", "Artifacts": "artifacts.html"},
        "parameters": {"apply-version": False, "path-binary": "input/cql"},
    }
    asking = rules_that_need_a_probability(pub.base)
    shown = INDEX.format(
        title=pub.base.title,
        use=pub.base.intended_use,
        version=pub.base.version,
        fingerprint=pub.program.fingerprint,
        gates=GATES,
        n_probability=len(asking),
        n_rules=sum(len(treatment.rules) for treatment in pub.base.treatments.values()),
        listed="\n".join(f"- `{rule}`" for rule in asking),
    )
    return {
        "sushi-config.yaml": yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=120),
        "input/pagecontent/index.md": shown,
        **resources,
    }
