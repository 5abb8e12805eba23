"""Writes the report of the official SQL on FHIR v2 cases, in the suite's own format, into `reference/`.

    python docs/build_sql_on_fhir.py     (needs ../shared)
"""

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

if __name__ == "__main__":
    from functional.views.official import report

    with tempfile.TemporaryDirectory() as scratch:
        made = report(ROOT.parent / "shared" / "external" / "sql-on-fhir-v2", Path(scratch))
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    (ROOT / "docs" / "reference" / "sql-on-fhir-report.json").write_text(text, encoding="utf-8")
    every = [test["result"]["passed"] for file in made.values() for test in file["tests"]]
    print(f"{sum(every)} of {len(every)} official cases pass")
