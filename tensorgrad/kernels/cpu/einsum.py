"""Contractions of labelled axes, as products of matrices."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from .products import matmul


def contract(x: Any, z: Any, at_x: tuple[int, ...], at_z: tuple[int, ...], out: tuple[int, ...]) -> Any:
    """Sum of products of two arrays whose axes carry labels, each label once per array: a label in both and in `out`
    is a batch, in both and not in `out` is summed over. (A label in one array only has to be in `out`.)"""
    order_x, order_z, order, b, f, s = _plan(at_x, at_z, out)
    x, z = x.transpose(order_x), z.transpose(order_z)  # batch, free, summed and batch, summed, free
    sizes = x.shape[: b + f] + z.shape[b + s :]
    if s:
        m, k, n = math.prod(x.shape[b : b + f]), math.prod(x.shape[b + f :]), math.prod(z.shape[b + s :])
        product = matmul(x.reshape(*x.shape[:b], m, k), z.reshape(*z.shape[:b], k, n)).reshape(sizes)
    else:  # nothing is summed over: an outer product
        product = x.reshape(x.shape + (1,) * (len(order_z) - b)) * z.reshape(z.shape[:b] + (1,) * f + z.shape[b:])
    return product.transpose(order)


@lru_cache
def _plan(at_x: tuple[int, ...], at_z: tuple[int, ...], out: tuple[int, ...]) -> tuple[Any, ...]:
    """The axes of x as batch, free, summed, those of z as batch, summed, free, where `out` finds its own in the
    product; and how many are batch, free in x and summed."""
    batch = [i for i in at_x if i in at_z and i in out]
    summed = [i for i in at_x if i in at_z and i not in out]
    free_x = [i for i in at_x if i not in at_z]
    free_z = [i for i in at_z if i not in at_x]
    made = batch + free_x + free_z
    return (
        [at_x.index(i) for i in batch + free_x + summed],
        [at_z.index(i) for i in batch + summed + free_z],
        [made.index(i) for i in out],
        len(batch),
        len(free_x),
        len(summed),
    )


__all__ = ["contract"]
