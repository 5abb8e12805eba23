"""From the record of a visit to what a letter or a sheet says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from afterdisc.clinic import assessments, care, course, patients
from afterdisc.clinic.people import account
from afterdisc.clinic.record import Known
from afterdisc.clinic.site import Site, site_of
from afterdisc.clinic.tables import Patient, Visit
from afterdisc.documents import (
    Decided,
    Letter,
    Person,
    Scored,
    Sheet,
    cause_in_plain,
    not_yet_of,
    options_of,
    others_of,
)
from afterdisc.errors import NotPossible
from afterdisc.report.emergency import with_words
from afterdisc.service import form, show
from afterdisc.service.desk import Desk
from afterdisc.service.live import live_of
from afterdisc.words.days import day

N_UNKNOWN = 4
CONTRADICTORY = "answers of this visit contradict each other, so there is no assessment to write down. Mend them first."
WISHES = ("prefers_avoiding_surgery", "prefers_fast_return", "wants_to_stop")


def letter_of(session: Session, desk: Desk, visit: Visit) -> Letter:
    patient = patients.patient(session, visit.patient_id)
    record, a = _seen(session, desk, visit)
    notes, said = care.notes_of(session, visit.id), desk.program.book["follow_up"]["chance_words"]
    note = "\n".join(n.text for n in notes) if notes else care.drafts_of(session, visit.id).get("note", "")
    return Letter(
        site=_site(session, desk).name or "Afterdisc workspace",
        person=_person(patient),
        visit_on=visit.on,
        operation=_operation(session, desk.program.book, patient),
        assessment=a,
        findings=_findings(desk.program.book, record),
        unknown=tuple(m["label"] for m in a["missing"]),
        come_back=tuple(desk.program.book["follow_up"]["safety_net"]["letter"]),
        decisions=tuple(_decisions(session, desk.program.book, visit)),
        note=note,
        signed_by=account(session, visit.signed_by).name if visit.signed_by else "",
        signed_at=visit.signed_at or "",
        made_on=visit.signed_at or desk.at(),
        chance_words=tuple((least, word) for least, word in said["words"]),
        wide_interval=said["wide_interval"],
        scores=tuple(_scores(session, desk.program.book, visit)),
    )


def _scores(session: Session, book: Mapping[str, Any], visit: Visit) -> list[Scored]:
    """The scores entered up to the visit, the latest of each instrument."""
    instruments = book["follow_up"]["instruments"]
    latest = {s.instrument: s for s in course.scores_of(session, visit.patient_id) if s.on <= visit.on}
    return [
        Scored(instruments[i]["label"], f"{s.value:g} {instruments[i]['unit']}".strip(), s.on)
        for i, s in latest.items()
        if i in instruments
    ]


def _seen(session: Session, desk: Desk, visit: Visit) -> tuple[Mapping[str, Known], dict[str, Any]]:
    """What was known and what it came to: as signed, else as it stands."""
    live = live_of(session, desk.program, visit)
    signed = assessments.latest_of(session, visit.id) if visit.signed_at else None
    if signed is not None:
        return live.record, assessments.answer_of(signed)
    if live.assessment is None:
        raise NotPossible(CONTRADICTORY)
    return live.record, dict(live.assessment)


def _site(session: Session, desk: Desk) -> Site:
    return site_of(session, desk.program.book)


def _person(patient: Patient) -> Person:
    return Person(show.full_name(patient), patient.number, patient.birth_date)


def _operation(session: Session, book: Mapping[str, Any], patient: Patient) -> str:
    index = next((o for o in patients.operations_of(session, patient.id) if o.is_index), None)
    if index is None:
        return ""
    texts = book["findings"]
    parts = (
        texts["index_procedure"]["values"].get(index.procedure or "", "operation"),
        index.level or "level not known",
        texts["index_side"]["values"].get(index.side or "", "side not known").lower(),
        day(index.on),
    )
    return ", ".join(parts)


def _findings(book: Mapping[str, Any], record: Mapping[str, Known]) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Known findings by section. One that was asked and is not known is not among them."""
    out = []
    for section in form.sections(book, record):
        lines = tuple(
            (text["label"], show.answer(text, known.value) + ("" if known.is_confirmed else " (reported, not confirmed)"))
            for _, text, known in section.fields
            if known is not None and known.value is not None
        )
        if lines:
            out.append((section.title, lines))
    return tuple(out)


def _decisions(session: Session, book: Mapping[str, Any], visit: Visit) -> list[Decided]:
    reasons = {r["code"]: r["label"] for group in book["follow_up"]["reasons"].values() for r in group}
    named = {"treatment": book["treatments"], "investigation": book["investigations"], "red_flag": book["red_flags"]}
    return [
        Decided(
            label=_label(named[d.kind].get(d.proposal), d.proposal),
            choice=d.choice,
            reason=reasons.get(d.reason, d.reason),
            text=d.text,
            review_on=d.review_on if d.choice != "decline" else None,
        )
        for d in care.latest_decisions(session, visit.id)
    ]


def _label(text: Mapping[str, Any] | None, otherwise: str) -> str:
    return str(text.get("label") or text.get("title")) if text else otherwise


# ----------------------------------------------------------------------------------------------------------------- sheet


def sheet_of(session: Session, desk: Desk, visit: Visit) -> Sheet:
    """The sheet of a visit: what is probably the matter, the open options side by side, and what the person wants."""
    patient = patients.patient(session, visit.patient_id)
    record, a = _seen(session, desk, visit)
    book, site = desk.program.book, _site(session, desk)
    options = options_of(book, a)
    return Sheet(
        site=site.name or "Afterdisc workspace",
        person=_person(patient),
        visit_on=visit.on,
        cause=cause_in_plain(book, a),
        options=options,
        others=others_of(a, options),
        not_yet=not_yet_of(a),
        wishes=tuple(_wishes(book, record)),
        matters=care.drafts_of(session, visit.id).get("matters", ""),
        unknown=tuple(_unknown(book, a)),
        warning=with_words(book["follow_up"]["safety_net"]["sheet"], site.words),
        stamp=f"Afterdisc, knowledge {a['knowledge']['version']} ({a['knowledge']['fingerprint']}). Made for talking it over.",
        made_on=visit.signed_at or desk.at(),
    )


def _wishes(book: Mapping[str, Any], record: Mapping[str, Known]) -> list[str]:
    """What the person wants, in the words in which they were asked."""
    out = []
    for finding in WISHES:
        known, text = record.get(finding), book["findings"][finding]
        if known is not None and known.value is not None:
            said = text.get("patient_values", {}).get(str(known.value)) or show.answer(text, known.value)
            out.append(f"{text.get('ask_patient') or text['label']} {said}")
    return out


def _unknown(book: Mapping[str, Any], a: Mapping[str, Any]) -> list[str]:
    """What is still to be found out, in the order of its worth."""
    texts = book["findings"]
    steps = [s["label"] for s in a["next_steps"] if s["kind"] != "question"]
    asked = [texts[q["id"]].get("ask_patient") or q["question"] for q in a["questions"]]
    return [*steps, *asked][:N_UNKNOWN]
