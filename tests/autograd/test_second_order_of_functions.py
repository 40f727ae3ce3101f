"""Functions with several results or several inputs, differentiated twice."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgrad as tg
from tensorgrad.autograd import Function, gradcheck, gradgradcheck


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


class TwoInPytorchsStyle(Function):
    """(exp x, x·exp x), which saves its own first result."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.save_for_backward(x, y)
        return y, x * y

    @staticmethod
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y + h * (1 + x) * y


class TwoInOurs(Function):
    """The same: the rule names the results."""

    def forward(self, x: Any) -> Any:
        return np.exp(x), x * np.exp(x)

    def backward(self, grad_y: tg.Tensor, grad_z: tg.Tensor, out: tuple[tg.Tensor, tg.Tensor]) -> tg.Tensor:
        return grad_y * out[0] + grad_z * (out[0] + out[1])


class OneOfTwo(TwoInPytorchsStyle):
    """The second result is no function of x as far as gradients are concerned; the saved one is the only one left."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        n = x.floor()
        ctx.save_for_backward(y)
        ctx.mark_non_differentiable(n)
        return n, y

    @staticmethod
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        return h * ctx.saved_tensors[0]


def test_two_results_one_of_them_saved() -> None:
    """f = Σ y² + y·z = Σ (1 + x)·e²ˣ: f' = (3 + 2x)·e²ˣ, f'' = (8 + 4x)·e²ˣ, f''' = (20 + 8x)·e²ˣ."""
    for two in (TwoInPytorchsStyle.apply, lambda x: TwoInOurs()(x)):
        x = leaf(0.0, 0.5, -1.0)
        y, z = two(x)
        e = np.exp(2 * x.array)
        (g,) = tg.autograd.grad((y * y + y * z).sum(), x, create_graph=True)
        np.testing.assert_allclose(g.array, (3 + 2 * x.array) * e)
        (h,) = tg.autograd.grad(g.sum(), x, create_graph=True)
        np.testing.assert_allclose(h.array, (8 + 4 * x.array) * e)
        np.testing.assert_allclose(tg.autograd.grad(h.sum(), x)[0].array, (20 + 8 * x.array) * e)
        assert gradcheck(two, x) and gradgradcheck(two, x)


def test_of_two_results_only_one_is_differentiable() -> None:
    x = leaf(0.0, 0.5)
    n, y = OneOfTwo.apply(x)
    assert not n.requires_grad
    (g,) = tg.autograd.grad((y * y).sum(), x, create_graph=True)
    np.testing.assert_allclose(g.array, 2 * np.exp(2 * x.array))
    np.testing.assert_allclose(tg.autograd.grad(g.sum(), x)[0].array, 4 * np.exp(2 * x.array))


class ProductOfAll(Function):
    """x₀·x₁·…: the rule names the rest."""

    def forward(self, *xs: Any) -> Any:
        out = xs[0]
        for x in xs[1:]:
            out = out * x
        return out

    def backward(self, grad: tg.Tensor, *xs: tg.Tensor) -> Any:
        grads = []
        for i in range(len(xs)):
            g = grad
            for x in xs[:i] + xs[i + 1 :]:
                g = g * x
            grads.append(g)
        return tuple(grads)


class SumOfSquares(ProductOfAll):
    """Σ xᵢ², where forward calls the rest by another name than the rule, which therefore gets nothing but the gradient."""

    def forward(self, *values: Any) -> Any:
        self.n = len(values)
        return sum(v for v in values)

    def backward(self, grad: tg.Tensor, *others: tg.Tensor) -> Any:
        assert others == ()
        return (grad,) * self.n


def test_a_rule_that_names_the_rest() -> None:
    a, b, c = leaf(2.0), leaf(3.0), leaf(5.0)
    y = ProductOfAll()(a, b, c)
    ga, gb, gc = tg.autograd.grad(y, (a, b, c), create_graph=True)
    assert (ga.item(), gb.item(), gc.item()) == (15, 10, 6)
    assert [g.item() for g in tg.autograd.grad(ga + 2 * gb, (a, b, c), allow_unused=True)] == [10, 5, 3 + 4]
    assert gradgradcheck(lambda *xs: ProductOfAll()(*xs), (a, b, c))
    assert [g.item() for g in tg.autograd.grad(SumOfSquares()(a, b), (a, b))] == [1, 1]


def test_a_hook_that_gives_a_gradient_to_a_constant() -> None:
    """PyTorch's hooks of an operation return one entry per input; that of a constant is let go of."""
    x, constant = leaf(2.0), tg.tensor([3.0], dtype=tg.float64)
    for y in (x * constant, constant * x):
        seen: list[Any] = []

        def hook(gi: Any, go: Any, seen: list[Any] = seen) -> Any:
            seen.append([g is None for g in gi])
            return tuple(go[0] * 7 if g is None else g * 10 for g in gi)

        y.grad_fn.register_hook(hook)
        assert tg.autograd.grad(y, x)[0].tolist() == [30]
        assert sorted(seen[0]) == [False, True]
