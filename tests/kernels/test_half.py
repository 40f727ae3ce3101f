"""16-bit floats: every number there and back, and arithmetic as float32 rounded once, whichever way the kernels take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorgrad.kernels.cpu.compiled as compiled
from tensorgrad.kernels.cpu import half
from tensorgrad.kernels.cpu.compiled import half as loops

EVERY = np.arange(1 << 16, dtype=np.uint16)


@pytest.fixture(params=["NumPy", "compiled"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "compiled" and not (compiled.compiler() and loops.converts()):
        pytest.skip("no Numba, or a processor without these conversions")
    monkeypatch.setattr(compiled, "LARGE", 0 if request.param == "compiled" else 1 << 62)
    yield request.param


@pytest.fixture(params=["float16", "bfloat16"])
def dtype(request: Any) -> Any:
    if request.param == "bfloat16":
        return np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    return np.dtype(request.param)


@pytest.fixture(autouse=True)
def quietly() -> Iterator[None]:
    """Of nan in bfloat16 NumPy warns at every step."""
    with np.errstate(all="ignore"):
        yield


def same(a: Any, b: Any) -> None:
    """Equal, signs of zeros included; nan equals nan."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.dtype == b.dtype and a.shape == b.shape
    nan = a != a
    np.testing.assert_array_equal(nan, b != b)
    bits = f"u{a.itemsize}"
    np.testing.assert_array_equal(np.where(nan, 0, a.view(bits)), np.where(nan, 0, b.view(bits)))


def test_there(way: str, dtype: Any) -> None:
    every = EVERY.view(dtype)
    got = half.single(every)
    same(got, every.astype(np.float32))
    same(half.single(every.reshape(256, 256).T), got.reshape(256, 256).T)
    same(half.single(every.reshape(256, 256)[::3, ::-2]), got.reshape(256, 256)[::3, ::-2])
    same(half.single(every[5].reshape(())), got[5].reshape(()))
    assert half.single(every[:0].reshape(0, 3)).shape == (0, 3)


def test_back(way: str, dtype: Any) -> None:
    """Numbers in between as well: half-way, just above and below, too large, too small."""
    exact = EVERY.view(dtype).astype(np.float32)
    between = np.concatenate(
        [exact.view(np.uint32) + np.uint32(d) for d in (0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFF, 0x1000)]
    )
    x = np.concatenate(
        [between.view(np.float32), np.float32([1e-8, -1e-8, 65519, 65520, 3e38, np.inf, -np.inf, np.nan])]
    )
    same(half.rounded(x, dtype), x.astype(dtype))
    same(half.rounded(exact.reshape(256, 256).T, dtype), EVERY.view(dtype).reshape(256, 256).T)
    same(half.rounded(np.float32(0.1), dtype), np.asarray(0.1, dtype))


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.true_divide])
def test_arithmetic(way: str, dtype: Any, ufunc: Any) -> None:
    rng = np.random.default_rng(0)
    x, z = (rng.integers(0, 1 << 16, (300, 70), np.uint16).view(dtype) for _ in "xz")

    def wide(a: Any, b: Any) -> Any:
        return ufunc(a.astype(np.float32), b.astype(np.float32)).astype(dtype)

    same(half.arithmetic(ufunc, x, z), wide(x, z))
    same(half.arithmetic(ufunc, x, z[0]), wide(x, z[0]))
    same(half.arithmetic(ufunc, x.T, z.T), wide(x.T, z.T))
    same(half.arithmetic(ufunc, x[:, ::2], z[:, ::2]), wide(x[:, ::2], z[:, ::2]))
    same(half.arithmetic(ufunc, x, 0.1), ufunc(x.astype(np.float32), np.float32(0.1)).astype(dtype))
    same(half.arithmetic(ufunc, 3, x), ufunc(np.float32(3), x.astype(np.float32)).astype(dtype))


def test_large(way: str, dtype: Any) -> None:
    """Taken a piece at a time."""
    x = np.random.default_rng(2).standard_normal((3, 40000)).astype(dtype)
    z = x[::-1].copy()
    same(half.unary(np.exp)(x), np.exp(x.astype(np.float32)).astype(dtype))
    same(half.binary(np.less)(x, z), x.astype(np.float32) < z.astype(np.float32))
    same(half.arithmetic(np.multiply, x, 0.1), (x.astype(np.float32) * np.float32(0.1)).astype(dtype))
    same(half.binary(np.maximum)(x, z[:1]), np.maximum(x, z[:1]))
    same(half.relu_16(x), np.where(x < 0, dtype.type(0), x))
    for axes, keepdim in ((None, False), ((1,), True), ((0, 1), False)):
        want = x.astype(np.float64).sum(axes, keepdims=keepdim)
        got = half.sum_16(x, axes, keepdim)
        assert got is None if way == "NumPy" else got.dtype == dtype and got.shape == np.shape(want)
        if got is not None:
            np.testing.assert_allclose(got.astype(float), want, rtol=2**-7, atol=0.1)


@pytest.mark.parametrize("ufunc", [np.less, np.equal, np.not_equal, np.maximum, np.fmin])
def test_comparing(way: str, dtype: Any, ufunc: Any) -> None:
    rng = np.random.default_rng(1)
    x, z = (rng.integers(0, 1 << 16, (300, 70), np.uint16).view(dtype) for _ in "xz")
    for a in (x, z):
        a[a != a] = np.nan  # of a signalling one NumPy's fmin makes, now and then, another nan
    got, want = half.binary(ufunc)(x, z), ufunc(x.astype(np.float32), z.astype(np.float32))
    if want.dtype != bool:  # which of 0 and −0 is larger is nobody's business
        got, want = got + dtype.type(0), want.astype(dtype) + dtype.type(0)
    same(got, want)


def test_a_cut_file_in_the_cache_is_written_again(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    numba = compiled.compiler()
    if numba is None:
        pytest.skip("no Numba")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    x, out = np.arange(5.0), np.empty(5)

    def twice(x: Any, out: Any) -> None:
        for i in range(x.size):
            out[i] = 2 * x[i]

    compiled.kernel()(twice)(x, out)
    files = list(tmp_path.rglob("*.nbc"))
    assert files
    for file in files:
        file.write_bytes(file.read_bytes()[:10])
    again, out[:] = compiled.kernel()(twice), 0
    with pytest.warns(UserWarning, match="what is on disk of twice is unusable"):
        again(x, out)
    np.testing.assert_array_equal(out, 2 * x)
