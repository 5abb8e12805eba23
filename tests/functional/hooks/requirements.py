"""The rows of CDS Hooks 2.0 that bind a service. `python tests/functional/hooks/requirements.py` writes the page anew."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from functional.requirement_table import EXTERNAL, ROOT, Requirements

HEAD = """# CDS Hooks 2.0, row by row

Every requirement of [CDS Hooks 2.0](https://cds-hooks.hl7.org/2.0/) that binds a service, with the tests that show it, or the
reason why none does. `python tests/functional/hooks/requirements.py` makes the page from the tests.
How to connect a record system is in [CDS Hooks](../how-to/cds-hooks.md).

"""
CDS_HOOKS = Requirements(
    listed_in=EXTERNAL / "cds-hooks" / "requirements-2.0.csv",
    reasons_in=Path(__file__).with_name("reasons.yaml"),
    page_in=ROOT / "docs" / "reference" / "cds-hooks-requirements.md",
    mark="cds_hooks",
    head=HEAD,
)

if __name__ == "__main__":
    CDS_HOOKS.write()
