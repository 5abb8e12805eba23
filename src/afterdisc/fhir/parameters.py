"""The parameters of an operation, read by name: a FHIR Parameters resource."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from afterdisc.errors import UnreadableRecord

MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?")
DATES = ("valueDate", "valueDateTime", "valueInstant", "valueString")
NAMES = ("valueString", "valueUri", "valueCanonical", "valueId", "valueReference")


@dataclass(frozen=True)
class Parameter:
    """One parameter and where it stands."""

    content: Mapping[str, Any]
    place: str

    @property
    def resource(self) -> Mapping[str, Any]:
        """The resource it holds. Raises UnreadableRecord if there is none."""
        held = self.content.get("resource")
        if not isinstance(held, Mapping):
            raise UnreadableRecord("must hold a resource (a Bundle).", element=f"{self.place}.resource", rule="required")
        return held

    @property
    def text(self) -> str:
        """The text, address or reference it holds."""
        for name in NAMES:
            value = self.content.get(name)
            if name == "valueReference" and isinstance(value, Mapping):
                value = value.get("reference")
            if isinstance(value, str) and value.strip():
                return value.strip()
        raise UnreadableRecord("must hold a text or a reference.", element=f"{self.place}.value", rule="value")

    @property
    def moment(self) -> str:
        """The day, or the instant, it holds."""
        value = next((self.content[name] for name in DATES if name in self.content), None)
        if not isinstance(value, str) or not is_moment(value):
            what = "must be a date to the day (2026-11-25) or an instant with its zone."
            raise UnreadableRecord(what, element=f"{self.place}.value", rule="value")
        return value

    @property
    def is_true(self) -> bool:
        value = self.content.get("valueBoolean")
        if not isinstance(value, bool):
            raise UnreadableRecord("must be valueBoolean.", element=f"{self.place}.value", rule="value")
        return value


@dataclass(frozen=True)
class Given:
    """What an operation was given."""

    listed: tuple[tuple[str, Parameter], ...]

    def each(self, *names: str) -> Iterator[Parameter]:
        return (parameter for name, parameter in self.listed if name in names)

    def one(self, name: str) -> Parameter | None:
        """The only parameter of this name. Raises UnreadableRecord if there are more."""
        found = list(self.each(name))
        if len(found) > 1:
            raise UnreadableRecord(f"`{name}` may be given once.", element=found[1].place, rule="structure")
        return found[0] if found else None


def is_moment(text: str) -> bool:
    """`2026-11-25` or an instant with its zone, on a day that exists."""
    found = MOMENT.fullmatch(text)
    try:
        return bool(found) and bool(date.fromisoformat(text[:10]))
    except ValueError:
        return False


def given(data: Mapping[str, Any], takes: Collection[str]) -> Given:
    """The parameters of a Parameters resource. Raises UnreadableRecord for one that this operation does not take."""
    if data.get("resourceType") != "Parameters":
        element = f"{data.get('resourceType')}.resourceType"
        raise UnreadableRecord(f"must be Parameters ({', '.join(takes)}).", element=element, rule="structure")
    listed = data.get("parameter", [])
    if not isinstance(listed, list):
        raise UnreadableRecord("must be a list.", element="Parameters.parameter")
    return Given(tuple(_named(parameter, f"Parameters.parameter[{i}]", takes) for i, parameter in enumerate(listed)))


def _named(parameter: object, place: str, takes: Collection[str]) -> tuple[str, Parameter]:
    name = parameter.get("name") if isinstance(parameter, Mapping) else None
    if not isinstance(parameter, Mapping) or name not in takes:
        raise UnreadableRecord(f"must be one of {', '.join(takes)}.", element=f"{place}.name", rule="not-supported")
    return str(name), Parameter(parameter, place)
