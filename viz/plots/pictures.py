"""Small pictures side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..scene import INK, MUTED
from .style import Figure, array_behind


def plot_pictures(
    pictures: Any,
    *,
    titles: Sequence[Any] = (),
    columns: int | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "",
) -> Figure:
    """Draw small pictures side by side: examples of the data, samples of a model, filters of a layer.

    Args:
        pictures: grey ones (N, H, W) or (N, 1, H, W), coloured ones (N, 3, H, W), as an array, a tensor or a list; or
            several groups of them by name, each of which starts a row: `{"digits": x, "reconstructed": y}`.
        titles: what stands above each picture, N words; not with groups.
        columns: pictures per row. By default as many as make the whole about half as high as wide, at most 16.
        limits: the values that are black and white, or (coloured) no light and full light. By default the smallest and
            the largest of each group.
        title: a heading.

    Raises:
        ValueError: another shape, no pictures, titles of another number, or limits that are not low < high.
    """
    groups = dict(pictures) if isinstance(pictures, Mapping) else {"": pictures}
    arrays = {str(name): _pictures(group) for name, group in groups.items()}
    if not arrays:
        raise ValueError("plot_pictures: there are no pictures.")
    n = max(len(array) for array in arrays.values())
    if titles and (isinstance(pictures, Mapping) or len(titles) != n):
        raise ValueError(f"plot_pictures: {len(titles)} titles for {n} pictures. Give one for each, and no groups.")
    if columns is None:
        columns = min(n, 16, n if len(arrays) > 1 else math.ceil(math.sqrt(2 * n)))
    if isinstance(columns, bool) or not isinstance(columns, int) or columns < 1:
        raise ValueError(f"plot_pictures: columns needs a whole number of at least 1, got {columns!r}.")
    if limits is not None and not limits[0] < limits[1]:
        raise ValueError(f"plot_pictures: limits are low < high, got {limits}.")

    # One axis whose unit is an inch: an axis for each picture would take minutes to lay out.
    wide, gap, above, heading = min(0.9, max(0.45, 9.0 / columns)), 0.06, 0.2 if titles else 0.0, 0.28
    words = max(0.12 * len(title), *(0.09 * len(name) for name in arrays))
    chart = Figure(max(columns * (wide + gap), words) + 3 * gap, 1.0)
    chart.set_layout_engine("none")
    axis = chart.add_axes((0.0, 0.0, 1.0, 1.0))
    y = 0.38 if title else 2 * gap
    for name, array in arrays.items():
        if name:
            axis.text(2 * gap, y + heading - gap, name, fontsize=9, color=MUTED)
            y += heading
        black, white = limits or _spread(array)
        high = wide * array.shape[1] / array.shape[2]
        for i, picture in enumerate(np.clip((array - black) / (white - black), 0.0, 1.0)):
            row, column = divmod(i, columns)
            left, top = 2 * gap + column * (wide + gap), y + row * (high + gap + above) + above
            extent = (left, left + wide, top + high, top)
            axis.imshow(picture, cmap="gray", vmin=0.0, vmax=1.0, extent=extent, interpolation="nearest")
            if titles:
                axis.text(left + wide / 2, top - 0.5 * gap, str(titles[i]), fontsize=9, color=INK, ha="center")
        y += (i // columns + 1) * (high + gap + above) + gap
    chart.set_figheight(y + gap)
    axis.set(xlim=(0.0, chart.get_figwidth()), ylim=(y + gap, 0.0))
    axis.set_axis_off()
    if title:
        axis.text(chart.get_figwidth() / 2, 0.25, title, fontsize=12, color=INK, fontweight="bold", ha="center")
    return chart


def _pictures(group: Any) -> np.ndarray:
    """(N, H, W), or (N, H, W, 3) for coloured ones."""
    array = np.asarray(_plain_array(group) if hasattr(group, "shape") else [_plain_array(picture) for picture in group])
    if array.ndim == 4 and array.shape[1] in (1, 3):
        array = array[:, 0] if array.shape[1] == 1 else array.transpose(0, 2, 3, 1)
    elif array.ndim != 3:
        raise ValueError(
            "plot_pictures: needs pictures (N, H, W), (N, 1, H, W) or (N, 3, H, W), got shape "
            f"{array.shape}. A single one is pictures[None]."
        )
    if not array.size:
        raise ValueError("plot_pictures: there are no pictures.")
    return array.astype(np.float64)


def _plain_array(x: Any) -> Any:
    return array_behind(x.detach() if hasattr(x, "detach") else x)


def _spread(array: np.ndarray) -> tuple[float, float]:
    finite = array[np.isfinite(array)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if low < high else (low, low + 1.0)
