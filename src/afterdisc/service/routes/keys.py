"""This site's public keys, for the record systems where it is registered."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from afterdisc.errors import NotFound, NotPossible
from afterdisc.service.desk import desk_of
from afterdisc.service.ehr.own_keys import public_keys

router = APIRouter()
log = structlog.get_logger()
KEPT = "public, max-age=600"  # as long as a new key needs to be known everywhere


@router.get("/.well-known/jwks.json", name="public_keys")
def keys(request: Request) -> Response:
    """The public halves, as a JWK set; there is no such page until `afterdisc ehr keys` has made them."""
    files = desk_of(request).key_files
    try:
        shown = public_keys(files) if files else None
    except NotPossible as error:  # what is wrong with them is nobody else's business
        log.error("keys cannot be shown", why=str(error))
        shown = None
    if shown is None:
        raise NotFound("this site has no keys that it could show.")
    return JSONResponse(shown, headers={"Cache-Control": KEPT})
