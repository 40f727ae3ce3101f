"""vmap's arrays: what looks like one element, what happens to writes, random numbers, values that are asked for, and rules that
are missing. Every operation: tests/ops/test_batching.py; beside PyTorch: tests/oracle/test_batches_and_directions.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor, func
from tensorgrad.autograd import Function, batched, grad
from tensorgrad.kernels.layered import active
from tensorgrad.nn import functional as F

X = tg.tensor(np.random.default_rng(3).standard_normal((4, 3)))


def same(a: Tensor, b: Tensor) -> None:
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-14)


@contextmanager
def no_loops() -> Iterator[None]:
    """Within, an operation that is run for one element after the other is an error."""

    def refuse(ask: Any, *xs: Any) -> Any:
        raise AssertionError(f"{type(ask.op).__name__} has no rule here")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batched, "loop", refuse)
        yield


def test_a_tensor_looks_like_one_element() -> None:
    seen: list[Any] = []

    def f(x: Tensor) -> Tensor:
        seen.append((x.shape, x.ndim, x.numel(), len(x), x.dtype, x.is_contiguous(), x.stride(), x.requires_grad))
        return x

    func.vmap(f)(X)
    assert seen == [((3,), 1, 3, 3, tg.float64, True, (1,), False)]
    func.vmap(f, in_dims=1)(X)
    assert seen[1][0] == (4,) and seen[1][5:7] == (False, (3,))
    assert not active


def test_whole_batches_are_computed_on() -> None:
    calls = 0

    class Twice(Function):
        def forward(self, x: Any) -> Any:
            nonlocal calls
            calls += 1
            return x * 2

        def backward(self, grad: Tensor) -> Tensor:
            return grad * 2

    loop = func.vmap(lambda x: Twice()(x).sum())(X)
    same(loop, X.sum(1) * 2)
    assert calls == 4  # it has no rule
    same(func.vmap(func.grad(lambda x: Twice()(x).sum()))(X), tg.full((4, 3), 2.0))


MODELS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "mlp": (lambda: tg.nn.Sequential(tg.nn.Linear(4, 8), tg.nn.Tanh(), tg.nn.Linear(8, 3), tg.nn.GELU()), (6, 4)),
    "cnn": (
        lambda: tg.nn.Sequential(tg.nn.Conv2d(2, 3, 3), tg.nn.ReLU(), tg.nn.MaxPool2d(2), tg.nn.Flatten()),
        (5, 2, 6, 6),
    ),
    "transformer": (lambda: tg.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), (3, 5, 8)),
    "embedding": (lambda: tg.nn.Sequential(tg.nn.Linear(4, 8), tg.nn.LayerNorm(8), tg.nn.Softmax(-1)), (3, 4)),
}


@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_single_samples_without_a_loop(name: str) -> None:
    build, shape = MODELS[name]
    model = build().double()
    values = {k: p.detach() for k, p in model.named_parameters()}
    xs = tg.tensor(np.random.default_rng(5).standard_normal(shape))
    loss = lambda p, x: (func.functional_call(model, p, (x.unsqueeze(0),)) ** 3).mean()  # noqa: E731
    with no_loops():
        found = func.vmap(func.grad(loss), in_dims=(None, 0))(values, xs)
    for i in range(len(xs)):
        one = func.grad(loss)(values, xs[i])
        for k in values:
            np.testing.assert_allclose(found[k][i].numpy(), one[k].numpy(), rtol=1e-9, atol=1e-12)
            assert not found[k].requires_grad


def test_losses_over_classes_within_vmap() -> None:
    targets = tg.tensor([0, 2, 1, 1])
    for options in ({}, {"weight": tg.tensor([1.0, 2.0, 3.0]).double()}, {"label_smoothing": 0.1}, {"ignore_index": 1}):
        f = lambda x, t, o=options: F.cross_entropy(x.unsqueeze(0), t.unsqueeze(0), reduction="sum", **o)  # noqa: E731
        same(func.vmap(f)(X, targets), tg.stack([f(x, t) for x, t in zip(X, targets)]))
        each = tg.stack([func.grad(f)(x, t) for x, t in zip(X, targets)])
        same(func.vmap(func.grad(f))(X, targets), each)
    with pytest.raises(IndexError, match="cross_entropy: target holds class 7"):
        func.vmap(lambda x, t: F.cross_entropy(x[None], t[None]))(X, tg.tensor([0, 7, 1, 1]))


# ---- writing ------------------------------------------------------------------------------------------------------------


def test_writes_reach_the_argument_and_its_views() -> None:
    x = X.clone()

    def f(row: Tensor) -> Tensor:
        row[1:].mul_(2)
        row.add_(1)
        return row[0]

    first = func.vmap(f)(x)
    same(x, tg.cat([X[:, :1] + 1, X[:, 1:] * 2 + 1], 1))
    same(first, X[:, 0] + 1)


def test_writes_have_gradients_at_both_levels() -> None:
    w = tg.tensor([1.0, -2.0, 0.5]).double().requires_grad_()

    def f(x: Tensor) -> Tensor:
        y = x * w
        y[0] = x[1] * w[2]
        return y.pow(2).sum()

    (whole,) = grad(func.vmap(f)(X).sum(), w)
    (alone,) = grad(sum(f(x) for x in X), w)  # type: ignore[arg-type]
    same(whole, alone)
    same(func.vmap(func.grad(f))(X), tg.stack([func.grad(f)(x) for x in X]))


def test_memory_made_inside_takes_what_differs() -> None:
    """One after the other, then: the memory is of one element."""

    def f(x: Tensor) -> Tensor:
        out = tg.zeros(2, dtype=tg.float64)
        out[1] = x[2]
        return out

    same(func.vmap(f)(X), tg.stack([tg.zeros(4).double(), X[:, 2]], 1))


def test_detach_and_data_stop_gradients_of_every_level() -> None:
    w = X[0].clone().requires_grad_()
    for stop in (lambda t: t.detach(), lambda t: t.data):
        y = func.vmap(lambda x: stop(x * w).sum() * w.sum())(X)  # noqa: B023
        (g,) = grad(y.sum(), w)
        same(g, ((X * w).sum()).expand(3))


# ---- numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * x.sum().item(),
        lambda x: x if x.sum() > 0 else -x,
        lambda x: x[x > 0].sum(),
        lambda x: tg.from_numpy(np.sin(x.numpy())),
        lambda x: tg.tensor(x.tolist()) + float(x[0]) + int(x[1]),
    ],
    ids=["item", "if", "mask", "numpy", "list"],
)
def test_a_function_that_asks_for_numbers_is_run_for_each(f: Any) -> None:
    same(func.vmap(f)(X), tg.stack([f(x) for x in X]))
    nested = func.vmap(func.vmap(f))(tg.stack([X, X * 2]))
    same(nested, tg.stack([func.vmap(f)(X), func.vmap(f)(X * 2)]))


def test_not_after_it_has_written_into_an_argument() -> None:
    def f(x: Tensor) -> Tensor:
        x.add_(1)
        return x if x.sum() > 0 else -x

    words = r"asks for the numbers of a batch .* it has written into an argument before\. Write into a clone\(\)"
    with pytest.raises(RuntimeError, match=words):
        func.vmap(f)(X.clone())
    same(func.vmap(lambda x: f(x.clone()))(X), tg.stack([f(x.clone()) for x in X]))


def test_backward_inside_adds_to_grad() -> None:
    w = tg.ones(3, dtype=tg.float64, requires_grad=True)

    def f(x: Tensor) -> Tensor:
        (x * w).sum().backward()
        return x

    func.vmap(f)(X)
    assert w.grad is not None
    same(w.grad, X.sum(0))


def test_a_tensor_that_got_out() -> None:
    kept: list[Tensor] = []

    def f(x: Tensor) -> Tensor:
        kept.append(x)
        return x

    func.vmap(f)(X)
    for use in (lambda t: t.sum(), lambda t: t + 1, lambda t: t.tolist(), repr):
        with pytest.raises(
            RuntimeError, match="a tensor of a vmap that is over is used. What is wanted outside has to be"
        ):
            use(kept[0])


def test_an_error_inside_closes_the_level() -> None:
    with pytest.raises(
        ValueError, match=r"2 elements of shape \(2,\)|3 elements of shape \(3,\) cannot take the shape \(2, 2\)"
    ):
        func.vmap(lambda x: x.reshape(2, 2))(X)
    assert not active


# ---- random numbers -----------------------------------------------------------------------------------------------------------

DRAWS: dict[str, Callable[[Tensor], Tensor]] = {
    "rand": lambda x: tg.rand(50),
    "randn_like": lambda x: tg.randn_like(x),
    "dropout": lambda x: F.dropout(x, 0.5),
    "bernoulli": lambda x: tg.bernoulli(x * 0 + 0.5),
    "normal": lambda x: tg.normal(x * 0, 1.0),
    "normal, deviations": lambda x: tg.normal(0.0, x),
    "poisson": lambda x: tg.poisson(x * 1000),
    "binomial": lambda x: tg.binomial(x * 1000, x * 0.5),
    "randint": lambda x: tg.randint(0, 1000, (50,)),
    "randperm": lambda x: tg.randperm(50),
    "in place": lambda x: x.clone().normal_(),
    "gamma": lambda x: tg._standard_gamma(x) if hasattr(tg, "_standard_gamma") else tg.rand(50),
}


@pytest.mark.parametrize("name", DRAWS)
def test_randomness(name: str) -> None:
    ones, f = tg.ones(5, 50), DRAWS[name]
    same = func.vmap(f, randomness="same")(ones)
    assert same.shape == (5, 50) and all(tg.equal(same[0], row) for row in same)
    different = func.vmap(f, randomness="different")(ones)
    assert len({row.numpy().tobytes() for row in different}) == 5
    with pytest.raises(RuntimeError, match="vmap: the function drew random numbers"):
        func.vmap(f)(ones)
    tg.manual_seed(3)
    first = func.vmap(f, randomness="different")(ones)
    tg.manual_seed(3)
    assert tg.equal(first, func.vmap(f, randomness="different")(ones))


def test_randomness_of_two_levels() -> None:
    draw = lambda x: x + tg.rand(())  # noqa: E731
    found = func.vmap(func.vmap(draw, randomness="same"), randomness="different")(tg.zeros(3, 2))
    assert (found[:, 0] == found[:, 1]).all() and len(set(found[:, 0].tolist())) == 3


# ---- the rest -------------------------------------------------------------------------------------------------------------


def test_batched_gradients_use_a_graph_up_once() -> None:
    x = X[0].clone().requires_grad_()
    y = x**2
    (rows,) = grad(y, x, tg.eye(3, dtype=tg.float64), is_grads_batched=True, retain_graph=True)
    same(rows, tg.diag(2 * x.detach()))
    (again,) = grad(y, x, tg.eye(3, dtype=tg.float64), is_grads_batched=True)
    same(again, rows)
    with pytest.raises(RuntimeError, match="backward through pow a second time"):
        grad(y, x, tg.eye(3, dtype=tg.float64), is_grads_batched=True)
    z = x * x
    assert grad(z, (x, X[0].clone().requires_grad_()), tg.zeros(0, 3).double(), is_grads_batched=True)[0].shape == (
        0,
        3,
    )


def test_batched_gradients_can_be_differentiated() -> None:
    x = X[0].clone().requires_grad_()
    (rows,) = grad(x**3, x, tg.eye(3, dtype=tg.float64), is_grads_batched=True, create_graph=True)
    (second,) = grad(rows.sum(), x)
    same(second, 6 * x.detach())


def test_chunks_and_their_places() -> None:
    f = lambda x: (x * 2, tg.outer(x, x))  # noqa: E731
    for size in (1, 3, 4, 9):
        for got, want in zip(func.vmap(f, out_dims=(0, -1), chunk_size=size)(X), func.vmap(f, out_dims=(0, -1))(X)):
            same(got, want)
    same(func.jacrev(lambda x: x.exp(), chunk_size=2)(X[0]), tg.diag(X[0].exp()))
    same(func.jacfwd(lambda x: x.exp(), chunk_size=2)(X[0]), tg.diag(X[0].exp()))
    for wrong in (func.vmap, func.jacrev, func.jacfwd):
        with pytest.raises(ValueError, match=f"{wrong.__name__}: chunk_size must be at least 1, got 0"):
            wrong(f, chunk_size=0)  # type: ignore[operator]


def test_refused_places() -> None:
    with pytest.raises(ValueError, match="vmap: out_dims is None for a result that differs between the elements"):
        func.vmap(lambda x: x, out_dims=None)(X)
    with pytest.raises(ValueError, match=r"vmap: out_dims is 3 for a result of shape \(4, 3\)"):
        func.vmap(lambda x: x, out_dims=3)(X)
    assert func.vmap(lambda x: tg.ones(2), out_dims=None)(X).shape == (2,)


def test_other_threads_compute_as_always() -> None:
    found: list[Tensor] = []

    def f(x: Tensor) -> Tensor:
        thread = Thread(target=lambda: found.append(X @ X.T))
        thread.start()
        thread.join()
        return x

    func.vmap(f)(X)
    same(found[0], X @ X.T)


def test_with_anomaly_mode_and_hooks() -> None:
    def f(x: Tensor) -> Tensor:
        y = x * 2
        y.register_hook(lambda g: g * 10)
        return y.sum()

    with tg.autograd.detect_anomaly():
        same(func.vmap(func.grad(f))(X), tg.full((4, 3), 20.0).double())
