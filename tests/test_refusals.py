"""Errors on their way out of a public function: which are worded anew, which are left alone, and what they say."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.autograd.function import Function
from tensorgrad.refusals import misfit, shown, worded


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: tg.special.exp2(10**20), ValueError, "exp2: input 100000000000000000000 does not fit into int64."),
        (lambda: tg.ones(2, dtype=tg.bool) ** 10**60, ValueError, "pow: an integer of 200 bits does not fit into"),
        (lambda: tg.randn(2, 10**12), RuntimeError, "randn: not enough memory for the result with sizes = 1000000000000: "),
        (lambda: tg.randn(2, 10**20), ValueError,
         "randn: sizes has 100000000000000000000, which does not fit into 64 bits. Give smaller numbers."),
        (lambda: tg.ones(2, 3).sum(dim=10**20), IndexError, "sum: dim 100000000000000000000 is out of range"),
        (lambda: tg.linalg.svd(tg.ones(2, 2), full_matrices=tg.ones(2)), RuntimeError, "svd: bool: a tensor of shape (2,)"),
        (lambda: tg.nn.functional.silu(tg.ones(2), inplace=np.ones(2)), TypeError,
         "silu: inplace must be True or False, got ndarray of shape (2,), float64."),
        (lambda: tg.ones(2, 3).transpose(tg.ones(2), 0), TypeError, "transpose: "),
        (lambda: tg.nn.functional.adaptive_avg_pool1d(tg.ones(1, 1, 4), 10**12), RuntimeError,
         "adaptive_avg_pool1d: a result of 1000000000000 windows takes 1.4e+05 GiB, and there are"),
        (lambda: tg.special.legendre_polynomial_p(tg.ones(2), 10**9), ValueError,
         "legendre_polynomial_p: n of 1000000000 is too high for a recurrence; degrees up to 10000 are computed."),
        (lambda: tg.svd_lowrank(tg.ones(3, 3), 2, niter=10**9), ValueError,
         "svd_lowrank: niter must be at most 1000, got 1000000000; a few rounds find what there is to find."),
        (lambda: tg.ones(3, 3).fill_diagonal_(0.0, wrap=np.ones(2)), TypeError, "fill_diagonal_: wrap must be True or False"),
        (lambda: tg.binomial(tg.tensor([np.nan]), tg.tensor([0.5])), ValueError,
         "binomial: count must be 0 or more, and below 2**63."),
        (lambda: tg.tensor_split(tg.ones(3), 10**12), RuntimeError, "tensor_split: a result of 1000000000000 sections takes"),
    ],
)  # fmt: skip
def test_what_functions_say(call: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match="^" + re.escape(words)):
        call()


def area(x: tg.Tensor, n: int, sizes: tuple[int, ...] = ()) -> Any:
    """Never called: whose declarations are read."""


@pytest.mark.parametrize(
    ("error", "args", "kind", "words"),
    [
        (AttributeError("'float' object has no attribute 'array'"), (1.5, 2), TypeError,
         "area: x must be a Tensor, got 1.5."),
        (ValueError("invalid literal for int()"), (tg.ones(2), "three"), ValueError, "area: n must be an int, got 'three'."),
        (IndexError("list index out of range"), (tg.ones(2), 2), IndexError,
         "area: cannot work with x = Tensor of shape (2,), tensorgrad.float32, n = 2 (list index out of range). "
         "Compare the arguments with its docstring."),
        (OverflowError("too large"), (tg.ones(2), -(10**30)), ValueError,
         "area: n has -1000000000000000000000000000000, which does not fit into 64 bits. Give smaller numbers."),
        (MemoryError(), (tg.ones(2), 2**40), RuntimeError,
         "area: not enough memory for the result with n = 1099511627776: the sizes are too large. Give smaller sizes."),
        (KeyError("k"), (tg.ones(2), 2), ValueError, "area: cannot work with x = Tensor of shape (2,), tensorgrad.float32, "
         "n = 2 (KeyError: k)."),
        (ZeroDivisionError("division by zero"), (tg.ones(2), [1]), ValueError, "area: n must be an int, got [1]."),
        (TypeError("mul: these shapes do not broadcast."), (1, 2), TypeError, "area: these shapes do not broadcast."),
        (TypeError("dtype: 'x' is not an element type."), (1, 2), TypeError, "area: dtype: 'x' is not an element type."),
    ],
)  # fmt: skip
def test_what_python_raises_becomes_the_functions_word(
    error: Exception, args: tuple[Any, ...], kind: type[Exception], words: str
) -> None:
    """The argument that does not fit its declaration is named, whatever the error was."""
    found = worded(error, area, args, {})
    assert type(found) is kind and str(found).startswith(words)


@pytest.mark.parametrize(
    "error",
    [ValueError("area: n is odd."), TypeError("area() missing 1 required positional argument: 'n'"), OSError("disk"),
     NotImplementedError("later"), StopIteration()],
)  # fmt: skip
def test_what_needs_no_other_words(error: Exception) -> None:
    assert worded(error, area, (1, 2), {}) is error


def test_errors_of_the_users_own_functions_pass_unchanged() -> None:
    def callback(*_: float) -> float:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="^'mine'$"):
        tg.ones(2).apply_(callback)

    class Odd(Function):
        def forward(self, x: Any) -> Any:
            raise AttributeError("mine as well")

        def backward(self, grad: tg.Tensor) -> tg.Tensor:
            return grad

    with pytest.raises(AttributeError, match="^mine as well$"):
        Odd()(tg.ones(2))


@pytest.mark.parametrize(
    ("value", "declared", "wanted"),
    [
        (3, "int", ""), ("3", "int", "an int"), (np.int64(3), "int", ""), (tg.tensor(3), "int", ""),
        (1.5, "int | None", "an int or None"), (None, "int | None", ""), (2, "float", ""), ("2", "float", "a number"),
        ([1, 2], "int | Sequence[int]", ""), ([1.5], "int | Sequence[int]", "an int or a sequence of ints"),
        ("ab", "Sequence[int]", "a sequence of ints"), (1.5, "tuple[int, ...]", "a tuple of ints"),
        (1.5, "Tensor", "a Tensor"), (1.5, "TensorLike", ""), ("x", "TensorLike | None", "a Tensor or None"),
        (object(), "Any", ""), (object(), "Generator | None", ""), (2, "bool", "True or False"), (True, "bool", ""),
        (3, "str", "a string"), (3, "Callable[..., Any]", "a function"),
    ],
)  # fmt: skip
def test_misfit(value: Any, declared: str, wanted: str) -> None:
    assert misfit(value, declared) == wanted


def test_shown() -> None:
    assert shown(tg.ones(2, 3)) == "Tensor of shape (2, 3), tensorgrad.float32"
    assert shown(10**50) == "an integer of 167 bits" and shown("x" * 100) == "'" + "x" * 56 + "…"
    assert shown("\ud800") == "'\\ud800'" and shown(None) == "None"


def test_large_counts_that_mean_something_are_computed_at_once() -> None:
    normed = tg.nn.functional.local_response_norm(tg.ones(1, 2, 3), 10**9, alpha=1e9, beta=1.0)
    np.testing.assert_allclose(normed.numpy(), np.full((1, 2, 3), 1 / 3), rtol=1e-5)
    two = tg.full((1,), 2.0, dtype=tg.float64)
    assert tg.special.polygamma(200, two).tolist() == [-np.inf]  # 200! · ζ(201, 2) is beyond float64
    assert tg.special.polygamma(10**9 + 1, two).isnan().all()  # ∞ · 0, as PyTorch has it
