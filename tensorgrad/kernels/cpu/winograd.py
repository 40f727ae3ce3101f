"""3 × 3 convolutions with fewer multiplications: F(2 × 2, 3 × 3) of Lavin & Gray (arXiv:1509.09308).

Four neighbouring results take 36 multiplications directly, and 16 after a change of basis: y = Aᵀ·((G·w·Gᵀ) ∘ (Bᵀ·d·B))·A
for a tile d of 4 × 4 numbers. Summed over the channels, the products at one place of the tile are a product of matrices,
so there are 16 of those. Larger tiles would save more and lose digits: here the coefficients are 0, ±1 and ½.

Neighbouring tiles overlap by half. So an image is split into four planes, its even and odd rows and columns, and the
change of basis becomes sums of long vectors: the planes, and the planes one tile further on. For that a plane has one
more row and column than there are tiles; what comes out there is not used.

Letters: N images, C channels, K filters, P × Q tiles, L = B·(P + 1)·(Q + 1) places of a plane of B images.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..shapes import Shape
from .workspace import workspace

BLOCK = 6 << 20  # bytes worked on at a time, as the third cache holds them …
FEWEST = 64  # … but as many places at least: products of matrices thinner than that are slow
_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_BOTH_AXES = {np.dtype(d): np.kron(_G, _G).astype(d) for d in (np.float32, np.float64)}  # (16, 9)


def suits(dtype: Any, w: Shape, out: Shape, stride: Shape, dilation: Shape, groups: int) -> bool:
    """Whether a convolution is one of these, and gains by it: the change of basis pays where many products follow it."""
    k, c = w[:2]
    return (
        dtype in _BOTH_AXES
        and w[2:] == (3, 3)
        and stride == dilation == (1, 1)
        and groups == 1
        and min(out) >= 8
        and min(c, k) >= 16
        and max(c, k) < 4 * min(c, k)
    )


def tiled_conv(x: Any, w: Any, bias: Any, out: Shape, padding: Shape) -> Any:
    """y[n, k, o] = bias[k] + Σ x[n, c, o + r − padding] · w[k, c, r] over c and r."""
    # x (N, C, H, W), w (K, C, 3, 3), bias (K,) or None → (N, K, *out)
    k, c = w.shape[:2]
    y = np.empty((len(x), k, *out), x.dtype)
    filters = (_BOTH_AXES[x.dtype] @ w.reshape(k * c, 9).T).reshape(16, k, c)
    for images, top, plane in _blocks(len(x), out, 28 * c + 16 * k, x.dtype):
        planes, sums, tiles, products = _pieces((4, c), (8, c), (16, c), (16, k), plane=plane, dtype=x.dtype)
        _split(x[images], top - padding[0], -padding[1], planes.reshape(2, 2, c, *plane))
        _to_tiles(planes.reshape(2, 2, -1), sums.reshape(4, 2, -1), tiles.reshape(4, 4, -1), plane[-1])
        np.matmul(filters, tiles, out=products)
        results = _from_tiles(products.reshape(4, 4, k, -1))
        if bias is not None:
            results += bias.reshape(k, 1)
        _join(results.reshape(2, 2, k, *plane), y[images, :, top:])
    return y


def tiled_conv_weight(x: Any, grad: Any, padding: Shape) -> Any:
    """The gradient of `tiled_conv` towards w: Gᵀ·(Σ (A·grad·Aᵀ) ∘ (Bᵀ·d·B))·G, summed over tiles and images."""
    # x (N, C, H, W), grad (N, K, *out) → (K, C, 3, 3)
    c, k, out = x.shape[1], grad.shape[1], grad.shape[2:]
    total = np.zeros((16, k, c), x.dtype)
    for images, top, plane in _blocks(len(x), out, 28 * (c + k), x.dtype):
        sizes = (4, c), (8, c), (16, c), (4, k), (8, k), (16, k)
        planes, sums, tiles, halves, between, grads = _pieces(*sizes, plane=plane, dtype=x.dtype)
        _split(x[images], top - padding[0], -padding[1], planes.reshape(2, 2, c, *plane))
        _to_tiles(planes.reshape(2, 2, -1), sums.reshape(4, 2, -1), tiles.reshape(4, 4, -1), plane[-1])
        _split(grad[images, :, : top + 2 * plane[1] - 2], top, 0, halves.reshape(2, 2, k, *plane))
        _grads_to_tiles(halves.reshape(2, 2, -1), between.reshape(4, 2, -1), grads.reshape(4, 4, -1))
        total += np.matmul(grads, tiles.swapaxes(1, 2))
    return np.ascontiguousarray((_BOTH_AXES[x.dtype].T @ total.reshape(16, k * c)).T).reshape(k, c, 3, 3)


def _blocks(n: int, out: Shape, numbers: int, dtype: Any) -> Iterator[tuple[slice, int, Shape]]:
    """Pieces of the work with about BLOCK bytes, `numbers` for each place: some images, the first of their rows (of the
    result), and the shape (B, P + 1, Q + 1) of a plane."""
    p, q = -(-out[0] // 2), -(-out[1] // 2)
    places = max(BLOCK // (numbers * dtype.itemsize), FEWEST)
    rows = min(max(places // (q + 1) - 1, 1), p)
    images = max(places // ((rows + 1) * (q + 1)), 1)
    for a in range(0, p, rows):
        for i in range(0, n, images):
            yield slice(i, i + images), 2 * a, (min(images, n - i), min(rows, p - a) + 1, q + 1)


def _pieces(*sizes: tuple[int, int], plane: Shape, dtype: Any) -> list[Any]:
    """Arrays (…, channels, L) in one piece of memory."""
    length = plane[0] * plane[1] * plane[2]
    memory = workspace((sum([a * b for a, b in sizes]) * length,), dtype)
    pieces, start = [], 0
    for a, b in sizes:
        pieces.append(memory[start : start + a * b * length].reshape(a, b, length))
        start += a * b * length
    return pieces


def _split(part: Any, top: int, left: int, planes: Any) -> None:
    """part[b, c, top + 2i + a, left + 2j + e] to planes[a, e, c, b, i, j]; zero outside."""
    # part (B, C, H, W), planes (2, 2, C, B, P + 1, Q + 1)
    planes.fill(0)
    part = part.swapaxes(0, 1)
    for a in (0, 1):
        rows, to_rows = _every_second(top + a, part.shape[2], planes.shape[4])
        for e in (0, 1):
            columns, to_columns = _every_second(left + e, part.shape[3], planes.shape[5])
            planes[a, e, :, :, to_rows, to_columns] = part[:, :, rows, columns]


def _every_second(start: int, size: int, places: int) -> tuple[slice, slice]:
    """Where start, start + 2, … lie within an axis of some size, and which of the places they are."""
    first = max(-start + 1 >> 1, 0)
    last = max(min((size - start + 1) // 2, places), first)
    return slice(start + 2 * first, max(start + 2 * last - 1, 0), 2), slice(first, last)


def _join(results: Any, y: Any) -> None:
    """results[a, e, k, b, i, j] to y[b, k, 2i + a, 2j + e], as far as y goes."""
    # results (2, 2, K, B, P + 1, Q + 1), y (B, K, H, W)
    for a in (0, 1):
        for e in (0, 1):
            to = y[:, :, a : 2 * results.shape[4] - 2 : 2, e::2]
            to[...] = results[a, e, :, :, : to.shape[2], : to.shape[3]].swapaxes(0, 1)


def _to_tiles(planes: Any, sums: Any, tiles: Any, row: int) -> None:
    """Bᵀ·d·B of every tile: rows 0 and 2, 1 and 2, 1 and 3 of it, then its columns likewise."""
    # planes (2, 2, C·L), sums (4, 2, C·L), tiles (4, 4, C·L); a tile's rows 2 and 3 are rows 0 and 1 of the next one
    for (even, odd), to, step in ((planes, sums, row), (sums.swapaxes(0, 1), tiles.swapaxes(0, 1), 1)):
        np.subtract(even[..., :-step], even[..., step:], out=to[0][..., :-step])
        np.add(odd[..., :-step], even[..., step:], out=to[1][..., :-step])
        np.subtract(even[..., step:], odd[..., :-step], out=to[2][..., :-step])
        np.subtract(odd[..., :-step], odd[..., step:], out=to[3][..., :-step])
        to[..., -step:] = 0  # there is no next one; not used, but must be a number


def _from_tiles(products: Any) -> Any:
    """Aᵀ·m·A of every tile, in place: rows 0 + 1 + 2 and 1 − 2 − 3 of it, then its columns likewise."""
    # products (4, 4, K, L) → (2, 2, K, L)
    for m in (products, products[:2].swapaxes(0, 1)):
        m[0] += m[1]
        m[0] += m[2]
        m[1] -= m[2]
        m[1] -= m[3]
    return products[:2, :2]


def _grads_to_tiles(planes: Any, sums: Any, tiles: Any) -> None:
    """A·grad·Aᵀ of every tile, the transpose of `_from_tiles`."""
    # planes (2, 2, K·L), sums (4, 2, K·L), tiles (4, 4, K·L)
    for (even, odd), to in ((planes, sums), (sums.swapaxes(0, 1), tiles.swapaxes(0, 1))):
        to[0] = even
        np.add(even, odd, out=to[1])
        np.subtract(even, odd, out=to[2])
        np.negative(odd, out=to[3])
