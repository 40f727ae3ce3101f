"""Whole numbers as rows of bits, and their divisors."""

from __future__ import annotations

import numpy as np

gcd = np.gcd
lcm = np.lcm
bitwise_and = np.bitwise_and
bitwise_or = np.bitwise_or
bitwise_xor = np.bitwise_xor
bitwise_not = np.invert
bitwise_left_shift = np.left_shift
bitwise_right_shift = np.right_shift
