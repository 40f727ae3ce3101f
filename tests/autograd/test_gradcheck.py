"""gradcheck must pass what is right and catch what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

import tensorgrad as tg
from tensorgrad.autograd import Function, GradcheckError, gradcheck, gradgradcheck


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


class WrongFirst(Function):
    """exp with a gradient that is 1 % off."""

    def forward(self, x: Any) -> Any:
        return 2.718281828459045**x

    def backward(self, grad: tg.Tensor, out: tg.Tensor) -> tg.Tensor:
        return grad * out * 1.01


class WrongSecond(Function):
    """x² whose rule reads a constant: the first gradient is right, the second is zero."""

    def forward(self, x: Any) -> Any:
        self.x = x.copy()
        return x * x

    def backward(self, grad: tg.Tensor) -> tg.Tensor:
        return grad * tg.tensor(self.x) * 2


@pytest.mark.parametrize("fast", [False, True])
def test_right_gradients_pass(fast: bool) -> None:
    assert gradcheck(lambda a, b: (a * b).exp(), (leaf(0.1, 0.2), leaf(0.3, -0.4)), fast_mode=fast)
    assert gradgradcheck(lambda a, b: (a * b).exp(), (leaf(0.1, 0.2), leaf(0.3, -0.4)), fast_mode=fast)


@pytest.mark.parametrize("fast", [False, True])
def test_a_wrong_first_gradient_is_caught(fast: bool) -> None:
    with pytest.raises(GradcheckError, match=r"gradcheck: the gradient of result 0 towards input 0 is wrong"):
        gradcheck(lambda x: WrongFirst()(x), (leaf(0.1, 0.2),), fast_mode=fast)
    assert not gradcheck(lambda x: WrongFirst()(x), (leaf(0.1, 0.2),), fast_mode=fast, raise_exception=False)


@pytest.mark.parametrize("fast", [False, True])
def test_a_wrong_second_gradient_is_caught(fast: bool) -> None:
    assert gradcheck(lambda x: WrongSecond()(x), (leaf(0.1, 0.2),), fast_mode=fast)
    with pytest.raises(GradcheckError, match="gradgradcheck"):
        gradgradcheck(lambda x: WrongSecond()(x), (leaf(0.1, 0.2),), fast_mode=fast)
    assert not gradgradcheck(lambda x: WrongSecond()(x), (leaf(0.1, 0.2),), raise_exception=False)


def test_inputs_are_put_back_and_checked() -> None:
    x = leaf(0.1, 0.2)
    gradcheck(lambda a: a * a, (x,))
    assert x.tolist() == [0.1, 0.2] and x.grad is None
    with pytest.raises(ValueError, match="none of the inputs requires grad"):
        gradcheck(lambda a: a * a, (tg.tensor([1.0]),))
    wide = tg.tensor([1.0], dtype=tg.float64).expand(3).requires_grad_()
    with pytest.raises(ValueError, match="input 0 is an expanded tensor"):
        gradcheck(lambda a: a * a, (wide,))


def test_other_arguments_and_given_seeds() -> None:
    assert gradcheck(lambda a, k, b: a * k + b, (leaf(1.0), 3.0, tg.tensor([1.0], dtype=tg.float64)))
    assert gradgradcheck(lambda a: a * a, (leaf(1.0),), leaf(2.0))


def test_a_result_cut_off_is_caught_and_one_that_is_constant_is_not() -> None:
    with pytest.raises(GradcheckError, match="the gradient of result 1 towards input 0 is wrong"):
        gradcheck(lambda a: (a * a, a.detach() * 2), (leaf(1.0),))
    assert gradcheck(lambda a: (a * a, a.detach().sign()), (leaf(1.0),))
    assert gradgradcheck(lambda a: (a * a, a.detach() * 2), (leaf(1.0),), check_batched_grad=True)
    with pytest.raises(TypeError, match="gradcheck.. got an unexpected keyword argument 'check_everything'"):
        gradcheck(lambda a: a, (leaf(1.0),), check_everything=True)


class SlightlyOff(Function):
    """x with a gradient that is 0.05 % off: within the default tolerance."""

    def forward(self, x: Any) -> Any:
        return x * 1

    def backward(self, grad: tg.Tensor) -> tg.Tensor:
        return grad * 1.0005


def test_the_relative_tolerance_counts() -> None:
    x = leaf(1.0, 2.0)
    assert gradcheck(lambda v: SlightlyOff()(v), x)
    with pytest.raises(GradcheckError):
        gradcheck(lambda v: SlightlyOff()(v), x, rtol=1e-6)
    assert not gradcheck(lambda v: SlightlyOff()(v), x, rtol=1e-6, raise_exception=False)
    assert gradcheck(lambda v: SlightlyOff()(v), x, rtol=0.0, atol=1e-3)
