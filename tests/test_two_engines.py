"""Nothing changes between a number and a tensor: the same random expressions through Value and through 0-d Tensors."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tensorgrad as tg
from micrograd_value import Value

UNARY = ["exp", "log", "tanh", "sin", "cos", "sqrt", "relu", "sigmoid", "abs", "neg"]
BINARY = ["+", "-", "*", "/", "**"]

numbers = st.floats(0.2, 2.0)
# A program: each step applies an operation to earlier results, so that nodes are shared and paths meet.
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(UNARY), st.integers(0, 30), st.just(0)),
        st.tuples(st.sampled_from(BINARY), st.integers(0, 30), st.integers(0, 30)),
    ),
    min_size=1,
    max_size=12,
)


def run(program: list[Any], leaves: list[Any]) -> Any:
    found = list(leaves)
    for op, i, j in program:
        x, z = found[i % len(found)], found[j % len(found)]
        if op == "neg":
            y = -x
        elif op in UNARY:
            y = getattr(x, op)()
        else:
            y = {"+": x + z, "-": x - z, "*": x * z, "/": x / z}[op] if op != "**" else x**z
        found.append(y)
    return found[-1]


@settings(max_examples=150, deadline=None)
@given(program=steps, values=st.lists(numbers, min_size=1, max_size=4))
def test_value_and_tensor_agree(program: list[Any], values: list[float]) -> None:
    scalars = [Value(v) for v in values]
    tensors = [tg.tensor(v, dtype=tg.float64, requires_grad=True) for v in values]
    y, t = run(program, scalars), run(program, tensors)
    assume(math.isfinite(y.data) and abs(y.data) < 1e12)
    assert t.item() == pytest.approx(y.data, rel=1e-12, abs=1e-12)
    y.backward()
    t.backward()
    for s, x in zip(scalars, tensors):
        if not math.isfinite(s.grad):
            continue
        assert (0.0 if x.grad is None else x.grad.item()) == pytest.approx(s.grad, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("make", [Value, lambda v: tg.tensor(v, dtype=tg.float64, requires_grad=True)])
class TestFivePromises:
    def grad(self, x: Any) -> float:
        return float(x.grad)

    def test_the_seed_is_one(self, make: Any) -> None:
        x = make(3.0)
        y = x * 1.0
        y.backward()
        assert self.grad(x) == 1.0

    def test_a_node_speaks_once_after_everything_that_used_it(self, make: Any) -> None:
        x = make(3.0)
        b = x + x
        (b * b).backward()
        assert self.grad(x) == 24.0

    def test_gradients_add_over_calls_until_zeroed(self, make: Any) -> None:
        x = make(3.0)
        for n in (1, 2, 3):
            (x * x).backward()
            assert self.grad(x) == 6.0 * n

    def test_a_shared_inner_node_keeps_two_calls_apart(self, make: Any) -> None:
        x = make(3.0)
        h = x * x
        y, z = h * 2.0, h * 3.0
        y.backward() if isinstance(x, Value) else y.backward(retain_graph=True)
        z.backward()
        assert self.grad(x) == 6.0 * 2 + 6.0 * 3

    def test_what_needs_no_gradient_is_not_visited(self, make: Any) -> None:
        x = make(3.0)
        (x.detach() * x).backward()
        assert self.grad(x) == 3.0
