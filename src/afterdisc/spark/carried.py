"""The program on its way to the workers: bytes, read once a worker process."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from afterdisc.program import Program, program_from_bytes, program_to_bytes


def carried(spark: Any, program: Program) -> Callable[[], bytes]:
    """A function for the workers that gives the program's bytes: broadcast where the session can, else in the closure."""
    data = program_to_bytes(program)
    try:
        kept = spark.sparkContext.broadcast(data)
    except Exception as error:  # a Spark Connect session has no context; the error classes differ between versions
        if "sparkContext" not in str(error) and "JVM" not in str(error):
            raise
        return lambda: data
    return lambda: bytes(kept.value)


@lru_cache(maxsize=2)
def program_of(data: bytes) -> Program:
    """The program of these bytes; in a worker, where each task uses one kernel thread, for Spark runs tasks side by side."""
    import numba

    numba.set_num_threads(1)
    return program_from_bytes(data)
