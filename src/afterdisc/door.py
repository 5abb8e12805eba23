"""The public functions: one way in for every door.

Comes in: cases as dictionaries, batches or Arrow. Goes out: assessments and outcomes. Refuses to know: terminals, HTTP,
and which of them is calling.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from afterdisc.engine.evaluate import Outcome, evaluate_rows
from afterdisc.errors import IncompatibleProgram, ProgramError, StaleProgram
from afterdisc.intake import Batch, batch_from_cases
from afterdisc.program import Program, program_from_bytes, program_to_bytes
from afterdisc.report import assessments_of
from afterdisc.words.files import INSTALLED, cache_folder, stamp_of


@lru_cache(maxsize=4)
def load_program(folder: str | None = None) -> Program:
    """The compiled program of a knowledge folder, by default the installed one.

    Compiled once and kept in the user's cache under a stamp of the files, so a changed file is compiled anew. A cache
    that cannot be written or read is no error: the program is compiled again.
    """
    source = Path(folder) if folder else INSTALLED
    kept = cache_folder() / f"program-{stamp_of(source)}.bin"
    try:
        return program_from_bytes(kept.read_bytes())
    except (OSError, IncompatibleProgram):
        pass
    # Imported only when there is something to compile: a start is then twice as fast.
    from afterdisc.compile import compile_program
    from afterdisc.knowledge import read_knowledge

    data = program_to_bytes(compile_program(read_knowledge(source)))
    _keep(kept, data)
    return program_from_bytes(data)  # the very program that a later start reads from the cache


def program_from_file(path: Path | str, *, replay: bool = False) -> Program:
    """A program written by `afterdisc compile --out`, for example to answer again as of that day.

    Raises StaleProgram if it was compiled from other knowledge than is installed, unless `replay` says that this is
    meant; IncompatibleProgram if it is damaged or of another format; ProgramError if it cannot be read.
    """
    try:
        program = program_from_bytes(Path(path).read_bytes())
    except OSError as error:
        raise ProgramError(f"{Path(path).name} cannot be read ({error.strerror}). Check the path.") from None
    installed = load_program()
    if not replay and program.fingerprint != installed.fingerprint:
        raise StaleProgram(
            f"compiled from knowledge {program.version} ({program.fingerprint}), but {installed.version} "
            f"({installed.fingerprint}) is installed. Run `afterdisc compile` to use that, or add `--replay` to answer as of "
            f"{program.version}."
        )
    return program


def _keep(path: Path, data: bytes) -> None:
    """Write aside, then move into place: another process never sees half a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as handle:
            handle.write(data)
        os.replace(handle.name, path)
    except OSError:
        return


def assess(case: Mapping[str, Any], *, program: Program | None = None, intervals: bool = True) -> dict[str, Any]:
    """The whole assessment of one person at one evaluation, as plain data.

    case  `{"id": …, "findings": {finding: value}}`, or the findings alone; a finding that is missing or null is
          unknown, never "no". Ids, units and states: `afterdisc knowledge show findings`.

    Raises CaseError (UnknownFinding, ImpossibleState, ImpossibleValue, ContradictoryFacts, OutOfScope); its message
    names the finding and how to mend it, never a value. An empty case is answered: urgency "ask", with the first
    questions.
    """
    return next(assess_many([case], program=program, intervals=intervals))


def assess_many(
    cases: Iterable[Mapping[str, Any]], *, program: Program | None = None, intervals: bool = True
) -> Iterator[dict[str, Any]]:
    """Assessments of many cases, one after the other; each is what `assess` gives alone, to the last bit."""
    p = program or load_program()
    for case in cases:
        batch = batch_from_cases(p, [case])
        yield from assessments_of(p, batch, evaluate_rows(p, batch.rows), intervals=intervals)


def evaluate(program: Program, batch: Batch | Any) -> Outcome | Any:
    """The engine's outcome for a batch: urgency, truth of every rule, probability of every cause.

    batch  a `Batch` (gives an `Outcome` of NumPy arrays), or an Arrow table or record batch with one column a finding
           (gives an Arrow table: id, urgency, one probability a cause, one status a treatment). Needs the extra
           `arrow`.

    One row is one person at one evaluation. A row's result does not depend on the rows beside it.

    Raises CaseError for a table that holds what no case may hold; its message names column and row, never a value.
    """
    if isinstance(batch, Batch):
        return evaluate_rows(program, batch.rows)
    from afterdisc.intake.arrow import batches_from_arrow
    from afterdisc.report.arrow import table_of

    return table_of(program, batches_from_arrow(program, batch))
