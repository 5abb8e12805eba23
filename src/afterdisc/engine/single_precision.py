"""Logarithm and power to base 2 in single precision, one pass each, for arrays over cause sets.

Only element-wise arithmetic, never fused or reordered, so the compiled code vectorises and every element has the same bits
wherever it stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from afterdisc.engine.compiled import compiled

# log2(1 + t) = t (LOG0 + LOG1 t + …) and 2^t = 1 + EXP1 t + … on 0 <= t < 1: Chebyshev interpolation
LOG0, LOG1, LOG2, LOG3, LOG4 = 1.44269499, -0.721339513, 0.48067889, -0.35829907, 0.275221212
LOG5, LOG6, LOG7, LOG8 = -0.196238952, 0.111832074, -0.0419450087, 0.00739540209
EXP1, EXP2, EXP3, EXP4, EXP5, EXP6 = 0.693146933, 0.240230454, 0.0554806302, 0.00968418631, 0.00123913318, 0.000218657848


def _to_bits(typingctx: Any, x: Any) -> Any:
    def made(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), made


def _to_single(typingctx: Any, bits: Any) -> Any:
    def made(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), made


_bits_of: Any = intrinsic(_to_bits)  # the 32 bits of a single-precision number, as an integer
_single_of: Any = intrinsic(_to_single)  # and back


@compiled()
def log2_of(x):  # type: ignore[no-untyped-def]
    """Logarithm to base 2 of a positive number, to 2e-7."""
    bits = _bits_of(x)
    t = _single_of(np.int32((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000))) - np.float32(1.0)
    p = np.float32(LOG8)
    p = p * t + np.float32(LOG7)
    p = p * t + np.float32(LOG6)
    p = p * t + np.float32(LOG5)
    p = p * t + np.float32(LOG4)
    p = p * t + np.float32(LOG3)
    p = p * t + np.float32(LOG2)
    p = p * t + np.float32(LOG1)
    p = p * t + np.float32(LOG0)
    return np.float32(np.int32((bits >> np.int32(23)) - np.int32(127))) + p * t


@compiled()
def exp2_of(x):  # type: ignore[no-untyped-def]
    """Two to the power x, to 2e-7 of the value; zero below -126."""
    y = max(x, np.float32(-126.0))
    whole = np.floor(y)
    t = y - whole
    p = np.float32(EXP6)
    p = p * t + np.float32(EXP5)
    p = p * t + np.float32(EXP4)
    p = p * t + np.float32(EXP3)
    p = p * t + np.float32(EXP2)
    p = p * t + np.float32(EXP1)
    value = _single_of(np.int32(_bits_of(p * t + np.float32(1.0)) + np.int32(np.int32(whole) << np.int32(23))))
    return value if x > np.float32(-126.0) else np.float32(0.0)
