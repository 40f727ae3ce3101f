"""One number in, one number out: NumPy's loops, under PyTorch's names.

Special functions come from SciPy, imported when first called: `import tensorgrad` does not wait for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

exp = np.exp
log = np.log
sqrt = np.sqrt
sin = np.sin
cos = np.cos
tanh = np.tanh
abs = np.absolute
sign = np.sign
maximum = np.maximum
minimum = np.minimum
where = np.where


def relu(x: Any) -> Any:
    """max(x, 0); nan stays nan."""
    return np.maximum(x, 0)


def sigmoid(x: Any) -> Any:
    """1/(1 + e⁻ˣ), the exponential taken of -|x| so that it cannot overflow."""
    t = np.exp(-np.absolute(x))
    return np.where(x >= 0, 1, t) / (1 + t)


def pow(x: Any, z: Any) -> Any:
    """xᶻ; of integers, modulo 2ⁿ as the hardware has it, and 0 for the reciprocal of a large one."""
    return np.power(x, z)
