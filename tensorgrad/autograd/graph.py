"""The graph for those who look at it or change what it keeps, under PyTorch's names (`torch.autograd.graph`).

    with saved_tensors_hooks(pack, unpack):     # what operations save inside goes through pack, and comes back by unpack
        y = model(x)
    y.sum().backward()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

from ..tensor import Tensor
from .edges import GradientEdge, get_gradient_edge
from .inplace import bump_version
from .modes import TRACED, _Mode, no_grad, packing, recording
from .node import AccumulateGrad, Node

_forbidden: ContextVar[str | None] = ContextVar("tensorgrad.saved_tensors_hooks_forbidden", default=None)


class saved_tensors_hooks(_Mode):
    """Inside, every tensor that an operation saves for its rule is handed to `pack_hook`, and what that returns is kept in
    its place; when the rule runs, `unpack_hook` gets it and gives a tensor with the same numbers.

    Both run unrecorded, once for each saved value; of several blocks the innermost counts. What fused operations keep
    beside their inputs and results (a mask, a mean) stays as it is.

    Args:
        pack_hook: Tensor → anything.
        unpack_hook: what pack_hook has returned → Tensor.
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        for name, hook in (("pack_hook", pack_hook), ("unpack_hook", unpack_hook)):
            if not callable(hook):
                raise TypeError(f"saved_tensors_hooks: {name} must be callable, got {type(hook).__name__}.")
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__new__(cls)

    def _settings(self) -> dict[ContextVar[Any], Any]:
        message = _forbidden.get()
        if message is not None:
            raise RuntimeError(message)
        return {packing: self, recording: TRACED if recording.get() else recording.get()}

    def _again(self) -> _Mode:
        return saved_tensors_hooks(self.pack_hook, self.unpack_hook)

    # ---- what nodes ask ----------------------------------------------------------------------------------------------

    def pack(self, t: Any) -> Any:
        """A saved value as it is kept. Numbers and None stay what they are."""
        if not isinstance(t, Tensor):
            return t
        with no_grad():
            return _Kept(self.pack_hook(t.detach()), t)

    def unpack(self, kept: Any) -> Any:
        """The saved value again."""
        if type(kept) is not _Kept:
            return kept
        with no_grad():
            t = self.unpack_hook(kept.value)
        if not isinstance(t, Tensor):
            raise TypeError(f"saved_tensors_hooks: unpack_hook must return a Tensor, got {type(t).__name__}.")
        if t.array.shape != kept.shape or t.array.dtype != kept.dtype:
            raise RuntimeError(
                "saved_tensors_hooks: unpack_hook has returned another tensor than pack_hook was given.\n"
                f"    packed    {kept.shape} {kept.dtype}\n    unpacked  {tuple(t.array.shape)} {t.array.dtype}"
            )
        again = Tensor._of(t.array)
        return again._at(kept.source) if kept.source is not None and recording.get() else again


class _Kept:
    """What a pack hook has returned, what its tensor was like, and its place in the graph."""

    __slots__ = ("dtype", "shape", "source", "value")

    def __init__(self, value: Any, t: Tensor) -> None:
        self.value, self.shape, self.dtype = value, tuple(t.array.shape), t.array.dtype
        self.source = (t.node or t) if t._requires_grad else None


class save_on_cpu(saved_tensors_hooks):
    """Inside, what operations save is kept in the computer's own memory, and goes back to its device for backward. On the
    CPU there is nothing to move.

    Args:
        pin_memory, device_type: accepted, for GPUs.
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda t: (t.device, t.cpu()), lambda packed: packed[1].to(packed[0]))

    def _again(self) -> _Mode:
        return save_on_cpu()


class allow_mutation_on_saved_tensors(saved_tensors_hooks):
    """Inside, what operations have saved may be changed in place: each saved value is a copy, so memory is the price."""

    def __init__(self) -> None:
        super().__init__(lambda t: t.clone(), lambda t: t)

    def _again(self) -> _Mode:
        return allow_mutation_on_saved_tensors()


class disable_saved_tensors_hooks(_Mode):
    """Inside, to enter `saved_tensors_hooks` is an error with this message."""

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message

    def _settings(self) -> dict[ContextVar[Any], Any]:
        return {_forbidden: self.error_message}

    def _again(self) -> _Mode:
        return disable_saved_tensors_hooks(self.error_message)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Note that the memory of these tensors has been changed by other means, so that who has saved them will notice."""
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        bump_version(t, "increment_version")


__all__ = [
    "AccumulateGrad",
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "save_on_cpu",
    "saved_tensors_hooks",
]
