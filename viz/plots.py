"""Training curves, decision boundaries and activations as finished matplotlib figures.

Each function returns a `matplotlib.figure.Figure` that no window and no global list knows: it shows itself at the end
of a notebook cell, `figure.savefig("loss.png")` writes it, and it is freed like any other object.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colors, figure, ticker
from matplotlib.axes import Axes

from .scene import BLUE, GREEN, INK, LINE, MUTED, ORANGE, PURPLE, SKY, VERMILLION

CYCLE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
STROKES = ("-", "--", "-.", ":")  # lines differ in stroke as well as in colour
MARKERS = "osD^vP"


class Figure(figure.Figure):
    """A figure that shows itself in a notebook, whether or not pyplot was ever imported."""

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        stream = BytesIO()
        self.savefig(stream, format="png", dpi=120)
        return stream.getvalue()


# ---- training ---------------------------------------------------------------------------------------------------

# What a history may hold, and the panel each goes to. An object offers them as attributes, a dict as keys.
PANELS = {
    "Loss": ("losses", "loss", "train_losses", "train_loss", "validation_losses", "validation_loss", "val_losses",
             "val_loss", "test_losses", "test_loss"),
    "Accuracy": ("accuracies", "accuracy", "train_accuracies", "train_accuracy", "validation_accuracies",
                 "validation_accuracy", "val_accuracies", "val_accuracy", "test_accuracies", "test_accuracy"),
    "Learning rate": ("learning_rates", "learning_rate", "lrs", "lr"),
}  # fmt: skip


def plot_history(history: Any, *, title: str = "", log: bool | None = None) -> Figure:
    """Draw the curves of a training run: the loss, and below it accuracy and learning rate where they were recorded.

    Args:
        history: a list of losses; a dict of lists; a list of dicts, one per epoch; or an object with `losses` and
            perhaps `accuracies`, `validation_losses`, `validation_accuracies`, `learning_rates`.
        log: logarithmic loss axis. By default, when the loss is positive and spans more than a factor of 30.

    Raises:
        TypeError: it holds no such list. ValueError: all lists are empty, or one has an entry that is not a number.
    """
    curves = _curves(history)
    panels = [name for name in dict.fromkeys([*PANELS, *curves]) if name in curves]
    chart = Figure(figsize=(7.2, 3.4 + 1.5 * (len(panels) - 1)), layout="constrained")
    axes = chart.subplots(len(panels), sharex=True, squeeze=False, height_ratios=[2.2] + [1.0] * (len(panels) - 1))[:, 0]
    for axis, panel in zip(axes, panels):
        _curve_panel(axis, panel, curves[panel], log)
    axes[-1].set_xlabel("epoch")
    axes[-1].xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    if title:
        chart.suptitle(title, color=INK, fontweight="bold")
    return chart


def _curves(history: Any) -> dict[str, dict[str, np.ndarray]]:
    """Panel → name → numbers."""
    named = _named_lists(history)
    curves: dict[str, dict[str, np.ndarray]] = {}
    for name, values in named.items():
        panel = next((panel for panel, names in PANELS.items() if name in names), None) or _panel_by_word(name)
        curves.setdefault(panel, {})[name.replace("_", " ")] = values
    if not any(len(values) for values in named.values()):
        raise ValueError("plot_history: the history is empty. Train for at least one epoch first.")
    return curves


def _panel_by_word(name: str) -> str:
    return "Loss" if "loss" in name.lower() else "Accuracy" if "acc" in name.lower() else name.replace("_", " ")


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
    found = {str(name): values for name, values in found.items() if _is_list(values) and len(values)} or {
        str(name): values for name, values in found.items() if _is_list(values)
    }
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


def _curve_panel(axis: Axes, panel: str, curves: dict[str, np.ndarray], log: bool | None) -> None:
    finite = np.concatenate([values[np.isfinite(values)] for values in curves.values()])
    for i, (name, values) in enumerate(curves.items()):
        style = dict(color=CYCLE[i % len(CYCLE)], linestyle=STROKES[i % len(STROKES)], linewidth=1.8)
        if len(values) <= 30:
            style |= dict(marker=MARKERS[i % len(MARKERS)], markersize=4)
        epochs = np.arange(1, len(values) + 1)
        axis.plot(epochs, values, label=name, **style)
        for epoch in epochs[~np.isfinite(values)][:1] if panel == "Loss" and not np.isnan(values).all() else []:
            axis.axvline(epoch, color=PURPLE, linewidth=1.2, linestyle=":", label=f"{name}: first nan or inf")
    if panel == "Loss" and (log or (log is None and finite.size and finite.min() > 0 < finite.max() / finite.min() - 30)):
        axis.set_yscale("log")
    if panel == "Accuracy" and finite.size and finite.min() >= 0.0 and finite.max() <= 1.0:
        axis.set_ylim(-0.03, 1.03)
        axis.yaxis.set_major_formatter(ticker.PercentFormatter(1.0))
    axis.set_ylabel(panel.lower() if panel in PANELS else panel)
    _finish(axis)
    if len(axis.get_lines()) > 1:
        axis.legend(frameon=False, fontsize=9)
    if len(curves) == 1 and finite.size:
        last = finite[-1]
        text = f"{last:.1%}" if panel == "Accuracy" and 0.0 <= last <= 1.0 else f"{last:.4g}"
        axis.set_title(f"last {text}", loc="right", fontsize=9, color=MUTED)


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
    points: Sequence[Sequence[float]],
    targets: Sequence[Any],
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
    data = _points(points)
    marks = _targets(targets, len(data))
    if isinstance(resolution, bool) or not isinstance(resolution, int) or resolution < 2:
        raise ValueError(f"plot_decision_boundary: resolution needs a whole number of at least 2, got {resolution!r}.")
    low, high = data.min(axis=0), data.max(axis=0)
    margin = 0.12 * np.where(high > low, high - low, 1.0) + 0.08
    xs, ys = (np.linspace(low[i] - margin[i], high[i] + margin[i], resolution) for i in range(2))
    grid = [[float(x), float(y)] for y in ys for x in xs]
    answers = _answers(predict, grid)

    chart = Figure(figsize=(5.6, 4.6), layout="constrained")
    axis = chart.subplots()
    classes = np.unique(marks)
    if answers.shape[1] == 1:
        _draw_score(chart, axis, xs, ys, answers[:, 0].reshape(resolution, resolution), classes, threshold)
        palette = _two_or_more(len(classes))
    else:
        palette = [CYCLE[i % len(CYCLE)] for i in range(max(len(classes), answers.shape[1]))]
        winner = answers.argmax(axis=1).reshape(resolution, resolution)
        axis.contourf(xs, ys, winner, levels=np.arange(-0.5, answers.shape[1]), colors=palette, alpha=0.25)
        for k in range(answers.shape[1]):
            if (winner == k).any() and (winner != k).any():
                axis.contour(xs, ys, winner == k, levels=[0.5], colors=[INK], linewidths=1.0)
    for i, value in enumerate(classes):
        chosen = data[marks == value]
        axis.scatter(
            chosen[:, 0], chosen[:, 1], s=46 if len(data) < 60 else 22, c=palette[i % len(palette)],
            marker=MARKERS[i % len(MARKERS)], edgecolors="white", linewidths=0.9, label=f"{value:g}", zorder=3,
        )  # fmt: skip
    axis.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]), xlabel=names[0], ylabel=names[1])
    _finish(axis)
    axis.grid(False)
    axis.legend(title="target", loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=len(classes), frameon=False)
    if title:
        axis.set_title(title, color=INK, fontweight="bold")
    return chart


def _draw_score(
    chart: Figure, axis: Axes, xs: np.ndarray, ys: np.ndarray, score: np.ndarray, classes: np.ndarray,
    threshold: float | None,
) -> None:  # fmt: skip
    if threshold is None:
        threshold = float(classes[0] + classes[-1]) / 2.0 if len(classes) > 1 else 0.0
    reach = np.abs(score[np.isfinite(score)] - threshold)
    # One far corner must not wash out the rest: the scale ends where 95 % of the answers do.
    span = float(np.quantile(reach, 0.95)) if reach.size else 0.0
    if len(classes) > 1:
        span = max(span, float(classes[-1] - classes[0]) / 2.0) if span < 1e-12 else span
    span = span or 1.0
    shades = colors.LinearSegmentedColormap.from_list("sides", [VERMILLION, "#f7f2ee", "#ffffff", "#eef3f7", BLUE])
    levels = np.linspace(threshold - span, threshold + span, 21)
    surface = axis.contourf(xs, ys, score, levels=levels, cmap=shades, extend="both", alpha=0.8)
    finite = score[np.isfinite(score)]
    if finite.size and finite.min() < threshold < finite.max():
        axis.contour(xs, ys, score, levels=[threshold], colors=[INK], linewidths=1.6)
    bar = chart.colorbar(surface, ax=axis, shrink=0.85, aspect=28, ticks=ticker.MaxNLocator(5))
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label(f"model's answer, boundary at {threshold:g}", color=MUTED, fontsize=9)
    bar.ax.tick_params(labelsize=8, colors=MUTED, labelcolor=INK)


def _two_or_more(n: int) -> list[str]:
    return [VERMILLION, BLUE] if n <= 2 else [CYCLE[i % len(CYCLE)] for i in range(n)]


def _points(points: Any) -> np.ndarray:
    try:
        data = np.array([[float(c) for c in point] for point in points])
    except (TypeError, ValueError):
        data = np.empty(0)
    if data.ndim != 2 or data.shape[1] != 2 or not len(data):
        raise ValueError(
            "plot_decision_boundary: points need two numbers each, (n, 2), and at least one point. "
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
        return f"{type(x).__name__} of length {len(x)}, first {str(x[0])[:40]}" if len(x) else f"empty {type(x).__name__}"
    except (TypeError, KeyError, IndexError):
        return type(x).__name__


def _answers(predict: Any, grid: list[list[float]]) -> np.ndarray:
    """(len(grid), number of outputs), however the model likes to be asked."""
    ask: Callable[[Any], Any] = getattr(predict, "predict", predict)
    if not callable(ask):
        raise TypeError(f"plot_decision_boundary: {type(predict).__name__} is neither callable nor has a predict().")
    try:
        answers = list(_plain(ask(grid)))
        together = len(answers) == len(grid)
    except Exception:  # a model that takes one point; what is wrong with it, if so, shows in the next line
        together = False
    if not together:
        answers = [ask(point) for point in grid]
    rows = [np.atleast_1d(np.array(_floats(answer), dtype=float)).ravel() for answer in answers]
    if len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise ValueError("plot_decision_boundary: predict gave answers of different lengths.")
    return np.stack(rows)


def _plain(answers: Any) -> Any:
    return answers.numpy() if hasattr(answers, "numpy") else answers


def _floats(answer: Any) -> Any:
    answer = _plain(answer)
    return [float(x) for x in answer] if isinstance(answer, (list, tuple)) else np.asarray(answer, dtype=float)


# ---- activations ------------------------------------------------------------------------------------------------


def plot_activations(
    functions: Mapping[str, Callable[[Any], Any]] | Sequence[Callable[[Any], Any]],
    *,
    value: Callable[[float], Any] | None = None,
    low: float = -4.0,
    high: float = 4.0,
    points: int = 161,
) -> Figure:
    """Draw functions of one number, each with its derivative as the engine computes it.

    Args:
        functions: callables on a Value, `{"tanh": Value.tanh}` or `[Value.relu, Value.gelu]`.
        value: makes the engine's number from a float: `Value`.
        low, high, points: where.
    """
    named = dict(functions) if isinstance(functions, Mapping) else {f.__name__: f for f in functions}
    if not named:
        raise ValueError("plot_activations: no functions given. Pass for example [Value.relu, Value.tanh].")
    xs = np.linspace(low, high, points)
    columns = min(3, len(named))
    rows = -(-len(named) // columns)
    chart = Figure(figsize=(3.1 * columns, 2.6 * rows), layout="constrained")
    axes = chart.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    for axis, (name, function) in zip(axes, named.items()):
        ys, slopes = [], []
        for x in xs:
            number: Any = value(float(x)) if value else float(x)
            y = function(number)
            ys.append(float(y))
            if hasattr(y, "backward"):
                y.backward()
                slopes.append(number.grad)
        axis.plot(xs, ys, color=BLUE, linewidth=2.0, label="f(x)")
        if slopes:
            axis.plot(xs, slopes, color=VERMILLION, linewidth=1.6, linestyle="--", label="f′(x)")
        axis.set_title(name, fontsize=11, color=INK, fontweight="bold")
        _finish(axis)
    for axis in axes[len(named) :]:
        axis.set_visible(False)
    axes[0].legend(frameon=False, fontsize=9)
    return chart
