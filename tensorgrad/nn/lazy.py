"""Modules that learn the size of their input from the first input they see."""

from __future__ import annotations

from typing import Any

from ..autograd.modes import no_grad
from ..refusals import CAUGHT, leave_as, worded
from .parameter import is_lazy


class LazyModuleMixin:
    """Mix-in of a module with uninitialized parameters. The first call hands its input to `initialize_parameters`,
    which gives them their shapes; from then on the module is a `cls_to_become`, if there is one."""

    cls_to_become: type | None = None
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give every uninitialized parameter and buffer its shape and first values."""
        raise TypeError(f"{type(self).__name__}: a lazy module must define initialize_parameters(input).")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer still waits for its shape."""
        return any(is_lazy(x) for x in (*self._parameters.values(), *self._buffers.values()))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            with no_grad():
                self.initialize_parameters(*args, **kwargs)
        except CAUGHT as error:
            leave_as(worded(error, self.initialize_parameters, args, kwargs, type(self).__name__), error)
        if self.has_uninitialized_params():
            raise RuntimeError(f"{type(self).__name__}: initialize_parameters has left parameters without a shape.")
        if self.cls_to_become is None:
            return super().__call__(*args, **kwargs)  # type: ignore[misc]
        self.__class__ = self.cls_to_become
        return self(*args, **kwargs)
