"""From a call and the record of its person to cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from afterdisc import door
from afterdisc.errors import CaseError, OutOfScope
from afterdisc.fhir import Reading, Record, read_record
from afterdisc.hooks import orders_view, patient_view
from afterdisc.hooks.card import Maker, Shown
from afterdisc.hooks.glance import glance
from afterdisc.hooks.orders import drafts_of
from afterdisc.hooks.prefetch import in_words
from afterdisc.hooks.request import HookRequest
from afterdisc.program import Program

NOT_OPERATED = "no lumbar disc operation on record"
OUT_OF_SCOPE = "out of scope"
CONTRADICTORY = "the record contradicts itself"
NOT_A_CLINICIAN = "not called by a clinician"
NO_KNOWN_ORDER = "no order that is known here"


@dataclass(frozen=True)
class Log:
    """What is kept of a call: ids and counts, no value of a patient. `why` says why nothing was looked at."""

    urgency: str = ""
    rules: tuple[str, ...] = ()
    why: str = ""
    unseen: tuple[str, ...] = ()
    n_foreign: int = 0
    n_orders: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data, without what is empty."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items() if v}


@dataclass(frozen=True)
class Answer:
    """The cards of a call, and what is kept of it. `plan`: the digest of what is advised, None if that was not looked at."""

    shown: tuple[Shown, ...] = ()
    log: Log = field(default_factory=Log)
    plan: str | None = None

    @property
    def cards(self) -> list[dict[str, Any]]:
        return [s.card for s in self.shown]


def respond(
    program: Program,
    request: HookRequest,
    record: Record,
    *,
    at: str,
    app_url: str,
    last_plan: str | None = None,
    unseen: Sequence[str] = (),
) -> Answer:
    """The cards for one call; none is an answer too.

    at         ISO instant of the call; nothing dated later counts
    app_url    where the app is launched, absolute
    last_plan  digest of the plan when this record was last looked at, None if it never was
    unseen     prefetch keys whose data could not be had

    Nothing is said of people without a lumbar disc operation on record or out of scope, nor to patients.
    """
    if not request.is_by_clinician:
        return Answer(log=Log(why=NOT_A_CLINICIAN))
    reading = read_record(program, record, at=at)
    log = Log(unseen=tuple(unseen), n_foreign=len(reading.foreign))
    if not _is_operated(program, reading):
        return Answer(log=_with(log, why=NOT_OPERATED))
    about = _about_orders if request.service.is_about_orders else _about_patient
    try:
        return about(Call(program, request, reading, at, app_url, last_plan, log))
    except OutOfScope:
        return Answer(log=_with(log, why=OUT_OF_SCOPE))
    except CaseError:
        return Answer(log=_with(log, why=CONTRADICTORY))


@dataclass(frozen=True)
class Call:
    """One call with all that it is answered from."""

    program: Program
    request: HookRequest
    reading: Reading
    at: str
    app_url: str
    last_plan: str | None
    log: Log

    def maker(self) -> Maker:
        """With the assessment, by the way that every door takes."""
        assessment = door.assess(self.reading.case(), program=self.program, intervals=False)
        return Maker(self.program, self.request, assessment, self.app_url, tuple(map(in_words, self.log.unseen)))


def _about_patient(call: Call) -> Answer:
    seen = glance(call.program, call.reading.case())
    about = patient_view.needs_card(seen, _answers_a_red_flag(call.program, call.reading), call.last_plan)
    shown = (patient_view.card(call.maker(), about),) if about else ()
    log = _with(call.log, urgency=seen.urgency, rules=tuple(name for name, _ in seen.raised))
    return Answer(shown, log, seen.plan)


def _about_orders(call: Call) -> Answer:
    drafts = drafts_of(call.program, call.request, at=call.at)
    if not drafts:
        return Answer(log=_with(call.log, why=NO_KNOWN_ORDER))
    maker = call.maker()
    shown = tuple(orders_view.cards(maker, drafts))
    rules = tuple(dict.fromkeys(rule for s in shown for rule in s.rules))
    return Answer(shown, _with(call.log, urgency=maker.assessment["urgency"], rules=rules, n_orders=len(drafts)))


def _with(log: Log, **more: Any) -> Log:
    return Log(**{**vars(log), **more})


def _is_operated(program: Program, reading: Reading) -> bool:
    """By an operation in the record, or by an answer that speaks of one."""
    time = program.columns[program.time_column].finding
    return bool(reading.operations) or bool({time, "index_procedure"} & reading.findings.keys())


def _answers_a_red_flag(program: Program, reading: Reading) -> bool:
    found: Mapping[str, Any] = reading.findings
    return any(f in found for m in program.book["mandatory"] for f in m["any_of"])
