"""Variable, from the days when a tensor had to be wrapped to be differentiated."""

from __future__ import annotations

from typing import Any

from ...autograd.frames import warn
from ...tensor import Tensor


class _TensorsAreVariables(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_TensorsAreVariables):
    """`Variable(x)` is a constant that shares x's memory, `Variable(x, requires_grad=True)` a leaf to differentiate
    towards; both are Tensors, and every Tensor is a Variable.

    Args:
        data: a tensor; an empty one when not given.
        requires_grad: whether operations on it are recorded.
        volatile: without effect; use `no_grad`.
    """

    def __new__(cls, data: Any = None, requires_grad: bool = False, volatile: bool | None = None) -> Any:
        if volatile is not None:
            warn("Variable: volatile has no effect. Use `with tensorgrad.no_grad():`.")
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable: data must be a Tensor, got {type(data).__name__}. Use tensorgrad.tensor(data).")
        return data.detach().requires_grad_(requires_grad)


__all__ = ["Variable"]
