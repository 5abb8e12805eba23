"""Every setting of the workspace stands in the manual, with the default it really has."""

import re

import pytest
from fenced_blocks import ROOT

from afterdisc.service.settings import Settings

PAGE = (ROOT / "docs/how-to/run-the-workspace.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `AFTERDISC_(\w+)` \| (.+?) \|", PAGE, re.MULTILINE))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_documented_with_its_default(name: str) -> None:
    default = Settings.model_fields[name].default
    assert name.upper() in ROWS, f"how-to/run-the-workspace.md lacks AFTERDISC_{name.upper()}"
    shown = ROWS[name.upper()]
    assert shown.startswith("none") if default == "" else shown == f"`{default}`"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert set(ROWS) == {name.upper() for name in Settings.model_fields} | {"DATA"}
