"""Jacobians and Hessians against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.autograd import functional as AF

A = np.array([[2.0, -1.0, 0.5], [1.0, 3.0, -2.0]])
x0 = np.array([0.3, -0.7, 1.1])


def f(x: tg.Tensor) -> tg.Tensor:
    """exp(A·x), Jacobian diag(exp(A·x))·A."""
    return (tg.tensor(A) @ x).exp()


def g(x: tg.Tensor) -> tg.Tensor:
    """Σ x³, Hessian diag(6x)."""
    return (x * x * x).sum()


J = np.exp(A @ x0)[:, None] * A
H = np.diag(6 * x0)


def test_jacobian_and_its_products() -> None:
    x = tg.tensor(x0)
    np.testing.assert_allclose(AF.jacobian(f, x).array, J)
    v, u = np.array([1.0, -2.0, 0.5]), np.array([3.0, -1.0])
    out, vjp = AF.vjp(f, x, tg.tensor(u))
    np.testing.assert_allclose(out.array, np.exp(A @ x0))
    np.testing.assert_allclose(vjp.array, u @ J)
    np.testing.assert_allclose(AF.jvp(f, x, tg.tensor(v))[1].array, J @ v)
    assert not x.requires_grad


def test_hessian_and_its_products() -> None:
    x, v = tg.tensor(x0), np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(AF.hessian(g, x).array, H)
    np.testing.assert_allclose(AF.hvp(g, x, tg.tensor(v))[1].array, H @ v)
    np.testing.assert_allclose(AF.vhp(g, x, tg.tensor(v))[1].array, v @ H)
    np.testing.assert_allclose(AF.hessian(lambda x: x.sum(), x).array, np.zeros((3, 3)))  # linear: no second order


def test_several_inputs_and_results_give_nested_tuples() -> None:
    a, b = tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])
    jac = AF.jacobian(lambda a, b: (a * b, b.sum()), (a, b))
    assert [[tuple(j.shape) for j in row] for row in jac] == [[(2, 2), (2, 2)], [(2,), (2,)]]
    assert jac[0][0].tolist() == [[3.0, 0.0], [0.0, 4.0]]
    assert jac[1][0].tolist() == [0.0, 0.0]
    hes = AF.hessian(lambda a, b: (a * b).sum(), (a, b))
    assert hes[0][1].tolist() == [[1.0, 0.0], [0.0, 1.0]] and hes[0][0].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_create_graph_connects_to_the_caller() -> None:
    x = tg.tensor(x0, requires_grad=True)
    jac = AF.jacobian(g, x, create_graph=True)
    jac.sum().backward()
    np.testing.assert_allclose(x.grad.array, 6 * x0)


def test_strict_names_the_independent_input() -> None:
    a, b = tg.tensor([1.0]), tg.tensor([1.0])
    with pytest.raises(RuntimeError, match="jacobian: the result does not depend on input 1"):
        AF.jacobian(lambda a, b: a * 2, (a, b), strict=True)
    for call in (
        lambda: AF.jacobian(lambda a: a * 2, a, create_graph=True, strict=True),
        lambda: AF.vjp(lambda a: a * 2, a, create_graph=True, strict=True),
        lambda: AF.jvp(lambda a: a * 2, a, a, create_graph=True, strict=True),
        lambda: AF.vhp(lambda a: (a * 2).sum(), a, a, strict=True),
        lambda: AF.hvp(lambda a: (a * a).sum(), a, a, create_graph=True, strict=True),
    ):
        with pytest.raises(RuntimeError, match="the derivative towards input 0 does not depend on the inputs"):
            call()


def test_errors() -> None:
    x = tg.tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match="hessian: the function must return a single number"):
        AF.hessian(lambda x: x * x, x)
    with pytest.raises(RuntimeError, match="vjp: v can be left out only where a single number is"):
        AF.vjp(lambda x: x * x, x)
    with pytest.raises(RuntimeError, match=r"jvp: v\[0\] has shape \(3,\), needs \(2,\)"):
        AF.jvp(lambda x: x * x, x, tg.tensor([1.0, 2.0, 3.0]))
    with pytest.raises(TypeError, match="vjp: inputs must be a Tensor"):
        AF.vjp(lambda x: x, [1.0])
    with pytest.raises(TypeError, match="jacobian: the function must return a Tensor or a tuple of them, got list"):
        AF.jacobian(lambda x: [x, x], x)
    with pytest.raises(ValueError, match="strategy must be"):
        AF.jacobian(lambda x: x, x, strategy="sideways")
