"""From a template to a page: one environment, and what every page is given."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader

from afterdisc.report import phrases
from afterdisc.report.page import FILTERS
from afterdisc.report.page import loader as report_templates
from afterdisc.service import show
from afterdisc.service.desk import desk_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
REPORT_STATIC = Path(str(files("afterdisc.report"))) / "static"
SHARED = {"assessment.css"}  # files of the report that the workspace serves too


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Our templates and the report's parts."""
    loader = ChoiceLoader(
        [
            PackageLoader("afterdisc.service", "templates"),
            report_templates(),
        ]
    )
    env = Environment(
        loader=loader, autoescape=True, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    env.filters |= FILTERS | show.FILTERS
    env.globals |= {"say": phrases, "show": show, "asset": asset}
    return env


@lru_cache(maxsize=256)
def asset(name: str) -> str:
    """The address of a static file; it changes when the file does, so browsers may keep it for good."""
    import hashlib

    folder = REPORT_STATIC if name in SHARED else STATIC
    return f"/static/{name}?v={hashlib.sha256((folder / name).read_bytes()).hexdigest()[:10]}"


def fragment(request: Request, template: str, **values: Any) -> str:
    """A piece of a page as text."""
    desk = desk_of(request)
    visitor = getattr(request.state, "visitor", None)
    shared = {
        "request": request,
        "visitor": visitor,
        "knowledge": desk.program,
        "book": desk.program.book,
        "today": desk.today(),
        "desk": desk,
    }
    return environment().get_template(template).render(shared | values)


def page(
    request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A whole page, or a piece of one."""
    return HTMLResponse(fragment(request, template, **values), status_code=status, headers=headers)


def wants_fragment(request: Request) -> bool:
    return request.headers.get("HX-Request") == "true"
