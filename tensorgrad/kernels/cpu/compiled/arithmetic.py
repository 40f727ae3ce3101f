"""What is left of a division, exactly: x − z·trunc(x/z) in one rounding (fused multiply-add), as long as the quotient is
small enough for its whole part to be right or one too many. C's fmod, bit by bit, does the others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import kernel


def _words() -> dict[str, Any]:
    """`fused(a, b, c)` = a·b + c, rounded once; `c_fmod`."""
    from numba.extending import intrinsic

    @intrinsic
    def fused(typing: Any, a: Any, b: Any, c: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.fma(*args)

        return a(a, a, a), build

    @intrinsic
    def c_fmod(typing: Any, a: Any, b: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.frem(*args)

        return a(a, a), build

    return {"fused": fused, "c_fmod": c_fmod}


def fused(a: Any, b: Any, c: Any) -> Any:
    """For the reader: a word of `_words`."""


def c_fmod(a: Any, b: Any) -> Any:
    """Likewise."""


@kernel(_words)
def left_over(x: Any, z: Any, limit: Any, floored: bool, quotient: bool, out: Any) -> None:
    """fmod; `floored`: the remainder with the sign of z; `quotient`: ⌊x/z⌋ instead. `limit`: of the quotients."""
    others = 0
    for i in range(x.size):
        a, b = x[i], z[i]
        q = a / b
        r = fused(-np.trunc(q), b, a)
        r = r + (b if (b < 0) == (a < 0) else -b) if (r < 0) != (a < 0) and r != 0 else r
        out[i] = math.copysign(r, a)
        others += 0 if abs(q) < limit and abs(b) < math.inf else 1
    if others:
        for i in range(x.size):
            if not (abs(x[i] / z[i]) < limit and abs(z[i]) < math.inf):
                out[i] = c_fmod(x[i], z[i])
    if quotient:
        for i in range(x.size):
            a, b, r = x[i], z[i], out[i]
            q = (a - r) / b
            q = q - 1 if r != 0 and (b < 0) != (r < 0) else q
            down = np.floor(q)
            down = down + 1 if q - down > 0.5 else down
            down = down if q != 0 else math.copysign(q, a / b)
            out[i] = down if b != 0 else a / b
    elif floored:
        for i in range(x.size):
            r = out[i]
            out[i] = r + z[i] if r != 0 and (r < 0) != (z[i] < 0) else r


@kernel()
def whole_left_over(x: Any, z: Any, quotient: bool, out: Any) -> None:
    """The same of integers, rounded down."""
    if quotient:
        for i in range(x.size):
            out[i] = x[i] // z[i]
    else:
        for i in range(x.size):
            out[i] = x[i] % z[i]
