"""Which other sites' pages may call the CDS Hooks services from a browser, and what is answered to a browser that asks first.

Discovery tells nothing of anybody and may be read from everywhere. What holds patients is answered to the origins that the
site names, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DISCOVERY = "/cds-services"
METHODS = {DISCOVERY: "GET, OPTIONS"}
METHODS_OF_A_SERVICE = "POST, OPTIONS"
TAKEN = "Authorization, Content-Type, If-None-Match"
GIVEN = "ETag, X-Afterdisc-Knowledge"
AN_HOUR = "3600"


class Cors:
    """Before everything else: a browser that asks first carries no token, so nothing may be asked of it."""

    def __init__(self, app: ASGIApp, *, origins: Callable[[], frozenset[str]]) -> None:
        self.app, self.origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == DISCOVERY or path.startswith(f"{DISCOVERY}/")):
            await self.app(scope, receive, send)
            return
        headers = self._headers(path, Headers(scope=scope).get("origin", ""))
        if scope["method"] == "OPTIONS":
            await self._first_asked(path, headers)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self.app(scope, receive, sending)

    def _headers(self, path: str, origin: str) -> dict[str, str]:
        """What a browser must see to hand the answer to the page; without it the page gets nothing."""
        seen = {"Vary": "Origin", "Access-Control-Expose-Headers": GIVEN}
        if path == DISCOVERY:
            return seen | {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        return seen | {"Access-Control-Allow-Origin": origin} if origin and origin in self.origins() else {"Vary": "Origin"}

    def _first_asked(self, path: str, headers: dict[str, str]) -> Response:
        methods = METHODS.get(path, METHODS_OF_A_SERVICE)
        if "Access-Control-Allow-Origin" not in headers:
            return Response(status_code=403, headers=headers | {"Allow": methods})
        allowed = {"Allow": methods, "Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": TAKEN}
        return Response(status_code=204, headers=headers | allowed | {"Access-Control-Max-Age": AN_HOUR})


def origin_of(url: str) -> str:
    """`https://ehr.example` of any address there; "" for none."""
    scheme, found, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower() if found else ""
