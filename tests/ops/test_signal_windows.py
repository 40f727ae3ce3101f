"""Windows, against SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal.windows as scipy_windows

import tensorgrad as tg
from tests.ops.optest import OpTest, sample

LENGTHS = [sample(n, dtype=tg.float64) for n in (0, 1, 2, 5, 8)]
BOTH = [*LENGTHS, sample(5, False, dtype=tg.float64), sample(2, False, dtype=tg.float64)]


class Window(OpTest):
    """Made from nothing: there is nothing to differentiate."""

    scipy_name = ""
    differentiable = False

    def expected(self, window_length: int, periodic: bool = True, *parameters: float, dtype: Any = None) -> Any:
        if window_length < 1:
            return np.ones(0)
        window = getattr(scipy_windows, self.scipy_name)(window_length + periodic, *parameters)
        return window[:window_length] if window_length > 1 else np.ones(1)


class TestBartlettWindow(Window):
    op = staticmethod(tg.bartlett_window)
    scipy_name = "bartlett"
    samples = BOTH
    errors = [
        (lambda: tg.bartlett_window(-1), ValueError, "bartlett_window: window_length must be 0 or more, got -1"),
        (lambda: tg.bartlett_window(2.5), TypeError, "bartlett_window: window_length must be an int, got float"),
        (lambda: tg.bartlett_window(3, dtype=tg.int64), TypeError, "bartlett_window: needs a floating dtype, got"),
    ]


class TestHannWindow(Window):
    op = staticmethod(tg.hann_window)
    scipy_name = "hann"
    samples = BOTH
    errors = [(lambda: tg.hann_window(3, dtype=tg.bool), TypeError, "hann_window: needs a floating dtype")]


class TestHammingWindow(Window):
    op = staticmethod(tg.hamming_window)
    samples = [*BOTH, sample(4, True, 0.6, 0.3, dtype=tg.float64)]
    errors = [(lambda: tg.hamming_window(-2), ValueError, "hamming_window: window_length must be 0 or more")]

    def expected(
        self, window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, dtype: Any = None
    ) -> Any:
        if window_length < 2:
            return np.ones(window_length)
        n = np.arange(window_length) / (window_length - (not periodic))
        return alpha - beta * np.cos(2 * np.pi * n)


class TestBlackmanWindow(Window):
    op = staticmethod(tg.blackman_window)
    scipy_name = "blackman"
    samples = BOTH
    errors = [(lambda: tg.blackman_window("3"), TypeError, "blackman_window: window_length must be an int, got str")]


class TestKaiserWindow(Window):
    op = staticmethod(tg.kaiser_window)
    scipy_name = "kaiser"
    samples = [sample(n, p, b, dtype=tg.float64) for n in (0, 1, 2, 7) for p in (True, False) for b in (12.0, 0.0, 3.5)]
    errors = [(lambda: tg.kaiser_window(-1), ValueError, "kaiser_window: window_length must be 0 or more")]


@pytest.mark.parametrize("name", ["bartlett", "blackman", "hamming", "hann", "kaiser"])
def test_keywords(name: str) -> None:
    window = getattr(tg, f"{name}_window")
    assert window(5).dtype is tg.float32 and window(5, dtype=tg.float16).dtype is tg.float16
    assert window(5, requires_grad=True).requires_grad
    assert window(6, periodic=True).tolist() == window(7, periodic=False)[:6].tolist()
