"""The samples of the tables as functions of a list of tensors, for the tests of vmap and of forward mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensorgrad import Tensor, func
from tests.ops import optest
from tests.ops.optest import OpTest, arrays_in, convert, is_float, tensors_in

Run = Callable[[list[Tensor]], list[Tensor]]


def tables() -> list[type[OpTest]]:
    """The classes whose samples are functions of their arrays alone."""
    return [
        cls
        for module in optest.tables()
        for _, cls in optest.rows(module)
        if cls.deterministic and cls.call.__func__ is OpTest.call.__func__ and cls.samples  # type: ignore[attr-defined]
    ]


def name_of(table: type[OpTest]) -> str:
    return f"{table.__module__.rpartition('.')[2]}-{table.__name__}"


def sample_of(table: type[OpTest], case: int) -> tuple[list[np.ndarray], Run]:
    """The arrays of a sample, and the operation as a function of them."""
    args, kwargs = table.arguments(case)
    arrays = [*arrays_in(args), *arrays_in(kwargs)]

    def run(tensors: list[Tensor]) -> list[Tensor]:
        here: Iterator[Tensor] = iter(tensors)
        put = lambda _: next(here)  # noqa: E731
        return list(tensors_in(table.op(*convert(args, put), **convert(kwargs, put))))

    return arrays, run


def of_floats(run: Run, tensors: list[Tensor]) -> Callable[..., list[Tensor]]:
    """The floating results as a function of the floating arguments alone."""
    places = [i for i, t in enumerate(tensors) if t.is_floating_point()]

    def call(*inputs: Tensor) -> list[Tensor]:
        full = list(tensors)
        for i, x in zip(places, inputs):
            full[i] = x
        return [y for y in run(full) if y.is_floating_point()]

    return call


def gradients(run: Run) -> Run:
    """The gradients of one number made of all floating results, towards all floating arguments."""

    def call(tensors: list[Tensor]) -> list[Tensor]:
        inputs = [t for t in tensors if t.is_floating_point()]
        loss = lambda *xs: weighted(of_floats(run, tensors)(*xs))  # noqa: E731
        return list(func.grad(loss, tuple(range(len(inputs))))(*inputs))

    return call


def batch_of(a: np.ndarray, n: int) -> Tensor:
    """n arrays that are near to a, stacked; whole numbers and truth values are the same."""
    return Tensor._of(np.stack([a * (1 - 0.004 * i) if is_float(a) else a for i in range(n)]))


def weighted(outs: list[Tensor]) -> Any:
    total: Any = 0.0
    for y in outs:
        w = Tensor._of(np.cos(np.arange(y.numel())).reshape(y.shape))
        total = total + (y * w.to(y.dtype)).sum()
    return total
