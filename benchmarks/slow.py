"""Operations that were once many times slower than PyTorch's: `python -m benchmarks.slow`.

Ours and PyTorch's take turns in one process, with one thread each (set OPENBLAS_NUM_THREADS=1), so that a busy machine slows
both; a figure is the least processor time of the rounds. Every row first checks that both compute the same. Without
arguments all rows run; a word as argument picks the rows whose names hold it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tensorgrad as tg
from benchmarks import machine

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

Draw = Callable[[Any], Any]


def normal(*shape: int) -> Draw:
    return lambda rng: rng.standard_normal(shape).astype(np.float32)


def half(*shape: int) -> Draw:
    return lambda rng: rng.standard_normal(shape).astype(np.float16)


def uniform(*shape: int, low: float = -1.0, high: float = 1.0) -> Draw:
    return lambda rng: rng.uniform(low, high, shape).astype(np.float32)


def integers(low: int, high: int, *shape: int, dtype: Any = np.int64) -> Draw:
    return lambda rng: rng.integers(low, high, shape).astype(dtype)


def triangular(n: int) -> Draw:
    return lambda rng: (np.tril(rng.standard_normal((n, n))) / n + np.eye(n)).astype(np.float32)


def regular(*shape: int) -> Draw:
    """Square matrices far from singular."""
    return lambda rng: (rng.standard_normal(shape) / shape[-1] + np.eye(shape[-1])).astype(np.float32)


def bf(op: Callable[..., Any]) -> Callable[..., Any]:
    """A row on bfloat16; the inputs, float32, are converted beforehand."""
    op.low = True  # type: ignore[attr-defined]
    return op


def sequence(kind: str, *sizes: int) -> Callable[..., Any]:
    """A recurrent layer."""

    def build(lib: Any) -> Any:
        layer = getattr(lib.nn, kind)(*sizes)
        with lib.no_grad():
            for i, p in enumerate(layer.parameters()):
                values = np.random.default_rng(i).uniform(-0.1, 0.1, tuple(p.shape)).astype(np.float32)
                p.copy_(lib.from_numpy(values))
        return lambda lib, x: layer(x)[0]

    build.build = True  # type: ignore[attr-defined]
    return build


# name, the inputs, the call; where the name ends in "backward", the gradients towards all inputs as well
Row = tuple[str, list[Draw], Callable[..., Any]]
ROWS: list[Row] = [
    # distances
    ("pdist", [normal(200, 16)], lambda t, x: t.pdist(x)),
    ("pdist 20 × 3", [normal(20, 3)], lambda t, x: t.pdist(x)),
    ("pdist p=1", [normal(200, 16)], lambda t, x: t.pdist(x, 1)),
    ("pdist backward", [normal(200, 16)], lambda t, x: t.pdist(x)),
    ("cdist p=1", [normal(200, 16), normal(200, 16)], lambda t, x, z: t.cdist(x, z, 1)),
    ("cdist p=1, large", [normal(500, 64), normal(500, 64)], lambda t, x, z: t.cdist(x, z, 1)),
    ("cdist p=2", [normal(200, 16), normal(200, 16)], lambda t, x, z: t.cdist(x, z)),
    ("cdist p=2, 20 rows", [normal(20, 16), normal(20, 16)], lambda t, x, z: t.cdist(x, z)),
    ("cdist p=2, exact", [normal(200, 16), normal(200, 16)],
     lambda t, x, z: t.cdist(x, z, compute_mode="donot_use_mm_for_euclid_dist")),
    ("cdist p=3", [normal(200, 16), normal(200, 16)], lambda t, x, z: t.cdist(x, z, 3)),
    ("cdist p=inf", [normal(200, 16), normal(200, 16)], lambda t, x, z: t.cdist(x, z, float("inf"))),
    ("cdist p=1 backward", [normal(200, 16), normal(200, 16)], lambda t, x, z: t.cdist(x, z, 1)),
    ("cdist p=2 backward", [normal(200, 16), normal(200, 16)], lambda t, x, z: t.cdist(x, z)),
    ("cdist p=3 backward", [normal(200, 16), normal(200, 16)], lambda t, x, z: t.cdist(x, z, 3)),
    # adding up at indices
    ("index_put accumulate", [normal(1000), integers(0, 1000, 10000), normal(10000)],
     lambda t, x, i, v: x.index_put((i,), v, accumulate=True)),
    ("index_put accumulate, rows", [normal(1000, 16), integers(0, 1000, 4000), normal(4000, 16)],
     lambda t, x, i, v: x.index_put((i,), v, accumulate=True)),
    ("index_put accumulate, two", [normal(100, 100), integers(0, 100, 5000), integers(0, 100, 5000), normal(5000)],
     lambda t, x, i, j, v: x.index_put((i, j), v, accumulate=True)),
    ("index_put", [normal(1000), integers(0, 1000, 10000), normal(10000)], lambda t, x, i, v: x.index_put((i,), v)),
    ("index_add", [normal(1000, 16), integers(0, 1000, 4000), normal(4000, 16)], lambda t, x, i, v: x.index_add(0, i, v)),
    ("index_add, numbers", [normal(1000), integers(0, 1000, 10000), normal(10000)],
     lambda t, x, i, v: x.index_add(0, i, v)),
    ("scatter_add", [normal(500, 64), integers(0, 500, 500, 64), normal(500, 64)],
     lambda t, x, i, v: x.scatter_add(0, i, v)),
    ("scatter", [normal(500, 64), integers(0, 500, 500, 64), normal(500, 64)], lambda t, x, i, v: x.scatter(0, i, v)),
    ("scatter_reduce amax", [normal(500, 64), integers(0, 500, 500, 64), normal(500, 64)],
     lambda t, x, i, v: x.scatter_reduce(0, i, v, "amax")),
    ("gather", [normal(500, 64), integers(0, 500, 500, 64)], lambda t, x, i: x.gather(0, i)),
    ("gather backward", [normal(500, 64), integers(0, 500, 500, 64)], lambda t, x, i: x.gather(0, i)),
    ("index backward", [normal(1000, 16), integers(0, 1000, 4000)], lambda t, x, i: x[i]),
    ("index backward, numbers", [normal(1000), integers(0, 1000, 10000)], lambda t, x, i: x[i]),
    # 16-bit floats
    *[(f"float16 {name}", [half(*shape), half(*shape)], op)
      for shape in ((100,), (300, 300))
      for name, op in ((f"add, {shape[-1]}", lambda t, x, z: x + z), (f"mul, {shape[-1]}", lambda t, x, z: x * z),
                       (f"div, {shape[-1]}", lambda t, x, z: x / z))],
    ("float16 add, a row", [half(300, 300), half(300)], lambda t, x, z: x + z),
    ("float16 mul, a number", [half(300, 300)], lambda t, x: x * 1.5),
    ("float16 exp", [half(300, 300)], lambda t, x: x.exp()),
    ("float16 tanh", [half(300, 300)], lambda t, x: x.tanh()),
    ("float16 sqrt", [half(300, 300)], lambda t, x: x.abs().sqrt()),
    ("float16 relu", [half(300, 300)], lambda t, x: x.relu()),
    ("float16 maximum", [half(300, 300), half(300, 300)], lambda t, x, z: t.maximum(x, z)),
    ("float16 less", [half(300, 300), half(300, 300)], lambda t, x, z: x < z),
    ("float16 sum", [half(300, 300)], lambda t, x: x.sum()),
    ("float16 sum, rows", [half(300, 300)], lambda t, x: x.sum(-1)),
    ("float16 max, rows", [half(300, 300)], lambda t, x: x.amax(-1)),
    ("float16 mul backward", [half(300, 300), half(300, 300)], lambda t, x, z: x * z),
    ("float16 to float32", [half(300, 300)], lambda t, x: x.float()),
    ("float32 to float16", [normal(300, 300)], lambda t, x: x.half()),
    ("bfloat16 add", [normal(300, 300), normal(300, 300)], bf(lambda t, x, z: x + z)),
    ("bfloat16 mul", [normal(300, 300), normal(300, 300)], bf(lambda t, x, z: x * z)),
    ("bfloat16 exp", [normal(300, 300)], bf(lambda t, x: x.exp())),
    ("bfloat16 tanh", [normal(300, 300)], bf(lambda t, x: x.tanh())),
    ("bfloat16 relu", [normal(300, 300)], bf(lambda t, x: x.relu())),
    ("bfloat16 less", [normal(300, 300), normal(300, 300)], bf(lambda t, x, z: x < z)),
    ("bfloat16 sum", [normal(300, 300)], bf(lambda t, x: x.sum())),
    ("bfloat16 sum, rows", [normal(300, 300)], bf(lambda t, x: x.sum(-1))),
    ("bfloat16 max, rows", [normal(300, 300)], bf(lambda t, x: x.amax(-1))),
    ("bfloat16 to float32", [normal(300, 300)], bf(lambda t, x: x.float())),
    ("float32 to bfloat16", [normal(300, 300)], lambda t, x: x.bfloat16()),
    # remainders
    ("fmod", [normal(300, 300), uniform(300, 300, low=0.5)], lambda t, x, z: t.fmod(x, z)),
    ("fmod, a number", [normal(300, 300)], lambda t, x: t.fmod(x, 0.7)),
    ("remainder", [normal(300, 300), uniform(300, 300, low=0.5)], lambda t, x, z: t.remainder(x, z)),
    ("remainder, a number", [normal(300, 300)], lambda t, x: x % 0.7),
    ("floor_divide", [normal(300, 300), uniform(300, 300, low=0.5)], lambda t, x, z: x // z),
    ("div trunc", [normal(300, 300), uniform(300, 300, low=0.5)], lambda t, x, z: t.div(x, z, rounding_mode="trunc")),
    ("fmod int64", [integers(-999, 999, 300, 300), integers(1, 99, 300, 300)], lambda t, x, z: t.fmod(x, z)),
    ("remainder int64", [integers(-999, 999, 300, 300), integers(1, 99, 300, 300)], lambda t, x, z: x % z),
    ("floor_divide int64", [integers(-999, 999, 300, 300), integers(1, 99, 300, 300)], lambda t, x, z: x // z),
    # integers
    *[(f"{name} matmul, {n}", [integers(-99, 99, n, n, dtype=d), integers(-99, 99, n, n, dtype=d)], lambda t, x, z: x @ z)
      for name, d in (("int64", np.int64), ("int32", np.int32), ("uint8", np.uint8)) for n in (16, 200)],
    ("int64 matmul, large numbers", [integers(-(1 << 40), 1 << 40, 200, 200), integers(-(1 << 40), 1 << 40, 200, 200)],
     lambda t, x, z: x @ z),
    ("int64 bmm", [integers(-99, 99, 8, 64, 64), integers(-99, 99, 8, 64, 64)], lambda t, x, z: t.bmm(x, z)),
    ("argsort int64", [integers(0, 1 << 40, 100000)], lambda t, x: x.argsort()),
    ("argsort int64, small numbers", [integers(0, 100, 100000)], lambda t, x: x.argsort(stable=True)),
    ("argsort int64, rows", [integers(0, 1 << 40, 1000, 100)], lambda t, x: x.argsort(-1)),
    ("sort int64", [integers(0, 1 << 40, 100000)], lambda t, x: x.sort()[0]),
    ("sort int32", [integers(0, 1 << 30, 100000, dtype=np.int32)], lambda t, x: x.sort()[0]),
    ("sort float32", [normal(100000)], lambda t, x: x.sort()[0]),
    ("sort float32, rows", [normal(1000, 100)], lambda t, x: x.sort(-1)[0]),
    ("topk int64", [integers(0, 1 << 40, 100000)], lambda t, x: x.topk(10)[0]),
    ("topk float32", [normal(100000)], lambda t, x: x.topk(10)[0]),
    ("topk float32, rows", [normal(1000, 100)], lambda t, x: x.topk(5)[0]),
    ("unique int64", [integers(0, 1000, 100000)], lambda t, x: t.unique(x)),
    ("unique int64, inverse", [integers(0, 1000, 100000)], lambda t, x: t.unique(x, return_inverse=True)[1]),
    # convolutions
    ("depthwise conv2d", [normal(8, 32, 16, 16), normal(32, 1, 3, 3)],
     lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1, groups=32)),
    ("depthwise conv2d backward", [normal(8, 32, 16, 16), normal(32, 1, 3, 3)],
     lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1, groups=32)),
    ("depthwise conv2d, large, backward", [normal(8, 64, 56, 56), normal(64, 1, 3, 3)],
     lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1, groups=64)),
    ("depthwise conv2d, stride 2, backward", [normal(8, 32, 32, 32), normal(32, 1, 3, 3)],
     lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1, stride=2, groups=32)),
    ("depthwise conv1d backward", [normal(8, 32, 256), normal(32, 1, 5)],
     lambda t, x, w: t.nn.functional.conv1d(x, w, padding=2, groups=32)),
    ("depthwise conv3d backward", [normal(2, 16, 8, 16, 16), normal(16, 1, 3, 3, 3)],
     lambda t, x, w: t.nn.functional.conv3d(x, w, padding=1, groups=16)),
    ("depthwise conv_transpose2d backward", [normal(8, 32, 16, 16), normal(32, 1, 3, 3)],
     lambda t, x, w: t.nn.functional.conv_transpose2d(x, w, padding=1, groups=32)),
    ("grouped conv2d backward", [normal(8, 32, 16, 16), normal(64, 8, 3, 3)],
     lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1, groups=4)),
    ("small conv2d backward", [normal(4, 3, 8, 8), normal(8, 3, 3, 3)],
     lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1)),
    ("smallest conv2d backward", [normal(1, 1, 5, 5), normal(1, 1, 3, 3)], lambda t, x, w: t.nn.functional.conv2d(x, w)),
    ("small conv2d, one channel, backward", [normal(32, 1, 28, 28), normal(6, 1, 5, 5)],
     lambda t, x, w: t.nn.functional.conv2d(x, w, padding=2)),
    ("small conv1d backward", [normal(4, 3, 32), normal(8, 3, 3)],
     lambda t, x, w: t.nn.functional.conv1d(x, w, padding=1)),
    ("small conv3d backward", [normal(2, 3, 6, 6, 6), normal(4, 3, 3, 3, 3)],
     lambda t, x, w: t.nn.functional.conv3d(x, w, padding=1)),
    ("small conv_transpose2d backward", [normal(4, 8, 8, 8), normal(8, 4, 3, 3)],
     lambda t, x, w: t.nn.functional.conv_transpose2d(x, w, stride=2)),
    # linear algebra
    ("lu", [regular(100, 100)], lambda t, a: t.linalg.lu(a)[2]),
    ("lu, 100 small", [regular(100, 4, 4)], lambda t, a: t.linalg.lu(a)[2]),
    ("lu_factor", [regular(100, 100)], lambda t, a: t.linalg.lu_factor(a)[0]),
    ("lu_factor, 100 small", [regular(100, 4, 4)], lambda t, a: t.linalg.lu_factor(a)[0]),
    ("lu backward", [regular(100, 100)], lambda t, a: t.linalg.lu(a)[2]),
    ("lu_solve", [regular(100, 100), normal(100, 4)], lambda t, a, b: t.linalg.lu_solve(*t.linalg.lu_factor(a), b)),
    ("det", [regular(100, 100)], lambda t, a: t.linalg.det(a)),
    ("det backward", [regular(100, 100)], lambda t, a: t.linalg.det(a)),
    ("det backward, 3 × 3", [regular(3, 3)], lambda t, a: t.linalg.det(a)),
    ("det backward, 100 small", [regular(100, 4, 4)], lambda t, a: t.linalg.det(a)),
    ("slogdet backward", [regular(100, 100)], lambda t, a: t.linalg.slogdet(a)[1]),
    ("inv", [regular(100, 100)], lambda t, a: t.linalg.inv(a)),
    ("inv backward", [regular(100, 100)], lambda t, a: t.linalg.inv(a)),
    ("inv, 100 small", [regular(100, 4, 4)], lambda t, a: t.linalg.inv(a)),
    ("solve", [regular(100, 100), normal(100, 4)], lambda t, a, b: t.linalg.solve(a, b)),
    ("solve backward", [regular(100, 100), normal(100, 4)], lambda t, a, b: t.linalg.solve(a, b)),
    ("solve_triangular", [triangular(100), normal(100, 4)], lambda t, a, b: t.linalg.solve_triangular(a, b, upper=False)),
    ("solve_triangular, 4 × 4", [triangular(4), normal(4, 2)],
     lambda t, a, b: t.linalg.solve_triangular(a, b, upper=False)),
    ("solve_triangular, 100 small", [regular(100, 4, 4), normal(100, 4, 2)],
     lambda t, a, b: t.linalg.solve_triangular(a, b, upper=True)),
    ("solve_triangular backward", [triangular(100), normal(100, 4)],
     lambda t, a, b: t.linalg.solve_triangular(a, b, upper=False)),
    ("cholesky", [triangular(100)], lambda t, a: t.linalg.cholesky(a @ a.mT)),
    ("cholesky backward", [triangular(100)], lambda t, a: t.linalg.cholesky(a @ a.mT)),
    ("cholesky_solve", [triangular(100), normal(100, 4)], lambda t, a, b: t.cholesky_solve(b, a)),
    ("lstsq", [normal(100, 20), normal(100, 3)], lambda t, a, b: t.linalg.lstsq(a, b)[0]),
    ("lstsq, 100 small", [normal(100, 6, 3), normal(100, 6, 2)], lambda t, a, b: t.linalg.lstsq(a, b)[0]),
    ("lstsq backward", [normal(100, 20), normal(100, 3)], lambda t, a, b: t.linalg.lstsq(a, b)[0]),
    ("qr", [normal(100, 50)], lambda t, a: t.linalg.qr(a)[1].abs()),
    ("qr backward", [normal(100, 50)], lambda t, a: t.linalg.qr(a)[1].abs()),
    ("pinv", [normal(100, 20)], lambda t, a: t.linalg.pinv(a)),
    ("eigh", [normal(50, 50)], lambda t, a: t.linalg.eigh(a + a.mT)[0]),
    ("svd", [normal(100, 50)], lambda t, a: t.linalg.svdvals(a)),
    # places
    ("combinations", [normal(100)], lambda t, x: t.combinations(x)),
    ("combinations of 3", [normal(40)], lambda t, x: t.combinations(x, 3)),
    ("combinations, 10", [normal(10)], lambda t, x: t.combinations(x)),
    ("cartesian_prod", [normal(100), normal(100)], lambda t, x, z: t.cartesian_prod(x, z)),
    ("tril_indices", [], lambda t: t.tril_indices(200, 200)),
    ("tril_indices, 10", [], lambda t: t.tril_indices(10, 10)),
    ("triu_indices", [], lambda t: t.triu_indices(200, 200)),
    ("tril", [normal(200, 200)], lambda t, x: t.tril(x)),
    # sequences
    ("LSTM", [normal(50, 32, 64)], sequence("LSTM", 64, 128)),
    ("LSTM backward", [normal(50, 32, 64)], sequence("LSTM", 64, 128)),
    ("small LSTM backward", [normal(20, 1, 8)], sequence("LSTM", 8, 8)),
    ("small LSTM, 16 rows, backward", [normal(30, 16, 16)], sequence("LSTM", 16, 32)),
    ("GRU backward", [normal(50, 32, 64)], sequence("GRU", 64, 128)),
    ("small GRU backward", [normal(20, 1, 8)], sequence("GRU", 8, 8)),
    ("RNN backward", [normal(50, 32, 64)], sequence("RNN", 64, 128)),
    ("small RNN backward", [normal(20, 1, 8)], sequence("RNN", 8, 8)),
    # sampling
    ("grid_sample", [normal(4, 3, 32, 32), uniform(4, 32, 32, 2)],
     lambda t, x, g: t.nn.functional.grid_sample(x, g, align_corners=False)),
    ("grid_sample backward", [normal(4, 3, 32, 32), uniform(4, 32, 32, 2)],
     lambda t, x, g: t.nn.functional.grid_sample(x, g, align_corners=False)),
    ("grid_sample, 16 channels, backward", [normal(4, 16, 32, 32), uniform(4, 32, 32, 2)],
     lambda t, x, g: t.nn.functional.grid_sample(x, g, align_corners=False)),
    ("grid_sample nearest backward", [normal(4, 3, 32, 32), uniform(4, 32, 32, 2)],
     lambda t, x, g: t.nn.functional.grid_sample(x, g, mode="nearest", align_corners=False)),
    ("grid_sample bicubic backward", [normal(4, 3, 32, 32), uniform(4, 32, 32, 2)],
     lambda t, x, g: t.nn.functional.grid_sample(x, g, mode="bicubic", align_corners=False)),
    ("grid_sample border backward", [normal(4, 3, 32, 32), uniform(4, 32, 32, 2)],
     lambda t, x, g: t.nn.functional.grid_sample(x, g, padding_mode="border", align_corners=False)),
    ("grid_sample 3d backward", [normal(2, 3, 8, 16, 16), uniform(2, 8, 16, 16, 3)],
     lambda t, x, g: t.nn.functional.grid_sample(x, g, align_corners=False)),
]  # fmt: skip


def task(lib: Any, row: Row) -> Callable[[], list[Any]]:
    """The row's call, which gives its result and, if asked for, the gradients."""
    name, draws, op = row
    if getattr(op, "build", False):
        op = op(lib)
    rng = np.random.default_rng(0)
    inputs = [lib.from_numpy(draw(rng)) for draw in draws]
    if getattr(row[2], "low", False):
        inputs = [x.bfloat16() for x in inputs]
    if "backward" not in name:
        return lambda: [op(lib, *inputs)]
    wanted = [x.requires_grad_() for x in inputs if x.dtype.is_floating_point]
    seed = lib.from_numpy(rng.standard_normal(tuple(op(lib, *inputs).shape)).astype(np.float32)).to(wanted[0].dtype)

    def both() -> list[Any]:
        out = op(lib, *inputs)
        for x in wanted:
            x.grad = None
        out.backward(seed)
        return [out.detach(), *[x.grad for x in wanted]]

    return both


def check(name: str, ours: list[Any], theirs: list[Any]) -> None:
    """Both compute the same, as far as the dtype goes (an argsort's order of equal numbers, if not stable, is free)."""
    for here, there in zip(ours, theirs, strict=True):
        if here is None:  # ours says "does not depend", PyTorch's zeros
            assert not there.any(), name
            continue
        low = here.dtype.itemsize == 2 and here.dtype.is_floating_point
        a, b = here.detach().double().numpy(), there.detach().double().numpy()
        scale = max(np.abs(b[np.isfinite(b)]).max(initial=0), 1e-30)
        np.testing.assert_allclose(a, b, rtol=3e-2 if low else 3e-3, atol=(1e-2 if low else 1e-4) * scale, err_msg=name)


def milliseconds(run: Callable[[], Any], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - start) / times * 1e3


def measure(row: Row, rounds: int) -> dict[str, Any]:
    here, there = task(tg, row), task(torch, row) if torch is not None else None
    here()
    if there is not None:
        check(row[0], here(), there())
    runs = [run for run in (here, there) if run is not None]
    once = [min(milliseconds(run, 1) for _ in range(3)) for run in runs]
    times = [max(1, round(3 / ms)) for ms in once]  # a round of 3 ms
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for i, run in enumerate(runs):
            found[i].append(milliseconds(run, times[i]))
    least = [min(v) for v in found]
    figures: dict[str, Any] = {"row": row[0]} | {n: round(v, 4) for n, v in zip(("tensorgrad", "torch"), least)}
    return figures | ({"ratio": round(least[0] / least[1], 2)} if len(least) == 2 else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="words; rows whose names hold one of them run")
    parser.add_argument("--rounds", type=int, default=9, help="rounds per row, whose least is shown")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    if torch is not None:
        torch.set_num_threads(1)
    results = []
    print(f"{'ms':42}{'tensorgrad':>12}{'PyTorch':>12}{'ratio':>8}")
    for row in ROWS:
        if options.only and not any(word in row[0] for word in options.only):
            continue
        results.append(r := measure(row, options.rounds))
        other = f"{r['torch']:>12.4f}{r['ratio']:>8.2f}" if "torch" in r else ""
        print(f"{r['row']:42}{r['tensorgrad']:>12.4f}{other}", flush=True)
    if options.json:
        figures = {"machine": machine("NumPy", "SciPy", "Numba", "torch"), "rows": results}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
