"""Operations of the user's own, in both styles."""

from __future__ import annotations

import gc
import re
import weakref
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.autograd import Function, gradcheck, gradgradcheck, once_differentiable


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


class Square(Function):
    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, grad: tg.Tensor, x: tg.Tensor) -> tg.Tensor:
        return grad * x * 2


class ExpOut(Function):
    def forward(self, x: Any) -> Any:
        return np.exp(x)

    def backward(self, grad: tg.Tensor, out: tg.Tensor) -> tg.Tensor:
        return grad * out


class FusedCubePlus(Function):
    """x³ + k·z with a kernel each way, and its formula."""

    def __init__(self, k: float) -> None:
        self.k = k

    def formula(self, x: tg.Tensor, z: tg.Tensor) -> tg.Tensor:
        return x * x * x + z * self.k

    def forward(self, x: Any, z: Any) -> Any:
        self.squares = x * x
        return x * self.squares + self.k * z

    def fused_backward(self, grad: Any, z: Any) -> Any:
        return grad * 3 * self.squares, grad * self.k + 0 * z


class SinCos(Function):
    def forward(self, x: Any) -> Any:
        return np.sin(x), np.cos(x)

    def backward(self, grad_sin: tg.Tensor, grad_cos: tg.Tensor, x: tg.Tensor) -> tg.Tensor:
        s, c = SinCos()(x)
        return grad_sin * c - grad_cos * s


class TestOurStyle:
    def test_naming_an_input_saves_it_and_naming_out_the_result(self) -> None:
        y = Square()(leaf(1.0, 2.0))
        assert y.node.saved[0].tolist() == [1.0, 2.0]
        y = ExpOut()(leaf(0.0))
        assert y.node.saved[0].tolist() == [1.0]

    @pytest.mark.parametrize("op", [Square, ExpOut])
    def test_gradients(self, op: Any) -> None:
        assert gradcheck(lambda x: op()(x), (leaf(0.3, -0.7),))
        assert gradgradcheck(lambda x: op()(x), (leaf(0.3, -0.7),))

    def test_fused_uses_the_kernel_first_and_the_formula_for_the_second(self) -> None:
        x, z = leaf(0.5, -1.0), leaf(2.0, 3.0)
        assert gradcheck(lambda x, z: FusedCubePlus(3.0)(x, z), (x, z))
        assert gradgradcheck(lambda x, z: FusedCubePlus(3.0)(x, z), (x, z))
        assert gradgradcheck(lambda x: FusedCubePlus(3.0)(x, x), (x,))  # one tensor in both places

    def test_several_results(self) -> None:
        assert gradcheck(lambda x: SinCos()(x), (leaf(0.3, -0.7),))
        assert gradgradcheck(lambda x: SinCos()(x), (leaf(0.3, -0.7),))
        x = leaf(0.3)
        s, _ = SinCos()(x)  # the other one is never used
        s.sum().backward()
        assert x.grad.tolist() == pytest.approx([np.cos(0.3)])

    def test_a_wrong_shape_is_stopped_by_name(self) -> None:
        class Wrong(Function):
            def forward(self, x: Any) -> Any:
                return x * 1

            def backward(self, grad: tg.Tensor) -> tg.Tensor:
                return grad.sum()

        with pytest.raises(RuntimeError, match=r"wrong: its backward returned a gradient of shape \(\) for an input"):
            Wrong()(leaf(1.0, 2.0)).sum().backward()

    def test_a_wrong_number_of_gradients_is_stopped_by_name(self) -> None:
        class TooMany(Function):
            def forward(self, x: Any) -> Any:
                return x * 1

            def backward(self, grad: tg.Tensor) -> Any:
                return grad, grad

        with pytest.raises(RuntimeError, match="too_many: its backward returned 2 gradients for 1 inputs"):
            TooMany()(leaf(1.0)).sum().backward()

    def test_a_rule_that_names_nothing_known_is_refused_when_defined(self) -> None:
        with pytest.raises(TypeError, match=r"the rule names 'y', which is neither an input of forward \(x\)"):

            class Unknown(Function):
                def forward(self, x: Any) -> Any:
                    return x

                def backward(self, grad: Any, y: Any) -> Any:
                    return grad

    def test_no_gradient_is_asked_of_a_constant(self) -> None:
        asked = []

        class Sees(Function):
            def forward(self, x: Any, z: Any) -> Any:
                return x + z

            def backward(self, grad: tg.Tensor) -> Any:
                asked.append(self.needs)
                return grad, None

        Sees()(leaf(1.0), tg.tensor([1.0], dtype=tg.float64)).sum().backward()
        assert asked == [(True, False)]
        x, z = leaf(1.0), leaf(2.0)
        tg.autograd.grad(Sees()(x, z).sum(), x)
        assert asked[1:] == [(True, False)]

    def test_what_serves_a_gradient_nobody_wants_is_not_saved(self) -> None:
        x, c = leaf(1.0, 2.0), tg.tensor([3.0, 4.0], dtype=tg.float64)
        assert (x * c).node.saved[0] is None and (x * c).node.saved[1] is c
        assert (x / c).node.saved == (None, c) and (c / x).node.saved == (c, x)
        assert x.lerp(x, 0.5).node.saved == (None, None, 0.5)
        assert tg.addcmul(x, c, c).node.saved == (None, None)
        image = tg.rand(1, 2, 3, 3)
        assert tg.nn.functional.conv2d(image, tg.rand(2, 2, 2, 2, requires_grad=True)).node.saved[1] is None


class Cube(Function):
    @staticmethod
    def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: Any, grad: tg.Tensor) -> tg.Tensor:
        (x,) = ctx.saved_tensors
        return grad * 3 * x * x


class TestTorchStyle:
    def test_first_and_second_gradient(self) -> None:
        assert gradcheck(Cube.apply, (leaf(1.0, -2.0),))
        assert gradgradcheck(Cube.apply, (leaf(1.0, -2.0),))
        assert Cube.apply(leaf(1.0)).grad_fn.name == "Cube"

    def test_saving_the_result_makes_no_cycle_and_differentiates_twice(self) -> None:
        class Exp(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                out = x.exp()
                ctx.save_for_backward(out)
                return out

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor) -> tg.Tensor:
                (out,) = ctx.saved_tensors
                return grad * out

        assert gradgradcheck(Exp.apply, (leaf(0.1, -0.4),))
        gc.collect()
        gc.disable()
        try:
            y = Exp.apply(leaf(1.0))
            dead = weakref.ref(y)
            del y
            assert dead() is None
        finally:
            gc.enable()

    def test_other_arguments_and_needs_input_grad(self) -> None:
        class Scale(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor, k: float, z: tg.Tensor) -> tg.Tensor:
                ctx.k = k
                assert ctx.needs_input_grad == (True, False, False)
                return x * k + z

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor) -> Any:
                return grad * ctx.k, None, None

        x = leaf(1.0)
        Scale.apply(x, 3.0, tg.tensor([1.0], dtype=tg.float64)).sum().backward()
        assert x.grad.tolist() == [3.0]

    def test_setup_context(self) -> None:
        class Mul(Function):
            @staticmethod
            def forward(x: tg.Tensor, z: tg.Tensor) -> tg.Tensor:
                return x * z

            @staticmethod
            def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
                ctx.save_for_backward(*inputs)

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor) -> Any:
                x, z = ctx.saved_tensors
                return grad * z, grad * x

        assert gradcheck(Mul.apply, (leaf(1.0, 2.0), leaf(3.0, -1.0)))

    def test_two_results_one_of_them_marked(self) -> None:
        class Split(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> Any:
                sign = x * 0 + 1
                ctx.mark_non_differentiable(sign)
                return x * 2, sign

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor, *rest: Any) -> tg.Tensor:
                return grad * 2

        x = leaf(1.0)
        y, sign = Split.apply(x)
        assert y.requires_grad and not sign.requires_grad
        y.sum().backward()
        assert x.grad.tolist() == [2.0]

    def test_its_backward_gets_a_gradient_for_every_result(self) -> None:
        got = []

        class Many(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor, zeros: bool) -> Any:
                mask = x * 0 + 1
                ctx.mark_non_differentiable(mask)
                ctx.set_materialize_grads(zeros)
                return mask, x > 0, x * 2, None, 5

            @staticmethod
            def backward(ctx: Any, mask: Any, positive: Any, grad: Any, nothing: Any, five: Any) -> Any:
                got.append([None if g is None else g.tolist() for g in (mask, positive, grad, nothing, five)])
                return grad * 2, None

        for zeros in (True, False):
            x = leaf(1.0)
            mask, positive, y, nothing, five = Many.apply(x, zeros)
            assert (mask.requires_grad, positive.requires_grad, y.requires_grad) == (False, False, True)
            assert nothing is None and five == 5
            y.sum().backward()
            assert x.grad.tolist() == [2.0]
        assert got == [[[0.0], [False], [1.0], None, None], [None, None, [1.0], None, None]]

    def test_an_input_changed_in_place(self) -> None:
        class Double(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                x.mul_(2)
                ctx.mark_dirty(x)
                return x

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor) -> tg.Tensor:
                return grad * 2

        x = leaf(1.0, 2.0)
        y = x * 1
        assert Double.apply(y) is y and Double.apply(y[:1]).tolist() == [4.0]
        (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
        assert y.tolist() == [4.0, 4.0] and g.tolist() == [4.0, 2.0]
        y = x * 1
        square = y * y
        Double.apply(y)
        with pytest.raises(RuntimeError, match="backward through mul: a value it saved.*changed in place by Double"):
            square.sum().backward()
        with pytest.raises(RuntimeError, match="Double: a leaf that requires grad cannot be changed in place"):
            Double.apply(x)

    def test_an_input_changed_in_place_and_saved(self) -> None:
        class Exp(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                x.exp_()
                ctx.mark_dirty(x)
                ctx.save_for_backward(x)
                return x

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor) -> tg.Tensor:
                return grad * ctx.saved_tensors[0]

        x = leaf(0.0, 1.0)
        y = Exp.apply(x * 1)
        (g,) = tg.autograd.grad(y.sum(), x, create_graph=True)
        (h,) = tg.autograd.grad(g.sum(), x, retain_graph=True)
        np.testing.assert_allclose(h.array, np.exp([0.0, 1.0]))
        reference = weakref.ref(y)
        del y, g, h
        assert reference() is None  # saving it has made no cycle
        y = Exp.apply(x * 1)
        y.add_(1)
        with pytest.raises(RuntimeError, match="backward through Exp: a value it saved.*changed in place by add_"):
            y.sum().backward()

    def test_gradients_take_the_dtype_of_the_input(self) -> None:
        class Single(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                return x * 2

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor) -> tg.Tensor:
                return grad.float()

        x = leaf(1.0)
        y = Single.apply(x)
        y.backward()
        y.backward()  # nothing was saved, so nothing is missing
        assert x.grad.dtype is tg.float64 and x.grad.tolist() == [2.0]

    def test_unused_results_give_zeros_or_none(self) -> None:
        got = []

        class Two(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor, zeros: bool) -> Any:
                ctx.set_materialize_grads(zeros)
                return x * 1, x * 2

            @staticmethod
            def backward(ctx: Any, a: Any, b: Any) -> Any:
                got.append((a, b))
                return a, None

        for zeros in (True, False):
            Two.apply(leaf(1.0), zeros)[0].sum().backward()
        assert got[0][1].tolist() == [0.0] and got[1][1] is None

    def test_once_differentiable_refuses_the_second_gradient(self) -> None:
        class NumpySin(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                ctx.save_for_backward(x)
                return tg.tensor(np.sin(x.detach().numpy()))

            @staticmethod
            @once_differentiable
            def backward(ctx: Any, grad: tg.Tensor) -> tg.Tensor:
                (x,) = ctx.saved_tensors
                return tg.tensor(grad.numpy() * np.cos(x.detach().numpy()))

        assert gradcheck(NumpySin.apply, (leaf(0.2, 0.3),))
        x = leaf(0.2)
        (g,) = tg.autograd.grad(NumpySin.apply(x).sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="NumpySin: its backward is marked once_differentiable"):
            g.sum().backward()

    def test_saved_values_changed_in_place_are_refused(self) -> None:
        x = leaf(1.0)
        h = x * 1
        y = Cube.apply(h)
        h.add_(1.0)
        with pytest.raises(RuntimeError, match="backward through Cube: a value it saved.*changed in place by add_"):
            y.sum().backward()

    def test_errors(self) -> None:
        class Bad(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                return x * 1

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor) -> Any:
                return 1.0

        with pytest.raises(TypeError, match="Bad: backward must return Tensors or None, got float"):
            Bad.apply(leaf(1.0)).sum().backward()

        class Saves(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                ctx.save_for_backward(3.0)
                return x

        with pytest.raises(TypeError, match="save_for_backward: takes Tensors, got float"):
            Saves.apply(leaf(1.0))

        class Shape(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor, shape: Any) -> tg.Tensor:
                ctx.shape = shape
                return x * 1

            @staticmethod
            def backward(ctx: Any, grad: tg.Tensor) -> Any:
                return tg.ones(ctx.shape, dtype=tg.float64), None

        for shape in ((3,), (1,), ()):
            x = leaf(1.0, 2.0)
            words = f"Shape: its backward returned a gradient of shape {shape} for an input of shape (2,)"
            with pytest.raises(RuntimeError, match=re.escape(words)):
                Shape.apply(x, shape).sum().backward()
            assert x.grad is None
        Shape.apply(x, (3, 2)).sum().backward()
        assert x.grad.tolist() == [3.0, 3.0]

        class Forward(Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                return x * 1

        with pytest.raises(NotImplementedError, match=re.escape("Forward: it has no backward(ctx, grad)")):
            Forward.apply(leaf(1.0)).backward()

    def test_twice_needs_retain_graph(self) -> None:
        y = Cube.apply(leaf(1.0)).sum()
        y.backward()
        with pytest.raises(RuntimeError, match="backward through Cube a second time"):
            y.backward()


def test_pytorchs_style_as_methods_of_the_class() -> None:
    class Scaled(tg.autograd.Function):
        factor = 3.0

        @classmethod
        def forward(cls, ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2 * cls.factor

        @classmethod
        def backward(cls, ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return grad * 2 * x * cls.factor

    x = tg.tensor([1.0, 2.0], requires_grad=True)
    Scaled.apply(x).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_a_forward_that_returns_an_array() -> None:
    """In PyTorch's style forward returns Tensors: an array would end the graph without a word."""

    class Exp(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> Any:
            ctx.y = np.exp(x.detach().numpy())
            return ctx.y

        @staticmethod
        def backward(ctx: Any, grad: tg.Tensor) -> tg.Tensor:
            return grad * tg.from_numpy(ctx.y)

    class Pair(Exp):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> Any:
            ctx.y = np.exp(x.detach().numpy())
            return tg.from_numpy(ctx.y), ctx.y

        @staticmethod
        def backward(ctx: Any, grad: tg.Tensor, _: Any) -> tg.Tensor:
            return grad * tg.from_numpy(ctx.y)

    x = tg.zeros(2, requires_grad=True)
    with pytest.raises(TypeError, match=r"Exp: forward returned a NumPy array, .* Return a Tensor: tensorgrad\.from_numpy"):
        Exp.apply(x)
    assert isinstance(Exp.apply(x.detach()), np.ndarray)  # no graph to lose
    y, array = Pair.apply(x)  # beside a Tensor it is something else to hand on, as in PyTorch
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0] and isinstance(array, np.ndarray)
