"""May this machine call? By its token, where the site has named whom it trusts; else only from this machine itself."""

from __future__ import annotations

from ipaddress import ip_address

import structlog
from fastapi import Request

from afterdisc.service.desk import Desk, desk_of
from afterdisc.service.ehr.tokens import HERE, Machine, NotTrusted, machine_of

log = structlog.get_logger()
FHIR = "/fhir"
PASSED_ON = ("X-Forwarded-For", "Forwarded", "X-Real-IP")  # a proxy's words: whoever called it is not this machine


def admitted_machine(request: Request) -> Machine:
    """Who calls. Raises NotTrusted with the reason, which is logged by the name of the route."""
    try:
        return _admitted(request, desk_of(request))
    except NotTrusted as refused:
        log.warning("machine refused", route=request.scope["route"].name, why=refused.why)
        raise


def _admitted(request: Request, desk: Desk) -> Machine:
    issuers = desk.issuers
    if not issuers.is_readable:
        raise NotTrusted("this site does not know now whom it trusts", "")
    if not issuers.callers:
        if _is_here(request):
            return HERE
        raise NotTrusted("this site has named no system that may call it, so only this machine itself may", "")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotTrusted("it carries no bearer token", "")
    audiences = audiences_of(request, desk)
    return machine_of(token.strip(), audiences, issuers, desk.keys, desk.database, now=desk.now())


def _is_here(request: Request) -> bool:
    """Does this very machine call, and not a proxy on it for somebody else?"""
    if request.client is None or any(name in request.headers for name in PASSED_ON):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def audiences_of(request: Request, desk: Desk) -> frozenset[str]:
    """The addresses a token may be meant for: that of this very service; for FHIR also the base of all operations."""
    site = desk.settings.origin.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', '')}"
    path = request.url.path
    paths = {path, FHIR} if path.startswith(f"{FHIR}/") else {path}
    return frozenset(site + p for p in paths)
