"""Arguments by other names."""

from __future__ import annotations

import inspect

import pytest

import tensorgrad as tg
from tensorgrad import nn
from tensorgrad.nn import functional as F

x = tg.tensor([[1.0, 2.0], [3.0, 5.0]])


def test_numpy_words() -> None:
    assert tg.softmax(x, axis=1).sum(axis=1, keepdims=True).round().tolist() == [[1.0], [1.0]]
    assert x.unsqueeze(axis=0).squeeze(axis=0).gather(axis=1, index=tg.tensor([[0], [1]])).tolist() == [[1.0], [5.0]]


def test_the_argument_itself_is_taken_once() -> None:
    with pytest.raises(TypeError, match="mean: axis is another name of dim; give one of them"):
        tg.mean(x, dim=0, axis=0)


def test_names_of_the_same_matrix() -> None:
    assert tg.linalg.cholesky(A=tg.eye(2)).equal(tg.linalg.cholesky(input=tg.eye(2)))
    assert [len(p) for p in tg.tensor_split(x, sections=2, axis=1)] == [2, 2]
    assert tg.hsplit(x, indices=[1])[1].tolist() == [[2.0], [5.0]]


def test_signatures_show_the_names_of_the_documentation() -> None:
    assert list(inspect.signature(tg.linalg.cholesky).parameters) == ["A", "upper", "out"]
    assert list(inspect.signature(tg.Tensor.softmax).parameters)[:2] == ["input", "dim"]


@pytest.mark.parametrize(
    "older, now",
    [
        (lambda x, a, b: x.add(2, a), lambda x, a, b: x + 2 * a),
        (lambda x, a, b: tg.sub(x, 2, a), lambda x, a, b: x - 2 * a),
        (lambda x, a, b: x.add_(-2, a), lambda x, a, b: x - 2 * a),
        (lambda x, a, b: x.sub_(2, a), lambda x, a, b: x - 2 * a),
        (lambda x, a, b: tg.addcmul(x, 2, a, b), lambda x, a, b: x + 2 * a * b),
        (lambda x, a, b: x.addcmul_(2, a, b), lambda x, a, b: x + 2 * a * b),
        (lambda x, a, b: x.addcdiv(2, a, b), lambda x, a, b: x + 2 * a / b),
        (lambda x, a, b: x.addcdiv_(-2, a, b), lambda x, a, b: x - 2 * a / b),
        (lambda x, a, b: x.addmm(2, 3, a, b), lambda x, a, b: 2 * x + 3 * (a @ b)),
        (lambda x, a, b: x.addmm_(1, -2, a, b), lambda x, a, b: x - 2 * (a @ b)),
        (lambda x, a, b: tg.addmm(2, x, 3, a, b), lambda x, a, b: 2 * x + 3 * (a @ b)),
        (lambda x, a, b: tg.addmm(2, x, a, b), lambda x, a, b: 2 * x + a @ b),
        (lambda x, a, b: x.addmm(2, a, b), lambda x, a, b: 2 * x + a @ b),
        (lambda x, a, b: tg.baddbmm(2, x[None], 3, a[None], b[None])[0], lambda x, a, b: 2 * x + 3 * (a @ b)),
        (lambda x, a, b: x.addbmm_(2, 3, a[None], b[None]), lambda x, a, b: 2 * x + 3 * (a @ b)),
        (lambda x, a, b: x[0].addmv(2, 3, a, b[0]), lambda x, a, b: 2 * x[0] + 3 * (a @ b[0])),
        (lambda x, a, b: x.addr_(2, 3, a[0], b[0]), lambda x, a, b: 2 * x + 3 * tg.outer(a[0], b[0])),
    ],
)
@pytest.mark.parametrize("recorded", [False, True])
def test_factors_in_front(older: object, now: object, recorded: bool) -> None:
    """As PyTorch's first versions had them; recorded, and straight into memory."""
    a = (x + 1).clone().requires_grad_(recorded)
    assert older(x.clone(), a, x + 2).allclose(now(x, a, x + 2))


def test_factors_in_front_of_nothing() -> None:
    for wrong in (lambda: x.add(1, 2), lambda: x.sub(1, x, x), lambda: x.add_(1, x, x)):
        with pytest.raises(TypeError, match="takes input and other, and alpha by keyword"):
            wrong()


@pytest.mark.parametrize(
    ("call", "reduction"),
    [
        (lambda: F.mse_loss(x, x + 1, False), "sum"),
        (lambda: F.mse_loss(x, x + 1, None, False), "none"),
        (lambda: F.mse_loss(x, x + 1, None, None, "sum"), "sum"),
        (lambda: F.mse_loss(x, x + 1, size_average=True), "mean"),
        (lambda: F.mse_loss(x, x + 1, reduce=False, reduction="sum"), "none"),
        (lambda: nn.MSELoss(False)(x, x + 1), "sum"),
        (lambda: nn.MSELoss(None, None, "none")(x, x + 1), "none"),
        (lambda: nn.SmoothL1Loss(reduce=False, beta=0.0)(x, x + 1), "none"),
    ],
)
def test_the_flags_before_reduction(call: object, reduction: str) -> None:
    assert call().equal(F.l1_loss(x, x + 1, reduction=reduction))  # every difference is one


def test_the_flags_stand_where_pytorch_has_them() -> None:
    t = tg.tensor([0, 1])
    assert F.nll_loss(x, t, None, False, 1).item() == -1  # size_average, ignore_index
    assert F.nll_loss(x, t, None, None, 1, False).tolist() == [-1, 0]  # … reduce
    assert nn.NLLLoss(None, None, 1, None, "sum")(x, t).item() == -1
    names = "input target weight size_average ignore_index reduce reduction label_smoothing".split()
    assert list(inspect.signature(F.cross_entropy).parameters) == names
    with pytest.raises(TypeError, match="l1_loss: size_average is given twice, by position and by name"):
        F.l1_loss(x, x, True, size_average=False)
    with pytest.raises(TypeError, match="l1_loss: 1 positional arguments too many"):
        F.l1_loss(x, x, None, None, "mean", None, 3)
    with pytest.raises(TypeError, match="target"):
        F.l1_loss(x)
