"""Nothing is kept in a circle: graphs, contexts and results go with their last user, without the garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from tensorgrad.utils.checkpoint import checkpoint, checkpoint_sequential

import tensorgrad as tg
from tensorgrad import func
from tensorgrad.autograd.node import Node


class Exp(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[0]


class Two(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y, z = x.exp(), x.sin()
        ctx.save_for_backward(x, y)
        return y, z

    @staticmethod
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y + h * x.cos()


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def twice(f: Callable[[Any], Any]) -> None:
    x = leaf(0.5, 1.0)
    (g,) = tg.autograd.grad(f(x).sum(), x, create_graph=True)
    tg.autograd.grad(g.sum(), x)


def in_place() -> None:
    y = leaf(1.0, 2.0) * 2
    y[0] = 1
    v = y[1:]
    v.mul_(2)
    y.zero_()
    v.exp_()
    y.sum().backward()


def hooks() -> None:
    y = leaf(1.0, 2.0) * 2
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    y.grad_fn.register_hook(lambda a, b: None)
    y.sum().backward()


def an_error() -> None:
    y = leaf(1.0) * 2
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError):
        z.backward()


def sine(v: Any) -> Any:
    return (v * v).sin()


x34 = tg.ones(3, 4, dtype=tg.float64)
PROGRAMS: dict[str, Callable[[], Any]] = {
    "a custom function that saves its result": lambda: Exp.apply(leaf(1.0)),
    "… and backward": lambda: Exp.apply(leaf(1.0)).backward(),
    "… twice": lambda: twice(Exp.apply),
    "one with two results": lambda: Two.apply(leaf(1.0)),
    "… of which one is used, and backward": lambda: Two.apply(leaf(1.0))[1].backward(),
    "… twice, of two results": lambda: twice(lambda x: Two.apply(x)[0] * Two.apply(x)[1]),
    "checkpoint, forward": lambda: checkpoint(sine, leaf(1.0), use_reentrant=False),
    "checkpoint": lambda: checkpoint(sine, leaf(1.0), use_reentrant=False).backward(),
    "checkpoint twice": lambda: twice(lambda x: checkpoint(sine, x, use_reentrant=False)),
    "checkpoint of a tree": lambda: checkpoint(lambda a: {"y": [sine(a), a * 2]}, leaf(1.0))["y"][0].backward(),
    "checkpoint_sequential": lambda: checkpoint_sequential([sine] * 5, 2, leaf(1.0)).backward(),
    "vmap": lambda: func.vmap(sine)(x34),
    "vmap of jacrev": lambda: func.vmap(func.jacrev(sine))(x34),
    "hessian": lambda: func.hessian(lambda v: sine(v).sum())(x34[0]),
    "jvp": lambda: func.jvp(sine, (x34,), (x34,)),
    "jacfwd": lambda: func.jacfwd(sine)(x34[0]),
    "vjp": lambda: func.vjp(sine, x34)[1](x34),
    "functional": lambda: tg.autograd.functional.hessian(lambda v: sine(v).sum(), x34[0]),
    "a chain of products": lambda: tg.linalg.multi_dot([x34, x34.T, leaf(1.0, 2.0, 3.0)]).sum().backward(),
    "in place": in_place,
    "hooks": hooks,
    "an error": an_error,
    "gradcheck": lambda: tg.autograd.gradcheck(sine, leaf(1.0)),
    "results of several": lambda: leaf(2.0, 1.0).sort()[0].sum().backward(),
    "a module": lambda: tg.nn.LSTM(4, 2)(tg.ones(3, 4))[0].sum().backward(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_left_for_the_collector(name: str) -> None:
    PROGRAMS[name]()  # what is imported or made once
    gc.collect()
    gc.disable()
    try:
        PROGRAMS[name]()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [type(o).__name__ for o in gc.garbage if isinstance(o, (tg.Tensor, Node, tg.autograd.function.Function))]
        names = sorted({type(o).__name__ for o in gc.garbage})
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == [] and names == []


def test_the_context_goes_with_the_result() -> None:
    contexts: list[Any] = []

    class Kept(Exp):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            contexts.append(weakref.ref(ctx))
            return Exp.forward(ctx, x)

    gc.disable()
    try:
        y = Kept.apply(leaf(1.0))
        assert contexts[0]() is not None
        del y
        assert contexts[0]() is None
        y = Kept.apply(leaf(1.0))
        y.backward()
        with pytest.raises(RuntimeError, match="backward through Kept a second time: its buffers are freed"):
            y.backward()
    finally:
        gc.enable()
