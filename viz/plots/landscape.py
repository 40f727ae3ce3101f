"""A function of two numbers, and the ways of optimizers down it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colors, ticker

from ..scene import BLUE, INK, LINE, MUTED, VERMILLION
from .decision_boundary import _fill
from .style import CYCLE, MARKERS, Extent, Figure, extent_around, finished, headed, heights_on, points_of


def plot_landscape(
    function: Any,
    points: Mapping[str, Any],
    *,
    resolution: int = 80,
    names: Sequence[str] = ("x₀", "x₁"),
    label: str = "",
    title: str = "",
) -> Figure:
    """Draw a function of two numbers in shades with contour lines, and clouds of points upon it.

    Args:
        function: takes a list of [x, y] and returns one number each. A Trainer or a model that takes one point does too.
        points: the clouds by name, (n, 2) each. They say which part of the plane is drawn.
        resolution: steps along each side; the function is asked resolution² times.
        names: of the axes. label: what the function says. title: a heading.

    Raises:
        ValueError: no points, or points that are not pairs.
    """
    clouds = {str(name): points_of(cloud, "plot_landscape") for name, cloud in points.items()}
    if not clouds:
        raise ValueError("plot_landscape: no points given, so there is no saying what part of the plane to draw.")
    extent = extent_around(list(clouds.values()))
    heights = heights_on("plot_landscape", function, extent, resolution)

    tall = (extent[3] - extent[2]) / (extent[1] - extent[0])
    chart = Figure(6.4, 1.2 + 4.6 * min(max(tall, 0.4), 1.6))
    axis = chart.subplots()
    shades = colors.LinearSegmentedColormap.from_list("height", ["#ffffff", "#dfe6e2", "#8fa5a3"])
    finite = heights[np.isfinite(heights)]
    # One deep corner must not wash out the rest: the scale begins where a tenth of the plane is lower.
    low, high = (np.quantile(finite, 0.1), finite.max()) if finite.size else (0.0, 1.0)
    surface = _fill(axis, heights, extent, "bilinear", cmap=shades, vmin=low, vmax=high)
    if high > low:
        lines_at = np.linspace(low, high, 10)
        axis.contour(
            heights, levels=lines_at, extent=extent, colors=[INK], linewidths=0.6, linestyles="solid", alpha=0.5
        )
    for i, (name, cloud) in enumerate(clouds.items()):
        axis.scatter(
            cloud[:, 0],
            cloud[:, 1],
            s=9 if len(cloud) > 100 else 30,
            color=CYCLE[i % len(CYCLE)],
            marker=MARKERS[i % len(MARKERS)],
            alpha=0.75,
            linewidths=0,
            label=name,
            zorder=3,
        )
    axis.set(xlim=extent[:2], ylim=extent[2:], xlabel=names[0], ylabel=names[1], aspect="equal")
    headed(chart, title)
    finished(axis)
    axis.grid(False)
    axis.yaxis.label.set(rotation=0, ha="right", va="center")
    bar = chart.colorbar(surface, ax=axis, shrink=0.85, aspect=28, extend="min", ticks=ticker.MaxNLocator(6))
    bar.outline.set_visible(False)
    bar.set_label(label, color=MUTED, fontsize=9)
    bar.ax.tick_params(labelsize=8, colors=MUTED, labelcolor=INK)
    chart.legend(loc="outside lower center", ncols=len(clouds), frameon=False, fontsize=9, markerscale=2)
    return chart


def plot_paths(
    function: Any,
    paths: Mapping[str, Any],
    *,
    goal: Sequence[float] | None = None,
    notes: Mapping[str, str] | None = None,
    every: int | None = None,
    extent: Extent | None = None,
    columns: int = 4,
    resolution: int = 160,
    names: Sequence[str] = ("x₀", "x₁"),
    title: str = "",
) -> Figure:
    """Draw the ways that several optimizers took down the same function, one panel each.

    Contour lines are close together where the function is low: each stands for a fixed factor above the lowest.

    Args:
        function: takes a list of [x, y] and returns one number each.
        paths: by name the points in order, (n, 2) each.
        goal: the lowest point, marked with a star.
        notes: a few words for each path, shown below its name.
        every: a dot after so many steps shows how fast it went.
        extent: (left, right, bottom, top) of the part of the plane to draw; by default all that the paths reach.
        columns: panels in a row.
        resolution: steps along each side; the function is asked resolution² times.
        names: of the axes. title: a heading.

    Raises:
        ValueError: no paths, or points that are not pairs.
    """
    ways = {str(name): points_of(path, "plot_paths") for name, path in paths.items()}
    if not ways:
        raise ValueError("plot_paths: no paths given.")
    if extent is None:
        places = [way[np.isfinite(way).all(1)] for way in ways.values()]
        extent = extent_around(places if goal is None else [*places, points_of([goal], "plot_paths")])
    heights = heights_on("plot_paths", function, extent, resolution)
    above = heights - np.nanmin(heights)
    top = float(np.nanmax(above)) or 1.0
    levels = top * np.geomspace(1e-4, 1.0, 9)

    columns = max(1, min(columns, len(ways)))
    rows = -(-len(ways) // columns)
    chart = Figure(2.7 * columns + 0.4, 2.55 * rows + 0.8)
    axes = chart.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    shades = colors.LinearSegmentedColormap.from_list("depth", ["#dbe7ec", "#f2f4f2", "#ffffff"])
    norm = colors.LogNorm(levels[0], top)
    for i, (axis, (name, way)) in enumerate(zip(axes, ways.items())):
        axis.contourf(np.maximum(above, levels[0]), levels=levels, extent=extent, cmap=shades, norm=norm)
        axis.contour(above, levels=levels, extent=extent, colors=[LINE], linewidths=0.5)
        axis.plot(way[:, 0], way[:, 1], color=VERMILLION, linewidth=1.3, zorder=3)
        axis.plot(*way[0], marker="o", color=INK, markersize=5.5, linestyle="", label="start", zorder=4)
        if every:
            dots = way[every::every]
            options: dict[str, Any] = dict(marker="o", color=VERMILLION, linestyle="", markersize=3.8, zorder=3)
            axis.plot(dots[:, 0], dots[:, 1], markeredgecolor="white", label=f"every {every} steps", **options)
        if goal is not None:
            axis.plot(*goal, marker="*", color=BLUE, markersize=11.0, linestyle="", label="goal", zorder=5)
        axis.set(xlim=extent[:2], ylim=extent[2:])
        note = (notes or {}).get(name, "")
        axis.set_title(f"{name}\n" if note else name, fontsize=10, color=INK, fontweight="bold")
        if note:
            axis.text(0.5, 1.03, note, transform=axis.transAxes, fontsize=8, color=MUTED, ha="center")
        finished(axis)
        axis.grid(False)
        if i % columns == 0:
            axis.set_ylabel(names[1], rotation=0, ha="right", va="center")
        if i + columns >= len(ways):
            axis.set_xlabel(names[0])
            axis.xaxis.set_tick_params(labelbottom=True)
    for axis in axes[len(ways) :]:
        axis.remove()
    handles, words = axes[0].get_legend_handles_labels()
    chart.legend(handles, words, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9)
    headed(chart, title)
    return chart
