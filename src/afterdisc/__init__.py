"""Afterdisc: decision support for the person whose pain persists or comes back after lumbar disc surgery.

    import afterdisc as ad

    answer = ad.assess({"weeks_since_surgery": 14, "leg_relief_after_surgery": "good", "onset": "sudden"})

Supports a clinician; never decides. Not validated for clinical use.
"""

from afterdisc.door import assess, assess_many, evaluate, load_program

__all__ = ["assess", "assess_many", "evaluate", "load_program"]
