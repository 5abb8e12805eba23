"""Writes the ELM of the library Observations, which is written by hand, as the reference translator makes it.

    PYTHONPATH=tests python -m interop.write_elm
"""

from __future__ import annotations

import json
from pathlib import Path

import afterdisc.fhir.publish.cql as published
from interop.test_cql import shortened, translated

HERE = Path(published.__file__).parent

if __name__ == "__main__":
    elm = shortened(translated(HERE)["Observations"]["elm"])
    (HERE / "Observations.json").write_text(json.dumps(elm, separators=(",", ":")) + "\n", encoding="utf-8")
