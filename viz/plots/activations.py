"""Functions of one number, and their slopes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..scene import BLUE, INK, VERMILLION
from .style import Figure, finished, number_of


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
        finished(axis)
    for axis in axes[len(named) :]:
        axis.remove()
    chart.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return chart


def _sampled(function: Callable[[Any], Any], xs: np.ndarray, value: Callable[[float], Any] | None) -> tuple[Any, Any]:
    if value is None:
        ys = np.array([number_of(function(float(x))) for x in xs])
        return ys, np.gradient(ys, xs)
    numbers = [value(float(x)) for x in xs]
    results = [function(number) for number in numbers]
    for result in results:
        result.backward()
    return [number_of(result) for result in results], [number_of(number.grad) for number in numbers]


def _name_of(function: Callable[[Any], Any]) -> str:
    name = getattr(function, "__name__", None) or getattr(function, "name", None) or type(function).__name__
    return str(name).lower()
