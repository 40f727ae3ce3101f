"""What a model decides at every point of a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colors, lines, ticker
from matplotlib.axes import Axes

from ..scene import BLUE, INK, MUTED, VERMILLION
from .style import CYCLE, MARKERS, Extent, Figure, answers_of, check_resolution, finished, headed, points_of, targets_of


def plot_decision_boundary(
    predict: Any,
    points: Any,
    targets: Any,
    *,
    resolution: int = 80,
    threshold: float | None = None,
    title: str = "",
    names: Sequence[str] = ("x₀", "x₁"),
) -> Figure:
    """Colour the plane by what a model answers there, with the data on top.

    Args:
        predict: takes a list of [x, y] and returns one answer each: a number, or a list with one number per class.
            A Trainer (its `predict` is used) or a model that takes one point do as well.
        points: the data, (n, 2).
        targets: their classes, n numbers; a list of one number each does as well.
        resolution: steps along each side; the model is asked resolution² times.
        threshold: where the boundary of a one-number answer lies. By default half-way between the two targets, so 0
            for -1 and 1, 0.5 for 0 and 1.
    """
    data = points_of(points, "plot_decision_boundary")
    marks = targets_of(targets, len(data))
    check_resolution("plot_decision_boundary", resolution)
    low, high = data.min(axis=0), data.max(axis=0)
    margin = 0.12 * np.where(high > low, high - low, 1.0) + 0.08
    xs, ys = (np.linspace(low[i] - margin[i], high[i] + margin[i], resolution) for i in range(2))
    grid = [[float(x), float(y)] for y in ys for x in xs]
    answers = answers_of(predict, grid, "plot_decision_boundary")

    chart = Figure(5.8, 4.8)
    axis = chart.subplots()
    classes = np.unique(marks)
    extent = (float(xs[0]), float(xs[-1]), float(ys[0]), float(ys[-1]))
    if answers.shape[1] == 1:
        _draw_score(chart, axis, answers[:, 0].reshape(resolution, resolution), extent, classes, threshold)
        palette = [VERMILLION, BLUE] if len(classes) <= 2 else list(CYCLE)
    else:
        _draw_regions(axis, answers.reshape(resolution, resolution, -1), extent)
        palette = list(CYCLE)
    for i, value in enumerate(classes):
        chosen = data[marks == value]
        axis.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=70 if len(data) <= 16 else 30,
            color=palette[i % len(palette)],
            marker=MARKERS[i % len(MARKERS)],
            edgecolors="white",
            linewidths=1.0,
            label=f"{value:g}",
            zorder=3,
        )
    axis.set(xlim=extent[:2], ylim=extent[2:], xlabel=names[0], ylabel=names[1])
    headed(chart, title)
    finished(axis)
    axis.grid(False)
    axis.yaxis.label.set(rotation=0, ha="right", va="center")
    handles, words = axis.get_legend_handles_labels()
    handles.insert(0, lines.Line2D([], [], linestyle=""))
    chart.legend(handles, ["target", *words], loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9)
    return chart


def _draw_score(
    chart: Figure, axis: Axes, score: np.ndarray, extent: Extent, classes: np.ndarray, threshold: float | None
) -> None:
    """One number per point: shades on both sides of the threshold, and the threshold itself."""
    if threshold is None:
        threshold = float(classes[0] + classes[-1]) / 2.0 if len(classes) > 1 else 0.0
    finite = score[np.isfinite(score)]
    # One far corner must not wash out the rest: the scale ends where nine tenths of the answers do.
    span = float(np.quantile(np.abs(finite - threshold), 0.9)) if finite.size else 0.0
    span = max(span, 0.5 * float(classes[-1] - classes[0]), 1e-12)
    sides = colors.LinearSegmentedColormap.from_list("sides", ["#e38a4c", "#fbeee4", "#e6f0f7", "#4f9bc9"])
    surface = _fill(axis, score, extent, "bilinear", cmap=sides, vmin=threshold - span, vmax=threshold + span)
    if finite.size and finite.min() < threshold < finite.max():
        axis.contour(score, levels=[threshold], extent=extent, colors=[INK], linewidths=1.6)
    bar = chart.colorbar(surface, ax=axis, shrink=0.85, aspect=28, extend="both", ticks=ticker.MaxNLocator(5))
    bar.outline.set_visible(False)
    bar.set_label(f"answer of the model; boundary at {threshold:g}", color=MUTED, fontsize=9)
    bar.ax.tick_params(labelsize=8, colors=MUTED, labelcolor=INK)


def _draw_regions(axis: Axes, answers: np.ndarray, extent: Extent) -> None:
    """One number per class: the plane in the colour of the largest, (rows, columns, classes)."""
    count = answers.shape[2]
    winner = answers.argmax(axis=2)
    tints = colors.ListedColormap([_tint(CYCLE[k % len(CYCLE)]) for k in range(count)])
    _fill(axis, winner, extent, "nearest", cmap=tints, vmin=-0.5, vmax=count - 0.5)
    for k in range(count):
        lead = answers[:, :, k] - np.delete(answers, k, axis=2).max(axis=2)
        if np.isfinite(lead).all() and lead.min() < 0.0 < lead.max():
            axis.contour(lead, levels=[0.0], extent=extent, colors=[INK], linewidths=1.2)


def _fill(axis: Axes, picture: np.ndarray, extent: Extent, interpolation: str, **scale: Any) -> Any:
    """Colour the plane, each answer in the middle of its pixel."""
    left, right, low, high = extent
    du, dv = (right - left) / (picture.shape[1] - 1) / 2, (high - low) / (picture.shape[0] - 1) / 2
    edges = left - du, right + du, low - dv, high + dv
    return axis.imshow(picture, extent=edges, origin="lower", aspect="auto", interpolation=interpolation, **scale)


def _tint(colour: str) -> tuple[float, float, float]:
    r, g, b = (0.25 * part + 0.75 for part in colors.to_rgb(colour))
    return r, g, b
