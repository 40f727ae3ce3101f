"""Counts: of whole numbers, and of elements in bins. None has a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ..autograd.modes import quiet
from ..kernels import on
from ..kernels.shapes import integer
from ..printing import Result
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .keywords import numpy_words
from .promote import as_operand, needs_floating, number


@in_own_name
def bincount(input: TensorLike, weights: TensorLike | None = None, minlength: int = 0) -> Tensor:
    """How often each whole number 0, 1, 2, … stands in `input`, or the sum of its `weights`.

    Shape: (n,) → (max(largest + 1, minlength),).
    """
    x = as_operand("bincount", input)
    if x.array.dtype.kind not in "iu":
        raise TypeError(f"bincount: input must be of an integer dtype, got {x.dtype}.")
    if x.array.ndim != 1:
        raise ValueError(f"bincount: input must have one dimension, got shape {tuple(x.array.shape)}.")
    if x.array.size and x.array.min() < 0:
        raise ValueError(f"bincount: there are no negative places to count in, the least is {x.array.min()}.")
    minlength = integer("bincount", "minlength", minlength, 0)
    if weights is None:
        return Tensor._of(on(x.array).bincount(x.array, None, minlength))
    w = as_operand("bincount", weights, "weights")
    if w.array.shape != x.array.shape:
        raise ValueError(f"bincount: {tuple(w.array.shape)} weights for {tuple(x.array.shape)} numbers; one for each.")
    out = on(x.array).bincount(x.array, w.array, minlength)
    return Tensor._of(out.astype(w.array.dtype) if w.array.dtype == "float32" else out)


@numpy_words
def histc(input: TensorLike, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of `bins` equal parts of [min, max]; from the smallest to the largest element
    when both are 0.  Elements outside, and nan, are not counted."""
    x, min, max = needs_floating("histc", input), number("histc", "min", min), number("histc", "max", max)
    limits = _limits("histc", x.array, bins, None if min == max == 0 else (min, max), 1.0)
    return Tensor._of(on(x.array).histogram(x.array, bins, limits)[0])


class histogram_result(Result):
    hist: Tensor
    bin_edges: Tensor


@in_own_name
def histogram(
    input: TensorLike, bins: int | Tensor = 100, *, range: Sequence[float] | None = None,
    weight: TensorLike | None = None, density: bool = False,
) -> histogram_result:  # fmt: skip
    """(hist, bin_edges): how many elements, or how much weight, fall into each bin.

    Args:
        bins: a number of equal bins, or an ascending tensor of edges. The last bin includes its upper edge.
        range: (lowest, highest) edge; the smallest and the largest element when not given.
        weight: one per element.
        density: divide by the total and the widths, so that the integral is one.
    """
    x = needs_floating("histogram", input)
    limits = None
    if isinstance(bins, Tensor):
        bins = _edges("histogram", bins)
    else:
        limits = _limits("histogram", x.array, bins, range, 0.5)
    w = None if weight is None else _weights("histogram", weight, x.array.shape)
    hist, edges = on(x.array).histogram(x.array, bins, limits, w)
    if density:
        with quiet():  # 0/0 where nothing is inside
            hist = hist / (hist.sum() * (edges[1:] - edges[:-1]))
    return histogram_result(Tensor._of(hist), Tensor._of(edges))


class histogramdd_result(Result):
    hist: Tensor
    bin_edges: tuple[Tensor, ...]


@in_own_name
def histogramdd(
    input: TensorLike, bins: int | Tensor | Sequence[int | Tensor], *, range: Sequence[float] | None = None,
    weight: TensorLike | None = None, density: bool = False,
) -> histogramdd_result:  # fmt: skip
    """(hist, bin_edges) of points (…, n), a row each: how many, or how much weight, fall into each box of a grid.

    Args:
        bins: a number of equal bins; or one per coordinate; or an ascending tensor of edges per coordinate.
        range: lowest and highest edge of each coordinate, 2n numbers; the smallest and largest value when not given.
        weight: one per point, (…).
        density: divide by the total and the volumes, so that the integral is one.

    Shape: hist has one axis per coordinate.
    """
    op = "histogramdd"
    x = needs_floating(op, input)
    if x.array.ndim < 2:
        raise ValueError(f"{op}: input must be points (…, n), at least 2 dimensions; got shape {tuple(x.array.shape)}.")
    n = x.array.shape[-1]
    sides = list(bins) if isinstance(bins, (tuple, list)) else [bins] * n
    if not n:
        raise ValueError(f"{op}: the points, shape {tuple(x.array.shape)}, have no coordinates.")
    if range is not None and not isinstance(range, (tuple, list)):
        raise TypeError(f"{op}: range must be two numbers for each coordinate, got {range!r}.")
    if len(sides) != n or (range is not None and len(range) != 2 * n):
        given = f"{len(sides)} bins" + ("" if range is None else f" and {len(range)} numbers of range")
        raise ValueError(f"{op}: points have {n} coordinates; got {given}. Give one bins, and two of range, for each.")
    points = x.array.reshape(prod(x.array.shape[:-1]), n)
    edges = []
    for i, side in enumerate(sides):
        if isinstance(side, Tensor):
            edges.append(_edges(op, side))
        else:
            limits = _limits(op, points[:, i], side, None if range is None else range[2 * i : 2 * i + 2], 0.5)
            edges.append(on(x.array).histogram(points[:0, i], side, limits)[1])
    w = None if weight is None else _weights(op, weight, x.array.shape[:-1]).reshape(-1)
    hist = on(x.array).histogramdd(points, edges, w)
    if density:
        with quiet():
            hist = hist / hist.sum()
            for i, e in enumerate(edges):
                hist = hist / (e[1:] - e[:-1]).reshape([-1 if i == k else 1 for k, _ in enumerate(edges)])
    return histogramdd_result(Tensor._of(hist), tuple([Tensor._of(e) for e in edges]))


def _edges(op: str, bins: Tensor) -> Any:
    """Edges as the user gives them."""
    edges = bins.array
    if edges.ndim != 1 or edges.size < 2 or (edges[1:] < edges[:-1]).any():
        raise ValueError(f"{op}: bins must be a number, or at least two edges in ascending order.")
    return edges


def _weights(op: str, weight: Any, shape: Any) -> Any:
    """One weight for each thing that is counted."""
    w = as_operand(op, weight, "weight").array
    if w.shape != shape:
        raise ValueError(f"{op}: weight {tuple(w.shape)} for input {tuple(shape)}; one for each.")
    return w


def _limits(op: str, array: Any, bins: Any, given: Any, margin: float) -> tuple[float, float]:
    """Where the bins begin and end: as given, or at the extremes of the array; with a margin where these are one."""
    bins = integer(op, "bins", bins)
    if bins < 1:
        raise ValueError(f"{op}: bins must be at least 1, got {bins}.")
    if given is not None:
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise ValueError(f"{op}: range must be two numbers, the lowest and the highest edge, got {given!r}.")
        low, high = [float(number(op, "range", g)) for g in given]
    else:
        low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 1.0)
    if not -float("inf") < low <= high < float("inf"):
        raise ValueError(f"{op}: the range from {low} to {high} must be finite, and not go down.")
    return (low, high) if low < high else (low - margin, high + margin)


__all__ = ["bincount", "histc", "histogram", "histogramdd"]
