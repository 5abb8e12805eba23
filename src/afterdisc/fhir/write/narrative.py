"""The words beside the data: escaped XHTML, made from the same values."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from afterdisc.fhir.write.shape import Json
from afterdisc.words.printable import printable

XHTML = "http://www.w3.org/1999/xhtml"


def narrative(title: str, lines: Iterable[str] = ()) -> Json:
    """A heading and a list."""
    items = "".join(f"<li>{_safe(line)}</li>" for line in lines if line)
    listed = f"<ul>{items}</ul>" if items else ""
    return {"status": "generated", "div": f'<div xmlns="{XHTML}"><p><b>{_safe(title)}</b></p>{listed}</div>'}


def _safe(text: str) -> str:
    return escape(printable(text), quote=True)


def percent(p: float) -> str:
    return f"{100 * p:.1f} %"
