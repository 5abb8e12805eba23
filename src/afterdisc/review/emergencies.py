"""Do the emergencies of the person's form come out as their vignettes say? Run by the code that reads the form."""

from __future__ import annotations

from collections.abc import Iterator

from afterdisc.compile.follow_up import tree_of
from afterdisc.errors import KnowledgeError, VignetteFailed
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.report.emergency import truth_of


def emergency_failures(base: KnowledgeBase) -> Iterator[KnowledgeError]:
    """One error for each vignette of an emergency that comes out otherwise than it says."""
    for emergency in base.follow_up.emergencies:
        tree = tree_of(emergency.when)
        for vignette in emergency.vignettes:
            fires = truth_of(tree, vignette.given) is True
            if fires is not vignette.expect:
                yield VignetteFailed(
                    f"vignette `{vignette.name}` of `{emergency.id}`: "
                    f"expected {'fires' if vignette.expect else 'silent'}, got {'fires' if fires else 'silent'}",
                    where=vignette.where,
                    mend="Mend the condition, or what the vignette gives or expects.",
                )


def n_emergency_vignettes(base: KnowledgeBase) -> int:
    return sum(len(e.vignettes) for e in base.follow_up.emergencies)
