"""Many pictures in one, and into a file."""

from __future__ import annotations

import io
import os
from math import ceil
from typing import Any

import numpy as np

from ..kernels.shapes import integer
from ..ops.promote import number
from ..refusals import in_own_name
from ..serialization.files import replacing
from ..tensor import Tensor
from ._pillow import pillow


@in_own_name
def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Pictures side by side in one.  (N, C, H, W), or a list of (C, H, W) → (C, …, …); one channel becomes three.

    Args:
        nrow: pictures per row.
        padding: pixels between them, of value `pad_value`.
        normalize: stretch the values from their smallest and largest, or from `value_range`, to 0 and 1.
        scale_each: stretch each picture by itself.
    """
    x = np.stack([_array(t) for t in tensor]) if isinstance(tensor, (list, tuple)) else _array(tensor)
    if x.ndim == 2:
        x = x[None, None]
    elif x.ndim == 3:
        x = x[None]
    if x.ndim != 4:
        raise ValueError(f"make_grid: needs pictures (N, C, H, W), got shape {x.shape}.")
    if not len(x):
        raise ValueError("make_grid: there are no pictures.")
    if normalize:
        x = x.astype(x.dtype if x.dtype.kind == "f" else np.float32)
        for part in x if scale_each else [x]:
            low, high = value_range if value_range is not None else (part.min(), part.max())
            part[...] = (part.clip(low, high) - low) / max(float(high) - float(low), 1e-5)
    x = np.repeat(x, 3, 1) if x.shape[1] == 1 else x
    n, c, h, w = x.shape
    if n == 1:
        return Tensor._of(x[0].copy())
    nrow, padding = integer("make_grid", "nrow", nrow, 1), integer("make_grid", "padding", padding, 0)
    pad_value = number("make_grid", "pad_value", pad_value)
    columns = min(nrow, n)
    rows = ceil(n / columns)
    grid = np.full((c, rows * (h + padding) + padding, columns * (w + padding) + padding), pad_value, x.dtype)
    for i in range(n):
        top, left = (i // columns) * (h + padding) + padding, (i % columns) * (w + padding) + padding
        grid[:, top : top + h, left : left + w] = x[i]
    return Tensor._of(grid)


@in_own_name
def save_image(tensor: Any, fp: Any, format: str | None = None, **kwargs: Any) -> None:
    """Write pictures, with values from 0 to 1, into one file. The other arguments are those of `make_grid`.

    Args:
        fp: a path, or a binary file.
        format: "png", "jpeg" …; by default what the path ends with.

    A file is whole or not there: the one that was there stays until the new one is safely on the disk.
    """
    grid = make_grid(tensor, **kwargs).numpy()
    pixels = (grid * 255 + 0.5).clip(0, 255).astype(np.uint8) if grid.dtype.kind == "f" else grid.astype(np.uint8)
    image = pillow("save_image").fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    if hasattr(fp, "write"):
        image.save(fp, format=format)
        return
    written = io.BytesIO()
    written.name = os.fspath(fp)  # from whose ending Pillow takes the format
    image.save(written, format=format)
    with replacing(fp) as file:
        file.write(written.getvalue())


def _array(x: Any) -> Any:
    return x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x)


__all__ = ["make_grid", "save_image"]
