"""Routes, one file a part of the workspace; all of them, in order."""

from afterdisc.service.routes import (
    admin,
    before,
    decide,
    door,
    evidence,
    fhir,
    from_record,
    hooks,
    keys,
    measure,
    patients,
    provider,
    smart,
    visits,
    worklist,
)

ROUTERS = [
    door.router,
    provider.router,
    smart.router,
    from_record.router,
    worklist.router,
    patients.router,
    visits.router,
    decide.router,
    before.router,
    measure.router,
    evidence.router,
    admin.router,
    fhir.router,
    hooks.router,
    keys.router,
]
