"""What a suggestion would create is valid R4 by two validators that others wrote."""

from __future__ import annotations

from typing import Any

import pytest

from afterdisc.fhir.write import extension_definitions, questionnaire_of
from afterdisc.program import Program
from functional.fhir.valid.validators import Pyrofile, medplum_errors, own_errors
from functional.hooks.calls import SCAR_OR_DISC, SIGN, SUBJECT, Machine, order, sign

WRITTEN = {  # a draft as a record system writes it, with parts that belong to it alone
    "meta": {"versionId": "3", "lastUpdated": "2026-11-25T09:00:00Z"},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">MRI without contrast</div>'},
    "identifier": [{"system": "https://ehr.example/orders", "value": "77"}],
    "priority": "urgent",
    "encounter": {"reference": "Encounter/e1"},
    "occurrenceDateTime": "2026-12-01",
    "requester": {"reference": "Practitioner/doctor"},
    "reasonCode": [{"text": "Leg pain after discectomy"}],
    "bodySite": [{"coding": [{"system": "http://snomed.info/sct", "code": "122496007", "display": "Lumbar spine"}]}],
    "orderDetail": [{"text": "no contrast"}],
    "note": [{"text": "before the clinic on Friday"}],
}


@pytest.mark.slow
@pytest.mark.cds_hooks(130, 131)
def test_an_order_in_place_of_another_is_valid(
    ehr: Machine, program: Program, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pyrofile = Pyrofile(tmp_path_factory.mktemp("ours"), [*extension_definitions(program), questionnaire_of(program)])
    made = []
    for found in (SCAR_OR_DISC, SCAR_OR_DISC | {"mr_device": "mr_unsafe"}):
        test = "mri_with_without_contrast" if "mr_device" in found else "mri_without_contrast"
        (card,) = ehr.cards(SIGN, sign(program, found, order(program, test, **WRITTEN)))
        made.append(card["suggestions"][0]["actions"][1]["resource"])
    for resource in made:
        assert pyrofile.errors(resource) == []
        assert list(own_errors(resource, "ServiceRequest")) == []
        _keeps_what_is_not_of_the_old_order(resource)
    assert medplum_errors(made) == {}


def _keeps_what_is_not_of_the_old_order(resource: dict[str, Any]) -> None:
    kept = ("priority", "encounter", "occurrenceDateTime", "requester", "reasonCode", "bodySite", "note")
    assert {k: resource[k] for k in kept} == {k: WRITTEN[k] for k in kept}
    assert resource["subject"] == SUBJECT
    assert not {"id", "meta", "text", "identifier", "orderDetail"} & resource.keys()
