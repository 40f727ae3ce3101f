"""Node: a place in the graph. Operations are nodes, and so is each of several results of one (`outputs.py`)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref

from .hooks import After, Before, Handle, Handles

if TYPE_CHECKING:
    from ..tensor import Tensor

Source = Any  # where a gradient goes: a Node, or a Tensor that is a leaf

births = count(1)  # nodes are numbered as they are made, so a node is younger than its inputs


class Name(str):
    """The name of an operation, which may also be asked for as PyTorch does: `node.name()`."""

    __slots__ = ()

    def __call__(self) -> str:
        return str(self)


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
    name: ClassVar[Any] = Name("node")

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
        """PyTorch's way of walking the graph: for each input the node that it came from, and which of its results it is;
        an `AccumulateGrad` for a leaf, None for an input that has no gradient."""
        return tuple([_edge(source) for source in self.inputs])

    @property
    def metadata(self) -> dict[str, Any]:
        """A dictionary for the user's own notes."""
        return self.__dict__.setdefault("_metadata", {})  # operations have one

    def _sequence_nr(self) -> int:
        """The order in which nodes were made."""
        return self.birth

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


class AccumulateGrad(Node):
    """Where a leaf's gradient is added to its `grad`: for those who walk a graph as PyTorch's. The sweep knows leaves only.

    Attributes:
        variable: the leaf.
    """

    __slots__ = ("variable", "__dict__")
    name = Name("AccumulateGrad")
    is_op = False

    def __init__(self, variable: Tensor) -> None:
        self.variable = variable
        self.inputs, self.birth, self.hooks = (), 2**64 - 1, None

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        return tuple(self.variable.array.shape)

    def register_prehook(self, hook: Any) -> Any:
        """Call `hook((gradient,))` before the gradient is added; what it returns, if anything, replaces it."""
        return self.variable.register_hook(_FirstOf(hook))

    def register_hook(self, hook: Any) -> Any:
        """Call `hook((), (gradient,))` after the gradient has been added to `variable.grad`."""
        arrived: list[Any] = []
        noted = self.variable.register_hook(lambda grad: arrived.append(grad))

        def after(variable: Any) -> None:
            hook((), (arrived.pop() if arrived else variable.grad,))
            arrived.clear()

        added = self.variable.register_post_accumulate_grad_hook(after)
        return Handles(noted, added)


class _FirstOf:
    """A hook for a tuple of one gradient as one for the gradient."""

    def __init__(self, hook: Any) -> None:
        self.hook = hook

    def __call__(self, grad: Any) -> Any:
        changed = self.hook((grad,))
        return changed[0] if isinstance(changed, (tuple, list)) else changed


def accumulator_of(leaf: Tensor) -> AccumulateGrad:
    """The node of a leaf: the same one as long as anybody holds it."""
    known = leaf.__dict__.get("_accumulator")
    node = known() if known is not None else None
    if node is None:
        node = AccumulateGrad(leaf)
        leaf.__dict__["_accumulator"] = ref(node)
    return node


def _edge(source: Source | None) -> tuple[Any, int]:
    if source is None:
        return None, 0
    if not source.is_op:
        return accumulator_of(source), 0
    index = getattr(source, "index", None) if source.name == "output" else None
    return (source, 0) if index is None else (source.inputs[0], index)
