"""The lock files pin everything, agree with each other, and name no index."""

import re

import pytest
from fenced_blocks import ROOT

LOCKS = ["requirements-uv.lock", "requirements.lock", "requirements-dev.lock"]


def pins_of(lock: str) -> dict[str, str]:
    """Each requirement line with the hashes that follow it."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^(\S.*?) \\\n((?: +--hash=\S+(?: \\)?\n)+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_version_with_hashes(lock: str) -> None:
    lines = [line for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if re.match(r"[^\s#]", line)]
    pins = pins_of(lock)
    assert lines
    assert [line.removesuffix(" \\") for line in lines] == list(pins)
    assert all(re.match(r"[a-z0-9-]+==[^=*]+", pin) for pin in pins)


def test_the_development_lock_holds_the_run_time_lock() -> None:
    assert pins_of("requirements.lock").items() <= pins_of("requirements-dev.lock").items()
