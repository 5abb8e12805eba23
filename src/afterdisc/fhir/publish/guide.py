"""What sushi needs beside the resources to build an implementation guide."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from afterdisc.fhir.publish.meta import PUBLISHER, Publication

INDEX = """# {title}

{use}

Knowledge {version}, fingerprint {fingerprint}. **Not validated for clinical use.** Every rule names what it rests on in
`PlanDefinition.action.documentation`; the conditions are CQL in the Library resources.
"""


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
        "parameters": {"path-resource": "input/cql", "apply-version": False},
    }
    shown = INDEX.format(
        title=pub.base.title, use=pub.base.intended_use, version=pub.base.version, fingerprint=pub.program.fingerprint
    )
    return {
        "sushi-config.yaml": yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=120),
        "input/pagecontent/index.md": shown,
        **resources,
    }
