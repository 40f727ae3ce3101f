"""L-BFGS: line searches where the loss is not smooth, not finite, or not cheap."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.nn import functional as F
from tensorgrad.optim.lbfgs import LBFGS, _cubic


def run(loss: Callable[[Any], Any], start: list[float], steps: int = 3, **settings: Any) -> tuple[Any, list[float]]:
    """Where a few steps with a line search end, and the losses that were asked for."""
    x = tg.tensor(start, dtype=tg.float64, requires_grad=True)
    optimizer, asked = LBFGS([x], line_search_fn="strong_wolfe", **settings), []

    def closure() -> Any:
        optimizer.zero_grad()
        y = loss(x)
        y.backward()
        asked.append(y.item())
        return y

    for _ in range(steps):
        optimizer.step(closure)
    return x, asked


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: (x.abs() * tg.tensor([1.0, 3.0])).sum(),
        lambda x: F.l1_loss(x, tg.zeros(2).double()),
        lambda x: (1 - x).relu().sum(),
        lambda x: x.abs().max(),
        lambda x: F.hinge_embedding_loss(x, tg.tensor([1, -1])),
    ],
)
@pytest.mark.parametrize("start", [[3.0, -2.0], [0.1, 0.7], [0.5, -0.5]])
def test_piecewise_linear_losses_fall(loss: Callable[[Any], Any], start: list[float]) -> None:
    before = loss(tg.tensor(start, dtype=tg.float64)).item()
    x, _ = run(loss, start)
    assert loss(x).item() < before or before == 0


def test_a_line_without_end_is_followed() -> None:
    """No curvature anywhere: the search goes as far as it is allowed to, as PyTorch's does."""
    x, asked = run(lambda x: x.sum(), [3.0, -2.0], steps=1, max_iter=1, max_eval=4)
    assert asked == [1.0, 0.0, -9.0, -99.0, -999.0]  # the first trial is ½ along each, then 10 times as far
    assert x.tolist() == [-497.0, -502.0]


@pytest.mark.parametrize("max_eval", [1, 2, 7, 20])
def test_no_more_closures_than_max_eval(max_eval: int) -> None:
    """But for the first trial of a search, which is always made."""
    _, asked = run(lambda x: (x.abs() * tg.tensor([1.0, 3.0])).sum(), [3.0, -2.0], steps=1, max_eval=max_eval)
    assert len(asked) <= max_eval + 1


def test_what_has_no_loss_is_not_gone_to() -> None:
    """x − ln x is nan left of 0: a long step is taken back (PyTorch loses its way)."""
    x, asked = run(lambda x: (x - x.log()).sum() * 30, [4.0, 0.01], steps=5)
    assert any(map(math.isnan, asked))
    np.testing.assert_allclose(x.detach().numpy(), [1, 1], rtol=1e-4)


def test_the_minimum_of_a_cubic() -> None:
    assert _cubic(0.0, 1.0, -2.0, 2.0, 1.0, 2.0) == 1.0  # (x − 1)²
    assert _cubic(2.0, 1.0, 2.0, 0.0, 1.0, -2.0) == 1.0
    for x1, x2 in ((0.0, 2.0), (2.0, 0.0), (0.0, 3.0), (0.25, 1.5)):  # x³ − 3x, from four pairs of places
        (f1, g1), (f2, g2) = ((x**3 - 3 * x, 3 * x * x - 3) for x in (x1, x2))
        assert _cubic(x1, f1, g1, x2, f2, g2) == pytest.approx(1.0, rel=1e-12)
    short = (0.0, 0.0, -3.0, 0.5, -1.375, -2.25)  # its minimum lies beyond both
    assert _cubic(*short) == 0.5 and _cubic(*short, (0.6, 5.0)) == pytest.approx(1.0, rel=1e-12)
    assert _cubic(*short, (0.6, 0.8)) == 0.8 and _cubic(*short, (1.5, 9.0)) == 1.5
    assert _cubic(0.0, 0.0, -1.0, 1.0, -1.0, -1.0, (1.5, 10.0)) == 10.0  # a line that falls
    assert _cubic(0.0, 0.0, 1.0, 1.0, 1.0, 1.0) == 0.0  # and one that rises
    assert _cubic(0.0, 1.0, 0.0, 1.0, 1.0, 0.0) == 0.5  # a flat one
    assert _cubic(0.0, 0.0, -1.0, 1.0, math.nan, math.nan) == 0.5
    assert _cubic(0.0, 0.0, -1.0, 1.0, math.inf, 1.0) == 0.5
    assert _cubic(0.0, 0.0, -1e200, 1.0, 1e200, 1e200) == 0.5  # squares beyond the range
