"""Looking after the house: people and roles, the site, the audit, backup, one person's record, and how decisions were made."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import IO, Annotated, cast

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from afterdisc.clinic import audit, people, site
from afterdisc.clinic.backup import backup, export_person
from afterdisc.clinic.erasure import erase
from afterdisc.clinic.hook_report import rules_by_week
from afterdisc.clinic.tables import Audit, Decision, KeptAssessment, Patient, Visit
from afterdisc.errors import NotFound, NotPossible
from afterdisc.service.desk import desk_of, visitor_of
from afterdisc.service.failures import see_other
from afterdisc.service.pages import page

router = APIRouter()
Line = Annotated[str, Form(max_length=300)]
PAGE_ROWS = 100
WEEKS_OF_CARDS = timedelta(weeks=12)


@router.get("/admin", name="admin_page")
def admin_page(request: Request) -> Response:
    desk = desk_of(request)
    with desk.database.reading() as session:
        shown = people.accounts(session)
        settings = site.site_of(session, desk.program.book)
    bodies = site.bodies(desk.program.book)
    return page(request, "admin/admin.html", accounts=shown, roles=people.ROLES, site=settings, bodies=bodies)


# ---------------------------------------------------------------------------------------------------------------- people


@router.post("/admin/accounts", name="new_account")
def new_account(
    request: Request, login: Line, name: Line, password: Line, role: Annotated[list[str] | None, Form(max_length=3)] = None
) -> Response:
    desk, by = desk_of(request), visitor_of(request).account_id
    with desk.database.writing() as session:
        people.add_account(session, login=login, name=name, roles=role or [], password=password, at=desk.at(), by=by)
    return see_other("/admin#people")


@router.post("/admin/accounts/{account_id}/roles", name="account_roles")
def account_roles(
    request: Request, account_id: str, role: Annotated[list[str] | None, Form(max_length=3)] = None
) -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        people.change_roles(session, account_id, role or [], at=desk.at(), by=visitor_of(request).account_id)
    return see_other("/admin#people")


@router.post("/admin/accounts/{account_id}/password", name="account_password")
def account_password(request: Request, account_id: str, password: Line) -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        people.change_password(session, account_id, password, at=desk.at(), by=visitor_of(request).account_id)
    return see_other("/admin#people")


@router.post("/admin/accounts/{account_id}/close", name="account_close")
def account_close(request: Request, account_id: str, opens: Line = "") -> Response:
    desk = desk_of(request)
    with desk.database.writing() as session:
        people.close_account(session, account_id, at=desk.at(), by=visitor_of(request).account_id, is_open=bool(opens))
    return see_other("/admin#people")


# ------------------------------------------------------------------------------------------------------------------ site


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form, whichever they are."""
    return {k: v for k, v in (await request.form()).items() if k != "csrf" and isinstance(v, str)}


@router.post("/admin/site", name="change_site")
def change_site(request: Request, given: Annotated[dict[str, str], Depends(fields_of)]) -> Response:
    """Keep the settings of the site that the form names."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        site.change_site(session, desk.program.book, given, at=desk.at(), by=visitor_of(request).account_id)
    return see_other("/admin#site")


# ----------------------------------------------------------------------------------------------------------------- audit


@router.get("/admin/audit", name="audit_page")
def audit_page(
    request: Request,
    before: int = Query(0, ge=0, le=2**62),
    action: str = Query("", max_length=50),
    subject: str = Query("", max_length=32),
) -> Response:
    """Who did what, the newest first."""
    desk = desk_of(request)
    asked = select(Audit).order_by(Audit.seq.desc()).limit(PAGE_ROWS)
    asked = asked.where(Audit.seq < before) if before else asked
    asked = asked.where(Audit.action == action) if action else asked
    asked = asked.where(Audit.subject_id == subject) if subject else asked
    with desk.database.reading() as session:
        rows = list(session.scalars(asked))
        names = {a.id: a.name for a in people.accounts(session)}
        actions = sorted(session.scalars(select(Audit.action).distinct()))
    older = rows[-1].seq if len(rows) == PAGE_ROWS else 0
    return page(
        request, "admin/audit.html", rows=rows, names=names, actions=actions, action=action, subject=subject, older=older
    )


@router.get("/admin/audit/verify", name="audit_verify")
def audit_verify(request: Request) -> Response:
    """Does the chain hold, from the first row to the last?"""
    with desk_of(request).database.reading() as session:
        verdict = audit.verify(session)
    return page(request, "admin/verdict.html", verdict=verdict)


# --------------------------------------------------------------------------------------------------------- the record


@router.post("/admin/backup", name="make_backup")
def make_backup(request: Request) -> Response:
    """The whole record as one file."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        by = visitor_of(request).account_id
        audit.record(session, at=desk.at(), by=by, action="backup.made", kind="site", subject="site")
    target = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 (closed when it has been sent)
    backup(desk.database, target)
    target.seek(0)
    name = f"afterdisc-backup-{desk.at()[:10]}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_chunks(target), media_type="application/zip", headers=headers)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    with source:
        while chunk := source.read(1 << 16):
            yield chunk


@router.post("/admin/export", name="export_one")
def export_one(request: Request, number: Line) -> Response:
    """Everything of one person as one file."""
    desk = desk_of(request)
    with desk.database.writing() as session:
        patient_id = _of_number(session.scalar(select(Patient.id).where(Patient.number == number.strip())))
        data = export_person(session, patient_id)
        by = visitor_of(request).account_id
        audit.record(session, at=desk.at(), by=by, action="patient.exported", kind="patient", subject=patient_id)
    headers = {"Content-Disposition": f'attachment; filename="afterdisc-person-{patient_id[:8]}.json"'}
    return Response(json.dumps(data, ensure_ascii=False, indent=1), media_type="application/json", headers=headers)


@router.post("/admin/erase", name="erase_one")
def erase_one(request: Request, number: Line, again: Line) -> Response:
    """Erase one person, whose number was typed twice."""
    desk = desk_of(request)
    if number.strip() != again.strip():
        raise NotPossible("the two numbers differ. Type the number of the person twice; nothing was erased.")
    with desk.database.writing() as session:
        patient_id = _of_number(session.scalar(select(Patient.id).where(Patient.number == number.strip())))
        n_rows = erase(session, patient_id, at=desk.at(), by=visitor_of(request).account_id)
    return page(request, "admin/erased.html", n_rows=n_rows)


def _of_number(found: str | None) -> str:
    if found is None:
        raise NotFound("nobody here has this number.")
    return found


# -------------------------------------------------------------------------------------------------------------- medicine


@router.get("/medicine", name="medicine_page")
def medicine_page(request: Request) -> Response:
    """How proposals were decided, as counts without persons: what the medicine's reviewer learns from."""
    desk = desk_of(request)
    with desk.database.reading() as session:
        made = session.execute(
            select(Decision.kind, Decision.proposal, Decision.choice, Decision.reason, KeptAssessment.fingerprint)
            .join(KeptAssessment, KeptAssessment.id == Decision.assessment_id)
            .join(Visit, Visit.id == Decision.visit_id)
            .join(Patient, Patient.id == Visit.patient_id)
            .where(Patient.demo.is_(None))
        ).all()
        cards = rules_by_week(session, (desk.now() - WEEKS_OF_CARDS).date().isoformat())
    counted = Counter((d.kind, d.proposal, d.choice, d.reason) for d in made)
    return page(request, "admin/medicine.html", counted=counted.most_common(), n_made=len(made), cards=cards)
