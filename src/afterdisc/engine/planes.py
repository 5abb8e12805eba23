"""Three-valued conditions for many cases at once: two bits a case and node, 64 cases a machine word [kleene1952].

One compiled loop walks the tape for a few thousand cases, so that the planes of all nodes stay in the cache. Of a node the
first plane holds a one where it is known to be true, the second where it is known to be false; neither is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterdisc.engine.compiled import compiled
from afterdisc.program import Tape

Plane = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.float64]
LT, LE, GT, GE, EQ, NE, IN, KNOWN, AND, OR, NOT, AT_LEAST = range(12)  # as in rules.Op
WORD = 64
WORDS = 32  # words of a node worked on at once: the planes of two thousand nodes then fit into a megabyte


@dataclass(frozen=True)
class Columns:
    """What the tape reads of a block of cases, column by column; the cases are padded to whole words with unknown ones.

    numbers  float64 [number column, case]  NaN is unknown
    one, zero, known  uint64 [bit column, word]  of a column that is only ever asked whether it is 1, 0 or known
    """

    numbers: Rows
    one: Plane
    zero: Plane
    known: Plane


@dataclass(frozen=True)
class Reading:
    """Which columns the nodes read, and how: those that are only compared with 0 and 1 need no more than bits."""

    order: npt.NDArray[np.int64]  # the nodes these rest on, themselves included, children before parents
    nodes: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    bits: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]  # [node] of the column it reads among the numbers, or -1 - its place among the bits


def reading_of(tape: Tape, order: Sequence[int], nodes: Sequence[int]) -> Reading:
    """How the nodes read their columns."""
    asked = np.asarray(order, np.int64)
    atoms = asked[tape.op[asked] <= KNOWN]
    read = np.unique(tape.column[atoms]).astype(np.int64)
    needs_number = {int(tape.column[n]) for n in atoms if not _asks_bits(tape, int(n))}
    numbers = np.array([c for c in read if int(c) in needs_number], np.int64)
    bits = np.array([c for c in read if int(c) not in needs_number], np.int64)
    where = {int(c): i for i, c in enumerate(numbers)} | {int(c): -1 - i for i, c in enumerate(bits)}
    place = np.array([where.get(int(c), 0) for c in tape.column], np.int64)
    return Reading(asked, np.asarray(nodes, np.int64), numbers, bits, place)


def _asks_bits(tape: Tape, node: int) -> bool:
    op = int(tape.op[node])
    if op == KNOWN:
        return True
    if op == IN:
        states = tape.items[tape.start[node] : tape.start[node] + tape.count[node]]
        return bool(np.isin(states, (0, 1)).all())
    return op in (EQ, NE) and float(tape.value[node]) in (0.0, 1.0)


def columns_of(reading: Reading, rows: Rows) -> Columns:
    """The columns of rows [case, column]."""
    n_words = -(-len(rows) // WORD)
    numbers = np.empty((len(reading.numbers), n_words * WORD))
    numbers[:, len(rows) :] = np.nan
    one, zero, known = (np.empty((len(reading.bits), n_words), np.uint64) for _ in range(3))
    turn(rows, reading.numbers, reading.bits, numbers, one, zero, known)
    return Columns(numbers, one, zero, known)


def planes(tape: Tape, reading: Reading, columns: Columns) -> tuple[Plane, Plane]:
    """(known true, known false) [node, word] of the nodes asked for."""
    n_words = max(columns.numbers.shape[1] // WORD, columns.one.shape[1])
    yes, no = np.empty((len(reading.nodes), n_words), np.uint64), np.empty((len(reading.nodes), n_words), np.uint64)
    walk(
        tape.op, reading.place, tape.value, tape.start, tape.count, tape.items, reading.order, reading.nodes,
        columns.numbers, columns.one, columns.zero, columns.known, yes, no,
    )  # fmt: skip
    return yes, no


@compiled()
def turn(rows, numbers, bits, out, one, zero, known):  # type: ignore[no-untyped-def]
    """Rows into columns, 64 cases at a time."""
    n = rows.shape[0]
    for w in range(one.shape[1]):
        first, last = w * WORD, min((w + 1) * WORD, n)
        for c in range(numbers.shape[0]):
            column = numbers[c]
            for i in range(first, last):
                out[c, i] = rows[i, column]
        for c in range(bits.shape[0]):
            column = bits[c]
            is_one, is_zero, is_known = np.uint64(0), np.uint64(0), np.uint64(0)
            for i in range(first, last):
                v, j = rows[i, column], np.uint64(i - first)
                is_one |= np.uint64(v == 1.0) << j
                is_zero |= np.uint64(v == 0.0) << j
                is_known |= np.uint64(v == v) << j
            one[c, w], zero[c, w], known[c, w] = is_one, is_zero, is_known


@compiled()
def walk(  # type: ignore[no-untyped-def]
    op, place, value, start, count, items, order, nodes, numbers, one, zero, known_bits, yes, no
):
    """All nodes of `order` over all cases; writes the planes of `nodes`."""
    n_words = yes.shape[1]
    true, false = np.empty((op.shape[0], WORDS), np.uint64), np.empty((op.shape[0], WORDS), np.uint64)
    known = np.empty((numbers.shape[0], WORDS), np.uint64)
    for first in range(0, n_words, WORDS):
        n = min(WORDS, n_words - first)
        for c in range(numbers.shape[0]):
            _known(numbers[c, first * WORD : (first + n) * WORD], known[c], n)
        for k in range(order.shape[0]):
            node = order[k]
            kids = items[start[node] : start[node] + count[node]]
            t, f = true[node], false[node]
            if op[node] <= KNOWN:
                b = -1 - place[node]
                if b >= 0:
                    there = known_bits[b, first : first + n]
                    _bit_atom(op[node], value[node], kids, one[b, first : first + n], zero[b, first : first + n], there, t, n)
                else:
                    there = known[place[node], :n]
                    if op[node] == KNOWN:
                        for w in range(n):
                            t[w] = there[w]
                    else:
                        _atom(op[node], numbers[place[node], first * WORD : (first + n) * WORD], value[node], kids, t, n)
                if op[node] == KNOWN:
                    for w in range(n):
                        f[w] = ~t[w]
                else:
                    for w in range(n):
                        t[w] &= there[w]
                        f[w] = there[w] & ~t[w]
            elif op[node] == NOT:
                for w in range(n):
                    t[w], f[w] = false[kids[0], w], true[kids[0], w]
            elif op[node] == AT_LEAST:
                _reaches(true, kids, int(value[node]), t, n)
                _reaches(false, kids, kids.shape[0] - int(value[node]) + 1, f, n)
            else:
                _joined(op[node] == AND, true, false, kids, t, f, n)
        for j in range(nodes.shape[0]):
            for w in range(n):
                yes[j, first + w], no[j, first + w] = true[nodes[j], w], false[nodes[j], w]


@compiled()
def _known(x, out, n):  # type: ignore[no-untyped-def]
    for w in range(n):
        bits = np.uint64(0)
        for j in range(WORD):
            v = x[w * WORD + j]
            bits |= np.uint64(v == v) << np.uint64(j)
        out[w] = bits


@compiled()
def _bit_atom(op, limit, states, one, zero, known, out, n):  # type: ignore[no-untyped-def]
    """An atom of a column of bits: where it holds; what it says of unknown does not matter."""
    for w in range(n):
        if op == KNOWN:
            out[w] = known[w]
        elif op == IN:
            out[w] = np.uint64(0)
            for s in range(states.shape[0]):
                out[w] |= one[w] if states[s] == 1 else zero[w]
        else:
            same = one[w] if limit == 1.0 else zero[w]
            out[w] = same if op == EQ else ~same


@compiled()
def _atom(op, x, limit, states, out, n):  # type: ignore[no-untyped-def]
    """Where a comparison holds; what it says of NaN does not matter."""
    if op == IN:
        for w in range(n):
            out[w] = np.uint64(0)
        for s in range(states.shape[0]):
            _compare(EQ, x, float(states[s]), out, n, True)
    else:
        _compare(op, x, limit, out, n, False)


@compiled()
def _compare(op, x, limit, out, n, adds):  # type: ignore[no-untyped-def]
    for w in range(n):
        part = x[w * WORD : (w + 1) * WORD]
        bits = np.uint64(0)
        if op == LT:
            for j in range(WORD):
                bits |= np.uint64(part[j] < limit) << np.uint64(j)
        elif op == LE:
            for j in range(WORD):
                bits |= np.uint64(part[j] <= limit) << np.uint64(j)
        elif op == GT:
            for j in range(WORD):
                bits |= np.uint64(part[j] > limit) << np.uint64(j)
        elif op == GE:
            for j in range(WORD):
                bits |= np.uint64(part[j] >= limit) << np.uint64(j)
        elif op == EQ:
            for j in range(WORD):
                bits |= np.uint64(part[j] == limit) << np.uint64(j)
        else:
            for j in range(WORD):
                bits |= np.uint64(part[j] != limit) << np.uint64(j)
        out[w] = out[w] | bits if adds else bits


@compiled()
def _joined(is_and, true, false, kids, t, f, n):  # type: ignore[no-untyped-def]
    """And: true where every part is, false where some part is. Or: the other way round."""
    every, some = (t, f) if is_and else (f, t)
    for w in range(n):
        every[w], some[w] = ~np.uint64(0), np.uint64(0)
    for k in range(kids.shape[0]):
        a = true[kids[k]] if is_and else false[kids[k]]
        b = false[kids[k]] if is_and else true[kids[k]]
        for w in range(n):
            every[w] &= a[w]
            some[w] |= b[w]


@compiled()
def _reaches(plane, kids, least, out, n):  # type: ignore[no-untyped-def]
    """Where at least so many of the parts have a one; reached[j]: at least j so far."""
    least = max(least, 0)
    reached = np.zeros((least + 1, n), np.uint64)
    for w in range(n):
        reached[0, w] = ~np.uint64(0)
    for k in range(kids.shape[0]):
        for j in range(least, 0, -1):
            for w in range(n):
                reached[j, w] |= reached[j - 1, w] & plane[kids[k], w]
    for w in range(n):
        out[w] = reached[least, w]


@compiled()
def to_truth(yes, no, out):  # type: ignore[no-untyped-def]
    """out int8 [node, case]: 1 true, 0 false, -1 unknown."""
    n = out.shape[1]
    for j in range(out.shape[0]):
        for w in range(yes.shape[1]):
            t, f = yes[j, w], no[j, w]
            for b in range(min(WORD, n - w * WORD)):
                one = np.int8((t >> np.uint64(b)) & np.uint64(1))
                either = np.int8(((t | f) >> np.uint64(b)) & np.uint64(1))
                out[j, w * WORD + b] = one + either - np.int8(1)
