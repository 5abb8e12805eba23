"""Whatever is thrown at a route, the server does not fail: every operation of the OpenAPI, with generated input."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation

from afterdisc.service.rates import Rates
from functional.workspace.house import ORIGIN, House, Visitor

N_EXAMPLES = 6
SEEN: set[int] = set()


def test_no_operation_answers_with_a_fault_of_the_server(house: House) -> None:
    house.desk.rates = Rates("100000/minute")
    visit = house.visit(house.patient())
    visitor = house.visitor("clinician")
    admin = house.visitor("administrator")
    schema = schemathesis.openapi.from_dict(house.app.openapi())
    schema.app = from_here(house.app)
    operations = [o.ok() for o in schema.get_all_operations()]
    assert len(operations) > 55

    for operation in operations:
        throw_at(operation, admin if operation.path.startswith("/admin") else visitor, visit)
    assert {200, 404, 409, 422} <= SEEN  # it got through the door, not just to it


def from_here(app: Any) -> Any:
    """The same app, called from this machine: that opens the doors for other systems too."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": ("127.0.0.1", 50_000)} if scope["type"] == "http" else scope, receive, send)

    return called


def throw_at(operation: APIOperation, who: Visitor, visit: str) -> None:
    @settings(
        max_examples=N_EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(case=operation.as_strategy(), real=st.booleans())
    def throw(case: schemathesis.Case, real: bool) -> None:
        if real and "visit_id" in case.path_parameters:
            case.path_parameters["visit_id"] = visit
        if case.operation.path == "/sign-out":
            return
        cookies = dict(who.client.cookies)
        headers = {"Origin": ORIGIN, "Host": "testserver", "X-CSRF-Token": who.csrf}
        response = case.call(headers=headers, cookies=cookies)
        SEEN.add(response.status_code)
        case.validate_response(response, checks=[not_a_server_error])

    throw()
