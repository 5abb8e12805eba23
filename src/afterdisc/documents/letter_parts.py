"""The parts of the letter, from the assessment and from what was decided.

A line ends with the numbers of the works it rests on, `[2, 5]`; a J among them says that it rests on judgement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from afterdisc.documents.letter import Decided, Letter, Scored
from afterdisc.documents.paper import Banner, Pairs, Part, Points, Section, Table, Text
from afterdisc.report import phrases
from afterdisc.report.works import Works, author_year, is_judged, title, where
from afterdisc.words.days import day
from afterdisc.words.urgency import MEANING

Item = Mapping[str, Any]
N_CAUSES = 4
WORTH_A_ROW = 0.1  # a less probable cause is named below the table, unless it leads
WORTH_A_NAME = 0.03
N_WEIGHING = 3
N_UNKNOWN = 14
LONGEST_ADDRESS = 48
TOGETHER = 4  # so many numbers of works stay on one line
CHOICES = {"accept": "Accepted", "defer": "Deferred", "decline": "Declined"}
REVIEWED = {"accept": "To be judged on", "defer": "To be looked at again on"}
TONE = {"E0": "now", "E1": "now", "E2": "soon", "ask": "open", "E3": "calm"}
AFTER_A_LABEL = re.compile(r"$|:| \(not taken\)| (not )?[≥≤<>=!]| is recorded")  # what a condition says of its finding
OPEN_INTERVAL = "; wide interval, so more findings can change this"


def cited(works: Works, line: Item) -> str:
    """` [1, 4]`, with a J where the line rests on judgement; empty where it rests on nothing that can be named."""
    marks = [str(n) for n in works.numbers(dict(line))] + (["J"] if is_judged(dict(line)) else [])
    gap = ",\u00a0" if len(marks) <= TOGETHER else ", "
    return f" [{gap.join(marks)}]" if marks else ""


# ------------------------------------------------------------------------------------------------------ what must be seen


def urgency(a: dict[str, Any], works: Works, answers: Mapping[str, str]) -> Section:
    """How soon, every red flag that was raised with what to do, and every danger question nobody has answered."""
    parts: list[Part] = [Banner(a["urgency_meaning"], TONE[a["urgency"]], phrases.standing(a))]
    parts += [_raised(flag, works, answers) for flag in phrases.raised(a)]
    questions = phrases.must_ask(a)
    if questions:
        parts += [Text("Not answered yet, so danger is not ruled out:", is_strong=True), Points(tuple(questions))]
    return Section("Urgency", tuple(parts))


def _raised(flag: Item, works: Works, answers: Mapping[str, str]) -> Pairs:
    told = "; ".join(dict.fromkeys(_as_answered(x, answers) for x in phrases.decided(dict(flag))))
    why = f" Raised by: {told}." if told else ""
    return Pairs(((f"{flag['title']} ({MEANING[flag['urgency']].lower()})", f"{flag['action']}{cited(works, flag)}{why}"),))


def _as_answered(condition: str, answers: Mapping[str, str]) -> str:
    """What was answered, in place of the condition that it meets: `Leg pain now: 7 points` for `Leg pain now >= 1 points`."""
    label = max((known for known in answers if _is_about(condition, known)), key=len, default="")
    return f"{label}: {answers[label]}" if label else condition.replace(phrases.NOT_RECORDED, " is not known")


def _is_about(condition: str, label: str) -> bool:
    """One label may begin like another: `Leg pain now` and `Leg pain now (yes or no)`."""
    return condition.startswith(label) and AFTER_A_LABEL.match(condition, len(label)) is not None


def standing(a: dict[str, Any], works: Works) -> Section:
    """Where the person stands, and what is normal at this time; nothing reassuring while an emergency is open."""
    parts: list[Part] = [Text(f"{phrases.sentence(a['stage_label'])} {a['stage_says']}")]
    course = a["expected_course"]
    if course and phrases.reassures(a):
        said = f"Usual by now ({course['time'].lower()}): {course['normally_seen']} Not usual: {course['not_normal']}"
        parts.append(Text(said + cited(works, course)))
    parts += [Text(note["say"] + cited(works, note)) for note in a["notes"]]
    return Section("Where things stand", tuple(parts))


# ------------------------------------------------------------------------------------------------------------------ causes


def causes(a: dict[str, Any], works: Works, letter: Letter) -> Section:
    """The leading causes with their chance, its interval, a word for it, and what weighs most."""
    ranked = phrases.in_view(a)
    shown = [c for i, c in enumerate(ranked[:N_CAUSES]) if i == 0 or c["probability"] >= WORTH_A_ROW]
    rows = tuple((c["label"], _chance(c, letter), _weighing(c, works)) for c in shown)
    bars = tuple((c["probability"], *(c.get("interval") or (c["probability"],) * 2)) for c in shown)
    level = phrases.percent(a["interval_level"])
    caption = (
        f"Chance with its {level} interval, as known on the day. Several causes can be at work at once, so the chances need "
        "not add up to 100\u00a0%."
    )
    table = Table(caption, ("Cause", "Chance", "What weighs most"), rows, bars)
    return Section("Likely causes", (table, *_less_likely(ranked[len(shown) :])))


def _less_likely(causes: Sequence[Item]) -> tuple[Text, ...]:
    named = [f"{c['label']} {phrases.percent(c['probability'])}" for c in causes if c["probability"] >= WORTH_A_NAME]
    return (Text(f"Less likely: {'; '.join(named)}."),) if named else ()


def _chance(cause: Item, letter: Letter) -> str:
    p, band = cause["probability"], cause.get("interval")
    word = next((f", {word}" for least, word in letter.chance_words if p >= least), "")
    if not band:
        return f"{phrases.percent(p)}{word}"
    wide = OPEN_INTERVAL if band[1] - band[0] >= letter.wide_interval else ""
    return f"{phrases.percent(p)} ({phrases.interval(band)}){word}{wide}"


def _weighing(cause: Item, works: Works) -> str:
    lines = [w for w in phrases.weighing(dict(cause), N_WEIGHING) if w["found"]]
    if not lines:
        return "Only how common it is at this time; nothing found weighs yet." + cited(works, cause["prior"])
    said = (_side("For", lines, 1), _side("Against", lines, -1))
    return " ".join(s for s in said if s) + cited(works, _together(lines))


def _side(name: str, lines: Sequence[Item], sign: int) -> str:
    told = [f"{_lower(w['label'])}: {_lower(w['found'])}" for w in lines if w["weight"] * sign > 0]
    return f"{name}: {'; '.join(told)}." if told else ""


def _together(lines: Sequence[Item]) -> dict[str, Any]:
    """Lines told in one breath rest on what each of them rests on."""
    judged = any(is_judged(dict(line)) for line in lines)
    sources = list(dict.fromkeys(s for line in lines for s in line["sources"]))
    return {"sources": sources, "support": "judgement" if judged else "derived"}


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


# ---------------------------------------------------------------------------------------------------- decisions, next steps


def decisions(made: Iterable[Decided]) -> Section:
    rows = tuple((d.label, CHOICES[d.choice], _reason(d)) for d in made)
    return Section("What was decided", (Table("", ("Proposal", "Decision", "Reason"), rows),) if rows else ())


def _reason(d: Decided) -> str:
    said = [phrases.sentence(s) for s in (d.reason.strip(), d.text.strip()) if s]
    when = f"{REVIEWED.get(d.choice, 'To be looked at again on')} {day(d.review_on)}." if d.review_on else ""
    return " ".join([*said, when]).strip()


def next_steps(a: dict[str, Any], works: Works, made: Iterable[Decided], visit_on: str) -> Section:
    """What is proposed next, by when and why. What was declined is no next step any more."""
    choices = {d.label: d.choice for d in made}
    steps = [s for s in a["next_steps"] if s["kind"] != "question" and choices.get(s["label"]) != "decline"]
    rows = tuple((_step(s, choices), _when(s, visit_on), _why(s) + cited(works, s)) for s in steps)
    return Section("Next steps", (Table("", ("Step", "When", "Why"), rows),) if rows else ())


def _step(step: Item, choices: Mapping[str, str]) -> str:
    choice = choices.get(step["label"])
    return f"{step['label']} ({CHOICES[choice].lower()})" if choice else str(step["label"])


def _when(step: Item, visit_on: str) -> str:
    return f"{MEANING[step['urgency']]} (from {day(visit_on)})" if step.get("urgency") else "No fixed date"


def _why(step: Item) -> str:
    """Without the number of the rule, which says nothing outside."""
    why = re.sub(r"^[A-Z]+\d+: ", "", step["why"])
    return " ".join([phrases.sentence(why) if why else "May tell the causes apart.", *step["checks"]])


# ----------------------------------------------------------------------------------------------------------- what was found


def found(
    groups: Iterable[tuple[str, tuple[tuple[str, str], ...]]], unknown: Sequence[str], seen: Iterable[Scored] = ()
) -> Section:
    """Known findings by group: what is there, then what was asked and is not; at last what nobody knows."""
    scores = "; ".join(f"{s.label}: {s.value} ({day(s.on)})" for s in seen)
    rows = [("Scores", f"{scores}.")] if scores else []
    rows += [(group, _told(lines)) for group, lines in groups]
    if unknown:
        more = len(unknown) - N_UNKNOWN
        rest = f"; and {more} more" if more > 0 else ""
        rows.append(("Not known", f"{'; '.join(unknown[:N_UNKNOWN])}{rest}. Not known does not mean no."))
    return Section("What was found", (Pairs(tuple(rows)),) if rows else (), is_small=True)


def _told(lines: Iterable[tuple[str, str]]) -> str:
    lines = list(lines)
    there = [f"{label}: {answer}" for label, answer in lines if not _is_no(answer)]
    absent = [label + answer.removeprefix("no") for label, answer in lines if _is_no(answer)]
    said = ["; ".join(there) + "." if there else "", f"Asked and not present: {'; '.join(absent)}." if absent else ""]
    return " ".join(s for s in said if s)


def _is_no(answer: str) -> bool:
    return answer == "no" or answer.startswith("no (")


# ------------------------------------------------------------------------------------------------------ what it rests on


def sources(works: Works) -> Section:
    lines = tuple(f"[{n}] {_work(work)}" for n, work, _ in works.cited)
    judged = Text("J: rests on judgement, alone or beside the works named. The reasons stand in the assessment itself.")
    return Section("Sources", (Points(lines, is_told_by_number=True), judged) if lines else (judged,), is_small=True)


def _work(work: Item) -> str:
    said = [phrases.sentence(s) for s in (author_year(dict(work)), title(dict(work))) if s]
    return " ".join([*said, _address(where(dict(work)))]).strip()


def _address(place: str) -> str:
    """Where to find a work, short enough for paper: a long web address by its host alone."""
    short = re.sub(r"^https?://(www\.)?", "", place)
    return short if short == place or len(short) <= LONGEST_ADDRESS else short.partition("/")[0].partition(":")[0]


def how_made(a: dict[str, Any]) -> Section:
    k = a["knowledge"]
    made = f"Written with Afterdisc {a['software']['version']}, knowledge {k['version']}, fingerprint {k['fingerprint']}."
    return Section("How this letter was made", (Text(f"{made} {a['intended_use']}"),), is_small=True)
