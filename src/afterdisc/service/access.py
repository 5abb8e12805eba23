"""Who may do what: every route by its name. A route that is not named here does not start."""

from __future__ import annotations

from afterdisc.clinic.people import ADMINISTRATOR, CLINICIAN, REVIEWER

EVERYBODY: frozenset[str] | None = None  # also whoever is not signed in
SIGNED_IN = frozenset({CLINICIAN, REVIEWER, ADMINISTRATOR})
CARE = frozenset({CLINICIAN})
MEDICINE = frozenset({CLINICIAN, REVIEWER})
HOUSE = frozenset({ADMINISTRATOR})
MACHINES = frozenset({"machine"})  # no person: another system, by its token (service.ehr.tokens), or this machine itself

ACCESS: dict[str, frozenset[str] | None] = {
    # the door
    "static": EVERYBODY,
    "health": EVERYBODY,
    "metrics": EVERYBODY,
    "setup_page": EVERYBODY,
    "setup": EVERYBODY,
    "sign_in_page": EVERYBODY,
    "sign_in": EVERYBODY,
    "sign_out": SIGNED_IN,
    "lock": SIGNED_IN,
    "unlock_page": SIGNED_IN,
    "unlock": SIGNED_IN,
    "still_here": SIGNED_IN,
    "home": SIGNED_IN,
    # care
    "worklist": CARE,
    "worklist_search": CARE,
    "add_demo": CARE,
    "remove_demo": CARE,
    "new_patient_page": CARE,
    "new_patient": CARE,
    "patient_page": CARE,
    "new_visit": CARE,
    "new_operation": CARE,
    "new_score": CARE,
    "new_step": CARE,
    "review_step": CARE,
    "compare": CARE,
    "decide_page": CARE,
    "decide": CARE,
    "keep_draft": CARE,
    "sign": CARE,
    "add_to_note": CARE,
    "letter_pdf": CARE,
    "letter_docx": CARE,
    "sheet_pdf": CARE,
    "replay": CARE,
    "visit_page": CARE,
    "keep_answers": CARE,
    "live": CARE,
    "option": CARE,
    "what_if": CARE,
    "evidence_of_cause": CARE,
    "evidence_of_benefit": CARE,
    "finding_history": CARE,
    "measure_page": CARE,
    "open_film": CARE,
    "preview_measurement": CARE,
    "keep_measurement": CARE,
    "invite_page": CARE,
    "invite": CARE,
    # the person's own side: whoever has the link
    "before_page": EVERYBODY,
    "before_answers": EVERYBODY,
    "before_send": EVERYBODY,
    # medicine
    "fact": MEDICINE,
    "medicine_page": MEDICINE,
    # the house
    "admin_page": HOUSE,
    "new_account": HOUSE,
    "account_roles": HOUSE,
    "account_password": HOUSE,
    "account_close": HOUSE,
    "change_site": HOUSE,
    "audit_page": HOUSE,
    "audit_verify": HOUSE,
    "make_backup": HOUSE,
    "export_one": HOUSE,
    "erase_one": HOUSE,
    # through the identity provider
    "oidc_start": EVERYBODY,
    "oidc_callback": EVERYBODY,
    "setup_restore": EVERYBODY,
    # other systems
    "smart_launch": EVERYBODY,
    "smart_start": EVERYBODY,
    "smart_callback": EVERYBODY,
    "from_record": CARE,
    "read_again": CARE,
    "send_page": CARE,
    "send_back": CARE,
    "public_keys": EVERYBODY,
    "fhir_metadata": EVERYBODY,
    "fhir_questionnaire": EVERYBODY,
    "fhir_questionnaires": EVERYBODY,
    "fhir_operation_definition": EVERYBODY,
    "fhir_assess": MACHINES,
    "fhir_apply": MACHINES,
    "fhir_apply_by_name": MACHINES,
    "fhir_populate": MACHINES,
    "fhir_populate_by_name": MACHINES,
    "cds_services": EVERYBODY,
    "cds_service": MACHINES,
    "cds_feedback": MACHINES,
}
OPEN_WHILE_LOCKED = {"sign_out", "unlock_page", "unlock"}
