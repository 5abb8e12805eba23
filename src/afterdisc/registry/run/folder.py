"""The folder of answers: made, held by one process at a time, emptied only of what a run has made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from afterdisc.errors import AnotherRun, RegistryError
from afterdisc.registry.run.journal import NAME as JOURNAL
from afterdisc.registry.run.parts import PEOPLE, REFUSED, WORK
from afterdisc.registry.run.receipt import NAME as RECEIPT

MADE_HERE = (PEOPLE, WORK, REFUSED, JOURNAL, RECEIPT)


@contextmanager
def held_folder(out: Path, source: Path, *, restart: bool) -> Iterator[None]:
    """The folder, held until the end; with `restart` emptied of an earlier run.

    Raises AnotherRun if it holds what no run has made or another process writes into it, RegistryError if it cannot be
    made or written, or if it and the source lie in each other.
    """
    _refuse_nested(out, source)
    if out.exists() and not out.is_dir():
        raise RegistryError(f"{out.name} is a file. Name a folder for the answers.")
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_foreign(out)
        journal = (out / JOURNAL).open("ab")
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise RegistryError(f"{out.name} cannot be written ({error.strerror}). Name a folder that you may write.") from None
    with journal:
        _hold(journal, out)
        if restart:
            _empty(out)
        yield


def _refuse_nested(out: Path, source: Path) -> None:
    ours, given = out.resolve(), source.resolve()
    if given.is_dir() and (ours.is_relative_to(given) or given.is_relative_to(ours)):
        raise RegistryError(f"{out.name} and {source.name} lie in each other: answers would be read as a source. Name another.")


def _refuse_foreign(out: Path) -> None:
    foreign = sorted(p.name for p in out.iterdir() if p.name not in MADE_HERE)
    if foreign or (any(out.iterdir()) and not (out / JOURNAL).exists()):
        raise AnotherRun(f"{out.name} holds other files ({', '.join(foreign[:3])}). Name an empty folder for the answers.")


def _hold(journal: IO[bytes], out: Path) -> None:
    """A lock that goes with the process, however it ends; where a file system has none, nobody is kept out."""
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows
        return
    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AnotherRun(f"another process is writing into {out.name}. Wait for its end, or stop it first.") from None
    except OSError:
        return


def _empty(out: Path) -> None:
    """The journal keeps its place, for it is held."""
    for name in MADE_HERE:
        path = out / name
        if path.is_dir():
            shutil.rmtree(path)
        elif name == JOURNAL:
            path.open("wb").close()
        else:
            path.unlink(missing_ok=True)
