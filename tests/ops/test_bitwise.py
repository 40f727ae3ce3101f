"""Bits and divisors of whole numbers."""

from __future__ import annotations

import numpy as np

import tensorgrad as tg
from tests.ops.optest import sample
from tests.ops.pointwise import Binary, Unary, mask, whole


class TestGcd(Binary):
    op = staticmethod(tg.gcd)
    dtype = tg.int64
    samples = [sample(whole, np.array([6, 0, 9, 0])), sample(whole, np.array(4))]
    errors = [(lambda: tg.gcd(tg.ones(1), tg.ones(1)), TypeError, "gcd: needs integer dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.gcd)


class TestLcm(Binary):
    op = staticmethod(tg.lcm)
    dtype = tg.int64
    samples = [sample(whole, np.array([6, 0, 9, 0])), sample(whole, np.array(4))]
    errors = [(lambda: tg.lcm(tg.ones(1), tg.ones(1)), TypeError, "lcm: needs integer dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.lcm)


class TestBitwiseAnd(Binary):
    op = staticmethod(tg.bitwise_and)
    dtype = tg.int64
    samples = [sample(whole, 6), sample(whole, np.array([[3], [5]])), sample(mask, np.array([[True], [False]]))]
    errors = [(lambda: tg.ones(1) & 1, TypeError, "bitwise_and: needs integer or bool dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.bitwise_and)


class TestBitwiseOr(Binary):
    op = staticmethod(tg.bitwise_or)
    dtype = tg.int64
    samples = [sample(whole, 6), sample(whole, np.array([[3], [5]])), sample(mask, np.array([[True], [False]]))]
    errors = [(lambda: tg.ones(1) | 1, TypeError, "bitwise_or: needs integer or bool dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.bitwise_or)


class TestBitwiseXor(Binary):
    op = staticmethod(tg.bitwise_xor)
    dtype = tg.int64
    samples = [sample(whole, 6), sample(whole, np.array([[3], [5]])), sample(mask, np.array([[True], [False]]))]
    errors = [(lambda: tg.ones(1) ^ 1, TypeError, "bitwise_xor: needs integer or bool dtypes, got tensorgrad.float32.")]
    expected = staticmethod(np.bitwise_xor)


class TestBitwiseNot(Unary):
    op = staticmethod(tg.bitwise_not)
    samples = [sample(whole), sample(mask), sample(np.array(5))]
    errors = [(lambda: ~tg.ones(1), TypeError, "bitwise_not: needs an integer or bool dtype, got tensorgrad.float32.")]
    expected = staticmethod(np.invert)


class TestBitwiseLeftShift(Binary):
    op = staticmethod(tg.bitwise_left_shift)
    dtype = tg.int64
    samples = [sample(whole, 2), sample(whole, np.array([0, 1, 2, 70]))]
    errors = [(lambda: tg.tensor([True]) << 1.0, TypeError, "bitwise_left_shift: needs integer dtypes, got")]
    expected = staticmethod(np.left_shift)


class TestBitwiseRightShift(Binary):
    op = staticmethod(tg.bitwise_right_shift)
    dtype = tg.int64
    samples = [sample(whole, 2), sample(whole, np.array([0, 1, 2, 70]))]
    errors = [(lambda: tg.ones(1) >> 1, TypeError, "bitwise_right_shift: needs integer dtypes, got")]
    expected = staticmethod(np.right_shift)
