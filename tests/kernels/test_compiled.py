"""Compiled loops against the way by NumPy: each row is a call of kernels that goes both ways, on arrays of every dtype it is
for, laid out in memory this way and that, with numbers at the edge."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgrad as tg
import tensorgrad.kernels.cpu as cpu

compiled = import_module("tensorgrad.kernels.cpu.compiled")
EDGE = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, 3e38, -3e38, 0.5, 2**22 + 0.5, 2.0**30, 1e-45, 7.0, -7.0]


class Draw:
    """Arrays in a dtype and a layout."""

    def __init__(self, dtype: str, layout: str) -> None:
        self.dtype, self.layout, self.rng = np.dtype(dtype), layout, np.random.default_rng(0)

    def numbers(self, *shape: int) -> Any:
        x = self.rng.standard_normal(shape)
        return self.laid(x if self.dtype.kind == "f" else np.rint(9 * x))

    def whole(self, low: int, high: int, *shape: int) -> Any:
        return self.laid(self.rng.integers(low, high, shape))

    def laid(self, x: Any, dtype: Any = None) -> Any:
        """These numbers, transposed in memory, with others between them, from behind, or not to be written to."""
        x = np.asarray(x).astype(dtype or self.dtype)
        if self.layout == "transposed":
            return np.ascontiguousarray(x.T).T
        if self.layout == "strided":
            wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
            wide[..., ::2] = x
            return wide[..., ::2]
        if self.layout == "reversed":
            return np.ascontiguousarray(x[..., ::-1])[..., ::-1]
        if self.layout == "read-only":
            x.flags.writeable = False
        return x


def division(name: str) -> Callable[[Draw], Any]:
    def call(draw: Draw) -> Any:
        kernel = getattr(cpu, name)
        if draw.dtype.kind != "f":
            x, z = draw.whole(-50, 50, 80, 70), draw.whole(1, 9, 80, 70) * draw.laid(draw.rng.choice([-1, 1], (80, 70)))
            return kernel(x, z), kernel(x, z[:1]), kernel(x, 7), kernel(x, -7)
        n = len(EDGE)
        x = np.concatenate([np.repeat(EDGE, n), 9 * draw.rng.standard_normal(8000)])
        z = np.concatenate([np.tile(EDGE, n), draw.rng.uniform(0.1, 3, 8000)])
        x[n * n + 4000 :] = np.rint(x[n * n + 4000 :]) * z[n * n + 4000 :]  # multiples, as far as rounding lets them be
        x, z = draw.laid(x.reshape(-1, 64)), draw.laid(z.reshape(-1, 64))
        return kernel(x, z), kernel(x, z[7:8]), kernel(x, -0.7), kernel(0.7, z), kernel(x[:0], z[:0])

    return call


def distances(p: float) -> Callable[[Draw], Any]:
    def call(draw: Draw) -> Any:
        x, z, lone = draw.numbers(2, 17, 70), draw.numbers(1, 23, 70), draw.numbers(33, 5)
        if x.flags.writeable:
            x[0, 3] = z[0, 4]  # the distance 0
        out, pairs = cpu.cdist(x, z, p), cpu.pdist(lone, p)
        grad, g = draw.numbers(*out.shape), draw.laid(draw.rng.standard_normal(pairs.shape))
        found = [out, *cpu.cdist_backward(grad, x, z, out, p), pairs, cpu.pdist_backward(g, lone, pairs, p)]
        odd = draw.laid(np.tile([1.0, np.nan, np.inf, -np.inf, 0.0], (12, 13)))
        return [
            *found,
            cpu.cdist(odd, odd[::2], p),
            cpu.pdist(odd, p),
            cpu.cdist(x[:, :0], z, p),
            cpu.pdist(lone[:1], p),
        ]

    return call


def rows_added(draw: Draw) -> Any:
    x, rows, i, j = (
        draw.numbers(40, 30),
        draw.numbers(200, 30),
        draw.rng.integers(-40, 40, 200),
        draw.rng.integers(0, 30, 200),
    )
    row, last = slice(None), draw.numbers(40, 200)
    return [
        cpu.sum_rows(rows, i % 40, 40),
        cpu.index_add_at(x.copy(), (i,), rows),
        cpu.index_add_at(x.copy(), (row, j), last),
        cpu.index_add_at(draw.numbers(40, 30, 9), (i, j), draw.numbers(200, 9)) if draw.layout != "read-only" else 0,
        cpu.index_add_at(x.copy(), (i,), rows[:1]),
        cpu.put_at(rows, (i,), (40, 30)),
        cpu.put_at(draw.numbers(200, 7), (i, row, j), (40, 7, 30)),
    ]


def whole_products(draw: Draw) -> Any:
    low, high = (0, 200) if draw.dtype.kind == "u" else (-100, 100)
    x, z, stack = draw.whole(low, high, 40, 30), draw.whole(low, high, 30, 50), draw.whole(low, high, 3, 40, 30)
    huge = np.iinfo(draw.dtype).max // 3
    big, other = draw.whole(0, huge, 70, 90), draw.whole(0, huge, 90, 300)
    found = [
        cpu.mm(x, z, False, False),
        cpu.mm(x.T, z.T, True, True),
        cpu.matmul(stack, z),
        cpu.matmul(x, stack, False, True),
    ]
    return [
        *found,
        cpu.mm(big, other, False, False),
        cpu.matmul(big[None], other[None]),
        cpu.mm(x[:0], z, False, False),
    ]


def small_matrices(draw: Draw) -> Any:
    square, wide = draw.numbers(5, 2, 7, 7), draw.numbers(6, 4, 9)
    odd = draw.laid(np.stack([np.zeros((4, 4)), np.eye(4)[::-1], np.ones((4, 4)), np.diag([1, 2, 3, 0])]))
    b, found = draw.numbers(2, 7, 3), [*cpu.lu_factor(square), *cpu.lu_factor(wide), *cpu.lu_factor(wide.mT)]
    found += [*cpu.lu_factor(odd), *cpu.inv(square)[:1], cpu.inv(odd[:2])[0][1:]]
    a = square + 9 * np.eye(7, dtype=square.dtype)
    for upper in (True, False):
        for unit in (True, False):
            for transposed in (True, False):
                found.append(cpu.solve_triangular(a, b, upper, False, transposed))
                found.append(cpu.solve_triangular(a / 9, b, upper, unit, transposed))
    return found


def depthwise(draw: Draw) -> Any:
    found = []
    for size, kernel, stride, padding, dilation, times in [
        ((9, 11), (3, 3), (1, 1), (1, 1), (1, 1), 1),
        ((9, 12), (3, 2), (2, 3), (0, 2), (2, 1), 2),
        ((17,), (4,), (2,), (3,), (1,), 3),
        ((4, 5, 6), (2, 3, 1), (1, 2, 1), (1, 0, 2), (1, 1, 2), 1),
        ((3, 3), (1, 1), (2, 2), (0, 0), (1, 1), 1),
    ]:
        x, w, bias = draw.numbers(2, 3, *size), draw.numbers(3 * times, 1, *kernel), draw.numbers(3 * times)
        out = tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(size, kernel, stride, padding, dilation))
        y = cpu.conv(x, w, bias, out, stride, padding, dilation, 3)
        g = draw.numbers(*y.shape)
        found += [y, cpu.conv_transpose(g, w, None, size, stride, padding, dilation, 3)]
        found.append(cpu.conv_weight(x, g, kernel, stride, padding, dilation, 3))
        odd = draw.laid(np.where(np.arange(x.size).reshape(x.shape) % 37 == 5, np.inf, x))
        found.append(cpu.conv_weight(odd, g, kernel, stride, padding, dilation, 3))
    return found


def sampled(draw: Draw) -> Any:
    """Against the formula of the operation, which is what is taken where there is no compiled loop."""
    found = []
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            for aligned in (False, True):
                shapes = [((2, 3, 5, 6), (2, 7, 8, 2)), ((1, 2, 1, 4, 5), (1, 3, 4, 5, 3))]
                for shape, where in shapes[: 1 if mode == "bicubic" else 2]:
                    x, grid = draw.numbers(*shape), draw.laid(draw.rng.uniform(-1.6, 1.6, where))
                    if grid.flags.writeable:
                        grid[0, 0, 0], grid[0, 1, 0] = np.nan, 1.0
                    image, places = (tg.Tensor._of(a).requires_grad_() for a in (x, grid))
                    y = tg.nn.functional.grid_sample(image, places, mode, padding, aligned)
                    y.backward(tg.Tensor._of(draw.numbers(*y.shape)))
                    g = places.grad
                    found += [y.detach().array, image.grad.array, np.zeros(where) if g is None else g.array]
    return found


def sorted_rows(draw: Draw) -> Any:
    if draw.dtype.kind == "f":
        x = draw.laid(np.concatenate([draw.rng.choice(EDGE, 1500), draw.rng.standard_normal(1500)]).reshape(2, 1500).repeat(2, 1))
    else:
        info = np.iinfo(draw.dtype)
        x = draw.laid(draw.rng.integers(info.min, info.max, (2, 3000), draw.dtype, endpoint=True))
    few = draw.laid(draw.rng.integers(0, 3, (3, 2500)))
    return [
        *(cpu.argsort(a, 1, descending) for a in (x, few) for descending in (False, True)),
        *cpu.sort(x.T, 0),
        cpu.argsort(few[:1, :2048] * 0, 1),
    ]


FLOATS = ["float64", "float32", "float16"]
ROWS: dict[str, tuple[Callable[[Draw], Any], list[str]]] = {
    "fmod": (division("fmod"), FLOATS),
    "remainder": (division("remainder"), [*FLOATS, "int64", "int32"]),
    "floor_divide": (division("floor_divide"), [*FLOATS, "int64", "int32"]),
    **{f"distances, p = {p}": (distances(p), FLOATS) for p in (0.0, 1.0, 2.0, np.inf)},
}
ROWS |= {
    "rows added": (rows_added, ["float64", "float32", "int64", "int32"]),
    "small matrices": (small_matrices, FLOATS[:2]),
    "depthwise": (depthwise, FLOATS[:2]),
    "grid_sample": (sampled, FLOATS[:2]),
    "sorted rows": (sorted_rows, [*FLOATS, "int64", "int32", "int16", "uint8"]),
    "whole products": (whole_products, ["int64", "int32"]),
}
DIVISIONS = ("fmod", "remainder", "floor_divide")  # bit by bit
TOLERANCE = {"float64": 1e-12, "float32": 2e-5, "float16": 2e-3}


def flat(tree: Any) -> list[Any]:
    return [np.asarray(a) for part in tree for a in (flat(part) if isinstance(part, (tuple, list)) else [part])]


@pytest.mark.parametrize("layout", ["row-major", "transposed", "strided", "reversed", "read-only"])
@pytest.mark.parametrize("name, dtype", [(name, dtype) for name, (_, dtypes) in ROWS.items() for dtype in dtypes])
def test_both_ways_agree(name: str, dtype: str, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if compiled.compiler() is None:
        pytest.skip("no Numba")
    calls: list[str] = []
    run = compiled.Kernel.__call__

    def noted(self: Any, *args: Any) -> Any:
        calls.append(self.python.__name__)
        return run(self, *args)

    monkeypatch.setattr(compiled.Kernel, "__call__", noted)
    results = []
    for large in (1, 1 << 62):
        monkeypatch.setattr(compiled, "LARGE", large)
        calls.clear()
        with np.errstate(all="ignore"):
            results.append(flat(ROWS[name][0](Draw(dtype, layout))))
        assert bool(calls) == (large == 1)
    for got, want in zip(*results, strict=True):
        assert got.shape == want.shape and got.dtype == want.dtype
        near = TOLERANCE.get(str(got.dtype), 0)
        scale = np.abs(want[np.isfinite(want)]).max(initial=0) if near and name not in DIVISIONS else 0
        np.testing.assert_allclose(got, want, rtol=near, atol=near * min(scale, 1e3))


def test_loops_of_one_name_stand_once() -> None:
    """A kernel on disk is found by its file and name."""
    folder = Path(compiled.__file__).parent
    for file in sorted(folder.glob("[a-z]*.py")):
        module = import_module(f"{compiled.__name__}.{file.stem}")
        assert (folder.parent / file.name).exists(), f"{file.name} serves no file of kernels"
        assert any(isinstance(v, (compiled.Kernel, dict)) for v in vars(module).values())


def test_without_numba() -> None:
    """Told to compile nothing, large arrays go NumPy's way; and importing tensorgrad, or few numbers, import no Numba."""
    code = """
import sys
import tensorgrad as tg
x = tg.ones(3, 4)
x.half() + x.half(), tg.fmod(x, x), tg.cdist(x, x, 1), tg.pdist(x)
assert "numba" not in sys.modules
large = tg.ones(200, 200)
assert (large.half() + large.half()).float().sum().item() == 80000 and tg.fmod(large, large).sum() == 0
assert "numba" not in sys.modules
"""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=Path(__file__).parents[2])
