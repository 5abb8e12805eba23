"""Every error Afterdisc raises on purpose, as one tree.

    AfterdiscError
    ├── KnowledgeError   a knowledge file is wrong
    │   ├── UnreadableKnowledge · UnknownKey · UncitedNumber · UndeclaredName · RuleCircle
    │   └── BadDistribution · BadCondition · MissingVignette · VignetteFailed
    ├── CaseError        an input is wrong
    │   ├── UnreadableCase · UnknownFinding · ImpossibleState · ImpossibleValue
    │   ├── ContradictoryFacts · OutOfScope
    │   └── UnreadableRecord   a FHIR record that cannot be read
    ├── ProgramError     a program can't be used
    │   └── StaleProgram · IncompatibleProgram
    ├── RadiographError  a film can't be measured
    │   └── UnreadableFilm · ImpossiblePoints
    ├── RegistryError    a registry can't be read or its answers can't be written
    │   └── UnreadableSource · UnreadableMap · ViewError · AnotherRun · NoRoom
    ├── HookError        a CDS Hooks call can't be answered
    │   └── BadHookCall · MissingData
    └── ClinicError      the clinic's record can't do what was asked
        ├── NotFound · NotPossible · RecordUnreachable
        └── DatabaseError: DatabaseBusy · DatabaseFull · DatabaseUnusable

A message says what is wrong, where, what was expected and how to mend it. It names findings, rules and rows,
never a patient's value.
"""

from __future__ import annotations


class AfterdiscError(Exception):
    """The root: catch this to catch everything Afterdisc raises on purpose."""

    exit_code = 1


class KnowledgeError(AfterdiscError):
    """A knowledge file is wrong. `where` is file:line, `mend` says what to do about it."""

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        place = f"{where}  " if where else ""
        advice = f"\n    {mend}" if mend else ""
        super().__init__(f"{place}{type(self).__name__}: {what}{advice}")


class UnreadableKnowledge(KnowledgeError):
    """A file is missing, is not YAML, or has another shape than its folder asks for."""


class UnknownKey(KnowledgeError):
    """A key that no reader knows: nearly always a slip of the pen."""


class UncitedNumber(KnowledgeError):
    """A number or a rule with neither facts nor a judgement."""


class UndeclaredName(KnowledgeError):
    """A finding, state, cause, treatment, investigation, fact or group that is declared nowhere."""


class RuleCircle(KnowledgeError):
    """Definitions that refer to each other in a circle."""


class BadDistribution(KnowledgeError):
    """Probabilities that are not between 0 and 1, or do not sum to 1, or contradict their way of combining."""


class BadCondition(KnowledgeError):
    """A line that is no condition."""


class MissingVignette(KnowledgeError):
    """A rule without a case in which it fires, or without one in which it stays silent."""


class VignetteFailed(KnowledgeError):
    """A named case beside a rule does not come out as it says."""


class CaseError(AfterdiscError):
    """An input is wrong. The message names the finding and what is possible, never the value."""

    exit_code = 4


class UnreadableCase(CaseError):
    """The input is no case: not JSON or YAML, or of another shape."""


class UnknownFinding(CaseError):
    """A finding that the vocabulary does not hold."""


class ImpossibleState(CaseError):
    """A state that this finding does not have."""


class ImpossibleValue(CaseError):
    """A number outside what is possible, or of another kind."""


class ContradictoryFacts(CaseError):
    """Two findings that cannot both be true."""


class UnreadableRecord(CaseError):
    """A FHIR record that cannot be read. `element` is a FHIRPath, `rule` a short name; the message holds no value of it."""

    def __init__(self, what: str, *, element: str = "", rule: str = "structure") -> None:
        self.element, self.rule = element, rule
        super().__init__(f"{element}: {what}" if element else what)


class OutOfScope(CaseError):
    """A person this knowledge is not about."""

    exit_code = 5


class ProgramError(AfterdiscError):
    """A compiled program can't be used."""

    exit_code = 6


class StaleProgram(ProgramError):
    """Compiled from another version of the knowledge than the one asked for."""


class IncompatibleProgram(ProgramError):
    """Written by another version of Afterdisc, or damaged."""


class RadiographError(AfterdiscError):
    """A film can't be measured. The message holds nothing of what is in the file."""


class UnreadableFilm(RadiographError):
    """The file is no picture that can be read here."""


class ImpossiblePoints(RadiographError):
    """Corners that no vertebra has, or a scale that is none."""


class RegistryError(AfterdiscError):
    """A registry can't be read, or its answers can't be written. The message names files, columns and rows, no value."""

    exit_code = 8


class UnreadableSource(RegistryError):
    """A file of a registry is damaged, empty, of an unknown kind, or holds other columns than findings."""


class UnreadableMap(RegistryError):
    """A map from a registry's columns to findings is wrong; the message begins with file:line."""


class ViewError(RegistryError):
    """A ViewDefinition (SQL on FHIR) that cannot be run; the message begins with the place in it."""


class AnotherRun(RegistryError):
    """The folder holds what another run, of other input, settings or knowledge, has begun or finished."""


class NoRoom(RegistryError):
    """There is no room left where the answers are written; what is written is safe, and the run can go on."""


class HookError(AfterdiscError):
    """A CDS Hooks call can't be answered. `element` is where in the call; the message holds no value of it."""

    def __init__(self, what: str, *, element: str = "") -> None:
        self.element = element
        super().__init__(f"{element}: {what}" if element else what)


class BadHookCall(HookError):
    """A call or a feedback that is not as CDS Hooks says."""


class MissingData(HookError):
    """What a service cannot do without was not sent, and could not be read from the caller's FHIR server either."""


class ClinicError(AfterdiscError):
    """The clinic's record can't do what was asked. The message names no person."""

    exit_code = 7


class RecordUnreachable(ClinicError):
    """Another system's record can't be read or written now; the message repeats nothing of what was sent or read.

    `status` is what that system answered (HTTP), 0 if nothing usable came.
    """

    def __init__(self, what: str, *, status: int = 0) -> None:
        self.status = status
        super().__init__(what)


class NotFound(ClinicError):
    """What was asked for is not in the record, or not for this person's eyes."""


class NotPossible(ClinicError):
    """The record is not in a state in which this can be done: a signed visit is not changed."""


class DatabaseError(ClinicError):
    """The database can't be used now."""


class DatabaseBusy(DatabaseError):
    """Another writer holds it; a later try will do."""


class DatabaseFull(DatabaseError):
    """There is no room left on the disk."""


class DatabaseUnusable(DatabaseError):
    """It cannot be opened or written, or is of another version."""


class Problems(KnowledgeError):
    """Everything that is wrong with a knowledge base, one problem after the other."""

    def __init__(self, problems: list[KnowledgeError]) -> None:
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__(f"{count} in the knowledge base\n" + "\n".join(str(p) for p in problems))
