"""Calls that are not as CDS Hooks says are refused by the name of the element, and nothing that was sent is repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select as select_rows

from afterdisc.clinic.ehr_tables import HookCall
from afterdisc.program import Program
from functional.hooks.calls import SELECT, SIGN, VIEW, Machine, operation, order, select, sign, view, with_value, without
from functional.workspace.house import House

SECRET = "Zaphod-1234"
WRONG: list[tuple[str, tuple[str, ...], Any]] = [
    ("hook", ("hook",), "order-sign"),
    ("hook", ("hook",), None),
    ("hookInstance", ("hookInstance",), SECRET),
    ("hookInstance", ("hookInstance",), 7),
    ("context", ("context",), [SECRET]),
    ("context.userId", ("context", "userId"), SECRET),
    ("context.userId", ("context", "userId"), f"Organization/{SECRET}"),
    ("context.patientId", ("context", "patientId"), f"{SECRET}?x=1&y=/../.."),
    ("context.patientId", ("context", "patientId"), {"reference": SECRET}),
    ("context.encounterId", ("context", "encounterId"), f"{SECRET} "),
    ("prefetch", ("prefetch",), SECRET),
    ("fhirServer", ("fhirServer",), SECRET),
    ("fhirServer", ("fhirServer",), ""),
    ("fhirServer", ("fhirAuthorization",), {"access_token": SECRET, "token_type": "Bearer"}),
]
REQUIRED = [("hook",), ("hookInstance",), ("context",), ("context", "userId"), ("context", "patientId")]


def element_of(answer: Any) -> list[str]:
    """The element that an OperationOutcome names; it repeats nothing of what was sent."""
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    assert SECRET not in answer.text
    found: list[str] = body["issue"][0].get("expression", [])
    return found


@pytest.mark.cds_hooks(14, 76)
@pytest.mark.parametrize(("element", "path", "value"), WRONG)
def test_a_wrong_element_is_named(ehr: Machine, program: Program, element: str, path: tuple[str, ...], value: Any) -> None:
    answer = ehr.call(VIEW, with_value(view(program), value, *path))
    assert answer.status_code == 400
    assert element_of(answer) == [element]


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_element_is_named(ehr: Machine, program: Program, path: tuple[str, ...]) -> None:
    answer = ehr.call(VIEW, without(view(program), *path))
    assert answer.status_code == 400
    assert element_of(answer) == [".".join(path)]


def test_orders_must_be_there_where_the_hook_is_about_orders(ehr: Machine, program: Program) -> None:
    for service, body in ((SELECT, select(program, {})), (SIGN, sign(program, {}))):
        assert element_of(ehr.call(service, without(body, "context", "draftOrders"))) == ["context.draftOrders"]
    assert element_of(ehr.call(SELECT, without(select(program, {}), "context", "selections"))) == ["context.selections"]


@pytest.mark.parametrize(
    ("element", "bundle"),
    [
        ("context.draftOrders.resourceType", {"entry": []}),
        ("context.draftOrders.entry", {"resourceType": "Bundle", "entry": {"resource": {}}}),
        ("context.draftOrders.entry[0].resource", {"resourceType": "Bundle", "entry": [{"fullUrl": SECRET}]}),
        ("context.draftOrders.entry[0].resource.resourceType", {"resourceType": "Bundle", "entry": [{"resource": {}}]}),
        (
            "context.draftOrders.entry[0].resource.id",
            {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Task", "id": f"{SECRET}/x"}}]},
        ),
    ],
)
def test_a_wrong_order_is_named_by_its_place(ehr: Machine, program: Program, element: str, bundle: Any) -> None:
    answer = ehr.call(SIGN, with_value(sign(program, {}), bundle, "context", "draftOrders"))
    assert answer.status_code == 400
    assert element_of(answer) == [element]


@pytest.mark.cds_hooks(1)
def test_only_json_is_taken(ehr: Machine, program: Program) -> None:
    """A page of another site cannot send this media type without asking first, which it may not."""
    raw = json.dumps(view(program))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = ehr.client.post(f"/cds-services/{VIEW}", content=raw, headers={"Content-Type": kind})
        assert answer.status_code == 415
    assert ehr.client.post(f"/cds-services/{VIEW}", content=raw, headers={"Content-Type": "application/json"}).is_success


NO_OBJECT = [b"", b"{", b"[]", b"null", b'"x"', b'{"hook": NaN}', b'{"hook": "a", "hook": "b"}', b"\xff\xfe"]


@pytest.mark.parametrize("raw", NO_OBJECT)
def test_what_is_no_json_object_is_refused(ehr: Machine, raw: bytes) -> None:
    answer = ehr.client.post(f"/cds-services/{VIEW}", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_record_of_somebody_else_is_refused(ehr: Machine, program: Program) -> None:
    body = view(program)
    body["prefetch"]["patient"] = {"resourceType": "Patient", "id": SECRET}
    answer = ehr.call(VIEW, body)
    assert answer.status_code == 422
    assert element_of(answer) == ["Patient.id"]


def test_resources_of_somebody_else_do_not_count(ehr: Machine, house: House, program: Program) -> None:
    """An operation of another person makes nobody else a person after an operation."""
    body = view(program, {"saddle_numbness": True})
    body["prefetch"]["procedures"]["entry"][0]["resource"] = operation(program, subject={"reference": "Patient/other"})
    assert ehr.cards(VIEW, body) == []
    with house.database.reading() as session:
        kept = session.scalars(select_rows(HookCall)).one()
    assert kept.found == {"why": "no lumbar disc operation on record", "n_foreign": 1}


def test_a_record_of_another_version_of_fhir_is_refused_by_the_element(ehr: Machine, program: Program) -> None:
    body = view(program)
    body["prefetch"]["procedures"]["entry"][0]["resource"] = operation(program, notDone=False)
    answer = ehr.call(VIEW, body)
    assert answer.status_code == 422
    assert element_of(answer)[0].endswith(".notDone")


@pytest.mark.cds_hooks(54)
@pytest.mark.parametrize("name", ["order_sign_hook_request", "order_select_hook_request"])
def test_a_foreign_call_without_the_minimum_is_told_what_is_missing(ehr: Machine, shared: Path, name: str) -> None:
    """Calls written by others: right in their form, with a FHIR server that this site does not know."""
    body = json.loads((shared / f"external/cds-hooks/fixtures/{name}.json").read_text(encoding="utf-8"))
    answer = ehr.call(SIGN if "sign" in name else SELECT, body)
    assert answer.status_code == 412
    assert element_of(answer) == ["prefetch.patient"]


def test_a_call_of_another_hook_is_refused_whoever_wrote_it(ehr: Machine, shared: Path) -> None:
    for path in sorted((shared / "external/cds-hooks/fixtures").glob("*_hook_request.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        answer = ehr.call(VIEW, body)
        assert (answer.status_code, element_of(answer)) == (400, ["hook"]), path.name


def test_an_order_for_somebody_else_gives_no_card(ehr: Machine, program: Program) -> None:
    mine = order(program, "mri_without_contrast")
    theirs = mine | {"subject": {"reference": "Patient/other"}}
    findings = {"leg_pain_nrs": 6, "leg_relief_after_surgery": "good"}
    assert len(ehr.cards(SIGN, sign(program, findings, mine))) == 1
    assert ehr.cards(SIGN, sign(program, findings, theirs)) == []


@pytest.mark.parametrize("status", [["draft"], {"code": "draft"}, 7, None])
def test_an_order_of_a_strange_status_is_still_an_order(ehr: Machine, program: Program, status: Any) -> None:
    strange = order(program, "mri_without_contrast", status=status)
    assert len(ehr.cards(SIGN, sign(program, {"leg_pain_nrs": 6, "leg_relief_after_surgery": "good"}, strange))) == 1
