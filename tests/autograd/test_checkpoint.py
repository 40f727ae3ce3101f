"""Recompute instead of remember: the same gradients, less kept."""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pytest
from tensorgrad.utils.checkpoint import checkpoint, checkpoint_sequential

import tensorgrad as tg


def weights() -> tuple[tg.Tensor, tg.Tensor]:
    rng = np.random.default_rng(0)
    return (
        tg.tensor(rng.standard_normal((3, 3)), requires_grad=True),
        tg.tensor(rng.standard_normal((2, 3)), requires_grad=True),
    )


def test_gradients_of_arguments_and_of_what_is_reached_from_outside() -> None:
    w, x = weights()
    outer = w * 2  # neither an argument nor a leaf

    def block(h: tg.Tensor) -> tg.Tensor:
        return ((h @ w).exp() @ outer).sin()

    block(x * 1).sum().backward()
    want = w.grad.array.copy(), x.grad.array.copy()
    w.grad = x.grad = None
    outer = w * 2
    checkpoint(block, x * 1).sum().backward()
    np.testing.assert_allclose(w.grad.array, want[0])
    np.testing.assert_allclose(x.grad.array, want[1])


def test_second_gradients() -> None:
    w, x = weights()
    assert tg.autograd.gradgradcheck(lambda x, w: checkpoint(lambda h: (h @ w * 0.1).exp() * h, x), (x, w))


def test_several_arguments_results_and_keywords() -> None:
    w, x = weights()
    a, b = checkpoint(lambda u, k, v: (u * v.sum() * k, v * 2), x, 3.0, v=w)
    (a.sum() + b.sum()).backward()
    np.testing.assert_allclose(x.grad.array, np.full((2, 3), 3 * w.array.sum()))
    np.testing.assert_allclose(w.grad.array, np.full((3, 3), 3 * x.array.sum() + 2))


def test_what_is_inside_is_not_kept() -> None:
    _, x = weights()
    inside = []

    def block(h: tg.Tensor) -> tg.Tensor:
        e = h.exp()
        inside.append(weakref.ref(e))
        return e * e

    y = checkpoint(block, x)
    assert inside[0]() is None
    y.sum().backward()
    assert len(inside) == 2  # it ran again
    with pytest.raises(RuntimeError, match="backward through checkpoint a second time"):
        y.sum().backward()


def test_dropout_draws_the_same_mask_again() -> None:
    x = tg.ones(1000, dtype=tg.float64, requires_grad=True)
    tg.manual_seed(3)
    y = checkpoint(lambda h: tg.nn.functional.dropout(h, 0.5), x)
    tg.rand(7)  # others draw meanwhile
    before = tg.rand(3)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.array, y.array)
    assert before.shape == (3,)


def test_under_no_grad_it_is_the_function_itself() -> None:
    _, x = weights()
    with tg.no_grad():
        assert not checkpoint(lambda h: h * 2, x).requires_grad


def test_a_chain_in_pieces() -> None:
    _, x = weights()
    chain = [lambda h: h.exp(), lambda h: h * 2, lambda h: h.sin(), lambda h: h + 1]
    checkpoint_sequential(chain, 2, x).sum().backward()
    want = np.cos(2 * np.exp(x.array)) * 2 * np.exp(x.array)
    np.testing.assert_allclose(x.grad.array, want)
    with pytest.raises(ValueError, match="segments must be from 1 to 4, got 5"):
        checkpoint_sequential(chain, 5, x)


def test_an_argument_changed_in_place_is_refused() -> None:
    _, x = weights()
    h = x * 1
    y = checkpoint(lambda t: t.exp(), h)
    h.add_(1.0)
    with pytest.raises(RuntimeError, match="backward through checkpoint: a value it saved.*changed in place by add_"):
        y.sum().backward()


def test_results_in_nested_structures() -> None:
    w, x = weights()

    class Pair(NamedTuple):
        first: Any
        second: Any

    found = checkpoint(lambda h: {"a": [h * 2, None], "b": Pair(h.sum(), (h @ w, 5))}, x)
    assert found["a"][1] is None and found["b"].second[1] == 5
    (found["a"][0].sum() + found["b"].first + found["b"].second[0].sum()).backward()
    np.testing.assert_allclose(x.grad.array, 3 + np.ones((2, 3)) @ w.array.T)


def test_contexts_around_the_two_runs() -> None:
    _, x = weights()
    seen: list[str] = []

    @contextmanager
    def noting(name: str) -> Any:
        seen.append(name)
        yield

    y = checkpoint(lambda h: seen.append("run") or h.exp(), x, context_fn=lambda: (noting("first"), noting("second")))
    y.sum().backward()
    assert seen == ["first", "run", "second", "run"]
