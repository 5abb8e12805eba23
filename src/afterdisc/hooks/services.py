"""The services we offer to a clinical record, one a hook."""

from __future__ import annotations

from dataclasses import dataclass

from afterdisc.errors import NotFound

PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN = "patient-view", "order-select", "order-sign"


@dataclass(frozen=True)
class Service:
    """One service: the hook it listens to, and how it introduces itself."""

    id: str
    hook: str
    title: str
    description: str

    @property
    def is_about_orders(self) -> bool:
        return self.hook in (ORDER_SELECT, ORDER_SIGN)


SERVICES = (
    Service(
        "afterdisc-patient-view",
        PATIENT_VIEW,
        "Afterdisc: red flags after lumbar disc surgery",
        "At most one card, and only if the record raises a red flag or the plan has changed since it was last looked at.",
    ),
    Service(
        "afterdisc-order-select",
        ORDER_SELECT,
        "Afterdisc: is this order right for a person after lumbar disc surgery?",
        "A card for a selected test, medicine or procedure that this person's record speaks against, with the reason.",
    ),
    Service(
        "afterdisc-order-sign",
        ORDER_SIGN,
        "Afterdisc: last look before an order is signed, after lumbar disc surgery",
        "A card for each order about to be signed that this person's record speaks against, with the reason.",
    ),
)


def service_of(service_id: str) -> Service:
    """The service of this id. Raises NotFound, which names those there are."""
    for service in SERVICES:
        if service.id == service_id:
            return service
    raise NotFound(f"there is no service of this id. There are: {', '.join(s.id for s in SERVICES)}.")
