"""assert_close: what PyTorch's lets pass passes, and where it complains ours says the same."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg

inf, nan = float("inf"), float("nan")
VALUES = [0.0, 1.0, 1.0 + 1e-6, 1.0 + 1e-5, 1.0 + 1e-4, 2.0, -1.0, 1e-6, 1e5, 1e5 + 0.1, inf, -inf, nan]


def said(library: Any, actual: Any, expected: Any, **options: Any) -> str:
    try:
        library.testing.assert_close(actual, expected, **options)
    except AssertionError as error:
        return re.sub(r"\d+\.\d+(e-?\d+)?", lambda n: f"{float(n[0]):.3g}", str(error)).replace("torch.", "tensorgrad.")
    return ""


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64"])
@pytest.mark.parametrize("options", [{}, {"equal_nan": True}, {"rtol": 0.0, "atol": 0.0}, {"rtol": 0.1, "atol": 0.0}], ids=str)
def test_the_same_is_said_of_tensors(dtype: str, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    complaints = 0
    for _ in range(60):
        pool = [v for v in VALUES if np.isfinite(v)] if dtype == "int64" else VALUES
        a, e = (rng.choice(pool, (2, 2)) for _ in range(2))
        a = np.where(rng.random((2, 2)) < 0.6, e, a)
        with np.errstate(all="ignore"):
            a, e = a.astype(dtype), e.astype(dtype)
        ours = said(tg, tg.tensor(a), tg.tensor(e), **options)
        theirs = said(torch, torch.tensor(a), torch.tensor(e), **options)
        assert bool(ours) == bool(theirs), f"{a} {e}\n{ours}\n{theirs}"
        assert ours.splitlines()[:3] == theirs.splitlines()[:3]  # where the greatest is, is a matter of infinities
        complaints += bool(ours)
        if np.isfinite(a).all() and np.isfinite(e).all() and (e != 0).all() and dtype != "float16":
            assert ours == theirs
    assert 0 < complaints < 60


@pytest.mark.parametrize(
    "actual, expected, options",
    [
        (2.0, 1.0, {}),
        (2, 3, {}),
        (1, 1.0, {}),
        (1, 1.0, {"check_dtype": False}),
        (inf, 1.0, {}),
        (nan, nan, {}),
        ([1.0], [1.0, 2.0], {}),
        ({"a": 1}, {"b": 1}, {}),
        ({"a": [1.0, 2.0]}, {"a": [1.0, 3.0]}, {}),
        ([1.0, {"x": 2.0}], [1.0, {"x": 2.5}], {}),
        (1.0, 2.0, {"msg": "the loss moved"}),
        (None, None, {}),
    ],
)
def test_the_same_is_said_of_other_things(actual: Any, expected: Any, options: dict[str, Any]) -> None:
    assert said(tg, actual, expected, **options) == said(torch, actual, expected, **options)
