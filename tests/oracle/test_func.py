"""torch.func and tensorgrad.func: the same functions of functions, the same numbers, and what may be differentiated on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg

X, W = np.random.default_rng(0).standard_normal((4, 3)), np.random.default_rng(1).standard_normal((3, 2))


def cube(x: Any) -> Any:
    return (x**3).sum()


def layer(x: Any, w: Any) -> Any:
    return (x @ w).tanh().sum()


def towards_an_argument(lib: Any, x: Any, w: Any) -> Any:
    x.requires_grad_()
    found = lib.func.grad(cube)(x)
    found.sum().backward()
    return found, x.grad


def towards_what_is_captured(lib: Any, x: Any, w: Any) -> Any:
    w.requires_grad_()
    found = lib.func.grad(lambda x: layer(x, w))(x)
    found.sum().backward()
    return found, w.grad


def ensemble(lib: Any, x: Any, w: Any) -> Any:
    models = [lib.nn.Linear(3, 2).double() for _ in range(3)]
    for i, m in enumerate(models):
        lib.nn.init.constant_(m.weight, 0.1 * i)
        lib.nn.init.constant_(m.bias, i)
    params, buffers = lib.func.stack_module_state(models)
    call = lambda p, b, x: lib.func.functional_call(models[0], (p, b), (x,))  # noqa: E731
    return params, buffers, lib.func.vmap(call, in_dims=(0, 0, None))(params, buffers, x)


def per_sample(lib: Any, x: Any, w: Any) -> Any:
    model = lib.nn.Linear(3, 2).double()
    lib.nn.init.constant_(model.weight, 0.1)
    lib.nn.init.constant_(model.bias, 0.2)
    params = {k: v.detach() for k, v in model.named_parameters()}

    def loss(p: Any, x: Any, y: Any) -> Any:
        return ((lib.func.functional_call(model, p, (x.unsqueeze(0),)) - y) ** 2).sum()

    return lib.func.vmap(lib.func.grad(loss), in_dims=(None, 0, 0))(params, x, x[:, :2])


def pulled_back(lib: Any, x: Any, w: Any) -> Any:
    out, pull = lib.func.vjp(lambda x, w: (x @ w).exp(), x, w)
    return out, pull(out)


def pulled_back_nested(lib: Any, x: Any, w: Any) -> Any:
    out, pull, aux = lib.func.vjp(lambda x: ({"a": x.exp(), "b": x.sum()}, x + 1), x, has_aux=True)
    return out, pull({"a": out["a"], "b": out["b"]}), aux


def without_recording(lib: Any, x: Any, w: Any) -> Any:
    with lib.no_grad():
        return lib.func.grad(cube)(x)


def in_a_tree(lib: Any, x: Any, w: Any) -> Any:
    mapped = lib.func.vmap(lambda d, y: (d["a"] * y, d["b"]), in_dims=({"a": 0, "b": None}, 0), out_dims=(0, None))
    return mapped({"a": x, "b": w}, x)


CASES: list[Callable[[Any, Any, Any], Any]] = [
    lambda lib, x, w: lib.func.grad(cube)(x),
    lambda lib, x, w: lib.func.grad(lambda x: lib.func.grad(cube)(x).sin().sum())(x),
    lambda lib, x, w: lib.func.grad(lib.func.grad(lib.func.grad(lambda x: x.sin() * x)))(x[0, 0]),
    lambda lib, x, w: lib.func.grad(lambda x: lib.func.grad(lambda y: (x * y).sum() ** 2)(w).sum())(w + 1),
    lambda lib, x, w: lib.func.grad(layer, argnums=(0, 1))(x, w),
    lambda lib, x, w: lib.func.grad(layer, argnums=1)(x, w),
    lambda lib, x, w: lib.func.grad(layer, argnums=-1)(x, w),
    lambda lib, x, w: lib.func.grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": x, "b": [x + 1]}),
    lambda lib, x, w: lib.func.grad(lambda x: ((x**2).sum(), x + 1), has_aux=True)(x),
    lambda lib, x, w: lib.func.grad_and_value(cube)(x),
    lambda lib, x, w: lib.func.grad_and_value(lambda x: ((x**2).sum(), {"out": x + 1}), has_aux=True)(x),
    lambda lib, x, w: lib.func.grad(lambda x: w.sum())(x),
    towards_an_argument,
    towards_what_is_captured,
    without_recording,
    pulled_back,
    pulled_back_nested,
    lambda lib, x, w: lib.func.jvp(lambda x, w: (x @ w).exp(), (x, w), (x + 1, w * 2)),
    lambda lib, x, w: lib.func.jvp(lambda x: (lib.ones(2), x * 2), (x,), (x + 1,)),
    lambda lib, x, w: lib.func.jvp(lambda x: (x.sin(), x + 1), (x,), (x,), has_aux=True),
    lambda lib, x, w: lib.func.jacrev(lambda x: (x**2).sum(1))(x),
    lambda lib, x, w: lib.func.jacrev(lambda x, w: (x @ w, (x @ w).sum()), argnums=(0, 1))(x, w),
    lambda lib, x, w: lib.func.jacrev(lambda x: (x.sum(), x), has_aux=True)(x),
    lambda lib, x, w: lib.func.jacfwd(lambda x, w: (x @ w).sin(), argnums=1)(x, w),
    lambda lib, x, w: lib.func.hessian(lambda x: cube(x) + x.prod())(x),
    lambda lib, x, w: lib.func.hessian(lambda x, w: ((x @ w) ** 2).sum(), argnums=(0, 1))(x, w),
    lambda lib, x, w: lib.func.jacrev(lib.func.jacrev(lambda x: (x**3).sum(0)))(x),
    lambda lib, x, w: lib.func.vmap(lambda x: x.sum() * x)(x),
    lambda lib, x, w: lib.vmap(lib.dot)(x, x),
    lambda lib, x, w: lib.func.vmap(lambda x, y: x @ y, in_dims=(None, 1), out_dims=1)(x, w),
    lambda lib, x, w: lib.func.vmap(lambda x: (x, x.sum()), in_dims=-1, out_dims=(1, 0))(x),
    lambda lib, x, w: lib.func.vmap(lambda a, b: a * b.sum())(x, b=w),
    lambda lib, x, w: lib.func.vmap(lib.func.vmap(lambda a, b: a * b))(x, x),
    lambda lib, x, w: lib.func.vmap(lib.func.grad(cube))(x),
    in_a_tree,
    ensemble,
    per_sample,
]  # fmt: skip


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [x for t in tree for x in leaves(t)] if isinstance(tree, (list, tuple)) else [tree]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_same_numbers(number: int) -> None:
    ours, theirs = (
        leaves(CASES[number](lib, lib.from_numpy(X.copy()), lib.from_numpy(W.copy()))) for lib in (tg, torch)
    )
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        assert tuple(a.shape) == tuple(b.shape) and a.requires_grad == b.requires_grad
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-12)
