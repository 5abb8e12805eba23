"""wanted: a condition in the knowledge's own language, to draw only people in whom it is true."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import yaml

from afterdisc.compile.tape import TapeWriter
from afterdisc.engine.rules import batch_truth
from afterdisc.errors import BadCondition
from afterdisc.knowledge.base import KnowledgeBase
from afterdisc.knowledge.conditions import All, Any_, Condition, Probability, parse_condition, walk
from afterdisc.knowledge.names import URGENCY, resolved_condition
from afterdisc.knowledge.tree import tree_of
from afterdisc.program import Program, Tape

WHERE = "--where"


@dataclass(frozen=True)
class Wanted:
    """A condition made ready: `holds` says of rows [person, column] in whom it is true; unknown is not true."""

    text: str
    tape: Tape
    node: int

    def holds(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return np.asarray(batch_truth(self.tape, [self.node], rows)[:, 0] == 1)


def wanted(program: Program, base: KnowledgeBase, text: str) -> Wanted:
    """A condition as the rules write it: one line, lines joined by `and` or `or` (`and` binds closer), or YAML with all, any,
    not, at_least. Definitions and red flags may be named.

    Raises BadCondition or UndeclaredName, with a mend, for what is no condition and for what no drawn person has: a
    probability, the urgency, a medicine that no rule asks for.
    """
    condition = resolved_condition(base, _parsed(text), WHERE)
    for node in walk(condition):
        if isinstance(node, Probability) or getattr(node, "finding", "") == URGENCY:
            raise BadCondition("a draw knows no probability and no urgency", where=WHERE, mend="Ask for findings only.")
    writer = TapeWriter(program.columns)
    try:
        node_number = writer.add(condition)
    except KeyError as error:
        raise BadCondition(f"no rule asks for {error}, so nobody is drawn with it", where=WHERE) from None
    return Wanted(text, writer.tape(), node_number)


def _parsed(text: str) -> Condition:
    if "{" in text or "\n" in text:
        try:
            return parse_condition(tree_of(yaml.compose(text), WHERE), WHERE)
        except yaml.YAMLError:
            raise BadCondition(f"`{text}` is no YAML", where=WHERE) from None
    choices = [_all([parse_condition(part, WHERE) for part in re.split(r" and ", line)]) for line in re.split(r" or ", text)]
    return choices[0] if len(choices) == 1 else Any_(tuple(choices))


def _all(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else All(tuple(parts))

