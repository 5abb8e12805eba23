"""Signing in through the site's identity provider."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Query, Request, Response

from afterdisc.clinic import people
from afterdisc.errors import NotFound
from afterdisc.service.desk import Desk, desk_of
from afterdisc.service.failures import see_other
from afterdisc.service.oidc import Begun, ProviderError, begin, finish
from afterdisc.service.pages import page
from afterdisc.service.routes.door import come_in

router = APIRouter()
COOKIE = "afterdisc_oidc"
MINUTES = 10


def _redirect_uri(request: Request, desk: Desk) -> str:
    base = desk.settings.origin.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', '')}"
    return f"{base}/oidc/callback"


def _offered(desk: Desk) -> None:
    if not desk.settings.oidc_issuer:
        raise NotFound("this site has no identity provider. Sign in with a password.")


@router.get("/oidc/start", name="oidc_start")
def start(request: Request) -> Response:
    desk = desk_of(request)
    _offered(desk)
    url, begun = begin(desk.settings, _redirect_uri(request, desk))
    answer = see_other(url)
    kept = f"{begun.state}.{begun.nonce}.{begun.verifier}"
    answer.set_cookie(
        COOKIE, kept, max_age=60 * MINUTES, httponly=True, samesite="lax", secure=desk.settings.is_https, path="/oidc"
    )
    return answer


@router.get("/oidc/callback", name="oidc_callback")
def callback(
    request: Request, state: str = Query("", max_length=200), code: str = Query("", max_length=4000), error: str = ""
) -> Response:
    desk = desk_of(request)
    _offered(desk)
    kept = request.cookies.get(COOKIE, "").split(".")
    if error or not code or len(kept) != 3 or not hmac.compare_digest(kept[0].encode(), state.encode()):
        raise ProviderError("this sign-in was not begun here, took too long, or was refused. Sign in again.")
    who = finish(desk.settings, _redirect_uri(request, desk), Begun(*kept), code, now=desk.now().timestamp())
    with desk.database.writing() as session:
        account = people.account_of_provider(session, who, at=desk.at())
        may = account.is_active and bool(account.roles)
        token = people.sign_in(session, account, desk.now(), how="provider") if may else ""
    if not may:
        return page(request, "door/no_role.html", status=403, account=account)
    answer = come_in(desk, token, "/")
    answer.delete_cookie(COOKIE, path="/oidc")
    return answer
