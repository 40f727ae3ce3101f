"""assert_close: what passes, and what it says of what does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
from tensorgrad.testing import assert_close

nan, inf = float("nan"), float("inf")


@pytest.mark.parametrize(
    "actual, expected, options",
    [
        (tg.tensor([1.0, 2.0]), tg.tensor([1.0, 2.0 + 1e-6]), {}),
        (tg.tensor([inf, -inf, 0.0]), tg.tensor([inf, -inf, 1e-5]), {}),
        (tg.tensor([1.0], dtype=tg.float64), tg.tensor([1.0]), {"check_dtype": False}),
        (tg.tensor([nan]), tg.tensor([nan]), {"equal_nan": True}),
        (tg.tensor([100.0]), tg.tensor([101.0]), {"rtol": 0.0, "atol": 1.0}),
        (tg.ones(2, 3).T.contiguous(), tg.ones(2, 3).T, {}),
        (tg.ones(0), tg.ones(0), {}),
        (tg.ones(2, requires_grad=True), tg.ones(2), {}),
        (tg.nn.Parameter(tg.ones(2)), tg.ones(2), {}),
        (np.ones(2), np.ones(2), {}),
        (1.0, 1.0 + 1e-9, {}),
        (3, 3, {}),
        (nan, nan, {"equal_nan": True}),
        (None, None, {}),
        ([tg.ones(2), {"a": 1.0}], (tg.ones(2), {"a": 1.0}), {}),
    ],
)
def test_these_are_close(actual: Any, expected: Any, options: dict[str, Any]) -> None:
    assert_close(actual, expected, **options)


@pytest.mark.parametrize(
    "actual, expected, options, words",
    [
        (
            tg.tensor([1.0, 2.0, 4.0]),
            tg.tensor([1.0, 2.0, 3.0]),
            {},
            "Tensor-likes are not close!\n\nMismatched elements: 1 / 3 (33.3%)\n"
            "Greatest absolute difference: 1.0 at index (2,) (up to 1e-05 allowed)\n"
            "Greatest relative difference: 0.3333333333333333 at index (2,) (up to 1.3e-06 allowed)",
        ),
        (
            tg.tensor([[1, 2], [3, 5]]),
            tg.tensor([[1, 2], [3, 4]]),
            {},
            "Tensor-likes are not equal!\n\nMismatched elements: 1 / 4 (25.0%)\n"
            "Greatest absolute difference: 1 at index (1, 1)\nGreatest relative difference: 0.25 at index (1, 1)",
        ),
        (tg.ones(3), tg.ones(2), {}, "The values for attribute 'shape' do not match: tensorgrad.Size([3]) != "),
        (tg.ones(2), tg.ones(2).double(), {}, "attribute 'dtype' do not match: tensorgrad.float32 != tensorgrad.float64."),
        (tg.ones(2, 3).T, tg.ones(3, 2), {"check_stride": True}, "attribute 'stride()' do not match: (1, 3) != (2, 1)."),
        (tg.tensor([nan]), tg.tensor([nan]), {}, "Mismatched elements: 1 / 1 (100.0%)"),
        (tg.tensor([inf]), tg.tensor([-inf]), {}, "Greatest absolute difference: inf at index (0,)"),
        (tg.tensor([1.0]), tg.tensor([inf]), {}, "Mismatched elements: 1 / 1 (100.0%)"),
        (tg.tensor(1.0), tg.tensor(2.0), {}, "Greatest absolute difference: 1.0 at index ()"),
        (
            2.0,
            1.0,
            {},
            "Scalars are not close!\n\nExpected 1.0 but got 2.0.\nAbsolute difference: 1.0 (up to 1e-07 allowed)\n"
            "Relative difference: 1.0 (up to 1e-07 allowed)",
        ),
        (2, 3, {}, "Scalars are not equal!\n\nExpected 3 but got 2.\nAbsolute difference: 1\n"),
        (1, 1.0, {}, "The (d)types do not match: <class 'int'> != <class 'float'>."),
        ([1.0], [1.0, 2.0], {}, "The length of the sequences mismatch: 1 != 2"),
        ({"a": 1}, {"b": 1}, {}, "Missing keys in the actual mapping: ['b']\nAdditional keys in the actual mapping: ['a']"),
        ({"a": [1.0, 2.0]}, {"a": [1.0, 3.0]}, {}, "The failure occurred for item ['a'][1]"),
        (1.0, 2.0, {"msg": "the loss moved"}, "the loss moved"),
        (1.0, 2.0, {"msg": lambda words: "Header\n" + words}, "Header\nScalars are not close!"),
    ],
)
def test_these_are_not(actual: Any, expected: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(AssertionError) as refused:
        assert_close(actual, expected, **options)
    assert words in str(refused.value)


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="rtol and atol must both be given, or neither; got rtol=0.1 and atol=None"):
        assert_close(1.0, 1.0, rtol=0.1)
    with pytest.raises(TypeError, match="nothing is known about comparing a str with a str"):
        assert_close("a", "a")
    with pytest.raises(TypeError, match=r"comparing a Tensor with a ndarray, at item \[0\]"):
        assert_close([tg.ones(1)], [np.ones(1)])
    with pytest.raises(TypeError, match="comparing a Parameter with a Tensor"):
        assert_close(tg.nn.Parameter(tg.ones(1)), tg.ones(1), allow_subclasses=False)
