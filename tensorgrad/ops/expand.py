"""The same numbers several times: along axes of size 1 without a copy, or in memory of their own."""

from __future__ import annotations

from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axis, broadcast, integer
from ..refusals import in_own_name
from ..tensor import Size, Tensor, TensorLike
from .keywords import numpy_words
from .promote import as_operand
from .shape import Reshape, Unsqueeze, clone, reshape, sizes_of

# ---- without a copy -------------------------------------------------------------------------------------------------


class Expand(Function):
    """x repeated along axes of size 1, without a copy."""

    is_view = True

    def __init__(self, shape: Shape) -> None:
        self.to = shape

    def forward(self, x: Any) -> Any:
        self.before = x.shape
        return on(x).expand(x, self.to)

    def backward(self, grad: Tensor) -> Tensor:
        return grad._sum_to(self.before)


def expand(input: TensorLike, *sizes: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Repeat along axes of size 1 without copying; −1 keeps a size, new axes come in front.  A view that cannot be
    written to."""
    x = input if isinstance(input, Tensor) else as_operand("expand", input)
    return _expanded("expand", x, sizes_of("expand", sizes if size is None else (size,)))


def _expanded(op: str, x: Tensor, to: Shape) -> Tensor:
    shape, full = x.array.shape, to
    if -1 in to:
        extra = len(to) - len(shape)
        full = tuple([shape[i - extra] if s == -1 and i >= extra else s for i, s in enumerate(to)])
    try:
        return Expand(full)(x)
    except ValueError:
        raise ValueError(
            f"{op}: shape {tuple(shape)} cannot be expanded to {to}.\n"
            "Counted from the right, only axes of size 1 can grow; new axes come in front."
        ) from None


def expand_as(input: TensorLike, other: Tensor) -> Tensor:
    """`expand` to the shape of `other`."""
    to = as_operand("expand_as", other, "other").array.shape
    return _expanded("expand_as", as_operand("expand_as", input), to)


def broadcast_to(input: TensorLike, size: Any) -> Tensor:
    """`expand`, by NumPy's name."""
    return _expanded("broadcast_to", as_operand("broadcast_to", input), sizes_of("broadcast_to", (size,)))


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """All of them expanded to their common shape.  Views."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    xs = [as_operand("broadcast_tensors", x, f"tensor {i}") for i, x in enumerate(tensors)]
    shape = broadcast("broadcast_tensors", **{f"tensor {i}": x.array.shape for i, x in enumerate(xs)})
    return tuple([_expanded("broadcast_tensors", x, shape) for x in xs])


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of these shapes (tuples, or an int for one axis) broadcast to."""
    given = {f"shape {i}": sizes_of("broadcast_shapes", (s,)) for i, s in enumerate(shapes)}
    for s in given.values():
        if any(n < 0 for n in s):
            raise ValueError(f"broadcast_shapes: {s} is no shape; sizes are 0 or more.")
    return Size(broadcast("broadcast_shapes", **given))


# ---- copies ---------------------------------------------------------------------------------------------------------


@in_own_name
def repeat(input: TensorLike, *sizes: Any, repeats: Any = None) -> Tensor:
    """The whole tensor `repeats[i]` times along axis i; new axes come in front.  A copy.  See `tile`, NumPy's version.

    Shapes: (a, b) repeated (m, n) → (m·a, n·b).
    """
    x = as_operand("repeat", input)
    times = sizes_of("repeat", sizes if repeats is None else (repeats,))
    return _repeated("repeat", x, times)


def _repeated(op: str, x: Tensor, times: Shape) -> Tensor:
    if len(times) < x.array.ndim:
        raise ValueError(f"{op}: {len(times)} repeats for a tensor of {x.array.ndim} dimensions; give one for each.")
    if any(n < 0 for n in times):
        raise ValueError(f"{op}: repeats must be 0 or more, got {times}.")
    shape = (1,) * (len(times) - x.array.ndim) + x.array.shape
    between = [n for s in shape for n in (1, s)]
    full = [n for r, s in zip(times, shape) for n in (r, s)]
    y = Expand(tuple(full))(Reshape(tuple(between))(x))
    return in_own_memory(Reshape(tuple([r * s for r, s in zip(times, shape)]))(y))


def in_own_memory(y: Tensor) -> Tensor:
    """A reshape's result in memory of its own, where it has not been copied already."""
    return y if y.storage is None else clone(y)


@in_own_name
def tile(input: TensorLike, *sizes: Any, dims: Any = None) -> Tensor:
    """The whole tensor `dims[i]` times along axis i, where missing entries are 1.  A copy."""
    x = as_operand("tile", input)
    times = sizes_of("tile", sizes if dims is None else (dims,))
    return _repeated("tile", x, (1,) * (x.array.ndim - len(times)) + times)


@numpy_words
def repeat_interleave(
    input: TensorLike, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element `repeats` times in a row (an int, or one int per place) along `dim`; of all elements when None.

    With only one argument, a tensor of counts: the index i counts[i] times.
    """
    op = "repeat_interleave"
    x = as_operand(op, input)
    if repeats is None:
        return Tensor._of(on(x.array).repeated(x.array.size, _counts(op, x)))
    if dim is None:
        x, dim = reshape(x, -1), 0
    d = axis(op, dim, x.array.ndim)
    n = x.array.shape[d] if x.array.ndim else 1
    times = repeats if isinstance(repeats, int) else _counts(op, repeats)
    if not isinstance(times, int):
        if times.size not in (1, n):
            raise ValueError(f"{op}: {times.size} repeats for {n} places of dim {dim}, shape {tuple(x.array.shape)}.")
        if times.size == 1:
            times = times.item()
    elif times < 0:
        raise ValueError(f"{op}: repeats must be 0 or more, got {times}.")
    total = times * n if isinstance(times, int) else int(times.sum())
    if output_size is not None and integer(op, "output_size", output_size) != total:
        raise ValueError(f"{op}: output_size is {output_size}, but the repeats add up to {total}.")
    if not isinstance(times, int):
        return x.index_select(d, Tensor._of(on(x.array).repeated(n, times)))
    if not x.array.ndim:
        x = Reshape((1,))(x)
    shape = x.array.shape
    y = Expand((*shape[: d + 1], times, *shape[d + 1 :]))(Unsqueeze((*shape[: d + 1], 1, *shape[d + 1 :]))(x))
    return in_own_memory(Reshape((*shape[:d], total, *shape[d + 1 :]))(y))


def _counts(op: str, repeats: Any) -> Any:
    """The repeats of `repeat_interleave` as an array."""
    times = as_operand(op, repeats, "repeats").array
    if times.dtype.kind not in "iu" or times.ndim > 1:
        raise TypeError(f"{op}: repeats must be an int or a one-dimensional integer tensor.")
    if times.size and times.min() < 0:
        raise ValueError(f"{op}: repeats must be 0 or more, the smallest is {times.min()}.")
    return times


__all__ = [
    "broadcast_shapes", "broadcast_tensors", "broadcast_to", "repeat_interleave", "tile",
]  # fmt: skip
