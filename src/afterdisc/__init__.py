"""Afterdisc: decision support for the person whose pain persists or comes back after lumbar disc surgery.

    import afterdisc as ad

    answer = ad.assess({"weeks_since_surgery": 14, "leg_relief_after_surgery": "good", "onset": "sudden"})

Supports a clinician; never decides. Not validated for clinical use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from afterdisc.door import assess, assess_many, evaluate, load_program, program_from_file

__all__ = ["assess", "assess_many", "evaluate", "load_program", "program_from_file"]


def __getattr__(name: str) -> Any:
    """The public functions are fetched on first use, so that `afterdisc --help` need not wait for the engine."""
    if name in __all__:
        from afterdisc import door

        return getattr(door, name)
    raise AttributeError(f"module `afterdisc` has no attribute `{name}`")
