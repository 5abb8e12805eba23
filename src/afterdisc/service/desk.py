"""What every route works with: the database, the program, the clock and the settings; and how a request gets at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import cast

import structlog
from fastapi import Request

from afterdisc.clinic.database import Database
from afterdisc.clinic.moments import Clock, stamp
from afterdisc.clinic.people import Limits, Visitor
from afterdisc.errors import NotPossible
from afterdisc.program import Program
from afterdisc.service.ehr.issuers import UNREADABLE, Issuer, Issuers, issuers_of
from afterdisc.service.ehr.keys import Keys
from afterdisc.service.metrics import Metrics
from afterdisc.service.rates import Rates
from afterdisc.service.settings import Settings

log = structlog.get_logger()


@dataclass
class Desk:
    """One running workspace."""

    settings: Settings
    database: Database
    program: Program
    clock: Clock
    setup_code: str = ""  # shown in the terminal; whoever has it makes the first account
    metrics: Metrics = field(default_factory=Metrics)
    rates: Rates = field(default_factory=Rates)
    keys: Keys = field(default_factory=Keys)  # other systems' public ones
    mistake: str = ""  # in the file of record systems, as it was last told

    @cached_property
    def limits(self) -> Limits:
        return Limits(timedelta(minutes=self.settings.idle_minutes), timedelta(hours=self.settings.session_hours))

    @property
    def issuers(self) -> Issuers:
        """The record systems this site is connected to; read anew when the file has changed.

        A mistake that gets into the file while this runs is logged, and shuts the doors for machines; people work on.
        """
        try:
            found, self.mistake = issuers_of(self.settings.ehr), ""
            return found
        except NotPossible as error:
            if str(error) != self.mistake:
                log.error("record systems cannot be read", why=str(error))
            self.mistake = str(error)
            return UNREADABLE

    @property
    def launched_from(self) -> tuple[Issuer, ...]:
        """Those that people open somebody from. None while their file has a mistake."""
        return tuple(issuer for issuer in self.issuers.all if issuer.client_id)

    @property
    def key_files(self) -> tuple[Path, ...]:
        """Where this site's own keys are: the file of the site, if there is one, and those that issuers have of their own."""
        site = self.settings.ehr_key_file
        return (*((site,) if site.exists() else ()), *map(Path, self.issuers.key_files))

    def now(self) -> datetime:
        return self.clock()

    def at(self) -> str:
        return stamp(self.clock())

    def today(self) -> str:
        """The calendar day where this machine stands."""
        return self.clock().astimezone().date().isoformat()


def desk_of(request: Request) -> Desk:
    return cast(Desk, request.app.state.desk)


def visitor_of(request: Request) -> Visitor:
    """Whoever is signed in; only for routes that ask for it in `access`."""
    return cast(Visitor, request.state.visitor)
