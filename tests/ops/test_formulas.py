"""A fused operation against its definition: for every Function with a `formula`, the kernels give the value and the gradient
that the formula gives, on whatever reaches it while the samples of tests/ops and their gradients are computed."""

from __future__ import annotations

import copy
import importlib
import pkgutil
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import pytest

from tensorgrad import Tensor, ops
from tensorgrad.autograd.engine import grad as gradient_of
from tensorgrad.autograd.function import Function
from tests.ops import optest
from tests.ops.optest import OpTest

# A fused operation without a formula: it draws numbers.
RANDOM = {"StandardGamma"}
# Operations with a formula that are not compared here, and what tests them instead.
ELSEWHERE = {
    "Dropout": "tests/ops/test_dropout.py: random",
}
AT_MOST = 40  # calls of each operation in each class of tests


def below(cls: type) -> Iterator[type]:
    for c in cls.__subclasses__():
        yield c
        yield from below(c)


def operations() -> list[type]:
    """Every Function of tensorgrad.ops, by name."""
    for module in pkgutil.iter_modules(ops.__path__):
        importlib.import_module(f"{ops.__name__}.{module.name}")
    found = {c for c in below(Function) if c.__module__.startswith(ops.__name__)}
    return sorted(found, key=lambda c: (c.__module__, c.__name__))


WITH_FORMULA = [c for c in operations() if hasattr(c, "formula")]


def tables() -> list[type[OpTest]]:
    """The classes that have samples."""
    return [cls for module in optest.tables() for _, cls in optest.rows(module)]


@contextmanager
def noting(calls: dict[str, list[tuple[Function, list[Any]]]]) -> Iterator[None]:
    """Within, note each operation that is run and has a formula, as it was before, and its operands."""

    def noted(entry: Any) -> Any:
        def call(self: Function, *args: Any) -> Any:
            if len(calls[type(self).__name__]) < AT_MOST:
                operands = [a.detach().clone() if isinstance(a, Tensor) else a for a in args]
                calls[type(self).__name__].append((copy.copy(self), operands))
            return entry(self, *args)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for cls in WITH_FORMULA:
            patch.setattr(cls, "__call__", noted(cls.__call__))
        yield


def run(table: type[OpTest], i: int) -> None:
    """The operation on sample i, and what its gradients are made of."""
    inputs, out = table.call(*table.arguments(i), requires_grad=table.differentiable)
    for _ in range(1 + table.second_order):
        outs = [y for y in table.floating_outputs(out) if y.requires_grad]
        if not outs:
            break
        seeds = [Tensor._of(np.ones_like(y.array)) for y in outs]
        found = gradient_of(outs, inputs, seeds, create_graph=True, allow_unused=True)
        out = [g for g in found if g is not None]


@cache
def all_calls() -> dict[str, list[tuple[Function, list[Any]]]]:
    """What the samples run, by the operation's name."""
    found: dict[str, list[tuple[Function, list[Any]]]] = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for table in tables():
            calls: dict[str, list[tuple[Function, list[Any]]]] = defaultdict(list)
            with noting(calls):
                for i in range(len(table.samples)):
                    run(table, i)
            for name, some in calls.items():
                found[name] += some
    return found


def value_and_gradients(operation: Any, operands: list[Any]) -> tuple[list[Any], list[Any]]:
    """Results, and the gradients of the floating operands along fixed directions, as arrays."""
    args = [a.clone().requires_grad_() if isinstance(a, Tensor) and a.is_floating_point() else a for a in operands]
    leaves = [a for a in args if isinstance(a, Tensor) and a.is_floating_point()]
    out = operation(*args)
    outs = out if isinstance(out, tuple) else (out,)
    pulled = [y for y in outs if y.requires_grad]
    seeds = [Tensor._of(np.cos(np.arange(y.array.size)).reshape(y.array.shape).astype(y.array.dtype)) for y in pulled]
    grads = gradient_of(pulled, leaves, seeds, allow_unused=True) if pulled else ()
    return [y.detach().array for y in outs], [None if g is None else g.array for g in grads]


@pytest.mark.parametrize("cls", [c for c in WITH_FORMULA if c.__name__ not in ELSEWHERE], ids=lambda c: c.__name__)
def test_the_kernels_compute_the_formula(cls: type) -> None:
    calls = all_calls()[cls.__name__]
    assert calls, f"no sample in tests/ops runs {cls.__name__}"
    for operation, operands in calls:
        with np.errstate(all="ignore"):
            got, got_grads = value_and_gradients(copy.copy(operation), operands)
            want, want_grads = value_and_gradients(operation.formula, operands)  # type: ignore[attr-defined]
        shapes = [a.shape if isinstance(a, Tensor) else a for a in operands]
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10, err_msg=f"value of {operation} at {shapes}")
        if not all(np.isfinite(a).all() for a in got):
            continue  # nan or 0: the slope of ∞ is a matter of taste
        for a, b in zip(got_grads, want_grads, strict=True):
            if a is not None:  # what a rule leaves out, the tests of the operation miss
                b = np.zeros(a.shape) if b is None else b
                np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10, err_msg=f"gradient of {operation} at {shapes}")


def test_every_fused_operation_has_a_formula() -> None:
    missing = {c.__name__ for c in operations() if hasattr(c, "fused_backward") and not hasattr(c, "formula")}
    assert missing == RANDOM


class Cube(Function):
    """A formula, and a rule beside it that names the result alone; it triples the gradient, so that one sees who was asked."""

    def formula(self, x: Tensor) -> Tensor:
        return x**3

    def forward(self, x: Any) -> Any:
        return x**3

    def backward(self, grad: Tensor, out: Tensor) -> Tensor:
        return grad * 9 * out ** (2 / 3)

    def fused_backward(self, grad: Any, out: Any) -> Any:
        return grad * 9 * out ** (2 / 3)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_rule_beside_the_formula_is_the_rule(recorded: bool) -> None:
    x = Tensor._of(np.array(2.0)).requires_grad_()
    y = Cube()(x)
    assert not Cube.by_formula and len(y.node.saved) == 1 and y.node.saved[0].array is y.array
    (g,) = gradient_of([y], [x], create_graph=recorded)
    np.testing.assert_allclose(g.detach().array, 36)
