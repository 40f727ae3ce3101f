"""Recompute instead of remember: the same gradients, less kept."""

from __future__ import annotations

import re
import weakref
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pytest
from tensorgrad.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential

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


# ---- a second run that is not like the first -------------------------------------------------------------------------


class TestAnotherRun:
    SECOND: dict[str, Any] = {
        "another shape": (lambda a: (a[:1] * 2).exp(), "forward     .3,. .*float64\n    recomputed  .1,. .*float64"),
        "another dtype": (lambda a: (a * 2).exp().float(), "recomputed  .3,. tensorgrad.float32"),
        "another number": (lambda a: ((a * 2).exp(), a * 1), "recomputed  .3,. .*float64, .3,. .*float64"),
        "nothing": (lambda a: (a.detach() * 2).exp(), "recomputed  nothing that requires grad"),
        "another way": (lambda a: (a * 2).sin(), "from operation 1 on.\n    forward     exp .3,., one of 2\n    recomputed  sin"),
        "a longer way": (lambda a: ((a * 2).exp() * 1), "forward     none, one of 2\n    recomputed  mul .3,., one of 3"),
        "another size in the middle": (lambda a: (a[:1] * 2).exp().expand(3), "differ from operation 0 on"),
    }

    @pytest.mark.parametrize("name", SECOND)
    @pytest.mark.parametrize("reentrant", [False, True, None])
    def test_is_an_error_that_says_so(self, name: str, reentrant: bool | None) -> None:
        second, words = self.SECOND[name]
        runs: list[int] = []

        def f(a: Any) -> Any:
            runs.append(1)
            return (a * 2).exp() if len(runs) == 1 else second(a)

        x = tg.ones(3, dtype=tg.float64, requires_grad=True)
        y = checkpoint(f, x, use_reentrant=reentrant).sum()
        with pytest.raises(CheckpointError, match="checkpoint: the recomputed values are not like those of") as e:
            y.backward()
        assert isinstance(e.value, RuntimeError) and re.search(words, str(e.value)), str(e.value)
        assert "The function must do the same both times" in str(e.value)
        assert x.grad is None and tg.is_grad_enabled()

    def test_operations_are_compared_only_if_wanted(self) -> None:
        runs: list[int] = []

        def f(a: Any) -> Any:
            runs.append(1)
            return (a * 2).exp() if len(runs) == 1 else (a * 2).sin()

        x = tg.ones(3, dtype=tg.float64, requires_grad=True)
        checkpoint(f, x, use_reentrant=False, determinism_check="none").sum().backward()
        np.testing.assert_allclose(x.grad.array, 2 * np.cos([2.0, 2.0, 2.0]))
        with pytest.raises(ValueError, match="checkpoint: determinism_check must be 'default' or 'none', got 'all'"):
            checkpoint(f, x, determinism_check="all")

    def test_the_same_once_more_is_not(self) -> None:
        """A second gradient runs it with its arguments at other places of the graph."""
        w, x = weights()

        def f(a: Any) -> Any:
            y = a @ w
            y[0] = 1.0
            return tg.nn.functional.dropout(y.view(-1), 0.5).exp(), a

        a, b = checkpoint(f, x * 1, use_reentrant=False)
        (g,) = tg.autograd.grad(a.sum() + b.sum(), x, create_graph=True)
        tg.autograd.grad(g.sum(), (x, w))


@pytest.mark.parametrize("segments", [1, 2, 3, 4, 7])
def test_each_layer_of_a_sequence_runs_once_forward(segments: int) -> None:
    ran: list[int] = []

    def layer(i: int) -> Any:
        def run(x: Any) -> Any:
            ran.append(i)
            return (x * (i + 1)).sin()

        return run

    layers = [layer(i) for i in range(7)]
    x = tg.ones(2, dtype=tg.float64, requires_grad=True)
    y = checkpoint_sequential(layers, segments, x)
    assert ran == list(range(7))
    z = x
    for f in layers:
        z = f(z)
    assert tg.equal(y, z)
    ran.clear()
    (got,) = tg.autograd.grad(y.sum(), x)
    last = (segments - 1) * (7 // segments)  # what the last piece has kept need not run again
    assert sorted(ran) == list(range(last))
    np.testing.assert_allclose(got.array, tg.autograd.grad(z.sum(), x)[0].array)
