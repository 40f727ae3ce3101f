"""`flat_calls.py` writes the call out for one input and for two. Without that page everything works, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import tensorgrad as tg
from micrograd_value import Value
from tensorgrad.autograd.flat_calls import call_one, call_two
from tensorgrad.autograd.function import Function
from tests.test_two_engines import numbers, run, st, steps


def descendants(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        yield sub
        yield from descendants(sub)


@contextmanager
def flat_calls_off() -> Iterator[int]:
    """Every operation runs through `Function.__call__`; gives the number of classes that had a flat call."""
    flat = {cls: cls.__dict__["__call__"] for cls in descendants(Function) if cls.__dict__.get("__call__") in FLAT}
    for cls in flat:
        cls.__call__ = Function.__call__  # type: ignore[method-assign]
    try:
        yield len(flat)
    finally:
        for cls, call in flat.items():
            cls.__call__ = call  # type: ignore[method-assign]


FLAT = (call_one, call_two)


def test_they_are_switched_off_and_on_again() -> None:
    add = type((tg.ones(2, requires_grad=True) + tg.ones(2)).grad_fn)
    assert add.__call__ is call_two
    with flat_calls_off() as n:
        assert n > 100 and add.__call__ is Function.__call__
    assert add.__call__ is call_two


def outcome(program: list[Any], values: list[Any]) -> list[Any]:
    """The result of a program, its gradients, and the gradients of their sum, as bytes."""
    leaves = [tg.tensor(v, dtype=tg.float64, requires_grad=True) for v in values]
    y = run(program, leaves)
    if not y.requires_grad:
        return [y.array.tobytes()]
    first = tg.autograd.grad(y.sum(), leaves, create_graph=True, allow_unused=True)
    total = sum([g.sum() for g in first if g is not None and g.requires_grad], tg.zeros((), dtype=tg.float64))
    second = tg.autograd.grad(total, leaves, allow_unused=True) if total.requires_grad else ()
    return [y.array.tobytes(), *(None if g is None else g.array.tobytes() for g in (*first, *second))]


@settings(max_examples=80, deadline=None)
@given(program=steps, values=st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=4))
def test_random_programs_give_the_same_bits(program: list[Any], values: list[Any]) -> None:
    with_them = outcome(program, values)
    with flat_calls_off():
        assert outcome(program, values) == with_them


@settings(max_examples=60, deadline=None)
@given(program=steps, values=st.lists(numbers, min_size=1, max_size=4))
def test_the_scalar_engine_agrees_with_either(program: list[Any], values: list[float]) -> None:
    scalars = [Value(v) for v in values]
    y = run(program, scalars)
    if not np.isfinite(y.data) or abs(y.data) > 1e12:
        return
    y.backward()
    with flat_calls_off():
        leaves = [tg.tensor(v, dtype=tg.float64, requires_grad=True) for v in values]
        t = run(program, leaves)
        t.backward()
    assert t.item() == pytest.approx(y.data, rel=1e-12, abs=1e-12)
    for s, x in zip(scalars, leaves):
        if np.isfinite(s.grad):
            assert (0.0 if x.grad is None else x.grad.item()) == pytest.approx(s.grad, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("flat", [True, False], ids=["flat", "general"])
def test_versions_hooks_numbers_and_broadcasting(flat: bool) -> None:
    def look() -> None:
        x, seen = tg.ones(2, 3, requires_grad=True), []
        y = (x * 2).exp()
        with tg.no_grad():
            y.add_(1)
        with pytest.raises(RuntimeError, match="changed in place by add_"):
            y.sum().backward()
        z = 3 / (x + tg.ones(3)) - 1
        z.register_hook(seen.append)
        z.sum().backward()
        assert len(seen) == 1 and x.grad.tolist() == [[-0.75] * 3] * 2

    if flat:
        look()
    else:
        with flat_calls_off():
            look()
