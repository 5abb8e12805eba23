"""The scoreboard on published cases, and how few answers an assessment needs.

    python docs/build_evaluation.py tests/acceptance/cases

Writes two parts of `evaluation.md`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pages import DOCS, table, write_part

import afterdisc as ad
from afterdisc.review.scoreboard import scoreboard
from afterdisc.words.status import OFFERED

EXAMPLES = DOCS.parent / "examples"
MOST_QUESTIONS = 300


def main(folder: str) -> None:
    write_part("evaluation.md", "scoreboard", published(scoreboard(Path(folder))))
    write_part("evaluation.md", "budget", budget([json.loads(f.read_text()) for f in sorted(EXAMPLES.glob("*.json"))]))


# ------------------------------------------------------------------------------------------------- published cases


def published(board: dict[str, Any]) -> str:
    stages = [
        (name.replace("_", " "), s["cases"], f"{100 * s['top1']:.0f} %", f"{100 * s['top3']:.0f} %", f"{s['log_score']:.2f}")
        for name, s in board["stages"].items()
    ]
    safety = board["safety"]
    counts = [(name.replace("_", " "), n) for name, n in board["counts"].items()]
    counts.append(("safety cases that fail", f"{len(safety['failed'])} of {safety['cases']}"))
    first = "a reasonable cause first"
    return "\n\n".join(
        (
            f"Knowledge {board['knowledge']['version']}, fingerprint `{board['knowledge']['fingerprint']}`.",
            table(("stage", "cases", first, "final cause among three", "mean log score"), stages),
            table(("over all stages", "count"), counts),
        )
    )


# -------------------------------------------------------------------------------------------------- entry budget


def budget(examples: list[dict[str, Any]]) -> str:
    """After how many questions the urgency, the leading cause and the leading option no longer change."""
    rows = []
    for case in examples:
        steps = interview(case["findings"])
        rows.append((f"`{case['id']}`", len(steps) - 1, *(settled([s[i] for s in steps]) for i in range(3))))
    return table(("example", "questions asked", "urgency settled", "leading cause settled", "leading option settled"), rows)


def interview(known: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(urgency, leading cause, leading option) before the first and after each question, most useful question first.

    Results at hand (laboratory, imaging, tests, safety items) are entered before; a question the example holds no answer
    to is answered "not known" and counts as asked.
    """
    words = ad.load_program().book["findings"]
    asked_for = ("intake", "history", "exam", "review")
    entered = {f: v for f, v in known.items() if words[f]["asked_at"] not in asked_for}
    skipped: set[str] = set()
    steps = []
    for _ in range(MOST_QUESTIONS):
        answer = ad.assess({"id": "budget", "findings": entered}, intervals=False)
        steps.append(leading(answer))
        question = next((q["id"] for q in answer["questions"] if q["id"] not in skipped), None)
        if question is None:
            return steps
        if question in known:
            entered[question] = known[question]
        else:
            skipped.add(question)
    return steps


def leading(answer: dict[str, Any]) -> tuple[str, str, str]:
    offered = [t["id"] for t in answer["treatments"] if t["status"] in OFFERED and t["rung"] > 0]
    return answer["urgency"], answer["causes"][0]["id"], (offered or ["none"])[0]


def settled(values: list[str]) -> int:
    """After how many questions the last value is there to stay."""
    changed = [i for i, value in enumerate(values) if value != values[-1]]
    return changed[-1] + 1 if changed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
