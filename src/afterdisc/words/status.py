"""What the plan says of a treatment, from the most to the least offered."""

from __future__ import annotations

STATUSES = ("recommended", "option", "caution", "reduce_dose", "not_yet", "avoid", "not_indicated")
OFFERED = ("recommended", "option", "caution", "reduce_dose")
MEANING = {
    "recommended": "Recommended: fits this person, nothing that could forbid it is unknown",
    "option": "Option: fits; read what speaks against it and what is still open",
    "caution": "Caution: possible, with a danger to weigh",
    "reduce_dose": "Reduce the dose",
    "not_yet": "Not yet: something is missing or must be put right first",
    "avoid": "Avoid: likely to harm this person",
    "not_indicated": "Not indicated: does not fit what is known",
}
