"""The folder of answers as a database: aggregates in SQL, so that a million rows need no more memory than a thousand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from afterdisc.errors import UnreadableSource
from afterdisc.registry.run.receipt import read_receipt

MEMORY = "2GB"
LATEST = """
    CREATE TEMP TABLE latest AS
    SELECT id, unnest(max_by({{'file': filename, 'row': file_row_number}}, ({order}filename, file_row_number)))
    FROM visits GROUP BY id
"""


class Answers:
    """Two relations: `visits`, all rows, and `people`, one row a person, the latest visit; `has` says which columns they have.

    Close it, or use it as a context.
    """

    def __init__(self, out: Path) -> None:
        import duckdb

        self.out = out
        files = sorted(out.glob("people/*.parquet")) or sorted(out.glob("*/people/*.parquet"))
        if not files:
            raise UnreadableSource(
                f"{out.name} holds no answers (people/*.parquet). Name the folder that `registry run` wrote."
            )
        self.receipt = _receipt(out)
        self.connection = duckdb.connect(config={"memory_limit": MEMORY})
        try:
            self._open(files)
        except duckdb.Error as error:
            self.connection.close()
            raise UnreadableSource(
                f"{out.name}: a file of answers (people/*.parquet) is damaged. Run the registry again with --restart."
            ) from error

    def _open(self, files: Sequence[Path]) -> None:
        listed = ", ".join("'" + str(f).replace("'", "''") + "'" for f in files)
        read = f"read_parquet([{listed}], union_by_name = true, filename = true, file_row_number = true)"
        self.connection.execute(f"CREATE VIEW visits AS SELECT * FROM {read}")
        described = [row[0] for row in self.connection.execute("DESCRIBE visits").fetchall()]
        self.columns = [name for name in described if name not in ("filename", "file_row_number")]
        self.knowledge = self._knowledge(files)
        self.several_visits = bool(self.one("SELECT count(*) > count(DISTINCT id) FROM visits"))
        if self.several_visits:
            order = "coalesce(visit_date, DATE '0001-01-01'), " if self.has("visit_date") else ""
            self.connection.execute(LATEST.format(order=order))
            match = "visits.filename = latest.file AND visits.file_row_number = latest.row"
            self.connection.execute(f"CREATE VIEW people AS SELECT visits.* FROM visits SEMI JOIN latest ON {match}")
        else:
            self.connection.execute("CREATE VIEW people AS SELECT * FROM visits")

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def _knowledge(self, files: Sequence[Path]) -> dict[str, str]:
        """The one knowledge that all files were made with; `fingerprint` is "several" if they differ."""
        listed = "[" + ", ".join("'" + str(f).replace("'", "''") + "'" for f in files) + "]"
        keys = ("version", "fingerprint")
        rows = self.rows(
            f"SELECT DISTINCT decode(key)[21:], decode(value) FROM parquet_kv_metadata({listed}) "
            "WHERE decode(key) LIKE 'afterdisc.knowledge.%' ORDER BY ALL"
        )
        told = {key: [value for name, value in rows if name == key] for key in keys}
        return {key: values[0] if len(values) == 1 else "several" if values else "" for key, values in told.items()}

    def has(self, *names: str) -> bool:
        return all(name in self.columns for name in names)

    def last_of(self, group: str) -> str:
        """`visits` as a relation with one row a person and group, the latest; `people` where nobody has several rows."""
        if not self.several_visits:
            return "people"
        order = "visit_date DESC NULLS LAST, " if self.has("visit_date") else ""
        over = f"PARTITION BY id, {group} ORDER BY {order}filename DESC, file_row_number DESC"
        return f"(SELECT * FROM visits QUALIFY row_number() OVER ({over}) = 1)"

    def rows(self, sql: str, given: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql, list(given)).fetchall())

    def one(self, sql: str, given: Sequence[Any] = ()) -> Any:
        return self.rows(sql, given)[0][0]


def _receipt(out: Path) -> dict[str, Any] | None:
    """The receipt of the run; None if it is not finished."""
    try:
        return read_receipt(out)
    except (ValueError, OSError) as error:
        raise UnreadableSource(f"{out.name}/receipt.json cannot be read. Run the registry again with --restart.") from error
