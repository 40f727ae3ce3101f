"""A text, shaded letter by letter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib import colors, ticker

from ..scene import INK, LINE, MUTED, ORANGE, VERMILLION
from .style import Figure, array_behind, headed


def plot_letters(
    text: str,
    values: Any,
    *,
    columns: int = 64,
    label: str = "",
    title: str = "",
) -> Figure:
    """Draw a text with each letter on a ground that is the darker, the larger its value: how surprised a model was by
    each, or how much attention it got.

    Args:
        text: letters; a new line begins after each newline, which is shown as ↵ if it has a value, and after `columns`
            letters.
        values: one number per letter, 0 or above; nan where there is none.
        label: what the numbers are. title: a heading.

    Raises:
        ValueError: no text, another number of values, or a negative one.
    """
    numbers = np.array([float(v) for v in array_behind(values)])
    if not text:
        raise ValueError("plot_letters: the text is empty.")
    if len(numbers) != len(text):
        raise ValueError(f"plot_letters: {len(text)} letters, but {len(numbers)} values. Each letter needs one.")
    if (numbers < 0).any():
        raise ValueError(f"plot_letters: values are 0 or above, and one is {np.nanmin(numbers):g}.")
    if isinstance(columns, bool) or not isinstance(columns, int) or columns < 1:
        raise ValueError(f"plot_letters: columns needs a whole number of at least 1, got {columns!r}.")
    places, row, column = [], 0, 0
    for letter in text:
        if column == columns:
            row, column = row + 1, 0
        places.append((row, column))
        row, column = (row + 1, 0) if letter == "\n" else (row, column + 1)
    rows, width = places[-1][0] + 1, max(column for _, column in places) + 1

    ground = np.full((rows, width), math.nan)
    for place, number in zip(places, numbers):
        ground[place] = number
    chart = Figure(max(0.105 * width + 0.9, 4.0), 0.22 * rows + (0.5 if title else 0.1))
    axis = chart.subplots()
    shades = colors.LinearSegmentedColormap.from_list("value", ["#ffffff", "#fbe3cf", ORANGE, VERMILLION])
    finite = numbers[np.isfinite(numbers)]
    top = float(np.quantile(finite, 0.98)) if finite.size else 1.0  # one strange letter must not pale the others
    surface = axis.imshow(ground, cmap=shades, vmin=0.0, vmax=top or 1.0, aspect="auto", interpolation="nearest")
    for letter, number, (row, column) in zip(text, numbers, places):
        shown = letter if letter != "\n" else "" if math.isnan(number) else "↵"
        style: dict[str, Any] = dict(color=MUTED if letter == "\n" else INK, family="DejaVu Sans Mono", fontsize=9)
        drawn = axis.text(column, row, shown, ha="center", va="center_baseline", **style)
        drawn.set_in_layout(False)  # they are inside the axis, and there are many
    axis.set_axis_off()
    bar = chart.colorbar(
        surface, ax=axis, aspect=max(8.0, 2.0 * rows), pad=0.01, extend="max", ticks=ticker.MaxNLocator(4)
    )
    bar.outline.set_edgecolor(LINE)
    bar.set_label(label, color=MUTED, fontsize=9)
    bar.ax.tick_params(labelsize=8, colors=MUTED, labelcolor=INK)
    headed(chart, title, size=11.0)
    return chart
