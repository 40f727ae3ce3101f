"""Operations from outside in PyTorch's style: `@staticmethod forward(ctx, …)`, `@staticmethod backward(ctx, grad)`.

    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * x ** 2

    y = Cube.apply(x)

Here forward sees Tensors and runs unrecorded. The node in the graph is a `Custom` with the `ctx` in it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..kernels.layered import active
from ..tensor import Tensor
from .custom_levels import level_among, run_at_level
from .function import Function, in_pytorchs_style
from .inplace import bump_version, check_not_a_leaf, is_recorded, rebase_history
from .modes import OFF, TRACED, no_grad, packing, recording
from .node import Name, births
from .outputs import Output, stand_above
from .saving import Packed, twin


class Context:
    """What forward leaves for backward: saved tensors, flags, and attributes of the user's own."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.materialize_grads = True
        self.forward_mode = False
        self.dirty_tensors: tuple[Tensor, ...] = ()
        self.non_differentiable: tuple[Tensor, ...] = ()
        self._to_save: tuple[Any, ...] = ()
        self._for_forward: tuple[Any, ...] | None = None
        self._node: Any = None

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (inputs, results or others; None is allowed) for `saved_tensors`."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward: takes Tensors, got {type(t).__name__}. Keep other things as attributes: ctx.k = k."
                )
        self._to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for `saved_tensors` as `jvp` sees it."""
        self._for_forward = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given; in `jvp`, what `save_for_forward` was, if anything."""
        if self.forward_mode and self._for_forward is not None:
            return self._for_forward
        return self._node.unpack() if self._node is not None else self._to_save

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs forward has changed in place; they must be returned."""
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which results have no gradient."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros (the default) or None for results nobody used."""
        self.materialize_grads = value


class Custom(Function):
    """The node of an operation in PyTorch's style. Its rule gets a gradient for every result; those that are not
    differentiable have zeros."""

    __slots__ = ("cls", "ctx", "saved_outputs", "materialize", "places", "results", "dtypes")
    cls: Any
    ctx: Any
    saved_outputs: dict[int, int]  # which saved values are results, and which
    materialize: bool
    places: list[int]  # which of the results are differentiable
    results: list[Any]  # shape and dtype of each result; None for what is no tensor
    dtypes: list[Any]  # of the inputs
    broadcasts = True  # PyTorch, too, sums what a user's backward returns in a broadcast shape

    @property
    def name(self) -> Name:
        return Name(self.cls.__name__)

    saved_tensors = property(lambda self: self.unpack(), doc="What the operation has saved, as in its backward.")

    def unpack(self) -> tuple[Any, ...]:
        """The saved tensors, checked for in-place changes, each at its place in the graph."""
        saved, versions = self.saved, self.versions
        if saved is None:
            saved = self._unpacked()
            versions = (None,) * len(saved)
        result = []
        for i, (t, version) in enumerate(zip(saved, versions)):
            if t is not None and t.storage is not None and version is not None and t.storage.count != version:
                self._refuse_changed(t, t.storage)
            result.append(t._at(self._place_of(self.saved_outputs[i])) if i in self.saved_outputs else t)
        return tuple(result)

    def _place_of(self, i: int) -> Any:
        """Where a result stands in the graph: the node, one of its Outputs (made anew: they are only pointers), or
        nowhere."""
        if i not in self.places:
            return None
        return self if len(self.places) == 1 else _output(self, self.places.index(i), self.results[i][0])

    def _run_rule(self, grad: Any) -> Any:
        self.unpack()
        rule = getattr(self.cls, "backward", None) or getattr(self.cls, "vjp", None)
        if rule is None:
            raise NotImplementedError(f"{self.name}: it has no backward(ctx, grad); write one, it is its rule.")
        grads = rule(self.ctx, *self._one_per_result(grad if type(grad) is tuple else (grad,)))
        grads = grads if isinstance(grads, tuple) else (grads,)
        n = len(self.inputs)
        if len(grads) > n and all(g is None for g in grads[n:]):
            grads = grads[:n]
        found = []
        for i, g in enumerate(grads):
            if g is not None and not isinstance(g, Tensor):
                raise TypeError(
                    f"{self.name}: backward must return Tensors or None, got {type(g).__name__} for input {i}."
                )
            found.append(g if g is None or i >= n or g.array.dtype == self.dtypes[i] else g.to(self.dtypes[i]))
        return tuple(found)

    def _one_per_result(self, grads: tuple[Any, ...]) -> list[Any]:
        found: list[Any] = [None] * len(self.results)
        if self.materialize:
            found = [r and Tensor._of(np.zeros(*r)) for r in self.results]
        for i, g in zip(self.places, grads):
            found[i] = g
        return found

    def _fit(self, g: Tensor, source: Any) -> Tensor | None:
        shape = tuple(source.shape)
        try:
            fits = np.broadcast_shapes(shape, g.array.shape) == g.array.shape
        except ValueError:
            fits = False
        if not fits:
            raise RuntimeError(
                f"{self.name}: its backward returned a gradient of shape {tuple(g.array.shape)} for an input of shape "
                f"{shape}. A rule returns each gradient in the shape of its input, or one that broadcasting has given it."
            )
        return super()._fit(g, source)

    def release(self) -> None:
        if self.saved or type(self.versions) is Packed:
            self.saved = self.versions = None  # type: ignore[assignment]
        self.ctx._to_save = ()


def apply(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Run an operation written in PyTorch's style and record it."""
    mode = recording.get()
    needs = tuple(bool(mode) and isinstance(a, Tensor) and a.requires_grad for a in args)
    ctx = Context(needs)
    level = level_among(args) if active else None
    if level is not None:
        out = run_at_level(level, cls, ctx, args, _forward, apply)
    else:
        with no_grad():
            out = _forward(cls, ctx, args, kwargs)
    outs = out if isinstance(out, tuple) else (out,)
    if not any(needs):
        return out
    if not any(isinstance(y, Tensor) for y in outs) and any(isinstance(y, np.ndarray) for y in outs):
        raise TypeError(
            f"{cls.__name__}: forward returned a NumPy array, where the graph would end. Return a Tensor: "
            "tensorgrad.from_numpy(array)."
        )
    dirty = {id(t) for t in ctx.dirty_tensors}
    fixed = {id(t) for t in ctx.non_differentiable}
    given = {id(a) for a in args if isinstance(a, Tensor)}
    for t in ctx.dirty_tensors:
        check_not_a_leaf(t, cls.__name__)
    # An input returned as it is becomes a tensor of its own; what was changed in place takes the result's place below.
    results = [Tensor._of(y.array) if isinstance(y, Tensor) and id(y) in given else y for y in outs]
    node = Custom.__new__(Custom)
    node.cls, node.ctx = cls, ctx
    node.inputs = tuple((a.node or a) if need else None for a, need in zip(args, needs))
    node.dtypes = [a.dtype if isinstance(a, Tensor) else None for a in args]
    node.birth, node.hooks, node.shape = next(births), None, ()
    node.materialize = ctx.materialize_grads
    if mode is TRACED:
        node._trace(args, tuple(results))
    node.results = [(y.array.shape, y.array.dtype) if isinstance(y, Tensor) else None for y in results]
    node.places = [
        i
        for i, (y, o) in enumerate(zip(results, outs))
        if isinstance(y, Tensor) and y.is_floating_point() and id(o) not in fixed
    ]
    floating = [results[i] for i in node.places]
    stand_above(node, floating)
    for i, o in enumerate(outs):
        if id(o) in dirty:
            results[i] = _written(o, results[i], cls.__name__)
    # A saved result is kept as a twin, and finds its place in the graph when asked for.
    place = {id(o): i for i, o in enumerate(outs) if isinstance(o, Tensor) and (id(o) not in given or id(o) in dirty)}
    saved, node.saved_outputs = [], {}
    for k, t in enumerate(ctx._to_save):
        if t is not None and id(t) in place:
            saved.append(twin(t))
            node.saved_outputs[k] = place[id(t)]
        else:
            saved.append(t)
    node.saved = tuple(saved)
    node.versions = tuple(0 if t is None or t.storage is None else t.storage.count for t in saved)
    if packing.get() is not None and saved:
        node._pack()
    ctx._node = weakref.proxy(node)
    ctx._to_save = ctx.dirty_tensors = ctx.non_differentiable = ()  # the node must not keep its own results
    return tuple(results) if isinstance(out, tuple) else results[0]


def _forward(cls: Any, ctx: Context, args: tuple[Any, ...], kwargs: Any = None) -> Any:
    """Run forward, in either of its two forms."""
    if "setup_context" in dir(cls):
        out = cls.forward(*args, **(kwargs or {}))
        cls.setup_context(ctx, args, out)
        return out
    return cls.forward(ctx, *args, **(kwargs or {}))


def _written(x: Tensor, new: Tensor, name: str) -> Tensor:
    """An input that forward has changed in place, in the place of the result."""
    recorded = is_recorded(x, new, name)
    bump_version(x, name)
    if recorded:
        rebase_history(x, new)
    return x


def _output(node: Custom, index: int, shape: Any) -> Output:
    out = Output.__new__(Output)
    out.inputs, out.shape, out.hooks, out.index, out.birth = (node,), shape, None, index, next(births)
    return out


class Once(Function):
    """Marks a gradient that cannot be differentiated again."""

    def __init__(self, what: str) -> None:
        self.what = what

    def forward(self, *arrays: Any) -> Any:
        return tuple(a for a in arrays) if len(arrays) > 1 else arrays[0]

    def backward(self, *grads: Tensor) -> Any:
        raise RuntimeError(f"{self.what}: its backward is marked once_differentiable; it has no second gradient.")


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a static backward that is not written in differentiable operations; using it for a second gradient is
    an error instead of a wrong number."""

    @wraps(backward)
    def once(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            result = backward(ctx, *grads)
        if recording.get() == OFF:
            return result
        parts = result if isinstance(result, tuple) else (result,)
        name = ctx._node.name if ctx._node is not None else "this operation"
        marked = []
        for g in parts:
            if isinstance(g, Tensor):
                y = Tensor._of(g.array)
                y._requires_grad = True
                g = Once(name)(y)
            marked.append(g)
        return tuple(marked) if isinstance(result, tuple) else marked[0]

    return once


@classmethod  # type: ignore[misc]
def _apply(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Run an operation written in PyTorch's static style; for one in ours, the same as `cls()(*args)`."""
    return apply(cls, *args, **kwargs) if in_pytorchs_style(cls) else cls()(*args)


Function.apply = _apply  # type: ignore[method-assign]

__all__ = ["Context", "Custom", "apply", "once_differentiable"]
