"""Taking typed values out of a YAML mapping, with an error that says what was expected where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from afterdisc.errors import KnowledgeError, UncitedNumber, UnknownKey, UnreadableKnowledge
from afterdisc.knowledge.evidence import Code, Remark, Support
from afterdisc.knowledge.tree import Map, Seq
from afterdisc.words.nearest import did_you_mean

SUPPORT_KEYS = ("support", "worth", "facts", "because", "judgement")


class Fields:
    """One mapping being read. Each key may be taken once; `done` complains about what nobody took."""

    def __init__(self, tree: Any, what: str, problems: list[KnowledgeError], where: str = "") -> None:
        if not isinstance(tree, Map):
            raise UnreadableKnowledge(f"{what} must be a mapping (`key: value`)", where=where)
        self.tree, self.what, self.problems = tree, what, problems
        self.taken: set[str] = set()

    def where(self, key: str | None = None) -> str:
        return self.tree.where(key)

    def raw(self, key: str, default: Any = None) -> Any:
        self.taken.add(key)
        return self.tree.get(key, default)

    def _typed(self, key: str, value: Any, kinds: tuple[type, ...], expected: str) -> Any:
        if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
            return value
        if value is None:
            mend = f"Add `{key}:` ({expected})."
            raise UnreadableKnowledge(f"{self.what}: `{key}` is missing", where=self.where(), mend=mend)
        raise UnreadableKnowledge(f"{self.what}: `{key}` must be {expected}", where=self.where(key))

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        return str(self._typed(key, value, (str,), "text")).strip()

    def number(self, key: str, default: float | None = None) -> float:
        return float(self._typed(key, self.raw(key, default), (int, float), "a number"))

    def maybe_number(self, key: str) -> float | None:
        return self.number(key) if self.tree.get(key) is not None else self.raw(key)

    def flag(self, key: str, default: bool | None = None) -> bool:
        return bool(self._typed(key, self.raw(key, default), (bool,), "true or false"))

    def pair(self, key: str) -> tuple[float, float]:
        """Two numbers, the lower one first."""
        value = self._typed(key, self.raw(key), (Seq,), "two numbers, as in [0, 10]")
        if len(value) != 2 or not all(isinstance(x, int | float) for x in value) or not value[0] < value[1]:
            raise UnreadableKnowledge(f"{self.what}: `{key}` must be two rising numbers", where=self.where(key))
        return float(value[0]), float(value[1])

    def part(self, key: str) -> Fields:
        """A mapping inside this one."""
        value = self._typed(key, self.raw(key), (Map,), "a mapping (`{value: …}`)")
        return Fields(value, f"{self.what}, {key}", self.problems)

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of texts; empty if the key is absent."""
        if self.raw(key) is None:
            return {}
        inside = self.part(key)
        return {name: inside.text(name) for name in inside.tree}

    def names(self, key: str) -> tuple[str, ...]:
        """A list of text; empty if the key is absent."""
        value = self.raw(key)
        if value is None:
            return ()
        items = self._typed(key, value, (Seq,), "a list")
        return tuple(str(item) for item in items)

    def parts(self, key: str, what: str) -> Iterator[tuple[str, Fields]]:
        """The entries of a mapping of mappings."""
        value = self.raw(key)
        if value is None:
            return
        for name, body in self._typed(key, value, (Map,), "a mapping").items():
            yield name, Fields(body, f"{what} `{name}`", self.problems, value.where(name))

    def items(self, key: str, what: str) -> Iterator[Fields]:
        """The entries of a list of mappings."""
        value = self.raw(key)
        if value is None:
            return
        for i, body in enumerate(self._typed(key, value, (Seq,), "a list")):
            yield Fields(body, what, self.problems, value.where(i))

    def support(self) -> Support:
        """Facts, or a judgement with reason and worth, or both. A number without either is a problem."""
        facts = self.names("facts")
        kind, because, worth = self.raw("support"), self.raw("because", ""), self.maybe_number("worth")
        judgement = self.raw("judgement")
        if isinstance(judgement, Map):
            because, worth = judgement.get("because", because), judgement.get("worth", worth)
        if kind is None:
            kind = "judgement" if judgement is not None or not facts else "derived"
        if kind not in ("measured", "derived", "judgement"):
            raise UnreadableKnowledge(f"{self.what}: `support` is measured, derived or judgement", where=self.where("support"))
        uncited = not facts and not (str(because).strip() and worth is not None)
        if uncited or (kind != "judgement" and not facts):
            self.problems.append(
                UncitedNumber(
                    f"{self.what} has neither facts nor a judgement",
                    where=self.where(),
                    mend="Add `facts: [ids from sources/]`, or `judgement: {because: how it was reached, worth: patients}`.",
                )
            )
        return Support(kind, facts, " ".join(str(because).split()), None if worth is None else float(worth), self.where())

    def codes(self) -> tuple[Code, ...]:
        return tuple(
            Code(c.text("system"), c.text("code"), c.text("display", ""), c.flag("unsure", False), c.text("note", ""))
            for c in self.items("codes", "a code")
        )

    def remarks(self, key: str) -> tuple[Remark, ...]:
        value = self.raw(key)
        out = []
        for item in value or ():
            if isinstance(item, Map):
                out.append(Remark(str(item.get("say", "")), tuple(item.get("facts", ()))))
            else:
                out.append(Remark(str(item), ()))
        return tuple(out)

    def done(self) -> None:
        for key in self.tree:
            if key not in self.taken:
                self.problems.append(
                    UnknownKey(
                        f"{self.what}: nobody reads `{key}`",
                        where=self.where(key),
                        mend=did_you_mean(key, self.taken) or f"Known here: {', '.join(sorted(self.taken))}.",
                    )
                )
