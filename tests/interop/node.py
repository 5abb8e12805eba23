"""Running what is under tests/node; a test that needs it is skipped where Node or a package of it is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

NODE = Path(__file__).resolve().parents[1] / "node"


def needs(*packages: str) -> None:
    """Skip, with one line, unless Node and these packages are there."""
    missing = [p for p in packages if not (NODE / "node_modules" / p).is_dir()]
    if shutil.which("node") is None or missing:
        pytest.skip(f"needs Node and its packages ({', '.join(missing or packages)}): npm ci in tests/node")


def node(*words: str, stdin: str = "", timeout: float = 600, **environment: str) -> str:
    """What a script prints; it must end well."""
    ran = subprocess.run(
        ["node", *words], cwd=NODE, input=stdin, capture_output=True, text=True, timeout=timeout, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert ran.returncode == 0, (ran.stderr or ran.stdout)[-3000:]
    return ran.stdout


def lines(*words: str, given: Iterable[Any], at_once: int = 2) -> list[Any]:
    """One JSON line out for each in, by several processes side by side."""
    texts = [json.dumps(each) for each in given]
    parts = [texts[i::at_once] for i in range(at_once) if texts[i::at_once]]
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda part: node(*words, stdin="\n".join(part)).splitlines(), parts))
    out: list[Any] = [None] * len(texts)
    for i, answered in enumerate(answers):
        out[i::at_once] = [json.loads(line) for line in answered]
    return out
