"""What Python and NumPy ask of an object, answered for a Tensor: numbers, length, iteration, text, copies, arrays."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from . import printing
from .kernels import on
from .refusals import running


class Protocols:
    """The protocols that need only the array, the flags and the methods of a Tensor (`self`)."""

    # ---- one number -------------------------------------------------------------------------------------------------

    def _number(self: Any, what: str) -> Any:
        if self.array.size != 1:
            raise RuntimeError(
                f"{running()}{what}: a tensor of shape {tuple(self.array.shape)} with {self.array.size} elements is not one "
                f"{'truth value; use x.any() or x.all()' if what == 'bool' else 'number; reduce or index it first'}."
            )
        return self.array.item()

    def __bool__(self: Any) -> bool:
        """The truth of a tensor's only element."""
        return bool(self._number("bool"))

    def __float__(self: Any) -> float:
        if self.requires_grad:
            self._warn_of_a_cut()
        return float(self._number("float"))

    def _warn_of_a_cut(self: Any) -> None:
        """math.exp(x) takes the number out of the graph: PyTorch says so as well."""
        from .autograd.frames import warn
        from .autograd.modes import is_grad_enabled

        if self.array.size == 1 and is_grad_enabled():
            warn(
                "float: a tensor that requires grad became a plain number, through which no gradient flows. For a function "
                "use the tensor's own, x.exp() in place of math.exp(x); for the number itself x.item()."
            )

    def __int__(self: Any) -> int:
        return int(self._number("int"))

    def __complex__(self: Any) -> complex:
        return complex(self._number("complex"))

    def __index__(self: Any) -> int:
        if self.array.dtype.kind not in "iub":
            raise TypeError(f"{running()}index: only an integer tensor of one element is an index, this is {self.dtype}.")
        return int(self._number("index"))

    # ---- containers ---------------------------------------------------------------------------------------------------

    def __len__(self: Any) -> int:
        if self.array.ndim == 0:
            raise TypeError("len: a 0-d tensor has no length.")
        return self.array.shape[0]

    def __iter__(self: Any) -> Any:
        if self.array.ndim == 0:
            raise TypeError("iter: a 0-d tensor has nothing to iterate over.")
        return iter(self.unbind())

    def __contains__(self: Any, element: Any) -> bool:
        if not isinstance(element, (Protocols, int, float)):
            raise RuntimeError(f"in: a tensor holds numbers; it cannot hold a {type(element).__name__}.")
        found: Any = self == element
        return bool(found.any())

    # ---- text and copies ----------------------------------------------------------------------------------------------

    def __repr__(self: Any, *, tensor_contents: Any = None) -> str:
        return printing.text(self, tensor_contents)

    def __format__(self: Any, spec: str) -> str:
        return format(self.item() if self.array.ndim == 0 else str(self), spec)

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        """A leaf with memory of its own. Within one deepcopy, of a module or a list, tensors that share memory still do:
        the whole memory is copied, also where a view looks at a part."""
        if id(self) in memo:
            return memo[id(self)]
        if self.node is not None:
            raise RuntimeError(
                f"deepcopy: this tensor is the result of {self.node.name}; only leaves can be copied with their settings. "
                "Use x.detach().clone() for its value or x.clone() to stay in the graph."
            )
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        for key, value in self.__dict__.items():
            if key not in ("array", "storage", "_base", "_view", "_rebased", "_hooks", "_post_hooks", "_grad"):
                setattr(twin, key, copy.deepcopy(value, memo))
        # Tensors that share memory share the copy of it: `memo` knows what has been copied so far.
        owner = on(self.array).memory_of(self.array)
        if id(owner) not in memo:
            memo[id(owner)] = owner.copy("K")
        twin.array = on(self.array).in_copy(self.array, owner, memo[id(owner)])
        if self.storage is not None:
            twin.storage = memo.setdefault(id(self.storage), type(self.storage)())
        if self._grad is not None:
            twin._grad = copy.deepcopy(self._grad if self._grad.node is None else self._grad.detach(), memo)
        return twin

    def _is_view(self: Any) -> bool:
        """Whether this tensor looks at the memory of another, from which it has been made by an operation."""
        return self._view is not None

    def __copy__(self: Any) -> Any:
        """A leaf of its own with the same memory and settings."""
        twin = object.__new__(type(self))
        for key, value in self.__dict__.items():
            if key in ("array", "storage", "_requires_grad") or key[0] != "_" and key != "node":
                twin.__dict__[key] = value
        return twin

    # ---- other libraries ----------------------------------------------------------------------------------------------

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is None or array.dtype == dtype:
            return array.copy() if copy else array
        if copy is False:
            raise ValueError(f"array: a copy is needed to go from {array.dtype} to {np.dtype(dtype)}.")
        return array.astype(dtype)

    def __array_wrap__(self: Any, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return self._of(np.asarray(array))

    def __dlpack__(self: Any, **kwargs: Any) -> Any:
        if self.requires_grad:
            raise RuntimeError("dlpack: this tensor requires grad, and the other side would not record. Detach it first.")
        return self.array.__dlpack__(**kwargs)

    def __dlpack_device__(self: Any) -> tuple[int, int]:
        return self.array.__dlpack_device__()
