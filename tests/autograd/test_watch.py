"""`watched` tells of every recorded operation, through each of the entries that Function has."""

from __future__ import annotations

from typing import Any

import tensorgrad as tg
from tensorgrad.autograd.modes import watched


class Doubled(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * 2


def test_every_recorded_operation_is_told() -> None:
    seen: list[tuple[str, list[Any], Any]] = []

    def see(node: Any, args: tuple[Any, ...], out: Any) -> None:
        outs = out if isinstance(out, tuple) else (out,)
        shapes = [tuple(a.shape) for a in args if isinstance(a, tg.Tensor)]
        seen.append((node.name, shapes, [None if y is None else tuple(y.shape) for y in outs]))
        assert node.where[2] == "test_every_recorded_operation_is_told"

    x, w = tg.ones(2, 3, requires_grad=True), tg.ones(3, 4)
    with watched(see):
        y = x @ w  # two inputs, the second a constant
        y = y.exp()  # one
        y = y.reshape(8)  # a view
        y = tg.cat([y, y])  # any number
        a, _ = y.split(8)  # several views
        _, m = tg.linalg.slogdet(a.reshape(2, 2, 2))  # several results
        m = Doubled.apply(m)
        w.exp()  # not recorded, not told
        with tg.no_grad():
            y.exp()
    y.sum()
    assert seen == [
        ("matmul", [(2, 3), (3, 4)], [(2, 4)]),
        ("exp", [(2, 4)], [(2, 4)]),
        ("reshape", [(2, 4)], [(8,)]),
        ("cat", [(8,), (8,)], [(16,)]),
        ("split", [(16,)], [None]),
        ("reshape", [(8,)], [(2, 2, 2)]),
        ("slogdet", [(2, 2, 2)], [(2,), (2,)]),
        ("Doubled", [(2,)], [(2,)]),
    ]
