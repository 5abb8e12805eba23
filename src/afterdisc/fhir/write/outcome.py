"""OperationOutcome: what is wrong, at which element, by which rule; never a value of the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from afterdisc import errors
from afterdisc.fhir.write.shape import Json, resource

CODES: Mapping[type[errors.AfterdiscError], str] = {  # the nearest class counts; codes of IssueType
    errors.UnreadableCase: "structure",
    errors.UnknownFinding: "code-invalid",
    errors.ImpossibleState: "code-invalid",
    errors.ImpossibleValue: "value",
    errors.ContradictoryFacts: "business-rule",
    errors.OutOfScope: "business-rule",
    errors.CaseError: "invalid",
    errors.NotFound: "not-found",
    errors.NotPossible: "conflict",
    errors.DatabaseBusy: "lock-error",
    errors.DatabaseFull: "no-store",
    errors.DatabaseError: "transient",
    errors.ClinicError: "processing",
}
RULES: Mapping[str, str] = {"version": "not-supported"}  # short names of ours that are no issue types
ISSUE_TYPES = frozenset(
    {
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "incomplete",
        "throttled",
        "informational",
    }
)


@dataclass(frozen=True)
class Issue:
    """One line of an OperationOutcome: `code` of IssueType, `element` a FHIRPath, `rule` the name of what was broken."""

    code: str
    say: str
    element: str = ""
    rule: str = ""
    severity: str = "error"  # fatal | error | warning | information


def outcome_of(issues: Iterable[Issue | errors.AfterdiscError]) -> Json:
    """One issue a line; an error is told by its message, which names no value. None at all: that all is well."""
    listed = [issue if isinstance(issue, Issue) else issue_of(issue) for issue in issues]
    listed = listed or [Issue("informational", "All is well.", severity="information")]
    return resource("OperationOutcome", issue=[_line(issue) for issue in listed])


def issue_of(error: errors.AfterdiscError) -> Issue:
    """An error as a line; its `element` and `rule` are used where it has them."""
    rule, element = str(getattr(error, "rule", "")), str(getattr(error, "element", ""))
    known = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), "exception")
    return Issue(rule if rule in ISSUE_TYPES else RULES.get(rule, known), str(error), element, rule or type(error).__name__)


def _line(issue: Issue) -> Json:
    return {
        "severity": issue.severity,
        "code": issue.code,
        "details": {"text": issue.rule},
        "diagnostics": issue.say,
        "expression": [issue.element] if issue.element else [],
    }
