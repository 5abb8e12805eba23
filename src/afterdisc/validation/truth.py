"""The true causes: a table with `id` and `causes`. `expected_recovery` stands for none; an empty list is not known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from afterdisc.errors import UnreadableSource

EXPECTED = "expected_recovery"
SHAPE = (
    "TRUTH is a Parquet or CSV file with a column `id` and a column `causes`: a list of causes, in CSV joined by `;`, "
    f"`{EXPECTED}` for none and nothing for not known."
)
ROWS_NAMED = 3


def read_truth(connection: Any, path: Path, causes: Sequence[str]) -> dict[str, int]:
    """Make the table `truth` (id, causes, person) of those in `people` whose truth is known; returns who was left out.

    Somebody with two different truths, or with a cause and none at once, is left out and counted.
    """
    file = path / "truth.parquet" if path.is_dir() else path
    _read(connection, file)
    _check_names(connection, file, causes)
    connection.execute(
        f"""
        CREATE TABLE told AS
        SELECT id, min(causes) AS causes,
            count(DISTINCT causes) > 1 OR (len(min(causes)) > 1 AND list_contains(min(causes), '{EXPECTED}')) AS is_contrary
        FROM given WHERE id IS NOT NULL GROUP BY id
        """
    )
    connection.execute("CREATE TABLE assessed AS SELECT DISTINCT CAST(id AS VARCHAR) AS id FROM people")
    connection.execute(
        """
        CREATE TABLE truth AS
        SELECT id, causes, row_number() OVER (ORDER BY id) - 1 AS person
        FROM told SEMI JOIN assessed USING (id) WHERE causes IS NOT NULL AND NOT is_contrary
        """
    )
    return _counted(connection, path)


def _read(connection: Any, file: Path) -> None:
    """The table `given`: row, id, causes (sorted, each once; null: not known)."""
    name = "'" + str(file).replace("'", "''") + "'"
    if not file.is_file() or file.suffix not in (".parquet", ".pq", ".csv"):
        raise UnreadableSource(f"{file.name} is no file of true causes. {SHAPE}")
    source = f"read_csv({name}, all_varchar = true, header = true)" if file.suffix == ".csv" else f"read_parquet({name})"
    kinds = {row[0]: str(row[1]) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    if not {"id", "causes"} <= kinds.keys() or kinds["causes"] not in ("VARCHAR", "VARCHAR[]"):
        raise UnreadableSource(f"{file.name} lacks `id` or `causes`, or they are of another kind. {SHAPE}")
    listed = "causes" if kinds["causes"] == "VARCHAR[]" else "string_split(causes, ';')"
    clean = f"list_sort(list_distinct(list_filter(list_transform({listed}, lambda c: trim(c)), lambda c: c <> '')))"
    connection.execute(
        f"CREATE TABLE given AS SELECT row_number() OVER () AS row, CAST(id AS VARCHAR) AS id, "
        f"CASE WHEN len({clean}) > 0 THEN {clean} END AS causes FROM {source}"
    )


def _check_names(connection: Any, file: Path, causes: Sequence[str]) -> None:
    known = "[" + ", ".join(f"'{c}'" for c in causes) + "]"
    rows = connection.execute(f"SELECT row FROM given WHERE NOT list_has_all({known}, causes) ORDER BY row").fetchall()
    if rows:
        named = ", ".join(str(row[0]) for row in rows[:ROWS_NAMED]) + (" and more" if len(rows) > ROWS_NAMED else "")
        raise UnreadableSource(
            f"{file.name}, row {named}: a cause that these answers know nothing of. They know: {', '.join(causes)}."
        )


def _counted(connection: Any, path: Path) -> dict[str, int]:
    def one(sql: str) -> int:
        return int(connection.execute(sql).fetchall()[0][0])

    people = {
        "in_answers": one("SELECT count(*) FROM assessed WHERE id IS NOT NULL"),
        "in_truth": one("SELECT count(*) FROM told"),
        "without_truth": one("SELECT count(*) FROM assessed ANTI JOIN told USING (id) WHERE id IS NOT NULL"),
        "without_answer": one("SELECT count(*) FROM told ANTI JOIN assessed USING (id)"),
        "truth_unknown": one("SELECT count(*) FROM told SEMI JOIN assessed USING (id) WHERE causes IS NULL"),
        "truth_contrary": one("SELECT count(*) FROM told SEMI JOIN assessed USING (id) WHERE is_contrary"),
        "compared": one("SELECT count(*) FROM truth"),
        "rows_compared": one("SELECT count(*) FROM people JOIN truth ON truth.id = CAST(people.id AS VARCHAR)"),
        "rows_without_id": one("SELECT count(*) FROM people WHERE id IS NULL"),
    }
    if not people["rows_compared"]:
        raise UnreadableSource(
            f"Nobody can be compared: no id of the answers has a known truth in {path.name} "
            f"({people['in_answers']:,} people with an answer, {people['in_truth']:,} with a truth). Are they one registry's?"
        )
    return people
