"""Contractions of labelled axes: `einsum`, and `tensordot`, which is one of them.

The family closes under differentiation: a contraction of two operands has two of its own kind as gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

from ..autograd.function import Function
from ..kernels import on
from ..kernels.shapes import Shape, axes, mismatch
from ..refusals import in_own_name
from ..tensor import Tensor, TensorLike
from .diagonal import diagonal
from .products import product_operands
from .promote import as_operand, paired

Labels = tuple[int, ...]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ELLIPSIS = 52  # labels: 0 to 51 are letters (or the user's numbers), from 52 on the axes an ellipsis stands for


class Contract(Function):
    """Σ x·z over the labels that are not in `out`; each operand has a label once, and a label of one operand only is
    in `out`. Then of (x, z, y), each is the contraction of the other two: so are the gradients."""

    serves = {"x": "z", "z": "x"}

    def __init__(self, at_x: Labels, at_z: Labels, out: Labels) -> None:
        self.at_x, self.at_z, self.out = at_x, at_z, out

    def forward(self, x: Any, z: Any) -> Any:
        return on(x).contract(x, z, self.at_x, self.at_z, self.out)

    def backward(self, grad: Tensor, x: Any, z: Any) -> Any:
        gx = None if z is None else Contract(self.out, self.at_z, self.at_x)(grad, z)
        gz = None if x is None else Contract(self.out, self.at_x, self.at_z)(grad, x)
        return gx, gz


@in_own_name
def einsum(*args: Any) -> Tensor:
    """Einstein's sum over products: name every axis, and what is not in the result is summed over.

        einsum("ij,jk->ik", a, b)      a @ b
        einsum("bij,bjk", a, b)        the result's letters left out: those that appear once, in alphabetical order
        einsum("...ii->...i", a)       diagonals
        einsum("i,j->ij", u, v)        outer product
        einsum(a, [0, 1], b, [1, 2])   the same with numbers, 0 to 51; an ellipsis is `...`

    Products are taken two at a time, the cheapest first, each a product of matrices; axes of size 1 broadcast.
    """
    labels, out, operands = _parse(args)
    return _contract_all(labels, out, operands)


def _contract_all(labels: list[Labels], out: Labels, operands: list[Tensor]) -> Tensor:
    sizes: dict[int, int] = {}
    for i, (x, at) in enumerate(zip(operands, labels)):
        for label, n in zip(at, x.array.shape):
            if sizes.setdefault(label, n) == 1:
                sizes[label] = n
            elif n not in (1, sizes[label]):
                raise ValueError(
                    f"einsum: axis {_name(label)!r} has {n} entries in operand {i}, shape {tuple(x.array.shape)}, and "
                    f"{sizes[label]} in an earlier one."
                )
    for i, (x, at) in enumerate(zip(operands, labels)):
        operands[i], labels[i] = _diagonals(x, at, sizes, out)
    for i, j in _path(tuple(labels), out, tuple(sizes.items())) if len(operands) > 2 else [(0, 1)][: len(operands) - 1]:
        z, at_z = operands.pop(j), labels.pop(j)
        x, at_x = operands.pop(i), labels.pop(i)
        elsewhere = set(out).union(*labels)
        x, at_x = _sum_alone(x, at_x, elsewhere.union(at_z), x.dtype)
        z, at_z = _sum_alone(z, at_z, elsewhere.union(at_x), z.dtype)
        kept = tuple(k for k in dict.fromkeys(at_x + at_z) if k in elsewhere)
        if not labels:
            kept = tuple(k for k in out if k in kept)
        operands.append(Contract(at_x, at_z, kept)(x, z))
        labels.append(kept)
    x, at = _sum_alone(operands[0], labels[0], set(out))
    order = [at.index(k) for k in out if k in at]
    if order != sorted(order):
        x = x.permute(order)
    return x


def _diagonals(x: Tensor, at: Labels, sizes: dict[int, int], out: Labels) -> tuple[Tensor, Labels]:
    """Each label once: the diagonal of those that repeat; and axes of size 1 that others have longer left out."""
    short = [i for i, k in enumerate(at) if x.array.shape[i] == 1 and (sizes[k] != 1 or k in at[:i])]
    if short:
        x = x.reshape([n for i, n in enumerate(x.array.shape) if i not in short])
        at = tuple(k for i, k in enumerate(at) if i not in short)
    for k in sorted({k for k in at if at.count(k) > 1}):
        while at.count(k) > 1:
            i = at.index(k)
            j = at.index(k, i + 1)
            x = diagonal(x, 0, i, j)
            at = (*at[:i], *at[i + 1 : j], *at[j + 1 :], k)
    return x, at


def _sum_alone(x: Tensor, at: Labels, kept: set[int], dtype: Any = None) -> tuple[Tensor, Labels]:
    """Sum over the labels nobody else has."""
    alone = tuple(i for i, k in enumerate(at) if k not in kept)
    return (x.sum(alone, dtype=dtype), tuple(k for k in at if k in kept)) if alone else (x, at)


@lru_cache
def _path(labels: tuple[Labels, ...], out: Labels, sizes: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Which two operands to contract first, and so on: greedily those whose product is smallest beside what it
    replaces (then those with the fewest multiplications). The result is put last."""
    size = dict(sizes)
    left = [frozenset(at) for at in labels]
    path = []
    while len(left) > 1:
        best: Any = None
        for j in range(1, len(left)):
            for i in range(j):
                elsewhere = frozenset(out).union(*(s for k, s in enumerate(left) if k not in (i, j)))
                both = left[i] | left[j]
                made = both & elsewhere
                growth = prod(size[k] for k in made) - sum(prod(size[k] for k in left[n]) for n in (i, j))
                found = (growth, prod(size[k] for k in both), i, j, made)
                best = found if best is None or found[:2] < best[:2] else best
        *_, i, j, made = best
        path.append((i, j))
        left.pop(j)
        left.pop(i)
        left.append(made)
    return path


def _parse(args: Any) -> tuple[list[Labels], Labels, list[Tensor]]:
    """Labels of each operand and of the result, and the operands, from either form of the arguments."""
    if not args:
        raise ValueError('einsum: needs an equation and operands, as in einsum("ij,jk->ik", a, b).')
    if isinstance(args[0], str):
        equation, operands = args[0], list(args[1:])
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = list(operands[0])
        words, result = _words(equation)
    else:
        operands = list(args[0 : len(args) - len(args) % 2 : 2])
        words = tuple(_numbers(w) for w in args[1::2])
        result = _numbers(args[-1]) if len(args) % 2 else None
        equation = "the lists of axes"
    tensors = [as_operand("einsum", x, f"operand {i}") for i, x in enumerate(operands)]
    if not tensors:
        raise ValueError("einsum: needs at least one operand.")
    if len(words) != len(tensors):
        raise ValueError(f"einsum: {equation!r} describes {len(words)} operands, got {len(tensors)}.")
    for i in range(1, len(tensors)):
        both = isinstance(operands[0], Tensor) and isinstance(operands[i], Tensor)
        if tensors[0].array.dtype != tensors[i].array.dtype:
            if both:
                product_operands("einsum", tensors[0], tensors[i])
            tensors[0], tensors[i] = paired("einsum", tensors[0], tensors[i])
    ndims = tuple([x.array.ndim for x in tensors])
    labels, out = _resolved(equation, words, result, ndims)
    return list(labels), out, tensors


@lru_cache
def _words(equation: str) -> tuple[tuple[Any, ...], Any]:
    """ "ij,...k->i" as tuples of labels, with Ellipsis in place; the result is None when it is left to us."""
    left, arrow, right = equation.replace(" ", "").partition("->")

    def word(text: str) -> tuple[Any, ...]:
        head, dots, tail = text.partition("...")
        for c in head + tail:
            if c not in _LETTERS:
                raise ValueError(
                    f"einsum: {c!r} in {equation!r} is no axis. Axes are letters; '...' stands for any number "
                    "of them, once an operand; '->' precedes the result."
                )
        letters = [_LETTERS.index(c) for c in head + tail]
        return (*letters[: len(head)], Ellipsis, *letters[len(head) :]) if dots else tuple(letters)

    return tuple(word(w) for w in left.split(",")), word(right) if arrow else None


def _numbers(word: Any) -> tuple[Any, ...]:
    """A list of numbers, and perhaps an Ellipsis, as labels."""
    if not isinstance(word, (list, tuple)):
        raise TypeError(f"einsum: after each operand comes the list of its axes, got {type(word).__name__}.")
    for k in word:
        if k is not Ellipsis and not (isinstance(k, int) and 0 <= k < ELLIPSIS):
            raise ValueError(f"einsum: axes are numbers from 0 to 51, or ..., got {k!r}.")
    return tuple(word)


@lru_cache
def _resolved(equation: str, words: Any, result: Any, ndims: Shape) -> tuple[tuple[Labels, ...], Labels]:
    """The ellipses replaced by labels of their own, counted from the right, and the result's labels found."""
    widest = 0
    for i, (w, n) in enumerate(zip(words, ndims)):
        named = len(w) - w.count(Ellipsis)
        if w.count(Ellipsis) > 1 or (named != n if Ellipsis not in w else named > n):
            raise ValueError(f"einsum: {equation!r} names {named} axes for operand {i}, which has {n}.")
        if Ellipsis in w:
            widest = max(widest, n - named)
    dots = tuple(range(ELLIPSIS, ELLIPSIS + widest))

    def spelled(w: Any, count: int) -> Labels:
        if Ellipsis not in w:
            return w
        i = w.index(Ellipsis)
        return w[:i] + dots[widest - count :] + w[i + 1 :]

    labels = tuple(spelled(w, n - len(w) + 1) for w, n in zip(words, ndims))
    used = [k for at in labels for k in at]
    if result is None:
        out = dots + tuple(sorted(k for k in set(used) if k < ELLIPSIS and used.count(k) == 1))
    else:
        out = spelled(result, widest)
    for k in out:
        if k not in used:
            raise ValueError(f"einsum: axis {_name(k)!r} of the result is in no operand of {equation!r}.")
        if out.count(k) > 1:
            raise ValueError(f"einsum: axis {_name(k)!r} is twice in the result of {equation!r}; once is enough.")
    return labels, out


def _name(label: int) -> str:
    return _LETTERS[label] if label < ELLIPSIS else "..."


@in_own_name
def tensordot(a: TensorLike, b: TensorLike, dims: int | Sequence[int | Sequence[int]] | Tensor = 2) -> Tensor:
    """Sum over several axes of both at once.

    Args:
        dims: how many: the last ones of a with the first ones of b; or two lists of axes, paired in order.
    """
    x, z = product_operands("tensordot", a, b, ("a", "b"))
    nx, nz = x.array.ndim, z.array.ndim
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if not 0 <= dims <= min(nx, nz):
            raise ValueError(f"tensordot: dims must be from 0 to {min(nx, nz)} for {nx} and {nz} axes, got {dims}.")
        over_x, over_z = list(range(nx - dims, nx)), list(range(dims))
    else:
        if not isinstance(dims, (tuple, list)) or len(dims) != 2:
            raise TypeError(f"tensordot: dims must be an int or two lists of axes, got {dims!r}.")
        over_x, over_z = ([d] if isinstance(d, int) else list(d) for d in dims)
        over_x, over_z = (
            list(axes("tensordot", over_x, nx)) if over_x else [],
            (list(axes("tensordot", over_z, nz)) if over_z else []),
        )
    sizes = [x.array.shape[i] for i in over_x], [z.array.shape[j] for j in over_z]
    if len(over_x) != len(over_z) or any(m != n and 1 not in (m, n) for m, n in zip(*sizes)):
        what = f"dims {over_x} of a, sizes {sizes[0]}, do not pair with dims {over_z} of b, sizes {sizes[1]}"
        cure = "They are summed over together, so there must be as many, of equal sizes."
        raise ValueError(mismatch("tensordot", what, cure, a=x.array.shape, b=z.array.shape))
    at_x = list(range(nx))
    at_z = [over_x[over_z.index(j)] if j in over_z else nx + j for j in range(nz)]
    out = tuple(k for k in at_x if k not in over_x) + tuple(k for k in at_z if k >= nx)
    return _contract_all([tuple(at_x), tuple(at_z)], out, [x, z])


__all__ = ["einsum", "tensordot"]
