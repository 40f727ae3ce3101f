"""Operands and shorthands of the tables about indexing."""

from __future__ import annotations

import numpy as np

import tensorgrad as tg

T = tg.Tensor
x23 = tg.ones(2, 3)
x234 = tg.arange(24.0).reshape(2, 3, 4)
x0 = tg.tensor(1.0)
i_ = np.array
yes = np.array([True, False, True])
