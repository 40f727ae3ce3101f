"""Points of a plane, by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import lines

from .pictures import _plain_array
from .style import CYCLE, MARKERS, Figure, finished, headed, label_of, points_of


def plot_points(
    points: Any,
    classes: Any = None,
    *,
    title: str = "",
    names: Sequence[str] = ("x₀", "x₁"),
) -> Figure:
    """Draw points of the plane, each in the colour and with the marker of its class.

    Classes whose names are a letter or a digit are drawn as that, so that ten of them are told apart.

    Args:
        points: (n, 2): data, codes of an autoencoder, two components of anything.
        classes: n of them, numbers or words. None: all alike.
        title: a heading.
        names: of the axes.

    Raises:
        ValueError: another shape, no points, or another number of classes.
    """
    data = points_of(_plain_array(points), "plot_points")
    labels = np.array([""] * len(data)) if classes is None else np.array([label_of(c) for c in _plain_array(classes)])
    if len(labels) != len(data):
        raise ValueError(f"plot_points: {len(data)} points, but {len(labels)} classes. Each point needs one.")
    kinds = sorted(dict.fromkeys(labels.tolist()), key=lambda name: (len(name), name))
    spelt = len(kinds) > len(MARKERS) and all(len(name) == 1 and name.isalnum() for name in kinds)
    chart = Figure(6.2, 5.0)
    axis = chart.subplots()
    size = (34 if spelt else 26) if len(data) <= 600 else (16 if spelt else 10)
    for i, kind in enumerate(kinds):
        chosen, colour = data[labels == kind], CYCLE[i % len(CYCLE)]
        axis.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=size,
            color=colour,
            marker=f"${kind}$" if spelt else MARKERS[i % len(MARKERS)],
            edgecolors=colour if spelt else "white",
            linewidths=0.3 if spelt else 0.5,
            label=kind,
        )
    axis.set(xlabel=names[0], ylabel=names[1])
    headed(chart, title)
    finished(axis)
    if len(names[1]) <= 3:
        axis.yaxis.label.set(rotation=0, ha="right", va="center")
    if len(kinds) > 1 and not spelt:  # letters and digits say themselves what they are
        handles, words = axis.get_legend_handles_labels()
        handles.insert(0, lines.Line2D([], [], linestyle=""))
        columns = min(len(handles), 8)
        chart.legend(handles, ["class", *words], loc="outside lower center", ncols=columns, frameon=False, fontsize=9)
    return chart
