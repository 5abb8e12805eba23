"""Who may do what: every route times every role. The table is written out, so that a change of it is seen."""

from __future__ import annotations

from typing import Any

import pytest

from afterdisc.service.access import ACCESS
from afterdisc.service.app import routes as all_routes
from functional.workspace.house import House, Visitor

C, R, A = "clinician", "reviewer", "administrator"
ROLES = (None, C, R, A)

# name: (roles that may, whether somebody without a sign-in may)
EVERYBODY = {None, C, R, A}
NOBODY: set[str | None] = set()  # no person: for machines, which have no role
TABLE: dict[str, set[str | None]] = {
    "health": EVERYBODY,
    "metrics": EVERYBODY,
    "setup_page": EVERYBODY,
    "setup": EVERYBODY,
    "setup_restore": EVERYBODY,
    "sign_in_page": EVERYBODY,
    "sign_in": EVERYBODY,
    "oidc_start": EVERYBODY,
    "oidc_callback": EVERYBODY,
    "before_page": EVERYBODY,
    "before_answers": EVERYBODY,
    "before_send": EVERYBODY,
    "fhir_metadata": EVERYBODY,
    "fhir_questionnaire": EVERYBODY,
    "fhir_questionnaires": EVERYBODY,
    "fhir_operation_definition": EVERYBODY,
    "fhir_assess": NOBODY,
    "fhir_apply": NOBODY,
    "fhir_apply_by_name": NOBODY,
    "fhir_populate": NOBODY,
    "fhir_populate_by_name": NOBODY,
    "home": {C, R, A},
    "sign_out": {C, R, A},
    "lock": {C, R, A},
    "unlock_page": {C, R, A},
    "unlock": {C, R, A},
    "still_here": {C, R, A},
    "fact": {C, R},
    "medicine_page": {C, R},
    "worklist": {C},
    "worklist_search": {C},
    "add_demo": {C},
    "remove_demo": {C},
    "new_patient_page": {C},
    "new_patient": {C},
    "patient_page": {C},
    "new_visit": {C},
    "new_operation": {C},
    "new_score": {C},
    "new_step": {C},
    "review_step": {C},
    "compare": {C},
    "visit_page": {C},
    "keep_answers": {C},
    "live": {C},
    "option": {C},
    "what_if": {C},
    "evidence_of_cause": {C},
    "evidence_of_benefit": {C},
    "finding_history": {C},
    "decide_page": {C},
    "decide": {C},
    "keep_draft": {C},
    "sign": {C},
    "add_to_note": {C},
    "replay": {C},
    "letter_pdf": {C},
    "letter_docx": {C},
    "sheet_pdf": {C},
    "measure_page": {C},
    "open_film": {C},
    "preview_measurement": {C},
    "keep_measurement": {C},
    "invite_page": {C},
    "invite": {C},
    "admin_page": {A},
    "new_account": {A},
    "account_roles": {A},
    "account_password": {A},
    "account_close": {A},
    "change_site": {A},
    "audit_page": {A},
    "audit_verify": {A},
    "make_backup": {A},
    "export_one": {A},
    "erase_one": {A},
    "public_keys": EVERYBODY,
    "cds_services": EVERYBODY,
    "cds_service": NOBODY,
    "cds_feedback": NOBODY,
    "smart_launch": EVERYBODY,
    "smart_start": EVERYBODY,
    "smart_callback": EVERYBODY,
    "from_record": {C},
    "read_again": {C},
    "send_page": {C},
    "send_back": {C},
}


def routes() -> list[tuple[str, str, str]]:
    return [(r.name, sorted(r.methods)[0], r.path) for r in all_routes()]


def filled(house: House, path: str, visit: str) -> str:
    """A path with real ids in it, where it takes any."""
    with house.database.reading() as session:
        from afterdisc.clinic.visits import visit as of

        patient = of(session, visit).patient_id
    values = {
        "visit_id": visit,
        "patient_id": patient,
        "step_id": "0" * 32,
        "account_id": house.account(R),
        "token": "x" * 32,
        "service_id": "afterdisc-patient-view",
        "field": "note",
        "finding": "fever",
        "treatment": "gabapentin",
        "treatment_id": "gabapentin",
        "cause_id": "epidural_fibrosis",
        "fact_id": "dx001",
    }
    return path.format(**values)


def call(visitor: Visitor, method: str, path: str) -> Any:
    return visitor.get(path) if method == "GET" else visitor.post(path, data={})


def test_the_table_names_every_route_and_nothing_else() -> None:
    assert {name for name, _, _ in routes()} == set(TABLE)
    assert set(TABLE) | {"static"} == set(ACCESS)
    assert len(TABLE) > 50


@pytest.mark.parametrize("role", ROLES, ids=lambda r: r or "nobody")
def test_each_role_gets_what_the_table_gives_it_and_nothing_else(house: House, role: str | None) -> None:
    visit = house.visit(house.patient())
    house.account(A)
    wrong = []
    for name, method, path in routes():
        visitor = house.visitor(role)
        answer = call(visitor, method, filled(house, path, visit))
        refused = answer.status_code in (401, 403) or (
            answer.status_code == 303 and answer.headers["location"].startswith(("/sign-in?", "/unlock?"))
        )
        if refused is (role in TABLE[name]) and name not in ("setup", "setup_restore"):  # these ask for their own code: 403
            wrong.append((name, method, answer.status_code))
        assert answer.status_code < 500 or name == "health", (name, answer.status_code)
    assert wrong == []


def test_an_account_without_a_role_may_nothing(house: House) -> None:
    visitor = house.visitor(R)
    with house.database.writing() as session:
        from afterdisc.clinic.tables import Account

        session.get_one(Account, house.account(R)).roles = []
    assert visitor.get("/medicine").status_code == 403


def test_a_closed_account_is_out_at_once(house: House) -> None:
    from afterdisc.clinic import people

    house.account(A)
    visitor = house.visitor(C)
    assert visitor.get("/worklist").status_code == 200
    with house.database.writing() as session:
        people.close_account(session, house.account(C), at=house.desk.at(), by=None)
    assert visitor.get("/worklist").status_code == 303


def test_the_last_administrator_stays(house: House) -> None:
    admin = house.visitor(A)
    answer = admin.post(f"/admin/accounts/{house.account(A)}/close")
    assert answer.status_code == 409
    assert "has to administer" in answer.text
    assert admin.post(f"/admin/accounts/{house.account(A)}/roles", {"role": ["clinician"]}).status_code == 409
