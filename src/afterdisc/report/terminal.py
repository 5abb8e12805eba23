"""The terminal page: what a clinician reads in a minute, most urgent first."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from afterdisc.report import phrases as say
from afterdisc.report.phrases import Item, Labels
from afterdisc.report.works import Works, author_year, is_confirmed, is_judged, title, where
from afterdisc.words.status import MEANING

if TYPE_CHECKING:
    from afterdisc.report.sheet import Part, Sheet

N_CAUSES = 6
N_COMBINATIONS = 3
WORTH_REASONS = 0.05  # a less probable cause is named without its findings
TOO_SMALL = 0.01
NARROW_BAR, WIDE_BAR = 12, 24
WIDEST = 110
NEVER_SPLIT = ";\u00a0"
URGENT = {"E0": "bold white on red", "E1": "bold red", "E2": "bold yellow", "ask": "bold magenta", "E3": "bold green"}
STYLE = {"recommended": "green", "option": "cyan", "caution": "yellow", "reduce_dose": "yellow", "avoid": "red"}


def render_terminal(assessment: Item, *, width: int | None = None, colour: bool = False) -> str:
    """What does the assessment say, on one terminal page?

    width   columns to fill; by default those of the terminal, at most 110
    colour  False gives plain text, without a single escape code
    """
    from afterdisc.report.sheet import Sheet

    columns = width or min(shutil.get_terminal_size((100, 24)).columns, WIDEST)
    page = TerminalPage(assessment, Sheet(columns, colour=colour))
    page.write()
    return page.sheet.text


class TerminalPage:
    """Writes one assessment on a sheet, part by part; numbers the works it cites on the way."""

    def __init__(self, assessment: Item, sheet: Sheet) -> None:
        self.a, self.sheet = assessment, sheet
        self.works, self.labels = Works(assessment["sources"]), Labels(assessment)

    def write(self) -> None:
        knowledge = f"knowledge {self.a['knowledge']['version']}"
        self.sheet.ends((f"Afterdisc · case {self.a['id']}", "bold"), (knowledge, "dim"))
        self.urgency()
        self.stage()
        self.causes()
        self.next_steps()
        self.offered()
        self.not_offered()
        self.guidelines()
        self.notes()
        self.sources()
        self.colophon()

    # -- red flags and stage ---------------------------------------------------------------------------------------

    def urgency(self) -> None:
        urgency, sheet = self.a["urgency"], self.sheet
        sheet.heading("Urgency")
        sheet.line((f" {urgency} · {self.a['urgency_meaning']} ", URGENT[urgency]))
        sheet.line(say.standing(self.a))
        for flag in say.raised(self.a):
            self._red_flag(flag)
        self._cannot_be_cleared()
        self._unsettled()

    def _red_flag(self, flag: Item) -> None:
        style = URGENT[flag["urgency"]]
        self.sheet.item(("▲", style), (flag["title"], "bold"), f"  ({flag['id']}, {flag['urgency']})")
        self.sheet.item("Do:", flag["action"], self._mark(flag), indent=2, hang=12)
        if flag["decided_by"]:
            self.sheet.item(("Decided by:", "dim"), "; ".join(say.decided(flag)), indent=2, hang=12)

    def _cannot_be_cleared(self) -> None:
        flag, about = say.raised_ask(self.a), say.must_ask_about(self.a)
        if not about and flag is None and self.a["urgency"] != "ask":
            return
        words = ", ".join(about) or (flag["title"] if flag else "the open questions below")
        self.sheet.item(("?", URGENT["ask"]), (f"Cannot be cleared: ask about {words}", "bold"), " (see Next steps).")
        if flag:
            self.sheet.item("Do:", flag["action"], self._mark(flag), indent=2, hang=12)

    def _unsettled(self) -> None:
        open_flags = say.unsettled(self.a)
        soon = [f["title"] for f in open_flags if f["urgency"] in ("E0", "E1")]
        words = f"Not ruled out for want of an answer: {say.plural(len(open_flags), 'red flag')}"
        if soon:
            words += f", {len(soon)} of them emergency or same-day ({'; '.join(soon[:4])}{' …' if soon[4:] else ''})"
        if open_flags:
            self.sheet.line((f"{words}.", "dim"))

    def stage(self) -> None:
        self.sheet.heading("Where the person stands")
        self.sheet.line((self.a["stage_label"], "bold"))
        self.sheet.line(self.a["stage_says"])
        course = self.a["expected_course"]
        if course:
            normal = f"normal: {course['normally_seen']} " if say.reassures(self.a) else ""
            words = f"{course['time']} after the operation: {normal}Not normal: {course['not_normal']}"
            self.sheet.line(words, self._mark(course))

    # -- causes ----------------------------------------------------------------------------------------------------

    def causes(self) -> None:
        self.sheet.heading("Causes", "chance, interval; █ at least, ▓ estimate, ░ at most")
        shown = say.in_view(self.a)[:N_CAUSES]
        for place, cause in enumerate(shown):
            if place < 2 or cause["probability"] >= TOO_SMALL:
                self._cause(cause, with_reasons=place == 0 or cause["probability"] >= WORTH_REASONS)
        aside = say.set_aside(self.a)
        if aside:
            self.sheet.item("·", (f"{aside['label']}: set aside while a red flag is open.", "dim"))
        self._combinations()

    def _cause(self, cause: Item, *, with_reasons: bool) -> None:
        from afterdisc.report.sheet import bar

        p, band = cause["probability"], cause.get("interval")
        cells = NARROW_BAR if self.sheet.width < 100 else WIDE_BAR
        chance, drawn = (f"{say.percent(p):>5}", "bold"), (bar(p, band, cells), "cyan")
        self.sheet.row([(chance, 6), (f"{say.interval(band):>9}", 11), (drawn, cells + 2)], (cause["label"], "bold"))
        for line in say.weighing(cause, 3) if with_reasons else []:
            sign = "+" if line["weight"] > 0 else "−"
            found = f": {line['found']}" if line["found"] else ""
            self.sheet.item(sign, f"{line['label']}{found}  {say.times(line['weight'])}", self._mark(line), indent=6)

    def _combinations(self) -> None:
        lines = [c for c in say.sets(self.a) if len(c["causes"]) > 1 and c["probability"] >= TOO_SMALL]
        if lines:
            self.sheet.line(("Together:", "dim"))
        for line in lines[:N_COMBINATIONS]:
            self.sheet.item(f"{say.percent(line['probability']):>5}", say.together(self.a, line), hang=6)

    # -- next steps ------------------------------------------------------------------------------------------------

    def next_steps(self) -> None:
        self.sheet.heading("Next steps", "in this order")
        if not self.a["next_steps"]:
            self.sheet.line("Nothing further would change the plan.")
        for n, step in enumerate(self.a["next_steps"], 1):
            self._step(n, step)
        for rule in self.a["imaging"]:
            self.sheet.item(("i", "cyan"), f"{rule['title']}: {rule['say']}", self._mark(rule), hang=4)
        for test in self.a["not_now"]:
            self.sheet.item(("✕", "red"), f"Not now: {test['label']}. {test['say']}", self._mark(test), hang=4)

    def _step(self, n: int, step: Item) -> None:
        urgency = [step["urgency"]] if step.get("urgency") else []
        worth = "; ".join(urgency + say.change(step))
        is_question = step["kind"] == "question"
        label = "Ask now" if is_question else step["label"]
        self.sheet.item(f"{n:>2}.", (label, "bold"), f"  ({worth})" if worth else "", hang=4)
        if step["why"]:
            self.sheet.line(step["why"], self._mark(step), indent=4)
        for question in self._asked(step) if is_question else []:
            self.sheet.item("–", question, indent=4)
        for check in step["checks"]:
            self.sheet.item(("!", "yellow"), check, indent=4)

    def _asked(self, step: Item) -> list[str]:
        questions = {q["id"]: q["question"] for q in self.a["questions"]}
        return [questions.get(f, self.labels(f)) for f in step["findings"]]

    # -- treatments ------------------------------------------------------------------------------------------------

    def offered(self) -> None:
        self.sheet.heading("Options", "chance of half the pain gone or an important change, at 12 months")
        groups = say.offered(self.a)
        if not groups:
            self.sheet.line("Nothing is offered yet.")
        for status, options in groups:
            self.sheet.item((say.SIGN[status], STYLE[status]), (MEANING[status], f"bold {STYLE[status]}"))
            for option in options:
                self._option(option)

    def _option(self, option: Item) -> None:
        benefit = option["benefit"]
        band = say.interval(benefit.get("interval"))
        chance = f"{say.percent(benefit['p'])}{f' ({band})' if band else ''}"
        self.sheet.item("", (option["label"], "bold"), f"  {chance}")
        for sign, lines in (("+", option["for"]), ("−", say.own_against(option))):
            for line in lines[:1]:
                self.sheet.item(sign, line["say"], self._mark(line), indent=4)
        if option.get("dose"):
            self.sheet.item("Dose:", option["dose"]["text"], indent=4, hang=6)
        if option["missing"]:
            self.sheet.item(("?", "dim"), (f"Missing: {self.labels.some(option['missing'], 3)}.", "dim"), indent=4)

    def not_offered(self) -> None:
        relevant, rest = say.waiting(self.a)
        for_flag = [t["label"] for t in relevant if say.waits_for_red_flag(t)]
        if relevant or rest:
            self.sheet.item(say.SIGN["not_yet"], (MEANING["not_yet"], "bold"))
        if for_flag:
            self.sheet.item("", ("Wait until the red flag is settled: ", "bold"), ", ".join(for_flag) + ".")
        for treatment in relevant:
            if not say.waits_for_red_flag(treatment):
                self._line(treatment["label"], self._held(treatment))
        if rest:
            self.sheet.item("", (f"{len(rest)} more from which little is to be expected here.", "dim"))
        self._avoid()
        self._not_indicated()

    def _held(self, treatment: Item) -> list[Part]:
        """Why a treatment waits: what must be put right first, else what is missing."""
        parts = [part for line in say.reasons_to_wait(treatment)[:1] for part in (line["say"], self._mark(line))]
        missing = treatment["missing"]
        return [*parts, " " if parts else "", f"Missing: {self.labels.some(missing, 3)}."] if missing else parts

    def _avoid(self) -> None:
        avoided = say.with_status(self.a, "avoid")
        if avoided:
            self.sheet.item((say.SIGN["avoid"], "red"), (MEANING["avoid"], "bold red"))
        for treatment in avoided:
            reason = say.own_against(treatment)[:1]
            self._line(treatment["label"], [part for line in reason for part in (line["say"], self._mark(line))])

    def _not_indicated(self) -> None:
        names = [t["label"] for t in say.with_status(self.a, "not_indicated")]
        if names:
            self.sheet.item(say.SIGN["not_indicated"], (MEANING["not_indicated"], "bold"))
            self.sheet.item("", ", ".join(names) + ".")

    def _line(self, label: str, parts: list[Part]) -> None:
        self.sheet.item("", (f"{label}: ", "bold"), *parts)

    def guidelines(self) -> None:
        offered = [t for _, options in say.offered(self.a) for t in options]
        surgical = [t for t in self.a["treatments"] if say.is_surgery_of_seed(t) and t not in offered]
        told: dict[tuple[str, ...], list[str]] = {}  # the same bodies say the same of several treatments
        for treatment in offered + surgical:
            if say.guidelines_disagree(treatment):
                told.setdefault(self._stances(treatment), []).append(treatment["label"])
        if told:
            self.sheet.heading("Guidelines that disagree", "side by side; nothing is averaged")
            heads = ["", "for", "conditional or open", "against"]
            self.sheet.columns(heads, [["; ".join(labels), *cells] for cells, labels in told.items()])

    def _stances(self, treatment: Item) -> tuple[str, ...]:
        return tuple(self._bodies(treatment, stances) for stances in (("for",), ("conditional", "open"), ("against",)))

    def _bodies(self, treatment: Item, stances: tuple[str, ...]) -> str:
        told = [
            f"{g['body']} {g['year']}{' (open)' if g['stance'] == 'open' else ''}{self._mark(g)[0]}"
            for g in treatment["guidelines"]
            if g["stance"] in stances
        ]
        return "; ".join(told) or "–"

    # -- notes and sources -----------------------------------------------------------------------------------------

    def notes(self) -> None:
        if self.a["notes"]:
            self.sheet.heading("Bear in mind")
        for note in self.a["notes"]:
            self.sheet.item("·", note["say"], self._mark(note))

    def sources(self) -> None:
        self.sheet.heading("Sources", "of what is printed here; --html shows each number in its place")
        for n, work, facts in self.works.cited:
            named = " ".join(say.sentence(x) for x in (author_year(work), title(work), work.get("journal", "")) if x)
            doubt = "" if all(is_confirmed(fact) for _, fact in facts) else " (a figure of it is unconfirmed)"
            self.sheet.item(f"[{n}]", f"{named} ", (where(work), "dim"), doubt, hang=6)
        self.sheet.line(("judgement: the line rests on the authors' judgement, alone or beside its sources.", "dim"))

    def colophon(self) -> None:
        k = self.a["knowledge"]
        self.sheet.heading("Intended use")
        self.sheet.line(self.a["intended_use"])
        version = f"Knowledge {k['version']}, to be reviewed by {k['review_by']}. Fingerprint {k['fingerprint']}. "
        self.sheet.line((version + f"Software {self.a['software']['name']} {self.a['software']['version']}.", "dim"))

    def _mark(self, line: Item) -> tuple[str, str]:
        """The citation of a line: its works by number, and "judgement" where it rests on one."""
        marks = [",".join(str(n) for n in self.works.numbers(line))] if self.works.numbers(line) else []
        marks += ["judgement"] if is_judged(line) else []
        return (f" [{NEVER_SPLIT.join(marks)}]" if marks else "", "dim")
