"""Parameters: the tensors a module learns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor


class Parameter(Tensor):
    """A tensor that a `Module` finds by itself when it is assigned as an attribute; requires grad by default.

    Args:
        data: shares its memory with this tensor.
        requires_grad: False for one that is kept but not trained.
    """

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        if data is None:
            data = Tensor._of(np.empty(0, np.float32))
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter: data must be a Tensor, got {type(data).__name__}. Make one: tensorgrad.tensor(…).")
        self.array = data.array
        self.storage = data.storage
        if requires_grad:
            self.requires_grad_()

    def __repr__(self, **kwargs: Any) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that belongs to a module's state without being trained: running means, masks.

    Args:
        persistent: whether `state_dict` contains it.
    """

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        self.array = np.empty(0, np.float32) if data is None else data.array
        self.persistent = persistent


class UninitializedParameter(Parameter):
    """A parameter whose shape is known only at the first forward: the weight of a lazy module."""

    def __init__(self, requires_grad: bool = True) -> None:
        super().__init__(None, requires_grad)

    def materialize(self, shape: Any, dtype: Any = None) -> None:
        """Take a shape and become an ordinary Parameter; its memory is not set."""
        from ..dtypes import as_dtype, get_default_dtype

        self.array = np.empty(tuple(shape), (as_dtype(dtype) if dtype is not None else get_default_dtype()).numpy)
        self.__class__ = Parameter  # type: ignore[assignment]

    def __repr__(self, **kwargs: Any) -> str:
        return "<UninitializedParameter>"


def is_lazy(x: Any) -> bool:
    """Whether a parameter still waits for its shape."""
    return isinstance(x, UninitializedParameter)
