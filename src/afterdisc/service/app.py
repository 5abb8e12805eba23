"""The workspace as an ASGI application."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.types import Scope

from afterdisc.service import failures
from afterdisc.service.access import ACCESS
from afterdisc.service.cors import Cors, origin_of
from afterdisc.service.desk import Desk
from afterdisc.service.guard import Envelope, ours
from afterdisc.service.pages import REPORT_STATIC, SHARED, STATIC
from afterdisc.service.routes import ROUTERS

TITLE = "Afterdisc workspace"


def create_app(desk: Desk) -> FastAPI:
    """Everything wired: routes, who may use them, headers, errors. Raises if a route has no entry in `access`."""
    app = FastAPI(title=TITLE, version=desk.program.version, dependencies=[Depends(ours)], docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.router.redirect_slashes = False
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Files(), name="static")
    failures.handle(app)
    app.add_middleware(
        Envelope,
        most_bytes=int(desk.settings.most_upload_mb * 1e6),
        is_https=desk.settings.is_https,
        by_accident=failures.by_accident,
        note=desk.metrics.note,
    )
    app.add_middleware(Cors, origins=lambda: origins_of(desk))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(desk), www_redirect=False)
    _everything_has_access()
    return app


class Files(StaticFiles):
    """Our static files and the report's style sheet; an address with its version may be kept for good."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)
        self.all_directories = [STATIC, REPORT_STATIC]

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path.endswith((".py", ".md", ".html")) or ((REPORT_STATIC / path).exists() and path not in SHARED):
            raise HTTPException(404)
        answer = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v="):
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def origins_of(desk: Desk) -> frozenset[str]:
    """Whose pages may call the CDS Hooks services: those the site names, and those of the record systems it trusts."""
    named = (o.strip().rstrip("/").lower() for o in desk.settings.hooks_origins.split(","))
    trusted = (origin_of(issuer.hooks.issuer) for issuer in desk.issuers.all if issuer.hooks)
    return frozenset(o for o in (*named, *trusted) if o)


def _hosts(desk: Desk) -> list[str]:
    return ["*"] if "*" in desk.settings.hosts else [h.strip("[]") if h != "[::1]" else h for h in desk.settings.hosts]


def routes() -> list[APIRoute]:
    """Every route of the workspace, static files apart."""
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def _everything_has_access() -> None:
    missing = [route.name for route in routes() if route.name not in ACCESS]
    if missing:
        raise LookupError(f"no entry in service.access for: {', '.join(missing)}")
