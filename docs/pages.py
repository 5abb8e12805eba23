"""Rewrites the parts of a page that a script makes: what stands between `<!-- NAME -->` and `<!-- /NAME -->`."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent


def write_part(page: str, name: str, text: str) -> None:
    """Replace one part of a page. The page must hold the part already."""
    path = DOCS / page
    before = path.read_text(encoding="utf-8")
    after, n = re.subn(
        rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", lambda m: f"{m[1]}\n{text.strip()}\n{m[2]}", before, flags=re.DOTALL
    )
    if n != 1:
        raise SystemExit(f"{page} holds the part `{name}` {n} times; it must hold it once")
    path.write_text(after, encoding="utf-8")
    print(f"{page}: {name}")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("---" for _ in head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])
