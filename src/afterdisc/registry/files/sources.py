"""Which files a source is made of, and of which kind each is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from afterdisc.errors import UnreadableSource

PACKED = (".gz", ".zst")
KINDS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
MAY_BE_PACKED = ("csv", "ndjson")


@dataclass(frozen=True)
class SourceFile:
    """One file. `name` is its path below the source, which is what receipts and messages show."""

    path: Path
    name: str
    kind: str  # parquet | arrow | csv | ndjson
    n_bytes: int

    @property
    def stamp(self) -> str:
        """Tells whether the file was changed since; not a checksum."""
        at = self.path.stat()
        return f"{at.st_size}-{at.st_mtime_ns}"


def kind_of(path: Path) -> str | None:
    """The kind by the name's ending; None if it is none that is read."""
    name = path.name.lower()
    packed = next((p for p in PACKED if name.endswith(p)), "")
    kind = KINDS.get(Path(name.removesuffix(packed)).suffix)
    return None if packed and kind not in MAY_BE_PACKED else kind


def source_files(source: Path) -> tuple[list[SourceFile], list[str]]:
    """(the files in the order of their names, what lies beside them and is not read).

    Raises UnreadableSource if there is nothing to read, or if files of several kinds are mixed.
    """
    if source.is_file():
        kind = kind_of(source)
        if kind is None:
            raise UnreadableSource(f"{source.name} is of no kind that is read: {_kinds()}. Rename it if it is one.")
        return [SourceFile(source, source.name, kind, source.stat().st_size)], []
    if not source.is_dir():
        raise UnreadableSource(f"{source} is not there. Name a file or a folder.")
    found, beside = [], []
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        name = path.relative_to(source).as_posix()
        if any(part.startswith((".", "_")) for part in Path(name).parts):
            continue
        kind = kind_of(path)
        if kind is None:
            beside.append(name)
        else:
            found.append(SourceFile(path, name, kind, path.stat().st_size))
    return _of_one_kind(found, source), beside


def _of_one_kind(found: Sequence[SourceFile], source: Path) -> list[SourceFile]:
    kinds = sorted({f.kind for f in found})
    if not kinds:
        raise UnreadableSource(f"{source.name} holds no file that is read: {_kinds()}.")
    if len(kinds) > 1:
        raise UnreadableSource(f"{source.name} mixes {' and '.join(kinds)}. Name the folder of one kind, or one file.")
    return list(found)


def _kinds() -> str:
    return ", ".join(KINDS) + f" ({' and '.join(MAY_BE_PACKED)} also with {' or '.join(PACKED)})"


def sha256_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
