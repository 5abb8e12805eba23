"""May this machine call? By its token, where the site has named whom it trusts; else only from this machine itself."""

from __future__ import annotations

import structlog
from fastapi import Request

from afterdisc.service.desk import Desk, desk_of
from afterdisc.service.ehr.tokens import HERE, Machine, NotTrusted, machine_of

log = structlog.get_logger()
FHIR = "/fhir"
HERE_ADDRESSES = ("127.0.0.1", "::1", "testclient")


def admitted_machine(request: Request) -> Machine:
    """Who calls. Raises NotTrusted with the reason, which is logged by the name of the route."""
    desk = desk_of(request)
    try:
        return _admitted(request, desk)
    except NotTrusted as refused:
        log.warning("machine refused", route=request.scope["route"].name, why=refused.why)
        raise


def _admitted(request: Request, desk: Desk) -> Machine:
    if not desk.issuers.callers:
        if request.client is not None and request.client.host in HERE_ADDRESSES:
            return HERE
        raise NotTrusted("this site has named no system that may call it, so only this machine itself may")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotTrusted("it carries no bearer token")
    audiences = audiences_of(request, desk)
    return machine_of(token.strip(), audiences, desk.issuers, desk.keys, desk.database, now=desk.now())


def audiences_of(request: Request, desk: Desk) -> frozenset[str]:
    """The addresses a token may be meant for: that of this very service; for FHIR also the base of all operations."""
    sites = {f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if desk.settings.origin:
        sites = {desk.settings.origin.rstrip("/")}
    path = request.url.path
    paths = {path, FHIR} if path.startswith(f"{FHIR}/") else {path}
    return frozenset(site + p for site in sites for p in paths)
