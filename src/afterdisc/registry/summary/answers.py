"""The folder of answers as a database: aggregates in SQL, so that a million rows need no more memory than a thousand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from afterdisc.errors import UnreadableSource
from afterdisc.registry.run.receipt import read_receipt

MEMORY = "2GB"


class Answers:
    """`people` is the relation of all rows; `has` says which columns they have. Close it, or use it as a context."""

    def __init__(self, out: Path) -> None:
        import duckdb

        self.out = out
        files = sorted(out.glob("people/*.parquet")) or sorted(out.glob("*/people/*.parquet"))
        if not files:
            raise UnreadableSource(
                f"{out.name} holds no answers (people/*.parquet). Name the folder that `registry run` wrote."
            )
        self.receipt = read_receipt(out)
        self.connection = duckdb.connect(config={"memory_limit": MEMORY})
        listed = ", ".join("'" + str(f).replace("'", "''") + "'" for f in files)
        self.connection.execute(f"CREATE VIEW people AS SELECT * FROM read_parquet([{listed}], union_by_name = true)")
        self.columns = [row[0] for row in self.connection.execute("DESCRIBE people").fetchall()]
        self.knowledge = self._knowledge(files[0])

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def _knowledge(self, file: Path) -> dict[str, str]:
        import pyarrow.parquet as pq

        told = pq.read_schema(file).metadata or {}
        return {name: told.get(f"afterdisc.knowledge.{name}".encode(), b"").decode() for name in ("version", "fingerprint")}

    def has(self, *names: str) -> bool:
        return all(name in self.columns for name in names)

    def rows(self, sql: str, given: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql, list(given)).fetchall())

    def one(self, sql: str, given: Sequence[Any] = ()) -> Any:
        return self.rows(sql, given)[0][0]
