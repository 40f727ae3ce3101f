"""How a tensor shows itself: as PyTorch prints it."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes


def text(t: Any) -> str:
    """tensor([...], dtype=…, requires_grad=True)"""
    body = np.array2string(t.array, separator=", ", prefix="tensor(")
    extra = ""
    if t.dtype not in (dtypes.get_default_dtype(), dtypes.int64, dtypes.bool):
        extra += f", dtype={t.dtype}"
    if t.node is not None:
        extra += f", grad_fn={t.node!r}"
    elif t.requires_grad:
        extra += ", requires_grad=True"
    return f"tensor({body}{extra})"
