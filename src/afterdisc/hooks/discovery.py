"""What a client learns of our services before it calls them."""

from __future__ import annotations

from typing import Any

from afterdisc.errors import BadHookCall
from afterdisc.hooks.prefetch import REQUIRED, in_words, queries
from afterdisc.hooks.services import SERVICES
from afterdisc.program import Program

STYLES = ("2.0", "3.0")
HOOK_VERSION = "1.0"  # of patient-view, order-select and order-sign, in the library of hooks


def discovery(program: Program, style: str = "2.0") -> dict[str, Any]:
    """The answer of the discovery endpoint, in the way of CDS Hooks 2.0 or 3.0.

    3.0 adds which version each service speaks, and relative dates in the prefetch templates: results that are too old to
    count are then not sent. Raises BadHookCall for another version.
    """
    if style not in STYLES:
        raise BadHookCall(f"must be one of {', '.join(STYLES)}.", element="version")
    prefetch = {q.key: q.text(style) for q in queries(program).values()}
    newer = {"version": f"{style}.0", "hookVersion": HOOK_VERSION} if style != "2.0" else {}
    return {
        "services": [
            {
                "hook": service.hook,
                "title": service.title,
                "description": service.description,
                "id": service.id,
                "prefetch": prefetch,
                "usageRequirements": _requirements(),
                **newer,
            }
            for service in SERVICES
        ]
    }


def _requirements() -> str:
    needed = " and ".join(f"{in_words(key)} (`{key}`)" for key in REQUIRED)
    return (
        f"Needs {needed}, by prefetch or with fhirServer and fhirAuthorization; without them it answers 412. It says nothing "
        "of people without a lumbar disc operation on record or under 18. Whatever else is not sent counts as unknown, never "
        "as absent. FHIR R4. For clinicians."
    )
