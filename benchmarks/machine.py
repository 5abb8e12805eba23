"""What these figures were measured on."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("afterdisc", "numpy", "numba", "llvmlite", "pyagrum", "polars")


def machine() -> dict[str, Any]:
    """Processor, cores, how busy they are, and the version of everything that is compared."""
    return {
        "date": date.today().isoformat(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "load": load(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **{name: installed(name) for name in PACKAGES},
    }


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def load() -> float | None:
    """Processes waiting to run, over the last minute; figures taken above 1 deserve a second look."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
