"""The one page that hangs operations on Tensor: `Tensor.exp` is `ops.elementwise.exp` itself, not a wrapper.

In-place forms (`exp_`) are the same operations with their result written back: see `in_place`.
"""

from __future__ import annotations

from functools import wraps
from types import ModuleType
from typing import Any

from ..autograd.inplace import before_write, check_writable, write
from ..tensor import Tensor
from . import activation, conv, elementwise, index, linalg, reduce, shape

# ---- operators ------------------------------------------------------------------------------------------------------

_OPERATORS = {
    "__add__": elementwise.add,
    "__radd__": elementwise.add,
    "__sub__": elementwise.sub,
    "__mul__": elementwise.mul,
    "__rmul__": elementwise.mul,
    "__truediv__": elementwise.div,
    "__pow__": elementwise.pow,
    "__neg__": elementwise.neg,
    "__matmul__": linalg.matmul,
    "__getitem__": index.getitem,
}

# ---- methods of the same name as the function, a family a line ---------------------------------------------------------

_METHODS: dict[ModuleType, str] = {
    elementwise: "add sub mul div pow neg exp log",
    activation: "relu",
    reduce: "sum",
    linalg: "matmul",
    shape: "reshape expand transpose",
    index: "",
    conv: "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
}

# ---- operations that also have an in-place form --------------------------------------------------------------------------

_IN_PLACE: dict[ModuleType, str] = {
    elementwise: "add sub mul div pow neg exp log",
    activation: "relu",
}

# ---- methods under another name -----------------------------------------------------------------------------------------

_RENAMED: dict[str, Any] = {
    "T": property(lambda x: shape.transpose(x, 0, 1)),
    "mT": property(lambda x: shape.transpose(x, -1, -2)),
}


def in_place(op: Any, name: str) -> Any:
    """The in-place form of an operation: compute, write into the first operand's memory, take the result's place."""

    @wraps(op)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self, name)
        return write(self, op(before_write(self), *args, **kwargs), name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In place: x.{name}(…) writes {op.__name__}(x, …) into x's memory and returns x."
    return method


def hang() -> None:
    """Put everything on the class."""
    for name, function in _OPERATORS.items():
        setattr(Tensor, name, function)
    for module, names in _METHODS.items():
        for name in names.split():
            setattr(Tensor, name, getattr(module, name))
    for module, names in _IN_PLACE.items():
        for name in names.split():
            setattr(Tensor, name + "_", in_place(getattr(module, name), name + "_"))
    for name, member in _RENAMED.items():
        setattr(Tensor, name, member)
    for operator in ("add", "sub", "mul", "pow"):
        setattr(Tensor, f"__i{operator}__", getattr(Tensor, operator + "_"))
    Tensor.__itruediv__ = Tensor.div_  # type: ignore[attr-defined]


hang()
