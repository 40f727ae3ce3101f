"""Functions of functions: closed forms, randomness, and what they refuse. Beside PyTorch in tests/oracle/test_func.py."""

from __future__ import annotations

import pytest

import tensorgrad as tg
from tensorgrad import func


def test_derivatives_of_a_power() -> None:
    x, f = tg.tensor(2.0), lambda x: x**4
    values = []
    for _ in range(4):
        values.append(f(x).item())
        f = func.grad(f)
    assert values == [16.0, 32.0, 48.0, 48.0]
    assert func.hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0])).tolist() == [[6.0, 0.0], [0.0, 12.0]]


def test_results_are_constants_unless_something_outside_takes_part() -> None:
    x, w = tg.ones(2), tg.ones(2, requires_grad=True)
    assert not func.grad(lambda x: (x**2).sum())(x).requires_grad
    assert func.grad(lambda x: (x**2 * w).sum())(x).requires_grad
    inner = lambda x: func.grad(lambda y: (x * y).prod())(x).sum()  # noqa: E731
    assert not func.grad(inner)(x).requires_grad and not func.jacrev(lambda x: x**2)(x).requires_grad
    assert not any(t.requires_grad for t in func.jvp(lambda x: x**2, (x,), (x,)))
    out, pull = func.vjp(lambda x: x * w, x)
    assert out.requires_grad and pull(x)[0].requires_grad
    assert w.grad is None


def test_map_draws_the_same_or_different_numbers() -> None:
    noise = lambda x: tg.rand(3) + 0 * x  # noqa: E731
    same = func.vmap(noise, randomness="same")(tg.zeros(4))
    different = func.vmap(noise, randomness="different")(tg.zeros(4))
    assert tg.equal(same[0], same[3]) and not tg.equal(different[0], different[3])
    before = tg.get_rng_state()
    with pytest.raises(RuntimeError, match='vmap: the function drew random numbers. Pass randomness="different" or "same"'):
        func.vmap(noise)(tg.zeros(4))
    assert tg.equal(tg.get_rng_state(), before)


def test_map_over_nothing_but_one_argument() -> None:
    assert func.vmap(lambda x, y: x + y, in_dims=(0, None), chunk_size=1)(tg.ones(2), 1).tolist() == [2.0, 2.0]
    assert tg.vmap is func.vmap


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda x: func.grad(lambda x: x)(x), RuntimeError, r"must give a tensor of one number, of shape \(\), got \(4, 3\)"),
        (lambda x: func.grad(lambda x: 1.0)(x), RuntimeError, "got float"),
        (lambda x: func.grad(lambda x: x.sum(), argnums=2)(x), RuntimeError, "argnums 2 does not fit 1 arguments"),
        (lambda x: func.grad(lambda x: x)(3.0), TypeError, "only floating tensors have gradients; an argument holds a float"),
        (lambda x: func.grad(lambda x: x.sum())(x.long()), TypeError, "an argument holds a tensorgrad.int64"),
        (lambda x: func.grad(lambda x: x.sum(), has_aux=True)(x), TypeError, "with has_aux .* must give a pair, got Tensor"),
        (lambda x: func.jacrev(lambda x: 3)(x), TypeError, "jacrev: the function must give tensors, got a int"),
        (lambda x: func.vjp(lambda x: (x, x), x)[1](x), ValueError, "vjp: the vector is not nested as the result is"),
        (lambda x: func.jvp(lambda x: x, (x,), (x, x)), ValueError, "jvp: tangents are not nested as primals are"),
        (lambda x: func.vmap(lambda x, y: x)(x, x[0]), ValueError, r"batches of one size, got sizes \[3, 4\]"),
        (lambda x: func.vmap(lambda x: x, in_dims=None)(x), ValueError, "in_dims is None everywhere"),
        (lambda x: func.vmap(lambda x: x, in_dims=5)(x), ValueError, r"in_dims is 5 for a tensor of shape \(4, 3\)"),
        (lambda x: func.vmap(lambda x: x, in_dims=(0, 0))(x), ValueError, r"in_dims \[0, 0\] does not fit what it is for"),
        (lambda x: func.vmap(lambda x: x)(3), ValueError, "in_dims is 0 for a int, which has no dims; give None for it"),
        (lambda x: func.vmap(lambda x: 3)(x), TypeError, "vmap: the function must give tensors, got a int"),
        (lambda x: func.vmap(lambda x: x, out_dims=(0, 0))(x), ValueError, r"out_dims \(0, 0\) does not fit"),
        (lambda x: func.vmap(lambda x: x)(x[:0]), ValueError, "vmap: the batch is empty"),
        (lambda x: func.vmap(lambda x: x, randomness="some"), ValueError, "must be 'error', 'different' or 'same', got 'some'"),
        (lambda x: func.stack_module_state([]), RuntimeError, "needs at least one model"),
        (lambda x: func.stack_module_state([tg.nn.ReLU(), tg.nn.Tanh()]), RuntimeError, "the models must be of one class"),
    ],
)  # fmt: skip
def test_refusals(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(tg.ones(4, 3))
