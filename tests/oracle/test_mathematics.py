"""Where the two libraries differ because one of them is wrong: see WRONG_THERE in differences.py. And what has no table of its
own: pictures of bytes, searches along lines, and scalers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tensorgrad as tg

from .differences import WRONG_THERE


@pytest.mark.parametrize("name", WRONG_THERE)
def test_ours_is_right_and_theirs_is_not(name: str) -> None:
    """An entry goes when PyTorch has mended it."""
    _, ask, right = WRONG_THERE[name]
    np.testing.assert_allclose(ask(tg).detach().numpy(), right, rtol=1e-2)
    try:
        theirs = ask(torch).detach().numpy()
    except RuntimeError:
        return
    assert not np.allclose(theirs, right, rtol=1e-2)


@pytest.mark.parametrize("seed", range(40))
def test_pictures_of_bytes(seed: int) -> None:
    """Equal, number by number; of more than four channels PyTorch takes other code, which is wrong for one column."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (2, rng.integers(1, 5), *rng.integers(1, 20, 2))).astype(np.uint8)
    mode = ("bilinear", "bicubic", "lanczos")[seed % 3]
    how: dict[str, Any] = {"mode": mode, "antialias": mode == "lanczos" or seed % 2 == 0}
    if mode != "lanczos":
        how["align_corners"] = bool(rng.random() < 0.3)
    if rng.random() < 0.5:
        how["size"] = [int(n) for n in rng.integers(1, 25, 2)]
    else:
        how["scale_factor"] = [float(max(f, 1 / n)) for f, n in zip(rng.uniform(0.3, 2.5, 2), x.shape[2:])]
    ours = tg.nn.functional.interpolate(tg.tensor(x), **how)
    np.testing.assert_array_equal(ours.numpy(), torch.nn.functional.interpolate(torch.tensor(x), **how).numpy())


LOSSES: list[Callable[[Any, Any], Any]] = [
    lambda lib, x: (1 - x).relu().sum(),
    lambda lib, x: (x**4).sum(),
    lambda lib, x: (x[1] - x[0] ** 2) ** 2 * 100 + (1 - x[0]) ** 2,
    lambda lib, x: x.exp().sum() + x.abs().sum(),
]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("settings", [{}, {"lr": 0.125}, {"max_iter": 5}, {"max_eval": 3}])
def test_searches_along_a_line(loss: Callable[[Any, Any], Any], settings: dict[str, Any]) -> None:
    """Place by place, until rounding decides."""
    asked: list[list[float]] = []
    for lib in (tg, torch):
        x = lib.tensor([0.25, -0.75], dtype=lib.float64, requires_grad=True)
        optimizer = lib.optim.LBFGS([x], line_search_fn="strong_wolfe", **settings)
        places: list[float] = []

        def closure(lib: Any = lib, x: Any = x, optimizer: Any = optimizer, places: list[float] = places) -> Any:
            optimizer.zero_grad()
            y = loss(lib, x)
            y.backward()
            places.extend(x.tolist())
            return y

        for _ in range(2):
            optimizer.step(closure)
        asked.append(places)
    first = min(len(asked[0]), len(asked[1]), 20)
    assert first == min(len(asked[1]), 20)
    np.testing.assert_allclose(asked[0][:first], asked[1][:first], rtol=1e-6, atol=1e-9)


def test_scalers() -> None:
    """Parameters, scales and states, iteration by iteration."""
    seen: list[list[Any]] = []
    for lib in (tg, torch):
        p = lib.nn.Parameter(lib.ones(2))
        optimizer = lib.optim.SGD([p], lr=0.5, momentum=0.9)
        scaler = lib.amp.GradScaler("cpu", init_scale=8.0, growth_factor=3.0, backoff_factor=0.3, growth_interval=2)
        seen.append([])
        for factor in (1.0, math.inf, 2.0, 1.0, math.nan, 1.0, 1.0, 1.0):
            optimizer.zero_grad()
            scaler.scale((p * factor).sum()).backward()
            if factor == 2.0:
                scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            seen[-1] += [*p.tolist(), *map(float, scaler.state_dict().values())]
    np.testing.assert_allclose(seen[0], seen[1], rtol=1e-6)
