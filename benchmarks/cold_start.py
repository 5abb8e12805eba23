"""How long a fresh `afterdisc assess FILE` takes once everything is installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from figures import Contender, Figure, interleaved, progress, seconds, spread, under

ROOT = Path(__file__).resolve().parent.parent
CASE = ROOT / "examples" / "returning-leg-pain.json"
IMPORTS = (sys.executable, "-c", "import numba, numpy")


def measure(rounds: int) -> Iterator[Figure]:
    """The figures of this file."""
    progress(f"cold start: {rounds} fresh processes each")
    assess = (*command(), "assess", str(CASE))
    contenders = [Contender("assess", lambda: start(assess)), Contender("imports", lambda: start(IMPORTS))]
    times = interleaved(contenders, rounds)
    yield under(
        "cold start of `afterdisc assess FILE`",
        seconds(times["assess"]),
        1.5,
        "s",
        note=f"by {Path(assess[0]).name}",
        assess_s=spread(times["assess"], 1),
    )
    yield Figure('cold start of `python -c "import numba, numpy"`', seconds(times["imports"]), "s")


def command() -> Sequence[str]:
    """The console script beside this interpreter, else the module."""
    script = Path(sys.executable).parent / "afterdisc"
    return (str(script),) if script.exists() else (sys.executable, "-m", "afterdisc.cli")


def start(words: Sequence[str]) -> None:
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(words)}` ended with {done.returncode}: {done.stderr.strip()[-500:]}")
