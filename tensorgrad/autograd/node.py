"""Node: a place in the graph. Operations are nodes, and so is each of several results of one (`outputs.py`)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar

from .hooks import After, Before, Handle

Source = Any  # where a gradient goes: a Node, or a Tensor that is a leaf

births = count(1)  # nodes are numbered as they are made, so a node is younger than its inputs


class Node:
    """Where a tensor came from: what the sweep needs to know of it.

    Attributes:
        inputs: where the gradients go, one entry per input; None for one that needs no gradient.
        birth: its number in the order of making.
        shape: of the result.
        hooks: what is called as the gradient passes; None until something is registered.
    """

    __slots__ = ("inputs", "birth", "shape", "hooks", "__weakref__")

    is_op: ClassVar[bool] = True
    name: ClassVar[str] = "node"

    inputs: tuple[Source | None, ...]
    birth: int
    shape: tuple[int, ...]
    hooks: list[Any] | None
    pull: Callable[[Any], list[tuple[Source, Any]]]  # the gradient of the result in, pairs of a source and its gradient out

    def release(self) -> None:
        """Let go of what was kept for the rule."""

    # ---- for people and pictures ---------------------------------------------------------------------------------

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """PyTorch's way of walking the graph: pairs of the input's node and an output number."""
        return tuple((source, 0) for source in self.inputs)

    def register_hook(self, hook: Any) -> Any:
        """Call `hook(grad_inputs, grad_outputs)`, two tuples, after the rule has run; what it returns, if anything,
        replaces grad_inputs. Returns a handle with `remove()`."""
        return Handle(self._hooks(), After(hook))

    def register_prehook(self, hook: Any) -> Any:
        """Call `hook(grad_outputs)` before the rule runs, after the hooks of the result; what it returns, if anything,
        replaces grad_outputs. Returns a handle with `remove()`."""
        return Handle(self._hooks(), Before(hook))

    def _hooks(self) -> list[Any]:
        if self.hooks is None:
            self.hooks = []
        return self.hooks

    def __repr__(self) -> str:
        return f"<{self.name}>"
