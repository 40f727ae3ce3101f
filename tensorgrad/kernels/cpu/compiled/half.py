"""16-bit floats, given as their bits (uint16): to float32 and back, rounded to even, and arithmetic in float32.

The processor converts float16 itself, eight or sixteen at a time; NumPy does it one by one, in integer arithmetic.
bfloat16 is the upper half of a float32.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from . import compiler, kernel


@cache
def converts() -> bool:
    """Whether this processor converts float16."""
    if compiler() is None or compiler().config.CPU_NAME:  # told to compile for another processor
        return False
    import platform

    from llvmlite.binding import get_host_cpu_features

    return platform.machine() in ("arm64", "aarch64") or bool(get_host_cpu_features().get("f16c"))


def _words(bfloat16: bool) -> dict[str, Any]:
    """`single(bits)` → float32, `bits(single)` → uint16."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    i16, i32, f16, f32 = ir.IntType(16), ir.IntType(32), ir.HalfType(), ir.FloatType()

    def widen(context: Any, build: Any, signature: Any, args: Any) -> Any:
        if not bfloat16:
            return build.fpext(build.bitcast(args[0], f16), f32)
        return build.bitcast(build.shl(build.zext(args[0], i32), i32(16)), f32)

    def narrow(context: Any, build: Any, signature: Any, args: Any) -> Any:
        if not bfloat16:
            return build.bitcast(build.fptrunc(args[0], f16), i16)
        x = build.bitcast(args[0], i32)
        high = build.lshr(x, i32(16))
        # to the nearest, a half to the even neighbour; a nan keeps its upper bits and stays one
        rounded = build.lshr(build.add(build.add(x, i32(0x7FFF)), build.and_(high, i32(1))), i32(16))
        nan = build.fcmp_unordered("uno", args[0], args[0])
        return build.trunc(build.select(nan, build.or_(high, i32(0x40)), rounded), i16)

    @intrinsic
    def single(typing: Any, x: Any) -> Any:
        return types.float32(types.uint16), widen

    @intrinsic
    def bits(typing: Any, x: Any) -> Any:
        return types.uint16(types.float32), narrow

    return {"single": single, "bits": bits}


def single(x: Any) -> Any:
    """For the reader: the words of `_words`."""


bits = single
WORDS = {False: lambda: _words(False), True: lambda: _words(True)}


def _widen(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = single(x[i])


def _narrow(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = bits(x[i])


def _arithmetic(op: int, x: Any, z: Any, out: Any) -> None:
    if op == 0:
        for i in range(x.size):
            out[i] = bits(single(x[i]) + single(z[i]))
    elif op == 1:
        for i in range(x.size):
            out[i] = bits(single(x[i]) - single(z[i]))
    elif op == 2:
        for i in range(x.size):
            out[i] = bits(single(x[i]) * single(z[i]))
    elif op == 3:
        for i in range(x.size):
            out[i] = bits(single(x[i]) / single(z[i]))
    else:  # the larger, or nan
        for i in range(x.size):
            a, b = single(x[i]), single(z[i])
            out[i] = x[i] if a >= b or a != a else z[i]


def _with_number(op: int, x: Any, z: Any, out: Any) -> None:
    if op == 0:
        for i in range(x.size):
            out[i] = bits(single(x[i]) + z)
    elif op == 1:
        for i in range(x.size):
            out[i] = bits(single(x[i]) - z)
    elif op == 2:
        for i in range(x.size):
            out[i] = bits(single(x[i]) * z)
    elif op == 3:
        for i in range(x.size):
            out[i] = bits(single(x[i]) / z)
    else:
        for i in range(x.size):
            out[i] = bits(z) if single(x[i]) < z else x[i]


def _row_sums(x: Any, out: Any) -> None:
    for i in range(x.shape[0]):
        total = np.float32(0)
        for start in range(0, x.shape[1], 1024):  # rounding grows with the length of a chain
            part, piece = np.float32(0), x[i, start : start + 1024]
            for j in range(piece.size):
                part += single(piece[j])
            total += part
        out[i] = total


def _of_both(python: Any, sums: bool = False) -> dict[bool, Any]:
    """The kernel for float16 and for bfloat16."""
    return {low: kernel(WORDS[low], sums, "_bfloat16" if low else "_float16")(python) for low in (False, True)}


widen, narrow = _of_both(_widen), _of_both(_narrow)
arithmetic, with_number = _of_both(_arithmetic), _of_both(_with_number)
row_sums = _of_both(_row_sums, sums=True)
