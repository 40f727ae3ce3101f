"""Training curves, decision boundaries, landscapes, points, pictures and texts as finished matplotlib figures.

Each function returns a `matplotlib.figure.Figure` that no window and no global list knows: it shows itself at the end
of a notebook cell, `figure.savefig("loss.png")` writes it, and it is freed like any other object.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colors, figure, lines, ticker
from matplotlib.axes import Axes

from .scene import BLUE, GREEN, INK, LINE, MUTED, ORANGE, PURPLE, SKY, VERMILLION

CYCLE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
STROKES = ("-", "--", "-.", ":")  # lines differ in stroke as well as in colour
MARKERS = "osD^vP"

Extent = tuple[float, float, float, float]  # left, right, bottom, top


class Figure(figure.Figure):
    """A figure that shows itself in a notebook, whether or not pyplot was ever imported."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=144, layout="constrained")

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        stream = BytesIO()
        self.savefig(stream, format="png")
        return stream.getvalue()


# ---- training ---------------------------------------------------------------------------------------------------

# What a history may hold, and the panel each goes to. An object offers them as attributes, a dict as keys.
PANELS = {
    "loss": ("losses", "loss", "train_losses", "train_loss", "validation_losses", "validation_loss", "val_losses",
             "val_loss", "test_losses", "test_loss"),
    "accuracy": ("accuracies", "accuracy", "train_accuracies", "train_accuracy", "validation_accuracies",
                 "validation_accuracy", "val_accuracies", "val_accuracy", "test_accuracies", "test_accuracy"),
    "learning rate": ("learning_rates", "learning_rate", "lrs", "lr"),
}  # fmt: skip


def plot_history(
    history: Any, *, title: str = "", log: bool | None = None, unit: str = "epoch", every: int = 1
) -> Figure:
    """Draw the curves of a training run: the loss, and below it accuracy and learning rate where they were recorded.

    Args:
        history: an object with `losses` and perhaps `accuracies`, `validation_losses`, `validation_accuracies`,
            `learning_rates`; a list of losses; a dict of lists; or a list of dicts, one per epoch.
        title: a heading.
        log: logarithmic loss axis. By default where the loss is positive and spans more than a factor of 30.
        unit, every: there is an entry for each `every` of them: `unit="step", every=250`.

    Raises:
        TypeError: it holds no such list.
        ValueError: all lists are empty, or one has an entry that is not a number.
    """
    panels = _curves(history)
    heights = [2.2, *[1.0] * (len(panels) - 1)]
    chart = Figure(7.2, 1.5 * sum(heights))
    axes = chart.subplots(len(panels), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axis, (panel, curves) in zip(axes, panels.items()):
        _draw_curves(axis, panel, curves, log, every)
    last = every * max(len(values) for curves in panels.values() for values in curves.values())
    axes[-1].set_xlim(every - 0.02 * last, last + 0.02 * last)
    axes[-1].set_xlabel(unit)
    axes[-1].xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
    if title:
        chart.suptitle(title, color=INK, fontweight="bold")
    return chart


def _curves(history: Any) -> dict[str, dict[str, np.ndarray]]:
    """Panel → name of the curve → its numbers; the loss first."""
    named = {name: values for name, values in _named_lists(history).items() if len(values)}
    if not named:
        raise ValueError("plot_history: the history is empty. Train for at least one epoch first.")
    curves: dict[str, dict[str, np.ndarray]] = {}
    for name, values in named.items():
        panel = next((panel for panel, names in PANELS.items() if name in names), None) or _panel_by_word(name)
        if panel == "learning rate" and np.ptp(values) == 0.0:
            continue  # one that never changes is no news
        curves.setdefault(panel, {})[name] = values
    return {panel: curves[panel] for panel in dict.fromkeys([*PANELS, *curves]) if panel in curves}


def _panel_by_word(name: str) -> str:
    return "loss" if "loss" in name.lower() else "accuracy" if "acc" in name.lower() else name.replace("_", " ")


def _named_lists(history: Any) -> dict[str, np.ndarray]:
    if isinstance(history, Mapping):
        found = dict(history)
    elif isinstance(history, (Sequence, np.ndarray)) and not isinstance(history, (str, bytes)):
        if len(history) and all(isinstance(entry, Mapping) for entry in history):
            names = dict.fromkeys(name for entry in history for name in entry if name not in ("epoch", "step"))
            found = {name: [entry.get(name) for entry in history] for name in names}
        else:
            found = {"loss": history}
    else:
        known = [name for names in PANELS.values() for name in names]
        found = {name: getattr(history, name) for name in known if _is_list(getattr(history, name, None))}
    found = {str(name): values for name, values in found.items() if _is_list(values)}
    if not found:
        raise TypeError(
            f"plot_history: found no list of numbers in {type(history).__name__}. Pass a list of losses, a dict of "
            "lists, or an object with `losses`."
        )
    return {name: _numbers(name, values) for name, values in found.items()}


def _is_list(values: Any) -> bool:
    return isinstance(values, (Sequence, np.ndarray)) and not isinstance(values, (str, bytes))


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        numbers = np.array([math.nan if value is None else float(value) for value in values])
    except (TypeError, ValueError):
        raise ValueError(f"plot_history: {name!r} holds something that is not a number.") from None
    return numbers


def _draw_curves(axis: Axes, panel: str, curves: dict[str, np.ndarray], log: bool | None, every: int) -> None:
    finite = np.concatenate([values[np.isfinite(values)] for values in curves.values()])
    for i, (name, values) in enumerate(curves.items()):
        epochs = every * np.arange(1, len(values) + 1)
        axis.plot(
            epochs,
            values,
            label=_word(name),
            color=CYCLE[i % len(CYCLE)],
            linestyle=STROKES[i % len(STROKES)],
            linewidth=1.8,
            marker=MARKERS[i % len(MARKERS)] if len(values) <= 30 else "",
            markersize=4.0,
        )
        broken = epochs[~np.isfinite(values)]
        if panel == "loss" and len(broken):
            axis.axvline(
                broken[0], color=PURPLE, linewidth=1.4, linestyle=":", label=f"first {values[~np.isfinite(values)][0]}"
            )
    if panel == "loss" and finite.size:
        spread = finite.max() / finite.min() if finite.min() > 0.0 else 0.0
        if log or (log is None and spread > 30.0):
            axis.set_yscale("log")
    share = panel == "accuracy" and finite.size > 0 and finite.min() >= 0.0 and finite.max() <= 1.0
    if share:
        axis.set_ylim(-0.04, 1.04)
        axis.yaxis.set_major_formatter(ticker.PercentFormatter(1.0))
    axis.set_ylabel(panel)
    _finish(axis)
    if len(axis.get_lines()) > 1:
        axis.legend(frameon=False, fontsize=9)
    elif finite.size:
        last = f"{finite[-1]:.1%}" if share else f"{finite[-1]:.4g}"
        axis.set_title(f"last: {last}", loc="right", fontsize=9, color=MUTED)


def _word(name: str) -> str:
    """The part of a name that tells two curves of a panel apart: "validation_losses" → "validation"."""
    kinds = {"val": "validation", "validation": "validation", "test": "test", "train": "training"}
    words = [word for word in name.lower().split("_") if word not in ("loss", "losses", "accuracy", "accuracies")]
    return " ".join(kinds.get(word, word) for word in words) or "training"


def _finish(axis: Axes) -> None:
    axis.grid(True, color=LINE, alpha=0.3, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(LINE)
    axis.tick_params(colors=MUTED, labelcolor=INK, labelsize=9)


# ---- decision boundary ------------------------------------------------------------------------------------------


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
    data = _points(points, "plot_decision_boundary")
    marks = _targets(targets, len(data))
    _check_resolution("plot_decision_boundary", resolution)
    low, high = data.min(axis=0), data.max(axis=0)
    margin = 0.12 * np.where(high > low, high - low, 1.0) + 0.08
    xs, ys = (np.linspace(low[i] - margin[i], high[i] + margin[i], resolution) for i in range(2))
    grid = [[float(x), float(y)] for y in ys for x in xs]
    answers = _answers(predict, grid, "plot_decision_boundary")

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
    axis.set(xlim=extent[:2], ylim=extent[2:], xlabel=names[0], ylabel=names[1], title=title)
    axis.title.set(color=INK, fontweight="bold")
    _finish(axis)
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


def _check_resolution(who: str, resolution: Any) -> None:
    if isinstance(resolution, bool) or not isinstance(resolution, int) or resolution < 2:
        raise ValueError(f"{who}: resolution needs a whole number of at least 2, got {resolution!r}.")


def _points(points: Any, who: str) -> np.ndarray:
    try:
        data = np.array([[float(c) for c in point] for point in points])
    except (TypeError, ValueError):
        data = np.empty(0)
    if data.ndim != 2 or data.shape[1] != 2 or not len(data):
        raise ValueError(
            f"{who}: points need two numbers each, (n, 2), and at least one point. "
            f"Got {_describe(points)}. Choose two features to draw."
        )
    return data


def _targets(targets: Any, n: int) -> np.ndarray:
    try:
        marks = np.array([float(t[0] if isinstance(t, (list, tuple, np.ndarray)) else t) for t in targets])
    except (TypeError, ValueError, IndexError):
        raise ValueError(f"plot_decision_boundary: targets need one number each. Got {_describe(targets)}.") from None
    if len(marks) != n:
        raise ValueError(f"plot_decision_boundary: {n} points, but {len(marks)} targets. Each point needs one.")
    return marks


def _describe(x: Any) -> str:
    try:
        kind = type(x).__name__
        return f"a {kind} of length {len(x)}, first {str(x[0])[:40]}" if len(x) else f"an empty {kind}"
    except (TypeError, KeyError, IndexError):
        return type(x).__name__


def _answers(predict: Any, grid: list[list[float]], who: str) -> np.ndarray:
    """(len(grid), number of outputs), however the model likes to be asked."""
    ask: Callable[[Any], Any] = getattr(predict, "predict", predict)
    if not callable(ask):
        raise TypeError(f"{who}: {type(predict).__name__} is neither callable nor has a predict().")
    try:
        answers = list(_plain(ask(grid)))
        together = len(answers) == len(grid)
    except Exception:  # a model that takes one point; what is wrong with it, if so, shows in the next line
        together = False
    if not together:
        answers = [ask(point) for point in grid]
    rows = [np.atleast_1d(np.array(_floats(answer), dtype=float)).ravel() for answer in answers]
    if len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise ValueError(f"{who}: the model gave answers of different lengths.")
    return np.stack(rows)


def _plain(answers: Any) -> Any:
    return answers.numpy() if hasattr(answers, "numpy") else answers


def _floats(answer: Any) -> Any:
    answer = _plain(answer)
    return [float(x) for x in answer] if isinstance(answer, (list, tuple)) else np.asarray(answer, dtype=float)


# ---- landscapes -------------------------------------------------------------------------------------------------


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
    clouds = {str(name): _points(cloud, "plot_landscape") for name, cloud in points.items()}
    if not clouds:
        raise ValueError("plot_landscape: no points given, so there is no saying what part of the plane to draw.")
    extent = _around(list(clouds.values()))
    heights = _heights("plot_landscape", function, extent, resolution)

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
    axis.set_title(title, color=INK, fontweight="bold")
    _finish(axis)
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
    ways = {str(name): _points(path, "plot_paths") for name, path in paths.items()}
    if not ways:
        raise ValueError("plot_paths: no paths given.")
    if extent is None:
        places = [way[np.isfinite(way).all(1)] for way in ways.values()]
        extent = _around(places if goal is None else [*places, _points([goal], "plot_paths")])
    heights = _heights("plot_paths", function, extent, resolution)
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
        _finish(axis)
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
    if title:
        chart.suptitle(title, color=INK, fontweight="bold")
    return chart


def _around(clouds: Sequence[np.ndarray]) -> Extent:
    """The part of the plane that holds these points, with a margin."""
    together = np.concatenate(clouds)
    if not len(together):
        raise ValueError("plot_paths: the extent has no finite point. Give extent=(left, right, bottom, top).")
    low, high = together.min(axis=0), together.max(axis=0)
    margin = 0.1 * np.where(high > low, high - low, 1.0)
    (left, bottom), (right, top) = low - margin, high + margin
    return float(left), float(right), float(bottom), float(top)


def _heights(who: str, function: Any, extent: Extent, resolution: int) -> np.ndarray:
    """The function on a grid, (resolution, resolution), the lowest row first."""
    _check_resolution(who, resolution)
    xs, ys = np.linspace(*extent[:2], resolution), np.linspace(*extent[2:], resolution)
    answers = _answers(function, [[float(x), float(y)] for y in ys for x in xs], who)
    if answers.shape[1] != 1:
        raise ValueError(f"{who}: the function gave {answers.shape[1]} numbers for a point; it needs to give one.")
    return answers.reshape(resolution, resolution)


# ---- letters ----------------------------------------------------------------------------------------------------


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
    numbers = np.array([float(v) for v in _plain(values)])
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
    if title:
        axis.set_title(title, color=INK, fontweight="bold", fontsize=11)
    return chart


# ---- points -----------------------------------------------------------------------------------------------------


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
    data = _points(_plain_array(points), "plot_points")
    labels = np.array([""] * len(data)) if classes is None else np.array([_label(c) for c in _plain_array(classes)])
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
    axis.set(xlabel=names[0], ylabel=names[1], title=title)
    axis.title.set(color=INK, fontweight="bold")
    _finish(axis)
    if len(names[1]) <= 3:
        axis.yaxis.label.set(rotation=0, ha="right", va="center")
    if len(kinds) > 1 and not spelt:  # letters and digits say themselves what they are
        handles, words = axis.get_legend_handles_labels()
        handles.insert(0, lines.Line2D([], [], linestyle=""))
        columns = min(len(handles), 8)
        chart.legend(handles, ["class", *words], loc="outside lower center", ncols=columns, frameon=False, fontsize=9)
    return chart


def _label(x: Any) -> str:
    x = x.item() if hasattr(x, "item") else x
    return f"{x:g}" if isinstance(x, (int, float)) else str(x)


# ---- activations ------------------------------------------------------------------------------------------------


def plot_activations(
    functions: Mapping[str, Callable[[Any], Any]] | Iterable[Callable[[Any], Any]],
    *,
    value: Callable[[float], Any] | None = None,
    low: float = -4.0,
    high: float = 4.0,
    points: int = 161,
) -> Figure:
    """Draw functions of one number, each with its derivative.

    Args:
        functions: `{"tanh": Value.tanh}`, `[Value.relu, Value.gelu]`, or the enumeration `Activation` itself.
        value: makes the engine's number from a float (`Value`), and the derivative is what `backward` finds. Without
            it the functions are called with floats, and the derivative is the slope between neighbouring points.
        low, high, points: where, and in how many steps.

    Raises:
        ValueError: no functions, an empty range, or fewer than three points.
    """
    named = dict(functions) if isinstance(functions, Mapping) else {_name_of(f): f for f in functions}
    if not named:
        raise ValueError("plot_activations: no functions given. Pass for example [Value.relu, Value.tanh].")
    if not low < high or points < 3:
        raise ValueError(f"plot_activations: needs low < high and 3 points or more, got {low}, {high} and {points}.")
    xs = np.linspace(low, high, points)
    columns = min(3, len(named))
    rows = -(-len(named) // columns)
    chart = Figure(3.1 * columns + 0.4, 2.5 * rows + 0.3)
    axes = chart.subplots(rows, columns, squeeze=False).ravel()
    for axis, (name, function) in zip(axes, named.items()):
        ys, slopes = _sampled(function, xs, value)
        axis.plot(xs, ys, color=BLUE, linewidth=2.0, label="f(x)")
        axis.plot(xs, slopes, color=VERMILLION, linewidth=1.6, linestyle="--", label="f′(x)")
        axis.set_title(name, fontsize=11, color=INK, fontweight="bold")
        _finish(axis)
    for axis in axes[len(named) :]:
        axis.remove()
    chart.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return chart


def _sampled(function: Callable[[Any], Any], xs: np.ndarray, value: Callable[[float], Any] | None) -> tuple[Any, Any]:
    if value is None:
        ys = np.array([float(function(float(x))) for x in xs])
        return ys, np.gradient(ys, xs)
    numbers = [value(float(x)) for x in xs]
    results = [function(number) for number in numbers]
    for result in results:
        result.backward()
    return [float(result) for result in results], [float(number.grad) for number in numbers]


def _name_of(function: Callable[[Any], Any]) -> str:
    name = getattr(function, "__name__", None) or getattr(function, "name", None) or type(function).__name__
    return str(name).lower()


# ---- pictures ---------------------------------------------------------------------------------------------------


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
    return _plain(x.detach() if hasattr(x, "detach") else x)


def _spread(array: np.ndarray) -> tuple[float, float]:
    finite = array[np.isfinite(array)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if low < high else (low, low + 1.0)


# ---- confusion --------------------------------------------------------------------------------------------------


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
    axis.set(xlabel="the model's answer", ylabel="true class", title=title)
    axis.title.set(color=INK, fontweight="bold")
    _finish(axis)
    axis.grid(False)
    bar = chart.colorbar(surface, ax=axis, shrink=0.8, aspect=28, format=ticker.PercentFormatter(1.0))
    bar.outline.set_visible(False)
    bar.set_label("share of the true class", color=MUTED, fontsize=9)
    bar.ax.tick_params(labelsize=8, colors=MUTED, labelcolor=INK)
    return chart
