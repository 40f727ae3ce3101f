"""nn.grad: the gradients of convolutions are those that backward gives."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad import nn

CASES: list[tuple[int, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    (1, (2, 3, 8), (4, 3, 3), dict(stride=2, padding=1)),
    (2, (2, 4, 7, 6), (6, 2, 3, 2), dict(stride=(2, 1), padding=(0, 1), dilation=(1, 2), groups=2)),
    (2, (1, 2, 5, 5), (3, 2, 3, 3), {}),
    (3, (1, 2, 4, 4, 5), (2, 2, 2, 1, 2), dict(stride=2)),
]


@pytest.mark.parametrize(("d", "size", "window", "geometry"), CASES)
def test_are_those_of_backward(d: int, size: Any, window: Any, geometry: dict[str, Any]) -> None:
    x = tg.randn(size, dtype=tg.float64, requires_grad=True)
    w = tg.randn(window, dtype=tg.float64, requires_grad=True)
    y = getattr(nn.functional, f"conv{d}d")(x, w, **geometry)
    grad = tg.randn(y.shape, dtype=tg.float64, requires_grad=True)
    gx, gw = tg.autograd.grad(y, (x, w), grad)
    to_input, to_weight = getattr(nn.grad, f"conv{d}d_input"), getattr(nn.grad, f"conv{d}d_weight")
    np.testing.assert_allclose(to_input(size, w, grad, **geometry).detach().numpy(), gx.numpy(), rtol=1e-12)
    np.testing.assert_allclose(to_weight(x, window, grad, **geometry).detach().numpy(), gw.numpy(), rtol=1e-12)
    assert tg.autograd.gradcheck(lambda w, g: to_input(size, w, g, **geometry), (w, grad))
    assert tg.autograd.gradcheck(lambda x, g: to_weight(x, window, g, **geometry), (x, grad))


def test_shapes_that_do_not_belong_together() -> None:
    words = (
        "conv2d_input: no convolution with stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1 has these.\n"
        "    input        (1, 2, 5, 5)\n"
        "    weight       (3, 2, 3, 3)\n"
        "    grad_output  (1, 3, 4, 4)\n"
    )
    with pytest.raises(ValueError, match=re.escape(words)):
        nn.grad.conv2d_input((1, 2, 5, 5), tg.ones(3, 2, 3, 3), tg.ones(1, 3, 4, 4))
    with pytest.raises(ValueError, match="conv1d_weight: no convolution"):
        nn.grad.conv1d_weight(tg.ones(1, 2, 5), (3, 1, 3), tg.ones(1, 3, 3))
