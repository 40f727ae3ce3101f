"""Which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colors, ticker

from ..scene import BLUE, INK, MUTED
from .pictures import _plain_array
from .style import Figure, finished, headed


def plot_confusion(counts: Any, *, classes: Sequence[Any] | None = None, title: str = "") -> Figure:
    """Draw how often each class (row) was taken for each other (column).

    The shade is the share of the row, so that rare classes are seen as well; the numbers are the counts.

    Args:
        counts: (C, C), as of `tensorgrad.metrics.ConfusionMatrix` or scikit-learn's `confusion_matrix`.
        classes: their names; by default their numbers.
        title: a heading.

    Raises:
        ValueError: not square, negative, or with another number of names.
    """
    matrix = np.asarray(_plain_array(counts))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(f"plot_confusion: needs counts (C, C), got shape {matrix.shape}.")
    if matrix.dtype.kind not in "iuf" or not (matrix >= 0).all():
        raise ValueError("plot_confusion: counts are numbers of at least 0.")
    n = len(matrix)
    names = [str(name) for name in (range(n) if classes is None else classes)]
    if len(names) != n:
        raise ValueError(f"plot_confusion: {n} classes, but {len(names)} names. Each class needs one.")
    total = matrix.sum(1, keepdims=True)
    share = matrix / np.where(total > 0, total, 1)

    side = max(3.6, 0.46 * n)
    chart = Figure(side + 1.6, side + 1.0)
    axis = chart.subplots()
    shades = colors.LinearSegmentedColormap.from_list("shades", ["#ffffff", "#bfdcec", BLUE])
    surface = axis.imshow(share, cmap=shades, vmin=0.0, vmax=1.0)
    if n <= 30:
        for i, j in np.argwhere(matrix > 0):
            dark = share[i, j] > 0.6
            axis.text(j, i, f"{matrix[i, j]:g}", ha="center", va="center", fontsize=8, color="white" if dark else INK)
    places = np.arange(n) if n <= 30 else np.arange(0, n, -(-n // 20))
    long = max(map(len, names)) > 3
    axis.set_xticks(places, [names[i] for i in places], rotation=45 if long else 0, ha="right" if long else "center")
    axis.set_yticks(places, [names[i] for i in places])
    axis.set(xlabel="the model's answer", ylabel="true class")
    headed(chart, title)
    finished(axis)
    axis.grid(False)
    bar = chart.colorbar(surface, ax=axis, shrink=0.8, aspect=28, format=ticker.PercentFormatter(1.0))
    bar.outline.set_visible(False)
    bar.set_label("share of the true class", color=MUTED, fontsize=9)
    bar.ax.tick_params(labelsize=8, colors=MUTED, labelcolor=INK)
    return chart
