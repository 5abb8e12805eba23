"""What is made from a Program once and then kept with it: tables, generated rules, where its columns are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple

from afterdisc.program.program import Program

More = TypeVarTuple("More")
Made = TypeVar("Made")


def kept_with_program(make: Callable[[Program, *More], Made]) -> Callable[[Program, *More], Made]:
    """Make it at the first call; later calls with this very program, and the same further arguments, get the same object.

    It stays as long as the program does. It is not looked up by the fingerprint, for an altered copy
    (`dataclasses.replace`) carries that too and must not be answered from what was made of the original. Two threads
    may both make it at first; both then get the one that is kept.
    """

    @wraps(make)
    def kept(program: Program, *more: *More) -> Made:
        made, key = program.kept, (make, *more)
        if key not in made:
            made.setdefault(key, make(program, *more))
        found: Made = made[key]
        return found

    return kept
