"""What the tests of reductions share."""

from __future__ import annotations

from math import nan

import numpy as np

import tensorgrad as tg
from tests.ops.optest import sample

TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
WITH_NAN = np.array([[1.0, nan, 3.0], [2.0, 5.0, 4.0]])
REDUCED = [
    sample((3, 4)), sample(()), sample((2, 3, 4), 1), sample((2, 3, 4), -1, True), sample((2, 3, 4), dim=(0, 2)),
    sample((2, 3, 4), dim=(0, 2), keepdim=True), sample((0, 3), 0), sample((3, 0), 0), sample((31, 33), 0),
    sample((), 0), sample((2, 3), dim=()), sample((1, 5), dim=None, keepdim=True),
]  # fmt: skip
WHOLE = [sample(np.arange(6).reshape(2, 3) - 2, 1), sample(np.array([True, False, True])), sample(np.uint8([200, 100]))]


def axes(dim):
    return None if dim is None or isinstance(dim, (tuple, list)) and not dim else dim


def axis(x, dim):
    return None if x.ndim == 0 else axes(dim)


def gradient(function, values):
    x = tg.tensor(values, dtype=tg.float64, requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()
