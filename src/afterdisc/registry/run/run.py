"""run_registry: every row of a source assessed, written, accounted for; a run cut short goes on where it was."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterdisc.errors import AnotherRun, RegistryError, UnreadableSource
from afterdisc.program import Program
from afterdisc.registry.columns import SOURCE_FILE, SOURCE_ROW
from afterdisc.registry.files.pieces import Piece, pieces_of, row_count
from afterdisc.registry.files.sources import SourceFile, sha256_of, source_files
from afterdisc.registry.run.findings import FindingsOf
from afterdisc.registry.run.folder import held_folder
from afterdisc.registry.run.journal import Done, Journal
from afterdisc.registry.run.parts import PEOPLE, REFUSED, WORK, join_refused, people_part, room_needed, write_part
from afterdisc.registry.run.receipt import read_receipt, receipt_of, write_receipt
from afterdisc.registry.run.stages import Stage, fhir_stage, follow_up_stage, staged, table_stage

ROWS_A_PART = 65_536
Progress = Callable[[str, int, int | None], None]  # what is done, rows done, rows in all if known


@dataclass(frozen=True)
class Settings:
    """What a run is asked for.

    source, out  a file or a folder; the folder of answers
    map_file     from the registry's own columns to findings
    as_of        an ISO date: one row a person as on that day; each_visit: one row a visit, with what was known then
    without      columns that are left out
    """

    source: Path
    out: Path
    map_file: Path | None = None
    as_of: str | None = None
    each_visit: bool = False
    intervals: bool = True
    without: tuple[str, ...] = ()
    rows_a_part: int = ROWS_A_PART
    n_threads: int = 1
    restart: bool = False


def run_registry(
    program: Program,
    settings: Settings,
    *,
    today: str,
    clock: Callable[[], str],
    command: str = "",
    progress: Progress = lambda what, done, total: None,
) -> dict[str, Any]:
    """Run, or go on with, and return the receipt, which is written last.

    today  ISO date: a FHIR export is read as of it unless `as_of` says another
    clock  gives the time for the receipt

    A file that is damaged is told in the receipt (`complete` is then false); the rows before the damage and the other
    files are assessed. Raises RegistryError or CaseError for what stops the whole run; what is written stays good.
    """
    with room_needed(settings.out):
        return _Run(program, settings, today, clock, command, progress).receipt()


class _Run:
    def __init__(
        self, program: Program, s: Settings, today: str, clock: Callable[[], str], command: str, progress: Progress
    ) -> None:
        self.program, self.s, self.today, self.clock, self.command, self.progress = program, s, today, clock, command, progress
        self.begun = clock()
        self.files, self.not_read = source_files(s.source)
        self.problems: list[dict[str, str]] = []
        self.stages: list[Stage] = []

    def receipt(self) -> dict[str, Any]:
        with held_folder(self.s.out, self.s.source, restart=self.s.restart):
            made = self._made()
            shutil.rmtree(self.s.out / WORK, ignore_errors=True)
        return made

    def _made(self) -> dict[str, Any]:
        said = self._said()
        journal = Journal(self.s.out, said)
        finished = read_receipt(self.s.out)
        if finished is not None:
            return finished
        self._refuse_changed_parts(journal)
        for name in (PEOPLE, WORK):
            (self.s.out / name).mkdir(exist_ok=True)
        self._assess_all(journal, self._staged_files())
        join_refused(self.s.out, len(journal.done), [self.s.out / WORK / stage.name / REFUSED for stage in self.stages])
        receipt = receipt_of(
            self.program, self.s.out, journal, command=self.command, settings=said, files=self.files, stages=self.stages,
            problems=self.problems, not_read=self.not_read, begun=self.begun, ended=self.clock(),
        )  # fmt: skip
        write_receipt(self.s.out, receipt)
        return receipt

    def _said(self) -> dict[str, Any]:
        """What decides the answers: another run in the same folder must agree in all of it."""
        s = self.s
        return {
            "knowledge": self.program.fingerprint,
            "sources": [[f.name, f.stamp] for f in self.files],
            "map": sha256_of(s.map_file) if s.map_file else None,
            "as_of": s.as_of or (self.today if self.files[0].kind == "ndjson" else None),
            "each_visit": s.each_visit,
            "intervals": s.intervals,
            "without": list(s.without),
            "rows_a_part": s.rows_a_part,
        }

    def _refuse_changed_parts(self, journal: Journal) -> None:
        for done in journal.done:
            path = people_part(self.s.out, done.part)
            if done.sha256 and not (path.exists() and sha256_of(path) == done.sha256):
                raise AnotherRun(f"{path.name} was changed or removed since it was written. Add --restart to begin again.")

    # -- before the assessment -----------------------------------------------------------------------------------

    def _staged_files(self) -> list[SourceFile]:
        """The files that hold what is assessed row by row: the source itself, or what the stages before made of it."""
        if self.files[0].kind == "ndjson":
            self._refuse_settings_of_tables()
            at = self.s.as_of or self.today
            return self._stage("fhir", fhir_stage(self.program, self.s.source, self.problems, at=at))
        self.to_findings = FindingsOf.checked(self.program, self.files, self.s.map_file, self.s.without, self.problems)
        good = [f for f in self.files if f.name not in {p["source"] for p in self.problems}]
        if not good:
            raise UnreadableSource(self.problems[0]["what"])
        if not (self.s.as_of or self.s.each_visit):
            return good
        files = self._stage("findings", table_stage(self._pieces(good, {}, "rows read"), self.to_findings))
        return self._stage("follow_up", follow_up_stage(self.program, files, as_of=self.s.as_of, each_visit=self.s.each_visit))

    def _stage(self, name: str, make: Callable[[Path], Stage]) -> list[SourceFile]:
        stage, files = staged(self.s.out, name, make, self.problems)
        self.stages.append(stage)
        self.to_findings = FindingsOf.plain(self.program)
        return files

    def _refuse_settings_of_tables(self) -> None:
        given = {"--map": self.s.map_file, "--without": self.s.without, "--each-visit": self.s.each_visit}
        meant = [name for name, value in given.items() if value]
        if meant:
            raise RegistryError(f"{', '.join(meant)} is for tables. FHIR is read as the knowledge says, one row a person.")

    # -- row by row ----------------------------------------------------------------------------------------------

    def _assess_all(self, journal: Journal, files: list[SourceFile]) -> None:
        pieces = self._pieces(files, journal.rows_done(), "people assessed", begun=sum(d.n_in for d in journal.done))
        with ThreadPoolExecutor(self.s.n_threads, initializer=_one_kernel_thread) as pool:
            waiting: deque[Future[Done]] = deque()
            number = len(journal.done)
            try:
                for piece in pieces:
                    waiting.append(pool.submit(self._assess, piece, number))
                    number += 1
                    if len(waiting) > self.s.n_threads:
                        journal.note(waiting.popleft().result())
                while waiting:
                    journal.note(waiting.popleft().result())
            finally:
                for future in waiting:
                    future.cancel()

    def _assess(self, piece: Piece, number: int) -> Done:
        from afterdisc.registry.outcomes import outcomes

        table, refused = self.to_findings(piece)
        answers, wrong = outcomes(self.program, _one_batch(table), intervals=self.s.intervals)
        n_refused = len({row for _, row, _, _ in refused}) + len({refusal.row for refusal in wrong})
        for refusal in wrong:
            file, row = (table.column(name)[refusal.row].as_py() for name in (SOURCE_FILE, SOURCE_ROW))
            refused.append((file, row, refusal.column, refusal.reason))
        digest = write_part(self.s.out, number, _table(answers), sorted(refused))
        return Done(number, piece.file.name, piece.first_row, piece.n_rows, answers.num_rows, n_refused, digest)

    def _pieces(self, files: list[SourceFile], done: dict[str, int], what: str, begun: int = 0) -> Iterator[Piece]:
        """The pieces of all files, one file after the other; a damaged one is noted, and the next is read."""
        counts = [row_count(f) for f in files]
        total = None if None in counts else sum(c or 0 for c in counts)
        n = begun
        self.progress(what, n, total)
        for file in files:
            try:
                for piece in pieces_of(file, self.s.rows_a_part, skip=done.get(file.name, 0)):
                    yield piece
                    n += piece.n_rows
                    self.progress(what, n, total)
            except UnreadableSource as error:
                self.problems.append({"source": file.name, "what": str(error)})


def _one_kernel_thread() -> None:
    import numba

    numba.set_num_threads(1)


def _one_batch(table: Any) -> Any:
    import pyarrow as pa

    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)


def _table(batch: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_batches([batch])
