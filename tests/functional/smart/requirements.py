"""The rows of SMART App Launch 2.2 that bind an app. `python tests/functional/smart/requirements.py` writes the page anew."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from functional.requirement_table import EXTERNAL, ROOT, Requirements

HEAD = """# SMART App Launch 2.2, row by row

Every requirement of [SMART App Launch 2.2](https://hl7.org/fhir/smart-app-launch/STU2.2/) that binds an app, with the tests
that show it, or the reason why none does. `python tests/functional/smart/requirements.py` makes the page from the tests.
How to connect a record system is in [Launched from a record](../how-to/smart-launch.md).

"""
SMART = Requirements(
    listed_in=EXTERNAL / "smart" / "requirements-2.2-client.csv",
    reasons_in=Path(__file__).with_name("reasons.yaml"),
    page_in=ROOT / "docs" / "reference" / "smart-requirements.md",
    mark="smart",
    head=HEAD,
)

if __name__ == "__main__":
    SMART.write()
