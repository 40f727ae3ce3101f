"""What all figures share: colours, strokes, the figure itself, and points and numbers read from whatever holds them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import figure, rcParams, ticker
from matplotlib.axes import Axes

from ..canvas import text_width
from ..engines import write
from ..scene import BLUE, GREEN, INK, LINE, MUTED, ORANGE, PURPLE, SKY, VERMILLION

# Okabe and Ito's, and four more for ten classes. Seven markers, so that the first seventy pairs differ.
CYCLE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK, "#8a6d1d", "#6a3d9a", "#a50f3c")
STROKES = ("-", "--", "-.", ":")  # lines differ in stroke as well as in colour
MARKERS = "osD^vPX"
Extent = tuple[float, float, float, float]  # left, right, bottom, top


class Figure(figure.Figure):
    """A figure that shows itself in a notebook, whether or not pyplot was ever imported."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=144, layout="constrained")

    def savefig(self, fname: Any, **options: Any) -> None:
        """As matplotlib's own; a file appears whole or not at all, and folders are made as needed."""
        if not isinstance(fname, (str, os.PathLike)):
            return super().savefig(fname, **options)
        path = Path(fname)
        format = options.pop("format", None) or path.suffix[1:].lower() or rcParams["savefig.format"]
        stream = BytesIO()
        super().savefig(stream, format=format, **options)
        write(path if path.suffix else path.with_name(f"{path.name}.{format}"), stream.getvalue())

    def _repr_png_(self) -> bytes:
        stream = BytesIO()
        self.savefig(stream, format="png")
        return stream.getvalue()


def headed(chart: Figure, title: str, size: float = 12.0) -> None:
    """A heading over the whole figure, in as many lines as it takes to stay within."""
    lines: list[str] = []
    for word in title.split():
        if lines and text_width(f"{lines[-1]} {word}", size, bold=True) <= 72.0 * chart.get_figwidth() - 24.0:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if lines:
        chart.suptitle("\n".join(lines), color=INK, fontweight="bold", fontsize=size)


def logarithmic(axis: Axes, low: float, high: float) -> None:
    """A logarithmic y axis with a handful of plain numbers on it, however many powers of ten it spans."""
    axis.set_yscale("log")
    decades = math.log10(high / low)
    marks = (1.0, 2.0, 5.0) if decades < 1.5 else (1.0, 3.0) if decades < 3.0 else (1.0,)
    axis.yaxis.set_major_locator(ticker.LogLocator(subs=marks, numticks=7))
    axis.yaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{x:g}"))
    axis.yaxis.set_minor_formatter(ticker.NullFormatter())


def finished(axis: Axes) -> None:
    axis.grid(True, color=LINE, alpha=0.3, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(LINE)
    axis.tick_params(colors=MUTED, labelcolor=INK, labelsize=9)


def check_resolution(who: str, resolution: Any) -> None:
    if isinstance(resolution, bool) or not isinstance(resolution, int) or resolution < 2:
        raise ValueError(f"{who}: resolution needs a whole number of at least 2, got {resolution!r}.")


def points_of(points: Any, who: str) -> np.ndarray:
    try:
        data = np.array([[float(c) for c in point] for point in points])
    except (TypeError, ValueError):
        data = np.empty(0)
    if data.ndim != 2 or data.shape[1] != 2 or not len(data):
        raise ValueError(
            f"{who}: points need two numbers each, (n, 2), and at least one point. "
            f"Got {described(points)}. Choose two features to draw."
        )
    return data


def targets_of(targets: Any, n: int) -> np.ndarray:
    try:
        marks = np.array([float(t[0] if isinstance(t, (list, tuple, np.ndarray)) else t) for t in targets])
    except (TypeError, ValueError, IndexError):
        raise ValueError(f"plot_decision_boundary: targets need one number each. Got {described(targets)}.") from None
    if len(marks) != n:
        raise ValueError(f"plot_decision_boundary: {n} points, but {len(marks)} targets. Each point needs one.")
    return marks


def described(x: Any) -> str:
    try:
        kind = type(x).__name__
        return f"a {kind} of length {len(x)}, first {str(x[0])[:40]}" if len(x) else f"an empty {kind}"
    except (TypeError, KeyError, IndexError):
        return type(x).__name__


def answers_of(predict: Any, grid: list[list[float]], who: str) -> np.ndarray:
    """(len(grid), number of outputs), however the model likes to be asked."""
    ask: Callable[[Any], Any] = getattr(predict, "predict", predict)
    if not callable(ask):
        raise TypeError(f"{who}: {type(predict).__name__} is neither callable nor has a predict().")
    try:
        answers = list(array_behind(ask(grid)))
        together = len(answers) == len(grid)
    except Exception:  # a model that takes one point; what is wrong with it, if so, shows in the next line
        together = False
    if not together:
        answers = [ask(point) for point in grid]
    rows = [np.atleast_1d(np.array(floats_of(answer), dtype=float)).ravel() for answer in answers]
    if len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise ValueError(f"{who}: the model gave answers of different lengths.")
    return np.stack(rows)


def array_behind(answers: Any) -> Any:
    return answers.numpy() if hasattr(answers, "numpy") else answers


def number_of(x: Any) -> float:
    """The number of a Value, a tensor, or a number."""
    return float(x.item() if hasattr(x, "item") else getattr(x, "data", x))


def floats_of(answer: Any) -> Any:
    answer = array_behind(answer)
    answer = answer if isinstance(answer, (list, tuple)) else np.asarray(answer).ravel()
    return [number_of(x) for x in answer]


def extent_around(clouds: Sequence[np.ndarray]) -> Extent:
    """The part of the plane that holds these points, with a margin."""
    together = np.concatenate(clouds)
    if not len(together):
        raise ValueError("plot_paths: the extent has no finite point. Give extent=(left, right, bottom, top).")
    low, high = together.min(axis=0), together.max(axis=0)
    margin = 0.1 * np.where(high > low, high - low, 1.0)
    (left, bottom), (right, top) = low - margin, high + margin
    return float(left), float(right), float(bottom), float(top)


def heights_on(who: str, function: Any, extent: Extent, resolution: int) -> np.ndarray:
    """The function on a grid, (resolution, resolution), the lowest row first."""
    check_resolution(who, resolution)
    xs, ys = np.linspace(*extent[:2], resolution), np.linspace(*extent[2:], resolution)
    answers = answers_of(function, [[float(x), float(y)] for y in ys for x in xs], who)
    if answers.shape[1] != 1:
        raise ValueError(f"{who}: the function gave {answers.shape[1]} numbers for a point; it needs to give one.")
    return answers.reshape(resolution, resolution)


def label_of(x: Any) -> str:
    x = x.item() if hasattr(x, "item") else x
    return f"{x:g}" if isinstance(x, (int, float)) else str(x)
