"""Dual numbers: levels, what becomes of directions, and refusals. Every operation: tests/ops/test_tangents.py; beside PyTorch:
tests/oracle/test_batches_and_directions.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import Tensor, func
from tensorgrad.autograd import Function, functional
from tensorgrad.autograd import forward_ad as fw
from tensorgrad.kernels.layered import active

X = tg.tensor([0.5, 1.0, -2.0]).double()
T = tg.tensor([1.0, 2.0, 3.0]).double()


def same(a: Tensor | None, b: Tensor) -> None:
    assert a is not None
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-14)


def moved(f: Any, x: Tensor = X, t: Tensor = T) -> fw.UnpackedDualTensor:
    with fw.dual_level():
        return fw.unpack_dual(f(fw.make_dual(x, t)))


def test_a_direction_goes_along() -> None:
    primal, tangent = moved(lambda x: x.sin() * x)
    same(primal, X.sin() * X)
    same(tangent, (X.cos() * X + X.sin()) * T)
    assert not active and not tangent.requires_grad  # type: ignore[union-attr]


def test_what_has_none() -> None:
    with fw.dual_level():
        x = fw.make_dual(X, T)
        for constant in (X * 2, x.detach(), x > 0, x.argmax(), x.sign().detach(), x.long()):
            assert fw.unpack_dual(constant).tangent is None
        assert fw.unpack_dual(x).primal is X and fw.unpack_dual(x).tangent is T
        assert (x.sum().item(), x.tolist(), float(x[0])) == (X.sum().item(), X.tolist(), 0.5)
        assert repr(x) == repr(X) and isinstance(x.numpy(), np.ndarray)
    assert fw.unpack_dual(X) == (X, None)


def test_writing() -> None:
    def into_a_view(x: Tensor) -> Tensor:
        y = x.clone()
        v = y[1:]
        v.mul_(x[0])
        y[0] = 5.0
        return y

    primal, tangent = moved(into_a_view)
    same(primal, tg.tensor([5.0, 0.5, -1.0]).double())
    same(tangent, tg.tensor([0.0, 2 * 0.5 + 1.0, 3 * 0.5 - 2.0]).double())

    def into_a_constant(x: Tensor) -> Tensor:
        out = tg.zeros(2, 3, dtype=tg.float64)
        row = out[1]
        row[:2] = x[1:] ** 2
        out.add_(1)
        return out

    primal, tangent = moved(into_a_constant)
    same(primal, tg.tensor([[1.0, 1.0, 1.0], [2.0, 5.0, 1.0]]).double())
    same(tangent, tg.tensor([[0.0, 0.0, 0.0], [4.0, -12.0, 0.0]]).double())

    def added_up(x: Tensor) -> Tensor:
        total = tg.zeros(3, dtype=tg.float64)
        for _ in range(3):
            total += x
        return total

    same(moved(added_up).tangent, 3 * T)


def test_the_tensor_and_its_dual_share_memory() -> None:
    x, t = X.clone(), T.clone()
    with fw.dual_level():
        d = fw.make_dual(x, t)
        d.mul_(2)
        t.add_(1)
        found = fw.unpack_dual(d)
    same(x, 2 * X)
    same(found.tangent, 2 * T + 1)


def test_recording_does_not_matter() -> None:
    def unrecorded(x: Tensor) -> Tensor:
        with tg.no_grad():
            return x.exp()

    same(moved(unrecorded).tangent, X.exp() * T)
    w = X.clone().requires_grad_()
    primal, tangent = moved(lambda x: (x**3).sum(), w)
    tangent.backward()  # type: ignore[union-attr]
    same(w.grad, 6 * X * T)
    assert primal.requires_grad


def test_directions_can_be_left_behind() -> None:
    with fw.dual_level():
        x = fw.make_dual(X, T)
        with fw._set_fwd_grad_enabled(False):
            y = x * 2
        assert fw.unpack_dual(y).tangent is None
        same(fw.unpack_dual(x * 2).tangent, 2 * T)


def test_modules_with_parameters_that_move() -> None:
    model = tg.nn.Linear(3, 2).double()
    moves = {k: tg.ones(p.shape).double() for k, p in model.named_parameters()}
    values = {k: p.detach() for k, p in model.named_parameters()}
    with fw.dual_level():
        for k, t in moves.items():
            delattr(model, k)
            setattr(model, k, fw.make_dual(values[k], t))
        tangent = fw.unpack_dual(model(X)).tangent
    same(tangent, (X.sum() + 1).expand(2))


def test_directions_of_directions() -> None:
    f = lambda x: (x**3).sum()  # noqa: E731
    first = lambda x: func.jvp(f, (x,), (T,))[1]  # noqa: E731
    same(func.jvp(first, (X,), (X,))[1], (6 * X * T * X).sum())
    one = tg.tensor(1.0).double()
    inner = lambda x: func.jvp(lambda y: x + y, (one,), (one,))[1]  # noqa: E731
    assert func.jvp(lambda x: x * inner(x), (one,), (one,))[1].item() == 1.0  # perturbations are not confused
    same(func.vmap(lambda t: func.jvp(f, (X,), (t,))[1])(tg.eye(3).double()), 3 * X**2)
    same(func.jvp(lambda x: func.vmap(func.grad(f))(x), (X[None],), (T[None],))[1][0], 6 * X * T)


def test_linearize() -> None:
    out, push = func.linearize(lambda x, y: x.exp() * y, X, T)
    same(out, X.exp() * T)
    same(push(T, X), X.exp() * T * T + X.exp() * X)
    same(push(X, X), X.exp() * X * T + X.exp() * X)


def test_custom_functions() -> None:
    class Double(Function):
        """Its jvp says five, so that one sees who was asked."""

        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_forward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Tensor:
            return grad * 3

        @staticmethod
        def jvp(ctx: Any, t: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return t * 5 + 0 * x

    same(moved(Double.apply).tangent, 5 * T)
    del Double.jvp
    same(moved(Double.apply).tangent, 3 * T)  # from its backward
    same(moved(lambda x: Double.apply(x).detach() + x).tangent, T)
    same(func.vmap(Double.apply)(X), 2 * X)
    same(func.vmap(func.grad(Double.apply))(X), 3 * tg.ones(3).double())


def test_a_vmap_of_ones_own_needs_setup_context() -> None:
    class Odd(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Tensor) -> Any:
            return x, 0

    with pytest.raises(RuntimeError, match="Odd: a vmap static method needs setup_context"):
        func.vmap(Odd.apply)(X)


def test_functional() -> None:
    f = lambda x, y: (x * y).sum() * x.exp()  # noqa: E731
    for options in ({}, {"vectorize": True, "strategy": "forward-mode"}):
        a, b = functional.jacobian(f, (X, T), **options)  # type: ignore[arg-type]
        same(a, (X * T).sum() * tg.diag(X.exp()) + tg.outer(X.exp(), T))
        same(b, tg.outer(X.exp(), X))
    w = X.clone().requires_grad_()
    found = functional.jacobian(lambda x: x**3, w, create_graph=True, vectorize=True, strategy="forward-mode")
    found.sum().backward()
    same(w.grad, 6 * X)
    for options, words in (
        ({"strict": True, "vectorize": True}, "does not go with strict=True"),
        ({}, "does not go with vectorize=False"),
    ):
        with pytest.raises(ValueError, match=f"jacobian: strategy='forward-mode' {words}"):
            functional.jacobian(f, (X, T), strategy="forward-mode", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: fw.make_dual(X, T), RuntimeError, "make_dual: no level is open"),
        (lambda: fw.exit_dual_level(), RuntimeError, "cannot close level None; none is open"),
        (lambda: moved(lambda x: fw.enter_dual_level()), RuntimeError, "nested levels are not supported; use func.jvp"),
        (lambda: moved(lambda x: fw.exit_dual_level(level=3)), RuntimeError, "cannot close level 3; it is not the last"),
        (lambda: moved(lambda x: x, X, T[:2]), RuntimeError, r"tensor   \(3,\) .*\n    tangent  \(2,\)"),
        (lambda: moved(lambda x: x, X, T.float()), RuntimeError, "the direction has the shape and the dtype of the value"),
        (lambda: moved(lambda x: x, X.long(), T), ValueError, "only floating tensors have directions, got tensorgrad.int64"),
        (lambda: moved(lambda x: x, 1.0, T), TypeError, "make_dual: needs two Tensors, got float and Tensor"),  # type: ignore[arg-type]
        (lambda: moved(lambda x: fw.unpack_dual(1)), TypeError, "unpack_dual: needs a Tensor, got int"),  # type: ignore[arg-type]
        (lambda: moved(lambda x: fw.unpack_dual(x, level=2)), RuntimeError, "unpack_dual: there is no level 2"),
        (lambda: func.jvp(lambda x: x, (X,), (T[:2],)), RuntimeError, "a tangent has the shape and the dtype of its primal"),
        (lambda: func.jvp(lambda x: T, (X,), (T,), strict=True), RuntimeError, "jvp: a result does not depend on the primals"),
    ],
)  # fmt: skip
def test_refusals(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
    assert not active
