"""vmap, forward mode and what is built on them, beside PyTorch: values, shapes and dtypes of the same programs."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg

Lib = Any


def setting(lib: Lib) -> SimpleNamespace:
    """The same numbers in one of the libraries, and its parts."""
    rng = np.random.default_rng(0)
    draw = lambda *shape: lib.tensor(rng.standard_normal(shape))  # noqa: E731
    name = lib.__name__
    return SimpleNamespace(
        lib=lib, func=lib.func, nn=lib.nn, F=lib.nn.functional, fw=importlib.import_module(f"{name}.autograd.forward_ad"),
        x=draw(4, 3), w=draw(3, 5), v=draw(3), m=draw(4, 3, 3), i=lib.tensor(rng.integers(0, 3, (4, 2))),
    )  # fmt: skip


def weights_of(s: Any, model: Any, by: float = 0.0) -> dict[str, Any]:
    return {
        k: s.lib.tensor(np.sin(1 + by + np.arange(p.numel())).reshape(tuple(p.shape)))
        for k, p in model.named_parameters()
    }


# ---- vmap ---------------------------------------------------------------------------------------------------------------


def written_in_place(s: Any) -> Any:
    def f(x: Any) -> Any:
        y = x.clone()
        y[0] = x.sum()
        y.mul_(2)
        y[1:] += 1
        z = x.new_zeros(3)
        z[2] += x[0]
        return y, z, s.lib.where(x > 0, x, x * 2)

    return s.func.vmap(f)(s.x)


def written_in_place_and_differentiated(s: Any) -> Any:
    def f(x: Any) -> Any:
        y = x * 1
        y[0] = x[1] * x[2]
        z = y[1:]
        z.mul_(3)
        return (y * y).sum()

    return s.func.vmap(s.func.grad(f))(s.x)


def towards_what_all_share(s: Any) -> Any:
    w = s.v.clone().requires_grad_()
    s.func.vmap(lambda x: (x * w).sum() ** 2)(s.x).sum().backward()
    return w.grad


def gradient_of_mapped_gradients(s: Any) -> Any:
    def f(w: Any) -> Any:
        return (s.func.vmap(s.func.grad(lambda x: (x * w).sum() ** 3))(s.x) ** 2).sum()

    return s.func.grad(f)(s.v), s.func.hessian(f)(s.v)


def detached_inside(s: Any) -> Any:
    f = lambda w: s.func.vmap(lambda x: (x * w).detach().sum() * w.sum())(s.x).sum()  # noqa: E731
    return s.func.grad(f)(s.v)


def trees(s: Any) -> Any:
    f = lambda d: {"a": d["x"] + d["y"][0], "b": [d["x"].sum()]}  # noqa: E731
    return s.func.vmap(f, in_dims=({"x": 0, "y": [None]},))({"x": s.x, "y": [s.v]})


def ensemble(s: Any) -> Any:
    models = [s.nn.Linear(3, 2).double() for _ in range(3)]
    for k, m in enumerate(models):
        for (_, p), value in zip(m.named_parameters(), weights_of(s, m, k).values()):
            p.data = value
    params, buffers = s.func.stack_module_state(models)
    out = s.func.vmap(lambda p, b, x: s.func.functional_call(models[0], (p, b), (x,)), (0, 0, None))(
        params, buffers, s.x
    )
    out.sum().backward()
    return out, [p.grad for p in params.values()]


def per_sample(build: Callable[[Any], Any], shape: tuple[int, ...]) -> Callable[[Any], Any]:
    def gradients(s: Any) -> Any:
        model = build(s.nn).double()
        xs = s.lib.tensor(np.cos(np.arange(np.prod(shape)) * 1.7).reshape(shape))

        def loss(p: Any, x: Any) -> Any:
            return (s.func.functional_call(model, p, (x[None],)) ** 2).mean()

        found, values = s.func.vmap(s.func.grad_and_value(loss), (None, 0))(weights_of(s, model), xs)
        return list(found.values()), values

    return gradients


VMAP: dict[str, Callable[[Any], Any]] = {
    "out_dims": lambda s: s.func.vmap(lambda x: (x, s.lib.outer(x, s.v)), out_dims=(-1, 1))(s.x),
    "in_dims": lambda s: s.func.vmap(lambda x, y: x @ y, in_dims=(1, None))(s.x, s.x),
    "nested": lambda s: s.func.vmap(s.func.vmap(lambda x, y: x * y.sum(), in_dims=(0, None)))(s.m, s.x),
    "within": lambda s: s.func.vmap(lambda x: s.func.vmap(lambda y: (x * y).sum())(s.x))(s.x),
    "chunks": lambda s: s.func.vmap(lambda x: x.cumsum(0), chunk_size=3)(s.x),
    "the same for all": lambda s: s.func.vmap(lambda x: s.v * 2)(s.x),
    "indices": lambda s: s.func.vmap(lambda m, i: (m[:, i], m[i], m[0].gather(0, i), s.v[i]))(s.m, s.i),
    "index_add": lambda s: s.func.vmap(lambda x, i: (x.index_add(0, i, x[:2]), x.scatter(0, i, x[:2])))(s.x, s.i),
    "order": lambda s: s.func.vmap(lambda x: (x.sort().values, x.argsort(), x.topk(2).indices, x.argmax()))(s.x),
    "matrices": lambda s: s.func.vmap(lambda m: (s.lib.linalg.inv(m), s.lib.linalg.det(m), m.tril() + m.diagonal()))(s.m),
    "einsum": lambda s: s.func.vmap(lambda m, x: s.lib.einsum("ij,j,k->ik", m, x, s.v))(s.m, s.x),
    "parts": lambda s: s.func.vmap(lambda m: m.chunk(3)[1].squeeze(0) + m.unbind(1)[0])(s.m),
    "shapes": lambda s: s.func.vmap(lambda m: m.mean(0, keepdim=True).expand(2, 3).flatten().view(3, 2).t().var(0))(s.m),
    "losses": lambda s: s.func.vmap(lambda x: (s.F.mse_loss(x, s.v), s.F.layer_norm(x, (3,))))(s.x),
    "second gradients": lambda s: s.func.vmap(s.func.grad(lambda x: s.func.grad(lambda y: (y**3 * x).sum())(x).sum()))(s.x),
    "hessians": lambda s: s.func.vmap(s.func.hessian(lambda x: (x.exp() * x[0]).sum()))(s.x),
    "jacobians": lambda s: s.func.vmap(s.func.jacrev(lambda x: x.softmax(0)))(s.x),
    "embedding": lambda s: s.func.vmap(s.func.grad(lambda w, i: (s.F.embedding(i, w) ** 2).sum()), (None, 0))(s.w, s.i),
    "aux": lambda s: s.func.vmap(s.func.grad(lambda x: ((x**2).sum(), x * 2), has_aux=True))(s.x),
    "products of zeros": lambda s: s.func.vmap(s.func.grad(lambda x: x.prod()))(s.x * (s.x > 0)),
    "of one graph": lambda s: (lambda x, y: s.lib.vmap(lambda v: s.lib.autograd.grad(y, x, v)[0])(s.lib.eye(3).double()))(
        *(lambda x: (x, x**2))(s.v.clone().requires_grad_())
    ),
    "convolutions": per_sample(
        lambda nn: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, groups=2), nn.AvgPool2d(2), nn.Flatten()
        ),
        (5, 2, 8, 8),
    ),
    "transposed convolution": per_sample(lambda nn: nn.ConvTranspose1d(2, 3, 3, stride=2), (4, 2, 5)),
    "attention": per_sample(
        lambda nn: nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), (3, 5, 8)
    ),
    "batch norm": per_sample(lambda nn: nn.BatchNorm1d(3, track_running_stats=False), (4, 3, 6)),
    "group norm": per_sample(lambda nn: nn.GroupNorm(2, 4), (3, 4, 6)),
}  # fmt: skip
for case in (
    written_in_place, written_in_place_and_differentiated, towards_what_all_share, gradient_of_mapped_gradients,
    detached_inside, trees, ensemble,
):  # fmt: skip
    VMAP[case.__name__.replace("_", " ")] = case


# ---- forward mode ---------------------------------------------------------------------------------------------------------


def dual(f: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    def within_a_level(s: Any) -> Any:
        with s.fw.dual_level():
            return s.fw.unpack_dual(f(s, s.fw.make_dual(s.x.clone(), s.x * 2)))

    return within_a_level


def dual_written(s: Any, x: Any) -> Any:
    y = x.clone()
    y[0] = x[1] * x[2]
    y.mul_(x)
    return y


def dual_into_zeros(s: Any, x: Any) -> Any:
    out = s.lib.zeros(4, 3, dtype=s.lib.float64)
    out[0] = x[0] ** 2
    out[1:] = x[:3]
    return out * 2


def dual_overwritten(s: Any, x: Any) -> Any:
    y = x.clone()
    y[1].zero_()
    y[2].fill_(3.0)
    return y.sin()


def dual_unrecorded(s: Any, x: Any) -> Any:
    with s.lib.no_grad():
        return (x**2).sin()


def gradient_of_a_direction(s: Any) -> Any:
    w = s.v.clone().requires_grad_()
    with s.fw.dual_level():
        moved = s.fw.unpack_dual((s.fw.make_dual(w, s.x[0]) ** 3).sum()).tangent
    moved.backward()
    return w.grad


def direction_of_a_gradient(s: Any) -> Any:
    return s.func.jvp(s.func.grad(lambda x: (x.exp() * x[0]).sum()), (s.v,), (s.x[0],))


def perturbations_apart(s: Any) -> Any:
    one = s.lib.tensor(1.0, dtype=s.lib.float64)
    return s.func.jvp(lambda x: x * s.func.jvp(lambda y: x + y, (one,), (one,))[1], (one,), (one,))


def functional(strategy: str) -> Callable[[Any], Any]:
    def jacobians(s: Any) -> Any:
        parts = s.lib.autograd.functional
        f = lambda x, y: ((x * y).sum() * x.exp(), (y**2).sum())  # noqa: E731
        found = parts.jacobian(f, (s.v, s.x[0]), vectorize=True, strategy=strategy)
        g = lambda x: (x.exp() * x[0]).sum()  # noqa: E731
        second = parts.hessian(g, s.v, vectorize=True, outer_jacobian_strategy=strategy)
        return found, second.detach()  # PyTorch's forward mode leaves it connected to the input

    return jacobians


FORWARD: dict[str, Callable[[Any], Any]] = {
    "written": dual(dual_written),
    "into zeros": dual(dual_into_zeros),
    "overwritten": dual(dual_overwritten),
    "unrecorded": dual(dual_unrecorded),
    "a view": dual(lambda s, x: x.t()[1]),
    "max and sort": dual(lambda s, x: x.max(0).values * x.sort(1).values[0]),
    "matrix": dual(lambda s, x: s.lib.linalg.solve(x.T @ x, s.v)),
    "jvp of jvp": lambda s: s.func.jvp(
        lambda x: s.func.jvp(lambda y: (y**3).sum(), (x,), (s.x[1],))[1], (s.v,), (s.x[2],)
    ),
    "jacfwd": lambda s: s.func.jacfwd(lambda x, w: {"u": x @ w, "s": (x**2).sum()}, argnums=(0, 1))(s.v, s.w),
    "jacfwd of vmap": lambda s: s.func.jacfwd(lambda x: s.func.vmap(lambda m: (m @ x).sin())(s.m))(s.v),
    "jacfwd twice": lambda s: s.func.jacfwd(s.func.jacfwd(lambda x: (x**3 * x[0]).exp().sum()))(s.v),
    "jacrev of jacfwd": lambda s: s.func.jacrev(s.func.jacfwd(lambda x: (x**3 * x[0]).sum()))(s.v),
    "third derivatives": lambda s: s.func.jacfwd(s.func.hessian(lambda x: (x**4).sum() * x[0]))(s.v),
    "linearize": lambda s: s.func.linearize(lambda x: (x @ s.w).sin(), s.v)[1](s.x[0]),
    "functional, reverse": functional("reverse-mode"),
    "functional, forward": functional("forward-mode"),
}
for case in (gradient_of_a_direction, direction_of_a_gradient, perturbations_apart):
    FORWARD[case.__name__.replace("_", " ")] = case


# ---- custom functions --------------------------------------------------------------------------------------------------------


def custom(s: Any) -> Any:
    class Cube(s.lib.autograd.Function):  # type: ignore[misc]
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any, w: Any) -> Any:
            return x**3 * w

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            return g * 3 * x**2 * w, g * x**3

        @staticmethod
        def jvp(ctx: Any, tx: Any, tw: Any) -> Any:
            x, w = ctx.saved_tensors
            found = 0 if tx is None else 3 * x**2 * w * tx
            return found if tw is None else found + x**3 * tw

    return Cube.apply


def custom_mapped(s: Any) -> Any:
    f, vmap, grad = custom(s), s.func.vmap, s.func.grad
    one = lambda x, w: f(x, w).sum()  # noqa: E731
    w = s.v.clone().requires_grad_()
    vmap(f, (0, None))(s.x, w).sum().backward()
    return (
        vmap(f, (0, None))(s.x, s.v),
        vmap(grad(one, (0, 1)), (0, None))(s.x, s.v),
        grad(lambda w: (vmap(grad(one), (0, None))(s.x, w) ** 2).sum())(s.v),
        w.grad,
    )


def custom_moved(s: Any) -> Any:
    f = custom(s)
    return (
        s.func.jvp(lambda x: f(x, s.v), (s.x,), (s.x * 2,)),
        s.func.jacfwd(lambda w: f(s.x[1], w))(s.v),
        s.func.hessian(lambda w: f(w, w).sum())(s.v),
    )


def custom_with_its_own_vmap(s: Any) -> Any:
    class Twice(s.lib.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(x: Any) -> Any:
            return x.sum() * 2

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return (g * 2).expand(3)

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            assert info.batch_size == 4 and info.randomness == "error"
            return x.movedim(in_dims[0], 0).sum(1) * 2, 0

    return s.func.vmap(Twice.apply)(s.x), s.func.vmap(s.func.grad(lambda x: Twice.apply(x) ** 2), in_dims=1)(s.x.T)


CUSTOM = {f.__name__.replace("_", " "): f for f in (custom_mapped, custom_moved, custom_with_its_own_vmap)}
CASES = VMAP | FORWARD | CUSTOM


def flat(result: Any) -> list[Any]:
    if isinstance(result, dict):
        return [a for key in sorted(result) for a in flat(result[key])]
    if isinstance(result, (tuple, list)):
        return [a for part in result for a in flat(part)]
    return [result]


@pytest.mark.parametrize("name", CASES)
def test_the_same_numbers(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch has no rule for some operations, and says so
        theirs = flat(CASES[name](setting(torch)))
    ours = flat(CASES[name](setting(tg)))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        assert tuple(a.shape) == tuple(b.shape) and str(a.dtype).rpartition(".")[2] == str(b.dtype).rpartition(".")[2]
        assert a.requires_grad == b.requires_grad
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-7, atol=1e-10)
