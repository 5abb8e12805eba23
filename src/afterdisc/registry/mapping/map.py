"""What a map says: where each finding comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from afterdisc.errors import UnreadableMap
from afterdisc.words.nearest import did_you_mean
from afterdisc.words.printable import quoted

MISSING = ("",)
REFUSE, UNKNOWN = "refuse", "unknown"


@dataclass(frozen=True)
class FromColumn:
    """One column. A number is `value * factor + offset`; `values` says what each word or code of the column stands for.

    missing    what stands for unknown, besides an empty field
    otherwise  what becomes of a value that fits nothing: the row is refused, or the finding is unknown
    """

    column: str
    factor: float = 1.0
    offset: float = 0.0
    decimal: str = "."
    date_format: str = ""  # as in strptime; empty: ISO
    values: Mapping[str, str | bool | float | None] = field(default_factory=dict)
    missing: tuple[str, ...] = MISSING
    otherwise: str = REFUSE

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)


@dataclass(frozen=True)
class Elapsed:
    """Time from one date column to another."""

    start: str
    end: str
    unit: str  # days | weeks | months | years
    date_format: str = ""
    missing: tuple[str, ...] = MISSING
    otherwise: str = REFUSE

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.start, self.end)


@dataclass(frozen=True)
class YesColumns:
    """A list of names from columns that say yes or no, one a name. `complete`: nothing else is taken; else it is unknown."""

    names: Mapping[str, str]  # column -> name
    yes: tuple[str, ...]
    no: tuple[str, ...]
    complete: bool
    missing: tuple[str, ...] = MISSING
    otherwise: str = REFUSE

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.names)


@dataclass(frozen=True)
class Amounts:
    """A map of name to number from columns that hold one amount each."""

    names: Mapping[str, str]  # column -> name
    missing: tuple[str, ...] = MISSING
    otherwise: str = REFUSE

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.names)


@dataclass(frozen=True)
class Constant:
    """The same for everybody in this registry, for a reason that is written down."""

    value: str | bool | float
    because: str

    @property
    def columns(self) -> tuple[str, ...]:
        return ()


Way = FromColumn | Elapsed | YesColumns | Amounts | Constant


@dataclass(frozen=True)
class Map:
    """A whole map. `unplaced` are columns that have no finding, each with a remark."""

    file: str
    registry: str
    id: str
    record: Mapping[str, Way]
    findings: Mapping[str, Way]
    lines: Mapping[str, int]
    unplaced: Mapping[str, str] = field(default_factory=dict)

    def refuse_columns(self, names: list[str], where: str) -> None:
        """Raises UnreadableMap if the map asks for a column that a file does not have."""
        ways = {**self.record, **self.findings}
        needed = {column: name for name, way in ways.items() for column in way.columns}
        for column, name in {self.id: "id", **needed}.items():
            if column not in names:
                guess = did_you_mean(column, names)
                raise UnreadableMap(
                    f"{self.file}:{self.lines.get(name, 1)}  {where} has no column {quoted(column)}. {guess} "
                    f"Mend the name, or leave `{name}` out.".replace("  ", " ", 1)
                )
