"""Parameters: the tensors a module learns. Buffers: those it merely keeps."""

from __future__ import annotations

from typing import Any

from ..device import chosen
from ..device import device as Device
from ..dtypes import as_dtype, dtype, get_default_dtype
from ..ops import create
from ..refusals import in_class_name
from ..tensor import Tensor


class Parameter(Tensor):
    """A tensor that a `Module` finds by itself when it is assigned as an attribute; requires grad by default.

    Args:
        data: shares its memory with this tensor.
        requires_grad: False for one that is kept but not trained.
    """

    @in_class_name
    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        _share(self, data, "Parameter")
        if requires_grad:
            self.requires_grad_()

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """A parameter of its own memory, without the gradient, as of a model that starts anew."""
        if id(self) not in memo:
            twin = memo[id(self)] = super().__deepcopy__(memo)
            twin._grad = None
        return memo[id(self)]

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that belongs to a module's state without being trained: running means, masks.

    Args:
        persistent: whether `state_dict` contains it.
    """

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        _share(self, data, "Buffer")
        self.persistent = persistent

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return "Buffer containing:\n" + super().__repr__()


def _share(x: Tensor, data: Any, kind: str) -> None:
    """Let x look at the memory of `data`, and notice writes to it; no data is an empty tensor."""
    if data is None:
        data = Tensor()
    if not isinstance(data, Tensor):
        raise TypeError(f"{kind}: data must be a Tensor, got {type(data).__name__}. Make one: tensorgrad.tensor(…).")
    x.array, x.storage = data.array, data.storage or data._storage()


# ---- those whose shape is known only at the first forward -----------------------------------------------------------


class UninitializedTensorMixin:
    """A tensor without a shape and memory, until `materialize` gives it both: the state of a lazy module."""

    _requires_grad: bool
    _becomes: type
    to_be: dtype  # of the memory
    place_to_be: Device  # where it will be

    def _expect(self, requires_grad: bool, device: Any, dtype: Any) -> None:
        self.place_to_be = chosen(device, type(self).__name__)
        self._requires_grad = requires_grad
        self.to_be = get_default_dtype() if dtype is None else as_dtype(dtype)

    def will_be(self, fn: Any) -> None:
        """Take the dtype and the device that `fn` would give memory."""
        sample = fn(create.empty(0, device=self.place_to_be, dtype=self.to_be))
        self.to_be, self.place_to_be = sample.dtype, sample.device

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Take a shape and become an ordinary Parameter or Tensor; the memory is not set."""
        self.array = create.empty(tuple(shape), device=device or self.place_to_be, dtype=dtype or self.to_be).array
        self.__class__ = self._becomes

    @property
    def dtype(self) -> dtype:
        return self.to_be

    @property
    def device(self) -> Device:
        return self.place_to_be

    def is_floating_point(self) -> bool:
        """Yes, whatever its shape will be."""
        return self.to_be.is_floating_point

    def __getattr__(self, name: str) -> Any:
        if name == "array":
            raise RuntimeError(
                f"{type(self).__name__}: it has no shape and no values yet. Run the lazy module once, "
                "or load a state dict, and it takes the shape it needs."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self._requires_grad, self.place_to_be, self.to_be)  # type: ignore[call-arg]
        return memo[id(self)]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc]
    """A parameter whose shape is known only at the first forward: the weight of a lazy module."""

    _becomes = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        self._expect(requires_grad, device, dtype)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A buffer whose shape is known only at the first forward: the running mean of a lazy batch norm."""

    _becomes = Tensor

    def __init__(
        self, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> None:
        self._expect(requires_grad, device, dtype)
        self.persistent = persistent


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer still waits for its shape."""
    return isinstance(param, UninitializedTensorMixin)
