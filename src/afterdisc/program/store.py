"""A Program as bytes and back: a digest, a JSON header, the arrays. The same Program always gives the same bytes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
from typing import Any

import numpy as np

from afterdisc.errors import IncompatibleProgram
from afterdisc.program.program import Column, Program, Root, Tape

MAGIC = b"AFTERDISC-PROGRAM\x01"
ALIGN = 64
HEADER = struct.Struct(f"<{len(MAGIC)}s32s")  # magic, digest of all that follows
LENGTH = struct.Struct("<Q")  # of the JSON


def program_to_bytes(program: Program) -> bytes:
    header: dict[str, Any] = {}
    arrays: list[dict[str, Any]] = []
    chunks: list[bytes] = []
    position = 0

    def plain(value: Any) -> Any:
        nonlocal position
        if isinstance(value, np.ndarray):
            raw = np.ascontiguousarray(value).tobytes()
            padded = raw + b"\0" * (-len(raw) % ALIGN)
            arrays.append({"dtype": value.dtype.str, "shape": list(value.shape), "at": position, "bytes": len(raw)})
            chunks.append(padded)
            position += len(padded)
            return {"array": len(arrays) - 1}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        if isinstance(value, tuple):
            return [plain(v) for v in value]
        return value

    for part in dataclasses.fields(program):
        header[part.name] = plain(getattr(program, part.name))
    head = json.dumps({"program": header, "arrays": arrays}, ensure_ascii=False, separators=(",", ":")).encode()
    head += b" " * (-(HEADER.size + LENGTH.size + len(head)) % ALIGN)
    rest = LENGTH.pack(len(head)) + head + b"".join(chunks)
    return HEADER.pack(MAGIC, hashlib.sha256(rest).digest()) + rest


def program_from_bytes(data: bytes) -> Program:
    """Raises IncompatibleProgram when the bytes are no program, are damaged or cut short, or come from another format."""
    if data[: len(MAGIC)] != MAGIC:
        raise IncompatibleProgram("these bytes are no program of this version of Afterdisc. Run `afterdisc compile` again.")
    rest = memoryview(data)[HEADER.size :]
    if len(data) < HEADER.size or hashlib.sha256(rest).digest() != HEADER.unpack_from(data)[1]:
        raise IncompatibleProgram("the program is damaged or cut short. Run `afterdisc compile` again.")
    try:
        body = LENGTH.size + LENGTH.unpack_from(rest)[0]
        head = json.loads(bytes(rest[LENGTH.size : body]).decode())
        views = [_array(rest[body:], a) for a in head["arrays"]]
        return _program(head["program"], views)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise IncompatibleProgram(
            f"the program was written by another version ({type(error).__name__}). Run `afterdisc compile` again."
        ) from None


def _array(body: memoryview, spec: dict[str, Any]) -> np.ndarray[Any, Any]:
    raw = body[spec["at"] : spec["at"] + spec["bytes"]]
    if len(raw) != spec["bytes"]:
        raise ValueError("array cut short")
    return np.frombuffer(raw, dtype=np.dtype(spec["dtype"])).reshape(spec["shape"])


def _program(header: dict[str, Any], arrays: list[np.ndarray[Any, Any]]) -> Program:
    def restored(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"array"}:
            return arrays[value["array"]]
        if isinstance(value, list):
            return tuple(restored(v) for v in value)
        return value

    fields: dict[str, Any] = {}
    for part in dataclasses.fields(Program):
        value = header[part.name]
        if part.name == "columns":
            fields[part.name] = tuple(Column(**{k: restored(v) for k, v in c.items()}) for c in value)
        elif part.name == "roots":
            fields[part.name] = tuple(Root(**r) for r in value)
        elif part.name == "tape":
            fields[part.name] = Tape(**{k: restored(v) for k, v in value.items()})
        elif part.name in ("book", "settings"):
            fields[part.name] = value
        else:
            fields[part.name] = restored(value)
    return Program(**fields)
