"""Picking elements, and writing to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.function import Function
from ..tensor import Tensor


class View(Function):
    """x[key] with ints, slices, None and Ellipsis: a view."""

    name = "getitem"
    is_view = True

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        out = x[self.key]
        return out if type(out) is np.ndarray else x[self.key + (...,)]

    def backward(self, grad: Tensor) -> Tensor:
        return PutBack(self.key, self.before)(grad)


class PutBack(Function):
    """Zeros of a shape, with x at [key]: the gradient of a view."""

    def __init__(self, key: Any, shape: Any) -> None:
        self.key, self.to = key, shape

    def forward(self, x: Any) -> Any:
        out = np.zeros(self.to, x.dtype)
        out[self.key] = x
        return out

    def backward(self, grad: Tensor) -> Tensor:
        return View(self.key)(grad)


def getitem(x: Tensor, key: Any) -> Tensor:
    """x[key]."""
    if type(key) is not tuple:
        key = (key,)
    return View(key)(x)


__all__: list[str] = []
