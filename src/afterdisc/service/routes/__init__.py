"""Routes, one file a part of the workspace. `ROUTERS` is all of them, in order."""

from afterdisc.service.routes import before, decide, door, evidence, patients, visits, worklist

ROUTERS = [door.router, worklist.router, patients.router, visits.router, decide.router, before.router, evidence.router]
